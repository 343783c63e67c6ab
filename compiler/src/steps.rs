//! What the compiler knows of each kind of step: what its configuration must hold, and which texts in it are evaluated.

mod action;
mod approval;
mod cache;
mod condition;
mod delay;
pub(crate) mod llm;
mod r#loop;
pub(crate) mod merge;
mod parallel;
mod request;
mod signal;
mod subflow;
mod switch;
pub(crate) mod transform;
mod trigger;

use pawl_contract::Kind;

use crate::definition::{Definition, Step};
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Templates};
use crate::graph::Division;
use crate::source::{Data, Node};
use crate::triggers;

pub(crate) use action::operation;
pub(crate) use delay::LONGEST_WAIT_SECONDS;
pub(crate) use r#loop::{RESERVED, can_be_bound};
pub use trigger::{inputs, is_input_open, required_inputs};

/// The field that says what becomes of a step of which nobody knows whether it has acted.
const ON_UNKNOWN: &str = "onUnknown";

/// The field that says what becomes of an expression that cannot be evaluated.
const ON_ERROR: &str = "onError";

/// How a text is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// `{{...}}` inside is replaced; so in every string that the value holds.
    Template,
    /// The whole text is an expression.
    Expression,
}

/// Checks the configuration of every step.
pub fn check(definition: &Definition, diagnostics: &mut Vec<Diagnostic>) {
    let understood = |step: &&Step| !step.has_refused_config;
    for step in definition.steps.iter().filter(understood) {
        check_one(step, diagnostics);
    }
    let mut steps = definition.steps.iter();
    let first = steps.find(|step| step.kind == Kind::Trigger);
    if let Some(trigger) = first.filter(understood) {
        triggers::check_secret(definition, trigger, diagnostics);
        trigger::check_when(definition, trigger, diagnostics);
    }
}

fn check_one(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let what = format!("the `config` of step `{}`", step.slug);
    match table(step) {
        Table::Fields(known, templates) => {
            fields::check(&step.config, known, &what, templates, diagnostics);
        }
        Table::Names(names) => {
            fields::unknown(&step.config, &names.iter().copied(), &what, diagnostics);
        }
        Table::Open => {}
    }
    match step.kind {
        Kind::Trigger => trigger::check(step, diagnostics),
        Kind::Llm => {
            llm::check(step, diagnostics);
            cache::check(step, diagnostics);
        }
        Kind::Action => {
            action::check(step, diagnostics);
            // Beside parameters that stand alone, it would be one of them.
            if has_parameters(step) {
                cache::check(step, diagnostics);
            }
        }
        Kind::Request => {
            request::check(step, diagnostics);
            cache::check(step, diagnostics);
        }
        Kind::Condition => condition::check(step, diagnostics),
        Kind::Switch => switch::check(step, diagnostics),
        Kind::Loop => r#loop::check(step, diagnostics),
        Kind::Transform => transform::check(step, diagnostics),
        Kind::Approval => approval::check(step, diagnostics),
        Kind::Signal => signal::check(step, diagnostics),
        Kind::Subflow => subflow::check(step, diagnostics),
        Kind::Delay => delay::check(step, diagnostics),
        Kind::Merge => merge::check(step, diagnostics),
        Kind::Parallel => {}
    }
}

/// What a step's configuration may hold.
enum Table {
    Fields(&'static [Field], Templates),
    Names(&'static [&'static str]),
    /// Any field may be a parameter.
    Open,
}

/// Whether an action's parameters stand apart from what else its configuration says.
fn has_parameters(step: &Step) -> bool {
    step.config.get("parameters").is_some()
}

fn table(step: &Step) -> Table {
    match step.kind {
        Kind::Trigger => Table::Fields(trigger::FIELDS, Templates::Refused),
        Kind::Llm => Table::Fields(llm::FIELDS, Templates::Allowed),
        Kind::Request => Table::Fields(request::FIELDS, Templates::Allowed),
        Kind::Condition => Table::Fields(condition::FIELDS, Templates::Refused),
        Kind::Switch => Table::Fields(switch::FIELDS, Templates::Refused),
        Kind::Loop => Table::Fields(r#loop::FIELDS, Templates::Refused),
        Kind::Approval => Table::Fields(approval::FIELDS, Templates::Allowed),
        Kind::Signal => Table::Fields(signal::FIELDS, Templates::Allowed),
        Kind::Subflow => Table::Fields(subflow::FIELDS, Templates::Allowed),
        Kind::Delay => Table::Fields(delay::FIELDS, Templates::Allowed),
        Kind::Parallel => Table::Fields(parallel::FIELDS, Templates::Refused),
        Kind::Merge => Table::Fields(merge::FIELDS, Templates::Refused),
        Kind::Transform if transform::form(step) == transform::Form::Output => {
            Table::Fields(transform::OUTPUT_FIELDS, Templates::Allowed)
        }
        Kind::Transform if transform::form(step) == transform::Form::Data => {
            Table::Fields(transform::data::FIELDS, Templates::Refused)
        }
        Kind::Action | Kind::Transform if has_parameters(step) => Table::Names(action::FIELDS),
        Kind::Action | Kind::Transform => Table::Open,
    }
}

/// The values of a step's configuration that are evaluated when it runs.
pub fn templates(step: &Step) -> Vec<(Text, &Node)> {
    match step.kind {
        Kind::Condition => {
            let variables = step.config.get("variables");
            let variables = variables.map(|node| (Text::Template, node));
            let expression = step.config.get("expression");
            let expression = expression.map(|node| (Text::Expression, node));
            variables.into_iter().chain(expression).collect()
        }
        Kind::Switch => {
            let variables = step.config.get("variables");
            let variables = variables.map(|node| (Text::Template, node));
            let cases = switch::expressions(step).map(|node| (Text::Expression, node));
            variables.into_iter().chain(cases).collect()
        }
        Kind::Loop => step
            .config
            .get("items")
            .map(|node| (Text::Template, node))
            .into_iter()
            .collect(),
        // A trigger's templates are evaluated once, by intake; the secret of its webhook before that.
        Kind::Trigger => ["data", "context"]
            .iter()
            .filter_map(|field| step.config.get(field))
            .chain(triggers::secret(step))
            .map(|node| (Text::Template, node))
            .collect(),
        Kind::Transform if transform::form(step) == transform::Form::Data => {
            let texts = transform::data::texts(step).into_iter();
            texts.map(|(text, node, _)| (text, node)).collect()
        }
        Kind::Llm
        | Kind::Action
        | Kind::Request
        | Kind::Transform
        | Kind::Approval
        | Kind::Signal
        | Kind::Subflow
        | Kind::Delay => vec![(Text::Template, &step.config)],
        Kind::Parallel | Kind::Merge => Vec::new(),
    }
}

/// The names to which a step itself gives a meaning in one of its texts, whatever they mean elsewhere.
pub fn given(step: &Step, pointer: &str) -> &'static [&'static str] {
    if step.kind != Kind::Transform || transform::form(step) != transform::Form::Data {
        return &[];
    }
    let is_in = |node: &Node| {
        let rest = pointer.strip_prefix(node.pointer.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut texts = transform::data::texts(step).into_iter();
    texts
        .find(|(_, node, _)| is_in(node))
        .map_or(&[], |(_, _, names)| names)
}

/// How often a step may go on in a new invocation; `None` where it never does.
pub fn most_turns(step: &Step) -> Option<u64> {
    (step.kind == Kind::Llm).then(|| llm::most_turns(step))
}

/// How many iterations of a loop run side by side, where its author lets them run each for itself.
pub fn concurrency(step: &Step) -> Option<u64> {
    let asked = Some(step).filter(|step| step.kind == Kind::Loop);
    asked.and_then(|step| step.config.get("concurrency")?.as_u64())
}

/// How a step divides the run's line of visits, where it does.
pub fn division(step: &Step) -> Option<Division> {
    if step.kind == Kind::Parallel {
        Some(Division::Branches)
    } else {
        concurrency(step).map(|_| Division::Items)
    }
}

/// Whether a step may ask somebody before it goes on: about an outcome that nobody knows, or for a larger budget.
pub fn asks(step: &Step) -> bool {
    if step.kind == Kind::Llm {
        return llm::asks(step);
    }
    on_unknown(step).and_then(Node::as_str) == Some("ask")
}

/// What becomes of a step of which nobody knows whether it has acted, as its author has decided.
fn on_unknown(step: &Step) -> Option<&Node> {
    let acts = matches!(step.kind, Kind::Action | Kind::Request);
    let decided = step.config.get(ON_UNKNOWN).filter(|_| acts);
    decided.filter(|node| !node.is_null())
}

/// Whether the author has decided what becomes of a step of which nobody knows whether it has acted.
pub fn decides_unknown(step: &Step) -> bool {
    on_unknown(step).is_some()
}

/// The variables that a step sets, by name, and where each name's value stands.
pub fn variables_set(step: &Step) -> Vec<(&str, &Node)> {
    if step.kind == Kind::Transform {
        transform::variables(step)
    } else {
        Vec::new()
    }
}

/// Whether a step says what the run gives.
pub fn is_output(step: &Step) -> bool {
    step.kind == Kind::Transform && transform::form(step) == transform::Form::Output
}

/// The secure variables that a step sets, by name.
pub fn secrets_set(step: &Step) -> impl Iterator<Item = &str> {
    let transforms = Some(step).filter(|step| step.kind == Kind::Transform);
    transforms.into_iter().flat_map(transform::secrets)
}

/// Whether a place of a step stands in the value of a secure variable, which is kept encrypted.
pub fn is_kept_encrypted(step: &Step, pointer: &str) -> bool {
    step.kind == Kind::Transform && transform::is_kept_encrypted(step, pointer)
}

/// Whether a value of a step's configuration goes nowhere but where it is needed, so that a secret may stand in it.
pub fn is_sink(step: &Step, pointer: &str) -> bool {
    match step.kind {
        Kind::Request => request::is_sink(step, pointer),
        Kind::Action => operation(step).is_some_and(|operation| operation.takes_secrets),
        Kind::Trigger => triggers::secret(step).is_some_and(|node| node.pointer == pointer),
        Kind::Llm
        | Kind::Approval
        | Kind::Signal
        | Kind::Subflow
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge
        | Kind::Condition
        | Kind::Switch
        | Kind::Loop
        | Kind::Transform => false,
    }
}

/// Whether a step chooses where to go on by expressions.
pub fn decides(step: &Step) -> bool {
    matches!(step.kind, Kind::Condition | Kind::Switch)
}

/// What stands instead of an expression in a step that decides, and is the same in every run.
pub fn flags(step: &Step) -> Vec<&Node> {
    let own = Some(step).filter(|step| step.kind == Kind::Condition);
    let own = own.and_then(|step| step.config.get("expression"));
    let cases = Some(step).filter(|step| step.kind == Kind::Switch);
    let cases = cases.into_iter().flat_map(switch::expressions);
    own.into_iter()
        .chain(cases)
        .filter(|node| matches!(node.data, Data::Bool(_)))
        .collect()
}

/// Whether an expression of a step that cannot be evaluated is taken for one that does not hold.
pub fn forgives(step: &Step) -> bool {
    decides(step)
        && step
            .config
            .get(ON_ERROR)
            .is_some_and(|word| !word.is_null())
}

/// The names that only the texts of this step can read, in the order in which they get their values.
pub fn names(step: &Step) -> impl Iterator<Item = (&str, &Node)> {
    let own = Some(step).filter(|step| decides(step));
    let own = own.and_then(|step| Some(step.config.get("variables")?.entries()));
    own.unwrap_or_default()
        .iter()
        .map(|entry| (entry.key.as_str(), &entry.node))
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

#[cfg(test)]
mod tests {
    use super::{
        Field, approval, condition, delay, llm, r#loop, merge, parallel, request, signal, subflow,
        switch, transform, trigger,
    };

    #[test]
    fn every_field_of_a_step_is_documented() {
        let tables: [&[Field]; 14] = [
            trigger::FIELDS,
            llm::FIELDS,
            request::FIELDS,
            condition::FIELDS,
            switch::FIELDS,
            &switch::CASE,
            r#loop::FIELDS,
            transform::OUTPUT_FIELDS,
            approval::FIELDS,
            signal::FIELDS,
            subflow::FIELDS,
            delay::FIELDS,
            merge::FIELDS,
            parallel::FIELDS,
        ];
        for table in tables {
            crate::fields::assert_documented(table);
        }
        let page = include_str!("../../docs/transforms.md");
        crate::fields::assert_on(page, &transform::data::documented());
    }
}
