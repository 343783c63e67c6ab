//! Tools, as other formats name them: those that are known here, and those of other systems.

use pawl_contract::{catalogue, tools};

use super::Translation;
use super::build::{Object, list, text};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Node;

/// The step that uses tools: what its format calls it, its id there and its slug here.
pub(crate) struct User<'a> {
    pub(crate) noun: &'a str,
    pub(crate) id: &'a str,
    pub(crate) slug: &'a str,
}

/// The tools that a model may use, of a list of names or of objects that have one of these fields.
///
/// One that nothing here is called by cannot run yet, which a mock of the step settles.
pub(crate) fn usable(
    given: &Node,
    fields: &[&str],
    user: &User<'_>,
    translation: &mut Translation<'_>,
) -> Node {
    let mut found = Vec::new();
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
        if is_known {
            found.push(node.clone());
            continue;
        }
        let User { noun, id, slug } = user;
        let message = format!("{noun} `{id}` needs the tool `{name}`, which nothing here is");
        let help = format!(
            "use a tool that docs/formats.md lists, or mock the {noun} to run the workflow: `{{ \"{id}\": ... }}` in `mocks.json`"
        );
        let mut diagnostic = Diagnostic::warning(codes::NOT_YET, message)
            .on(node)
            .help(help);
        diagnostic.mockable = Some((*slug).to_owned());
        translation.say(diagnostic);
    }
    list(given, found)
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
