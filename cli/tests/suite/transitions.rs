//! Billed transitions are what the design says: at `-O1` work steps with each attempt, routing choices, native states,
//! and a Task for each pure step that no Lambda evaluates on the way.
//!
//! They are counted twice: by the engine's history, and by following a run's records through the plans of its machine.

use std::collections::BTreeMap;

use pawl::report::{Report, Visit};
use pawl_asl::{Machine, State, StateMap};
use pawl_compiler::Level;
use pawl_contract::{Kind, Node, Plan, Then};
use pawl_local::Faults;
use pawl_store::{RecordStatus, RunStatus};
use serde_json::Value;

use crate::corpus::{cases, run_in_memory};

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
async fn transitions_are_what_the_formula_says() {
    let (mut compared, mut wrong, mut others) = (0, Vec::new(), Vec::new());
    let cases = cases();
    for case in &cases {
        let Some(ran) = run_in_memory(case, Level::O1, Faults::none()).await else {
            continue;
        };
        let options = pawl_compiler::Options::default();
        let program = case.project.compile(options).program.expect("it ran");
        let report = &ran.report;
        let counted = report.machine.transitions;
        // What still waits has begun a Task that nothing has ended.
        if report.status == RunStatus::Waiting {
            others.push(case.name.as_str());
            continue;
        }
        match Replay::of(report).run(&program.lowered.machine) {
            Some(formula) if formula == counted => compared += 1,
            Some(formula) => wrong.push(format!(
                "{}: {counted} transitions, and {formula} by the formula",
                case.name
            )),
            None => others.push(case.name.as_str()),
        }
    }
    println!(
        "{compared} cases agree; not followed: {}",
        others.join(", ")
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        compared > 8 * others.len(),
        "only {compared} cases could be followed"
    );
}

/// A run's records, to be followed through its machine.
struct Replay<'a> {
    report: &'a Report,
    visits: BTreeMap<&'a str, &'a Visit>,
}

/// How a line of visits ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Well,
    Failed,
}

/// Where an invocation leads.
enum Onward<'plan> {
    State(&'plan str),
    End,
    Stopped,
}

impl<'a> Replay<'a> {
    fn of(report: &'a Report) -> Self {
        let visits = report.steps.iter();
        Self {
            report,
            visits: visits.map(|visit| (visit.at.as_str(), visit)).collect(),
        }
    }

    /// The transitions of the whole run; nothing where the records do not say where other executions and branches that
    /// were stopped went.
    fn run(&self, machine: &Machine) -> Option<usize> {
        let others = |visit: &Visit| visit.kind == Some(Kind::Subflow) && !visit.mocked;
        if !self.report.follow_ups.is_empty() || self.report.steps.iter().any(others) {
            return None;
        }
        let mut count = 0;
        self.strand(&machine.states, &machine.start_at, "000001", &mut count)?;
        Some(count)
    }

    /// Follows one line of visits from a state on.
    fn strand(&self, states: &StateMap, start: &str, at: &str, count: &mut usize) -> Option<End> {
        let (mut name, mut at) = (start.to_owned(), at.to_owned());
        loop {
            match states.get(&name)? {
                // The one with which a machine begins that may be handed over.
                State::Choice(choice) => {
                    *count += 1;
                    name.clone_from(choice.default.as_ref()?);
                }
                State::Wait(wait) => {
                    *count += 1;
                    name.clone_from(wait.next.as_ref()?);
                }
                State::Pass(pass) => {
                    *count += 1;
                    let Some(next) = &pass.next else {
                        return Some(End::Well);
                    };
                    name.clone_from(next);
                }
                State::Parallel(parallel) => {
                    *count += 1;
                    for (number, branch) in parallel.branches.iter().enumerate() {
                        let inner = format!("{at}/{number:06}/000000");
                        let end = self.strand(&branch.states, &branch.start_at, &inner, count)?;
                        // Where the others were stopped nobody knows.
                        (end == End::Well).then_some(())?;
                    }
                    at = next(&at);
                    name.clone_from(parallel.next.as_ref()?);
                }
                State::Map(map) => {
                    *count += 1;
                    let processor = map.item_processor.as_ref()?;
                    let head = self.visits.get(before(&at).as_str())?;
                    let items = head.output.pointer("/state/totalItems")?.as_u64()?;
                    for number in 0..items {
                        let inner = format!("{at}/{number:06}/000000");
                        let end =
                            self.strand(&processor.states, &processor.start_at, &inner, count)?;
                        (end == End::Well).then_some(())?;
                    }
                    at = next(&at);
                    name.clone_from(map.next.as_ref()?);
                }
                task @ State::Task(_) => {
                    let plan = plan(task)?;
                    if plan.node.kind == Kind::Trigger {
                        return own(&plan.node, count);
                    }
                    // What is asked in the middle of a step leaves records of its own.
                    if plan.asks {
                        return None;
                    }
                    let visit = *self.visits.get(at.as_str())?;
                    *count += usize::try_from(visit.attempts).ok()?;
                    let is_late = plan.node.kind.waits()
                        && !visit.mocked
                        && (visit.port.as_deref() == Some("timeout")
                            || visit
                                .error
                                .as_ref()
                                .is_some_and(|error| error.code == "TIMEOUT"));
                    // The Task that settles what nobody answered in time.
                    *count += usize::from(is_late);
                    // The run's time was over before the step began: its Lambda closes the run.
                    if visit.port.is_none() && self.report.status == RunStatus::Timeout {
                        *count += 1;
                        return Some(End::Failed);
                    }
                    if visit.status == RecordStatus::Failed && !plan.node.kind.is_pure() {
                        let mut catchers = task.catch().iter();
                        let all = catchers.find(|catcher| {
                            catcher.error_equals.iter().any(|name| name == "States.ALL")
                        })?;
                        name.clone_from(&all.next);
                        at = next(&at);
                        continue;
                    }
                    match self.invocation(&plan.node, &mut at, count)? {
                        Onward::State(state) => {
                            state.clone_into(&mut name);
                            at = next(&at);
                        }
                        Onward::End => return Some(End::Well),
                        Onward::Stopped => {
                            // Straight to the native Fail.
                            *count += 1;
                            return Some(End::Failed);
                        }
                    }
                }
                State::Succeed(_) | State::Fail(_) => return None,
            }
        }
    }

    /// Follows what is evaluated in one invocation; `at` becomes the last of its visits.
    fn invocation<'plan>(
        &self,
        mut node: &'plan Node,
        at: &mut String,
        count: &mut usize,
    ) -> Option<Onward<'plan>> {
        let mut choices = 0;
        loop {
            let visit = *self.visits.get(at.as_str())?;
            assert_eq!(visit.step, node.step, "at {at}");
            let Some(port) = visit
                .port
                .as_deref()
                .filter(|port| node.then.contains_key(*port))
            else {
                return Some(Onward::Stopped);
            };
            choices += usize::from(node.choice_name().is_some());
            match node.then.get(port)? {
                Then::Step(next_node) => {
                    node = next_node;
                    *at = next(at);
                }
                Then::State(name) => {
                    *count += choices;
                    return Some(Onward::State(name));
                }
                // A Choice leads to the native Succeed; a Task without one ends by itself.
                Then::End(_) => {
                    *count += choices + usize::from(choices > 0);
                    return Some(Onward::End);
                }
            }
        }
    }
}

/// A Task of the machine's own.
fn own(node: &Node, count: &mut usize) -> Option<End> {
    match node.step.as_str() {
        "end" => {
            *count += 1;
            Some(End::Well)
        }
        "fail" => {
            *count += 2;
            Some(End::Failed)
        }
        _ => None,
    }
}

fn plan(task: &State) -> Option<Plan> {
    let State::Task(task) = task else {
        return None;
    };
    let text = task.arguments.as_ref()?.pointer("/Payload/plan");
    serde_json::from_str(text.and_then(Value::as_str)?).ok()
}

/// The place one visit further.
fn next(at: &str) -> String {
    moved(at, 1)
}

/// The place one visit before.
fn before(at: &str) -> String {
    moved(at, -1)
}

fn moved(at: &str, by: i64) -> String {
    let (line, number) = at.rsplit_once('/').unwrap_or(("", at));
    let number: i64 = number.parse().expect("a number");
    let line = if line.is_empty() {
        String::new()
    } else {
        format!("{line}/")
    };
    format!("{line}{:06}", number + by)
}
