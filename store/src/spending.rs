//! What a run spends on language models, where its workflow has a budget.
//!
//! ```text
//! acme#run-1   u#000003#1.0002        what the second turn of the first attempt at 000003 took
//! acme#run-1   u#000003#granted.0000  somebody has agreed to more, when the step at 000003 asked
//! ```

use pawl_contract::{At, Usage};

use crate::attribute::{Item, count, number, string, text};
use crate::fetch::primary_key;
use crate::pages::Pages;
use crate::{Error, Store, key};

/// What was spent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spending {
    /// The tokens.
    pub usage: Usage,
    /// Their price in US dollars, as far as it is known.
    pub usd: f64,
    /// How often somebody has agreed to spend as much again as the run's budget allows.
    pub granted: u64,
}

impl Store {
    /// Notes what a turn took; the same key notes it once.
    pub async fn spend(
        &self,
        org: &str,
        run: &str,
        at: &At,
        turn: &str,
        usage: Usage,
        usd: Option<f64>,
    ) -> Result<(), Error> {
        let mut item = Item::from([
            ("at".to_owned(), string(at.as_str())),
            ("inputTokens".to_owned(), number(usage.input_tokens)),
            ("outputTokens".to_owned(), number(usage.output_tokens)),
            ("usd".to_owned(), string(usd.unwrap_or(0.0).to_string())),
        ]);
        let sk = format!("{}{at}#{turn}", key::SPENDING);
        item.extend(primary_key(&key::partition(org, run), &sk));
        let put = self.dynamodb.put_item().table_name(&self.table);
        let put = put.set_item(Some(item)).send().await;
        put.map(|_| ()).map_err(Error::call("PutItem"))
    }

    /// Notes that somebody has agreed to spend more; the same `grant` notes it once.
    pub async fn grant(
        &self,
        org: &str,
        run: &str,
        at: &At,
        grant: u64,
        times: u64,
    ) -> Result<(), Error> {
        let mut item = Item::from([("granted".to_owned(), number(times))]);
        let sk = format!("{}{at}#granted.{grant:04}", key::SPENDING);
        item.extend(primary_key(&key::partition(org, run), &sk));
        let put = self.dynamodb.put_item().table_name(&self.table);
        let put = put.set_item(Some(item)).send().await;
        put.map(|_| ()).map_err(Error::call("PutItem"))
    }

    /// What a run has spent, but for the visit at one place; and all that it was granted.
    pub async fn spent(&self, org: &str, run: &str, but: &At) -> Result<Spending, Error> {
        let mut spent = Spending::default();
        let query = self.beginning(&key::partition(org, run), key::SPENDING);
        let mut pages = Pages::of(query);
        while let Some(items) = pages.next().await? {
            for item in items {
                if item.contains_key("granted") {
                    spent.granted += count(&item, "granted")?;
                    continue;
                }
                if text(&item, "at") == Some(but.as_str()) {
                    continue;
                }
                spent.usage += Usage {
                    input_tokens: count(&item, "inputTokens")?,
                    output_tokens: count(&item, "outputTokens")?,
                };
                let usd = text(&item, "usd").and_then(|usd| usd.parse::<f64>().ok());
                spent.usd += usd.unwrap_or(0.0);
            }
        }
        Ok(spent)
    }

    /// How often a visit went on in a new invocation.
    pub async fn turns(&self, org: &str, run: &str, at: &At) -> Result<u64, Error> {
        let sk = key::turns(at);
        let items = self.fetch(&key::partition(org, run), [sk.clone()]).await?;
        items.get(&sk).map_or(Ok(0), |item| count(item, "turns"))
    }

    /// Notes how often a visit went on in a new invocation.
    pub async fn set_turns(&self, org: &str, run: &str, at: &At, turns: u64) -> Result<(), Error> {
        let mut item = Item::from([("turns".to_owned(), number(turns))]);
        item.extend(primary_key(&key::partition(org, run), &key::turns(at)));
        let put = self.dynamodb.put_item().table_name(&self.table);
        let put = put.set_item(Some(item)).send().await;
        put.map(|_| ()).map_err(Error::call("PutItem"))
    }
}
