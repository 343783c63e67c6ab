//! The envelope: `{name, config, steps}`, or `{workflowConfig: {name, config}, stepsConfig}`.

use super::{allowance, dependencies, models, settings, step};
use crate::definition::{Definition, Place};
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::shape::near_ours;
use crate::source::{Data, Node, given};

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
    if let Some(head) = wrapped {
        twice(root, head, diagnostics);
    }
    let steps = steps(root, head, diagnostics)?;
    let mut refused = Vec::new();
    let mut understood = Vec::new();
    let mut interrupts = Vec::new();
    for node in steps.elements() {
        if let Some(step) = step::step(node, &mut refused, diagnostics) {
            interrupts.extend(step::interrupt::before(node, &step, diagnostics));
            understood.push(step);
        }
    }
    dependencies::weave(&mut understood, &refused, diagnostics);
    step::run_if::weave(&mut understood);
    step::interrupt::weave(&mut understood, interrupts, &refused);
    let field = |name: &str| given(head, name).or_else(|| given(root, name));
    models::inherit(field("config"), &mut understood, diagnostics);
    name(head, root, diagnostics);
    about(&field, diagnostics);
    let called = text(field("name")).unwrap_or_default();
    Some(Definition {
        description: text(field("description")),
        version: text(field("version")),
        is_enabled: field("enabled").is_none_or(|node| node.data != Data::Bool(false)),
        settings: settings::settings(field("config"), field("requires"), &called, diagnostics),
        name: called,
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
    let mut places = [
        (given(root, "stepsConfig"), "stepsConfig"),
        (given(root, "steps"), "steps"),
        (given(head, "steps"), "steps"),
    ]
    .into_iter()
    .filter_map(|(steps, name)| Some((steps?, name)));
    let Some((steps, kept)) = places.next() else {
        // A near name is a finding of its own, with a fix.
        let names = [(root, "steps"), (root, "stepsConfig"), (head, "steps")];
        if !names
            .iter()
            .any(|(node, name)| fields::is_misspelt(node, name, diagnostics))
        {
            diagnostics.push(
                Diagnostic::error(codes::MISSING_FIELD, "the definition has no `steps`")
                    .on(root)
                    .help("add a list named `steps`"),
            );
        }
        return None;
    };
    for (other, _) in places {
        if other.pointer != steps.pointer && !other.elements().is_empty() {
            diagnostics.push(
                Diagnostic::error(
                    codes::INVALID_VALUE,
                    format!("these steps would be lost: `{kept}` holds the definition's steps"),
                )
                .on(other)
                .help("put all steps into one list"),
            );
        }
    }
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

/// What stands inside and outside of `workflowConfig`, and differs: what stands inside counts.
fn twice(root: &Node, head: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for (name, _) in HEAD {
        let (Some(inside), Some(outside)) = (given(head, name), given(root, name)) else {
            continue;
        };
        if inside.to_json() == outside.to_json() {
            continue;
        }
        let message = format!("this `{name}` is ignored: `workflowConfig` has another");
        diagnostics.push(
            Diagnostic::warning(codes::INVALID_VALUE, message)
                .on(outside)
                .help("keep one of them"),
        );
    }
}

fn name(head: &Node, root: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let found = given(head, "name").or_else(|| given(root, "name"));
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
        None if fields::is_misspelt(head, "name", diagnostics) => return,
        None => {}
    }
    diagnostics.push(
        Diagnostic::error(codes::MISSING_FIELD, "the definition has no `name`")
            .on(found.unwrap_or(head))
            .help("add a `name` that says what the workflow does"),
    );
}

/// Description, version and type.
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
            .meant(
                word,
                near_ours(word, ["predefined", "dynamic_orchestration"]),
            ),
        ),
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
    use crate::{Notation, Options, Severity, compile};

    const STEPS: &str =
        r#"[{"stepSlug": "keep_it", "stepType": "output", "config": {"mapping": {}}}]"#;

    #[test]
    fn of_two_values_for_one_thing_the_lost_one_is_named() {
        let rows = [
            (r#""name": "A", "steps": STEPS"#, None),
            (r#""name": "A", "stepsConfig": null, "steps": STEPS"#, None),
            (r#""name": "A", "steps": [], "stepsConfig": STEPS"#, None),
            (
                r#""workflowConfig": {"name": "A", "config": null}, "config": {"timeout": 5000.0}, "steps": STEPS"#,
                None,
            ),
            (
                r#""name": "A", "workflowConfig": {"version": "1.0.0"}, "steps": STEPS"#,
                None,
            ),
            (
                r#""name": "A", "workflowConfig": {"name": "A"}, "steps": STEPS"#,
                None,
            ),
            (
                r#""name": "A", "steps": STEPS, "stepsConfig": STEPS"#,
                Some(
                    "/steps: these steps would be lost: `stepsConfig` holds the definition's steps",
                ),
            ),
            (
                r#""workflowConfig": {"name": "A", "steps": STEPS}, "steps": STEPS"#,
                Some(
                    "/workflowConfig/steps: these steps would be lost: `steps` holds the definition's steps",
                ),
            ),
            (
                r#""name": "A", "workflowConfig": {"name": "B"}, "steps": STEPS"#,
                Some("/name: this `name` is ignored: `workflowConfig` has another"),
            ),
            (
                r#""config": {"timeout": 1000}, "workflowConfig": {"name": "B", "config": {"timeout": 2000}}, "steps": STEPS"#,
                Some("/config: this `config` is ignored: `workflowConfig` has another"),
            ),
            (
                r#""workflowConfig": {"name": "A"}, "config": {"timeout": 0}, "steps": STEPS"#,
                Some("/config/timeout: `timeout` is a whole number above zero, not `0`"),
            ),
        ];
        for (fields, expected) in rows {
            let workflow = format!("{{{}}}", fields.replace("STEPS", STEPS));
            let found = compile(&workflow, Notation::Json, Options::default()).diagnostics;
            let found = found
                .iter()
                .map(|one| format!("{}: {}", one.pointer, one.message));
            let expected: Vec<_> = expected.map(str::to_owned).into_iter().collect();
            assert_eq!(found.collect::<Vec<_>>(), expected, "{fields}");
        }
    }

    #[test]
    fn the_field_that_was_meant_for_the_steps_is_the_error() {
        let rows = [
            (
                r#""name": "A", "descripton": "x", "stpes": STEPS"#,
                "/stpes",
            ),
            (
                r#""name": "A", "tagz": [], "stepConfig": STEPS"#,
                "/stepConfig",
            ),
            (r#""nmae": "A", "steps": STEPS"#, "/nmae"),
        ];
        for (fields, expected) in rows {
            let workflow = format!("{{{}}}", fields.replace("STEPS", STEPS));
            let found = compile(&workflow, Notation::Json, Options::default()).diagnostics;
            let errors = found.iter().filter(|one| one.severity == Severity::Error);
            let errors: Vec<&str> = errors.map(|one| one.pointer.as_str()).collect();
            assert_eq!(errors, [expected], "{fields}");
        }
    }

    #[test]
    fn every_field_is_documented() {
        crate::fields::assert_documented(&super::HEAD);
        crate::fields::assert_documented(&super::FRAME);
    }
}
