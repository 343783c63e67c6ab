//! Native states: the machine lets time pass, goes several ways at once, or does the same for every item at once.

use indexmap::IndexMap;
use pawl_asl::{
    Branch, Catcher, Dynamic, Map, Parallel, Pass, ProcessorConfig, ProcessorMode, State, Wait,
};
use pawl_contract::Kind;
use serde_json::{Value, json};

use super::budget::MOST_EVENTS;
use super::decisions::{Iterations, Notes};
use super::events::Events;
use super::names::Names;
use super::states::{NEXT_AT, caught, comment, expression};
use crate::check::Checked;
use crate::graph::{Division, StepId, StrandId};
use crate::steps;

/// A step that a state of the machine does after a Lambda has evaluated it.
pub(super) struct Native {
    /// The step.
    pub(super) step: StepId,
    /// The strands that it begins, and the first state in each; none for a delay.
    pub(super) strands: Vec<(StrandId, Option<String>)>,
    /// The state that follows.
    pub(super) next: String,
    /// The state that a failure inside of it leads to.
    pub(super) handler: String,
}

/// The states of every strand, by the strand; `None` is the root.
pub(super) type ByStrand = IndexMap<Option<StrandId>, IndexMap<String, State>>;

/// Inline Maps run so many iterations at once; more are executions of their own.
const MOST_INLINE: u64 = 40;

/// Puts every native state into its strand, the inner ones first, so that what is left is the root's.
pub(super) fn insert(
    checked: &Checked,
    names: &Names<'_>,
    natives: &IndexMap<String, Native>,
    states: &mut ByStrand,
    events: &mut Events,
    notes: &mut Notes,
) {
    let mut order: Vec<(&String, &Native)> = natives.iter().collect();
    let depth = |step: StepId| checked.strands.outwards(checked.strands.home(step)).count();
    order.sort_by_key(|(_, native)| std::cmp::Reverse(depth(native.step)));
    for (name, native) in order {
        let state = match steps::division(checked.step(native.step)) {
            Some(Division::Branches) => parallel(checked, names, native, states),
            Some(Division::Items) => map(checked, names, native, states, events, notes),
            None => State::Wait(wait(checked, native)),
        };
        events.learn(name, names.slug(native.step), &state);
        let home = states.entry(checked.strands.home(native.step)).or_default();
        home.insert(name.clone(), state);
    }
}

/// The native state in which a delay lets time pass: as long as its evaluation said.
fn wait(checked: &Checked, native: &Native) -> Wait {
    let step = checked.step(native.step);
    let seconds = format!("$states.input.values.`{}`", step.slug);
    Wait {
        comment: step.name.as_deref().map(comment),
        seconds: Some(Dynamic::Expression(expression(&seconds))),
        next: Some(native.next.clone()),
        ..Wait::default()
    }
}

/// Several branches at once, each with places of its own.
fn parallel(checked: &Checked, names: &Names<'_>, native: &Native, states: &mut ByStrand) -> State {
    let mut branches = Vec::new();
    for (number, (strand, first)) in (1..).zip(&native.strands) {
        let start_at = names.branch(native.step, number);
        let inside = states.shift_remove(&Some(*strand)).unwrap_or_default();
        let begin = State::Pass(Pass {
            output: Some(match first {
                Some(_) => inner(&format!("'/{:06}/000000'", number - 1)),
                None => json!({}),
            }),
            next: first.clone(),
            end: first.is_none(),
            ..Pass::default()
        });
        branches.push(Branch {
            states: std::iter::once((start_at.clone(), begin))
                .chain(inside)
                .collect(),
            start_at,
            ..Branch::default()
        });
    }
    let step = checked.step(native.step);
    State::Parallel(Parallel {
        comment: step.name.as_deref().map(comment),
        branches,
        catch: catch(&step.slug, native),
        output: Some(onward()),
        next: Some(native.next.clone()),
        ..Parallel::default()
    })
}

/// The same for every item at once; each iteration finds its item by its place.
fn map(
    checked: &Checked,
    names: &Names<'_>,
    native: &Native,
    states: &mut ByStrand,
    events: &Events,
    notes: &mut Notes,
) -> State {
    let step = checked.step(native.step);
    let (strand, first) = native
        .strands
        .first()
        .map(|(strand, first)| (Some(*strand), first.clone()))
        .unwrap_or_default();
    let mut inside = states.shift_remove(&strand).unwrap_or_default();
    let start_at = first.unwrap_or_else(|| {
        let name = names.branch(native.step, 1);
        let nothing = Pass {
            output: Some(json!({})),
            end: true,
            ..Pass::default()
        };
        inside.insert(name.clone(), State::Pass(nothing));
        name
    });
    let most = steps::concurrency(step).unwrap_or(MOST_INLINE);
    let iterations = if most > MOST_INLINE {
        Iterations::Many(most)
    } else if let Some(waiting) = waits(checked, native.step) {
        Iterations::Waits(waiting)
    } else {
        match events.inline(&step.slug, &inside) {
            None => Iterations::Unbounded,
            Some(most) if most > MOST_EVENTS / 2 => Iterations::Events(most),
            Some(_) => Iterations::Inline,
        }
    };
    let is_inline = iterations == Iterations::Inline;
    notes.iterations.insert(native.step, iterations);
    let count = format!("$states.input.values.`{}`", step.slug);
    State::Map(Map {
        comment: step.name.as_deref().map(comment),
        items: Some(json!(expression(&format!(
            "{count} > 0 ? [0..({count} - 1)] : []"
        )))),
        item_selector: Some(iteration()),
        item_processor: Some(Branch {
            processor_config: Some(ProcessorConfig {
                mode: Some(if is_inline {
                    ProcessorMode::Inline
                } else {
                    ProcessorMode::Distributed
                }),
                execution_type: (!is_inline).then(|| "STANDARD".to_owned()),
            }),
            start_at,
            states: inside.into_iter().collect(),
            ..Branch::default()
        }),
        max_concurrency: Some(most.into()),
        catch: catch(&step.slug, native),
        output: Some(onward()),
        next: Some(native.next.clone()),
        ..Map::default()
    })
}

/// The step in an iteration that waits for somebody: many that wait at once are executions of their own.
fn waits(checked: &Checked, owner: StepId) -> Option<StepId> {
    let ids = 0..checked.definition.steps.len();
    let mut inside = ids.filter(|id| {
        let mut around = checked.strands.outwards(checked.strands.home(*id));
        around.any(|(_, strand)| strand.owner == owner)
    });
    inside.find(|id| {
        let kind = checked.step(*id).kind;
        kind.waits() || kind == Kind::Delay
    })
}

fn catch(slug: &str, native: &Native) -> Vec<Catcher> {
    vec![Catcher {
        error_equals: vec!["States.ALL".to_owned()],
        output: Some(caught(slug)),
        next: native.handler.clone(),
        ..Catcher::default()
    }]
}

/// The position with which a branch begins.
fn inner(segments: &str) -> Value {
    json!(expression(&format!(
        "$merge([$states.input, {{'at': $states.input.at & {segments}, 'routes': {{}}}}])"
    )))
}

/// The position with which an iteration begins: an object, since a linter knows no other selector.
fn iteration() -> Value {
    let field = |name: &str| expression(&format!("$states.input.{name}"));
    json!({
        "org": field("org"),
        "run": field("run"),
        "machine": field("machine"),
        "base": field("base"),
        "at": expression(
            "$states.input.at & '/' & $formatInteger($states.context.Map.Item.Index, '000000') & '/000000'",
        ),
        "routes": {},
    })
}

/// The position when every strand has ended: one visit further.
fn onward() -> Value {
    json!(expression(&format!(
        "$merge([$states.input, {{'at': {NEXT_AT}, 'routes': {{}}}}])"
    )))
}
