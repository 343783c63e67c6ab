//! Each step in the native format, and the steps that are put between them: where several begin at once, and where one
//! has a condition of its own.

mod idle;
mod kinds;
mod runs;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

use super::super::Translation;
use super::super::build::{Object, list, made, text};
use super::super::slugs::free;
use super::edges::Edges;
use super::steps::{BRANCHES, Step};
use super::texts::Texts;
use super::words::What;
use super::{asked, data, entry, given, policy};
use crate::parse::LONGEST_SLUG;
use crate::source::{Data, Node};
use idle::idle;
pub(super) use runs::own_condition;

/// The native steps of a definition, in the author's order.
pub(super) fn translate(
    steps: &[Step<'_>],
    edges: Edges,
    is_asked: bool,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Vec<Node> {
    let mut writer = Writer {
        steps,
        edges,
        texts,
        taken: steps.iter().map(|step| step.slug.clone()).collect(),
        guards: BTreeMap::new(),
        waits: false,
        is_asked,
        ways: BTreeMap::new(),
        repeated: BTreeSet::new(),
        natives: Vec::new(),
        trigger: entry::first(steps),
    };
    writer.fold();
    writer.guard();
    let loops = (0..steps.len()).filter(|at| writer.what(*at) == Some(What::Loop));
    writer.repeated = loops.flat_map(|at| writer.edges.inside(at)).collect();
    writer.waits = is_asked || writer.is_graph();
    if is_asked {
        writer.ways = asked::ways(steps, &writer.edges, translation);
    }
    if !writer.waits {
        writer.enter();
    }
    translation.owns(&writer.natives, None, None);
    for (at, step) in steps.iter().enumerate() {
        let before = writer.natives.len();
        writer.step(at, translation);
        let made = writer.natives.get(before..).unwrap_or_default();
        translation.owns(made, Some(&step.slug), Some(&step.id));
    }
    if is_asked {
        let name = writer.name("result");
        let may_not_run = |at: usize| writer.ways.contains_key(&at);
        let end = data::end(steps, &writer.edges, may_not_run, &name, translation);
        translation.owns(end.as_slice(), None, None);
        writer.natives.extend(end);
    }
    for step in steps {
        step.check(translation.diagnostics);
    }
    writer.natives
}

struct Writer<'a> {
    steps: &'a [Step<'a>],
    edges: Edges,
    texts: &'a Texts<'a>,
    taken: BTreeSet<String>,
    /// The condition in front of a step, by slug.
    guards: BTreeMap<usize, String>,
    /// Whether steps say what they wait for, instead of what follows them.
    waits: bool,
    /// Whether choices are asked, instead of leading somewhere; and for each step, by which answers it runs.
    is_asked: bool,
    ways: BTreeMap<usize, String>,
    /// The steps that loops repeat: each says what follows it.
    repeated: BTreeSet<usize>,
    natives: Vec<Node>,
    /// The step with which runs begin.
    trigger: Option<usize>,
}

impl Writer<'_> {
    fn name(&mut self, base: &str) -> String {
        let name = free(base, &self.taken, LONGEST_SLUG);
        self.taken.insert(name.clone());
        name
    }

    fn what(&self, at: usize) -> Option<What> {
        self.steps.get(at).map(|step| step.what)
    }

    /// Whether a step says what it waits for, instead of what follows it.
    fn waits(&self, at: usize) -> bool {
        self.waits && !self.repeated.contains(&at)
    }

    /// The steps that lead to one.
    fn before(&self, at: usize) -> impl Iterator<Item = usize> {
        (0..self.steps.len()).filter(move |step| self.edges.after(*step).any(|target| target == at))
    }

    /// The steps that lead to one, in the order in which its author names them, or else in that of their branches.
    fn in_order(&self, at: usize, step: &Step<'_>) -> Vec<usize> {
        let named = step.before();
        let branch_of = |one: usize| {
            let mut parallels = self.edges.branches.values();
            parallels.find_map(|begins| {
                let mut begins = begins.iter();
                begins.position(|begin| self.edges.reach(&[*begin], at).contains(&one))
            })
        };
        let place = |one: &usize| {
            let id = self.steps.get(*one).map(|step| step.id.as_str());
            let named = named.iter().position(|named| Some(*named) == id);
            (named.unwrap_or(usize::MAX), branch_of(*one), *one)
        };
        let mut before: Vec<usize> = self.before(at).collect();
        before.sort_by_key(place);
        before
    }

    /// The slug by which a step is come to. What asks whether a loop begins is not asked again before each item.
    fn way_to(&self, at: usize, from: Option<usize>) -> String {
        let is_loop = self.what(at) == Some(What::Loop);
        let is_back = is_loop && from.is_some_and(|from| self.edges.inside(at).contains(&from));
        let guard = self.guards.get(&at).filter(|_| !is_back).cloned();
        let slug = || self.steps.get(at).map(|step| step.slug.clone());
        guard.or_else(slug).unwrap_or_default()
    }

    /// The slug that leads to all of some steps: one of them, or a parallel step in front of them.
    fn target(&mut self, targets: &[usize], from: Option<usize>, of: &Node, slug: &str) -> String {
        match targets {
            [] => self.end(),
            [only] => self.way_to(*only, from),
            several => {
                let name = self.name(&format!("{slug}_branches"));
                let slugs: Vec<Node> = several
                    .iter()
                    .map(|at| text(of, self.way_to(*at, from)))
                    .collect();
                let mut config = Object::of(of);
                config.put("branches", list(of, slugs));
                let mut parallel = kind(of, &name, "parallel");
                parallel.put("config", config.build());
                self.natives.push(parallel.build());
                name
            }
        }
    }

    /// A word for the end that is no step's.
    fn end(&self) -> String {
        let words = ["end", "finish", "noop"];
        let free = words.into_iter().find(|word| !self.taken.contains(*word));
        free.unwrap_or_default().to_owned()
    }

    fn step(&mut self, at: usize, translation: &mut Translation<'_>) {
        let Some(step) = self.steps.get(at) else {
            return;
        };
        if self.is_folded(at) {
            return;
        }
        let steps = self.steps;
        let before = self.in_order(at, step);
        let before = before.iter().filter_map(|step| steps.get(*step));
        // What comes behind a parallel step works with what its branches gave.
        let before: Vec<&Step<'_>> = before.filter(|step| step.what != What::Parallel).collect();
        let looks_back = step.what == What::Output || data::takes_first(step);
        let before = if looks_back && !self.run_side_by_side(&before) {
            self.givers(at, before)
        } else {
            before
        };
        idle(step, translation);
        let (step_type, mut config) = self.config(step, at, &before, translation);
        if step.what == What::Loop {
            self.bound_to_ways(at, &mut config);
        }
        // What a tool or a transform is given may be called anything, and is looked at later.
        let is_open = matches!(step.what, What::Tool | What::Transform | What::Refused(_));
        if step.what.acts() {
            config.maybe("timeoutSeconds", policy::deadline(step, translation));
            config.maybe("retryPolicy", policy::retry(step, translation));
        }
        if !is_open {
            step.misspelt(translation.diagnostics);
        }
        let mut native = kind(step.node, &step.slug, step_type);
        let name = given(step.node, "name").or_else(|| given(step.node, "step_name"));
        native.maybe("name", name.cloned());
        native.maybe("description", policy::description(step));
        if step.what == What::Parallel {
            let begins = self.edges.branches.get(&at).cloned().unwrap_or_default();
            let slugs: Vec<Node> = begins
                .iter()
                .map(|begin| text(step.node, self.way_to(*begin, Some(at))))
                .collect();
            let of = step.first(&BRANCHES).unwrap_or(step.node);
            config.put("branches", list(of, slugs));
        }
        let waits = self.waits(at);
        let is_asked = waits && self.is_asked && asked::is_choice(step, at, &self.edges);
        let is_rejected = self.is_asked && asked::is_rejected_on(step, at, &self.edges);
        if waits && step.what == What::Approval && (is_rejected || self.asks_decision(step)) {
            config.put("onRejected", text(step.node, "continue"));
        }
        native.put("config", config.build());
        let own = own_condition(step).filter(|_| !self.guards.contains_key(&at));
        let run_if = own.map(|node| self.run_if(step, node, translation));
        if step.what != What::Loop {
            native.maybe("runIf", self.by_ways(at, step, run_if));
        }
        if policy::may_fail(step) && !step.what.begins() {
            native.maybe("critical", given(step.node, "critical").cloned());
        } else if is_asked && asked::leads(&self.edges, at, "error") {
            // How it failed is what it chose.
            native.put("critical", made(step.node, Data::Bool(false)));
        }
        if waits && !step.what.begins() {
            let slugs: Vec<Node> = self
                .before(at)
                .filter(|other| !self.is_folded(*other) && !self.repeated.contains(other))
                .filter_map(|other| self.steps.get(other))
                .map(|other| text(step.node, other.slug.clone()))
                .collect();
            native.put("dependsOn", list(step.node, slugs));
        }
        self.say_ends(at, step, waits && !is_asked, translation);
        let next = self.next(at, step);
        if !next.is_empty() {
            native.put("nextSteps", next.build());
        }
        if let Some(guard) = self.guards.get(&at).cloned() {
            let guard = self.guarded(at, step, &guard, translation);
            self.natives.push(guard);
        }
        self.natives.push(native.build());
    }

    /// Says of a step that others run beside by which ports it does not end the run: it fails it, or ends its own line alone.
    fn say_ends(&self, at: usize, step: &Step<'_>, fails: bool, translation: &mut Translation<'_>) {
        let (rule, instead, ports): (_, _, Vec<&str>) = if fails {
            let ports = self.edges.ends_of(at);
            (
                "ends-beside-others",
                "does not end the run well: the run fails, as without that port",
                ports
                    .filter(|port| *port != step.what.main_port())
                    .collect(),
            )
        } else {
            (
                "ends-of-lines",
                "ends its own line alone: what runs beside it goes on",
                self.edges.named_ends_of(at).collect(),
            )
        };
        if ports.is_empty() || !(fails || self.edges.is_beside_others(at)) {
            return;
        }
        let fields = ["error_steps", "else_steps", "next_steps"];
        let place = fields.iter().find_map(|field| given(step.node, field));
        for port in ports {
            let message = format!(
                "`{}` runs beside others, so by `{port}` it {instead}",
                step.id
            );
            translation.differs(rule, place.unwrap_or(step.node), message);
        }
    }

    /// Where a step leads.
    fn next(&mut self, at: usize, step: &Step<'_>) -> Object {
        let mut next = Object::of(step.node);
        let ports = self.edges.out.get(at).cloned().unwrap_or_default();
        // What `else_steps` say is the condition's, where the step has one.
        let is_guarded = self.guards.contains_key(&at);
        let is_divided = is_guarded && given(step.node, "else_steps").is_some();
        let waits = self.waits(at);
        let are_asked = self.is_asked;
        let is_elsewhere = |port: &str| {
            let is_awaited = waits && (port == step.what.onward() || (are_asked && port != "next"));
            is_awaited || (is_divided && port == "error")
        };
        for (port, targets) in &ports {
            if targets.is_empty() || is_elsewhere(port) {
                continue;
            }
            let base = if *port == step.what.main_port() {
                step.slug.clone()
            } else {
                format!("{}_{port}", step.slug)
            };
            let target = self.target(targets, Some(at), step.node, &base);
            next.put(*port, text(step.node, target));
        }
        let chooses = matches!(step.what, What::Condition | What::Loop);
        let open = step.what.ways_on().iter().copied();
        let open = open.filter(|port| chooses && !is_elsewhere(port));
        // Beside others it would end its own line alone, and what waits for the step would go on.
        let ends = self.edges.ends_of(at);
        let ends = ends.filter(|port| !waits && !is_elsewhere(port));
        for port in open.chain(ends) {
            if !next.has(port) {
                next.put(port, text(step.node, self.end()));
            }
        }
        // Who says only where it leads when it fails ends the run when all is well.
        let is_silent = !waits && step.what != What::Parallel && !next.has(step.what.onward());
        if is_silent && !next.is_empty() {
            next.put(step.what.onward(), text(step.node, self.end()));
        }
        let asks = !waits && step.what == What::Approval && self.asks_decision(step);
        if asks && !next.has("rejected") {
            let targets = ports.get(step.what.main_port());
            let targets = targets.cloned().unwrap_or_default();
            let target = self.target(
                &targets,
                Some(at),
                step.node,
                &format!("{}_rejected", step.slug),
            );
            next.put("rejected", text(step.node, target));
        }
        next
    }

    /// Whether a later text looks at the decision, so that the run goes on whatever it is.
    fn asks_decision(&self, step: &Step<'_>) -> bool {
        let mut asks = false;
        for other in self.steps {
            other.node.each_string(&mut |_, text| {
                asks |= text.contains(&step.id) && text.contains("decision");
            });
        }
        asks
    }
}

/// A native step of a type.
fn kind(of: &Node, slug: &str, step_type: &str) -> Object {
    let slug_node = given(of, "step_id")
        .or_else(|| given(of, "id"))
        .unwrap_or(of);
    let type_node = given(of, "step_type")
        .or_else(|| given(of, "type"))
        .unwrap_or(of);
    let mut step = Object::of(of);
    step.put("stepSlug", text(slug_node, slug));
    step.put("stepType", text(type_node, step_type));
    step
}
