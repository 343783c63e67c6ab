//! The graph of any machine as Step Functions shows it: its states, and those inside of others in boxes around them.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use pawl_asl::{Branch, Catcher, Machine, ProcessorMode, State, StateMap, Task};
use serde_json::Value;

use super::detail::shorten;
use super::look::{Look, StateType};
use super::{Graph, Loop, Step, Way};

/// A state that something leads to and that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{from}` goes on to `{to}`, and there is no such state beside it")]
pub struct NoState {
    from: String,
    to: String,
}

/// Draws a machine, whoever wrote it.
pub fn from_states(title: &str, machine: &Machine) -> Result<Graph, NoState> {
    let start = Step {
        slug: "Start".to_owned(),
        name: machine.comment.clone(),
        look: Look::State(StateType::Start),
        detail: None,
        inside: None,
        passed: None,
    };
    let mut drawing = Drawing(Graph {
        title: title.to_owned(),
        run: None,
        steps: vec![start],
        ways: Vec::new(),
        loops: Vec::new(),
    });
    let scope = Scope {
        start_at: &machine.start_at,
        states: &machine.states,
        inside: None,
    };
    let entry = drawing.scope(&scope, "Start")?;
    drawing.lead(0, Cow::Borrowed(""), Some(entry));
    // The ways of a state stand together, in the order of the states.
    drawing.0.ways.sort_by_key(|way| way.from);
    Ok(drawing.0)
}

/// States beside each other.
struct Scope<'a> {
    start_at: &'a str,
    states: &'a StateMap,
    inside: Option<usize>,
}

struct Drawing(Graph);

impl Drawing {
    /// Draws states as they are met, and says where they begin.
    fn scope(&mut self, scope: &Scope<'_>, from: &str) -> Result<usize, NoState> {
        let mut numbers = BTreeMap::new();
        let mut open = VecDeque::from([(from, scope.start_at)]);
        let mut rest = scope.states.keys();
        while let Some((from, name)) = open
            .pop_front()
            .or_else(|| rest.next().map(|name| ("", name.as_str())))
        {
            if numbers.contains_key(name) {
                continue;
            }
            let state = scope.states.get(name).ok_or_else(|| NoState {
                from: from.to_owned(),
                to: name.to_owned(),
            })?;
            numbers.insert(name, self.state(name, state, scope.inside)?);
            open.extend(ways(state).into_iter().map(|way| (name, way.to)));
        }
        for (name, state) in scope.states {
            let Some(from) = numbers.get(name.as_str()).copied() else {
                continue;
            };
            for way in ways(state) {
                let to = numbers.get(way.to).copied();
                self.0.ways.push(Way {
                    from,
                    port: way.port,
                    is_error: way.is_error,
                    to,
                    taken: None,
                });
            }
            let is_last = matches!(state, State::Succeed(_) | State::Fail(_)) || state.is_end();
            // What ends inside of another state goes on behind that one.
            if is_last && scope.inside.is_none() {
                self.lead(from, Cow::Borrowed(behind(state)), None);
            }
        }
        Ok(numbers.get(scope.start_at).copied().unwrap_or_default())
    }

    /// Draws a state, and those inside of it: its number.
    fn state(
        &mut self,
        name: &str,
        state: &State,
        inside: Option<usize>,
    ) -> Result<usize, NoState> {
        let number = self.0.steps.len();
        let strands = strands(state);
        let around = (!strands.is_empty()).then_some(self.0.loops.len());
        if around.is_some() {
            self.0.loops.push(Loop {
                head: number,
                inside,
            });
        }
        self.0.steps.push(Step {
            slug: name.to_owned(),
            name: state.comment().map(str::to_owned),
            look: Look::State(type_of(state)),
            detail: detail(state),
            // What holds others stands at the head of their box.
            inside: around.or(inside),
            passed: None,
        });
        for (port, branch) in strands {
            let scope = Scope {
                start_at: &branch.start_at,
                states: &branch.states,
                inside: around,
            };
            let first = self.scope(&scope, name)?;
            self.lead(number, port, Some(first));
        }
        Ok(number)
    }

    fn lead(&mut self, from: usize, port: Cow<'static, str>, to: Option<usize>) {
        self.0.ways.push(Way {
            from,
            port,
            is_error: false,
            to,
            taken: None,
        });
    }
}

/// The states inside of a state, and how a way to each of them is called.
fn strands(state: &State) -> Vec<(Cow<'static, str>, &Branch)> {
    match state {
        State::Parallel(parallel) => {
            let branches = parallel.branches.iter().enumerate();
            let named = branches.map(|(number, branch)| {
                let name = format!("branch {}", number + 1);
                (Cow::Owned(name), branch)
            });
            named.collect()
        }
        State::Map(map) => {
            let processor = map.item_processor.iter();
            processor
                .map(|branch| (Cow::Borrowed("each item"), branch))
                .collect()
        }
        State::Task(_)
        | State::Pass(_)
        | State::Choice(_)
        | State::Wait(_)
        | State::Succeed(_)
        | State::Fail(_) => Vec::new(),
    }
}

/// A way to a state beside this one.
struct Named<'a> {
    port: Cow<'static, str>,
    is_error: bool,
    to: &'a str,
}

/// The ways from a state to others beside it.
fn ways(state: &State) -> Vec<Named<'_>> {
    let plain = |port: Cow<'static, str>, to| Named {
        port,
        is_error: false,
        to,
    };
    let next = state.next().into_iter();
    let mut ways: Vec<_> = next
        .map(|to| plain(Cow::Borrowed(behind(state)), to))
        .collect();
    if let State::Choice(choice) = state {
        for (number, rule) in choice.choices.iter().enumerate() {
            let comment = rule.comment.as_deref().map(shorten);
            let port = comment.unwrap_or_else(|| format!("rule {}", number + 1));
            ways.push(plain(Cow::Owned(port), &rule.next));
        }
        let default = choice.default.as_deref().into_iter();
        ways.extend(default.map(|to| plain(Cow::Borrowed("default"), to)));
    }
    ways.extend(state.catch().iter().map(|catcher| Named {
        port: Cow::Owned(caught(catcher)),
        is_error: true,
        to: &catcher.next,
    }));
    ways
}

/// How the way behind a state is called: what holds others goes on once they are done.
fn behind(state: &State) -> &'static str {
    if strands(state).is_empty() {
        ""
    } else {
        "done"
    }
}

fn caught(catcher: &Catcher) -> String {
    shorten(&format!("catch {}", catcher.error_equals.join(", ")))
}

fn type_of(state: &State) -> StateType {
    match state {
        State::Task(_) => StateType::Task,
        State::Pass(_) => StateType::Pass,
        State::Choice(_) => StateType::Choice,
        State::Wait(_) => StateType::Wait,
        State::Succeed(_) => StateType::Succeed,
        State::Fail(_) => StateType::Fail,
        State::Parallel(_) => StateType::Parallel,
        State::Map(_) => StateType::Map,
    }
}

/// What a state does, in a few words.
fn detail(state: &State) -> Option<String> {
    let text = match state {
        State::Task(task) => work(task),
        // What an expression says is known only when it fails.
        State::Fail(fail) => fail
            .error
            .as_deref()
            .filter(|error| !error.starts_with("{%"))?
            .to_owned(),
        State::Map(map) => {
            let config = map.item_processor.as_ref()?.processor_config.as_ref()?;
            match config.mode? {
                ProcessorMode::Distributed => "distributed".to_owned(),
                ProcessorMode::Inline => return None,
            }
        }
        State::Pass(_)
        | State::Choice(_)
        | State::Wait(_)
        | State::Succeed(_)
        | State::Parallel(_) => return None,
    };
    (!text.is_empty()).then(|| shorten(&text))
}

/// The service and operation that a Task asks, or the function that it calls.
fn work(task: &Task) -> String {
    let last = |arn: &str| arn.rsplit("function:").next().map(bare).unwrap_or_default();
    if task.resource.contains(":function:") {
        return last(&task.resource);
    }
    let service = task.resource.rsplit(":::").next().unwrap_or_default();
    let function = task.arguments.as_ref();
    let function = function.and_then(|arguments| arguments.get("FunctionName"));
    match function.and_then(Value::as_str) {
        Some(function) => format!("{service} · {}", last(function)),
        None => service.to_owned(),
    }
}

/// A name without the signs of a placeholder.
fn bare(name: &str) -> String {
    name.trim_start_matches("${")
        .trim_end_matches('}')
        .to_owned()
}
