//! The templates and expressions of a definition, each read once.

use std::borrow::Cow;

use pawl_expression::{Expression, Reference, SyntaxError, Template};

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
    /// What it refers to, in the order of the text.
    pub(crate) references: Vec<Reference>,
}

/// A text that cannot be read.
#[derive(Debug)]
pub(super) struct Unread<'a> {
    pub(super) node: Cow<'a, Node>,
    pub(super) error: SyntaxError,
}

/// Reads every template and expression, variables first, then the steps in the author's order.
pub(super) fn read(definition: &Definition) -> (Vec<Text<'_>>, Vec<Unread<'_>>) {
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
                    let key = Node {
                        data: Data::String(entry.key.clone()),
                        span: entry.key_span.clone(),
                        pointer: entry.node.pointer.clone(),
                    };
                    self.text(step, Cow::Owned(key), Reading::Template);
                    self.node(step, &entry.node);
                }
            }
            Data::Null | Data::Bool(_) | Data::Number(_) => {}
        }
    }

    fn text(&mut self, step: Option<StepId>, node: Cow<'a, Node>, reading: Reading) {
        let Some(text) = node.as_str() else { return };
        let references = match reading {
            // Most strings of a definition are plain text.
            Reading::Template if !text.contains("{{") => return,
            Reading::Template => Template::parse(text).map(|template| template.references()),
            Reading::Expression => {
                Expression::parse(text).map(|expression| expression.references())
            }
        };
        match references {
            Ok(references) => self.texts.push(Text {
                step,
                node,
                reading,
                references,
            }),
            Err(error) => self.unread.push(Unread { node, error }),
        }
    }
}
