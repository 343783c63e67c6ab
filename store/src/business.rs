//! Business records: customers, products, conversations, orders and the like, one collection each.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use serde_json::{Map, Value};

use crate::attribute::{Item, count, number, required};
use crate::fetch::primary_key;
use crate::{Change, Error, Store, Window, Writes, key};

/// A business record to write.
#[derive(Debug, Clone, PartialEq)]
pub struct Business {
    /// The collection, such as `customers`.
    pub collection: String,
    /// The record's `_id`.
    pub id: String,
    /// The whole record.
    pub value: Map<String, Value>,
    /// What it replaces.
    pub replaces: Version,
    /// What the bus is told once it is written, such as `customer.created`.
    pub events: Vec<&'static str>,
}

/// Which state of a record a write replaces, so that no write gets lost between a read and a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// None: the record must not exist.
    Absent,
    /// The one with this number.
    Number(u64),
}

impl Store {
    /// A business record, as it is now, and its version.
    pub async fn find(
        &self,
        org: &str,
        collection: &str,
        id: &str,
    ) -> Result<Option<(Map<String, Value>, Version)>, Error> {
        // DynamoDB refuses an empty key, and nothing has one.
        if id.is_empty() {
            return Ok(None);
        }
        let get = self
            .dynamodb
            .get_item()
            .table_name(&self.table)
            .set_key(Some(primary_key(&key::collection(org, collection), id)))
            .consistent_read(true);
        let Some(item) = get.send().await.map_err(Error::call("GetItem"))?.item else {
            return Ok(None);
        };
        let version = Version::Number(count(&item, "version")?);
        Ok(Some((self.business_from(&item).await?, version)))
    }

    /// Business records by their `_id`, as they are now; those that do not exist are left out.
    pub async fn find_each(
        &self,
        org: &str,
        collection: &str,
        ids: impl IntoIterator<Item = String>,
    ) -> Result<BTreeMap<String, Map<String, Value>>, Error> {
        let ids = ids.into_iter().filter(|id| !id.is_empty());
        let items = self.fetch(&key::collection(org, collection), ids).await?;
        let mut records = BTreeMap::new();
        for (id, item) in items.iter() {
            records.insert(id.to_owned(), self.business_from(item).await?);
        }
        Ok(records)
    }

    /// Takes a business record away along with another change, if it is still what it was when it was read.
    pub async fn take_away(
        &self,
        org: &str,
        collection: &str,
        id: &str,
        version: u64,
        noted: Change,
    ) -> Result<bool, Error> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(primary_key(&key::collection(org, collection), id)))
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", number(version));
        let delete = delete.build().map_err(Error::call("TransactWriteItems"))?;
        let delete = TransactWriteItem::builder().delete(delete).build();
        let noted = self.operation(org, noted).await?;
        self.write_all(&[delete, noted]).await
    }

    /// Makes a collection hold exactly these records, each with its `_id`.
    pub async fn load(&self, org: &str, collection: &str, records: &[Value]) -> Result<(), Error> {
        let refuse = |message: &str| Err(Error::unreadable(collection, message));
        if !key::is_collection(collection) {
            return refuse("a collection's name is made of letters");
        }
        let mut loaded = BTreeSet::new();
        for record in records {
            let id = record.get("_id").and_then(Value::as_str);
            let (Some(id), Some(value)) = (id.filter(|id| !id.is_empty()), record.as_object())
            else {
                return refuse("a record is an object with an `_id`");
            };
            let business = Business {
                collection: collection.to_owned(),
                id: id.to_owned(),
                value: value.clone(),
                replaces: Version::Absent,
                events: Vec::new(),
            };
            let mut item = self.business_item(org, &business).await?;
            item.extend(primary_key(&key::collection(org, collection), id));
            let put = self.dynamodb.put_item().table_name(&self.table);
            let put = put.set_item(Some(item)).send().await;
            put.map_err(Error::call("PutItem"))?;
            loaded.insert(id);
        }
        // Only the ids are kept of what may be a large collection.
        let mut others = Vec::new();
        let note = |record: &Map<String, Value>| {
            let id = record.get("_id").and_then(Value::as_str);
            others.extend(id.filter(|id| !loaded.contains(id)).map(str::to_owned));
            Ok::<_, Error>(false)
        };
        self.select(org, collection, &Window::all(), &Writes::default(), note)
            .await?;
        for id in &others {
            let delete = self.dynamodb.delete_item().table_name(&self.table);
            let delete = delete.set_key(Some(primary_key(&key::collection(org, collection), id)));
            delete.send().await.map_err(Error::call("DeleteItem"))?;
        }
        Ok(())
    }

    pub(crate) async fn business_from(&self, item: &Item) -> Result<Map<String, Value>, Error> {
        match self.value(item, "value").await? {
            Some(Value::Object(record)) => Ok(record),
            _ => Err(Error::unreadable(required(item, "sk")?, "it is no record")),
        }
    }

    pub(crate) async fn business_item(
        &self,
        org: &str,
        business: &Business,
    ) -> Result<Item, Error> {
        let version = match business.replaces {
            Version::Absent => 1,
            Version::Number(version) => version + 1,
        };
        let value = Value::Object(business.value.clone());
        Ok(Item::from([
            ("value".to_owned(), self.keep(org, &value).await?),
            ("version".to_owned(), number(version)),
        ]))
    }
}
