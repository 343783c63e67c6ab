//! Questions that a visit asks before it goes on: each has a record of its own, below the visit's.
//!
//! ```text
//! acme#run-1   r#000003                 the visit, which has not ended
//! acme#run-1   r#000003/999999/000001   its first question
//! ```

use pawl_contract::At;

use crate::pages::Pages;
use crate::{Error, Record, Store, key};

impl Store {
    /// Every question of a visit, in order.
    pub async fn questions(&self, org: &str, run: &str, at: &At) -> Result<Vec<Record>, Error> {
        let mut questions = Vec::new();
        let prefix = format!("{}{}", key::RECORDS, at.questions());
        let mut pages = Pages::of(self.beginning(&key::partition(org, run), &prefix));
        while let Some(items) = pages.next().await? {
            for item in items {
                questions.push(self.record_from(&item).await?);
            }
        }
        Ok(questions)
    }

    /// Writes a question at its place, unless another one stands there. Whether it is written.
    pub async fn put_question(
        &self,
        org: &str,
        run: &str,
        question: &Record,
    ) -> Result<bool, Error> {
        let put = self.dynamodb.put_item();
        let put = put.condition_expression("attribute_not_exists(pk)");
        self.put_record(org, run, question, put).await
    }
}
