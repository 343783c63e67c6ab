//! Texts that only one of both reads, or reads in another way.

use serde_json::Value;

use super::{Finding, Rule, within};
use crate::case::Subject;
use crate::outcome::{Stage, is_special};
use crate::relative::hides_relative;
use crate::tree::{Key, Tree};

pub(crate) static RULES: [Rule; 20] = [
    Rule {
        name: "braces-around-operands",
        explains: |finding| {
            reads_not(finding, "(openCurl) unexpected")
                && finding.any(&|tree| matches!(tree, Tree::Wrapped(_)))
        },
    },
    Rule {
        name: "minus-before-anything",
        explains: |finding| {
            reads_not(finding, "Invalid expression token: -")
                && finding.any(&|tree| matches!(tree, Tree::Minus(_)))
        },
    },
    Rule {
        name: "members-of-a-not",
        explains: |finding| {
            finding.any(
                &|tree| matches!(tree, Tree::Member(inner, _) if matches!(**inner, Tree::Not(_))),
            )
        },
    },
    Rule {
        name: "two-minuses",
        explains: |finding| {
            let begins_with_minus = |tree: &Tree| tree.plain().starts_with('-');
            let is_so =
                |tree: &Tree| matches!(tree, Tree::Minus(inner) if begins_with_minus(inner));
            finding.any(&is_so) && finding.text.contains("--")
        },
    },
    Rule {
        name: "minus-after-a-comma",
        explains: |finding| reads_not(finding, "Token -") && has_comma_before_minus(finding.text),
    },
    Rule {
        name: "exponents",
        explains: |finding| {
            reads_not(finding, "(identifier) unexpected")
                && finding.any(
                    &|tree| matches!(tree, Tree::Number(number) if number.contains(['e', 'E'])),
                )
        },
    },
    Rule {
        name: "numbers-that-begin-with-a-point",
        explains: |finding| {
            reads_not(finding, "(literal) unexpected")
                && finding
                    .any(&|tree| matches!(tree, Tree::Number(number) if number.starts_with('.')))
        },
    },
    Rule {
        name: "brackets-after-any-value",
        explains: |finding| reads_not(finding, "(openBracket) unexpected"),
    },
    Rule {
        name: "choice-after-a-transform",
        explains: |finding| {
            reads_not(finding, "(question) unexpected")
                && finding.any(&|tree| match tree {
                    Tree::Ternary(condition, ..) | Tree::Elvis(condition, _) => {
                        condition.any(&|part| matches!(part, Tree::Transform(..)))
                    }
                    _ => false,
                })
        },
    },
    Rule {
        name: "any-text-as-a-key",
        explains: |finding| {
            let is_key =
                |key: &Key| matches!(key, Key::Quoted(_)) || *key == Key::Name("true".to_owned());
            reads_not(finding, "(literal) unexpected")
                && finding.any(&|tree| matches!(tree, Tree::Object(members) if members.iter().any(|(key, _)| is_key(key))))
        },
    },
    Rule {
        name: "the-element-itself",
        explains: |finding| {
            reads_not(finding, "unexpected")
                && finding.any(&|tree| matches!(tree, Tree::Relative(None)))
        },
    },
    Rule {
        name: "backslashes",
        explains: |finding| {
            finding.text.contains('\\')
                && finding.any(
                    &|tree| matches!(tree, Tree::Text(text) if text.contains(['\\', '\'', '"'])),
                )
        },
    },
    Rule {
        name: "relative-in-brackets",
        explains: |finding| {
            finding.any(&|tree| matches!(tree, Tree::Filter(..)))
                && hides_relative_somewhere(finding.text)
        },
    },
    Rule {
        name: "arguments-are-counted",
        explains: |finding| finding.ours.failed(Stage::Parse, " argument"),
    },
    Rule {
        name: "mistakes-in-what-is-not-evaluated",
        explains: |finding| {
            let is_late = ["there is no transform", "there is no function"];
            matches!(finding.subject, Some(Subject::Broken))
                && is_late
                    .iter()
                    .any(|message| finding.ours.failed(Stage::Parse, message))
        },
    },
    Rule {
        name: "limits",
        explains: |finding| {
            let limits = [
                "cannot be nested more than",
                "operators build on each other",
            ];
            limits
                .iter()
                .any(|limit| finding.ours.failed(Stage::Parse, limit))
        },
    },
    Rule {
        name: "braces-in-quotes",
        explains: |finding| {
            // The quotes of a template in JSON are no expression's.
            let is_key = ["which cannot be a key", "two keys become"]
                .iter()
                .any(|said| finding.ours.failed(Stage::Evaluate, said));
            !is_key && has_tag_in_quotes(finding.text)
        },
    },
    Rule {
        name: "brackets-that-stay-open",
        explains: |finding| {
            finding.ours.failed(Stage::Parse, "but the text ends")
                && finding.reference.value().is_some()
        },
    },
    Rule {
        name: "texts-without-an-end",
        explains: |finding| {
            finding.ours.failed(Stage::Parse, "this text has no end")
                && finding.reference.value().is_some()
        },
    },
    Rule {
        name: "names-of-javascript",
        explains: |finding| {
            let is_function = |value: &Value| within(value, &|value| is_special(value, "function"));
            let is_made = finding.ours.value().is_some_and(Value::is_null)
                && finding.reference.value().is_some_and(is_function);
            let is_token = ["Token toString", "Token constructor"]
                .iter()
                .any(|token| reads_not(finding, token));
            is_made || is_token && reads_not(finding, "(undefined) unexpected")
        },
    },
];

/// Ours reads it, or finds fault with it only later, and JEXL does not, for a reason that it gives.
fn reads_not(finding: &Finding<'_>, reason: &str) -> bool {
    !finding.ours.failed(Stage::Parse, "") && finding.reference.failed(Stage::Parse, reason)
}

fn has_comma_before_minus(text: &str) -> bool {
    text.match_indices(',').any(|(at, _)| {
        text.get(at + 1..)
            .is_some_and(|rest| rest.trim_start().starts_with('-'))
    })
}

/// In the text, or in one that it holds as JSON.
fn hides_relative_somewhere(text: &str) -> bool {
    let hides = |value: &Value| value.as_str().is_some_and(hides_relative);
    let in_json = serde_json::from_str::<Value>(text).is_ok_and(|config| {
        let in_key = config
            .as_object()
            .is_some_and(|members| members.keys().any(|key| hides_relative(key)));
        in_key || within(&config, &hides)
    });
    in_json || hides_relative(text)
}

/// Whether `{{` stands inside of quotes.
fn has_tag_in_quotes(text: &str) -> bool {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match quote {
            None if matches!(character, '\'' | '"') => quote = Some(character),
            Some(open) if character == open => quote = None,
            Some(_) if text.get(at..).is_some_and(|rest| rest.starts_with("{{")) => return true,
            None | Some(_) => {}
        }
    }
    false
}
