//! The graph of a definition: every step, those included that no run comes to.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use pawl_compiler::check::Checked;
use pawl_compiler::graph::{StepId, Target};
use pawl_contract::Kind;
use serde_json::Value;

use super::detail::detail;
use super::{Draft, Graph};

/// Draws a checked definition.
pub fn from_definition(checked: &Checked) -> Graph {
    let definition = &checked.definition;
    // Edges pass triggers by: the first one is where a run begins, another does nothing.
    let is_drawn = |id: &StepId| checked.step(*id).kind != Kind::Trigger;
    let drawn: Vec<StepId> = (0..definition.steps.len()).filter(is_drawn).collect();
    let numbers: BTreeMap<StepId, StepId> = drawn.iter().copied().zip(0..).collect();
    let target = |target: Target| match target {
        Target::Step(step) => numbers
            .get(&step)
            .map_or(Target::End, |id| Target::Step(*id)),
        Target::End => Target::End,
    };
    let draft = |id: &StepId| {
        let step = checked.step(*id);
        let ports = checked.graph.ports_of(*id);
        let home = checked.strands.home(*id);
        // The end of a branch is where the branches come together, that of an iteration is its loop.
        let ports = ports.map(|(port, to)| match to {
            Target::End => (port, checked.strands.behind(home)),
            Target::Step(_) => (port, to),
        });
        Draft {
            slug: step.slug.clone(),
            name: step.name.clone(),
            kind: step.kind,
            detail: detail(step.kind, &step.config.to_json()),
            ports: ports.map(|(port, to)| (port, target(to))).collect(),
        }
    };
    let trigger = checked.trigger();
    let config = trigger.map_or(Value::Null, |step| step.config.to_json());
    let trigger = Draft {
        slug: trigger.map_or_else(|| "trigger".to_owned(), |step| step.slug.clone()),
        // A machine does not know it, and both graphs are the same.
        name: None,
        kind: Kind::Trigger,
        detail: detail(Kind::Trigger, &config),
        ports: IndexMap::new(),
    };
    let drafts = drawn.iter().map(draft).collect();
    let entry = checked.graph.entry.map(target);
    Graph::assemble(definition.name.clone(), trigger, drafts, entry)
}
