//! Questions that somebody has decided: listed by when, in the index, beside the records that hold the answers.

use aws_sdk_dynamodb::types::Put;

use crate::attribute::{Item, parsed, required, string, text};
use crate::pages::Pages;
use crate::transaction::Guard;
use crate::{Error, Record, Store, Transaction, Window, key};

/// The list of the index in which they stand.
const LIST: &str = "decided";

/// A question that was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The run that asked.
    pub run: String,
    /// The workflow's name.
    pub workflow: String,
    /// The visit's record.
    pub record: Record,
}

impl Transaction {
    /// Lists a question as decided.
    pub fn list_decided(&mut self, store: &Store, run: &str, record: &Record) -> Result<(), Error> {
        let moment = record.completed_at.as_deref().unwrap_or_default();
        let workflow = record.wait.as_ref().map(|wait| wait.workflow.as_str());
        let item = Item::from([
            ("at".to_owned(), string(record.at.as_str())),
            ("run".to_owned(), string(run)),
            ("workflow".to_owned(), string(workflow.unwrap_or_default())),
            ("gpk".to_owned(), string(key::collection(self.org(), LIST))),
            (
                "gsk".to_owned(),
                string(format!("{moment}#{run}#{}", record.at)),
            ),
        ]);
        let sk = key::decided(&record.at);
        self.put(store, sk, item, Guard::Visit, Put::builder())
    }
}

impl Store {
    /// A page of what was decided, the latest first: those before a place, and the place of the last of them where there
    /// are more.
    pub async fn decided(
        &self,
        org: &str,
        window: &Window,
        workflow: Option<&str>,
    ) -> Result<(Vec<Decided>, Option<String>), Error> {
        let query = self.listed_before(org, LIST, window.cursor.as_deref());
        let mut pages = Pages::of(query.scan_index_forward(false));
        let (mut found, mut last) = (Vec::new(), None);
        while let Some(items) = pages.next().await? {
            for item in items {
                if workflow.is_some_and(|workflow| text(&item, "workflow") != Some(workflow)) {
                    continue;
                }
                // Only one beyond the page shows that there is a next one.
                if found.len() >= window.limit {
                    return Ok((found, last));
                }
                let Some(decided) = self.decided_from(org, &item).await? else {
                    continue;
                };
                last = Some(required(&item, "gsk")?.to_owned());
                found.push(decided);
            }
        }
        Ok((found, None))
    }

    async fn decided_from(&self, org: &str, item: &Item) -> Result<Option<Decided>, Error> {
        let run = required(item, "run")?.to_owned();
        let Some(at) = parsed(item, "at")? else {
            return Ok(None);
        };
        let pk = key::partition(org, &run);
        let items = self.fetch(&pk, [key::record(&at)]).await?;
        let record = self.record(&items, &at).await?;
        Ok(record.map(|record| Decided {
            run,
            workflow: text(item, "workflow").unwrap_or_default().to_owned(),
            record,
        }))
    }
}
