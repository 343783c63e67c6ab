//! A state of any kind, and what the kinds have in common.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Catcher, Choice, Fail, Fields, Map, Parallel, Pass, QueryLanguage, Retrier, Succeed, Task, Wait,
};

/// A state; `Type` names its kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "Type")]
#[expect(
    clippy::large_enum_variant,
    reason = "a machine holds few states, and plain values are pleasant to build"
)]
pub enum State {
    /// Has work done.
    Task(Task),
    /// Shapes data.
    Pass(Pass),
    /// Goes one of several ways.
    Choice(Choice),
    /// Lets time pass.
    Wait(Wait),
    /// Ends well.
    Succeed(Succeed),
    /// Ends badly.
    Fail(Fail),
    /// Runs branches side by side.
    Parallel(Parallel),
    /// Runs the same branch for every item.
    Map(Map),
}

impl State {
    /// The kind's name, as it stands in `Type` and in the names of history events.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Task(_) => "Task",
            Self::Pass(_) => "Pass",
            Self::Choice(_) => "Choice",
            Self::Wait(_) => "Wait",
            Self::Succeed(_) => "Succeed",
            Self::Fail(_) => "Fail",
            Self::Parallel(_) => "Parallel",
            Self::Map(_) => "Map",
        }
    }

    /// What the state is for.
    pub fn comment(&self) -> Option<&str> {
        match self {
            Self::Task(state) => state.comment.as_deref(),
            Self::Pass(state) => state.comment.as_deref(),
            Self::Choice(state) => state.comment.as_deref(),
            Self::Wait(state) => state.comment.as_deref(),
            Self::Succeed(state) => state.comment.as_deref(),
            Self::Fail(state) => state.comment.as_deref(),
            Self::Parallel(state) => state.comment.as_deref(),
            Self::Map(state) => state.comment.as_deref(),
        }
    }

    /// The language that the state names for itself.
    pub fn query_language(&self) -> Option<QueryLanguage> {
        match self {
            Self::Task(state) => state.query_language,
            Self::Pass(state) => state.query_language,
            Self::Choice(state) => state.query_language,
            Self::Wait(state) => state.query_language,
            Self::Succeed(state) => state.query_language,
            Self::Fail(state) => state.query_language,
            Self::Parallel(state) => state.query_language,
            Self::Map(state) => state.query_language,
        }
    }

    /// The state that follows, for the kinds that have one.
    pub fn next(&self) -> Option<&str> {
        match self {
            Self::Task(state) => state.next.as_deref(),
            Self::Pass(state) => state.next.as_deref(),
            Self::Wait(state) => state.next.as_deref(),
            Self::Parallel(state) => state.next.as_deref(),
            Self::Map(state) => state.next.as_deref(),
            Self::Choice(_) | Self::Succeed(_) | Self::Fail(_) => None,
        }
    }

    /// Whether the state says that the branch ends with it.
    pub fn is_end(&self) -> bool {
        match self {
            Self::Task(state) => state.end,
            Self::Pass(state) => state.end,
            Self::Wait(state) => state.end,
            Self::Parallel(state) => state.end,
            Self::Map(state) => state.end,
            Self::Choice(_) | Self::Succeed(_) | Self::Fail(_) => false,
        }
    }

    /// The variables that the state sets.
    pub fn assign(&self) -> Option<&Fields> {
        match self {
            Self::Task(state) => state.assign.as_ref(),
            Self::Pass(state) => state.assign.as_ref(),
            Self::Choice(state) => state.assign.as_ref(),
            Self::Wait(state) => state.assign.as_ref(),
            Self::Parallel(state) => state.assign.as_ref(),
            Self::Map(state) => state.assign.as_ref(),
            Self::Succeed(_) | Self::Fail(_) => None,
        }
    }

    /// What the state makes of its result.
    pub fn output(&self) -> Option<&Value> {
        match self {
            Self::Task(state) => state.output.as_ref(),
            Self::Pass(state) => state.output.as_ref(),
            Self::Choice(state) => state.output.as_ref(),
            Self::Wait(state) => state.output.as_ref(),
            Self::Succeed(state) => state.output.as_ref(),
            Self::Parallel(state) => state.output.as_ref(),
            Self::Map(state) => state.output.as_ref(),
            Self::Fail(_) => None,
        }
    }

    /// The retriers, in order.
    pub fn retry(&self) -> &[Retrier] {
        match self {
            Self::Task(state) => &state.retry,
            Self::Parallel(state) => &state.retry,
            Self::Map(state) => &state.retry,
            Self::Pass(_) | Self::Choice(_) | Self::Wait(_) | Self::Succeed(_) | Self::Fail(_) => {
                &[]
            }
        }
    }

    /// The catchers, in order.
    pub fn catch(&self) -> &[Catcher] {
        match self {
            Self::Task(state) => &state.catch,
            Self::Parallel(state) => &state.catch,
            Self::Map(state) => &state.catch,
            Self::Pass(_) | Self::Choice(_) | Self::Wait(_) | Self::Succeed(_) | Self::Fail(_) => {
                &[]
            }
        }
    }

    /// The fields that are not of JSONata mode.
    pub fn other(&self) -> &Fields {
        match self {
            Self::Task(state) => &state.other,
            Self::Pass(state) => &state.other,
            Self::Choice(state) => &state.other,
            Self::Wait(state) => &state.other,
            Self::Succeed(state) => &state.other,
            Self::Fail(state) => &state.other,
            Self::Parallel(state) => &state.other,
            Self::Map(state) => &state.other,
        }
    }
}
