//! Types: what each step gives, as far as its kind, the catalogue and its schemas say; and texts that cannot mean what
//! they say.

mod answer;
mod given;
mod items;
mod wanted;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use items::Items;
use pawl_contract::Kind;
use pawl_contract::reference::ROOTS;
use pawl_expression::{Finding, Mistake, Others, Roots, Segment, Type};

use super::texts::Text;
use crate::definition::{Definition, Step};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::graph::{Loops, StepId};
use crate::source::Node;
use crate::steps::{self, Text as Reading};

/// What the texts of a definition are looked at with.
struct Known<'a> {
    text: &'a str,
    definition: &'a Definition,
    loops: &'a Loops,
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
                diagnostics.extend(self.say(&finding, &text.node));
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

    fn say(&self, finding: &Finding, node: &Node) -> Option<Diagnostic> {
        let span = node.inner_span(self.text, finding.span.clone());
        let diagnostic = match &finding.mistake {
            Mistake::NoMember {
                owner,
                member,
                found,
                is_defaulted: false,
            } => no_member(owner, member, found),
            Mistake::NoMember {
                owner,
                member,
                found,
                is_defaulted: true,
            } => never_there(owner, member, found)?,
            Mistake::NeverEqual { left, right, gives } => never_equal(left, right, *gives),
            Mistake::Misfit {
                operation,
                needs,
                found,
            } => Diagnostic::error(
                codes::WRONG_TYPE,
                format!("`{operation}` needs {needs}, and this is {found}"),
            ),
            Mistake::FlagInOrder { operation, other } => Diagnostic::warning(
                codes::WRONG_TYPE,
                format!("`{operation}` compares `true` or `false`, which count as 1 and 0, with {other}"),
            )
            .help("use the value as the condition itself, or compare each value on its own and join them by `&&`"),
        };
        Some(diagnostic.at(node.pointer.clone(), span))
    }
}

/// What there is to say of a member that its owner does not have.
fn no_member(owner: &str, member: &str, found: &Type) -> Diagnostic {
    let mut names = Vec::new();
    let mut is_certain = true;
    collect(found, &mut names, &mut is_certain);
    let near = near(member, names.iter().map(String::as_str));
    let message = format!("`{owner}` has no `{member}`: it is {found}");
    if is_certain {
        let diagnostic = Diagnostic::error(codes::UNKNOWN_REFERENCE, message);
        return diagnostic.perhaps_meant(member, near);
    }
    if owner != "input" {
        let diagnostic = Diagnostic::warning(codes::UNKNOWN_REFERENCE, message);
        return diagnostic.perhaps_meant(member, near);
    }
    // Whoever starts a run may give more than what is declared.
    let message = format!("the trigger declares no input `{member}`: `input` is {found}");
    let diagnostic = Diagnostic::warning(codes::UNKNOWN_REFERENCE, message);
    if near.is_some() {
        return diagnostic.perhaps_meant(member, near);
    }
    diagnostic.help("declare it, so that a run without it is refused or gets its default")
}

/// What there is to say where a default always stands in for a member: something only where another name was meant.
fn never_there(owner: &str, member: &str, found: &Type) -> Option<Diagnostic> {
    let mut names = Vec::new();
    collect(found, &mut names, &mut true);
    let near = near(member, names.iter().map(String::as_str))?;
    let message = format!("`{owner}` has no `{member}`, so that its default always stands in");
    let diagnostic = Diagnostic::warning(codes::UNKNOWN_REFERENCE, message);
    Some(diagnostic.perhaps_meant(member, Some(near)))
}

/// The names of the fields that a value or the elements of it are known to have, and whether there are surely no
/// others.
fn collect(found: &Type, names: &mut Vec<String>, is_certain: &mut bool) {
    for one in found.present() {
        if let Type::List(element) = one {
            collect(element, names, is_certain);
        } else if let Type::Object(fields) = one {
            names.extend(fields.known.keys().cloned());
            *is_certain &= fields.others == Others::Never;
        }
    }
}

fn never_equal(left: &Type, right: &Type, gives: bool) -> Diagnostic {
    let holds = if gives { "always" } else { "never" };
    let message = format!("this {holds} holds: {left} is never {right}");
    let diagnostic = Diagnostic::warning(codes::IMPOSSIBLE_COMPARISON, message);
    let mut words = Vec::new();
    for side in [left, right] {
        for one in side.choices() {
            if let Type::Words(some) = one {
                words.push(some);
            }
        }
    }
    if let [first, second] = words.as_slice() {
        let (one, all) = if first.len() == 1 {
            (first, second)
        } else {
            (second, first)
        };
        if let Some(word) = one.iter().next() {
            let near = near(word, all.iter().map(String::as_str));
            return diagnostic.perhaps_meant(word, near);
        }
    }
    diagnostic
}

/// Whether a step only computes, so that no mock stands in for it and what it gives is certain.
fn is_certain(step: &Step) -> bool {
    step.kind == Kind::Transform
}
