//! What lowering chose for each step, and why: `pawl compile --explain`.
//!
//! The facts are noted where they are decided ([`Notes`]); here they become sentences.

mod noted;
mod of_one;

use std::collections::BTreeSet;

use pawl_contract::Kind;

use of_one::{origin, retries, row, waits};

use super::budget::{self, MOST_EVENTS};
use super::names::Task;
use super::plan::Planned;
use super::retry::policy_of;
use super::{Level, Options};
use crate::check::Checked;
use crate::definition::Step;
use crate::graph::{Division, StepId, Target};
use crate::source::{Data, Node};
use crate::steps;

pub(super) use noted::{Alone, HandOver, Iterations, Notes};

/// Something that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The step's slug; none where it is about the whole run.
    pub step: Option<String>,
    /// A word for it that never changes, such as `inline-map`.
    pub choice: &'static str,
    /// What was chosen and why, as a sentence without its subject.
    pub text: String,
}

/// Puts what was noted into words: step by step in the author's order, then what is about the run.
pub(super) fn decisions(
    checked: &Checked,
    planned: &Planned,
    notes: &Notes,
    options: Options,
) -> Vec<Decision> {
    let teller = Teller {
        checked,
        notes,
        options,
    };
    let reached: BTreeSet<StepId> = planned
        .tasks
        .values()
        .filter_map(|task| match task {
            Task::Work(id) | Task::Evaluate(id, _) => Some(*id),
            Task::Settle(_) | Task::Ask(_) | Task::End(_) | Task::Fail(_) | Task::HandOver(_) => {
                None
            }
        })
        .chain(notes.riders.keys().copied())
        .collect();
    let mut found = Vec::new();
    for id in reached {
        let step = checked.step(id);
        let mut say = |choice: &'static str, text: String| {
            found.push(Decision {
                step: Some(step.slug.clone()),
                choice,
                text,
            });
        };
        origin(step, &mut say);
        teller.shape(id, step, &mut say);
        teller.place(id, step, &mut say);
        teller.failures(id, step, &mut say);
    }
    teller.run(&mut found);
    found
}

type Say<'a> = dyn FnMut(&'static str, String) + 'a;

struct Teller<'a> {
    checked: &'a Checked,
    notes: &'a Notes,
    options: Options,
}

impl Teller<'_> {
    fn slug(&self, id: StepId) -> String {
        format!("`{}`", self.checked.step(id).slug)
    }

    fn slugs<'id>(&self, ids: impl IntoIterator<Item = &'id StepId>) -> String {
        let slugs: Vec<String> = ids.into_iter().map(|id| self.slug(*id)).collect();
        row(&slugs)
    }

    /// What a step becomes that shapes the machine.
    fn shape(&self, id: StepId, step: &Step, say: &mut Say<'_>) {
        match steps::division(step) {
            Some(Division::Branches) => {
                let branches = step.branches.len();
                let joins = self.checked.strands.joins();
                let join = joins.into_iter().find(|(owner, _)| *owner == id);
                let join = match join.map(|(_, target)| target) {
                    Some(Target::Step(join)) => format!("come together at {}", self.slug(join)),
                    Some(Target::End) | None => "end by themselves".to_owned(),
                };
                say(
                    "parallel",
                    format!("becomes a Parallel of {branches} branches, which {join}"),
                );
            }
            Some(Division::Items) => self.items(id, step, say),
            None if step.kind == Kind::Loop => {
                let text = "becomes a cycle with a Choice: each iteration sees what the one before it left, one item after the other, since `concurrency` asks for no more";
                say("carried-loop", text.to_owned());
            }
            None => {}
        }
        match step.kind {
            Kind::Switch => {
                let targets = self.checked.graph.ports_of(id);
                let targets: BTreeSet<Target> = targets.map(|(_, target)| target).collect();
                say(
                    "switch",
                    format!(
                        "decides among {} cases in one evaluation, for {} places to go on",
                        step.branches.len(),
                        targets.len()
                    ),
                );
            }
            Kind::Delay => say(
                "delay",
                "becomes a Wait of the machine: no function runs while time passes".to_owned(),
            ),
            Kind::Approval | Kind::Signal | Kind::Subflow => waits(step, say),
            Kind::Trigger
            | Kind::Llm
            | Kind::Action
            | Kind::Request
            | Kind::Condition
            | Kind::Loop
            | Kind::Transform
            | Kind::Parallel
            | Kind::Merge => {}
        }
        if step.kind == Kind::Loop {
            let most = step.config.get("maxIterations").and_then(Node::as_u64);
            if let Some(most) = most {
                let text = format!(
                    "fails by `error` before its first item where there are more than {most}"
                );
                say("max-iterations", text);
            }
            let flag = step.config.get("continueOnError");
            if flag.is_some_and(|flag| flag.data == Data::Bool(true)) {
                let text = "goes on with the next item where a step without an `error` port fails";
                say("continue-on-error", text.to_owned());
            }
        }
    }

    fn items(&self, id: StepId, step: &Step, say: &mut Say<'_>) {
        let most = steps::concurrency(step).unwrap_or(1);
        let executions = |why: String| {
            format!(
                "becomes a distributed Map, each iteration an execution of its own, {most} at once, since {why}"
            )
        };
        let (choice, text) = match self.notes.iterations.get(&id) {
            None | Some(Iterations::Inline) => (
                "inline-map",
                format!(
                    "becomes an inline Map, {most} at once: its iterations are few enough to be parts of the execution"
                ),
            ),
            Some(Iterations::Many(most)) => (
                "distributed-map",
                executions(format!("an inline Map runs 40 at once and not {most}")),
            ),
            Some(Iterations::Waits(step)) => (
                "distributed-map",
                executions(format!("{} waits in them", self.slug(*step))),
            ),
            Some(Iterations::Unbounded) => (
                "distributed-map",
                executions(
                    "nobody knows how many items there are: `maxIterations` would say".to_owned(),
                ),
            ),
            Some(Iterations::Events(events)) => (
                "distributed-map",
                executions(format!(
                    "they may take {events} events, and an execution has 25000, half of which are for the rest"
                )),
            ),
        };
        say(choice, text);
        let mut around = self.checked.strands.outwards(self.checked.strands.home(id));
        if let Some((_, outer)) = around.find(|(_, strand)| strand.iterates) {
            let text = format!(
                "stands in the iterations of {}: a Map in a Map",
                self.slug(outer.owner)
            );
            say("nested-map", text);
        }
    }

    /// In which invocation a step is evaluated.
    fn place(&self, id: StepId, step: &Step, say: &mut Say<'_>) {
        if !step.kind.is_pure() {
            if !step.kind.waits() {
                let text = "has a Task of its own, since it acts";
                say("task", text.to_owned());
            }
            return;
        }
        if let Some(hosts) = self.notes.riders.get(&id) {
            let text = format!(
                "rides along with {}, in the same invocation and transaction",
                self.slugs(hosts)
            );
            say("rides-along", text);
        }
        if let Some(reasons) = self.notes.alone.get(&id) {
            let text = format!("has a Task of its own, since {}", self.alone(reasons));
            say("task", text);
        }
        if let Some(tops) = self.notes.merged.get(&id) {
            let text = format!(
                "needs no Choice: that of {} speaks for it, since no Task stands between them",
                self.slugs(tops)
            );
            say("merged-choice", text);
        }
    }

    /// Each reason once, with all of the steps that it is of.
    fn alone(&self, reasons: &BTreeSet<Alone>) -> String {
        let mut said: Vec<(&str, &str, Vec<StepId>)> = Vec::new();
        for why in reasons {
            let (before, behind, step) = why.words();
            match said
                .iter_mut()
                .find(|(one, other, _)| (*one, *other) == (before, behind))
            {
                Some((.., steps)) => steps.extend(step),
                None => said.push((before, behind, step.into_iter().collect())),
            }
        }
        let said = said.iter().map(|(before, behind, steps)| {
            let slugs: Vec<String> = steps.iter().map(|step| self.slug(*step)).collect();
            format!("{before}{}{behind}", slugs.join(" or "))
        });
        said.collect::<Vec<String>>().join("; and since ")
    }

    /// What becomes of a step's failures.
    fn failures(&self, id: StepId, step: &Step, say: &mut Say<'_>) {
        if !step.kind.is_pure()
            && let Some(policy) = policy_of(self.checked, step)
        {
            let whose = if step.retry.is_some() {
                ""
            } else {
                ", as the workflow says"
            };
            say("retries", retries(policy) + whose);
        }
        if steps::asks(step) {
            let text = "may ask somebody before it goes on, in a Task beside it";
            say("questions", text.to_owned());
        }
        let added = self.checked.graph.step_at(id, "error");
        if let Some(head) = added.filter(|_| !step.ports.contains_key("error")) {
            let text = format!(
                "leads to {} when it fails, which goes on with its next item",
                self.slug(head)
            );
            say("continue-on-error", text);
        }
    }

    /// What is about the whole run.
    fn run(&self, found: &mut Vec<Decision>) {
        let mut say = |choice: &'static str, text: String| {
            found.push(Decision {
                step: None,
                choice,
                text,
            });
        };
        for hand_over in &self.notes.hand_overs {
            let choices: Vec<String> = hand_over
                .choices
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            let why = match (hand_over.is_asked, hand_over.events) {
                (true, _) => "as it was asked for".to_owned(),
                (false, Some(events)) => {
                    format!("since it may take {events} events, and {MOST_EVENTS} are planned with")
                }
                (false, None) => format!(
                    "since nothing bounds it, and an execution has {MOST_EVENTS} events to plan with"
                ),
            };
            say(
                "hand-over",
                format!(
                    "goes on in a new execution {} visits after it began, in the cycle of {}, {why}",
                    hand_over.visits,
                    row(&choices)
                ),
            );
        }
        let settings = &self.checked.definition.settings;
        if let Some(milliseconds) = settings.timeout_ms {
            let backstop = budget::execution_timeout(self.checked).unwrap_or_default();
            say(
                "deadline",
                format!(
                    "ends {milliseconds} ms after it began, which every Task checks; its execution ends after {backstop} seconds"
                ),
            );
        }
        for (end, workflow) in [
            ("completes", &settings.follow_ups.on_complete),
            ("fails", &settings.follow_ups.on_error),
        ] {
            if let Some(workflow) = workflow {
                let text = format!(
                    "starts `{workflow}` once it {end}, noted in the transaction that closes it"
                );
                say(
                    if end == "fails" {
                        "on-error"
                    } else {
                        "on-complete"
                    },
                    text,
                );
            }
        }
        if self.options.level == Level::O0 {
            say("level", "has a Task for every step, at -O0".to_owned());
        }
    }
}
