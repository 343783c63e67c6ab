//! References: each leads to something that can be there.

mod bound;
mod input;
mod member;
mod step;
mod variable;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pawl_contract::Kind;
use pawl_contract::reference::ROOTS;
use pawl_expression::{Reference, Segment};

use super::texts::{Text, Unread};
use crate::definition::{Definition, Origin, Step};
use crate::diagnostic::{Diagnostic, Fix, codes};
use crate::graph::{Loops, Order, StepId, Strands};
use crate::source::Node;
use crate::steps;

/// What a step reads, as its Lambda must fetch it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepReads {
    /// Slugs of steps.
    pub steps: BTreeSet<String>,
    /// Names of variables.
    pub variables: BTreeSet<String>,
    /// Names of secrets.
    pub secrets: BTreeSet<String>,
    /// Whether the whole list of a loop is read.
    pub lists: bool,
    /// Steps, and what other engines put around their answers.
    pub surrounds: BTreeSet<(String, &'static str)>,
}

/// What references are checked against.
pub(super) struct Known<'a> {
    /// The definition's text.
    pub(super) text: &'a str,
    pub(super) definition: &'a Definition,
    pub(super) names: &'a BTreeMap<String, StepId>,
    pub(super) order: &'a Order<'a>,
    pub(super) loops: &'a Loops,
    pub(super) strands: &'a Strands,
    /// By slug: the condition in front of each step that may be skipped.
    pub(super) fronts: &'a BTreeMap<&'a str, StepId>,
    /// Every name that a variable has, and the steps that set it.
    pub(super) variables: &'a BTreeMap<String, Vec<StepId>>,
    /// Every name that a secret has.
    pub(super) secrets: &'a BTreeSet<&'a str>,
    /// The names of the run's input that the trigger declares, and whether each is always there.
    pub(super) inputs: &'a BTreeMap<&'a str, bool>,
    /// Whether the run's input comes from elsewhere and nothing declares it, so that any name may be a field of it.
    pub(super) is_input_open: bool,
    /// Whether every step and edge was understood, so that what the graph says can be trusted.
    pub(super) is_whole: bool,
}

/// The names that variables have, those of the workflow's `config` and those that steps set, with these steps.
pub(super) fn variables(definition: &Definition) -> BTreeMap<String, Vec<StepId>> {
    let mut variables: BTreeMap<String, Vec<StepId>> = BTreeMap::new();
    for name in definition.settings.variables.keys() {
        variables.entry(name.clone()).or_default();
    }
    for (id, step) in definition.steps.iter().enumerate() {
        for (name, _) in steps::variables_set(step) {
            variables.entry(name.to_owned()).or_default().push(id);
        }
    }
    variables
}

/// By slug: the condition in front of each step that may be skipped.
pub(super) fn fronts(definition: &Definition) -> BTreeMap<&str, StepId> {
    let mut fronts = BTreeMap::new();
    for (id, step) in definition.steps.iter().enumerate() {
        if let Some(Origin::RunIf(skipped)) = &step.origin {
            fronts.entry(skipped.as_str()).or_insert(id);
        }
    }
    fronts
}

/// The names that secrets have: those of the workflow's `config`, and the secure variables that steps set.
pub(super) fn secrets(definition: &Definition) -> BTreeSet<&str> {
    let declared = definition.settings.secrets.keys().map(String::as_str);
    let set = definition.steps.iter().flat_map(steps::secrets_set);
    declared.chain(set).collect()
}

/// Speaks of the texts that cannot be read.
pub(super) fn unread(text: &str, unread: Vec<Unread<'_>>, diagnostics: &mut Vec<Diagnostic>) {
    for Unread { node, error } in unread {
        let span = node.inner_span(text, error.span);
        let mut diagnostic = Diagnostic::error(codes::EXPRESSION_SYNTAX, error.message)
            .at(node.pointer.clone(), span)
            .maybe_help(error.help);
        // A fix is for the value; what is written otherwise, with an escape perhaps, has none.
        if let Some(fix) = error.fix
            && let Some(written) = node.written_span(text, &fix.span)
        {
            diagnostic = diagnostic.fix(Fix::replace(written, fix.text));
        }
        diagnostics.push(diagnostic);
    }
}

/// Checks every reference, and says what each step reads.
pub(super) fn check(
    known: &Known<'_>,
    texts: &[Text<'_>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<StepReads> {
    let steps = &known.definition.steps;
    let mut reads = vec![StepReads::default(); steps.len()];
    let asked = asked(steps, texts);
    for text in texts {
        let mut visit = Visit {
            known,
            step: text.step.and_then(|id| Some((id, steps.get(id)?))),
            reading: text.reading,
            alternatives: alternatives(known, &text.references),
            chooses: text.node.as_str().is_some_and(has_ternary),
            asked: &asked,
            reads: StepReads::default(),
            diagnostics: &mut *diagnostics,
        };
        visit.references(&text.node, &text.references);
        let found = visit.reads;
        if let Some(reads) = text.step.and_then(|id| reads.get_mut(id)) {
            reads.steps.extend(found.steps);
            reads.variables.extend(found.variables);
            reads.secrets.extend(found.secrets);
            reads.lists |= found.lists;
            reads.surrounds.extend(found.surrounds);
        }
    }
    reads
}

/// By what is asked, a step's slug behind `steps.` or a variable: the choices that ask for it.
type Asked = BTreeMap<String, Vec<StepId>>;

/// What choices ask for.
fn asked(steps: &[Step], texts: &[Text<'_>]) -> Asked {
    let mut asked = Asked::new();
    for text in texts {
        let Some(id) = text.step else { continue };
        let chooses = steps
            .get(id)
            .is_some_and(|step| matches!(step.kind, Kind::Condition | Kind::Switch));
        for reference in text.references.iter().filter(|_| chooses) {
            let key = match (name_at(reference, 0), name_at(reference, 1)) {
                (Some("steps"), Some(slug)) => format!("steps.{slug}"),
                (Some("variables" | "config"), Some(name)) | (Some(name), _) => name.to_owned(),
                (None, _) => continue,
            };
            asked.entry(key).or_default().push(id);
        }
    }
    asked
}

/// The steps whose absence a text provides for.
fn alternatives(known: &Known<'_>, references: &[Reference]) -> Vec<StepId> {
    let covered = references
        .iter()
        .filter(|reference| reference.has_default && name_at(reference, 0) == Some("steps"));
    covered
        .filter_map(|reference| known.names.get(name_at(reference, 1)?).copied())
        .collect()
}

/// Whether a text holds a `?` that is not part of `?:`.
fn has_ternary(text: &str) -> bool {
    let without_defaults = text.replace("??", "?:");
    let mut marks = without_defaults.split('?').skip(1);
    marks.any(|rest| !rest.starts_with(':'))
}

/// One text and what is found in it.
struct Visit<'a, 'd> {
    known: &'a Known<'a>,
    /// The step that refers; none for the workflow's own variables.
    step: Option<(StepId, &'a Step)>,
    reading: steps::Text,
    /// The steps that another one stands in for in this text: `steps.a.output ?: steps.b.output`.
    alternatives: Vec<StepId>,
    /// Whether the text chooses what it reads: `a ? b : c`.
    chooses: bool,
    asked: &'a Asked,
    reads: StepReads,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Visit<'_, '_> {
    /// Whether the way to this step is one of a choice that asks for just this.
    fn is_settled(&self, key: &str, reader: StepId) -> bool {
        let choices = self.asked.get(key).into_iter().flatten();
        let order = self.known.order;
        choices
            .into_iter()
            .any(|choice| order.is_behind_one_way(*choice, reader))
    }

    fn references(&mut self, node: &Node, references: &[Reference]) {
        for reference in references {
            // Inside of a section, a name that means nothing here may be a field of the section's item.
            let place = Place {
                node,
                inner: reference.span.clone(),
            };
            if reference.relative && !self.is_known(reference, &place) {
                continue;
            }
            self.reference(reference, &place);
        }
    }

    /// Whether the root of a reference means something to this step.
    fn is_known(&self, reference: &Reference, place: &Place<'_>) -> bool {
        let Some(Segment::Name(root)) = reference.path.first() else {
            return false;
        };
        ROOTS.contains(&root.as_str())
            || self.given(place).contains(&root.as_str())
            || self.known.variables.contains_key(root)
            || self.is_bound(root, place)
    }

    /// The names to which the step itself gives a meaning here.
    fn given(&self, place: &Place<'_>) -> &'static [&'static str] {
        let step = self.step.map(|(_, step)| step);
        step.map_or(&[], |step| steps::given(step, &place.node.pointer))
    }

    fn reference(&mut self, reference: &Reference, place: &Place<'_>) {
        let Some(Segment::Name(root)) = reference.path.first() else {
            return;
        };
        if self.given(place).contains(&root.as_str()) {
            return;
        }
        let member = name_at(reference, 1);
        self.members(reference, place);
        match root.as_str() {
            "steps" => self.step_reference(member, reference, place),
            "loop" => self.loop_reference(member, reference, place),
            "input" => self.input_reference(member, reference, place),
            "variables" | "config" => self.variables_reference(member, reference, place),
            "secrets" => self.secret_reference(member, place),
            name if self.known.variables.contains_key(name) => {
                self.variable(name, reference, place);
            }
            name if ROOTS.contains(&name) => {}
            name => self.bound_name(name, reference, place),
        }
    }

    /// What is read can never be there: an error, unless the text says what is taken instead.
    fn never(&self, code: &'static str, message: String, reference: &Reference) -> Diagnostic {
        if reference.has_default || self.chooses {
            let message = format!("{message}: the default is always taken");
            return Diagnostic::warning(code, message);
        }
        Diagnostic::error(code, message)
    }

    /// Whether the step provides for what cannot be evaluated.
    fn forgives(&self) -> bool {
        self.step.is_some_and(|(_, step)| steps::forgives(step))
    }

    /// A secret, which may be read only where it is used.
    fn secret_reference(&mut self, member: Option<&str>, place: &Place<'_>) {
        let Some(name) = member else {
            let message = "`secrets` is read one by one";
            let diagnostic = Diagnostic::error(codes::UNKNOWN_REFERENCE, message);
            self.say(diagnostic.help("name a secret: `secrets.<name>`"), place);
            return;
        };
        if !self.known.secrets.contains(name) {
            let help = format!(
                "declare it: `\"config\": {{ \"secrets\": {{ \"{name}\": {{ \"envVar\": \"...\" }} }} }}`"
            );
            let message = format!("there is no secret `{name}`");
            let diagnostic = Diagnostic::error(codes::UNKNOWN_REFERENCE, message).help(help);
            let near = crate::diagnostic::near(name, self.known.secrets.iter().copied());
            self.say(diagnostic.perhaps_meant(name, near), place);
            return;
        }
        self.reads.secrets.insert(name.to_owned());
        let is_sink = self
            .step
            .is_some_and(|(_, step)| steps::is_sink(step, &place.node.pointer));
        if is_sink {
            return;
        }
        let is_encrypted = self
            .step
            .is_some_and(|(_, step)| steps::is_kept_encrypted(step, &place.node.pointer));
        let (message, help) = if is_encrypted {
            (
                format!(
                    "a step that sets variables is not given the secret `{name}`, not even for a secure one"
                ),
                format!("read `secrets.{name}` itself where it is sent: it needs no variable"),
            )
        } else {
            (
                format!("the secret `{name}` would be written down here"),
                "read it where it is sent: in the `url`, `headers`, `query`, `auth` or body of a request, or in the parameters of an `integration`".to_owned(),
            )
        };
        self.say(
            Diagnostic::error(codes::EXPOSED_SECRET, message).help(help),
            place,
        );
    }

    fn say(&mut self, diagnostic: Diagnostic, place: &Place<'_>) {
        let span = place.node.inner_span(self.known.text, place.inner.clone());
        self.diagnostics
            .push(diagnostic.at(place.node.pointer.clone(), span));
    }
}

/// The name at a place of a reference's path, if it is one.
pub(super) fn name_at(reference: &Reference, at: usize) -> Option<&str> {
    match reference.path.get(at) {
        Some(Segment::Name(name)) => Some(name.as_str()),
        Some(Segment::Index(_) | Segment::Dynamic) | None => None,
    }
}

/// Whether a step is a loop that binds its item or index to a name.
fn binds(step: &Step, name: &str) -> bool {
    let fields = ["itemVariable", "indexVariable"].iter();
    let mut bound = fields.filter_map(|field| step.config.get(field).and_then(Node::as_str));
    step.kind == Kind::Loop && bound.any(|bound| bound == name)
}

/// Whether a template prints or passes on a reference as it is, so that a missing member is an error.
fn is_bare(place: &Place<'_>) -> bool {
    let text = place.text();
    let before = text.get(..place.inner.start).unwrap_or_default();
    let after = text.get(place.inner.end..).unwrap_or_default();
    before.trim_end().ends_with("{{") && after.trim_start().starts_with("}}")
}

/// A range of a string's value.
struct Place<'a> {
    node: &'a Node,
    inner: Range<usize>,
}

impl Place<'_> {
    fn text(&self) -> &str {
        self.node.as_str().unwrap_or_default()
    }
}
