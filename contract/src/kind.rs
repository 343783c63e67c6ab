//! The kinds of steps, each with a Lambda of its own.

use serde::{Deserialize, Serialize};

/// What a step is. Work kinds act; pure kinds compute and may ride along with the step before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Starts, hands over, ends and fails runs.
    Trigger,
    /// Asks a language model.
    Llm,
    /// Acts on records, sends mail.
    Action,
    /// Calls an HTTP endpoint.
    Request,
    /// Chooses `true` or `false`.
    Condition,
    /// Chooses the first of several cases that holds.
    Switch,
    /// Goes through a list.
    Loop,
    /// Computes values: `set_variables`, `output`.
    Transform,
    /// Asks a person, and waits for the decision.
    Approval,
    /// Waits for a message from outside.
    Signal,
    /// Runs another workflow, and waits for its end.
    Subflow,
    /// Lets time pass.
    Delay,
    /// Goes several ways at once.
    Parallel,
    /// Puts together what several steps gave.
    Merge,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 14] = [
        Self::Trigger,
        Self::Llm,
        Self::Action,
        Self::Request,
        Self::Condition,
        Self::Switch,
        Self::Loop,
        Self::Transform,
        Self::Approval,
        Self::Signal,
        Self::Subflow,
        Self::Delay,
        Self::Parallel,
        Self::Merge,
    ];

    /// What a step of this kind is to a machine.
    pub fn nature(self) -> Nature {
        match self {
            Self::Trigger => Nature::Trigger,
            Self::Llm | Self::Action | Self::Request => Nature::Work,
            Self::Approval | Self::Signal | Self::Subflow => Nature::Wait,
            Self::Condition
            | Self::Switch
            | Self::Loop
            | Self::Transform
            | Self::Delay
            | Self::Parallel
            | Self::Merge => Nature::Pure,
        }
    }

    /// Whether a step of this kind only computes; a delay computes how long the machine waits.
    pub fn is_pure(self) -> bool {
        self.nature() == Nature::Pure
    }

    /// Whether a step of this kind asks someone and is answered later, by a task token.
    pub fn waits(self) -> bool {
        self.nature() == Nature::Wait
    }

    /// Whether a step of this kind gives something of its own; the others decide where to go on, or when.
    ///
    /// A loop gives something where its iterations run side by side, which its kind alone does not tell.
    pub fn gives(self) -> bool {
        match self {
            Self::Llm
            | Self::Action
            | Self::Request
            | Self::Transform
            | Self::Approval
            | Self::Signal
            | Self::Subflow
            | Self::Merge => true,
            Self::Trigger
            | Self::Condition
            | Self::Switch
            | Self::Loop
            | Self::Delay
            | Self::Parallel => false,
        }
    }

    /// The kind's name: of its binary, its Rust module and in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Llm => "llm",
            Self::Action => "action",
            Self::Request => "request",
            Self::Condition => "condition",
            Self::Switch => "switch",
            Self::Loop => "loop",
            Self::Transform => "transform",
            Self::Approval => "approval",
            Self::Signal => "signal",
            Self::Subflow => "subflow",
            Self::Delay => "delay",
            Self::Parallel => "parallel",
            Self::Merge => "merge",
        }
    }

    /// The name of the function that evaluates steps of this kind: nearly always its own.
    pub fn function(self) -> &'static str {
        match self {
            Self::Delay | Self::Parallel | Self::Merge => Self::Transform.name(),
            Self::Switch => Self::Condition.name(),
            Self::Trigger
            | Self::Llm
            | Self::Action
            | Self::Request
            | Self::Condition
            | Self::Loop
            | Self::Transform
            | Self::Approval
            | Self::Signal
            | Self::Subflow => self.name(),
        }
    }

    /// The kinds that have a function of their own.
    pub fn with_functions() -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(|kind| kind.function() == kind.name())
    }

    /// The placeholder by which a compiled machine names this kind's Lambda, without `${` and `}`.
    ///
    /// Publishing and SAM put the ARN of a function version in its place.
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Trigger => "TriggerFunction",
            Self::Llm => "LlmFunction",
            Self::Action => "ActionFunction",
            Self::Request => "RequestFunction",
            Self::Condition | Self::Switch => "ConditionFunction",
            Self::Loop => "LoopFunction",
            Self::Transform | Self::Delay | Self::Parallel | Self::Merge => "TransformFunction",
            Self::Approval => "ApprovalFunction",
            Self::Signal => "SignalFunction",
            Self::Subflow => "SubflowFunction",
        }
    }

    /// The ports by which a step of this kind can be left, in the order in which they are shown; those of the branches
    /// of a parallel step and of the cases of a switch come on top.
    pub fn ports(self) -> &'static [&'static str] {
        match self {
            Self::Trigger => &["success"],
            Self::Llm
            | Self::Action
            | Self::Request
            | Self::Transform
            | Self::Subflow
            | Self::Delay
            | Self::Parallel
            | Self::Merge => &["success", "error"],
            Self::Signal => &["success", "timeout", "error"],
            Self::Approval => &["approved", "rejected", "timeout", "error"],
            Self::Condition => &["true", "false", "error"],
            // Behind those of its cases.
            Self::Switch => &["default", "error"],
            Self::Loop => &["next", "done", "error"],
        }
    }

    /// Whether a step may do without a port: what would leave by it is then a failure.
    pub fn may_lack(self, port: &str) -> bool {
        port == "error"
            || (self.waits() && ["rejected", "timeout"].contains(&port))
            // Where its branches come together says where it goes on.
            || (self == Self::Parallel && port == "success")
    }
}

/// What a step is to a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// It begins a run.
    Trigger,
    /// It acts in one invocation.
    Work,
    /// It asks someone, and is answered later.
    Wait,
    /// It only computes.
    Pure,
}
