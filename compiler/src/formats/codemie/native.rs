//! Native steps that are made for states.

use serde_json::{Map, Value};

use super::super::build::{Object, text, value};
use crate::source::Node;

/// A step.
pub(super) fn step(of: &Node, slug: &str, kind: &str, config: Node, ports: Node) -> Node {
    let mut step = Object::of(of);
    step.put("stepSlug", text(of, slug));
    step.put("name", text(of, slug));
    step.put("stepType", text(of, kind));
    step.put("config", config);
    step.put("nextSteps", ports);
    step.build()
}

/// A step that sets a flow.
pub(super) fn set(of: &Node, slug: &str, flow: &str, template: &str, next: Option<&str>) -> Node {
    let mut values = Object::of(of);
    values.put(flow, text(of, template));
    let mut config = Object::of(of);
    config.put("type", text(of, "set_variables"));
    config.put("parameters", values.build());
    step(of, slug, "action", config.build(), success(of, next))
}

/// The one port of a step.
pub(super) fn success(of: &Node, next: Option<&str>) -> Node {
    let mut ports = Object::of(of);
    match next {
        Some(next) => ports.put("success", text(of, next)),
        None => return value(of, &Value::Object(Map::new())),
    };
    ports.build()
}

/// What a run gives where its last step did not act: the last result.
pub(super) fn gives(of: &Node, slug: &str, flow: &str) -> Node {
    let mut config = Object::of(of);
    config.put("mapping", text(of, format!("{{{{{flow}.result}}}}")));
    step(of, slug, "output", config.build(), success(of, None))
}
