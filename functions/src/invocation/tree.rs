//! The ride-alongs: pure steps that are evaluated in the invocation of the step before them.

use std::collections::BTreeMap;

use pawl_contract::{Node, StepError, Then, code};
use pawl_store::{Expect, Latest, Record, RecordStatus, RunError, RunStatus};

use super::Invocation;
use super::situation::Situation;
use super::visit::Visit;
use crate::Error;
use crate::pure::Effect;
use crate::scope::Scope;

/// What an invocation went through.
pub(super) struct Path {
    /// The Task's own step.
    pub host: Visit,
    /// What rode along, in order.
    pub riders: Vec<Visit>,
    /// The state that each step with a Choice leads to.
    pub routes: BTreeMap<String, String>,
    pub ending: Ending,
}

/// Where a path leads.
pub(super) enum Ending {
    /// To a state of the machine.
    State,
    /// To the strand's end.
    End,
    /// Nowhere: a step failed and nothing catches it.
    Failed(RunStatus, RunError),
}

impl Path {
    /// A path that ends where it begins.
    pub(super) fn failed(host: Visit, status: RunStatus, error: RunError) -> Self {
        let ending = Ending::Failed(status, error);
        Self {
            host,
            riders: Vec::new(),
            routes: BTreeMap::new(),
            ending,
        }
    }

    /// The last visit.
    pub(super) fn last(&self) -> &Record {
        &self.riders.last().unwrap_or(&self.host).record
    }
}

impl Invocation<'_> {
    /// Goes on from a visited step through everything that rides along.
    pub(super) async fn follow(
        &self,
        mut host: Visit,
        mut scope: Scope,
        situation: &Situation,
    ) -> Result<Path, Error> {
        let mut node = &self.plan.node;
        let mut exit = leave(node, &mut host);
        apply(&host, &mut scope);
        let mut path = Path {
            host,
            riders: Vec::new(),
            routes: BTreeMap::new(),
            ending: Ending::State,
        };
        // The step whose route is not known yet.
        let mut pending = node.choice_name();
        loop {
            let then = match exit {
                Ok(then) => then,
                Err(error) => {
                    path.ending = Ending::Failed(RunStatus::Failed, error);
                    return Ok(path);
                }
            };
            let target = match then {
                Then::Step(next) => next.choice_name(),
                Then::State(name) | Then::End(name) => Some(name.clone()),
            };
            if let Some((choice, target)) =
                target.and_then(|target| Some((pending.take()?, target)))
            {
                path.routes.insert(choice, target);
            }
            node = match then {
                Then::Step(next) => next,
                Then::State(_) => return Ok(path),
                Then::End(_) => {
                    path.ending = Ending::End;
                    return Ok(path);
                }
            };
            let Some(at) = path.last().at.next() else {
                path.ending = Ending::Failed(RunStatus::Failed, exhausted(&node.step));
                return Ok(path);
            };
            let mut rider = self.pure(node, &at, &scope, situation).await?;
            // The host's record speaks for those of its ride-alongs.
            rider.expect = Expect::Anything;
            exit = leave(node, &mut rider);
            apply(&rider, &mut scope);
            path.riders.push(rider);
            pending = node.choice_name().or(pending);
        }
    }
}

/// Where a visited step goes on: by its port, or by its `error` port if it failed and has one.
fn leave<'node>(node: &'node Node, visit: &mut Visit) -> Result<&'node Then, RunError> {
    let blame = |error: StepError| RunError {
        step: Some(node.step.clone()),
        code: error.code,
        message: error.message,
    };
    if visit.record.status == RecordStatus::Failed {
        let Some(then) = node.then.get("error") else {
            let error = visit.record.error.clone();
            return Err(blame(
                error.unwrap_or_else(|| StepError::new(code::TOOL_ERROR, "it failed")),
            ));
        };
        visit.record.port = Some("error".to_owned());
        return Ok(then);
    }
    let port = visit.record.port.as_deref().unwrap_or("success");
    if let Some(then) = node.then.get(port) {
        return Ok(then);
    }
    // As where somebody answers what no port is for, the step itself has failed.
    let error = crate::answer::unforeseen(port, &visit.record.output);
    visit.record.status = RecordStatus::Failed;
    visit.record.port = None;
    visit.record.error = Some(error.clone());
    Err(blame(error))
}

/// Lets what comes next see what a visit left.
fn apply(visit: &Visit, scope: &mut Scope) {
    scope.set_step(&visit.record.step, &Latest::of(&visit.record));
    scope.set_here(format!("after {}", visit.record.at));
    scope.set_last_output(visit.record.output.clone());
    for effect in &visit.effects {
        match effect {
            Effect::Variable(name, value) => scope.set_variable(name, value.clone()),
            Effect::List(items, _) => scope.set_list(&visit.record.step, items.clone()),
            Effect::Cursor(cursor) => scope.set_cursor(&visit.record.step, cursor.clone()),
            Effect::Skip(slug, latest) => scope.set_step(slug, latest),
            Effect::Output
            | Effect::Number(_)
            | Effect::Note(_)
            | Effect::Secret(..)
            | Effect::Keep(_) => {}
        }
    }
}

/// The strand has no number left for this step.
pub(super) fn exhausted(step: &str) -> RunError {
    let message = format!(
        "the run made {} visits, and no more can be numbered",
        pawl_contract::at::HIGHEST
    );
    RunError {
        step: Some(step.to_owned()),
        code: code::VALIDATION_ERROR.to_owned(),
        message,
    }
}
