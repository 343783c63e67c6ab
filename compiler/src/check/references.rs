//! Templates and expressions: each can be read, and each reference leads to something that can be there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pawl_contract::Kind;
use pawl_contract::reference::ROOTS;
use pawl_expression::{Expression, Reference, Segment, SyntaxError, Template};

use crate::definition::{Definition, Step};
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::graph::{Graph, Loops, StepId};
use crate::source::{Data, Node};
use crate::steps;

/// What a step reads, as its Lambda must fetch it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepReads {
    /// Slugs of steps.
    pub steps: BTreeSet<String>,
    /// Names of variables.
    pub variables: BTreeSet<String>,
    /// Whether the whole list of a loop is read.
    pub lists: bool,
}

/// What references are checked against.
pub(super) struct Known<'a> {
    /// The definition's text.
    pub(super) text: &'a str,
    pub(super) definition: &'a Definition,
    pub(super) names: &'a BTreeMap<String, StepId>,
    pub(super) graph: &'a Graph,
    pub(super) loops: &'a Loops,
    pub(super) variables: &'a BTreeSet<String>,
    /// Whether every step and edge was understood, so that what the graph says can be trusted.
    pub(super) is_whole: bool,
}

/// The names that variables have: those of the workflow's `config` and those that steps set.
pub(super) fn variables(definition: &Definition) -> BTreeSet<String> {
    let set = definition.steps.iter().flat_map(|step| {
        steps::variables_set(step)
            .into_iter()
            .map(|(name, _)| name.to_owned())
    });
    definition
        .settings
        .variables
        .keys()
        .cloned()
        .chain(set)
        .collect()
}

/// Checks every reference of every step, and says what each step reads.
pub(super) fn check(known: &Known<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<StepReads> {
    for node in known.definition.settings.variables.values() {
        Visit {
            known,
            step: None,
            reads: StepReads::default(),
            diagnostics: &mut *diagnostics,
        }
        .node(node);
    }
    let steps = known.definition.steps.iter().enumerate();
    steps
        .map(|(id, step)| {
            let mut visit = Visit {
                known,
                step: Some((id, step)),
                reads: StepReads::default(),
                diagnostics: &mut *diagnostics,
            };
            for (text, node) in steps::templates(step) {
                match text {
                    steps::Text::Template => visit.node(node),
                    steps::Text::Expression => visit.expression(node),
                }
            }
            visit.reads
        })
        .collect()
}

struct Visit<'a, 'd> {
    known: &'a Known<'a>,
    /// The step that refers; none for the workflow's own variables.
    step: Option<(StepId, &'a Step)>,
    reads: StepReads,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Visit<'_, '_> {
    fn node(&mut self, node: &Node) {
        match &node.data {
            Data::String(text) => match Template::parse(text) {
                Ok(template) => self.references(node, &template.references()),
                Err(error) => self.syntax(node, error),
            },
            Data::Array(elements) => elements.iter().for_each(|element| self.node(element)),
            Data::Object(entries) => {
                for entry in entries {
                    let key = Node {
                        data: Data::String(entry.key.clone()),
                        span: entry.key_span.clone(),
                        pointer: entry.node.pointer.clone(),
                    };
                    self.node(&key);
                    self.node(&entry.node);
                }
            }
            Data::Null | Data::Bool(_) | Data::Number(_) => {}
        }
    }

    fn expression(&mut self, node: &Node) {
        let Some(text) = node.as_str() else { return };
        match Expression::parse(text) {
            Ok(expression) => self.references(node, &expression.references()),
            Err(error) => self.syntax(node, error),
        }
    }

    fn syntax(&mut self, node: &Node, error: SyntaxError) {
        let place = Place {
            node,
            inner: error.span,
        };
        self.say(
            Diagnostic::error(codes::EXPRESSION_SYNTAX, error.message).maybe_help(error.help),
            &place,
        );
    }

    fn references(&mut self, node: &Node, references: &[Reference]) {
        for reference in references {
            // Inside of a section, a name that means nothing here may be a field of the section's item.
            if reference.relative && !self.is_known(reference) {
                continue;
            }
            let place = Place {
                node,
                inner: reference.span.clone(),
            };
            self.reference(reference, &place);
        }
    }

    /// Whether the root of a reference means something to this step.
    fn is_known(&self, reference: &Reference) -> bool {
        let Some(Segment::Name(root)) = reference.path.first() else {
            return false;
        };
        ROOTS.contains(&root.as_str()) || self.known.variables.contains(root) || self.is_bound(root)
    }

    fn reference(&mut self, reference: &Reference, place: &Place<'_>) {
        let Some(Segment::Name(root)) = reference.path.first() else {
            return;
        };
        let member = match reference.path.get(1) {
            Some(Segment::Name(name)) => Some(name.as_str()),
            Some(Segment::Index(_) | Segment::Dynamic) | None => None,
        };
        match root.as_str() {
            "steps" => self.step_reference(member, place),
            "loop" => self.loop_reference(member, place),
            "variables" | "config" => match member {
                Some(name) if self.known.variables.contains(name) => {
                    self.reads.variables.insert(name.to_owned());
                }
                Some(name) => self.unknown(&format!("there is no variable `{name}`"), name, place),
                None => self
                    .reads
                    .variables
                    .extend(self.known.variables.iter().cloned()),
            },
            "secrets" => self.secret(place),
            name if self.known.variables.contains(name) => {
                self.reads.variables.insert(name.to_owned());
            }
            name if ROOTS.contains(&name) => {}
            name => self.bound_name(name, place),
        }
    }

    /// A secret: cannot be read yet, so the step that needs it must be mocked, which only a work step can be.
    fn secret(&mut self, place: &Place<'_>) {
        let message = "`secrets` cannot be read yet";
        let work = self.step.filter(|(_, step)| !step.kind.is_pure());
        let Some((_, step)) = work else {
            let help = "give the value as input, or read the secret in a step that acts";
            self.say(Diagnostic::error(codes::NOT_YET, message).help(help), place);
            return;
        };
        let help = format!("mock step `{}` to run the workflow", step.slug);
        let mut diagnostic = Diagnostic::warning(codes::NOT_YET, message).help(help);
        diagnostic.mockable = Some(step.slug.clone());
        self.say(diagnostic, place);
    }

    /// `steps.X`: X exists and can have run before this step.
    fn step_reference(&mut self, slug: Option<&str>, place: &Place<'_>) {
        let Some(slug) = slug else {
            let message = "`steps` is read step by step";
            self.say(
                Diagnostic::error(codes::UNKNOWN_REFERENCE, message)
                    .help("name a step: `steps.<slug>.output`"),
                place,
            );
            return;
        };
        let Some(target) = self.known.names.get(slug).copied() else {
            if !self
                .known
                .definition
                .refused
                .iter()
                .any(|refused| refused == slug)
            {
                let near = did_you_mean(slug, self.known.names.keys().map(String::as_str));
                self.say(
                    Diagnostic::error(
                        codes::UNKNOWN_REFERENCE,
                        format!("there is no step `{slug}`"),
                    )
                    .maybe_help(near),
                    place,
                );
            }
            return;
        };
        self.reads.steps.insert(slug.to_owned());
        let is_trigger = self
            .known
            .definition
            .steps
            .get(target)
            .is_some_and(|step| step.kind == Kind::Trigger);
        let Some((id, step)) = self.step else {
            self.say(
                Diagnostic::error(
                    codes::NEVER_RAN,
                    format!(
                        "no step has run when variables get their first value, `{slug}` neither"
                    ),
                ),
                place,
            );
            return;
        };
        if is_trigger || !self.known.is_whole || !self.known.graph.reachable().contains(&id) {
            return;
        }
        let after: Vec<StepId> = self
            .known
            .graph
            .ports_of(target)
            .filter_map(|(_, next)| match next {
                crate::graph::Target::Step(next) => Some(next),
                crate::graph::Target::End => None,
            })
            .collect();
        if !self
            .known
            .graph
            .reach(after, &BTreeSet::new())
            .contains(&id)
        {
            let message = format!("step `{slug}` cannot have run before step `{}`", step.slug);
            self.say(
                Diagnostic::error(codes::NEVER_RAN, message)
                    .help("refer to a step that comes earlier"),
                place,
            );
        }
    }

    fn loop_reference(&mut self, member: Option<&str>, place: &Place<'_>) {
        let around = self
            .step
            .map(|(id, _)| self.known.loops.around(id))
            .unwrap_or_default();
        if around.is_empty() {
            if self.known.is_whole {
                let message = "`loop` is known only inside of a loop";
                self.say(
                    Diagnostic::error(codes::OUTSIDE_LOOP, message)
                        .help("read it in a step that a loop's `next` leads to"),
                    place,
                );
            }
            return;
        }
        let members = ["item", "index", "items", "state", "parent", "ownerStepSlug"];
        match member {
            Some(name) if members.contains(&name) => {
                // A parent's list is under the same member, so any mention of `parent` may need it.
                self.reads.lists |=
                    name == "items" || name == "parent" && place.text().contains("items");
            }
            Some(name) => {
                let help = did_you_mean(name, members)
                    .unwrap_or_else(|| format!("read a field of the item: `loop.item.{name}`"));
                self.say(
                    Diagnostic::error(codes::UNKNOWN_REFERENCE, format!("`loop` has no `{name}`"))
                        .help(help),
                    place,
                );
            }
            None => self.reads.lists = true,
        }
    }

    /// A name that only a loop around the step or the run's input can give.
    fn bound_name(&mut self, name: &str, place: &Place<'_>) {
        if self.is_bound(name) {
            return;
        }
        let steps = self.known.definition.steps.iter();
        match steps.into_iter().find(|step| binds(step, name)) {
            Some(head) if self.known.is_whole => {
                let message = format!("`{name}` is known only inside of loop `{}`", head.slug);
                self.say(Diagnostic::error(codes::OUTSIDE_LOOP, message), place);
            }
            Some(_) => {}
            None => self.unknown(&format!("there is nothing named `{name}`"), name, place),
        }
    }

    /// Whether a loop around the step or the run's declared input gives the name a meaning.
    fn is_bound(&self, name: &str) -> bool {
        let around = self.step.map(|(id, _)| self.known.loops.around(id));
        let steps = &self.known.definition.steps;
        let heads = around.iter().flatten().filter_map(|head| steps.get(*head));
        heads.into_iter().any(|head| binds(head, name))
            || steps::inputs(self.known.definition).contains(&name)
    }

    fn unknown(&mut self, message: &str, name: &str, place: &Place<'_>) {
        let names = self.known.variables.iter().map(String::as_str).chain(ROOTS);
        let near = did_you_mean(name, names).unwrap_or_else(|| {
            if self.known.names.contains_key(name) {
                format!("write `steps.{name}.output` for the output of that step")
            } else {
                format!("write `input.{name}` for a field of the run's input, or set a variable `{name}`")
            }
        });
        self.say(
            Diagnostic::error(codes::UNKNOWN_REFERENCE, message).help(near),
            place,
        );
    }

    fn say(&mut self, diagnostic: Diagnostic, place: &Place<'_>) {
        let span = place.node.inner_span(self.known.text, place.inner.clone());
        self.diagnostics
            .push(diagnostic.at(place.node.pointer.clone(), span));
    }
}

/// Whether a step is a loop that binds its item or index to a name.
fn binds(step: &Step, name: &str) -> bool {
    let fields = ["itemVariable", "indexVariable"].iter();
    let mut bound = fields.filter_map(|field| step.config.get(field).and_then(Node::as_str));
    step.kind == Kind::Loop && bound.any(|bound| bound == name)
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
