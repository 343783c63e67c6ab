//! Published workflows by name: which machine runs one when another names it.

use crate::attribute::{Item, string, text};
use crate::fetch::primary_key;
use crate::{Error, Store, key};

/// The collection in which workflows stand.
const WORKFLOWS: &str = "workflows";

impl Store {
    /// Says which machine runs a workflow from now on.
    pub async fn publish_workflow(
        &self,
        org: &str,
        workflow: &str,
        machine: &str,
    ) -> Result<(), Error> {
        let mut item: Item = primary_key(&key::collection(org, WORKFLOWS), workflow);
        item.insert("machine".to_owned(), string(machine));
        let put = self.dynamodb.put_item().table_name(&self.table);
        put.set_item(Some(item))
            .send()
            .await
            .map_err(Error::call("PutItem"))?;
        Ok(())
    }

    /// The ARN of the machine version that runs a workflow, if there is such a workflow.
    pub async fn workflow(&self, org: &str, workflow: &str) -> Result<Option<String>, Error> {
        let pk = key::collection(org, WORKFLOWS);
        let items = self.fetch(&pk, [workflow.to_owned()]).await?;
        let machine = items.get(workflow).and_then(|item| text(item, "machine"));
        Ok(machine.map(str::to_owned))
    }
}
