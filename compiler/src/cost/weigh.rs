//! What a visit to a Task takes: of the machine, of functions, of the table, of models.

use std::collections::BTreeMap;

use pawl_contract::price::{self, TABLE, Taken};
use pawl_contract::{Kind, MOST_QUESTIONS, Node as PlanNode, Plan, Then, code};

use super::load::Load;
use crate::check::Checked;
use crate::definition::Step;
use crate::lower;
use crate::source::Node;
use crate::steps;

/// A function without a timeout of its own ends after so many seconds; `template.yaml` says so too.
const FUNCTION_SECONDS: u64 = 90;

/// Two items of a transaction are two write request units.
const UNITS_OF_A_WRITE: f64 = 2.0;

/// What is needed to weigh Tasks.
pub(super) struct Scales<'a> {
    checked: &'a Checked,
    steps: BTreeMap<&'a str, &'a Step>,
}

impl<'a> Scales<'a> {
    pub(super) fn new(checked: &'a Checked) -> Self {
        let steps = checked.definition.steps.iter();
        Self {
            checked,
            steps: steps.map(|step| (step.slug.as_str(), step)).collect(),
        }
    }

    /// A step, by its slug.
    pub(super) fn step(&self, slug: &str) -> Option<&'a Step> {
        self.steps.get(slug).copied()
    }

    /// The items that a step writes.
    fn writes(&self, node: &PlanNode) -> usize {
        self.step(&node.step).map_or(2, lower::writes)
    }
}

/// What a visit takes where all goes well, and at the most.
pub(super) fn task(
    scales: &Scales<'_>,
    plan: Option<&Plan>,
    state: &pawl_asl::Task,
) -> (Load, Load) {
    let waits = state.resource.ends_with(".waitForTaskToken");
    let retries: u64 = state
        .retry
        .iter()
        .filter_map(|retrier| retrier.max_attempts)
        .sum();
    let asks = state.catch.iter();
    let asks = asks.flat_map(|catcher| &catcher.error_equals);
    let asks = asks.filter(|name| *name == code::ASK).count() > 0;
    let base = Load {
        transitions: 1.0,
        events: if waits { 6.0 } else { 5.0 },
        ..Load::default()
    };
    let one = plan.map_or_else(Both::default, |plan| invocation(scales, plan));
    let mut typical = base.plus(one.usual);
    let attempts = count(retries.saturating_add(1));
    // A question is a Task of its own, and the step is invoked again behind its answer.
    let visits = if asks {
        1.0 + f64::from(MOST_QUESTIONS)
    } else {
        1.0
    };
    let question = Load {
        transitions: 1.0,
        events: 6.0,
        ..Load::default()
    };
    let mut worst = Load::default()
        .plus_times(one.most, attempts * visits)
        .plus_times(question, visits - 1.0);
    worst.transitions += attempts * visits;
    // Whoever is tried again comes back to the same visit.
    worst.visits = one.most.visits;
    worst.events += (base.events + 3.0 * count(retries)) * visits;
    if let Some(plan) = plan
        && let Some(model) = llm(scales, plan)
    {
        typical = typical.plus(model.usual);
        worst = worst.plus(model.most);
    }
    (typical, worst)
}

/// Two views of one thing.
#[derive(Default)]
struct Both {
    usual: Load,
    most: Load,
}

fn count(number: u64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "figures of this size are estimates anyway"
    )]
    let count = number as f64;
    count
}

fn taken(kind: Kind) -> Taken {
    TABLE.assumed.kinds.get(&kind).copied().unwrap_or(Taken {
        milliseconds: 0.0,
        reads: 0.0,
        writes: 0.0,
    })
}

/// One invocation, without what models take.
fn invocation(scales: &Scales<'_>, plan: &Plan) -> Both {
    let own = taken(plan.node.kind);
    // The run, the visit's own record, and all that the step and its ride-alongs read.
    let items = 2 + plan.reads.steps.len() + plan.reads.variables.len() + plan.reads.loops.len();
    let writes = |node: &PlanNode| scales.writes(node);
    let usual_items = along(&plan.node, &writes, &mean);
    let most_items = along(&plan.node, &writes, &greatest);
    let is_step = |node: &PlanNode| usize::from(scales.step(&node.step).is_some());
    let usual_visits = along(&plan.node, &is_step, &mean);
    let most_visits = along(&plan.node, &is_step, &greatest);
    let load = |items_written: f64, milliseconds: f64| Load {
        invocations: 1.0,
        milliseconds,
        reads: count(items as u64) + own.reads,
        writes: items_written * UNITS_OF_A_WRITE + own.writes,
        ..Load::default()
    };
    let seconds = plan.timeout_seconds.unwrap_or(FUNCTION_SECONDS);
    // What models take is counted by their turns.
    let usual = if plan.node.kind == Kind::Llm {
        0.0
    } else {
        own.milliseconds
    };
    Both {
        usual: Load {
            visits: usual_visits,
            ..load(usual_items, usual)
        },
        most: Load {
            visits: most_visits,
            ..load(most_items, count(seconds) * 1000.0)
        },
    }
}

fn mean(shares: &[f64]) -> f64 {
    shares.iter().sum::<f64>() / count(shares.len() as u64)
}

fn greatest(shares: &[f64]) -> f64 {
    shares.iter().copied().fold(0.0, f64::max)
}

/// The items that an invocation writes, along the ways through its tree; `join` makes one figure of those of the ports.
fn along(
    node: &PlanNode,
    writes: &impl Fn(&PlanNode) -> usize,
    join: &impl Fn(&[f64]) -> f64,
) -> f64 {
    let behind: Vec<f64> = node
        .then
        .iter()
        .filter(|(port, _)| *port != "error")
        .map(|(_, then)| match then {
            Then::Step(next) => along(next, writes, join),
            Then::State(_) | Then::End(_) => 0.0,
        })
        .collect();
    let behind = if behind.is_empty() {
        0.0
    } else {
        join(&behind)
    };
    count(writes(node) as u64) + behind
}

/// The most items that one transaction of a Task writes.
pub(super) fn most_items(scales: &Scales<'_>, plan: &Plan) -> u64 {
    let writes = |node: &PlanNode| scales.writes(node);
    let most = along(&plan.node, &writes, &greatest);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a sum of small counts"
    )]
    let most = most as u64;
    most
}

/// What the turns of an llm step take, over all of its attempts.
fn llm(scales: &Scales<'_>, plan: &Plan) -> Option<Both> {
    let step = scales.step(&plan.node.step)?;
    if plan.node.kind != Kind::Llm {
        return None;
    }
    let assumed = &TABLE.assumed;
    let given = |field: &str| {
        step.config
            .get(field)
            .filter(|node| !steps::llm::is_empty(node))
    };
    let tools = given("tools").map_or(0, |tools| tools.elements().len());
    let has_tools = tools > 0 || given(steps::llm::AGENT).is_some();
    let asked = prompt(step) + count(tools as u64) * assumed.tokens_of_a_tool;
    let most_answer = given("maxTokens").and_then(Node::as_u64).map(count);
    let most_answer = most_answer.unwrap_or(assumed.most_tokens_of_an_answer);
    let answer = assumed.tokens_of_an_answer.min(most_answer);
    let most_turns = if has_tools {
        let own = given("maxSteps").or(given("max_iterations"));
        own.and_then(Node::as_u64).unwrap_or(10)
    } else {
        1
    };
    let retries = step.retry.as_ref();
    let retries = retries.or(scales.checked.definition.settings.retry.as_ref());
    // Once more to conclude or to mend the form, and once for every attempt whose turn is lost.
    let last = most_turns + 1 + retries.map_or(0, |retry| retry.max_retries);
    let usual_turns = if has_tools {
        assumed.turns_with_tools.min(most_turns + 1)
    } else {
        1
    };
    let price = model(step).and_then(|model| price::of(model, &BTreeMap::new()));
    let load = |turns: u64, answer: f64| {
        // Each turn is given all that was said before it.
        let growth = answer
            + if has_tools {
                assumed.tokens_of_a_tool_result
            } else {
                0.0
            };
        let before = count(turns.saturating_mul(turns.saturating_sub(1)) / 2) * growth;
        let (input, output) = (count(turns) * asked + before, count(turns) * answer);
        Load {
            input_tokens: input,
            output_tokens: output,
            models_usd: price.map_or(0.0, |price| {
                (input * price.input + output * price.output) / 1_000_000.0
            }),
            ..Load::default()
        }
    };
    let mut usual = load(usual_turns, answer);
    usual.milliseconds = count(usual_turns) * taken(Kind::Llm).milliseconds;
    let mut most = load(last, most_answer);
    let one = load(1, most_answer);
    // A budget that stops lets the turn end in which it is exceeded.
    for budget in ["budget", steps::llm::RUN_BUDGET]
        .into_iter()
        .filter_map(given)
    {
        let stops = budget
            .get("onExceeded")
            .and_then(Node::as_str)
            .unwrap_or("stop")
            == "stop";
        let tokens = budget
            .get("tokens")
            .and_then(Node::as_u64)
            .filter(|_| stops);
        if let Some(tokens) = tokens {
            let bound = count(tokens) + one.tokens();
            let share = bound / most.tokens().max(bound);
            most.input_tokens *= share;
            most.output_tokens *= share;
            most.models_usd *= share;
        }
    }
    Some(Both { usual, most })
}

/// The tokens of a step's prompts: their characters, and something for every value that a template prints.
fn prompt(step: &Step) -> f64 {
    let assumed = &TABLE.assumed;
    let fields = [
        "systemPrompt",
        "userPrompt",
        "contextVariables",
        "outputSchema",
    ];
    let given = fields.iter().filter_map(|field| step.config.get(field));
    let mut characters = 0;
    let mut values = 0;
    for node in given {
        let text = node
            .as_str()
            .map_or_else(|| node.to_json().to_string(), str::to_owned);
        values += text.matches("{{").count();
        characters += text.chars().count();
    }
    count(characters as u64) / assumed.characters_of_a_token
        + count(values as u64) * assumed.tokens_of_a_value
}

/// The model that a step asks first; none where the deployment decides.
pub(super) fn model(step: &Step) -> Option<&str> {
    let one = step.config.get("model").and_then(Node::as_str);
    let many = || step.config.get("models")?.elements().first()?.as_str();
    one.or_else(many).filter(|model| !model.contains("{{"))
}
