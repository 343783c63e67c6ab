//! One step of the native format.

mod branches;
mod cases;
mod config;
pub(super) mod interrupt;
mod ports;
pub(super) mod run_if;

use pawl_contract::{Kind, catalogue};

use self::branches::branches;
use self::cases::{cases, default};
use self::config::{of_machine, own_config, patience, timeout};
use self::ports::ports;
use super::dependencies;
use super::retry::retry;
use crate::definition::{Place, Step};
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::shape::{self, near_ours};
use crate::source::{Data, Node};
use crate::steps::transform::spelling::native;

const FIELDS: [Field; 14] = [
    ("stepSlug", Shape::Any),
    ("name", Shape::Text),
    ("description", Shape::Text),
    ("stepType", Shape::Any),
    ("order", Shape::Whole),
    ("config", Shape::Any),
    ("nextSteps", Shape::Any),
    ("dependsOn", Shape::Any),
    ("runIf", Shape::Any),
    ("critical", Shape::Flag),
    ("interruptBefore", Shape::Any),
    ("interrupt_before", Shape::Any),
    ("position", Shape::Any),
    ("metadata", Shape::Any),
];

/// The step types of the native format.
const TYPES: [&str; 16] = [
    "trigger",
    "start",
    "llm",
    "condition",
    "switch",
    "action",
    "request",
    "loop",
    "output",
    "approval",
    "signal",
    "subflow",
    "delay",
    "parallel",
    "merge",
    "transform",
];

/// What a step that reshapes data is called, here and elsewhere.
const TRANSFORMS: [&str; 4] = [
    "transform",
    "data_transform",
    "data_processing",
    "transform_node",
];

/// What authors call fields of a step whose name they do not remember.
const SYNONYMS: [(&str, &str); 4] = [
    ("type", "stepType"),
    ("slug", "stepSlug"),
    ("id", "stepSlug"),
    ("next", "nextSteps"),
];

/// Longer slugs would leave no room for what is put behind them in a state's name.
pub(crate) const LONGEST_SLUG: usize = 56;

/// Understands one step; a step that cannot be understood leaves its slug in `refused`.
pub(super) fn step(
    node: &Node,
    refused: &mut Vec<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Step> {
    if !node.is_object() {
        let message = format!("a step is an object, not {}", node.noun());
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(node));
        return None;
    }
    fields::check(node, &FIELDS, "a step", Templates::Refused, diagnostics);
    synonyms(node, diagnostics);
    let slug = slug(node, diagnostics);
    let empty = Node {
        data: Data::Object(Vec::new()),
        span: node.span.clone(),
        pointer: format!("{}/config", node.pointer),
    };
    let config = node
        .get("config")
        .filter(|config| !config.is_null())
        .unwrap_or(&empty);
    let Some(kind) = kind(node, config, diagnostics) else {
        refused.push(slug);
        return None;
    };
    let has_refused_config = !config.is_object();
    if has_refused_config {
        let message = format!("`config` is an object, not {}", config.noun());
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(config));
    }
    let config = if has_refused_config { &empty } else { config };
    let own = own_config(config, kind, diagnostics);
    let mut branches = branches(config, kind, &slug, diagnostics);
    branches.extend(cases(config, kind, &slug, diagnostics));
    let step_type = node.get("stepType").and_then(Node::as_str);
    let own = if step_type.is_some_and(|word| TRANSFORMS.contains(&word)) {
        native(own)
    } else {
        own
    };
    let known = diagnostics.len();
    let mut ports = ports(node, kind, &own, &slug, diagnostics);
    default(config, kind, &slug, &mut ports, diagnostics);
    let has_refused_port = diagnostics.len() > known;
    run_if::rejected(node, &own, &slug, diagnostics);
    let text = |field: &str| node.get(field).and_then(Node::as_str).map(str::to_owned);
    Some(Step {
        name: text("name"),
        description: text("description"),
        order: node.get("order").and_then(shape::whole),
        slug_place: node.get("stepSlug").map(Place::from).unwrap_or_default(),
        branches,
        ports,
        has_refused_port,
        has_refused_config,
        retry: of_machine(config, "retryPolicy", kind, diagnostics)
            .and_then(|policy| retry(policy, diagnostics)),
        timeout_seconds: if kind.waits() {
            patience(config, diagnostics)
        } else {
            of_machine(config, "timeoutSeconds", kind, diagnostics)
                .and_then(|node| timeout(node, diagnostics))
        },
        depends_on: dependencies::of_step(node, diagnostics),
        run_if: run_if::of_step(node, kind, &slug, diagnostics),
        may_fail: run_if::may_fail(node, kind, &slug, diagnostics),
        origin: None,
        config: own,
        kind,
        slug,
    })
}

/// Says which field was meant by a word that is not its name.
fn synonyms(node: &Node, diagnostics: &mut [Diagnostic]) {
    let mut meant = Vec::new();
    for (word, field) in SYNONYMS {
        let entry = node.entries().iter().find(|entry| entry.key == word);
        let Some(entry) = entry.filter(|_| node.get(field).is_none() && !meant.contains(&field))
        else {
            continue;
        };
        let finding = diagnostics.iter_mut().rev().find(|finding| {
            finding.code == codes::UNKNOWN_FIELD && finding.pointer == entry.node.pointer
        });
        let Some(finding) = finding else {
            continue;
        };
        meant.push(field);
        if field == "nextSteps" && !entry.node.is_object() {
            // The word alone would not do.
            finding.help = Some("write `\"nextSteps\": { \"success\": \"next_step\" }`".to_owned());
        } else {
            *finding = finding.clone().meant(word, Some(field));
        }
    }
}

/// The slug: the word by which other steps, templates and the machine name this one.
///
/// A step without one that can be used is named after its place, so that the rest of it is looked at all the same.
fn slug(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> String {
    let Some(value) = node.get("stepSlug") else {
        if !fields::is_misspelt(node, "stepSlug", diagnostics) {
            diagnostics.push(
                Diagnostic::error(codes::MISSING_FIELD, "the step has no `stepSlug`")
                    .on(node)
                    .help("add a `stepSlug` such as `send_email`"),
            );
        }
        return node.pointer.clone();
    };
    let is_fine = value.as_str().is_some_and(|slug| {
        let mut bytes = slug.bytes();
        slug.len() <= LONGEST_SLUG
            && bytes
                .next()
                .is_some_and(|byte| byte.is_ascii_alphanumeric())
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    });
    if !is_fine {
        let message = format!(
            "a slug is 1 to {LONGEST_SLUG} letters, digits, `_` and `-`, beginning with a letter or digit"
        );
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(value));
    }
    let written = value.as_str().filter(|slug| !slug.is_empty());
    written.unwrap_or(&node.pointer).to_owned()
}

fn kind(node: &Node, config: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Kind> {
    let Some(step_type) = node.get("stepType") else {
        if !fields::is_misspelt(node, "stepType", diagnostics) {
            diagnostics.push(
                Diagnostic::error(codes::MISSING_FIELD, "the step has no `stepType`")
                    .on(node)
                    .help(format!("add one of {}", fields::list(&TYPES))),
            );
        }
        return None;
    };
    let sets_variables = config.get("type").and_then(Node::as_str) == Some("set_variables");
    match step_type.as_str() {
        Some("trigger" | "start") => Some(Kind::Trigger),
        Some("llm" | "agent") => Some(Kind::Llm),
        Some("condition") => Some(Kind::Condition),
        Some("switch") => Some(Kind::Switch),
        Some("action") if sets_variables => Some(Kind::Transform),
        Some("action") => Some(Kind::Action),
        Some("request" | "api_call") => Some(Kind::Request),
        Some("loop") => Some(Kind::Loop),
        Some("output") => Some(Kind::Transform),
        Some(word) if TRANSFORMS.contains(&word) => Some(Kind::Transform),
        Some("approval" | "human_approval") => Some(Kind::Approval),
        Some("signal" | "wait_for_signal") => Some(Kind::Signal),
        Some("subflow" | "workflow") => Some(Kind::Subflow),
        Some("delay") => Some(Kind::Delay),
        Some("parallel") => Some(Kind::Parallel),
        Some("merge") => Some(Kind::Merge),
        Some("code_execution") => {
            let message = "steps do not run code of their own";
            diagnostics.push(
                Diagnostic::error(codes::UNKNOWN_STEP_TYPE, message)
                    .on(step_type)
                    .help("compute with `set_variables`, or call a service that runs the code"),
            );
            None
        }
        Some(word) => {
            let diagnostic = Diagnostic::error(
                codes::UNKNOWN_STEP_TYPE,
                format!("there is no step type `{word}`"),
            )
            .on(step_type);
            let near = near_ours(word, TYPES);
            let is_action = near.is_none()
                && (catalogue::find(word, None).is_some()
                    || catalogue::actions().any(|action| action.name == word));
            diagnostics.push(if is_action {
                diagnostic.help(format!(
                    "say `\"stepType\": \"action\"` with `\"type\": \"{word}\"` in `config`"
                ))
            } else {
                diagnostic
                    .help(format!("the step types are {}", fields::list(&TYPES)))
                    .meant(word, near)
            });
            None
        }
        None => {
            let message = format!("`stepType` is a string, not {}", step_type.noun());
            diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(step_type));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Notation, Options, Severity, compile};

    const CONFIG: &str = r#""config": {"type": "customer_get", "customerId": "1"}"#;

    /// What is said of one step, beside notes: the message, and the help where it names a word.
    fn findings(step: &str) -> Vec<String> {
        let workflow = format!(r#"{{"name": "Example", "steps": [{{{step}}}]}}"#);
        let found = compile(&workflow, Notation::Json, Options::default()).diagnostics;
        let found = found
            .into_iter()
            .filter(|one| one.severity != Severity::Note);
        let meant = |help: Option<String>| help.filter(|help| help.starts_with("did you mean"));
        found
            .map(|one| {
                format!("{} {}", one.message, meant(one.help).unwrap_or_default())
                    .trim()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn a_word_for_a_field_is_one_finding() {
        let rows = [
            (
                r#""slug": "look_up", "stepType": "action""#,
                "a step has no field `slug`; it is ignored did you mean `stepSlug`?",
            ),
            (
                r#""id": "look_up", "stepType": "action""#,
                "a step has no field `id`; it is ignored did you mean `stepSlug`?",
            ),
            (
                r#""stepSlug": "look_up", "type": "action""#,
                "a step has no field `type`; it is ignored did you mean `stepType`?",
            ),
            (
                r#""stepSlug": "look_up", "steptype": "action""#,
                "a step has no field `steptype`; it is ignored did you mean `stepType`?",
            ),
            (
                r#""stepSlug": "look_up", "stepType": "action", "next": {"success": "end"}"#,
                "a step has no field `next`; it is ignored did you mean `nextSteps`?",
            ),
            (
                r#""stepSlug": "look_up", "stepType": "action", "next": "end""#,
                "a step has no field `next`; it is ignored",
            ),
            (
                r#""stepSlug": "look_up", "stepType": "action", "type": "x""#,
                "a step has no field `type`; it is ignored",
            ),
        ];
        for (step, expected) in rows {
            assert_eq!(findings(&format!("{step}, {CONFIG}")), [expected], "{step}");
        }
    }

    #[test]
    fn everything_that_is_wrong_with_a_step_is_said_at_once() {
        let rows: [(&str, &[&str]); 6] = [
            (
                r#""stepSlug": "look_up", "stepType": "action", "config": [], "nextSteps": {"sucess": "end", "error": "gone"}"#,
                &[
                    "`config` is an object, not a list",
                    "step `look_up` is of kind `action` and has no port `sucess` did you mean `success`?",
                    "step `look_up` continues to `gone`, which does not exist",
                ],
            ),
            (
                r#""stepSlug": "look up", "stepType": "action", "config": {"type": "custmer"}"#,
                &[
                    "a slug is 1 to 56 letters, digits, `_` and `-`, beginning with a letter or digit",
                    "there is no action `custmer` did you mean `customer`?",
                ],
            ),
            (
                r#""stepType": "output", "config": {"mapping": {}}, "nextSteps": {"done": "end"}"#,
                &[
                    "the step has no `stepSlug`",
                    "step `/steps/0` is of kind `output` and has no port `done`",
                ],
            ),
            (
                r#""stepSlug": "keep_it", "stepType": "action", "config": {"type": "set_variables", "a": 1}, "nextSteps": {"done": "end"}"#,
                &["step `keep_it` is of kind `set_variables` and has no port `done`"],
            ),
            (
                r#""stepSlug": "keep_it", "stepType": "set_variables", "config": {"a": 1}"#,
                &["there is no step type `set_variables`"],
            ),
            (
                r#""stepSlug": "ask_it", "stepType": "LLM", "config": {}"#,
                &["there is no step type `LLM` did you mean `llm`?"],
            ),
        ];
        for (step, expected) in rows {
            assert_eq!(findings(step), expected, "{step}");
        }
    }

    #[test]
    fn what_stands_beside_a_wrapped_configuration_is_ignored_or_read() {
        let rows = [
            (
                r#""name": "n", "timeoutSeconds": 5, "llmNode": {"systemPrompt": "Greet."}"#,
                None,
            ),
            (
                r#""timeoutSeconds": 5, "llmNode": {"systemPrompt": "Greet.", "timeoutSeconds": 5.0}"#,
                Some("this `timeoutSeconds` is ignored: another stands beside `llmNode`"),
            ),
            (
                r#""temperature": 1, "llmNode": {"systemPrompt": "Greet."}"#,
                Some("`temperature` stands beside `llmNode`; it is ignored"),
            ),
            (
                r#""llmNode": {"systemPrompt": "Greet.", "timeoutSeconds": 0}"#,
                Some("`timeoutSeconds` is a whole number from 1 to 840, not `0`"),
            ),
            (
                r#""llmNode": {"systemPrompt": "Greet.", "retryPolicy": {"maxRetries": -1}}"#,
                Some("`maxRetries` is a whole number from 0 to 1000, not `-1`"),
            ),
        ];
        for (config, expected) in rows {
            let step =
                format!(r#""stepSlug": "ask_it", "stepType": "llm", "config": {{{config}}}"#);
            let expected: Vec<_> = expected.map(str::to_owned).into_iter().collect();
            assert_eq!(findings(&step), expected, "{config}");
        }
    }

    #[test]
    fn whole_numbers_may_be_written_with_a_fraction() {
        let workflow = r#"{"name": "Example", "steps": [{"stepSlug": "ask_it", "stepType": "llm", "config": {
            "systemPrompt": "Greet.", "maxTokens": 5e1, "temperature": 0.5, "timeoutSeconds": 30.0, "retryPolicy": {"maxRetries": 2.0, "backoffMs": 1e3}}}]}"#;
        let program = compile(workflow, Notation::Json, Options::default()).program;
        let program = program.expect("every number is fine");
        let step = program.checked.step(0);
        assert_eq!(step.timeout_seconds, Some(30));
        assert_eq!(
            step.retry
                .as_ref()
                .map(|retry| (retry.max_retries, retry.backoff_ms)),
            Some((2, 1000))
        );
        let expected =
            serde_json::json!({"systemPrompt": "Greet.", "maxTokens": 50, "temperature": 0.5});
        assert_eq!(step.config.to_json(), expected);
    }

    #[test]
    fn every_field_is_documented() {
        crate::fields::assert_documented(&super::FIELDS);
    }
}
