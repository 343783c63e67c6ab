//! What follows a state: the step that notes what it gave, and those that lead on.

use super::super::Translation;
use super::super::build::{Object, list, number, text, value};
use super::super::literal::{literal, quoted};
use super::parts::Part;
use super::regions::{Edge, Leads, edge};
use super::states::{END, Next, State};
use super::steps::Writer;
use super::{given, is_true};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Data, Node};
use pawl_expression::{Expression, python};
use serde_json::{Map, Value};

/// What the whole workflow says of what follows.
pub(super) struct Settings {
    concurrency: u64,
    most_items: u64,
    most_messages: Option<u64>,
    /// How many states a line may pass.
    most_states: Option<u64>,
}

impl Settings {
    pub(super) fn of(execution: &Node) -> Self {
        let whole = |field: &str| given(execution, field).and_then(crate::shape::whole);
        Self {
            concurrency: whole("max_concurrency").unwrap_or(2).clamp(1, 100),
            most_items: whole("max_iteration_key_output_limit").unwrap_or(200),
            most_messages: whole("messages_limit_before_summarization"),
            most_states: whole("recursion_limit"),
        }
    }
}

/// Stands in for what was refused; no lint has anything to say of it.
const STAND_IN: &str = "lastOutput";

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
        let noted = format!(
            "{{{{{flow}|flowAfter(steps.{}.output, {}{})}}}}",
            state.slug,
            quoted(&state.id),
            self.rules(state),
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
                (Some(each), self.iterate(at, state, *head, node))
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
        natives
    }

    /// The step that says what a run gives that ends behind a state; none where that acted, or ends no run.
    fn output(&self, at: usize, state: &State<'_>) -> Option<String> {
        let is_pure = matches!(self.parts.of(state.node), Some(Part::Custom(_)));
        let ends = is_pure && self.regions.region_of(at) == 0;
        ends.then(|| format!("{}_output", state.slug))
    }

    /// What `next` says of the context and the messages, as the last argument.
    fn rules(&self, state: &State<'_>) -> String {
        let mut rules = Map::new();
        if let Some(limit) = self.settings.most_states {
            rules.insert("limit".to_owned(), limit.into());
        }
        let flag = |field: &str| state.rule(field).map(|node| node.data == Data::Bool(true));
        if let Some(key) = state.rule("output_key").and_then(Node::as_str) {
            rules.insert("key".to_owned(), key.into());
        }
        let flags = [
            ("store_in_context", "store", false),
            ("include_in_llm_history", "history", false),
            ("keep_history", "history", false),
            ("append_to_context", "append", true),
            ("clear_prior_messages", "forget", true),
            ("override_task", "override", true),
            ("clear_context_store", "clear", true),
        ];
        for (field, rule, unusual) in flags {
            if flag(field) == Some(unusual) {
                rules.insert(rule.to_owned(), unusual.into());
            }
        }
        if state.rule("clear_context_store").and_then(Node::as_str) == Some("keep_current") {
            rules.insert("clear".to_owned(), "keep_current".into());
        }
        if let Some(keys) = state.rule("reset_keys_in_context_store") {
            rules.insert("reset".to_owned(), keys.to_json());
        }
        if is_true(state.node, "result_as_human_message") {
            rules.insert("human".to_owned(), true.into());
        }
        if let Some(most) = self.settings.most_messages {
            rules.insert("messages".to_owned(), most.into());
        }
        if let Some(pointer) = self.pointer(state) {
            rules.insert("pointer".to_owned(), pointer.into());
        }
        if self.parts.is_processed(&state.id) {
            rules.insert("keep".to_owned(), true.into());
        }
        if rules.is_empty() {
            return String::new();
        }
        format!(", {}", literal(&Value::Object(rules)))
    }

    /// Whether a state's only edge leads out of its iteration.
    fn is_exit(&self, at: usize) -> bool {
        self.regions.is_iteration(self.regions.region_of(at))
            && self
                .states
                .get(at)
                .is_some_and(|state| matches!(state.next, Next::One(..)))
    }

    fn leads(&self, region: usize, target: Option<usize>, is_exit: bool) -> Leads {
        self.regions.leads(region, target, is_exit)
    }

    /// The step that an edge leads to; none ends.
    fn slug_of(&self, leads: &Leads) -> Option<String> {
        let state = |at: usize| self.states.get(at);
        match leads {
            Leads::State(at) => state(*at).map(State::entry),
            Leads::Join(owner) => state(*owner).map(|state| format!("{}_join", state.slug)),
            Leads::Loop(owner) => state(*owner).map(|state| format!("{}_each", state.slug)),
            Leads::End => None,
        }
    }

    /// The step that a choice leads to. Where that ends an iteration, a step says once more what it brings back, since
    /// a choice gives nothing; so does one where it ends the run.
    fn port(&self, at: usize, state: &State<'_>, target: Option<usize>) -> String {
        let leads = self.leads(self.regions.region_of(at), target, false);
        match (&leads, self.slug_of(&leads)) {
            (Leads::Loop(_), Some(each)) => {
                each.strip_suffix("_each").unwrap_or(&each).to_owned() + "_last"
            }
            (_, slug) => slug
                .or_else(|| self.output(at, state))
                .unwrap_or_else(|| END.to_owned()),
        }
    }

    /// Whether a choice ends an iteration of a state.
    fn is_chosen(&self, owner: usize) -> bool {
        (0..self.states.len()).any(|at| {
            let region = self.regions.region_of(at);
            let ends =
                |target: Option<usize>| self.leads(region, target, false) == Leads::Loop(owner);
            let state = self.states.get(at);
            state.is_some_and(|state| state.choices().into_iter().any(ends))
        })
    }

    /// The result of a state, of which a condition's names are the keys.
    fn names(&self, at: usize) -> Expression {
        let flow = self.regions.flow(at);
        Expression::parse(&format!("{flow}.result")).expect("a variable's member is an expression")
    }

    /// A state's condition as an expression of ours; one that is no text has been refused.
    fn holds(&self, at: usize, node: &Node, translation: &mut Translation<'_>) -> String {
        let Some(written) = node.as_str() else {
            return STAND_IN.to_owned();
        };
        let condition = python::condition(written, &self.names(at));
        if let Ok(condition) = &condition {
            let flow = self.regions.flow(at);
            self.known.condition(at, node, flow, condition, translation);
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
        let read = self.holds(at, expression, translation);
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
            let read = self.holds(at, condition, translation);
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

    /// A loop, whose iterations each begin with a flow of their own, and what they bring back.
    fn iterate(&self, at: usize, state: &State<'_>, head: usize, node: &Node) -> Vec<Node> {
        let inner = self.regions.begun(at, head);
        let flow = self.regions.flow(at);
        let key = state.rule("iter_key").unwrap_or(node);
        let [each, item, join] =
            ["each", "item", "join"].map(|suffix| format!("{}_{suffix}", state.slug));
        let mut config = Object::of(key);
        let items = format!(
            "{{{{{flow}|flowItems({})}}}}",
            quoted(key.as_str().unwrap_or_default())
        );
        config.put("items", text(key, items));
        config.put("concurrency", number(key, self.settings.concurrency));
        config.put("maxIterations", number(key, self.settings.most_items));
        let mut ports = Object::of(key);
        ports.put("next", text(key, item.as_str()));
        ports.put("done", text(key, join.as_str()));
        let included = state.rule("include_in_iterator_context").map(Node::to_json);
        let included = included
            .map(|keys| format!(", {}", literal(&keys)))
            .unwrap_or_default();
        let begins = format!("{{{{{flow}|flowEach(loop.item{included})}}}}");
        let entry = self.states.get(head).map(State::entry);
        let brings = format!("{{{{{flow}|flowJoin(steps.{each}.output.results|map('{flow}'))}}}}");
        let behind = self.slug_of(&self.regions.behind(inner));
        let (behind, given) = self.at_the_end(at, state, key, behind);
        let last = format!("{}_last", state.slug);
        let again = set(key, &last, flow, &format!("{{{{{flow}}}}}"), Some(&each));
        let mut natives = vec![
            step(key, &each, "loop", config.build(), ports.build()),
            set(key, &item, flow, &begins, entry.as_deref()),
            set(key, &join, flow, &brings, behind.as_deref()),
        ];
        if self.is_chosen(at) {
            natives.push(again);
        }
        natives.extend(given);
        natives
    }

    /// Where branches or iterations lead: at the end of a run to what gives their results.
    fn at_the_end(
        &self,
        at: usize,
        state: &State<'_>,
        of: &Node,
        behind: Option<String>,
    ) -> (Option<String>, Vec<Node>) {
        if behind.is_some() || self.regions.region_of(at) != 0 {
            return (behind, Vec::new());
        }
        let output = format!("{}_output", state.slug);
        let given = gives(of, &output, self.regions.flow(at));
        (Some(output), vec![given])
    }

    /// Branches, each of which begins with a flow of its own, and what they bring together.
    fn part(&self, at: usize, state: &State<'_>, heads: &[(usize, &Node)]) -> Vec<Node> {
        let of = state.rule("state_ids").unwrap_or(state.node);
        let flow = self.regions.flow(at);
        let (mut begins, mut natives, mut flows) = (Vec::new(), Vec::new(), Vec::new());
        let mut behind = Leads::End;
        for (number, (head, node)) in heads.iter().enumerate() {
            let inner = self.regions.begun(at, *head);
            let own = self.regions.flow_of(inner);
            let slug = format!("{}_begin_{}", state.slug, number + 1);
            begins.push(text(node, slug.as_str()));
            let entry = self.states.get(*head).map(State::entry);
            natives.push(set(
                node,
                &slug,
                own,
                &format!("{{{{{flow}|flowBranch}}}}"),
                entry.as_deref(),
            ));
            flows.push(own.to_owned());
            behind = self.regions.behind(inner);
        }
        let mut config = Object::of(of);
        config.put("branches", list(of, begins));
        let mut ports = Object::of(of);
        let join = format!("{}_join", state.slug);
        ports.put("success", text(of, join.as_str()));
        let parallel = step(
            of,
            &format!("{}_next", state.slug),
            "parallel",
            config.build(),
            ports.build(),
        );
        natives.insert(0, parallel);
        let brings = format!("{{{{{flow}|flowJoin([{}])}}}}", flows.join(", "));
        let behind = self.slug_of(&behind);
        let (behind, given) = self.at_the_end(at, state, of, behind);
        natives.extend(given);
        natives.push(set(of, &join, flow, &brings, behind.as_deref()));
        natives
    }
}

/// What a run gives where its last step did not act: the last result.
fn gives(of: &Node, slug: &str, flow: &str) -> Node {
    let mut config = Object::of(of);
    config.put("mapping", text(of, format!("{{{{{flow}.result}}}}")));
    step(of, slug, "output", config.build(), success(of, None))
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

/// A step.
pub(super) fn step(of: &Node, slug: &str, kind: &str, config: Node, ports: Node) -> Node {
    let mut step = Object::of(of);
    step.put("stepSlug", text(of, slug));
    step.put("name", text(of, slug));
    step.put("stepType", text(of, kind));
    step.put("config", config);
    step.put("nextSteps", ports);
    step.build()
}

/// A step that sets a flow.
pub(super) fn set(of: &Node, slug: &str, flow: &str, template: &str, next: Option<&str>) -> Node {
    let mut values = Object::of(of);
    values.put(flow, text(of, template));
    let mut config = Object::of(of);
    config.put("type", text(of, "set_variables"));
    config.put("parameters", values.build());
    step(of, slug, "action", config.build(), success(of, next))
}

/// The one port of a step.
pub(super) fn success(of: &Node, next: Option<&str>) -> Node {
    let mut ports = Object::of(of);
    match next {
        Some(next) => ports.put("success", text(of, next)),
        None => return value(of, &Value::Object(Map::new())),
    };
    ports.build()
}
