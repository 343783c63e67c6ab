//! How many states a flow may pass, for whoever has to know before it does.

use serde_json::Value;

use crate::tree::{Base, Form, Node};

/// The limit of a value that is the flow behind a state, under the name that it was read from: it fails above it.
pub(crate) fn limit(node: &Node, name: &str) -> Option<u64> {
    let Form::Transform(subject, transform, arguments) = &node.form else {
        return None;
    };
    if transform.info.name != "flowAfter" {
        // What is noted behind a state changes nothing.
        return (transform.info.name == "flowEnd").then(|| limit(subject, name))?;
    }
    let is_its_own = matches!(&subject.form, Form::Path(Base::Root(root), rest) if root == name && rest.is_empty());
    let Some(Form::Object(rules)) = arguments.get(2).map(|rules| &rules.form) else {
        return None;
    };
    let (_, limit) = rules.iter().find(|(rule, _)| rule == "limit")?;
    let Form::Literal(Value::Number(limit)) = &limit.form else {
        return None;
    };
    limit.as_u64().filter(|_| is_its_own)
}
