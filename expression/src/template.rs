//! A template: text with `{{expressions}}` and sections in it.

use crate::error::SyntaxError;
use crate::limits::NESTING;
use crate::parse::Parser;
use crate::reference::{Reference, collect};
use crate::tree::Node;

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
/// `{{{a}}}` and `{{&a}}` mean `{{a}}`: nothing is escaped. `{{!a}}` is "not a", so there are no comments, and partials
/// and other delimiters are refused. A section's tag that stands alone on its line takes the line with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub(crate) parts: Vec<Part>,
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
        let mut reader = Reader {
            text,
            position: 0,
            sections: 0,
        };
        Ok(Self {
            parts: reader.parts(None)?,
        })
    }

    /// Every path that begins with a root name, in the order of the text.
    pub fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        collect_parts(&self.parts, false, &mut references);
        references
    }

    /// Whether there is nothing to evaluate.
    pub fn is_literal(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(_)))
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

/// A section that is open while its parts are read.
struct Open<'t> {
    /// Where its tag stands.
    start: usize,
    /// Its expression, as written.
    name: &'t str,
}

struct Reader<'t> {
    text: &'t str,
    position: usize,
    /// How many sections are open.
    sections: usize,
}

impl<'t> Reader<'t> {
    /// Reads up to the end of the text or of the open section.
    fn parts(&mut self, open: Option<&Open<'t>>) -> Result<Vec<Part>, SyntaxError> {
        let mut parts = Vec::new();
        loop {
            let rest = self.rest();
            let Some(length) = rest.find("{{") else {
                if let Some(open) = open {
                    let help = format!("end it with `{{{{/{}}}}}`", open.name);
                    return Err(SyntaxError::new(
                        "this section has no end",
                        open.start..open.start + 2,
                    )
                    .help(help));
                }
                push_text(&mut parts, rest);
                self.position = self.text.len();
                return Ok(parts);
            };
            push_text(&mut parts, rest.get(..length).unwrap_or_default());
            let start = self.position + length;
            self.position = start + 2;
            match self.sigil() {
                '/' => {
                    self.close(start, open)?;
                    self.take_line(start, &mut parts);
                    return Ok(parts);
                }
                '#' => self.section(start, Mode::Each, &mut parts)?,
                '^' => self.section(start, Mode::Otherwise, &mut parts)?,
                '>' => return Err(self.refuse(start, "partials are not supported")),
                '=' => return Err(self.refuse(start, "other delimiters are not supported")),
                _ => parts.push(Part::Value(self.value(start)?)),
            }
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// The first character of a tag.
    fn sigil(&self) -> char {
        self.rest().trim_start().chars().next().unwrap_or('}')
    }

    /// Steps over the first character of a tag.
    fn skip_sigil(&mut self) {
        self.position = self.text.len() - self.rest().trim_start().len() + 1;
    }

    /// `{{a}}`, `{{{a}}}`, `{{&a}}`
    fn value(&mut self, start: usize) -> Result<Node, SyntaxError> {
        let is_triple = self.rest().starts_with('{')
            && !Parser::new(self.text, self.position, 0).begins_object();
        if is_triple {
            self.position += 1;
        } else if self.sigil() == '&' {
            self.skip_sigil();
        }
        self.expression(start, if is_triple { "}}}" } else { "}}" })
    }

    /// An expression and the end of its tag.
    fn expression(&mut self, start: usize, close: &str) -> Result<Node, SyntaxError> {
        let mut parser = Parser::new(self.text, self.position, self.sections);
        let node = parser.expression()?;
        if !parser.lexer.eat(close) {
            if self
                .text
                .get(parser.lexer.position..)
                .is_some_and(|rest| rest.contains(close))
            {
                return Err(parser.unexpected());
            }
            let span = start..start + close.len();
            return Err(SyntaxError::new(
                format!("this has no end: `{close}` is missing"),
                span,
            ));
        }
        self.position = parser.lexer.position;
        Ok(node)
    }

    /// A section after the `{{` of its first tag.
    fn section(
        &mut self,
        start: usize,
        mode: Mode,
        parts: &mut Vec<Part>,
    ) -> Result<(), SyntaxError> {
        if self.sections == NESTING {
            return Err(self.refuse(
                start,
                &format!("sections cannot be nested more than {NESTING} deep"),
            ));
        }
        self.skip_sigil();
        let from = self.position;
        let node = self.expression(start, "}}")?;
        let name = self
            .text
            .get(from..self.position - 2)
            .unwrap_or_default()
            .trim();
        self.take_line(start, parts);
        self.sections += 1;
        let inner = self.parts(Some(&Open { start, name }));
        self.sections -= 1;
        parts.push(Part::Section(Section {
            mode,
            node,
            parts: inner?,
        }));
        Ok(())
    }

    /// The last tag of a section after its `{{`.
    fn close(&mut self, start: usize, open: Option<&Open<'t>>) -> Result<(), SyntaxError> {
        self.skip_sigil();
        let rest = self.rest();
        let length = rest
            .find("}}")
            .ok_or_else(|| self.refuse(start, "this has no end: `}}` is missing"))?;
        let name = rest.get(..length).unwrap_or_default().trim();
        self.position += length + 2;
        match open {
            None => Err(self.refuse(start, &format!("no section `{name}` is open here"))),
            Some(open) if open.name != name => {
                let help = format!("the open section ends with `{{{{/{}}}}}`", open.name);
                Err(self
                    .refuse(start, &format!("no section `{name}` is open here"))
                    .help(help))
            }
            Some(_) => Ok(()),
        }
    }

    /// Drops the line of a section's tag that stands alone on it.
    fn take_line(&mut self, start: usize, before: &mut Vec<Part>) {
        let is_blank = |text: &str| {
            text.chars()
                .all(|character| character == ' ' || character == '\t')
        };
        let ahead = self.text.get(..start).unwrap_or_default();
        let indent = ahead
            .get(ahead.rfind('\n').map_or(0, |at| at + 1)..)
            .unwrap_or_default();
        let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
        if !is_blank(indent) || !is_blank(line.trim_end_matches(['\n', '\r'])) {
            return;
        }
        self.position += line.len();
        if let Some(Part::Text(text)) = before.last_mut() {
            text.truncate(text.len() - indent.len());
        }
        before.pop_if(|part| *part == Part::Text(String::new()));
    }

    fn refuse(&self, start: usize, message: &str) -> SyntaxError {
        let end = self
            .text
            .get(start..)
            .and_then(|tag| tag.find("}}"))
            .map_or(self.text.len(), |at| start + at + 2);
        SyntaxError::new(message, start..end)
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Text(text.to_owned()));
    }
}
