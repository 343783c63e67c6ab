//! Queries whose answers come page by page.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::attribute::{Item, string};
use crate::{Error, Store, key, schema};

/// The pages of a query, one after the other.
pub(crate) struct Pages {
    query: QueryFluentBuilder,
    start: Option<HashMap<String, AttributeValue>>,
    is_over: bool,
}

impl Pages {
    /// The pages of a query that has not been sent yet.
    pub(crate) fn of(query: QueryFluentBuilder) -> Self {
        Self {
            query,
            start: None,
            is_over: false,
        }
    }

    /// The items of the next page; `None` where there is none.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Item>>, Error> {
        if self.is_over {
            return Ok(None);
        }
        let query = self.query.clone();
        let query = query.set_exclusive_start_key(self.start.take());
        let page = query.send().await.map_err(Error::call("Query"))?;
        self.start = page.last_evaluated_key;
        self.is_over = self.start.is_none();
        Ok(Some(page.items.unwrap_or_default()))
    }
}

impl Store {
    /// The items of a partition whose sort keys begin so, as they are now, in the order of their keys.
    pub(crate) fn beginning(&self, pk: &str, prefix: &str) -> QueryFluentBuilder {
        self.dynamodb
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", string(pk))
            .expression_attribute_values(":prefix", string(prefix))
            .consistent_read(true)
    }

    /// The items of an organisation that stand in a list of the index before a place; all where there is none.
    pub(crate) fn listed_before(
        &self,
        org: &str,
        list: &str,
        place: Option<&str>,
    ) -> QueryFluentBuilder {
        let Some(place) = place else {
            return self.listed(org, list);
        };
        self.listed(org, list)
            .key_condition_expression("gpk = :gpk AND gsk < :place")
            .expression_attribute_values(":place", string(place))
    }

    /// The items of an organisation that stand in a list of the index.
    pub(crate) fn listed(&self, org: &str, list: &str) -> QueryFluentBuilder {
        self.dynamodb
            .query()
            .table_name(&self.table)
            .index_name(schema::LISTS)
            .key_condition_expression("gpk = :gpk")
            .expression_attribute_values(":gpk", string(key::collection(org, list)))
    }
}
