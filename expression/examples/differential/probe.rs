//! Looks for the place where two engines part: every node of a case is asked alone, over the values that ours gives to
//! the nodes below it.
//!
//! `a.b + (c|upper)` becomes `v0 + v1`, and so on down to the names. What the engines make of that differs only where
//! this one node means something else, so a rule can be as narrow as one operator and its operands.

use serde_json::{Map, Value, json};

use crate::outcome::{Kind, Outcome, Stage, ours};
use crate::template::{Piece, write_pieces};
use crate::tree::{Key, Plain, Tree};

/// A node over values, or a whole case in the words of JEXL.
pub(crate) struct Probe {
    pub(crate) role: Role,
    /// None for the texts and tags of a template.
    pub(crate) node: Option<Tree>,
    /// What the parts below it are to ours; none where they fail.
    pub(crate) operands: Vec<Option<Value>>,
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// The same for the reference, where it writes it in another way.
    pub(crate) reference_text: String,
    pub(crate) data: Map<String, Value>,
    /// Whether what is null is undefined to the reference.
    pub(crate) is_missing: bool,
    /// The probe of a filter says nothing if one of these already differs: its condition.
    pub(crate) unless: std::ops::Range<usize>,
}

/// What a probe is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Node,
    /// The whole case, written so that JEXL reads it too.
    Translation,
}

/// A whole expression in the words of JEXL, if there are any.
pub(crate) fn translation(tree: &Tree, data: &Map<String, Value>) -> Option<Probe> {
    let translated = tree.translated()?;
    Some(Probe {
        role: Role::Translation,
        node: None,
        operands: Vec::new(),
        kind: Kind::Expression,
        text: tree.plain(),
        reference_text: translated.plain(),
        data: data.clone(),
        is_missing: false,
        unless: 0..0,
    })
}

/// How many elements of a list a filter's condition is asked for.
const ELEMENTS: usize = 4;

/// The probes of a template, its expressions first.
pub(crate) fn probe_pieces(pieces: &[Piece], data: &Map<String, Value>) -> Vec<Probe> {
    let mut probes = Vec::new();
    let mut bound = Bound::new(data);
    let mut written = Vec::new();
    for piece in pieces {
        written.push(match piece {
            Piece::Tag(tag, tree) => {
                let outcome = probe(tree, data, &mut probes);
                Piece::Tag(*tag, bound.bind(&outcome))
            }
            other => other.clone(),
        });
    }
    let text = write_pieces(&written, &mut Plain);
    for (data, is_missing) in bound.variants() {
        probes.push(Probe {
            role: Role::Node,
            is_missing,
            node: None,
            operands: bound.operands.clone(),
            kind: Kind::Template,
            text: text.clone(),
            reference_text: text.clone(),
            data,
            unless: 0..0,
        });
    }
    probes
}

/// The probes of an expression, from the names up; the answer is what ours makes of it.
pub(crate) fn probe(tree: &Tree, data: &Map<String, Value>, probes: &mut Vec<Probe>) -> Outcome {
    match tree {
        Tree::Filter(subject, condition) => probe_filter(tree, subject, condition, data, probes),
        Tree::Wrapped(inner) => {
            probe(inner, data, probes);
        }
        _ => probe_node(tree, data, probes),
    }
    ours(Kind::Expression, &tree.plain(), data)
}

fn probe_node(tree: &Tree, data: &Map<String, Value>, probes: &mut Vec<Probe>) {
    let mut bound = Bound::new(data);
    let children = tree.children().into_iter().map(|child| {
        let outcome = probe(child, data, probes);
        bound.bind(&outcome)
    });
    let node = with_short_keys(tree.with_children(children.collect()));
    let text = node.plain();
    // JEXL has no minus before anything but a number.
    let reference_text = match &node {
        Tree::Minus(inner) => {
            Tree::Binary("-", Box::new(Tree::Number("0".to_owned())), inner.clone()).plain()
        }
        _ => text.clone(),
    };
    for (data, is_missing) in bound.variants() {
        probes.push(Probe {
            role: Role::Node,
            is_missing,
            node: Some(tree.clone()),
            operands: bound.operands.clone(),
            kind: Kind::Expression,
            text: text.clone(),
            reference_text: reference_text.clone(),
            data,
            unless: 0..0,
        });
    }
}

/// JEXL has no keys in quotes.
fn with_short_keys(tree: Tree) -> Tree {
    let Tree::Object(members) = tree else {
        return tree;
    };
    let short = members
        .into_iter()
        .enumerate()
        .map(|(at, (_, member))| (Key::Name(format!("k{at}")), member));
    Tree::Object(short.collect())
}

fn probe_filter(
    tree: &Tree,
    subject: &Tree,
    condition: &Tree,
    data: &Map<String, Value>,
    probes: &mut Vec<Probe>,
) {
    let value = probe(subject, data, probes);
    let start = probes.len();
    let elements = match value.value() {
        Some(Value::Array(elements)) => elements.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    // The condition once for each element, which stands in for what is relative in it.
    for element in elements.iter().take(ELEMENTS) {
        let mut inner = data.clone();
        inner.insert("it".to_owned(), element.clone());
        probe(&over_element(condition), &inner, probes);
    }
    let unless = start..probes.len();
    // And the filter itself, with all in the condition that does not depend on the element in place.
    let mut bound = Bound::new(data);
    let subject = bound.bind(&value);
    let text = Tree::Filter(Box::new(subject), Box::new(condition.clone())).plain();
    for (variant, is_missing) in bound.variants() {
        let mut scope = data.clone();
        scope.extend(variant);
        probes.push(Probe {
            role: Role::Node,
            is_missing,
            node: Some(tree.clone()),
            operands: bound.operands.clone(),
            kind: Kind::Expression,
            text: text.clone(),
            reference_text: text.clone(),
            data: scope,
            unless: unless.clone(),
        });
    }
}

/// A condition about `it` instead of what is relative.
fn over_element(tree: &Tree) -> Tree {
    match tree {
        Tree::Relative(Some(name)) => {
            Tree::Member(Box::new(Tree::Root("it".to_owned())), name.clone())
        }
        Tree::Relative(None) => Tree::Root("it".to_owned()),
        // The condition of a filter inside is about the elements of that one.
        Tree::Filter(subject, condition) => {
            Tree::Filter(Box::new(over_element(subject)), condition.clone())
        }
        other => other.with_children(other.children().into_iter().map(over_element).collect()),
    }
}

/// Values that got names.
struct Bound {
    /// What every probe may need: the time, and for a leaf its own name.
    around: Map<String, Value>,
    values: Map<String, Value>,
    operands: Vec<Option<Value>>,
}

impl Bound {
    fn new(data: &Map<String, Value>) -> Self {
        Self {
            around: data.clone(),
            values: Map::new(),
            operands: Vec::new(),
        }
    }

    /// The name of a value, or something that fails as it did.
    fn bind(&mut self, outcome: &Outcome) -> Tree {
        self.operands.push(outcome.value().cloned());
        match outcome {
            Outcome::Value(value) => {
                let name = format!("v{}", self.operands.len());
                self.values.insert(name.clone(), value.clone());
                // A member, so that it can be missing.
                Tree::Member(Box::new(Tree::Root("v".to_owned())), name)
            }
            Outcome::Failed(failure) if failure.stage == Stage::Absent => {
                Tree::Root("absent".to_owned())
            }
            // Both refuse to make capitals of an object.
            Outcome::Failed(_) => {
                Tree::Transform(Box::new(Tree::Object(Vec::new())), "upper", Vec::new())
            }
        }
    }

    /// The values as they are and, where some are null, once more with those missing, and once with what is null
    /// inside of them missing as well.
    fn variants(&self) -> Vec<(Map<String, Value>, bool)> {
        let with = |values: Map<String, Value>| {
            let mut data = if self.operands.is_empty() {
                self.around.clone()
            } else {
                Map::new()
            };
            if let Some(now) = self.around.get("nowMs") {
                data.insert("nowMs".to_owned(), now.clone());
            }
            data.insert("v".to_owned(), json!(values));
            data
        };
        let mut variants = vec![(with(self.values.clone()), false)];
        if self.values.values().any(has_null) {
            let present = self.values.iter().filter(|(_, value)| !value.is_null());
            let present = with(
                present
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect(),
            );
            variants.extend([(present.clone(), false), (present, true)]);
        }
        variants
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
