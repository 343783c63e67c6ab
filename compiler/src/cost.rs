//! What a run takes and costs, before there is one: a typical run, and the worst that the machine allows.
//!
//! A typical run fails nowhere, is split evenly where a condition decides, and goes around a loop as often as it has
//! items. The worst one takes the longest way with every retry and every turn that its steps may take, each quantity for
//! itself. Prices, limits and what is assumed stand in `contract/src/prices.json`.

mod budget;
mod load;
mod machine;
mod others;
mod ways;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};

use pawl_contract::Kind;
use pawl_contract::price::{self, TABLE};
use serde::Serialize;

use crate::Program;
use crate::definition::Step;
use crate::triggers::Trigger;
use machine::items;
use others::Others;
use weigh::Scales;

pub(crate) use budget::{FIELDS as BUDGET_FIELDS, check as check_budget};
pub use load::Load;

/// What whoever asks knows better than the definition says.
#[derive(Debug, Clone, Default)]
pub struct Assumptions {
    /// How many items a loop has, or how often a run comes to another step of a cycle, by slug; of another workflow that
    /// runs start by its identifier, `/` and the slug.
    pub items: BTreeMap<String, u64>,
    /// Runs in a month.
    pub runs: Option<f64>,
}

/// A figure of a typical run, and of the worst one; nothing where nothing bounds that.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Range {
    /// Of a typical run.
    pub typical: f64,
    /// At the most.
    pub worst: Option<f64>,
}

/// Something of a machine that has a limit, where there is most of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Largest {
    /// How much.
    pub most: u64,
    /// What AWS allows.
    pub limit: u64,
    /// The state in which it is so much; none where it is the whole machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// US dollars by who asks for them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Money {
    /// Step Functions.
    pub step_functions: Range,
    /// Lambda.
    pub lambda: Range,
    /// DynamoDB.
    pub dynamodb: Range,
    /// Models whose price is known.
    pub models: Range,
    /// All of them.
    pub total: Range,
}

/// A loop, and what each of its items takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoopCost {
    /// The loop's slug.
    pub step: String,
    /// The items of a typical run.
    pub items: u64,
    /// The most items; none where nothing bounds them.
    pub most: Option<u64>,
    /// Whether the items are assumed, since nothing says how many they are.
    pub assumed: bool,
    /// What one item more takes.
    pub each: Load,
    /// What one item more costs, in US dollars.
    pub each_usd: f64,
}

/// What a month costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Month {
    /// Runs in a month.
    pub runs: f64,
    /// How that is known.
    pub why: String,
    /// US dollars.
    pub usd: Range,
}

/// All that is known of what runs take.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// The workflow's name.
    pub workflow: String,
    /// States of the machine.
    pub states: usize,
    /// Bytes of the machine's definition.
    pub definition: Largest,
    /// Bytes of what the machine gives a Task beside the position.
    pub payload: Largest,
    /// Items that a transaction writes.
    pub transaction: Largest,
    /// Events that AWS allows in one execution.
    pub event_limit: u64,
    /// Whether a run goes on in a new execution before its history is full.
    pub hands_over: bool,
    /// What a typical run takes.
    pub typical: Load,
    /// What the worst one takes; none where nothing bounds it.
    pub worst: Option<Load>,
    /// What it costs, in US dollars.
    pub usd: Money,
    /// Models without a known price: their tokens cost on top.
    pub unpriced: Vec<String>,
    /// Steps that name no model, so that the deployment's answers: its tokens cost on top.
    pub unnamed: Vec<String>,
    /// The loops.
    pub loops: Vec<LoopCost>,
    /// What a month costs, where anything says how many runs it has.
    pub month: Option<Month>,
    /// What was assumed.
    pub assumed: Vec<String>,
}

/// What runs of a workflow take and cost, without other workflows that they start.
pub fn of(program: &Program, assumptions: &Assumptions) -> Cost {
    with(program, &program.chains, assumptions)
}

/// What a run takes, its intake and the workflows included that it starts, as far as they are known.
fn alone(program: &Program, others: &Others<'_>, assumptions: &Assumptions) -> machine::Taken {
    let scales = Scales::new(&program.checked);
    let mut taken = machine::weigh(&program.lowered, &scales, others, assumptions);
    let behind = others.behind(program);
    let more = intake().plus(behind.typical);
    taken.typical = taken.typical.plus(more).rounded();
    taken.worst = taken
        .worst
        .zip(behind.worst)
        .map(|(worst, behind)| worst.plus(intake()).plus(behind).rounded());
    taken
}

/// What runs of a workflow take and cost, with those of other workflows that they start, by identifier.
pub fn with(
    program: &Program,
    programs: &BTreeMap<String, Program>,
    assumptions: &Assumptions,
) -> Cost {
    let Program {
        checked,
        lowered,
        triggers,
        ..
    } = program;
    let scales = Scales::new(checked);
    let mut others = Others::new(programs);
    others.weigh(program, assumptions);
    let weigh = |assumptions: &Assumptions| alone(program, &others, assumptions);
    let taken = weigh(assumptions);
    let looped = checked.definition.steps.iter().enumerate();
    let looped = looped.filter(|(_, step)| step.kind == Kind::Loop);
    let loops = looped.map(|(id, step)| {
        let found = items(step, assumptions);
        // One item is one of one list, however often the loops around begin it.
        let mut once = assumptions.clone();
        let around = checked.loops.around(id).iter();
        once.items
            .extend(around.map(|outer| (checked.step(*outer).slug.clone(), 1)));
        let mut more = once.clone();
        more.items
            .insert(step.slug.clone(), found.usual.saturating_add(1));
        let each = weigh(&more)
            .typical
            .plus_times(weigh(&once).typical, -1.0)
            .rounded();
        LoopCost {
            step: step.slug.clone(),
            items: found.usual,
            most: found.most,
            assumed: found.is_assumed,
            each,
            each_usd: dollars(&each).iter().sum(),
        }
    });
    let loops: Vec<LoopCost> = loops.collect();
    let usd = money(&taken.typical, taken.worst.as_ref());
    let month = month(triggers, assumptions, usd.total);
    let plans = lowered.plans.iter();
    let payload = plans.clone().map(|(name, plan)| {
        let bytes = serde_json::to_vec(plan).map_or(0, |text| text.len());
        (name, bytes as u64)
    });
    let transaction = plans.map(|(name, plan)| (name, weigh::most_items(&scales, plan)));
    let limits = &TABLE.limits;
    Cost {
        workflow: checked.definition.name.clone(),
        states: lowered.machine.states.len(),
        definition: Largest {
            most: lowered.text.len() as u64,
            limit: limits.definition_bytes,
            state: None,
        },
        payload: largest(payload, limits.payload_bytes),
        transaction: largest(transaction, limits.transaction_items),
        event_limit: limits.history_events,
        hands_over: lowered
            .plans
            .values()
            .any(|plan| plan.node.step == "hand over"),
        unpriced: unpriced(program, programs),
        unnamed: unnamed(program, programs),
        assumed: assumed(&loops, &taken.typical)
            .into_iter()
            .chain(others.said())
            .chain(machine::handed_over(lowered))
            .collect(),
        typical: taken.typical,
        worst: taken.worst,
        usd,
        loops,
        month,
    }
}

/// What intake takes: one invocation that writes the run, its first record and what it was given; and the item by which
/// the run is listed as open, which its end removes.
fn intake() -> Load {
    let kind = TABLE.assumed.kinds.get(&Kind::Trigger);
    Load {
        invocations: 1.0,
        milliseconds: kind.map_or(0.0, |kind| kind.milliseconds),
        reads: 1.0,
        writes: 10.0,
        ..Load::default()
    }
}

fn largest<'name>(all: impl Iterator<Item = (&'name String, u64)>, limit: u64) -> Largest {
    let found = all.max_by_key(|(_, amount)| *amount);
    Largest {
        most: found.map_or(0, |(_, amount)| amount),
        limit,
        state: found.map(|(name, _)| name.clone()),
    }
}

/// What a load costs: Step Functions, Lambda, DynamoDB, models.
fn dollars(load: &Load) -> [f64; 4] {
    let aws = &TABLE.aws;
    let million = 1_000_000.0;
    let gigabytes = TABLE.assumed.memory_megabytes / 1024.0;
    [
        (load.transitions + load.executions) * aws.step_functions.million_transitions / million,
        load.invocations * aws.lambda.million_invocations / million
            + load.milliseconds / 1000.0 * gigabytes * aws.lambda.gigabyte_second,
        (load.reads * aws.dynamodb.million_reads + load.writes * aws.dynamodb.million_writes)
            / million,
        load.models_usd,
    ]
}

fn money(typical: &Load, worst: Option<&Load>) -> Money {
    let [step_functions, lambda, dynamodb, models] = dollars(typical);
    let most = worst.map(dollars);
    let range = |typical: f64, pick: fn(&[f64; 4]) -> f64| Range {
        typical,
        worst: most.as_ref().map(pick),
    };
    Money {
        step_functions: range(step_functions, |[one, _, _, _]| *one),
        lambda: range(lambda, |[_, one, _, _]| *one),
        dynamodb: range(dynamodb, |[_, _, one, _]| *one),
        models: range(models, |[_, _, _, one]| *one),
        total: range(step_functions + lambda + dynamodb + models, |all| {
            all.iter().sum()
        }),
    }
}

/// What a month costs: at the rate that somebody gave, or at that of the schedules.
fn month(triggers: &[Trigger], assumptions: &Assumptions, usd: Range) -> Option<Month> {
    let schedules = triggers.iter().filter_map(|trigger| match trigger {
        Trigger::Schedule(schedule) => Some(schedule),
        Trigger::Webhook(_) | Trigger::Event(_) => None,
    });
    let schedules: Vec<_> = schedules.collect();
    let (runs, why) = match assumptions.runs {
        Some(runs) => (runs, "as given".to_owned()),
        None if schedules.is_empty() => return None,
        None => {
            let runs = schedules
                .iter()
                .map(|schedule| schedule.runs_per_month)
                .sum();
            let written: Vec<&str> = schedules
                .iter()
                .map(|schedule| schedule.written.as_str())
                .collect();
            (
                runs,
                format!("by the schedule `{}`", written.join("` and `")),
            )
        }
    };
    Some(Month {
        runs,
        why,
        usd: Range {
            typical: usd.typical * runs,
            worst: usd.worst.map(|worst| worst * runs),
        },
    })
}

/// The models that llm steps ask first whose price nobody here knows.
fn unpriced(program: &Program, programs: &BTreeMap<String, Program>) -> Vec<String> {
    let models: BTreeSet<&str> = llm_steps(program, programs)
        .filter_map(weigh::model)
        .collect();
    let is_unknown = |model: &&str| price::of(model, &BTreeMap::new()).is_none();
    let unknown = models.into_iter().filter(is_unknown);
    unknown.map(str::to_owned).collect()
}

/// The llm steps that leave the model to the deployment, by their authors' names.
fn unnamed(program: &Program, programs: &BTreeMap<String, Program>) -> Vec<String> {
    let unnamed = llm_steps(program, programs).filter(|step| weigh::model(step).is_none());
    let names: BTreeSet<&str> = unnamed.map(|step| step.slug.as_str()).collect();
    names.into_iter().map(str::to_owned).collect()
}

fn llm_steps<'p>(
    program: &'p Program,
    programs: &'p BTreeMap<String, Program>,
) -> impl Iterator<Item = &'p Step> {
    let all = std::iter::once(program).chain(programs.values());
    all.flat_map(|program| &program.checked.definition.steps)
        .filter(|step| step.kind == Kind::Llm)
}

/// What was assumed, in sentences.
fn assumed(loops: &[LoopCost], typical: &Load) -> Vec<String> {
    let assumed = &TABLE.assumed;
    let mut said = vec![
        "a typical run fails nowhere, and each port of a condition is as likely as the others"
            .to_owned(),
        format!(
            "functions have {} MB; each kind takes the time that contract/src/prices.json guesses",
            assumed.memory_megabytes
        ),
        format!(
            "prices are those of {}, without free allowances",
            TABLE.aws.region
        ),
    ];
    let unknown: Vec<String> = loops
        .iter()
        .filter(|one| one.assumed)
        .map(|one| format!("`{}` has {} items", one.step, one.items))
        .collect();
    if !unknown.is_empty() {
        let all = unknown.join(", ");
        said.push(format!("{all}: say otherwise by `--items STEP=N`"));
    }
    if typical.tokens() > 0.0 {
        said.push(format!(
            "a token is {} characters, an answer has {} tokens, a value in a prompt {}, and a model with tools takes {} turns",
            assumed.characters_of_a_token,
            assumed.tokens_of_an_answer,
            assumed.tokens_of_a_value,
            assumed.turns_with_tools
        ));
    }
    said
}
