//! Types: what each step gives, as far as its kind, the catalogue and its schemas say; and texts that cannot mean what
//! they say.

mod answer;
mod findings;
mod given;
mod items;
mod wanted;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use items::Items;
use pawl_contract::Kind;
use pawl_contract::reference::ROOTS;
use pawl_expression::{Mistake, Others, Roots, Segment, Type};

use super::texts::Text;
use crate::definition::{Definition, Step};
use crate::diagnostic::Diagnostic;
use crate::graph::{Loops, StepId};
use crate::source::Node;
use crate::steps::{self, Text as Reading};

pub(crate) use given::of as given;

/// What the texts of a definition are looked at with.
struct Known<'a> {
    text: &'a str,
    definition: &'a Definition,
    loops: &'a Loops,
    variables: &'a BTreeMap<String, Vec<StepId>>,
    /// The root names that mean the same everywhere.
    roots: Roots<'a>,
    items: Items,
}

/// Looks for members that nothing has, comparisons that never hold, and values of the wrong type.
pub(super) fn check(
    text: &str,
    definition: &Definition,
    loops: &Loops,
    variables: &BTreeMap<String, Vec<StepId>>,
    texts: &[Text<'_>],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut known = Known {
        text,
        definition,
        loops,
        variables,
        roots: roots(definition, variables, texts),
        items: Items::new(),
    };
    known.find_items(texts);
    for text in texts {
        known.look(text, diagnostics);
    }
}

/// The types of the root names, without those of loops.
fn roots<'d>(
    definition: &'d Definition,
    variables: &BTreeMap<String, Vec<StepId>>,
    texts: &[Text<'_>],
) -> Roots<'d> {
    let read = Read::of(texts);
    let mut roots = Roots::new();
    let mut outcomes = BTreeMap::new();
    // Many steps do the same, and what that gives is a long schema.
    let mut known: BTreeMap<(&str, &str), Arc<Type>> = BTreeMap::new();
    let steps = definition.steps.iter();
    for step in steps.filter(|step| read.holds(&step.slug)) {
        let operation = Some(step).filter(|step| step.kind == Kind::Action);
        let operation = operation.and_then(steps::operation);
        let given = || Arc::new(given::of(step, definition));
        let output = match operation {
            Some(operation) => {
                let name = (operation.action, operation.operation);
                Arc::clone(known.entry(name).or_insert_with(given))
            }
            None => given(),
        };
        let members = [("output".to_owned(), Type::Given(output))];
        outcomes.insert(step.slug.clone(), Type::object(members, Others::Maybe));
    }
    let input = given::input(definition);
    // What is declared may be read without `input` before it, where nothing else has the name.
    if let Type::Object(fields) = &input {
        for (name, found) in &fields.known {
            if !variables.contains_key(name) && !ROOTS.contains(&name.as_str()) {
                roots.insert(Cow::Owned(name.clone()), Arc::new(found.clone()));
            }
        }
    }
    let texts = [
        "now",
        "$now",
        "$uuid",
        "organizationId",
        "wfDefinitionId",
        "rootWfDefinitionId",
        "executionId",
    ];
    let texts = texts.map(|name| (name, Type::Text));
    // Steps that are not there are spoken of elsewhere.
    let steps = ("steps", Type::object(outcomes, Others::Maybe));
    for (name, found) in [steps, ("input", input), ("nowMs", Type::Number)]
        .into_iter()
        .chain(texts)
    {
        roots.insert(Cow::Borrowed(name), Arc::new(found));
    }
    roots
}

/// The steps of which texts read something: nobody asks what the others give.
enum Read<'a> {
    /// Which it is, some text decides when it is evaluated.
    Any,
    These(BTreeSet<&'a str>),
}

impl<'a> Read<'a> {
    fn of(texts: &'a [Text<'_>]) -> Self {
        let mut these = BTreeSet::new();
        for reference in texts.iter().flat_map(|text| &text.references) {
            match reference.path.as_slice() {
                [Segment::Name(root), Segment::Name(slug), ..] if root == "steps" => {
                    these.insert(slug.as_str());
                }
                [Segment::Name(root), ..] if root == "steps" => return Self::Any,
                _ => {}
            }
        }
        Self::These(these)
    }

    fn holds(&self, slug: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(slugs) => slugs.contains(slug),
        }
    }
}

impl<'a> Known<'a> {
    fn look(&self, text: &Text<'_>, diagnostics: &mut Vec<Diagnostic>) {
        let step = text
            .step
            .and_then(|id| Some((id, self.definition.steps.get(id)?)));
        let roots = match step {
            Some((id, step)) => self.roots_of(id, step, &text.node),
            None => Cow::Borrowed(&self.roots),
        };
        let (found, findings) = text.parsed.infer(&roots);
        // What reads nothing is the same in every run, and that is said elsewhere, unless it fails in every run.
        let is_constant = text.references.is_empty();
        for finding in findings {
            if !is_constant || matches!(finding.mistake, Mistake::Misfit { .. }) {
                diagnostics.extend(self.say(&finding, text));
            }
        }
        if let Some((_, step)) = step.filter(|_| text.reading == Reading::Template && !is_constant)
        {
            diagnostics.extend(wanted::misfit(step, &text.node, &found));
        }
    }

    /// The types of the names that a text of a step may begin with.
    fn roots_of(&self, id: StepId, step: &Step, node: &Node) -> Cow<'_, Roots<'a>> {
        let mut roots = Cow::Borrowed(&self.roots);
        self.bind(id, &mut roots);
        // What a step calls by a name of its own is something else.
        let given = steps::given(step, &node.pointer);
        let own = steps::names(step).map(|(name, _)| name);
        for name in given.iter().copied().chain(own) {
            if roots.contains_key(name) {
                roots.to_mut().remove(name);
            }
        }
        roots
    }
}

/// Whether a step only computes, so that no mock stands in for it and what it gives is certain.
fn is_certain(step: &Step) -> bool {
    step.kind == Kind::Transform
}
