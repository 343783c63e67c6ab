//! Actions and their operations, and how their rows are written.

use serde_json::{Value, json};

use super::example::Example;
use super::output::Output;
use super::parameter::{ORGANIZATION, Parameter};
use crate::schema;

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
    /// What it answers with.
    pub output: Output,
    /// The parameters that leave the system.
    pub sinks: &'static [&'static str],
    /// Whether its parameters go to another system that may need secrets.
    pub takes_secrets: bool,
    /// What whoever runs it must be allowed, such as `customers:read`.
    pub permissions: &'static [&'static str],
    /// Calls of it, with their answers.
    pub examples: &'static [Example],
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

    /// What other engines put around a record, and its answer has where somebody reads it: a `result` that is the record and
    /// whether it was `found`, or whether writing was a `success`.
    pub fn surrounds(&self) -> &'static [&'static str] {
        match (self.output, self.effect) {
            (Output::Record(_), Effect::Read) => &["found", "result", "success"],
            (Output::Record(_), Effect::Write) => &["success"],
            _ => &[],
        }
    }

    /// The JSON Schema of its parameters.
    pub fn input_schema(&self) -> Value {
        let mut schema = schema::object(self.parameters.iter());
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("additionalProperties".to_owned(), self.is_open().into());
        }
        schema
    }

    /// The JSON Schema of its answer.
    pub fn output_schema(&self) -> Value {
        self.output.schema()
    }

    /// All that is known of it, for scripts.
    pub fn to_json(&self) -> Value {
        let effect = match self.effect {
            Effect::Read => "read",
            Effect::Write => "write",
            Effect::Irreversible => "irreversible",
        };
        json!({
            "name": self.name(),
            "action": self.action,
            "operation": self.operation,
            "about": self.about,
            "effect": effect,
            "ready": self.readiness == Readiness::Ready,
            "sinks": self.sinks,
            "takesSecrets": self.takes_secrets,
            "permissions": self.permissions,
            "input": self.input_schema(),
            "output": self.output_schema(),
            "examples": self.examples.iter().map(Example::to_json).collect::<Vec<_>>(),
        })
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
            output: Output::Anything,
            sinks: &[],
            takes_secrets: false,
            permissions: &[],
            examples: &[],
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

    /// It answers with this.
    pub(super) const fn gives(mut self, output: Output) -> Self {
        self.output = output;
        self
    }

    /// These parameters leave the system.
    pub(super) const fn sinks(mut self, sinks: &'static [&'static str]) -> Self {
        self.sinks = sinks;
        self
    }

    /// Its parameters go to another system, and may hold secrets.
    pub(super) const fn with_secrets(mut self) -> Self {
        self.takes_secrets = true;
        self
    }

    /// Whoever runs it must be allowed this.
    pub(super) const fn needs(mut self, permissions: &'static [&'static str]) -> Self {
        self.permissions = permissions;
        self
    }

    /// It is shown by these examples.
    pub(super) const fn examples(mut self, examples: &'static [Example]) -> Self {
        self.examples = examples;
        self
    }

    /// What becomes of parameters that it does not name.
    pub(super) const fn others(mut self, others: Others) -> Self {
        self.others = others;
        self
    }
}
