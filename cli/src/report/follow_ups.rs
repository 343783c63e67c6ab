//! What followed a run: the runs that were started when it ended.

use pawl_store::{Run, RunError, RunStatus, Store};
use serde::Serialize;
use serde_json::Value;

/// A workflow that followed a run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Following {
    /// Which end it followed: `onComplete` or `onError`.
    pub on: String,
    /// The workflow, by the name that its author gave.
    pub workflow: String,
    /// Its run, where one was started.
    pub run: Option<String>,
    /// How that stands.
    pub status: Option<RunStatus>,
    /// What that gave.
    pub output: Value,
    /// Why none was started, or why it failed.
    pub error: Option<RunError>,
}

impl Following {
    /// All that followed a run.
    pub async fn of(run: &Run, store: &Store) -> Result<Vec<Self>, pawl_store::Error> {
        let mut found = Vec::new();
        if run.follow_ups.is_empty() {
            return Ok(found);
        }
        for follow_up in store.follow_ups(&run.org, &run.run).await? {
            let other = match &follow_up.run {
                Some(other) => store.run(&run.org, other).await?,
                None => None,
            };
            let output = match &other {
                Some(other) => store.output(other).await?,
                None => Value::Null,
            };
            let failed = other.as_ref().and_then(|other| other.error.clone());
            found.push(Self {
                on: follow_up.on,
                workflow: follow_up.workflow,
                run: follow_up.run,
                status: other.map(|other| other.status),
                output,
                error: follow_up.error.or(failed),
            });
        }
        Ok(found)
    }

    /// ```text
    /// onComplete: run 8f2a9c10 of `Send the report` completed
    /// ```
    pub(super) fn text(&self) -> String {
        let Self { on, workflow, .. } = self;
        let why = self.error.as_ref().map_or_else(String::new, |error| {
            format!(": {}: {}", error.code, error.message)
        });
        match (&self.run, self.status) {
            (Some(run), status) => {
                let status = status.map_or("is not known", RunStatus::name);
                format!("{on}: run {run} of `{workflow}` {status}{why}")
            }
            (None, _) if self.error.is_some() => {
                format!("{on}: `{workflow}` was not started{why}")
            }
            (None, _) => format!("{on}: `{workflow}` is about to start"),
        }
    }
}
