//! What is known outside of the process that dies: which effects happened, and what others were asked to answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_sfn::Client;
use bytes::Bytes;
use pawl_local::{FunctionError, Functions};
use serde_json::{Value, json};

/// Every effect writes down that it ran, under a number of its own.
///
/// Where one ran twice for one attempt, the first run's outcome must not have been kept; so the outcome in the history
/// is the last run's.
#[derive(Debug, Clone, Default)]
pub(super) struct Oracle(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// The runs of effects, by what they were for.
    runs: BTreeMap<String, Vec<u64>>,
    count: u64,
    /// Answers that are owed: by token, what to say.
    owed: BTreeMap<String, Value>,
    /// By what it was for: how often an event was sent, and whether anybody confirmed that.
    events: BTreeMap<String, (u64, bool)>,
    /// The way to the process that lives.
    client: Option<Client>,
}

impl Oracle {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().expect("nobody panics while holding it")
    }

    pub(super) fn reach(&self, client: &Client) {
        self.known().client = Some(client.clone());
    }

    /// A function that fails as often as it is told to, and says the number of its run either way. Given a token, it
    /// answers for it at once, or owes the answer.
    pub(super) fn functions(&self) -> Functions {
        let oracle = self.clone();
        Arc::new(move |name, payload| {
            let (oracle, is_effect) = (oracle.clone(), name == "effect");
            Box::pin(async move {
                if !is_effect {
                    return Err(FunctionError::Missing);
                }
                let payload: Value = serde_json::from_slice(&payload).expect("payloads are JSON");
                oracle.perform(&payload).await
            })
        })
    }

    async fn perform(&self, payload: &Value) -> Result<Bytes, FunctionError> {
        let text = |name: &str| payload[name].as_str().map(str::to_owned);
        let answers = text("answers");
        if answers.as_deref() == Some("never") {
            return Ok(Bytes::from_static(b"null"));
        }
        let said = self.note(&text("key").expect("a key"));
        if payload["attempt"].as_u64() < payload["fails"].as_u64() {
            return Err(FunctionError::Raised {
                error_type: "FLAKY".to_owned(),
                message: said.to_string(),
            });
        }
        let Some(token) = text("token") else {
            return Ok(Bytes::from(said.to_string()));
        };
        if answers.as_deref() == Some("at once") {
            let client = self.known().client.clone().expect("it lives");
            let answer = client.send_task_success().task_token(token);
            // Asked for again, it may have been answered before.
            let _ = answer.output(said.to_string()).send().await;
        } else {
            self.known().owed.insert(token, said);
        }
        Ok(Bytes::from_static(b"null"))
    }

    /// Notes that something ran, and gives what it says of itself.
    pub(super) fn note(&self, key: &str) -> Value {
        let mut known = self.known();
        known.count += 1;
        let number = known.count;
        known.runs.entry(key.to_owned()).or_default().push(number);
        json!({ "key": key, "number": number })
    }

    /// An answer is owed for a token.
    pub(super) fn owe(&self, token: &str, said: Value) {
        self.known().owed.insert(token.to_owned(), said);
    }

    /// The answers that are owed.
    pub(super) fn owed(&self) -> BTreeMap<String, Value> {
        self.known().owed.clone()
    }

    /// An answer has arrived.
    pub(super) fn answered(&self, token: &str) {
        self.known().owed.remove(token);
    }

    /// Whether an event is to be sent; who sends it says when that was confirmed.
    pub(super) fn sends(&self, name: &str) -> bool {
        let mut known = self.known();
        let (sent, is_confirmed) = known.events.entry(name.to_owned()).or_default();
        if !*is_confirmed {
            *sent += 1;
        }
        !*is_confirmed
    }

    pub(super) fn confirmed(&self, name: &str) {
        if let Some((_, is_confirmed)) = self.known().events.get_mut(name) {
            *is_confirmed = true;
        }
    }

    /// How often an event was sent.
    pub(super) fn sent(&self, name: &str) -> u64 {
        self.known().events.get(name).map_or(0, |(sent, _)| *sent)
    }

    /// Holds what was kept of one execution against the runs of its effects; how many of them ran more than once.
    pub(super) fn judge(&self, name: &str, kept: &BTreeMap<String, u64>) -> u64 {
        let runs = &self.known().runs;
        let own = |key: &&String| key.starts_with(&format!("{name}/"));
        let ran: BTreeSet<&String> = runs.keys().filter(own).collect();
        assert_eq!(
            ran,
            kept.keys().collect(),
            "{name}: every effect has its outcome"
        );
        let mut again = 0;
        for (key, number) in kept {
            let runs = &runs[key];
            assert_eq!(
                runs.last(),
                Some(number),
                "{key} ran again after its outcome was kept"
            );
            again += runs.len() as u64 - 1;
        }
        again
    }
}
