//! Actions and their operations, and how their rows are written.

use super::parameter::{ORGANIZATION, Parameter};

/// What an operation does to the world, so that the compiler and a retry know how careful to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It only looks.
    Read,
    /// It writes our own records, in the step's transaction: exactly once.
    Write,
    /// It acts where nothing can be taken back, so it claims before it acts.
    Irreversible,
}

/// Whether an operation can run already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It runs.
    Ready,
    /// It is known, and runs only when it is mocked.
    Later,
}

/// What becomes of parameters that the row does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// Nothing reads them.
    Ignored,
    /// They become fields of the record that is written.
    Stored,
    /// They are conditions: records are found whose fields have these values.
    Matched,
    /// They are passed on, because the author chooses them or the row does not claim to name all.
    Accepted,
}

/// An action: what it is about, and what it can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// The word that stands in `type`, such as `customer`.
    pub name: &'static str,
    /// What it is about, in a sentence.
    pub about: &'static str,
    /// What it can do.
    pub operations: &'static [Operation],
}

/// One operation of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The action's type, such as `customer`.
    pub action: &'static str,
    /// The operation's name, such as `get_by_id`; empty for an action that has only one.
    pub operation: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// What it does to the world.
    pub effect: Effect,
    /// Whether it can run already.
    pub readiness: Readiness,
    /// The parameters that it names; `organizationId` comes on top.
    pub parameters: &'static [Parameter],
    /// What becomes of parameters that it does not name.
    pub others: Others,
}

impl Operation {
    /// The canonical name: `customer.get_by_id`, or `email_send`.
    pub fn name(&self) -> String {
        if self.operation.is_empty() {
            self.action.to_owned()
        } else {
            format!("{}.{}", self.action, self.operation)
        }
    }

    /// Whether a word is its dotted or its flat name.
    pub(super) fn is_named(&self, name: &str) -> bool {
        let Some(rest) = name.strip_prefix(self.action) else {
            return false;
        };
        if self.operation.is_empty() {
            return rest.is_empty();
        }
        rest.strip_prefix(['.', '_']) == Some(self.operation)
    }

    /// Whether its parameters go to another system, and so may hold secrets.
    pub fn takes_secrets(&self) -> bool {
        const ELSEWHERE: [&str; 5] = [
            "integration",
            "imap",
            "email_provider",
            "onedrive",
            "crawler",
        ];
        ELSEWHERE.contains(&self.action)
    }

    /// The parameter that a name means, by its own name or another that authors use.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        let mut known = self.parameters.iter().chain([&ORGANIZATION]);
        known.find(|parameter| parameter.names().any(|known| known == name))
    }

    /// The parameters that it cannot do without.
    pub fn required(&self) -> impl Iterator<Item = &'static Parameter> {
        self.parameters.iter().filter(|one| one.required)
    }

    /// Whether parameters that it does not name have a meaning too.
    pub fn is_open(&self) -> bool {
        self.others != Others::Ignored
    }

    const fn new(
        action: &'static str,
        operation: &'static str,
        effect: Effect,
        about: &'static str,
    ) -> Self {
        Self {
            action,
            operation,
            about,
            effect,
            readiness: Readiness::Later,
            parameters: &[],
            others: Others::Ignored,
        }
    }

    /// An operation that only looks.
    pub(super) const fn read(
        action: &'static str,
        operation: &'static str,
        about: &'static str,
    ) -> Self {
        Self::new(action, operation, Effect::Read, about)
    }

    /// An operation that writes our own records.
    pub(super) const fn write(
        action: &'static str,
        operation: &'static str,
        about: &'static str,
    ) -> Self {
        Self::new(action, operation, Effect::Write, about)
    }

    /// The one operation of an action that nothing takes back.
    pub(super) const fn irreversible(action: &'static str, about: &'static str) -> Self {
        Self::new(action, "", Effect::Irreversible, about)
    }

    /// It runs already.
    pub(super) const fn ready(mut self) -> Self {
        self.readiness = Readiness::Ready;
        self
    }

    /// It has these parameters.
    pub(super) const fn takes(mut self, parameters: &'static [Parameter]) -> Self {
        self.parameters = parameters;
        self
    }

    /// What becomes of parameters that it does not name.
    pub(super) const fn others(mut self, others: Others) -> Self {
        self.others = others;
        self
    }
}
