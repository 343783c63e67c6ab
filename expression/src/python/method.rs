//! The methods that may be called.

use std::ops::Range;

use serde_json::Value;

use super::syntax::{Kind, Tree};
use super::translate::{Translated, Translator, apply, literal};
use crate::error::SyntaxError;

/// A method, and how many arguments it takes.
const METHODS: [(&str, usize, usize); 34] = [
    ("startswith", 1, 3),
    ("endswith", 1, 3),
    ("lower", 0, 0),
    ("upper", 0, 0),
    ("casefold", 0, 0),
    ("title", 0, 0),
    ("capitalize", 0, 0),
    ("swapcase", 0, 0),
    ("strip", 0, 1),
    ("lstrip", 0, 1),
    ("rstrip", 0, 1),
    ("removeprefix", 1, 1),
    ("removesuffix", 1, 1),
    ("split", 0, 2),
    ("rsplit", 0, 2),
    ("splitlines", 0, 0),
    ("partition", 1, 1),
    ("replace", 2, 3),
    ("join", 1, 1),
    ("find", 1, 3),
    ("rfind", 1, 3),
    ("index", 1, 3),
    ("count", 1, 3),
    ("zfill", 1, 1),
    ("isdigit", 0, 0),
    ("isalpha", 0, 0),
    ("isalnum", 0, 0),
    ("isspace", 0, 0),
    ("isupper", 0, 0),
    ("islower", 0, 0),
    ("isnumeric", 0, 0),
    ("get", 1, 2),
    ("keys", 0, 0),
    ("values", 0, 0),
];

impl Translator<'_> {
    /// `object.name(arguments)`
    pub(super) fn method(
        &self,
        object: &Tree,
        name: &str,
        arguments: &[Tree],
        named: &[(String, Tree)],
        span: &Range<usize>,
    ) -> Translated {
        if name == "format"
            && let Kind::Literal(Value::String(text)) = &object.kind
        {
            return self.format(text, arguments, named, span);
        }
        let limits = METHODS
            .iter()
            .copied()
            .chain([("items", 0, 0)])
            .find(|(method, ..)| *method == name);
        let Some((_, least, most)) = limits else {
            let error = SyntaxError::new(
                format!("the method `{name}` is not part of the Python that is read here"),
                span.clone(),
            );
            return Err(match name {
                "format" => {
                    error.help("call it of a text that is written out, or write an f-string")
                }
                "append" | "pop" | "update" | "extend" | "insert" | "remove" | "sort" | "clear"
                | "setdefault" => error.help("an expression makes a value and changes none"),
                _ => error,
            });
        };
        let mut nodes = vec![literal(name, span)];
        for argument in arguments {
            nodes.push(self.value(argument)?);
        }
        for (argument, value) in named {
            let is_known = match name {
                "split" | "rsplit" if argument == "sep" => nodes.len() == 1,
                "split" | "rsplit" if argument == "maxsplit" => {
                    if nodes.len() == 1 {
                        nodes.push(literal(Value::Null, span));
                    }
                    nodes.len() == 2
                }
                _ => false,
            };
            if !is_known {
                return Err(super::call::unknown_argument(name, argument, value));
            }
            nodes.push(self.value(value)?);
        }
        if !(least..=most).contains(&(nodes.len() - 1)) {
            return Err(super::call::wrong_count(
                name,
                least,
                most,
                nodes.len() - 1,
                span,
            ));
        }
        Ok(apply("pyMethod", self.value(object)?, nodes, span))
    }

    /// `'{} and {name}'.format(a, name=b)`
    fn format(
        &self,
        text: &str,
        arguments: &[Tree],
        named: &[(String, Tree)],
        span: &Range<usize>,
    ) -> Translated {
        let refuse = |message: String| SyntaxError::new(message, span.clone());
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut next = 0;
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at(at);
            plain.push_str(before);
            if after.starts_with("{{") || after.starts_with("}}") {
                plain.push_str(after.get(..1).unwrap_or_default());
                rest = after.get(2..).unwrap_or_default();
                continue;
            }
            let inside = after
                .strip_prefix('{')
                .and_then(|after| after.split_once('}'));
            let Some((inside, after)) = inside else {
                return Err(refuse("a brace in the text stands alone".to_owned()));
            };
            rest = after;
            let (place, specification) = inside.split_once(':').unwrap_or((inside, ""));
            let value = if place.is_empty() {
                next += 1;
                arguments.get(next - 1)
            } else if let Ok(place) = place.parse::<usize>() {
                arguments.get(place)
            } else {
                let by_name = named.iter().find(|(name, _)| name == place);
                by_name.map(|(_, value)| value)
            };
            let value = value
                .ok_or_else(|| refuse(format!("`{{{inside}}}` has no argument of its own")))?;
            parts.push(literal(std::mem::take(&mut plain), span));
            parts.push(self.formatted(value, None, specification, span)?);
        }
        plain.push_str(rest);
        parts.push(literal(plain, span));
        let list = super::translate::node(crate::tree::Form::Array(parts), span);
        Ok(apply(
            "pyMethod",
            literal("", span),
            vec![literal("join", span), list],
            span,
        ))
    }
}
