//! The step types of the format, by every name that authors use.

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Trigger,
    Input,
    Output,
    Merge,
    Prompt,
    Agent,
    Tool,
    Subflow,
    Approval,
    Data,
    Transform,
    Condition,
    /// A condition that does not choose: those that depend on it ask themselves what it came to.
    Verdict,
    Loop,
    Parallel,
    Delay,
    Request,
    /// Known, and nothing here does that.
    Refused(&'static str),
}

/// The step types, with what each is.
const TYPES: [(&str, What); 26] = [
    ("trigger", What::Trigger),
    ("input", What::Input),
    ("output", What::Output),
    ("merge", What::Merge),
    ("data_merge", What::Merge),
    ("prompt", What::Prompt),
    ("agent_execution", What::Agent),
    ("agent", What::Agent),
    ("tool_execution", What::Tool),
    ("tool_call", What::Tool),
    ("tool", What::Tool),
    ("subflow", What::Subflow),
    ("human_approval", What::Approval),
    ("approval", What::Approval),
    ("data_input", What::Data),
    ("data_processing", What::Transform),
    ("data_transform", What::Transform),
    ("conditional", What::Condition),
    ("condition", What::Condition),
    ("loop", What::Loop),
    ("parallel", What::Parallel),
    ("delay", What::Delay),
    ("wait", What::Delay),
    ("api_call", What::Request),
    ("http_request", What::Request),
    ("webhook_call", What::Request),
];

/// The step types that nothing here does, with what to use instead.
const REFUSED: [(&str, &str); 7] = [
    (
        "code_execution",
        "compute with `data_transform`, or call a service that runs the code with `api_call`",
    ),
    (
        "file_reader",
        "let a `tool_call` with `tool_name: document.retrieve` read the document",
    ),
    (
        "text_chunking",
        "let a `tool_call` with `tool_name: rag.upload_text` take the whole text: it is divided there",
    ),
    (
        "embedding_generation",
        "let a `tool_call` with `tool_name: rag.upload_text` do it on the way",
    ),
    (
        "vector_storage",
        "let a `tool_call` with `tool_name: rag.upload_text` or `rag.upload_document` store it",
    ),
    (
        "vector_search",
        "let a `tool_call` with `tool_name: rag.search` ask the knowledge base",
    ),
    (
        "ingestion",
        "let a `tool_call` with `tool_name: rag.upload_document` take each document in",
    ),
];

/// What a word means as a step type.
pub(super) fn what(word: &str) -> Option<What> {
    let found = TYPES.iter().find(|(name, _)| *name == word);
    let refused = || {
        let row = REFUSED.iter().find(|(name, _)| *name == word)?;
        Some(What::Refused(row.1))
    };
    found.map(|(_, what)| *what).or_else(refused)
}

/// Every step type, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> + Clone {
    let refused = REFUSED.iter().map(|(name, _)| *name);
    TYPES.iter().map(|(name, _)| *name).chain(refused)
}

impl What {
    /// Whether runs begin with such a step.
    pub(super) fn begins(self) -> bool {
        matches!(self, Self::Trigger | Self::Input)
    }

    /// Whether such a step acts, so that it is retried and given up in time.
    pub(super) fn acts(self) -> bool {
        matches!(self, Self::Agent | Self::Tool | Self::Request)
    }

    /// The ports by which such a step is left unless it fails.
    pub(super) fn ways_on(self) -> &'static [&'static str] {
        match self {
            Self::Condition => &["true", "false"],
            Self::Approval => &["approved"],
            Self::Loop => &["next", "done"],
            // It ends where its branches end.
            Self::Parallel => &[],
            Self::Trigger
            | Self::Input
            | Self::Output
            | Self::Merge
            | Self::Prompt
            | Self::Agent
            | Self::Tool
            | Self::Subflow
            | Self::Data
            | Self::Transform
            | Self::Verdict
            | Self::Delay
            | Self::Request
            | Self::Refused(_) => &["success"],
        }
    }

    /// All ports that such a step has.
    pub(super) fn ports(self) -> Vec<&'static str> {
        let mut ports = self.ways_on().to_vec();
        if self == Self::Approval {
            ports.extend(["rejected", "timeout"]);
        }
        if self == Self::Parallel {
            ports.push("branches");
        }
        if !self.begins() {
            ports.push("error");
        }
        ports
    }

    /// The member of its output that says which way a step chose, if it chooses.
    pub(super) fn answer(self) -> Option<&'static str> {
        if self == Self::Approval {
            return Some("approved");
        }
        matches!(self, Self::Condition | Self::Verdict).then_some("passed")
    }

    /// Whether such a step gives something that a later one may work with.
    pub(super) fn gives(self) -> bool {
        matches!(
            self,
            Self::Merge
                | Self::Agent
                | Self::Tool
                | Self::Subflow
                | Self::Data
                | Self::Transform
                | Self::Request
        )
    }

    /// The port by which such a step is left when all is well.
    pub(super) fn main_port(self) -> &'static str {
        self.ways_on().first().copied().unwrap_or("success")
    }

    /// The port by which the run goes on behind such a step.
    pub(super) fn onward(self) -> &'static str {
        if self == Self::Loop {
            "done"
        } else {
            self.main_port()
        }
    }

    /// The port that `else_steps` mean.
    pub(super) fn else_port(self) -> &'static str {
        match self {
            Self::Condition => "false",
            Self::Approval => "rejected",
            Self::Loop => "done",
            Self::Trigger
            | Self::Input
            | Self::Output
            | Self::Merge
            | Self::Prompt
            | Self::Agent
            | Self::Tool
            | Self::Subflow
            | Self::Data
            | Self::Transform
            | Self::Verdict
            | Self::Parallel
            | Self::Delay
            | Self::Request
            | Self::Refused(_) => "error",
        }
    }
}
