//! What follows a state: the step that notes what it gave, and those that lead on.

use pawl_expression::{Expression, python};

use super::super::Translation;
use super::super::build::{Object, list, text};
use super::super::literal::quoted;
use super::given;
use super::native::{gives, set, step};
use super::parts::Part;
use super::regions::{Edge, Leads, edge};
use super::states::{END, Next, State};
use super::steps::Writer;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Node;

/// Stands in for what was refused; no lint has anything to say of it.
const STAND_IN: &str = "lastOutput";

/// Notes that a branch or an iteration does not come to where the others meet.
pub(super) const ENDS: &str = "|flowEnd";

/// How an expression that fails is dealt with, by the kind of its step.
const FALSE: &str = "false";
const NEXT: &str = "next";

impl Writer<'_, '_> {
    /// The steps behind a state.
    pub(super) fn follow(
        &self,
        at: usize,
        state: &State<'_>,
        translation: &mut Translation<'_>,
    ) -> Vec<Node> {
        let of = given(state.node, "next").unwrap_or(state.node);
        let flow = self.regions.flow(at);
        let region = self.regions.region_of(at);
        let edge = edge(self.states, self.regions, at, region);
        let mut natives = Vec::new();
        let after = format!("{}_flow", state.slug);
        let stops = self.stops(region);
        let is_over = stops && matches!(state.next, Next::One(None));
        let noted = format!(
            "{{{{{flow}|flowAfter(steps.{}.output, {}{}){}}}}}",
            state.slug,
            quoted(&state.id),
            self.rules(state),
            if is_over { ENDS } else { "" },
        );
        let decides = format!("{}_next", state.slug);
        let (leads, mut more) = match &state.next {
            Next::One(target) => (
                self.slug_of(&self.leads(region, *target, self.is_exit(at))),
                Vec::new(),
            ),
            Next::Each(target, _) if edge != Edge::Begins => {
                let leads = self.leads(region, Some(*target), edge == Edge::Ends);
                (self.slug_of(&leads), Vec::new())
            }
            Next::Each(head, node) => {
                let each = format!("{}_each", state.slug);
                translation.authored.call_port(&each, "next", "each item");
                (
                    Some(each),
                    self.iterate(at, state, *head, node, translation),
                )
            }
            Next::Many(heads) => (Some(decides.clone()), self.part(at, state, heads)),
            Next::Condition(expression, targets) => {
                let step = self.condition(at, state, expression, targets, translation);
                (Some(decides.clone()), vec![step])
            }
            Next::Switch(cases, default, node) => {
                let step = self.switch(at, state, cases, *default, node, translation);
                (Some(decides.clone()), vec![step])
            }
        };
        // What a run gives is what its last step gave that acted; of a state that did not, an output says it.
        let leads = leads.or_else(|| self.output(at, state));
        let ends = |target: &Option<usize>| self.leads(region, *target, false) == Leads::End;
        if let Some(output) = self.output(at, state)
            && (leads.as_ref() == Some(&output) || state.choices().iter().any(ends))
        {
            more.push(gives(of, &output, flow));
        }
        natives.push(set(of, &after, flow, &noted, leads.as_deref()));
        natives.extend(more);
        if stops && self.choices(at, state).contains(&None) {
            natives.push(self.stop(at, state, of));
        }
        natives
    }

    /// The step that says what a run gives that ends behind a state; none where that is what it gave as it acted, or where
    /// it ends no run.
    fn output(&self, at: usize, state: &State<'_>) -> Option<String> {
        let is_pure = matches!(self.parts.of(state.node), Some(Part::Custom(_)));
        let is_else = is_pure || self.resolves(state) || self.pointer(state).is_some();
        let ends = is_else && self.regions.region_of(at) == 0;
        ends.then(|| format!("{}_output", state.slug))
    }

    /// Whether a state's only edge leads out of its iteration.
    fn is_exit(&self, at: usize) -> bool {
        self.regions.is_iteration(self.regions.region_of(at))
            && self
                .states
                .get(at)
                .is_some_and(|state| matches!(state.next, Next::One(..)))
    }

    pub(super) fn leads(&self, region: usize, target: Option<usize>, is_exit: bool) -> Leads {
        self.regions.leads(region, target, is_exit)
    }

    /// The step that an edge leads to; none ends.
    pub(super) fn slug_of(&self, leads: &Leads) -> Option<String> {
        let state = |at: usize| self.states.get(at);
        match leads {
            Leads::State(at) => state(*at).map(State::entry),
            Leads::Join(owner) => state(*owner).map(|state| format!("{}_join", state.slug)),
            Leads::Loop(owner) => state(*owner).map(|state| format!("{}_each", state.slug)),
            Leads::End => None,
        }
    }

    /// The step that a choice leads to. Where that ends an iteration, a step says once more what it brings back, since
    /// a choice gives nothing; so does one where it ends the run. One that ends where others go on is noted.
    pub(super) fn port(&self, at: usize, state: &State<'_>, target: Option<usize>) -> String {
        let region = self.regions.region_of(at);
        if target.is_none() && self.stops(region) {
            return format!("{}_stop", state.slug);
        }
        let leads = self.leads(region, target, false);
        match (&leads, self.slug_of(&leads)) {
            (Leads::Loop(_), Some(each)) => {
                each.strip_suffix("_each").unwrap_or(&each).to_owned() + "_last"
            }
            (_, slug) => slug
                .or_else(|| self.output(at, state))
                .unwrap_or_else(|| END.to_owned()),
        }
    }

    /// Whether a choice ends an iteration of a state, to which nothing else is to be noted.
    pub(super) fn is_chosen(&self, owner: usize) -> bool {
        (0..self.states.len()).any(|at| {
            let region = self.regions.region_of(at);
            let ends = |target: Option<usize>| {
                let is_noted = target.is_none() && self.stops(region);
                !is_noted && self.leads(region, target, false) == Leads::Loop(owner)
            };
            let state = self.states.get(at);
            state.is_some_and(|state| self.choices(at, state).into_iter().any(ends))
        })
    }

    /// Whether what ends in a region ends where others go on to where they meet.
    pub(super) fn stops(&self, region: usize) -> bool {
        self.regions.meeting(region).is_some()
    }

    /// Where a choice behind a state may lead: its own, or that of the branches and iterations that it begins.
    fn choices(&self, at: usize, state: &State<'_>) -> Vec<Option<usize>> {
        let head = match &state.next {
            Next::Many(heads) => heads.first().map(|(head, _)| *head),
            Next::Each(head, _) => Some(*head),
            Next::One(_) | Next::Condition(..) | Next::Switch(..) => return state.choices(),
        };
        match head.filter(|_| self.regions.may_end(at, self.states)) {
            Some(head) => vec![self.regions.meeting(self.regions.begun(at, head)), None],
            None => Vec::new(),
        }
    }

    /// The step that notes that a branch or an iteration ends here.
    fn stop(&self, at: usize, state: &State<'_>, of: &Node) -> Node {
        let flow = self.regions.flow(at);
        let leads = self.leads(self.regions.region_of(at), None, false);
        let ended = format!("{{{{{flow}{ENDS}}}}}");
        let slug = format!("{}_stop", state.slug);
        set(of, &slug, flow, &ended, self.slug_of(&leads).as_deref())
    }

    /// The result of a state, of which a condition's names are the keys.
    fn names(&self, at: usize) -> Expression {
        let flow = self.regions.flow(at);
        Expression::parse(&format!("{flow}.result")).expect("a variable's member is an expression")
    }

    /// A state's condition as an expression of ours; one that is no text has been refused.
    fn holds(
        &self,
        at: usize,
        node: &Node,
        fails: &str,
        translation: &mut Translation<'_>,
    ) -> String {
        let Some(written) = node.as_str() else {
            return STAND_IN.to_owned();
        };
        let condition = python::choice(written, &self.names(at));
        if let Ok(condition) = &condition {
            let flow = self.regions.flow(at);
            self.known
                .condition(at, node, flow, condition, fails, translation);
        }
        read(node, condition, translation)
    }

    fn condition(
        &self,
        at: usize,
        state: &State<'_>,
        expression: &Node,
        targets: &[Option<usize>; 2],
        translation: &mut Translation<'_>,
    ) -> Node {
        let written = expression.as_str().unwrap_or_default();
        let read = self.holds(
            at,
            expression,
            "the condition takes `otherwise`",
            translation,
        );
        let mut config = Object::of(expression);
        config.put("expression", text(expression, read));
        config.put("onError", text(expression, FALSE));
        config.put(
            "description",
            text(expression, super::texts::plain(written)),
        );
        let mut ports = Object::of(expression);
        let slug = format!("{}_next", state.slug);
        let words = [("true", "then"), ("false", "otherwise")];
        for ((port, word), target) in words.into_iter().zip(targets) {
            ports.put(port, text(expression, self.port(at, state, *target)));
            translation.authored.call_port(&slug, port, word);
        }
        step(
            expression,
            &slug,
            "condition",
            config.build(),
            ports.build(),
        )
    }

    fn switch(
        &self,
        at: usize,
        state: &State<'_>,
        cases: &[(&Node, Option<usize>)],
        default: Option<usize>,
        node: &Node,
        translation: &mut Translation<'_>,
    ) -> Node {
        let native = cases.iter().map(|(condition, target)| {
            let written = condition.as_str().unwrap_or_default();
            let mut case = Object::of(condition);
            let read = self.holds(at, condition, "the case does not hold", translation);
            case.put("when", text(condition, read));
            case.put("next", text(condition, self.port(at, state, *target)));
            case.put("description", text(condition, super::texts::plain(written)));
            case.build()
        });
        let native = native.collect();
        let mut config = Object::of(node);
        config.put("cases", list(given(node, "cases").unwrap_or(node), native));
        config.put("onError", text(node, NEXT));
        let mut ports = Object::of(node);
        ports.put("default", text(node, self.port(at, state, default)));
        let slug = format!("{}_next", state.slug);
        step(node, &slug, "switch", config.build(), ports.build())
    }
}

/// An expression of Python as one of ours; one that is none is said to be, and is never true.
pub(super) fn read(
    node: &Node,
    read: Result<Expression, pawl_expression::SyntaxError>,
    translation: &mut Translation<'_>,
) -> String {
    match read {
        Ok(expression) => expression.to_string(),
        Err(error) => {
            translation.say(
                Diagnostic::error(codes::EXPRESSION_SYNTAX, error.message)
                    .on(node)
                    .maybe_help(error.help),
            );
            STAND_IN.to_owned()
        }
    }
}
