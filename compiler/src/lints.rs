//! Lints: what compiles, and probably does not do what was meant, or could do it better.
//!
//! Each can be allowed in the definition, with a reason:
//! `"lints": [{ "allow": "no-error-port", "step": "send_email", "reason": "A lost mail does no harm." }]`.

mod acting;
mod allowances;
mod conditions;
mod integrations;
mod keys;
mod loops;
mod names;
mod outputs;
mod prose;
mod spelling;
mod webhooks;

use crate::check::StepReads;
use crate::check::texts::Text;
use crate::definition::{Definition, Step};
use crate::diagnostic::Diagnostic;
use crate::graph::{Graph, Loops, StepId, Strands};
use crate::steps::operation;

pub(crate) use allowances::Allowances;
pub(crate) use conditions::COMPARE;

/// What a lint can look at.
pub(crate) struct Facts<'a> {
    /// The definition's text.
    pub(crate) text: &'a str,
    pub(crate) definition: &'a Definition,
    pub(crate) graph: &'a Graph,
    pub(crate) loops: &'a Loops,
    pub(crate) strands: &'a Strands,
    /// Every template and expression.
    pub(crate) texts: &'a [Text<'a>],
    pub(crate) reads: &'a [StepReads],
    /// Whether every step, edge and text was understood.
    pub(crate) is_whole: bool,
}

impl<'a> Facts<'a> {
    fn steps(&self) -> impl Iterator<Item = (StepId, &'a Step)> {
        self.definition.steps.iter().enumerate()
    }
}

type Lint = fn(&Facts<'_>, &mut Vec<Diagnostic>);

/// Every lint. Those that follow from the graph wait until it is whole.
const LINTS: [Lint; 16] = [
    acting::no_error_port,
    acting::silent_failure,
    acting::missing_timeout,
    conditions::constant,
    conditions::same_target,
    integrations::undeclared,
    keys::hard_coded,
    loops::deep,
    loops::unbounded,
    names::vague,
    names::unused,
    outputs::goes_on,
    prose::commented_out,
    prose::object_in_text,
    spelling::not_canonical,
    webhooks::open,
];

/// Looks at a definition with every lint.
pub(crate) fn check(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for lint in LINTS {
        lint(facts, diagnostics);
    }
}

/// Places a finding at a step's slug.
fn at_slug(diagnostic: Diagnostic, step: &Step) -> Diagnostic {
    let place = &step.slug_place;
    diagnostic.at(place.pointer.clone(), place.span.clone())
}
