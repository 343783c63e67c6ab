//! Threads: what was said between workflows and language models, kept for steps and runs that come later.
//!
//! ```text
//! acme#thread#t-1   thread                                          the thread, for lists
//! acme#thread#t-1   m#2026-11-21T08:00:00.000Z#run-1#000003#000000  a message: run, visit and number
//! ```
//! A message's key is the same whenever its visit is tried again, so nothing is ever said twice.

use aws_sdk_dynamodb::types::Put;
use pawl_contract::{At, Message};
use serde::Serialize;
use serde_json::json;

use crate::attribute::{Item, count, number, parsed, required, string, text};
use crate::key::{self, Key};
use crate::pages::Pages;
use crate::{Error, Store, Transaction};

/// So many threads are read at once.
const THREADS_AT_ONCE: i32 = 50;

/// A thread, as lists show it: who spoke last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// The thread's id.
    pub thread: String,
    /// When something was said last.
    pub updated_at: String,
    /// The workflow in which it was said.
    pub workflow: String,
    /// The run in which it was said.
    pub run: String,
    /// The step that said it.
    pub step: String,
}

/// A message in a thread, and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    /// The run.
    pub run: String,
    /// When the run started, by which the messages of runs are ordered.
    pub started_at: String,
    /// The visit in the run.
    pub at: At,
    /// Which message of the visit it is, from 0.
    pub number: u64,
    /// The step.
    pub step: String,
    /// When it was said.
    pub said_at: String,
    /// What was said.
    pub message: Message,
}

impl Said {
    fn sort_key(&self) -> String {
        let Self {
            started_at,
            run,
            at,
            number,
            ..
        } = self;
        format!("{}{started_at}#{run}#{at}#{number:06}", key::MESSAGES)
    }
}

impl Store {
    /// Everything that was said in a thread, in order.
    pub async fn thread(&self, org: &str, thread: &str) -> Result<Vec<Said>, Error> {
        let mut messages = Vec::new();
        let query = self.beginning(&key::thread(org, thread), key::MESSAGES);
        let mut pages = Pages::of(query);
        while let Some(items) = pages.next().await? {
            for item in items {
                messages.push(self.said_from(&item).await?);
            }
        }
        Ok(messages)
    }

    /// The threads of an organisation in which something was said last, newest first.
    pub async fn threads(&self, org: &str, limit: usize) -> Result<Vec<Thread>, Error> {
        let mut threads = Vec::new();
        let query = self
            .listed(org, "threads")
            .scan_index_forward(false)
            .limit(THREADS_AT_ONCE);
        let mut pages = Pages::of(query);
        while threads.len() < limit
            && let Some(items) = pages.next().await?
        {
            for item in items {
                if threads.len() < limit {
                    threads.push(thread_from(&item)?);
                }
            }
        }
        Ok(threads)
    }

    async fn said_from(&self, item: &Item) -> Result<Said, Error> {
        let unreadable = |what: &str| {
            Error::unreadable(
                text(item, "sk").unwrap_or_default(),
                format!("it has no {what}"),
            )
        };
        let message = self.value(item, "message").await?.unwrap_or_default();
        Ok(Said {
            run: required(item, "run")?.to_owned(),
            started_at: required(item, "startedAt")?.to_owned(),
            at: parsed(item, "at")?.ok_or_else(|| unreadable("`at`"))?,
            number: count(item, "number")?,
            step: required(item, "step")?.to_owned(),
            said_at: required(item, "saidAt")?.to_owned(),
            message: serde_json::from_value(message).map_err(|_| unreadable("message"))?,
        })
    }
}

fn thread_from(item: &Item) -> Result<Thread, Error> {
    let text = |name: &str| required(item, name).map(str::to_owned);
    Ok(Thread {
        thread: text("thread")?,
        updated_at: text("gsk")?,
        workflow: text("workflow")?,
        run: text("run")?,
        step: text("step")?,
    })
}

impl Transaction {
    /// Adds a message to a thread, unless it was said before.
    pub async fn say(&mut self, store: &Store, thread: &str, said: &Said) -> Result<(), Error> {
        let message = store.keep(self.org(), &json!(said.message)).await?;
        let item = Item::from([
            ("run".to_owned(), string(&said.run)),
            ("startedAt".to_owned(), string(&said.started_at)),
            ("at".to_owned(), string(said.at.as_str())),
            ("number".to_owned(), number(said.number)),
            ("step".to_owned(), string(&said.step)),
            ("saidAt".to_owned(), string(&said.said_at)),
            ("message".to_owned(), message),
        ]);
        let key = Key {
            pk: key::thread(self.org(), thread),
            sk: said.sort_key(),
        };
        let put = Put::builder().condition_expression("attribute_not_exists(pk)");
        self.put_at(store, key, item, put)
    }

    /// Says who spoke last in a thread.
    pub fn thread(&mut self, store: &Store, thread: &Thread) -> Result<(), Error> {
        let lists = key::collection(self.org(), "threads");
        let item = Item::from([
            ("gpk".to_owned(), string(lists)),
            ("gsk".to_owned(), string(&thread.updated_at)),
            ("thread".to_owned(), string(&thread.thread)),
            ("workflow".to_owned(), string(&thread.workflow)),
            ("run".to_owned(), string(&thread.run)),
            ("step".to_owned(), string(&thread.step)),
        ]);
        let key = Key {
            pk: key::thread(self.org(), &thread.thread),
            sk: key::THREAD.to_owned(),
        };
        self.put_at(store, key, item, Put::builder())
    }
}
