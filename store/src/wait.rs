//! What waits for somebody: visits that have asked and are answered later, and messages that came too early.
//!
//! A waiting visit stands in the index among its organisation's `waits`; an answered one among the `answers` until the
//! machine has heard of it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{Put, ReturnValue, Update};
use pawl_contract::{At, Position, StepError};
use serde::Serialize;
use serde_json::{Value, json};

use crate::attribute::{
    Item, count as count_in, json as json_in, number, parsed, required, string, text,
};
use crate::fetch::primary_key;
use crate::pages::Pages;
use crate::schema::LISTS;
use crate::transaction::{Guard, Transaction};
use crate::{Delegate, Error, Record, RecordStatus, Store, key, notice};

/// So many waits are read at once.
const WAITS_AT_ONCE: i32 = 100;

/// The list of the index in which answers stand that the machine has not heard of.
const ANSWERS: &str = "answers";

/// How an answer reaches the machine that waits for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Wait {
    /// The task token of the last attempt, encrypted where there is a key for it.
    pub token: String,
    /// The position with which the machine goes on, by the port that an answer takes.
    pub answers: BTreeMap<String, Position>,
    /// The workflow's name, as its author wrote it.
    pub workflow: String,
    /// When nobody waits any longer.
    pub expires_at: Option<String>,
    /// The key that signs links by which it is answered, encrypted like the token.
    pub link_key: Option<String>,
    /// Who may answer besides those whom the step names.
    pub delegates: Vec<Delegate>,
    /// Whether it is answered, and the machine may not have heard of it.
    pub is_untold: bool,
}

/// An answer that was recorded and, as far as is known, not told.
#[derive(Debug, Clone, PartialEq)]
pub struct UntoldAnswer {
    /// The organisation.
    pub org: String,
    /// The run.
    pub run: String,
    /// The visit's record.
    pub record: Record,
}

/// A visit that waits, and the run that it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// The run.
    pub run: String,
    /// The workflow's name.
    pub workflow: String,
    /// When nobody waits any longer.
    pub expires_at: Option<String>,
    /// Who may answer besides those whom the step names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delegates: Vec<Delegate>,
    /// The visit's record.
    #[serde(flatten)]
    pub record: Record,
}

/// A message that nobody has taken yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its key in the run's partition.
    pub(crate) sk: String,
    /// What it says.
    pub payload: Value,
    /// Who sent it.
    pub by: Option<String>,
}

impl Wait {
    pub(crate) fn from_item(item: &Item) -> Result<Option<Self>, Error> {
        let Some(token) = text(item, "token") else {
            return Ok(None);
        };
        Ok(Some(Self {
            token: token.to_owned(),
            answers: json_in(item, "answers")?.unwrap_or_default(),
            workflow: required(item, "workflow")?.to_owned(),
            expires_at: text(item, "expiresAt").map(str::to_owned),
            link_key: text(item, "linkKey").map(str::to_owned),
            delegates: notice::delegates(item)?,
            is_untold: text(item, "gpk") == Some(ANSWERS),
        }))
    }

    /// The attributes of a visit that waits or has waited; the index lists it while it waits or is untold.
    pub(crate) fn attributes(&self, org: &str, run: &str, record: &Record) -> Item {
        let answers = serde_json::to_string(&self.answers).expect("positions are made of strings");
        let mut item = Item::from([
            ("token".to_owned(), string(&self.token)),
            ("answers".to_owned(), string(answers)),
            ("workflow".to_owned(), string(&self.workflow)),
        ]);
        for (name, text) in [("expiresAt", &self.expires_at), ("linkKey", &self.link_key)] {
            item.extend(text.as_ref().map(|text| (name.to_owned(), string(text))));
        }
        let delegates = notice::attribute(&self.delegates);
        item.extend(delegates.map(|delegates| ("delegates".to_owned(), delegates)));
        let place = if record.status == RecordStatus::Waiting {
            let place = format!("{}#{run}#{}", record.started_at, record.at);
            Some((key::collection(org, "waits"), place))
        } else if self.is_untold {
            let moment = record.completed_at.as_deref().unwrap_or_default();
            let place = format!("{moment}#{org}#{run}#{}", record.at);
            Some((ANSWERS.to_owned(), place))
        } else {
            None
        };
        if let Some((list, place)) = place {
            item.insert("gpk".to_owned(), string(list));
            item.insert("gsk".to_owned(), string(place));
        }
        item
    }
}

impl Store {
    /// What waits in open runs of an organisation, longest waiting first.
    pub async fn waits(&self, org: &str) -> Result<Vec<Waiting>, Error> {
        let mut waits = Vec::new();
        let mut is_open = BTreeMap::new();
        let query = self.listed(org, "waits").limit(WAITS_AT_ONCE);
        let mut pages = Pages::of(query);
        while let Some(items) = pages.next().await? {
            for item in items {
                let run = required(&item, "pk")?;
                let run = run
                    .strip_prefix(&format!("{org}#"))
                    .unwrap_or(run)
                    .to_owned();
                // A run that was closed by something else left its questions behind.
                if !is_open.contains_key(&run) {
                    let found = self.run(org, &run).await?;
                    is_open.insert(run.clone(), found.is_some_and(|run| run.is_open()));
                }
                if is_open.get(&run).copied().unwrap_or(false) {
                    let record = self.record_from(&item).await?;
                    waits.push(Waiting {
                        run,
                        workflow: required(&item, "workflow")?.to_owned(),
                        expires_at: text(&item, "expiresAt").map(str::to_owned),
                        delegates: notice::delegates(&item)?,
                        record,
                    });
                }
            }
        }
        Ok(waits)
    }

    /// The runs of an organisation in which something waits.
    pub(crate) async fn waiting_runs(&self, org: &str) -> Result<BTreeSet<String>, Error> {
        let mut runs = BTreeSet::new();
        let query = self.listed(org, "waits").projection_expression("pk");
        let mut pages = Pages::of(query);
        while let Some(items) = pages.next().await? {
            for item in items {
                let run = text(&item, "pk").and_then(|pk| pk.strip_prefix(&format!("{org}#")));
                runs.extend(run.map(str::to_owned));
            }
        }
        Ok(runs)
    }

    /// Answers that were recorded before this time, as ISO 8601, and not told; the oldest first, and not all at once.
    pub async fn untold_answers(&self, before: &str) -> Result<Vec<UntoldAnswer>, Error> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .index_name(LISTS)
            .key_condition_expression("gpk = :answers AND gsk < :before")
            .expression_attribute_values(":answers", string(ANSWERS))
            .expression_attribute_values(":before", string(before))
            .limit(WAITS_AT_ONCE);
        let answer = query.send().await.map_err(Error::call("Query"))?;
        let mut untold = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let pk = required(&item, "pk")?;
            let (org, run) = pk.split_once('#').unwrap_or_default();
            untold.push(UntoldAnswer {
                org: org.to_owned(),
                run: run.to_owned(),
                record: self.record_from(&item).await?,
            });
        }
        Ok(untold)
    }

    /// An update of a visit's record.
    fn update_record(&self, org: &str, run: &str, at: &At) -> UpdateItemFluentBuilder {
        let key = primary_key(&key::partition(org, run), &key::record(at));
        let update = self.dynamodb.update_item().table_name(&self.table);
        update.set_key(Some(key))
    }

    /// Notes that the machine has heard an answer, or will never.
    pub async fn answer_told(&self, org: &str, run: &str, at: &At) -> Result<(), Error> {
        let update = self
            .update_record(org, run, at)
            .update_expression("REMOVE gpk, gsk")
            .condition_expression("gpk = :answers")
            .expression_attribute_values(":answers", string(ANSWERS));
        was_so(update.send().await).map(|_| ())
    }

    /// The visits of a run that wait, of those whose place begins so.
    pub async fn waits_of(&self, org: &str, run: &str, prefix: &str) -> Result<Vec<At>, Error> {
        let prefix = format!("{}{prefix}", key::RECORDS);
        let query = self
            .beginning(&key::partition(org, run), &prefix)
            .filter_expression("#status = :waiting")
            .projection_expression("#at")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":waiting", string("waiting"));
        let mut waits = Vec::new();
        let mut pages = Pages::of(query);
        while let Some(items) = pages.next().await? {
            for item in items {
                waits.extend(parsed::<At>(&item, "at")?);
            }
        }
        Ok(waits)
    }

    /// Gives a visit that waits the token of a later attempt. Whether it still waits.
    pub async fn renew_token(
        &self,
        org: &str,
        run: &str,
        at: &At,
        token: &str,
    ) -> Result<bool, Error> {
        let update = self
            .update_record(org, run, at)
            .update_expression("SET #token = :token")
            .condition_expression("#status = :waiting")
            .expression_attribute_names("#token", "token")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":token", string(token))
            .expression_attribute_values(":waiting", string("waiting"));
        was_so(update.send().await)
    }

    /// Keeps a message for whoever waits for it, now or later.
    pub async fn keep_message(
        &self,
        org: &str,
        run: &str,
        signal: &str,
        payload: &Value,
        by: Option<&str>,
    ) -> Result<(), Error> {
        let pk = key::partition(org, run);
        let count = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary_key(&pk, &key::messages(signal))))
            .update_expression("ADD sent :one")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(Error::call("UpdateItem"))?;
        // The number says which came first, however close together two were.
        let place = count_in(&count.attributes.unwrap_or_default(), "sent")?;
        let mut item = primary_key(&pk, &key::message(signal, &format!("{place:012}")));
        item.insert("payload".to_owned(), self.keep(org, payload).await?);
        item.extend(by.map(|by| ("by".to_owned(), string(by))));
        let put = self.dynamodb.put_item().table_name(&self.table);
        put.set_item(Some(item))
            .send()
            .await
            .map_err(Error::call("PutItem"))?;
        Ok(())
    }

    /// The oldest message of a name that nobody has taken.
    pub async fn message(
        &self,
        org: &str,
        run: &str,
        signal: &str,
    ) -> Result<Option<Message>, Error> {
        let prefix = key::message(signal, "");
        let Some(item) = self.first(org, run, &prefix).await? else {
            return Ok(None);
        };
        let sk = required(&item, "sk")?.to_owned();
        Ok(Some(Message {
            payload: self.value(&item, "payload").await?.unwrap_or_default(),
            by: text(&item, "by").map(str::to_owned),
            sk,
        }))
    }

    /// The visit that has waited longest for a message of this name, if one does.
    pub async fn listener(&self, org: &str, run: &str, signal: &str) -> Result<Option<At>, Error> {
        let prefix = key::listener(signal, "");
        let found = self.first(org, run, &prefix).await?;
        let Some(item) = found else {
            return Ok(None);
        };
        let sk = required(&item, "sk")?;
        let at = sk.strip_prefix(&prefix).unwrap_or_default();
        let at = serde_json::from_value(at.into());
        at.map(Some).map_err(|error| Error::unreadable(sk, error))
    }

    /// The first item of a run whose sort key begins so.
    async fn first(&self, org: &str, run: &str, prefix: &str) -> Result<Option<Item>, Error> {
        let query = self.beginning(&key::partition(org, run), prefix).limit(1);
        let page = Pages::of(query).next().await?;
        Ok(page.and_then(|items| items.into_iter().next()))
    }
}

/// Whether the condition of an update held.
pub(crate) fn was_so<Answer, R: std::fmt::Debug + Send + Sync + 'static>(
    answer: Result<Answer, SdkError<UpdateItemError, R>>,
) -> Result<bool, Error> {
    let Err(failed) = answer else {
        return Ok(true);
    };
    let is_refused = failed
        .as_service_error()
        .is_some_and(UpdateItemError::is_conditional_check_failed_exception);
    if is_refused {
        Ok(false)
    } else {
        Err(Error::call("UpdateItem")(failed))
    }
}

impl Transaction {
    /// Closes a visit that waits: it fails without an answer.
    pub fn close_wait(
        &mut self,
        store: &Store,
        at: &At,
        error: &StepError,
        now: &str,
    ) -> Result<(), Error> {
        let update = Update::builder()
            .update_expression(
                "SET #status = :failed, #error = :error, completedAt = :now REMOVE gpk, gsk",
            )
            .condition_expression("#status = :waiting")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#error", "error")
            .expression_attribute_values(":waiting", string("waiting"))
            .expression_attribute_values(":failed", string("failed"))
            .expression_attribute_values(":error", string(json!(error).to_string()))
            .expression_attribute_values(":now", string(now));
        self.update_visit(store, at, update)
    }

    /// Says that a visit listens for a message.
    pub fn listen(&mut self, store: &Store, signal: &str, at: &At) -> Result<(), Error> {
        let sk = key::listener(signal, at.as_str());
        self.put(store, sk, Item::new(), Guard::Visit, Put::builder())
    }

    /// Says that a visit listens no more.
    pub fn stop_listening(&mut self, store: &Store, signal: &str, at: &At) -> Result<(), Error> {
        self.delete(store, key::listener(signal, at.as_str()))
    }

    /// Takes a message away.
    pub fn take(&mut self, store: &Store, message: &Message) -> Result<(), Error> {
        self.delete(store, message.sk.clone())
    }
}
