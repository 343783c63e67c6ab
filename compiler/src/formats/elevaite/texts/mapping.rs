//! What the texts of a mapping mean: one rule for every field that gives names to values, however deep they stand.
//!
//! | written | means |
//! |---|---|
//! | `{{a.output.x}}`, one template alone | the value, of whatever kind; null where it is missing |
//! | `a.output.x`, a path | the same |
//! | `a.output.x * 2`, an expression over what steps gave or a run was given, or over names alone | its value |
//! | `Hello {{name}}`, templates among words | a text; what is missing is the empty text |
//! | `approved`, `report.pdf`, a word that nothing is called by | itself |
//! | `Dear reader,` and anything else | itself |

use super::path::{divide, is_path, normal, place, skip};
use super::{ALL_STEPS, BUILT_IN, INPUTS, Names, Texts};
use pawl_contract::reference::ROOTS;

use crate::formats::build::made;
use crate::formats::elevaite::words::What;
use crate::formats::literal::{in_quotes, quoted};
use crate::source::{Data, Entry, Node};

/// How the texts of a field are read, beside their templates.
#[derive(Debug, Clone, Copy)]
pub(in crate::formats::elevaite) struct Reading {
    /// Whether a word that nothing is called by stands for itself, where the field gives values and names no places.
    has_words: bool,
    /// Whether a path goes on inside of texts that hold JSON.
    is_deep: bool,
}

/// Where something stands, such as the `items` of a loop: every word is a path.
pub(in crate::formats::elevaite) const PLACE: Reading = Reading {
    has_words: false,
    is_deep: false,
};

/// What names are given, such as an `output_mapping`.
pub(in crate::formats::elevaite) const MAPPING: Reading = Reading {
    has_words: true,
    is_deep: false,
};

/// What a tool's `input_mapping` gives it.
pub(in crate::formats::elevaite) const ARGUMENTS: Reading = Reading {
    has_words: true,
    is_deep: true,
};

/// A tool's `param_mapping`: what is written out stands in `static_params`, so every word is a path.
pub(in crate::formats::elevaite) const PARAMETERS: Reading = Reading {
    has_words: false,
    is_deep: true,
};

/// Words that nobody takes for a name.
const VALUES: [&str; 3] = ["true", "false", "null"];

/// What a text means.
enum Meaning {
    /// The value of an expression.
    Value(String),
    /// A text with templates among its words.
    Mixed,
    /// Itself.
    Itself,
}

impl Texts<'_> {
    /// What a mapping gives: a value whose texts are templates of ours.
    pub(in crate::formats::elevaite) fn mapping(
        &self,
        node: &Node,
        names: &Names,
        reading: Reading,
    ) -> Node {
        let data = match &node.data {
            Data::String(text) => Data::String(match self.meaning(node, text, names, reading) {
                Meaning::Value(expression) => format!("{{{{{expression} ?? null}}}}"),
                Meaning::Mixed => self.template(text, names),
                Meaning::Itself => text.clone(),
            }),
            Data::Array(elements) => {
                let elements = elements.iter();
                Data::Array(
                    elements
                        .map(|one| self.mapping(one, names, reading))
                        .collect(),
                )
            }
            Data::Object(entries) => {
                let entry = |entry: &Entry| Entry {
                    node: self.mapping(&entry.node, names, reading),
                    ..entry.clone()
                };
                Data::Object(entries.iter().map(entry).collect())
            }
            Data::Null | Data::Bool(_) | Data::Number(_) => node.data.clone(),
        };
        made(node, data)
    }

    /// The same as an expression, for a name that stands for it.
    pub(in crate::formats::elevaite) fn mapped(
        &self,
        node: &Node,
        names: &Names,
        reading: Reading,
    ) -> String {
        let inner = |node: &Node| {
            let expression = self.mapped(node, names, reading);
            if node.as_str().is_some() {
                format!("({expression} ?? null)")
            } else {
                expression
            }
        };
        match &node.data {
            Data::String(text) => match self.meaning(node, text, names, reading) {
                Meaning::Value(expression) => expression,
                Meaning::Mixed => self.spliced(text, names),
                Meaning::Itself => quoted(text),
            },
            Data::Array(elements) => {
                let elements: Vec<String> = elements.iter().map(inner).collect();
                format!("[{}]", elements.join(", "))
            }
            Data::Object(entries) => {
                let entry =
                    |entry: &Entry| format!("{}: {}", in_quotes(&entry.key), inner(&entry.node));
                let entries: Vec<String> = entries.iter().map(entry).collect();
                format!("{{{}}}", entries.join(", "))
            }
            Data::Null | Data::Bool(_) | Data::Number(_) => node.to_json().to_string(),
        }
    }

    fn meaning(&self, node: &Node, text: &str, names: &Names, reading: Reading) -> Meaning {
        if alone(text).is_some() {
            return Meaning::Value(self.spliced(text, names));
        }
        let written = self.readable(text.trim(), names);
        if has_template(text) {
            Meaning::Mixed
        } else if is_path(&written) {
            // A step cannot mean what it has not given yet: a word that it is called by is a word like any other.
            let is_own = || self.home(node) == Some(&*written) && !names.has(&written);
            if reading.has_words && (is_own() || !self.is_of_something(&written, names)) {
                if !VALUES.contains(&&*written) {
                    self.words.borrow_mut().push(node.clone());
                }
                // What has dots in it may be a field that the input has, though nothing says so.
                let field = || format!("{} ?? {}", self.path(&written, names), quoted(text));
                return if written.contains('.') {
                    Meaning::Value(field())
                } else {
                    Meaning::Itself
                };
            }
            let deep = reading.is_deep.then(|| self.deep(&written)).flatten();
            Meaning::Value(deep.unwrap_or_else(|| self.path(&written, names)))
        } else if self.is_expression(&written, names) {
            Meaning::Value(self.expression(&written, names))
        } else {
            Meaning::Itself
        }
    }

    /// Whether a word is a name, or a path begins with one: in `report.pdf` nothing may be called `report`.
    fn is_of_something(&self, path: &str, names: &Names) -> bool {
        let (root, rest) = divide(path);
        if rest.is_empty() || self.is_known(root, names) {
            return self.is_known(root, names);
        }
        let (first, _) = divide(rest.trim_start_matches('.'));
        // What has brackets in it is no word, and of an output it is said where there is no such step.
        rest.contains('[')
            || ["output", "result", "error"].contains(&first)
            || self.steps.contains_key(root)
            || names.own.contains(&root)
            || ALL_STEPS.contains(&root)
            || ROOTS.contains(&root)
            || ["global_config", "config"].contains(&root)
    }

    /// Whether something is called by a word: a name of the step, a step that gives something, or what is known of a run.
    pub(super) fn is_known(&self, word: &str, names: &Names) -> bool {
        let gives = |(_, what): &(&str, What)| {
            what.gives() || what.begins() || matches!(what, What::Approval | What::Loop)
        };
        names.has(word)
            || self.steps.get(word).is_some_and(gives)
            || self.bound.contains(word)
            || self.globals.contains(word)
            || self.fields.contains(word)
            || INPUTS.contains(&word)
            || word == "context"
            || BUILT_IN.iter().any(|(name, _)| *name == word)
    }

    /// A path into what a step gave, which goes on inside of texts that hold JSON.
    fn deep(&self, path: &str) -> Option<String> {
        let path = &normal(path);
        let (root, rest) = match divide(path) {
            (all, rest) if ALL_STEPS.contains(&all) => divide(rest.trim_start_matches('.')),
            path => path,
        };
        // A subflow's own words are no members of what it gave.
        let is_deep = |(_, what): &&(&str, What)| what.gives() && *what != What::Subflow;
        let (slug, _) = self.steps.get(root).filter(is_deep)?;
        let inner = skip(rest, &["output"]).trim_start_matches('.');
        // How a step failed is no part of what it gave.
        let is_error = divide(rest.trim_start_matches('.')).0 == "error";
        if inner.is_empty() || is_error {
            return None;
        }
        let output = format!("steps.{slug}.output");
        // Words for the whole answer may be its members, or add nothing.
        let mut readings = vec![format!("{output}|at({})", quoted(&place(inner)))];
        let mut rest = inner;
        loop {
            let bare = skip(rest, &["result", "response", "data"]).trim_start_matches('.');
            if bare == rest {
                break;
            }
            rest = bare;
            readings.push(if rest.is_empty() {
                output.clone()
            } else {
                format!("{output}|at({})", quoted(&place(rest)))
            });
        }
        Some(readings.join(" ?? "))
    }

    /// A text with templates as an expression: of one that stands alone the value, else the whole text.
    pub(in crate::formats::elevaite) fn spliced(&self, text: &str, names: &Names) -> String {
        if let Some(inner) = alone(text) {
            return self.evaluated(inner, names);
        }
        let parts: Vec<String> = pieces(text)
            .map(|piece| match piece {
                Piece::Words(words) => quoted(words),
                Piece::Tag(inner) => format!("({})", self.tag(inner, names)),
            })
            .collect();
        format!("([{}]|join(''))", parts.join(", "))
    }
}

/// A part of a text.
pub(in crate::formats::elevaite) enum Piece<'t> {
    Words(&'t str),
    /// What stands in double braces.
    Tag(&'t str),
}

/// The parts of a text; braces that nothing closes are words.
pub(in crate::formats::elevaite) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let start = rest.find("{{").filter(|start| {
            let tag = rest.get(*start..).unwrap_or_default();
            tag.contains("}}")
        });
        let (words, tag) = rest.split_at(start.unwrap_or(rest.len()));
        if !words.is_empty() {
            rest = tag;
            return Some(Piece::Words(words));
        }
        // Three braces mean the same as two.
        let (open, close) = if tag.starts_with("{{{") && tag.contains("}}}") {
            ("{{{", "}}}")
        } else {
            ("{{", "}}")
        };
        let (inner, after) = tag.strip_prefix(open)?.split_once(close)?;
        rest = after;
        Some(Piece::Tag(inner))
    })
}

/// Whether a text has a template in it.
pub(in crate::formats::elevaite) fn has_template(text: &str) -> bool {
    pieces(text).any(|piece| matches!(piece, Piece::Tag(_)))
}

/// What stands in the braces of a text that is one template and nothing else.
pub(in crate::formats::elevaite) fn alone(text: &str) -> Option<&str> {
    let mut pieces = pieces(text.trim());
    match (pieces.next(), pieces.next()) {
        (Some(Piece::Tag(inner)), None) => Some(inner.trim()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{Notation, convert};

    /// What an entry of an `output_mapping` becomes.
    fn mapped(value: &Value) -> Value {
        let workflow = json!({ "name": "Example", "steps": [
            { "step_id": "start", "step_type": "trigger", "parameters": { "kind": "api",
                "schema": { "type": "object", "properties": { "customer": { "type": "object" } } } }, "next_steps": ["a"] },
            { "step_id": "a", "step_type": "tool_call", "parameters": { "tool_name": "svc", "arguments": { "id": "{{input.id}}" } }, "next_steps": ["ok"] },
            { "step_id": "ok", "step_type": "output", "parameters": { "output_mapping": { "k": value } }, "next_steps": [] }
        ] });
        let converted = convert(&workflow.to_string(), Notation::Json, None);
        let definition = converted.definition.expect("it is JSON");
        let found = definition.pointer("/steps/2/config/mapping/k");
        found.cloned().unwrap_or_default()
    }

    #[test]
    fn every_text_of_a_mapping_has_one_meaning() {
        let rows = [
            (
                json!("{{a.output.n}}"),
                json!("{{steps.a.output.n ?? null}}"),
            ),
            (
                json!(" {{ a.output.n }} "),
                json!("{{steps.a.output.n ?? null}}"),
            ),
            (
                json!("{{{a.output.n}}}"),
                json!("{{steps.a.output.n ?? null}}"),
            ),
            (json!("a.output.n"), json!("{{steps.a.output.n ?? null}}")),
            (json!("a"), json!("{{steps.a.output ?? null}}")),
            (json!("a.n * 2"), json!("{{steps.a.output.n * 2 ?? null}}")),
            (json!("input.n * 2"), json!("{{input.n * 2 ?? null}}")),
            (
                json!("id + customer"),
                json!("{{input.id + input.customer ?? null}}"),
            ),
            (json!("id + other"), json!("id + other")),
            (json!("customer"), json!("{{input.customer ?? null}}")),
            (json!("id"), json!("{{input.id ?? null}}")),
            (
                json!("user_id"),
                json!("{{userId ?? input.user_id ?? null}}"),
            ),
            (json!("[{{a.n}}]"), json!("[{{steps.a.output.n ?? ''}}]")),
            (
                json!("{{a.n}}-{{id}}"),
                json!("{{steps.a.output.n ?? ''}}-{{input.id ?? ''}}"),
            ),
            (
                json!("{{a.n}} > 1"),
                json!("{{steps.a.output.n ?? ''}} > 1"),
            ),
            (
                json!({ "x": ["{{a.n}}", "t {{a.n}}", "ok", 5] }),
                json!({ "x": ["{{steps.a.output.n ?? null}}", "t {{steps.a.output.n ?? ''}}", "ok", 5] }),
            ),
            (
                json!("{{input.first-name}}"),
                json!("{{input['first-name'] ?? null}}"),
            ),
            (
                json!("a.rows.0['in all']"),
                json!("{{steps.a.output.rows[0]['in all'] ?? null}}"),
            ),
            (
                json!("{{a['order-id'] - 1}}"),
                json!("{{steps.a.output['order-id'] - 1 ?? null}}"),
            ),
            (
                json!("a.rows[input.n].sku"),
                json!("{{steps.a.output.rows[input.n].sku ?? null}}"),
            ),
            (
                json!("a.data.x"),
                json!("{{steps.a.output|at('data.x') ?? steps.a.output.data.x ?? null}}"),
            ),
            (json!("id.nr"), json!("{{input.id.nr ?? null}}")),
            (
                json!("report.pdf"),
                json!("{{input.report.pdf ?? 'report.pdf' ?? null}}"),
            ),
            (json!("ok"), json!("ok")),
            (json!("approved"), json!("approved")),
            (json!("true"), json!("true")),
            (json!("12"), json!("12")),
            (json!("Dear reader,"), json!("Dear reader,")),
            (json!(true), json!(true)),
            (json!(null), json!(null)),
        ];
        for (written, expected) in rows {
            assert_eq!(mapped(&written), expected, "{written}");
        }
    }
}
