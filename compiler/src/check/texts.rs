//! The templates and expressions of a definition, each read once.

use std::borrow::Cow;

use pawl_expression::{Expression, Finding, Reference, Roots, SyntaxError, Template, Type};

use crate::definition::Definition;
use crate::graph::StepId;
use crate::source::{Data, Node};
use crate::steps::{self, Text as Reading};

/// A text that is evaluated in a run.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    /// The step that evaluates it; none for the first values of the workflow's variables.
    pub(crate) step: Option<StepId>,
    /// Where it stands.
    pub(crate) node: Cow<'a, Node>,
    /// How it is evaluated.
    pub(crate) reading: Reading,
    /// What it says.
    pub(super) parsed: Parsed,
    /// What it refers to, in the order of the text.
    pub(crate) references: Vec<Reference>,
}

/// A text that was read.
#[derive(Debug)]
pub(crate) enum Parsed {
    Template(Template),
    Expression(Expression),
}

impl Parsed {
    fn read(text: &str, reading: Reading) -> Result<Self, SyntaxError> {
        match reading {
            Reading::Template => Template::parse(text).map(Self::Template),
            Reading::Expression => Expression::parse(text).map(Self::Expression),
        }
    }

    fn references(&self) -> Vec<Reference> {
        match self {
            Self::Template(template) => template.references(),
            Self::Expression(expression) => expression.references(),
        }
    }

    /// What type its value has, and what in it can never be.
    pub(super) fn infer(&self, roots: &Roots<'_>) -> (Type, Vec<Finding>) {
        match self {
            Self::Template(template) => template.infer(roots),
            Self::Expression(expression) => expression.infer(roots),
        }
    }
}

/// A text that cannot be read.
#[derive(Debug)]
pub(crate) struct Unread<'a> {
    pub(super) node: Cow<'a, Node>,
    pub(super) error: SyntaxError,
}

/// Reads every template and expression, variables first, then the steps in the author's order.
pub(crate) fn read(definition: &Definition) -> (Vec<Text<'_>>, Vec<Unread<'_>>) {
    let mut reader = Reader::default();
    for node in definition.settings.variables.values() {
        reader.node(None, node);
    }
    for (id, step) in definition.steps.iter().enumerate() {
        for (reading, node) in steps::templates(step) {
            match reading {
                Reading::Template => reader.node(Some(id), node),
                Reading::Expression => reader.text(Some(id), Cow::Borrowed(node), reading),
            }
        }
    }
    (reader.texts, reader.unread)
}

#[derive(Default)]
struct Reader<'a> {
    texts: Vec<Text<'a>>,
    unread: Vec<Unread<'a>>,
}

impl<'a> Reader<'a> {
    /// Reads every string in a value as a template, keys included.
    fn node(&mut self, step: Option<StepId>, node: &'a Node) {
        match &node.data {
            Data::String(_) => self.text(step, Cow::Borrowed(node), Reading::Template),
            Data::Array(elements) => {
                for element in elements {
                    self.node(step, element);
                }
            }
            Data::Object(entries) => {
                for entry in entries {
                    if has_tags(&entry.key) {
                        let key = Node {
                            data: Data::String(entry.key.clone()),
                            span: entry.key_span.clone(),
                            pointer: entry.node.pointer.clone(),
                        };
                        self.text(step, Cow::Owned(key), Reading::Template);
                    }
                    self.node(step, &entry.node);
                }
            }
            Data::Null | Data::Bool(_) | Data::Number(_) => {}
        }
    }

    fn text(&mut self, step: Option<StepId>, node: Cow<'a, Node>, reading: Reading) {
        let Some(text) = node.as_str() else { return };
        // Most strings of a definition are plain text.
        if reading == Reading::Template && !has_tags(text) {
            return;
        }
        match Parsed::read(text, reading) {
            Ok(parsed) => self.texts.push(Text {
                step,
                node,
                reading,
                references: parsed.references(),
                parsed,
            }),
            Err(error) => self.unread.push(Unread { node, error }),
        }
    }
}

/// Whether a template is more than plain text.
fn has_tags(text: &str) -> bool {
    // Looking for one character is quick, and most texts have none.
    text.contains('{') && text.contains("{{")
}
