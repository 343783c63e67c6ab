//! What the compiler knows of each kind of step: what its configuration must hold, and which texts in it are evaluated.

mod action;
mod condition;
mod llm;
mod r#loop;
mod transform;
mod trigger;

use pawl_contract::Kind;

use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::parse::envelope::unknown_fields;
use crate::source::Node;

pub use trigger::inputs;

/// How a text is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// `{{...}}` inside is replaced; so in every string that the value holds.
    Template,
    /// The whole text is an expression.
    Expression,
}

/// Checks a step's configuration.
pub fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(known) = fields(step) {
        let what = format!("the `config` of step `{}`", step.slug);
        unknown_fields(&step.config, known, &what, diagnostics);
    }
    match step.kind {
        Kind::Trigger => trigger::check(step, diagnostics),
        Kind::Llm => llm::check(step, diagnostics),
        Kind::Action => action::check(step, diagnostics),
        Kind::Condition => condition::check(step, diagnostics),
        Kind::Loop => r#loop::check(step, diagnostics),
        Kind::Transform => transform::check(step, diagnostics),
    }
}

/// The fields that a step's configuration may have; none where any field may be a parameter.
fn fields(step: &Step) -> Option<&'static [&'static str]> {
    match step.kind {
        Kind::Trigger => Some(trigger::FIELDS),
        Kind::Llm => Some(llm::FIELDS),
        Kind::Condition => Some(condition::FIELDS),
        Kind::Loop => Some(r#loop::FIELDS),
        Kind::Action => step.config.get("parameters").map(|_| action::FIELDS),
        Kind::Transform if step.config.get("type").is_none() => Some(transform::OUTPUT_FIELDS),
        Kind::Transform => step.config.get("parameters").map(|_| action::FIELDS),
    }
}

/// The values of a step's configuration that are evaluated when it runs.
pub fn templates(step: &Step) -> Vec<(Text, &Node)> {
    match step.kind {
        Kind::Condition => step
            .config
            .get("expression")
            .map(|node| (Text::Expression, node))
            .into_iter()
            .collect(),
        Kind::Loop => step
            .config
            .get("items")
            .map(|node| (Text::Template, node))
            .into_iter()
            .collect(),
        // A trigger's templates are evaluated once, by intake.
        Kind::Trigger => step
            .config
            .get("data")
            .map(|node| (Text::Template, node))
            .into_iter()
            .collect(),
        Kind::Llm | Kind::Action | Kind::Transform => vec![(Text::Template, &step.config)],
    }
}

/// The variables that a step sets, by name, and where each name's value stands.
pub fn variables_set(step: &Step) -> Vec<(&str, &Node)> {
    if step.kind == Kind::Transform {
        transform::variables(step)
    } else {
        Vec::new()
    }
}

/// A field that must be there.
fn required<'step>(
    step: &'step Step,
    field: &str,
    help: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'step Node> {
    let found = step.config.get(field).filter(|node| !node.is_null());
    if found.is_none() {
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` has no `{field}`", step.slug),
            )
            .on(&step.config)
            .help(help),
        );
    }
    found
}

/// Says that a value is not what its field asks for.
fn wrong(node: &Node, expected: &str) -> Diagnostic {
    Diagnostic::error(
        codes::INVALID_VALUE,
        format!("{expected}, not {}", node.noun()),
    )
    .on(node)
}

/// Says that a step needs something that only a mock can stand in for.
fn not_yet(step: &Step, node: &Node, what: &str) -> Diagnostic {
    let mut diagnostic = Diagnostic::warning(
        codes::NOT_YET,
        format!("step `{}` needs {what}, which cannot run yet", step.slug),
    )
    .on(node)
    .help(format!(
        "mock the step to run the workflow: `{{ \"{}\": ... }}` in `mocks.json`",
        step.slug
    ));
    diagnostic.mockable = Some(step.slug.clone());
    diagnostic
}
