//! Tools, as other formats name them: those that are known here, and those of other systems.

use pawl_contract::{catalogue, tools};

use super::Translation;
use super::build::{Object, list, text};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Node;

/// Names the tools that a model may use, of a list of names or of objects that have one of these fields.
///
/// One that nothing here is called by is named apart: the step cannot run with it, which a mock settles.
pub(crate) fn put_tools(
    config: &mut Object,
    given: &Node,
    fields: &[&str],
    translation: &mut Translation<'_>,
) {
    let mut found = Vec::new();
    let mut elsewhere = Vec::new();
    for tool in given.elements() {
        let named = fields.iter().find_map(|field| tool.get(field));
        let node = named.unwrap_or(tool);
        let Some(name) = node.as_str() else {
            let message = format!("a tool is named by a text, not by {}", node.noun());
            translation.say(Diagnostic::error(codes::INVALID_VALUE, message).on(node));
            continue;
        };
        let is_known = tools::find(name).is_some()
            || !tools::operations(name).is_empty()
            || catalogue::find(name, None).is_some();
        let list = if is_known { &mut found } else { &mut elsewhere };
        list.push(node.clone());
    }
    config.put("tools", list(given, found));
    if !elsewhere.is_empty() {
        config.put("toolsElsewhere", list(given, elsewhere));
    }
}

/// A call of what is no action here: an operation of an integration.
pub(crate) fn of_others(
    at: &Node,
    called: &str,
    name: Node,
    operation: Option<Node>,
    params: Node,
    translation: &mut Translation<'_>,
) -> Object {
    translation.differs(
        "tools-of-others",
        at,
        format!("no action here is called `{called}`: it is called as an integration of that name"),
    );
    let mut parameters = Object::of(at);
    parameters.put("name", name);
    parameters.maybe("operation", operation);
    parameters.put("params", params);
    let mut config = Object::of(at);
    config.put("type", text(at, "integration"));
    config.put("parameters", parameters.build());
    config
}
