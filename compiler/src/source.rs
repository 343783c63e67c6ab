//! A definition's text as a tree in which every value knows its place.

mod json;
mod quoted;
mod yaml;

use std::ops::Range;

use serde_json::{Map, Number, Value};

use crate::diagnostic::Diagnostic;

/// How deeply a definition may be nested.
pub const MAX_DEPTH: usize = 128;

/// The notations in which a definition can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// JSON, without extensions.
    Json,
    /// YAML 1.2, read with the JSON schema's types.
    Yaml,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub data: Data,
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// Its JSON Pointer.
    pub pointer: String,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(String),
    /// A list.
    Array(Vec<Node>),
    /// Entries in the author's order.
    Object(Vec<Entry>),
}

/// One entry of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The key's bytes in the text.
    pub key_span: Range<usize>,
    /// The value.
    pub node: Node,
}

impl Entry {
    /// The same entry with another value, made of its own.
    pub(crate) fn with(&self, value: impl FnOnce(&Node) -> Node) -> Self {
        Self {
            key: self.key.clone(),
            key_span: self.key_span.clone(),
            node: value(&self.node),
        }
    }
}

impl Node {
    /// Other data in the same place.
    pub(crate) fn with(&self, data: Data) -> Self {
        Self {
            data,
            span: self.span.clone(),
            pointer: self.pointer.clone(),
        }
    }

    /// Whether a place lies in the value.
    pub fn holds(&self, pointer: &str) -> bool {
        let rest = pointer.strip_prefix(self.pointer.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The entries of an object; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        if let Data::Object(entries) = &self.data {
            entries
        } else {
            &[]
        }
    }

    /// The elements of an array; none for anything else.
    pub fn elements(&self) -> &[Self] {
        if let Data::Array(elements) = &self.data {
            elements
        } else {
            &[]
        }
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.node)
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Data::String(text) = &self.data {
            Some(text)
        } else {
            None
        }
    }

    /// A number that is whole and not negative.
    pub fn as_u64(&self) -> Option<u64> {
        if let Data::Number(number) = &self.data {
            number.as_u64()
        } else {
            None
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        self.data == Data::Null
    }

    /// Whether this is an object.
    pub fn is_object(&self) -> bool {
        matches!(self.data, Data::Object(_))
    }

    /// The word for what this is, for messages.
    pub fn noun(&self) -> &'static str {
        match self.data {
            Data::Null => "null",
            Data::Bool(_) => "a boolean",
            Data::Number(_) => "a number",
            Data::String(_) => "a string",
            Data::Array(_) => "a list",
            Data::Object(_) => "an object",
        }
    }

    /// The value without its places.
    pub fn to_json(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(flag) => Value::Bool(*flag),
            Data::Number(number) => Value::Number(number.clone()),
            Data::String(text) => Value::String(text.clone()),
            Data::Array(elements) => elements.iter().map(Self::to_json).collect(),
            Data::Object(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.node.to_json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// Calls `visit` with every string inside, keys excepted.
    pub fn each_string<'node>(&'node self, visit: &mut dyn FnMut(&'node Self, &'node str)) {
        match &self.data {
            Data::String(text) => visit(self, text),
            Data::Array(elements) => elements
                .iter()
                .for_each(|element| element.each_string(visit)),
            Data::Object(entries) => entries
                .iter()
                .for_each(|entry| entry.node.each_string(visit)),
            Data::Null | Data::Bool(_) | Data::Number(_) => {}
        }
    }

    /// The bytes of the text that `inner`, a range of this string's value, stands at.
    ///
    /// Escapes make the two differ in length; where the literal cannot be followed, the whole of it is meant.
    pub fn inner_span(&self, text: &str, inner: Range<usize>) -> Range<usize> {
        let Some(span) = self.raw_span(text, &inner) else {
            return self.span.clone();
        };
        // There is always something to point at.
        let next = text.get(span.start..).and_then(|rest| rest.chars().next());
        let least = span.start + next.map_or(1, char::len_utf8);
        span.start..span.end.max(least).min(self.span.end)
    }

    /// The bytes of the text where `inner`, a range of this string's value, stands letter by letter.
    ///
    /// What is written with escapes, or over the end of a line, does not: nothing else can be written over it.
    pub fn written_span(&self, text: &str, inner: &Range<usize>) -> Option<Range<usize>> {
        let span = self.raw_span(text, inner)?;
        if inner.is_empty() {
            return Some(span.start..span.start);
        }
        let value = self.as_str()?.get(inner.clone())?;
        (text.get(span.clone())? == value).then_some(span)
    }

    /// The bytes of the text at which each byte of this string's value stands, and at which it ends.
    pub(crate) fn offsets(&self, text: &str) -> Option<Vec<usize>> {
        let value = self.as_str()?;
        let raw = text.get(self.span.clone())?;
        let mut offsets = if raw == value {
            (0..=value.len()).collect()
        } else if raw.starts_with('"') {
            quoted::offsets(raw, value)?
        } else {
            yaml::offsets(raw, value)?
        };
        for offset in &mut offsets {
            *offset += self.span.start;
        }
        Some(offsets)
    }

    fn raw_span(&self, text: &str, inner: &Range<usize>) -> Option<Range<usize>> {
        let value = self.as_str()?;
        let raw = text.get(self.span.clone())?;
        let span = if raw == value {
            inner.clone()
        } else if raw.starts_with('"') {
            quoted::span(raw, value, inner)?
        } else {
            yaml::span(raw, value, inner)?
        };
        Some(self.span.start + span.start..self.span.start + span.end)
    }
}

/// Reads a text; what is wrong with it is one diagnostic, at the place where reading stopped.
pub fn read(text: &str, notation: Notation) -> Result<Node, Box<Diagnostic>> {
    match notation {
        Notation::Json => json::read(text),
        Notation::Yaml => yaml::read(text),
    }
}

/// A field that is there and not null.
pub(crate) fn given<'node>(node: &'node Node, field: &str) -> Option<&'node Node> {
    node.get(field).filter(|value| !value.is_null())
}

/// The pointer of a child.
pub(crate) fn child(pointer: &str, key: &str) -> String {
    // Hardly any key needs an escape, and every value of a definition has a pointer.
    if key.contains(['~', '/']) {
        return format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
    }
    let mut child = String::with_capacity(pointer.len() + 1 + key.len());
    child.push_str(pointer);
    child.push('/');
    child.push_str(key);
    child
}
