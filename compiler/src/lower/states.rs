//! States: a Task for every plan, a Choice for every step that routes, and the machine's own ends.

use std::collections::BTreeSet;

use indexmap::{IndexMap, IndexSet};
use pawl_asl::{Catcher, Choice, Dynamic, Fail, Rule, State, Succeed, Task as TaskState};
use pawl_contract::{MOST_QUESTIONS, Node, Plan, Then, code};
use serde_json::{Map, Value, json};

use super::budget;
use super::names::{Names, Own, Task};
use super::natives::ByStrand;
use super::plan::{Planned, can_time_out, first_state, handler};
use super::retry::retry;
use crate::check::Checked;
use crate::graph::StrandId;
use crate::steps;

/// The states of every strand, in the order in which a reader meets them; native ones and hand-over come on top.
pub(super) fn states(checked: &Checked, planned: &Planned, names: &Names<'_>) -> ByStrand {
    let choices = Choices::gather(checked, planned);
    let mut all = ByStrand::from([(None, IndexMap::new())]);
    for (name, plan) in &planned.plans {
        let Some(task) = planned.tasks.get(name) else {
            continue;
        };
        let home = task.home(checked);
        let states = all.entry(home).or_default();
        states.insert(
            name.clone(),
            State::Task(self::task(checked, names, task, plan)),
        );
        each_choice(&plan.node, &mut |choice, node| {
            if !states.contains_key(choice) {
                let state = State::Choice(choices.state(choice, node, names, home));
                states.insert(choice.to_owned(), state);
            }
        });
    }
    for (home, states) in &mut all {
        if choices.ends.contains(home) {
            // What a strand gives stands in its records.
            let output = home.map(|_| json!({}));
            let succeed = Succeed {
                output,
                ..Succeed::default()
            };
            states.insert(names.own(Own::Finished, *home), State::Succeed(succeed));
        }
        states.insert(names.own(Own::Failed, *home), State::Fail(failed()));
    }
    all
}

/// The states to which each evaluated step can route, over all trees in which it stands.
struct Choices {
    routes: IndexMap<String, IndexSet<String>>,
    /// The strands in which a route leads to the end.
    ends: BTreeSet<Option<StrandId>>,
}

impl Choices {
    fn gather(checked: &Checked, planned: &Planned) -> Self {
        let mut choices = Self {
            routes: IndexMap::new(),
            ends: BTreeSet::new(),
        };
        for (name, plan) in &planned.plans {
            let home = planned.tasks.get(name).and_then(|task| task.home(checked));
            each_choice(&plan.node, &mut |choice, node| {
                let routes = choices.routes.entry(choice.to_owned()).or_default();
                for then in node.then.values() {
                    each_route(then, &mut |route, is_end| {
                        routes.insert(route.to_owned());
                        if is_end {
                            choices.ends.insert(home);
                        }
                    });
                }
            });
        }
        choices
    }

    fn state(
        &self,
        choice: &str,
        node: &Node,
        names: &Names<'_>,
        home: Option<StrandId>,
    ) -> Choice {
        let routes = self.routes.get(choice).into_iter().flatten();
        let rule = |route: &String| Rule {
            condition: Some(Dynamic::Expression(expression(&route_is(choice, route)))),
            next: route.clone(),
            ..Rule::default()
        };
        Choice {
            comment: node.name.as_deref().map(comment),
            choices: routes.map(rule).collect(),
            default: Some(names.own(Own::Failed, home)),
            ..Choice::default()
        }
    }
}

/// The comparison by which a Choice routes, without its delimiters.
pub(super) fn route_is(choice: &str, route: &str) -> String {
    format!("$states.input.routes.`{choice}` = '{route}'")
}

/// A JSONata expression as a machine writes it.
pub(super) fn expression(text: &str) -> String {
    format!("{{% {text} %}}")
}

/// Calls `visit` with the name of every state that a Choice leads to by a port, and whether the strand ends there.
fn each_route(then: &Then, visit: &mut impl FnMut(&str, bool)) {
    match then {
        Then::Step(node) => match node.choice_name() {
            Some(choice) => visit(&choice, false),
            // What it decides is decided by the Choice before it.
            None => node.then.values().for_each(|then| each_route(then, visit)),
        },
        Then::End(name) => visit(name, true),
        Then::State(name) => visit(name, false),
    }
}

/// Calls `visit` with every step of a tree that has a Choice, and the Choice's name.
fn each_choice<'node>(node: &'node Node, visit: &mut impl FnMut(&str, &'node Node)) {
    if let Some(choice) = node.choice_name() {
        visit(&choice, node);
    }
    for then in node.then.values() {
        if let Then::Step(node) = then {
            each_choice(node, visit);
        }
    }
}

/// The state of a Task.
pub(super) fn task(checked: &Checked, names: &Names<'_>, task: &Task, plan: &Plan) -> TaskState {
    // Built by hand: `json!` would copy each part, and a plan is long.
    let mut payload = object([
        ("position", json!("{% $states.input %}")),
        ("attempt", json!("{% $states.context.State.RetryCount %}")),
        ("plan", Value::String(plan_text(plan))),
    ]);
    if plan.intake.is_some() {
        // A run that is started by hand has no position yet; intake names it after its execution.
        payload.insert(
            "execution".to_owned(),
            json!({
                "id": "{% $states.context.Execution.Id %}",
                "name": "{% $states.context.Execution.Name %}",
                "machine": "{% $states.context.StateMachine.Id %}",
            }),
        );
    }
    let next = plan
        .node
        .choice_name()
        .or_else(|| plan.node.then.values().next().and_then(first_state));
    let waits = waits(task, plan);
    if waits {
        payload.insert(
            "token".to_owned(),
            json!("{% $states.context.Task.Token %}"),
        );
    }
    let resource = if waits {
        "arn:aws:states:::lambda:invoke.waitForTaskToken"
    } else {
        "arn:aws:states:::lambda:invoke"
    };
    // `fail` passes its input on, so that the Fail behind it can name the error.
    let (output, next) = match task {
        Task::Fail(home) => ("{% $states.input %}", Some(names.own(Own::Failed, *home))),
        // An answer is the position itself.
        _ if waits => ("{% $states.result %}", next),
        Task::Work(_)
        | Task::Settle(_)
        | Task::Ask(_)
        | Task::Evaluate(..)
        | Task::End(_)
        | Task::HandOver(_) => ("{% $states.result.Payload %}", next),
    };
    let is_inner_end = next.is_none() && task.home(checked).is_some();
    let output = if is_inner_end {
        json!({})
    } else {
        json!(output)
    };
    let function = format!("${{{}}}", plan.node.kind.placeholder());
    TaskState {
        comment: plan.node.name.as_deref().map(comment),
        resource: resource.to_owned(),
        arguments: Some(Value::Object(object([
            ("FunctionName", Value::String(function)),
            ("Payload", Value::Object(payload)),
        ]))),
        output: Some(output),
        timeout_seconds: budget::task_timeout(checked, task).map(Into::into),
        retry: retry(checked, task),
        catch: catch(checked, names, task),
        end: next.is_none(),
        next,
        ..TaskState::default()
    }
}

fn object<const MEMBERS: usize>(members: [(&str, Value); MEMBERS]) -> Map<String, Value> {
    let members = members.into_iter();
    members
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Whether a Task ends by an answer, and not by what its function gives.
fn waits(task: &Task, plan: &Plan) -> bool {
    match task {
        Task::Work(_) => plan.node.kind.waits(),
        Task::Ask(_) => true,
        Task::Settle(_) | Task::Evaluate(..) | Task::End(_) | Task::Fail(_) | Task::HandOver(_) => {
            false
        }
    }
}

/// A name as a comment: SAM and CloudFormation would replace `${...}` inside.
pub(super) fn comment(name: &str) -> String {
    name.replace("${", "$ {")
}

/// The plan as JSON text.
///
/// SAM and CloudFormation would replace `${...}` inside; JSON can spell the dollar in a way that they do not see.
fn plan_text(plan: &Plan) -> String {
    let text = serde_json::to_string(plan).expect("a plan has string keys and finite numbers");
    // Looking for one character is quick, and few plans have it.
    if text.contains('$') {
        text.replace("${", "\\u0024{")
    } else {
        text
    }
}

/// The most events that one visit to a Task can write: five, or six where it waits, and three more for every retry; and
/// where a step asks, as much for every question, and five for going on.
pub(super) fn most_events(
    checked: &Checked,
    task: &Task,
    retries_of: &impl Fn(&Task) -> u64,
) -> u64 {
    let (waits, questions) = match task {
        Task::Work(id) => {
            let step = checked.step(*id);
            let question = || 5 + most_events(checked, &Task::Ask(*id), retries_of);
            let questions = if steps::asks(step) {
                u64::from(MOST_QUESTIONS) * question()
            } else {
                0
            };
            (step.kind.waits(), questions)
        }
        Task::Ask(_) => (true, 0),
        Task::Settle(_) | Task::Evaluate(..) | Task::End(_) | Task::Fail(_) | Task::HandOver(_) => {
            (false, 0)
        }
    };
    5 + u64::from(waits) + 3 * retries_of(task) + questions
}

fn catch(checked: &Checked, names: &Names<'_>, task: &Task) -> Vec<Catcher> {
    let catcher = |error: &str, next: String, step: &str| Catcher {
        error_equals: vec![error.to_owned()],
        output: Some(caught(step)),
        next,
        ..Catcher::default()
    };
    // The visit is not over: whoever settles it looks whether it was answered in the last moment.
    let late = |id: usize| Catcher {
        error_equals: vec!["States.Timeout".to_owned()],
        output: Some(json!("{% $states.input %}")),
        next: names.task(&Task::Settle(id)),
        ..Catcher::default()
    };
    // The visit goes on where it is, once its question is answered.
    let asks = |id: usize| Catcher {
        error_equals: vec![code::ASK.to_owned()],
        output: Some(json!("{% $states.input %}")),
        next: names.task(&Task::Ask(id)),
        ..Catcher::default()
    };
    let failed = names.own(Own::Failed, task.home(checked));
    match task {
        Task::Work(id) | Task::Settle(id) | Task::Ask(id) | Task::Evaluate(id, _) => {
            let slug = names.slug(*id);
            let handler = handler(checked, *id);
            let mut catchers = vec![catcher(code::STOP, failed, slug)];
            if matches!(task, Task::Work(_)) && can_time_out(checked, *id) {
                catchers.push(late(*id));
            }
            if matches!(task, Task::Work(_)) && steps::asks(checked.step(*id)) {
                catchers.push(asks(*id));
            }
            catchers.push(catcher("States.ALL", names.task(&handler), slug));
            catchers
        }
        Task::End(_) | Task::Fail(_) | Task::HandOver(_) => {
            vec![catcher("States.ALL", failed, &names.task(task))]
        }
    }
}

/// The place one visit further.
pub(super) const NEXT_AT: &str = "$substring($states.input.at, 0, $length($states.input.at) - 6) \
     & $formatInteger($number($substring($states.input.at, -6)) + 1, '000000')";

/// What a Catch passes on: the position, one visit further, and who failed.
pub(super) fn caught(step: &str) -> Value {
    let caught =
        format!("{{'step': '{step}', 'at': $states.input.at, 'error': $states.errorOutput.Error}}");
    json!(expression(&format!(
        "$merge([$states.input, {{'at': {NEXT_AT}, 'routes': {{}}, 'caught': {caught}}}])"
    )))
}

fn failed() -> Fail {
    Fail {
        error: Some("{% $exists($states.input.caught.error) ? $states.input.caught.error : 'States.Runtime' %}".to_owned()),
        cause: Some("The run's records say what failed and why.".to_owned()),
        ..Fail::default()
    }
}
