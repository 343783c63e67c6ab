//! The envelope: `{name, config, steps}`, or `{workflowConfig: {name, config}, stepsConfig}`.

use super::{allowance, settings, step};
use crate::definition::{Definition, Place};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::fields::{self, Field, Shape, Templates};
use crate::source::{Data, Node};

/// What says what the workflow is; in a wrapped definition it stands in `workflowConfig`.
const HEAD: [Field; 9] = [
    ("name", Shape::Text),
    ("description", Shape::Text),
    ("version", Shape::Text),
    ("config", Shape::Object),
    ("metadata", Shape::Object),
    ("requires", Shape::Object),
    ("enabled", Shape::Flag),
    ("workflowType", Shape::Text),
    ("tags", Shape::Texts),
];

/// What stands around it.
const FRAME: [Field; 5] = [
    ("steps", Shape::Any),
    ("stepsConfig", Shape::Any),
    ("workflowConfig", Shape::Object),
    ("$schema", Shape::Text),
    ("lints", Shape::Any),
];

const LONGEST_NAME: usize = 200;
const LONGEST_DESCRIPTION: usize = 2000;

/// Understands the whole definition.
pub(super) fn definition(root: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Definition> {
    if !root.is_object() {
        let message = format!("a definition is an object, not {}", root.noun());
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(root));
        return None;
    }
    let wrapped = root.get("workflowConfig").filter(|head| head.is_object());
    let head = wrapped.unwrap_or(root);
    let frame = |field: &&Field| FRAME.iter().any(|(name, _)| *name == field.0);
    let both: Vec<Field> = HEAD.into_iter().chain(FRAME).collect();
    fields::check(root, &both, "a definition", Templates::Refused, diagnostics);
    if let Some(head) = wrapped {
        let mut known = HEAD.to_vec();
        known.extend(
            both.iter()
                .filter(frame)
                .filter(|(name, _)| *name == "steps"),
        );
        fields::check(
            head,
            &known,
            "`workflowConfig`",
            Templates::Refused,
            diagnostics,
        );
    }
    let steps = steps(root, head, diagnostics)?;
    let mut refused = Vec::new();
    let understood = steps
        .elements()
        .iter()
        .filter_map(|node| step::step(node, &mut refused, diagnostics))
        .collect();
    let field = |name: &str| head.get(name).or_else(|| root.get(name));
    name(head, diagnostics);
    about(&field, diagnostics);
    Some(Definition {
        name: text(head.get("name")).unwrap_or_default(),
        description: text(field("description")),
        version: text(field("version")),
        settings: settings::settings(field("config"), field("requires"), diagnostics),
        steps: understood,
        refused,
        allowances: allowance::allowances(root.get("lints"), diagnostics),
        place: Place::from(root),
    })
}

/// The list of steps, wherever it stands.
fn steps<'node>(
    root: &'node Node,
    head: &'node Node,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'node Node> {
    let steps = root
        .get("stepsConfig")
        .or_else(|| root.get("steps"))
        .or_else(|| head.get("steps"));
    let Some(steps) = steps else {
        let message = "the definition has no `steps`";
        let mut found = root.entries().iter().map(|entry| entry.key.as_str());
        let near = found.any(|key| near(key, ["steps", "stepsConfig"]).is_some());
        // A near name is a finding of its own, with a fix.
        if !near {
            diagnostics.push(
                Diagnostic::error(codes::MISSING_FIELD, message)
                    .on(root)
                    .help("add a list named `steps`"),
            );
        } else if let Some(finding) = diagnostics
            .iter_mut()
            .find(|finding| finding.code == codes::UNKNOWN_FIELD && finding.help.is_some())
        {
            finding.severity = crate::Severity::Error;
        }
        return None;
    };
    if !matches!(steps.data, Data::Array(_)) {
        let message = format!("`steps` is a list of steps, not {}", steps.noun());
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(steps));
        return None;
    }
    if steps.elements().is_empty() {
        diagnostics.push(
            Diagnostic::error(codes::MISSING_FIELD, "the definition has no step")
                .on(steps)
                .help("add a step, such as an action"),
        );
        return None;
    }
    Some(steps)
}

fn name(head: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let found = head.get("name").filter(|name| !name.is_null());
    match found.map(|node| (node, node.as_str())) {
        Some((_, Some(name))) if name.trim().is_empty() => {}
        Some((node, Some(name))) if name.chars().count() > LONGEST_NAME => {
            let message = format!("`name` has at most {LONGEST_NAME} characters");
            diagnostics.push(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .on(node)
                    .help("say the rest in `description`"),
            );
            return;
        }
        Some(_) => return,
        None => {}
    }
    diagnostics.push(
        Diagnostic::error(codes::MISSING_FIELD, "the definition has no `name`")
            .on(found.unwrap_or(head))
            .help("add a `name` that says what the workflow does"),
    );
}

/// Description, version, type, and whether the workflow is enabled.
fn about<'node>(field: &dyn Fn(&str) -> Option<&'node Node>, diagnostics: &mut Vec<Diagnostic>) {
    let texts = |name: &str| field(name).and_then(|node| Some((node, node.as_str()?)));
    if let Some((node, text)) = texts("description")
        && text.chars().count() > LONGEST_DESCRIPTION
    {
        let message = format!("`description` has at most {LONGEST_DESCRIPTION} characters");
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(node));
    }
    if let Some((node, text)) = texts("version")
        && !is_version(text)
    {
        diagnostics.push(
            Diagnostic::warning(codes::INVALID_VALUE, format!("`{text}` is not a version"))
                .on(node)
                .help("count by semantic versions, such as `1.2.0`"),
        );
    }
    match texts("workflowType") {
        None | Some((_, "predefined")) => {}
        Some((node, "dynamic_orchestration")) => diagnostics.push(
            Diagnostic::note(
                codes::NOT_CANONICAL,
                "`dynamic_orchestration` is a type of older definitions; it runs as `predefined`",
            )
            .on(node)
            .meant("dynamic_orchestration", Some("predefined")),
        ),
        Some((node, word)) => diagnostics.push(
            Diagnostic::error(
                codes::INVALID_VALUE,
                format!("there is no workflow type `{word}`"),
            )
            .on(node)
            .help("leave it out, or write `predefined`")
            .meant(word, near(word, ["predefined", "dynamic_orchestration"])),
        ),
    }
    if let Some(node) = field("enabled").filter(|node| node.data == Data::Bool(false)) {
        let message = "`enabled: false` keeps nothing from starting runs yet";
        diagnostics.push(Diagnostic::note(codes::NOT_YET, message).on(node));
    }
}

/// Whether a text is a semantic version: `1.2.0`, `2.0.0-beta.1+build`.
fn is_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = core.split('.').collect();
    let is_number = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (*part == "0" || !part.starts_with('0'))
    };
    let rest = text.get(core.len()..).unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-+.".contains(&byte);
    numbers.len() == 3 && numbers.iter().all(is_number) && rest.len() != 1 && rest.bytes().all(fits)
}

fn text(node: Option<&Node>) -> Option<String> {
    node.and_then(Node::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_field_is_documented() {
        crate::fields::assert_documented(&super::HEAD);
        crate::fields::assert_documented(&super::FRAME);
    }
}
