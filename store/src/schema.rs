//! The table: two keys, and a sparse index for lists.

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};

use crate::{Error, Store};

/// The index that lists runs; only items with `gpk` and `gsk` are in it.
pub const LISTS: &str = "lists";

impl Store {
    /// Creates the table and the bucket where they do not exist; SAM does it where there is a deployment.
    pub async fn create(&self) -> Result<(), Error> {
        create_table(&self.dynamodb, &self.table).await?;
        let created = self.s3().create_bucket().bucket(&self.bucket).send().await;
        let Err(failed) = created else { return Ok(()) };
        let exists = failed.as_service_error().is_some_and(|error| {
            error.is_bucket_already_owned_by_you() || error.is_bucket_already_exists()
        });
        if exists {
            Ok(())
        } else {
            Err(Error::call("CreateBucket")(failed))
        }
    }
}

/// Creates the table, on demand, where it does not exist.
pub async fn create_table(client: &aws_sdk_dynamodb::Client, name: &str) -> Result<(), Error> {
    let mut table = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest);
    for attribute in ["pk", "sk", "gpk", "gsk"] {
        let definition = AttributeDefinition::builder()
            .attribute_name(attribute)
            .attribute_type(ScalarAttributeType::S);
        table =
            table.attribute_definitions(definition.build().map_err(Error::call("CreateTable"))?);
    }
    let index = GlobalSecondaryIndex::builder()
        .index_name(LISTS)
        .key_schema(key("gpk", KeyType::Hash)?)
        .key_schema(key("gsk", KeyType::Range)?)
        .projection(
            Projection::builder()
                .projection_type(ProjectionType::All)
                .build(),
        )
        .build()
        .map_err(Error::call("CreateTable"))?;
    let created = table
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .global_secondary_indexes(index)
        .send()
        .await;
    let Err(failed) = created else { return Ok(()) };
    let exists = failed
        .as_service_error()
        .is_some_and(CreateTableError::is_resource_in_use_exception);
    if exists {
        Ok(())
    } else {
        Err(Error::call("CreateTable")(failed))
    }
}

fn key(name: &str, role: KeyType) -> Result<KeySchemaElement, Error> {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(role)
        .build()
        .map_err(Error::call("CreateTable"))
}
