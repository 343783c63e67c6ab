//! Pages of a collection: its records in the order of `_id`, as the step that asks is about to leave them.

use serde_json::{Map, Value};

use crate::attribute::{required, string};
use crate::fetch::primary_key;
use crate::{Error, Store, Writes, key};

/// Which part of a collection is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// How many records at most.
    pub limit: usize,
    /// The `_id` after which the page begins.
    pub cursor: Option<String>,
    /// What every `_id` of the page begins with.
    pub prefix: String,
}

/// A page of a collection, in the order of `_id`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The records.
    pub records: Vec<Map<String, Value>>,
    /// Where the next page begins; absent on the last one.
    pub cursor: Option<String>,
}

impl Window {
    /// The whole collection.
    pub fn all() -> Self {
        Self {
            limit: usize::MAX,
            cursor: None,
            prefix: String::new(),
        }
    }

    /// Every record whose `_id` begins so.
    pub fn beginning_with(prefix: impl Into<String>) -> Self {
        Self {
            prefix: prefix.into(),
            ..Self::all()
        }
    }
}

impl Store {
    /// Every record of a collection.
    pub async fn collection(
        &self,
        org: &str,
        collection: &str,
    ) -> Result<Vec<Map<String, Value>>, Error> {
        let every = |_: &Map<String, Value>| Ok::<_, Error>(true);
        let page = self
            .select(org, collection, &Window::all(), &Writes::default(), every)
            .await?;
        Ok(page.records)
    }

    /// The records of a collection that a test lets through, with what is about to be written in place of what is
    /// stored.
    pub async fn select<E: From<Error>>(
        &self,
        org: &str,
        collection: &str,
        window: &Window,
        writes: &Writes,
        test: impl FnMut(&Map<String, Value>) -> Result<bool, E>,
    ) -> Result<Page, E> {
        let pk = key::collection(org, collection);
        let cursor = window.cursor.as_deref();
        let mut start = cursor.map(|id| primary_key(&pk, id));
        let mut created = writes.created(collection, &window.prefix, cursor);
        let mut page = Filling::new(window.limit, test);
        loop {
            let mut query = self
                .dynamodb
                .query()
                .table_name(&self.table)
                .expression_attribute_values(":pk", string(&pk))
                .consistent_read(true)
                .set_exclusive_start_key(start);
            query = if window.prefix.is_empty() {
                query.key_condition_expression("pk = :pk")
            } else {
                query
                    .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                    .expression_attribute_values(":prefix", string(&window.prefix))
            };
            let answer = query
                .send()
                .await
                .map_err(|error| Error::call("Query")(error))?;
            for item in answer.items.unwrap_or_default() {
                let id = required(&item, "sk")?;
                while let Some(write) = created.pop_front_if(|write| write.id.as_str() <= id) {
                    if write.id != id && page.offer(&write.id, write.value.clone())? {
                        return Ok(page.page);
                    }
                }
                let record = match writes.get(collection, id) {
                    Some(write) => write.value.clone(),
                    None => self.business_from(&item).await?,
                };
                if page.offer(id, record)? {
                    return Ok(page.page);
                }
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        for write in created {
            if page.offer(&write.id, write.value.clone())? {
                break;
            }
        }
        Ok(page.page)
    }
}

/// A page in the making.
struct Filling<Test> {
    page: Page,
    limit: usize,
    test: Test,
    last: Option<String>,
}

impl<Test> Filling<Test> {
    fn new(limit: usize, test: Test) -> Self {
        let page = Page {
            records: Vec::new(),
            cursor: None,
        };
        Self {
            page,
            limit,
            test,
            last: None,
        }
    }

    /// Takes the record if it is wanted. Whether the page is complete: only a record beyond it shows that there is a
    /// next one.
    fn offer<E>(&mut self, id: &str, record: Map<String, Value>) -> Result<bool, E>
    where
        Test: FnMut(&Map<String, Value>) -> Result<bool, E>,
    {
        if !(self.test)(&record)? {
            return Ok(false);
        }
        if self.page.records.len() == self.limit {
            self.page.cursor = self.last.take();
            return Ok(true);
        }
        self.last = Some(id.to_owned());
        self.page.records.push(record);
        Ok(false)
    }
}
