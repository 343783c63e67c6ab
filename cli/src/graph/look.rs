//! What a box shows: a step of a workflow, or a state of a machine.

use pawl_contract::Kind;

/// What a box shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// A step of a kind.
    Step(Kind),
    /// A state of a type.
    State(StateType),
}

/// The types of states, and where a machine begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StateType {
    /// Where the machine begins, which is no state.
    Start,
    /// Has work done.
    Task,
    /// Goes one of several ways.
    Choice,
    /// Lets time pass.
    Wait,
    /// Shapes data.
    Pass,
    /// Runs branches side by side.
    Parallel,
    /// Runs the same states for every item.
    Map,
    /// Ends well.
    Succeed,
    /// Ends badly.
    Fail,
}

impl StateType {
    /// Its name, as it stands in a machine.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "beginning",
            Self::Task => "Task",
            Self::Choice => "Choice",
            Self::Wait => "Wait",
            Self::Pass => "Pass",
            Self::Parallel => "Parallel",
            Self::Map => "Map",
            Self::Succeed => "Succeed",
            Self::Fail => "Fail",
        }
    }

    /// The kind of step that does the like; none of an end.
    pub(super) fn like(self) -> Option<Kind> {
        match self {
            Self::Start => Some(Kind::Trigger),
            Self::Task => Some(Kind::Action),
            Self::Choice => Some(Kind::Condition),
            Self::Wait => Some(Kind::Delay),
            Self::Pass => Some(Kind::Transform),
            Self::Parallel => Some(Kind::Parallel),
            Self::Map => Some(Kind::Loop),
            Self::Succeed | Self::Fail => None,
        }
    }
}

impl Look {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Step(kind) => kind.name(),
            Self::State(state) => state.name(),
        }
    }

    /// Whether everything begins there.
    pub(super) fn is_beginning(self) -> bool {
        matches!(
            self,
            Self::Step(Kind::Trigger) | Self::State(StateType::Start)
        )
    }
}
