//! EventBridge Scheduler: schedules in groups, behind Scheduler's own protocol.
//!
//! A schedule's next firing is a job. A firing sends a delivery on its way and names the firing after it. What was
//! missed while nothing ran happens once: the latest firing that was due, and not those before it.

mod firing;
mod group;
mod requests;
mod schedule;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::answer::{Answer, rest_answer};
use crate::journal::Journal;
use crate::network::Service;
use crate::random::Names;
use crate::refusal::{Refusal, read};
use crate::route::{decode, query};
use crate::step_functions::{ACCOUNT, REGION};
use crate::{Aws, Clock, Error};

pub(crate) use firing::{Firing, fire};
use group::Group;
use schedule::Schedule;

/// Where schedules are kept, and where their groups are.
const SCHEDULES: &str = "schedules";
const GROUPS: &str = "schedule-groups";

/// The group that every account has.
const DEFAULT: &str = "default";

/// The schedules of this AWS.
pub(crate) struct Scheduler {
    journal: Arc<Journal>,
    clock: Clock,
    names: Names,
    state: Mutex<State>,
}

/// Everything that changes.
struct State {
    groups: BTreeMap<String, Group>,
    /// The schedules of all groups, by ARN.
    schedules: BTreeMap<String, Schedule>,
}

/// Which resource of its kind a request is for: the second part of its path.
fn name_in_path(request: &Request<Bytes>) -> String {
    let path = request.uri().path().trim_matches('/');
    path.split_once('/')
        .map_or_else(String::new, |(_, name)| decode(name))
}

impl Scheduler {
    /// Opens the schedules that are kept.
    pub(crate) fn open(journal: Arc<Journal>, clock: Clock, names: Names) -> Result<Self, Error> {
        let mut groups: BTreeMap<String, Group> = journal.documents(GROUPS)?;
        groups
            .entry(DEFAULT.to_owned())
            .or_insert_with(|| Group::new(DEFAULT, clock.now()));
        let schedules = journal.documents(SCHEDULES)?;
        Ok(Self {
            journal,
            clock,
            names,
            state: Mutex::new(State { groups, schedules }),
        })
    }

    /// Answers one request. It blocks on the disk.
    pub(crate) fn answer(&self, aws: &Aws, operation: &str, request: &Request<Bytes>) -> Answer {
        match self.perform(aws, operation, request) {
            Ok(body) => rest_answer(StatusCode::OK, &body),
            Err(refusal) => refusal.answer(Service::Scheduler),
        }
    }

    fn perform(
        &self,
        aws: &Aws,
        operation: &str,
        request: &Request<Bytes>,
    ) -> Result<Value, Refusal> {
        let name = name_in_path(request);
        let query = Query(query(request));
        let body = request.body();
        match operation {
            "CreateSchedule" => self.create(aws, &name, body_of(body)?),
            "UpdateSchedule" => self.update(aws, &name, body_of(body)?),
            "GetSchedule" => self.get(&name, query.text("groupName")),
            "DeleteSchedule" => self.delete(&name, query.text("groupName")),
            "ListSchedules" => self.list(&query),
            "CreateScheduleGroup" => self.create_group(&name, body_of(body)?),
            "GetScheduleGroup" => self.get_group(&name),
            "DeleteScheduleGroup" => self.delete_group(&name),
            "ListScheduleGroups" => self.list_groups(&query),
            "ListTagsForResource" => self.list_tags(&name),
            "TagResource" => self.tag(&name, body_of(body)?),
            "UntagResource" => self.untag(&name, &query),
            unknown => Err(Refusal::with_status(
                StatusCode::NOT_FOUND,
                "UnknownOperationException",
                format!("the local Scheduler has no operation `{unknown}`"),
            )),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The query parameters of a request.
struct Query(Vec<(String, String)>);

impl Query {
    fn text(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    fn all(&self, name: &str) -> Vec<&str> {
        let found = self.0.iter().filter(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).collect()
    }

    /// Cuts a page out of a list, under the list's name in the answer. A token is the place where a page begins.
    fn page(&self, name: &str, items: &[Value]) -> Result<Value, Refusal> {
        let begin: usize = self.text("NextToken").map_or(Ok(0), |token| {
            token
                .parse()
                .map_err(|_| Refusal::invalid("Invalid NextToken provided."))
        })?;
        let limit = self.text("MaxResults").map_or(Ok(100), str::parse::<usize>);
        let limit = limit.ok().filter(|limit| (1..=100).contains(limit));
        let limit = limit.ok_or_else(|| {
            Refusal::invalid(
                "1 validation error detected: Value at 'maxResults' failed to satisfy constraint: Member must be between 1 and 100, inclusive",
            )
        })?;
        let page: Vec<&Value> = items.iter().skip(begin).take(limit).collect();
        let end = begin.saturating_add(limit);
        let mut answer = json!({ name: page });
        if let Some(answer) = answer.as_object_mut()
            && end < items.len()
        {
            answer.insert("NextToken".to_owned(), end.to_string().into());
        }
        Ok(answer)
    }
}

/// Reads a request's body.
fn body_of<Request: serde::de::DeserializeOwned>(body: &Bytes) -> Result<Request, Refusal> {
    read(body).map_err(|refusal| Refusal::invalid(refusal.message))
}

fn schedule_arn(group: &str, name: &str) -> String {
    format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{group}/{name}")
}

fn group_arn(name: &str) -> String {
    format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/{name}")
}

fn not_found(message: String) -> Refusal {
    Refusal::with_status(StatusCode::NOT_FOUND, "ResourceNotFoundException", message)
}

fn conflict(message: String) -> Refusal {
    Refusal::with_status(StatusCode::CONFLICT, "ConflictException", message)
}

/// Whether a name has the characters and the length that AWS takes.
fn check_name(name: &str, parameter: &str) -> Result<(), Refusal> {
    let fits = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if (1..=64).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    let message = format!(
        "1 validation error detected: Value '{name}' at '{parameter}' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-zA-Z-_.]+"
    );
    Err(Refusal::invalid(message))
}

/// A moment as the protocol writes it: seconds, to the millisecond.
fn seconds(moment: Timestamp) -> Value {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of any date fit a float exactly"
    )]
    let milliseconds = moment.as_millisecond() as f64;
    json!(milliseconds / 1000.0)
}
