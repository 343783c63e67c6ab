//! Conditions that are objects: groups of conditions, expressions and comparisons. What such an object says besides
//! would change the way of a run, so it is refused.

use super::super::super::Translation;
use super::super::super::literal::literal;
use super::super::texts::{Names, Texts, has_template};
use super::{OPERATORS, all, one, operator, parse, written};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::fields;
use crate::shape::near_ours;
use crate::source::{Data, Node};

/// The keys under which a list stands that is joined by them, or a condition that does not hold.
const JOINED: [&str; 5] = ["and", "all", "or", "any", "not"];

/// What the operator is called, of a group and of a comparison.
pub(in super::super) const OPERATOR_KEYS: [&str; 6] = [
    "operator",
    "logical_operator",
    "logical",
    "logic",
    "combinator",
    "op",
];

const LIST: [&str; 3] = ["conditions", "rules", "operands"];
const EXPRESSION: [&str; 2] = ["expression", "condition"];
const LEFT: [&str; 6] = ["field", "left", "variable", "path", "source", "key"];
const RIGHT: [&str; 5] = ["value", "right", "target", "expected", "compare_to"];

/// What is there for people.
const PROSE: [&str; 5] = ["id", "name", "label", "description", "comment"];

/// The operators that look at one value alone.
const OF_ONE: [&str; 4] = ["is_empty", "is_not_empty", "is_null", "is_not_null"];

/// Operators that are written the wrong way around, of which others would be as near.
const SWAPPED: [(&str, &str); 4] = [("=>", ">="), ("=<", "<="), ("=!", "!="), ("<>", "!=")];

/// How the conditions of a group are joined.
#[derive(Clone, Copy)]
enum Join {
    And,
    Or,
    Not,
}

impl Join {
    fn of(word: &str) -> Option<Self> {
        Some(match word.to_lowercase().as_str() {
            "and" | "all" | "&&" => Self::And,
            "or" | "any" | "||" => Self::Or,
            "not" | "!" => Self::Not,
            _ => return None,
        })
    }
}

/// The words of a comparison, for whoever has to tell them from others.
pub(in super::super) fn is_of_comparison(word: &str) -> bool {
    let words = LEFT.iter().chain(&OPERATOR_KEYS).chain(&RIGHT);
    words.into_iter().any(|known| *known == word)
}

/// An object, and the fields of it that were read.
struct Fields<'n> {
    node: &'n Node,
    read: Vec<&'n str>,
}

impl<'n> Fields<'n> {
    /// The first of some fields that is there, whether or not its letters are capitals.
    fn take(&mut self, words: &[&str]) -> Option<&'n Node> {
        let entries = self.node.entries();
        let entry = words.iter().find_map(|word| {
            let mut same = entries
                .iter()
                .filter(|entry| entry.key.eq_ignore_ascii_case(word));
            same.next()
        })?;
        self.read.push(&entry.key);
        Some(&entry.node)
    }

    /// Refuses every field that was not read; whether there was one.
    fn refuse_others(&self, known: &[&str], help: &str, translation: &mut Translation<'_>) -> bool {
        let is_read = |key: &str| self.read.contains(&key) || PROSE.contains(&key);
        let others = self.node.entries().iter();
        // What is null says nothing.
        let others = others.filter(|entry| !entry.node.is_null() && !is_read(&entry.key));
        let mut are_there = false;
        for entry in others {
            are_there = true;
            let absent = known.iter().copied();
            let absent = absent.filter(|word| !self.read.contains(word));
            let message = format!("a condition of this form has no field `{}`", entry.key);
            let diagnostic = Diagnostic::error(codes::UNKNOWN_FIELD, message)
                .at(entry.node.pointer.clone(), entry.key_span.clone())
                .help(help);
            translation.say(diagnostic.meant(&entry.key, near_ours(&entry.key, absent)));
        }
        are_there
    }
}

/// A condition that is an object.
pub(super) fn object(
    node: &Node,
    names: &Names,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Option<String> {
    let read = Vec::new();
    let mut fields = Fields { node, read };
    for word in JOINED {
        let Some(inner) = fields.take(&[word]).filter(|inner| !inner.is_null()) else {
            continue;
        };
        let help = format!("put it beside the others in `{word}`, as a condition of its own");
        if fields.refuse_others(&[], &help, translation) {
            return None;
        }
        let join = Join::of(word)?;
        return group(inner, join, names, texts, translation);
    }
    if let Some(list) = fields.take(&LIST).filter(|list| !list.is_null()) {
        let join = joined_by(fields.take(&OPERATOR_KEYS), translation);
        let help = "a group has an `operator`, which is `and`, `or` or `not`, and `conditions`";
        if fields.refuse_others(&OPERATOR_KEYS, help, translation) {
            return None;
        }
        return group(list, join?, names, texts, translation);
    }
    if let Some(condition) = fields.take(&EXPRESSION).filter(|inner| !inner.is_null()) {
        let help = "take it out, or say it in the `expression`";
        if fields.refuse_others(&[], help, translation) {
            return None;
        }
        return one(condition, names, texts, translation);
    }
    comparison(fields, names, texts, translation)
}

/// How a group is joined: all of it has to hold where nothing is said.
fn joined_by(word: Option<&Node>, translation: &mut Translation<'_>) -> Option<Join> {
    let Some(node) = word.filter(|word| !word.is_null()) else {
        return Some(Join::And);
    };
    let word = node.as_str().unwrap_or_default();
    let found = Join::of(word);
    if found.is_none() {
        let message = match node.as_str() {
            Some(word) => format!("conditions are not joined by `{word}`"),
            None => format!("conditions are joined by a word, not by {}", node.noun()),
        };
        let diagnostic = Diagnostic::error(codes::INVALID_VALUE, message).on(node);
        let diagnostic = diagnostic.help("write `and`, `or` or `not`");
        translation.say(diagnostic.meant(word, near_ours(word, ["and", "or", "not"])));
    }
    found
}

/// Conditions that are joined. One of them may stand for a list.
fn group(
    inner: &Node,
    join: Join,
    names: &Names,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Option<String> {
    let word = match join {
        Join::And | Join::Not => "&&",
        Join::Or => "||",
    };
    let joined = match &inner.data {
        Data::Array(conditions) => all(conditions, word, names, texts, translation)?,
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) | Data::Object(_) => {
            one(inner, names, texts, translation)?
        }
    };
    Some(match join {
        Join::And | Join::Or => joined,
        Join::Not => format!("!({joined})"),
    })
}

/// A value, an operator, and what it is compared with.
fn comparison(
    mut fields: Fields<'_>,
    names: &Names,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Option<String> {
    let node = fields.node;
    let left = fields.take(&LEFT).filter(|left| !left.is_null());
    let sign = fields.take(&OPERATOR_KEYS).filter(|word| !word.is_null());
    let right = fields.take(&RIGHT);
    let known: Vec<&str> = match left {
        Some(_) => [&OPERATOR_KEYS[..], &RIGHT].concat(),
        None => [
            &LEFT[..],
            &OPERATOR_KEYS,
            &RIGHT,
            &LIST,
            &EXPRESSION,
            &JOINED,
        ]
        .concat(),
    };
    let help = "a comparison has a `field`, an `operator` and a `value`";
    if fields.refuse_others(&known, help, translation) {
        return None;
    }
    let Some(left) = left else {
        translation.say(
            Diagnostic::error(codes::MISSING_FIELD, "the condition does not say what it looks at")
                .on(node)
                .help("write `{ \"field\": \"step1.output.status\", \"operator\": \"==\", \"value\": \"done\" }`"),
        );
        return None;
    };
    let word = sign.map_or("==", |word| word.as_str().unwrap_or_default());
    let lower = word.to_lowercase();
    let Some(operator) = operator(&lower) else {
        let swapped = SWAPPED.iter().find(|(word, _)| *word == lower);
        let near = swapped
            .map(|(_, meant)| *meant)
            .or_else(|| near(&lower, OPERATORS));
        let help = near.map_or_else(
            || format!("the operators are {}", fields::list(&OPERATORS)),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("there is no operator `{word}`");
        translation.say(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(sign.unwrap_or(node))
                .help(help),
        );
        return None;
    };
    if right.is_none() && !OF_ONE.contains(&operator) {
        let message = format!("the condition does not say what `{operator}` compares with");
        translation.say(
            Diagnostic::error(codes::MISSING_FIELD, message)
                .on(node)
                .help("add a `value`; `null` is one, too"),
        );
        return None;
    }
    let left = match left.as_str() {
        Some(path) => parse::operand(path, names, texts),
        None => literal(&left.to_json()),
    };
    let right = right.map_or_else(
        || "null".to_owned(),
        |right| match right.as_str() {
            Some(text) if has_template(text) => parse::covered(texts.spliced(text, names)),
            _ => literal(&right.to_json()),
        },
    );
    Some(written(operator, &left, &right))
}
