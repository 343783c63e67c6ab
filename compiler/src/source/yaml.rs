//! YAML with places, read into the same tree as JSON.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{Data, Entry, MAX_DEPTH, Node, child};
use crate::diagnostic::{Diagnostic, codes};

/// Reads YAML text.
pub(super) fn read(text: &str) -> Result<Node, Box<Diagnostic>> {
    let offsets = byte_offsets(text);
    let byte = |index: usize| offsets.get(index).copied().unwrap_or(text.len());
    let mut tree = Tree::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let place = byte(error.marker().index());
            let message = format!("this is not valid YAML: {}", error.info());
            refused(message, place..place)
        })?;
        let span = byte(span.start.index())..byte(span.end.index());
        let begins = text.get(..span.start).unwrap_or_default();
        // Braces without quotes begin an object, and a template is one object as the key of another.
        let is_template = begins.ends_with('{') && matches!(event, Event::MappingStart(..));
        tree.take(event, span.clone()).map_err(|message| {
            let help = is_template.then(|| "put the template in quotes".to_owned());
            Box::new(refused(message, span).maybe_help(help))
        })?;
    }
    tree.root
        .ok_or_else(|| refused("the definition is empty", 0..0))
}

fn refused(message: impl Into<String>, span: Range<usize>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(codes::SYNTAX, message).at(String::new(), span))
}

/// The tree as it grows.
#[derive(Default)]
struct Tree {
    open: Vec<Open>,
    root: Option<Node>,
}

/// A container that is still open.
struct Open {
    start: usize,
    pointer: String,
    content: Content,
}

enum Content {
    Array(Vec<Node>),
    /// Entries, and the key whose value comes next.
    Object(Vec<Entry>, Option<(String, Range<usize>)>),
}

impl Tree {
    fn take(&mut self, event: Event<'_>, span: Range<usize>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, _, _) => self.scalar(text.into_owned(), style, span),
            Event::SequenceStart(..) => self.begin(Content::Array(Vec::new()), span.start),
            Event::MappingStart(..) => self.begin(Content::Object(Vec::new(), None), span.start),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(closed) => self.finished(closed.close(span.end)),
                None => Ok(()),
            },
            Event::Alias(_) => Err("aliases are not supported: repeat the value".to_owned()),
            Event::DocumentStart(_) if self.root.is_some() => {
                Err("a definition is one YAML document".to_owned())
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: String,
        style: ScalarStyle,
        span: Range<usize>,
    ) -> Result<(), String> {
        if let Some(Content::Object(_, key @ None)) = self.innermost() {
            *key = Some((text, span));
            return Ok(());
        }
        let pointer = self.pointer();
        self.finished(Node {
            data: data(text, style),
            span,
            pointer,
        })
    }

    fn begin(&mut self, content: Content, start: usize) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("this is nested more than {MAX_DEPTH} levels deep"));
        }
        if let Some(Content::Object(_, None)) = self.innermost() {
            return Err("a key must be a plain word".to_owned());
        }
        let pointer = self.pointer();
        self.open.push(Open {
            start,
            pointer,
            content,
        });
        Ok(())
    }

    /// Puts a finished value where it belongs.
    fn finished(&mut self, node: Node) -> Result<(), String> {
        let is_second = self.root.is_some();
        match self.innermost() {
            Some(Content::Array(elements)) => elements.push(node),
            Some(Content::Object(entries, key)) => {
                if let Some((key, key_span)) = key.take() {
                    entries.push(Entry {
                        key,
                        key_span,
                        node,
                    });
                }
            }
            None if is_second => {
                return Err("a definition is one YAML document".to_owned());
            }
            None => self.root = Some(node),
        }
        Ok(())
    }

    fn innermost(&mut self) -> Option<&mut Content> {
        self.open.last_mut().map(|open| &mut open.content)
    }

    /// The pointer of the value that comes next.
    fn pointer(&self) -> String {
        let Some(open) = self.open.last() else {
            return String::new();
        };
        match &open.content {
            Content::Array(elements) => format!("{}/{}", open.pointer, elements.len()),
            Content::Object(_, key) => {
                child(&open.pointer, key.as_ref().map_or("", |(key, _)| key))
            }
        }
    }
}

impl Open {
    fn close(self, end: usize) -> Node {
        let data = match self.content {
            Content::Array(elements) => Data::Array(elements),
            Content::Object(entries, _) => Data::Object(entries),
        };
        Node {
            data,
            span: self.start..end,
            pointer: self.pointer,
        }
    }
}

/// A scalar by YAML's JSON schema: what is quoted is a string, the rest is what JSON would make of it, else a string.
fn data(text: String, style: ScalarStyle) -> Data {
    if style != ScalarStyle::Plain {
        return Data::String(text);
    }
    match text.as_str() {
        "" | "~" | "null" => Data::Null,
        "true" => Data::Bool(true),
        "false" => Data::Bool(false),
        _ => text.parse().map_or(Data::String(text), Data::Number),
    }
}

/// Where in a raw scalar, without double quotes, a part of its value is written.
pub(super) fn span(raw: &str, value: &str, inner: &Range<usize>) -> Option<Range<usize>> {
    let start = raw_offset(raw, value, inner.start)?;
    // The end is where the last character ends, not where the next one begins, perhaps a line further down.
    let last = value.get(inner.clone())?.chars().last();
    let length = last.map_or(0, char::len_utf8);
    let end = raw_offset(raw, value, inner.end - length)?;
    Some(start..end + length)
}

/// Where in a raw scalar the byte `target` of its value begins.
fn raw_offset(raw: &str, value: &str, target: usize) -> Option<usize> {
    walk(raw, value, |decoded, _, _| decoded >= target)
}

/// Where in a raw scalar, without double quotes, each byte of its value is written, and where the value ends.
pub(super) fn offsets(raw: &str, value: &str) -> Option<Vec<usize>> {
    let mut offsets = Vec::with_capacity(value.len() + 1);
    let end = walk(raw, value, |decoded, offset, length| {
        // What a fold turned into a space stands where the next character does.
        offsets.resize(decoded, offset);
        offsets.extend(offset..offset + length);
        false
    })?;
    offsets.resize(value.len() + 1, end);
    Some(offsets)
}

/// Goes through a raw scalar (plain, in single quotes, or a block of lines) beside its value, and returns where the
/// first character stands of which `is_found` says so, or the end. It is told where in the value the character begins,
/// where in the raw text, and how long it is.
///
/// Indentation stands only in the raw text, and a fold turns a line's end into a space.
fn walk(
    raw: &str,
    value: &str,
    mut is_found: impl FnMut(usize, usize, usize) -> bool,
) -> Option<usize> {
    let is_quoted = raw.starts_with('\'');
    let mut offset = match raw.chars().next()? {
        '|' | '>' => raw.find('\n')? + 1,
        _ => usize::from(is_quoted),
    };
    let mut decoded = 0;
    loop {
        let wanted = value.get(decoded..)?.chars().next();
        let found = raw.get(offset..)?.chars().next();
        match (wanted, found) {
            (None, _) => return Some(offset),
            (Some(wanted), Some(found)) if wanted == found => {
                if is_found(decoded, offset, found.len_utf8()) {
                    return Some(offset);
                }
                let is_doubled = is_quoted && raw.get(offset..)?.starts_with("''");
                offset += found.len_utf8() * if is_doubled { 2 } else { 1 };
                decoded += wanted.len_utf8();
            }
            (_, Some(found)) if found.is_whitespace() => offset += found.len_utf8(),
            (Some(wanted), _) if wanted.is_whitespace() => decoded += wanted.len_utf8(),
            _ => return None,
        }
    }
}

/// The byte at which each character begins; the parser counts characters.
fn byte_offsets(text: &str) -> Vec<usize> {
    text.char_indices()
        .map(|(offset, _)| offset)
        .chain([text.len()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_makes_the_same_tree_as_json() {
        let text = "name: é\nsteps:\n  - stepSlug: a\n    order: 1\n    next: {success: b}\n    text: \"1\"\n    none:\n";
        let tree = read(text).expect("YAML");
        let expected = serde_json::json!({
            "name": "é",
            "steps": [{ "stepSlug": "a", "order": 1, "next": { "success": "b" }, "text": "1", "none": null }]
        });
        assert_eq!(tree.to_json(), expected);
        let steps = tree.get("steps").expect("steps");
        let slug = steps
            .elements()
            .first()
            .and_then(|step| step.get("stepSlug"))
            .expect("a slug");
        assert_eq!(slug.pointer, "/steps/0/stepSlug");
        assert_eq!(text.get(slug.span.clone()), Some("a"));
    }

    #[test]
    fn a_place_in_a_value_is_found_in_every_style() {
        let rows = [
            "text: Hello {{name}} there\n",
            "text: 'It''s for {{name}}'\n",
            "text: \"Tab\\t{{name}}\"\n",
            "text: |\n    Dear\n      {{name}},\n    hello.\n",
            "text: >-\n  Dear\n  {{name}}, hello\n  again.\n",
            "text: Dear\n  é {{name}}\n  again\n",
        ];
        for text in rows {
            let tree = read(text).expect("YAML");
            let node = tree.get("text").expect("a text");
            let value = node.as_str().expect("a text");
            let start = value.find("{{name}}").expect("a template");
            let span = node.inner_span(text, start..start + 8);
            assert_eq!(text.get(span), Some("{{name}}"), "{text}");
        }
    }

    #[test]
    fn what_is_refused_has_a_place_and_help() {
        let rows = [
            ("a: 1\n---\nb: 2\n---\n", 5, "---", None),
            ("a: 1\n...\n---\nb: 2\n", 9, "---", None),
            (
                "id: {{input.id}}\n",
                5,
                "{",
                Some("put the template in quotes"),
            ),
            ("id: {[a]: 1}\n", 5, "[", None),
        ];
        for (text, start, at, help) in rows {
            let found = read(text).expect_err(text);
            assert_eq!(found.span.start, start, "{text}: {found:?}");
            assert!(
                text.get(found.span.start..)
                    .is_some_and(|rest| rest.starts_with(at))
            );
            assert_eq!(found.help.as_deref(), help, "{text}");
        }
    }

    #[test]
    fn broken_yaml_is_refused() {
        for text in ["", "a: [1", "a: *b", "a: b: c", "- a\n---\n- b"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
