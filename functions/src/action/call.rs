//! One call of an operation, by an action step or by a tool that a language model uses: whose it is, and what it sees.

use std::collections::BTreeMap;

use pawl_store::{Page, Version, Window, Writes};
use serde_json::{Map, Value};

use crate::work::Context;
use crate::{Error, id};

/// One call of an operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'call> {
    /// The step that calls.
    pub context: &'call Context<'call>,
    /// Tells the calls of one visit apart, and is the same whenever the visit is tried again; empty where a visit has
    /// one call.
    pub key: &'call str,
    /// What earlier calls of the visit are about to write. This one sees our own records as those leave them.
    pub before: &'call Writes,
}

impl Call<'_> {
    /// The id of what this call creates: every attempt makes the same one.
    pub(super) fn new_id(&self, noun: &str) -> String {
        let visit = self.context.idempotency_key();
        let id = if self.key.is_empty() {
            id::of(&[&visit])
        } else {
            id::of(&[&visit, self.key])
        };
        format!("{noun}_{id}")
    }

    /// A record and what a write of it replaces.
    pub(super) async fn find(
        &self,
        collection: &str,
        id: &str,
    ) -> Result<Option<(Map<String, Value>, Version)>, Error> {
        if let Some(write) = self.before.get(collection, id) {
            return Ok(Some((write.value.clone(), write.replaces)));
        }
        let context = self.context;
        Ok(context.store().find(context.org(), collection, id).await?)
    }

    /// Records by their `_id`; those that do not exist are left out.
    pub(super) async fn find_each(
        &self,
        collection: &str,
        ids: impl IntoIterator<Item = String>,
    ) -> Result<BTreeMap<String, Map<String, Value>>, Error> {
        let (mut found, mut asked) = (BTreeMap::new(), Vec::new());
        for id in ids {
            match self.before.get(collection, &id) {
                Some(write) => {
                    found.insert(id, write.value.clone());
                }
                None => asked.push(id),
            }
        }
        let context = self.context;
        let stored = context
            .store()
            .find_each(context.org(), collection, asked)
            .await?;
        found.extend(stored);
        Ok(found)
    }

    /// A page of the records that a test lets through.
    pub(super) async fn select(
        &self,
        collection: &str,
        window: &Window,
        test: impl FnMut(&Map<String, Value>) -> Result<bool, Error>,
    ) -> Result<Page, Error> {
        let context = self.context;
        context
            .store()
            .select(context.org(), collection, window, self.before, test)
            .await
    }

    /// Every record that a test lets through.
    pub(super) async fn all(
        &self,
        collection: &str,
        test: impl FnMut(&Map<String, Value>) -> Result<bool, Error>,
    ) -> Result<Page, Error> {
        self.select(collection, &Window::all(), test).await
    }
}
