//! Whether anything that an invocation evaluates may read the run's input.
//!
//! A plan says which steps and variables it reads; the input can be read by its name, as `trigger`, and by the names of
//! its fields alone, so every name that means nothing else may be one.

use pawl_contract::reference::ROOTS;
use pawl_contract::{Kind, LoopMode, Node, Plan};
use pawl_expression::{Expression, Reference, Segment, Template};
use serde_json::Value;

use crate::invocation::nodes;

/// Whether the step or anything that rides along may read the run's input. In doubt it does.
pub(crate) fn reads_input(plan: &Plan) -> bool {
    nodes(&plan.node)
        .into_iter()
        .any(|node| {
            let is_data = node.config.get("type").and_then(Value::as_str) == Some("transform");
            let is_silent = is_data && node.config.get("input").is_none();
            // A loop that goes on has its list already; a transform that names no data takes the input.
            let goes_on = node.mode == Some(LoopMode::Advance);
            let may_read = || !goes_on && may_read(node, &node.config, plan);
            node.kind == Kind::Trigger || is_silent || may_read()
        })
}

fn may_read(node: &Node, config: &Value, plan: &Plan) -> bool {
    match config {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => template_may(node, text, plan),
        Value::Array(elements) => elements.iter().any(|one| may_read(node, one, plan)),
        Value::Object(members) => members.iter().any(|(key, value)| {
            let is_expression = match node.kind {
                Kind::Condition => key == "expression",
                Kind::Transform => ["where", "condition", "expression"].contains(&key.as_str()),
                Kind::Trigger
                | Kind::Llm
                | Kind::Action
                | Kind::Request
                | Kind::Approval
                | Kind::Signal
                | Kind::Subflow
                | Kind::Delay
                | Kind::Loop => false,
            };
            let is_read = match value.as_str().filter(|_| is_expression) {
                Some(text) => expression_may(node, text, plan),
                None => may_read(node, value, plan),
            };
            is_read || template_may(node, key, plan)
        }),
    }
}

fn template_may(node: &Node, text: &str, plan: &Plan) -> bool {
    if !text.contains("{{") {
        return false;
    }
    let template = Template::parse(text);
    template.map_or(true, |template| any(node, &template.references(), plan))
}

fn expression_may(node: &Node, text: &str, plan: &Plan) -> bool {
    let expression = Expression::parse(text);
    expression.map_or(true, |expression| any(node, &expression.references(), plan))
}

fn any(node: &Node, references: &[Reference], plan: &Plan) -> bool {
    references.iter().any(|reference| {
        let Some(Segment::Name(root)) = reference.path.first() else {
            return true;
        };
        let root = root.as_str();
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_surely_reads_something_else_does_without_the_input() {
        let rows = [
            ("action", json!({ "type": "customer", "id": "c1" }), false),
            ("action", json!({ "id": "{{entry.id}} {{steps.a.output.x}}" }), false),
            ("action", json!({ "id": "{{total + loop.index}}{{now}}" }), false),
            ("action", json!({ "id": "{{input.id}}" }), true),
            ("action", json!({ "{{trigger.data}}": 1 }), true),
            ("action", json!({ "id": ["{{customerId}}"] }), true),
            ("action", json!({ "id": "{{#entry}}{{name}}{{/entry}}" }), true),
            ("action", json!({ "id": "{{" }), true),
            ("condition", json!({ "expression": "total > 3" }), false),
            ("condition", json!({ "expression": "amount > 3" }), true),
            ("transform", json!({ "type": "transform", "input": "{{steps.a.output}}" }), false),
            ("transform", json!({ "type": "transform", "operations": [{ "type": "filter", "where": "amount > 3" }] }), true),
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
}
