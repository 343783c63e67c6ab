//! The run: one start of a workflow.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use pawl_contract::{At, FollowUps, Kind, Mock, Parent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::attribute::{Item, count, json, number, parsed, place, required, string, text};
use crate::fetch::primary_key;
use crate::pages::Pages;
use crate::record::word;
use crate::wait::was_so;
use crate::{Error, Items, Store, Stretch, Window, key};

/// So many runs are read at once.
const RUNS_AT_ONCE: i32 = 100;

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Accepted, not started.
    Pending,
    /// On its way.
    Running,
    /// Waiting for a person.
    Waiting,
    /// It reached an end.
    Completed,
    /// A step failed and nothing caught it.
    Failed,
    /// Someone stopped it.
    Cancelled,
    /// It took longer than it may.
    Timeout,
}

impl RunStatus {
    /// Every status, in the order in which a run may have them.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Running,
        Self::Waiting,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::Timeout,
    ];

    /// Whether a step may still act.
    pub fn is_open(self) -> bool {
        match self {
            Self::Pending | Self::Running | Self::Waiting => true,
            Self::Completed | Self::Failed | Self::Cancelled | Self::Timeout => false,
        }
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Timeout => "timeout",
        }
    }
}

/// Why a run failed: which step, with which code, and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunError {
    /// The step's slug; absent where no step is to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The failure's code.
    pub code: String,
    /// The failure's message.
    pub message: String,
}

/// One start of a workflow.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The organisation that owns it.
    pub org: String,
    /// Its id.
    pub run: String,
    /// The workflow's name as an identifier.
    pub workflow: String,
    /// The workflow's name, as the author wrote it.
    pub name: String,
    /// The workflow's version, as the author wrote it.
    pub version: Option<String>,
    /// The number of the workflow's version, where it was published under one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The ARN of the machine that it runs.
    pub machine: String,
    /// The parts of it that different versions did, the last one being its own; none where it has had one version only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stretches: Vec<Stretch>,
    /// How it stands.
    pub status: RunStatus,
    /// What it was started with.
    pub input: Value,
    /// How it was triggered: `type`, and `data` where the trigger makes some of the input.
    pub trigger: Value,
    /// Results that stand in for steps, by slug.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub mocks: BTreeMap<String, Mock>,
    /// The thread that its llm steps share.
    pub thread_id: Option<String>,
    /// Of a subflow: the visit that waits for its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// Whether it tries a draft: nobody but those who watch it hears how it ends.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// The workflows that follow it.
    #[serde(skip_serializing_if = "FollowUps::is_empty")]
    pub follow_ups: FollowUps,
    /// The run that it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// When it started.
    pub started_at: String,
    /// Milliseconds that it may take.
    pub timeout_ms: Option<u64>,
    /// The moment when they are over.
    pub deadline: Option<String>,
    /// The name of its current execution.
    pub execution: String,
    /// When that was asked for; when the run started, where absent.
    #[serde(skip)]
    pub executing_since: Option<String>,
    /// The visit where its current execution began.
    pub base: At,
    /// How often it was resumed.
    pub generation: u64,
    /// When it was closed.
    pub completed_at: Option<String>,
    /// Why it failed.
    pub error: Option<RunError>,
    /// The visit that closed it.
    #[serde(skip)]
    pub closed_by: Option<At>,
}

/// A run's end.
#[derive(Debug, Clone, PartialEq)]
pub struct Close {
    /// Its final status.
    pub status: RunStatus,
    /// Why it failed.
    pub error: Option<RunError>,
    /// The visit that closes it; absent where no task could.
    pub at: Option<At>,
    /// The execution that it ends with, where it may be closed for that one only.
    pub execution: Option<String>,
    /// The moment.
    pub completed_at: String,
}

impl Run {
    /// Whether a step may still act in it.
    pub fn is_open(&self) -> bool {
        self.status.is_open()
    }

    /// When its current execution was asked for.
    pub fn asked_at(&self) -> &str {
        self.executing_since.as_deref().unwrap_or(&self.started_at)
    }
}

impl Store {
    /// A run, as it is now.
    pub async fn run(&self, org: &str, run: &str) -> Result<Option<Run>, Error> {
        let items = self
            .fetch(&key::partition(org, run), [key::RUN.to_owned()])
            .await?;
        self.run_in(&items).await
    }

    /// The run, from items fetched before.
    pub async fn run_in(&self, items: &Items) -> Result<Option<Run>, Error> {
        self.run_for(items, || true).await
    }

    /// The run, from items fetched before; without its input where that is large and is not read.
    ///
    /// A large input is fetched and read for itself, which would be done for each of 20,000 items of a loop.
    pub async fn run_for(
        &self,
        items: &Items,
        reads_input: impl FnOnce() -> bool,
    ) -> Result<Option<Run>, Error> {
        let Some(item) = items.get(key::RUN) else {
            return Ok(None);
        };
        let is_elsewhere = item.get("input").is_some_and(AttributeValue::is_m);
        let input = if is_elsewhere && !reads_input() {
            Value::Null
        } else {
            self.value(item, "input").await?.unwrap_or_default()
        };
        self.run_with(item, input).await.map(Some)
    }

    /// The latest runs of an organisation, newest first.
    pub async fn runs(&self, org: &str, limit: usize) -> Result<Vec<Run>, Error> {
        self.find_runs(org, limit, |_| true).await
    }

    /// A page of the runs that are wanted, newest first: those before a place, and the place of the last of them where
    /// there are more.
    pub async fn page_of_runs(
        &self,
        org: &str,
        window: &Window,
        is_wanted: impl Fn(&Run) -> bool,
    ) -> Result<(Vec<Run>, Option<String>), Error> {
        let query = self.listed_before(org, "runs", window.cursor.as_deref());
        let found = self
            .runs_of(org, query, window.limit.saturating_add(1), is_wanted)
            .await?;
        let mut runs = found;
        // Only a run beyond the page shows that there is a next one.
        let is_more = runs.len() > window.limit;
        runs.truncate(window.limit);
        let last = runs.last().filter(|_| is_more);
        let place = last.map(|run| format!("{}#{}", run.started_at, run.run));
        Ok((runs, place))
    }

    /// The latest runs that are wanted, newest first.
    pub async fn find_runs(
        &self,
        org: &str,
        limit: usize,
        is_wanted: impl Fn(&Run) -> bool,
    ) -> Result<Vec<Run>, Error> {
        let query = self.listed(org, "runs");
        self.runs_of(org, query, limit, is_wanted).await
    }

    async fn runs_of(
        &self,
        org: &str,
        query: QueryFluentBuilder,
        limit: usize,
        is_wanted: impl Fn(&Run) -> bool,
    ) -> Result<Vec<Run>, Error> {
        let mut runs = Vec::new();
        let mut waiting = None;
        let query = query.scan_index_forward(false).limit(RUNS_AT_ONCE);
        let mut pages = Pages::of(query);
        while runs.len() < limit
            && let Some(items) = pages.next().await?
        {
            for item in items {
                let mut run = self.run_from(&item).await?;
                // The run's own item is not touched when a step begins to wait, or ends waiting.
                if run.status == RunStatus::Running {
                    if waiting.is_none() {
                        waiting = Some(self.waiting_runs(org).await?);
                    }
                    if waiting
                        .as_ref()
                        .is_some_and(|waiting| waiting.contains(&run.run))
                    {
                        run.status = RunStatus::Waiting;
                    }
                }
                if runs.len() < limit && is_wanted(&run) {
                    runs.push(run);
                }
            }
        }
        Ok(runs)
    }

    /// What a completed run gave: the mapping of its `output` step, else the data of the last completed step that acted
    /// or waited.
    pub async fn output(&self, run: &Run) -> Result<Value, Error> {
        if run.status != RunStatus::Completed {
            return Ok(Value::Null);
        }
        let pk = key::partition(&run.org, &run.run);
        let items = self.fetch(&pk, [key::OUTPUT.to_owned()]).await?;
        if let Some(item) = items.get(key::OUTPUT) {
            let at = parsed(item, "at")?
                .ok_or_else(|| Error::unreadable(key::OUTPUT, "it has no `at`"))?;
            let items = self.fetch(&pk, [key::record(&at)]).await?;
            return Ok(self
                .record(&items, &at)
                .await?
                .map(|record| record.output)
                .unwrap_or_default());
        }
        // What only computes is no result, unless it puts together what others gave.
        let counts = |kind: Kind| kind.gives() && kind != Kind::Transform;
        self.last_given(&pk, &At::first(), counts).await
    }

    /// Names the execution that goes on with a run from `base`. Whether it is that one's turn: a later one, or a
    /// closed run, is left as it is.
    pub async fn hand_over(
        &self,
        org: &str,
        run: &str,
        execution: &str,
        base: &At,
        now: &str,
    ) -> Result<bool, Error> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary_key(&key::partition(org, run), key::RUN)))
            .update_expression("SET execution = :execution, #base = :base, executingSince = :now")
            .condition_expression("#status = :running AND #base < :base")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#base", "base")
            .expression_attribute_values(":running", string("running"))
            .expression_attribute_values(":execution", string(execution))
            .expression_attribute_values(":base", string(base.as_str()))
            .expression_attribute_values(":now", string(now));
        was_so(update.send().await)
    }

    async fn run_from(&self, item: &Item) -> Result<Run, Error> {
        let input = self.value(item, "input").await?.unwrap_or_default();
        self.run_with(item, input).await
    }

    async fn run_with(&self, item: &Item, input: Value) -> Result<Run, Error> {
        let missing = |name: &str| Error::unreadable(place(item), format!("it has no `{name}`"));
        let mocks = self.value(item, "mocks").await?;
        let mocks = mocks.map(serde_json::from_value).transpose();
        Ok(Run {
            org: required(item, "org")?.to_owned(),
            run: required(item, "run")?.to_owned(),
            workflow: required(item, "workflow")?.to_owned(),
            name: required(item, "name")?.to_owned(),
            version: text(item, "version").map(str::to_owned),
            number: Some(count(item, "number")?).filter(|number| *number > 0),
            machine: required(item, "machine")?.to_owned(),
            stretches: json(item, "stretches")?.unwrap_or_default(),
            status: parsed(item, "status")?.ok_or_else(|| missing("status"))?,
            input,
            trigger: self.value(item, "trigger").await?.unwrap_or_default(),
            mocks: mocks
                .map_err(|error| Error::unreadable(place(item), error))?
                .unwrap_or_default(),
            thread_id: text(item, "threadId").map(str::to_owned),
            parent: json(item, "parent")?,
            draft: item.contains_key("draft"),
            follow_ups: json(item, "followUps")?.unwrap_or_default(),
            after: text(item, "after").map(str::to_owned),
            started_at: required(item, "startedAt")?.to_owned(),
            timeout_ms: Some(count(item, "timeoutMs")?).filter(|timeout| *timeout > 0),
            deadline: text(item, "deadline").map(str::to_owned),
            execution: required(item, "execution")?.to_owned(),
            executing_since: text(item, "executingSince").map(str::to_owned),
            base: parsed(item, "base")?.ok_or_else(|| missing("base"))?,
            generation: count(item, "generation")?,
            completed_at: text(item, "completedAt").map(str::to_owned),
            error: json(item, "error")?,
            closed_by: parsed(item, "closedBy")?,
        })
    }

    pub(crate) async fn run_item(&self, run: &Run) -> Result<Item, Error> {
        let mut item = Item::from([
            ("org".to_owned(), string(&run.org)),
            ("run".to_owned(), string(&run.run)),
            ("workflow".to_owned(), string(&run.workflow)),
            ("name".to_owned(), string(&run.name)),
            ("machine".to_owned(), string(&run.machine)),
            ("status".to_owned(), string(word(&run.status))),
            ("input".to_owned(), self.keep(&run.org, &run.input).await?),
            (
                "trigger".to_owned(),
                self.keep(&run.org, &run.trigger).await?,
            ),
            ("startedAt".to_owned(), string(&run.started_at)),
            ("execution".to_owned(), string(&run.execution)),
            ("base".to_owned(), string(run.base.as_str())),
            ("generation".to_owned(), number(run.generation)),
            ("gpk".to_owned(), string(key::collection(&run.org, "runs"))),
            (
                "gsk".to_owned(),
                string(format!("{}#{}", run.started_at, run.run)),
            ),
        ]);
        if !run.mocks.is_empty() {
            item.insert(
                "mocks".to_owned(),
                self.keep(&run.org, &json!(run.mocks)).await?,
            );
        }
        for (name, amount) in [("timeoutMs", run.timeout_ms), ("number", run.number)] {
            item.extend(amount.map(|amount| (name.to_owned(), number(amount))));
        }
        for (name, text) in [
            ("version", &run.version),
            ("threadId", &run.thread_id),
            ("deadline", &run.deadline),
            ("after", &run.after),
            ("executingSince", &run.executing_since),
        ] {
            item.extend(text.as_ref().map(|text| (name.to_owned(), string(text))));
        }
        if run.draft {
            item.insert("draft".to_owned(), AttributeValue::Bool(true));
        }
        let parent = run.parent.as_ref();
        item.extend(parent.map(|parent| ("parent".to_owned(), string(json!(parent).to_string()))));
        let follows = Some(&run.follow_ups).filter(|follow_ups| !follow_ups.is_empty());
        item.extend(follows.map(|follow_ups| {
            let text = json!(follow_ups).to_string();
            ("followUps".to_owned(), string(text))
        }));
        Ok(item)
    }
}

impl Close {
    /// The attributes that closing sets.
    pub(crate) fn attributes(&self) -> Vec<(&'static str, AttributeValue)> {
        let mut attributes = vec![
            ("status", string(word(&self.status))),
            ("completedAt", string(&self.completed_at)),
        ];
        attributes.extend(
            self.error
                .as_ref()
                .map(|error| ("error", string(json!(error).to_string()))),
        );
        attributes.extend(self.at.as_ref().map(|at| ("closedBy", string(at.as_str()))));
        attributes
    }
}
