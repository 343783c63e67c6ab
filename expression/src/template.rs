//! A template: text with `{{expressions}}` and sections in it.

mod lines;
mod scan;
mod sections;

use lines::drop_lines_of_tags;
use scan::{Token, scan};

use crate::error::SyntaxError;
use crate::infer::{Finding, Roots, infer};
use crate::reference::{Reference, collect};
use crate::tree::Node;
use crate::value_type::Type;

/// A parsed template.
///
/// ```
/// use pawl_expression::Template;
/// use serde_json::json;
///
/// let scope = json!({ "customers": [{ "name": "Ada" }, { "name": "Lin" }] });
/// let render = |text| Template::parse(text).unwrap().render(&scope).unwrap();
/// assert_eq!(render("{{customers.length}}"), json!(2));
/// assert_eq!(render("{{customers.length}} customers"), json!("2 customers"));
/// assert_eq!(render("{{#customers}}{{name}};{{/customers}}"), json!("Ada;Lin;"));
/// ```
///
/// `{{{a}}}` and `{{&a}}` mean `{{a}}`: nothing is escaped. `{{! text}}` is a comment, so "not a" is `{{ (!a) }}`.
/// Partials and other delimiters are refused. A line on which only sections' tags and comments stand leaves nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub(crate) parts: Vec<Part>,
    is_literal: bool,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Text(String),
    /// `{{a}}`
    Value(Node),
    Section(Section),
}

/// `{{#a}}…{{/a}}` or `{{^a}}…{{/a}}`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Section {
    pub(crate) mode: Mode,
    pub(crate) node: Node,
    pub(crate) parts: Vec<Part>,
}

/// When a section is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `#`: for each element of a list, or once for any other value that is true.
    Each,
    /// `^`: once, if the value is not true or an empty list.
    Otherwise,
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let tokens = scan(text)?;
        let is_literal = tokens.iter().all(|token| matches!(token, Token::Text(_)));
        Ok(Self {
            parts: nest(&mut drop_lines_of_tags(tokens).into_iter()),
            is_literal,
        })
    }

    /// What type its value has, and what in it can never be.
    pub fn infer(&self, roots: &Roots<'_>) -> (Type, Vec<Finding>) {
        let mut findings = Vec::new();
        let found = match self.parts.as_slice() {
            [Part::Value(node)] => infer(node, roots, &mut findings),
            parts => {
                sections::infer_parts(parts, roots, None, &mut findings);
                Type::Text
            }
        };
        (found, findings)
    }

    /// Every path that begins with a root name, in the order of the text.
    pub fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        collect_parts(&self.parts, false, &mut references);
        references
    }

    /// How often its value can be set under a name before that fails: where it is a CodeMie flow, whose states are
    /// counted. None where nothing bounds that.
    pub fn most_settings(&self, name: &str) -> Option<u64> {
        match self.parts.as_slice() {
            [Part::Value(node)] => crate::transforms::flow_limit(node, name),
            _ => None,
        }
    }

    /// Whether the text has no tags, so that it renders as it stands.
    pub fn is_literal(&self) -> bool {
        self.is_literal
    }
}

fn collect_parts(parts: &[Part], in_section: bool, references: &mut Vec<Reference>) {
    for part in parts {
        match part {
            Part::Text(_) => {}
            Part::Value(node) => collect(node, false, in_section, references),
            Part::Section(section) => {
                collect(&section.node, false, in_section, references);
                collect_parts(&section.parts, true, references);
            }
        }
    }
}

/// Puts tokens into the sections that they stand in, up to the end of the innermost one.
fn nest<'t>(tokens: &mut impl Iterator<Item = Token<'t>>) -> Vec<Part> {
    let mut parts = Vec::new();
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => match parts.last_mut() {
                Some(Part::Text(before)) => before.push_str(text),
                _ => parts.push(Part::Text(text.to_owned())),
            },
            Token::Value(node) => parts.push(Part::Value(node)),
            Token::Open(mode, node) => {
                let inner = nest(tokens);
                parts.push(Part::Section(Section {
                    mode,
                    node,
                    parts: inner,
                }));
            }
            Token::Close => return parts,
            Token::Comment => {}
        }
    }
    parts
}
