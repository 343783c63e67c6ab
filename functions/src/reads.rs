//! What an invocation reads at all: large values that nobody looks at are not fetched.
//!
//! A plan says which steps and variables it reads; the input can be read by its name, as `trigger`, and by the names of
//! its fields alone, so every name that means nothing else may be one.

use std::collections::BTreeSet;

use pawl_contract::reference::ROOTS;
use pawl_contract::{Kind, LoopMode, Node, Plan};
use pawl_expression::{Expression, Reference, Segment, Template};
use serde_json::Value;

use crate::invocation::nodes;

/// Whether the step or anything that rides along may read the run's input. In doubt it does.
pub(crate) fn reads_input(plan: &Plan) -> bool {
    nodes(&plan.node).into_iter().any(|node| {
        let is_data = node.config.get("type").and_then(Value::as_str) == Some("transform");
        // A transform that names no data takes the input.
        let is_silent = is_data && node.config.get("input").is_none();
        node.kind == Kind::Trigger
            || is_silent
            || references(node).is_none_or(|found| found.iter().any(|one| may_be(one, node, plan)))
    })
}

/// Whether a reference may lead into the run's input.
fn may_be(reference: &Reference, node: &Node, plan: &Plan) -> bool {
    let Some(root) = name(reference, 0) else {
        return true;
    };
    if ["input", "trigger"].contains(&root) {
        return true;
    }
    let is_bound = |name: &Option<String>| name.as_deref() == Some(root);
    let is_of_loop = node
        .loops
        .iter()
        .any(|one| is_bound(&one.item) || is_bound(&one.index));
    let is_variable = plan.reads.variables.iter().any(|name| name == root);
    !ROOTS.contains(&root) && !is_of_loop && !is_variable
}

/// What of a plan's reads is looked at in this invocation.
///
/// A loop that goes on has its list already: what its `items` read, a whole answer perhaps, is fetched only once.
#[derive(Debug)]
pub(crate) enum Needs {
    /// Everything.
    All,
    /// These steps and variables.
    Only(BTreeSet<String>),
}

impl Needs {
    /// What an invocation of a plan needs.
    pub(crate) fn of(plan: &Plan) -> Self {
        let nodes = nodes(&plan.node);
        if !nodes.iter().any(|node| goes_on(node)) {
            return Self::All;
        }
        let mut names = BTreeSet::new();
        for node in nodes {
            // A merge names its steps, and refers to none.
            if node.kind == Kind::Merge {
                let steps = node.config.get("steps").and_then(Value::as_array);
                let slugs = steps.into_iter().flatten().filter_map(Value::as_str);
                names.extend(slugs.map(str::to_owned));
            }
            // Nor does a condition in front of a step, whose visits it keeps.
            let skips = node.config.get("skips").and_then(Value::as_str);
            names.extend(skips.map(str::to_owned));
            let Some(found) = references(node) else {
                return Self::All;
            };
            for reference in &found {
                let root = name(reference, 0);
                let is_container =
                    root.is_some_and(|root| ["steps", "variables", "config"].contains(&root));
                let read = if is_container {
                    name(reference, 1)
                } else {
                    root
                };
                let Some(read) = read else {
                    return Self::All;
                };
                names.insert(read.to_owned());
            }
        }
        Self::Only(names)
    }

    /// Whether a step or a variable is among it.
    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(name),
        }
    }
}

/// Whether a node is a loop that has its list already.
fn goes_on(node: &Node) -> bool {
    let has_list = matches!(node.mode, Some(LoopMode::Advance | LoopMode::Collect));
    node.kind == Kind::Loop && has_list
}

fn name(reference: &Reference, at: usize) -> Option<&str> {
    match reference.path.get(at) {
        Some(Segment::Name(name)) => Some(name),
        Some(Segment::Index(_) | Segment::Dynamic) | None => None,
    }
}

/// Everything that the texts of a node refer to; nothing where one of them cannot be read.
fn references(node: &Node) -> Option<Vec<Reference>> {
    let mut found = Vec::new();
    if !goes_on(node) {
        collect(node.kind, &node.config, &mut found)?;
    }
    Some(found)
}

fn collect(kind: Kind, config: &Value, found: &mut Vec<Reference>) -> Option<()> {
    match config {
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(()),
        Value::String(text) => template(text, found),
        Value::Array(elements) => elements
            .iter()
            .try_for_each(|element| collect(kind, element, found)),
        Value::Object(members) => members.iter().try_for_each(|(key, value)| {
            template(key, found)?;
            match value.as_str().filter(|_| is_expression(kind, key)) {
                Some(text) => {
                    found.extend(Expression::parse(text).ok()?.references());
                    Some(())
                }
                None => collect(kind, value, found),
            }
        }),
    }
}

fn template(text: &str, found: &mut Vec<Reference>) -> Option<()> {
    if text.contains("{{") {
        found.extend(Template::parse(text).ok()?.references());
    }
    Some(())
}

/// Whether a field holds an expression without braces.
fn is_expression(kind: Kind, field: &str) -> bool {
    match kind {
        Kind::Condition => field == "expression",
        Kind::Switch => field == "when",
        Kind::Transform => ["where", "condition", "expression"].contains(&field),
        Kind::Trigger
        | Kind::Llm
        | Kind::Action
        | Kind::Request
        | Kind::Approval
        | Kind::Signal
        | Kind::Subflow
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge
        | Kind::Loop => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_surely_reads_something_else_does_without_the_input() {
        let rows = [
            ("action", json!({ "type": "customer", "id": "c1" }), false),
            (
                "action",
                json!({ "id": "{{entry.id}} {{steps.a.output.x}}" }),
                false,
            ),
            (
                "action",
                json!({ "id": "{{total + loop.index}}{{now}}" }),
                false,
            ),
            ("action", json!({ "id": "{{input.id}}" }), true),
            ("action", json!({ "{{trigger.data}}": 1 }), true),
            ("action", json!({ "id": ["{{customerId}}"] }), true),
            (
                "action",
                json!({ "id": "{{#entry}}{{name}}{{/entry}}" }),
                true,
            ),
            ("action", json!({ "id": "{{" }), true),
            ("condition", json!({ "expression": "total > 3" }), false),
            ("condition", json!({ "expression": "amount > 3" }), true),
            (
                "transform",
                json!({ "type": "transform", "input": "{{steps.a.output}}" }),
                false,
            ),
            (
                "transform",
                json!({ "type": "transform", "operations": [{ "type": "filter", "where": "amount > 3" }] }),
                true,
            ),
            ("transform", json!({ "type": "transform" }), true),
            ("trigger", json!({}), true),
        ];
        for (kind, config, expected) in rows {
            let plan = json!({
                "workflow": "w", "step": "s", "kind": kind, "config": config,
                "loops": [{ "step": "each", "item": "entry" }], "reads": { "variables": ["total"] }
            });
            let plan: Plan = serde_json::from_value(plan).expect("a plan");
            assert_eq!(reads_input(&plan), expected, "{config}");
        }
    }

    #[test]
    fn what_rides_along_may_read_it_too() {
        let plan = json!({
            "workflow": "w", "step": "s", "kind": "action", "then": { "success": { "step": {
                "step": "t", "kind": "condition", "config": { "expression": "input.a" }
            } } }
        });
        let plan: Plan = serde_json::from_value(plan).expect("a plan");
        assert!(reads_input(&plan));
    }

    #[test]
    fn what_a_loop_goes_through_is_not_fetched_when_it_goes_on() {
        let loop_head = |mode: &str| {
            json!({
                "workflow": "w", "step": "s", "kind": "action", "config": { "id": "{{steps.b.output.x}} {{total}}" },
                "then": { "success": { "step": {
                    "step": "each", "kind": "loop", "mode": mode, "config": { "items": "{{steps.a.output.rows}}" }
                } } }
            })
        };
        let rows = [("start", true), ("advance", false)];
        for (mode, expected) in rows {
            let plan: Plan = serde_json::from_value(loop_head(mode)).expect("a plan");
            let needs = Needs::of(&plan);
            assert!(needs.has("b") && needs.has("total"), "{mode}");
            assert_eq!(needs.has("a"), expected, "{mode}");
        }
    }
}
