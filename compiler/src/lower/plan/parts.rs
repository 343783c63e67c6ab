//! Plans that follow from the definition alone, and the parts that every plan has: the loops around a step, the
//! secrets that it reads, and what the intake of a run must know.

use indexmap::IndexMap;
use pawl_contract::{Intake, Kind, LoopRef, MapRef, Node, Plan, Reads, SecretSource, Strand, Then};
use serde_json::{Value, json};

use crate::check::Checked;
use crate::graph::{StepId, StrandId};
use crate::lower::names::{Names, Own, Task};
use crate::source;

/// The plan of a Task of the machine's own.
pub(in crate::lower) fn own(checked: &Checked, names: &Names<'_>, task: &Task) -> Plan {
    let (step, config, home) = match task {
        Task::Fail(home) => ("fail", Value::Null, *home),
        Task::HandOver(enter) => ("hand over", json!({ "enter": enter }), None),
        Task::End(home) => ("end", Value::Null, *home),
        Task::Work(_) | Task::Settle(_) | Task::Ask(_) | Task::Evaluate(..) => {
            ("end", Value::Null, None)
        }
    };
    let node = Node {
        step: step.to_owned(),
        name: None,
        kind: Kind::Trigger,
        config,
        mode: None,
        choice: false,
        loops: Vec::new(),
        then: IndexMap::from([(
            "success".to_owned(),
            Then::End(names.own(Own::Finished, home)),
        )]),
    };
    bare(checked, node, home)
}

/// A plan that reads nothing.
pub(super) fn bare(checked: &Checked, node: Node, home: Option<StrandId>) -> Plan {
    let around: Vec<_> = checked.strands.outwards(home).collect();
    let maps = (1..).zip(around.iter().rev());
    let maps = maps.filter(|(_, (_, strand))| strand.iterates);
    let maps = maps.map(|(depth, (_, strand))| MapRef {
        step: checked.step(strand.owner).slug.clone(),
        depth,
    });
    Plan {
        workflow: checked.definition.identifier(),
        node,
        reads: Reads::default(),
        strand: if home.is_some() {
            Strand::Inner
        } else {
            Strand::Root
        },
        maps: maps.collect(),
        timeout_seconds: None,
        patience_seconds: None,
        asks: false,
        secrets: IndexMap::new(),
        intake: None,
    }
}

/// The secrets that a step reads, and where each is found.
pub(super) fn secrets(checked: &Checked, step: StepId) -> IndexMap<String, SecretSource> {
    let read = checked.reads.get(step).map(|reads| &reads.secrets);
    let declared = &checked.definition.settings.secrets;
    let source = |name: &String| match declared.get(name) {
        Some(node) => serde_json::from_value(node.to_json()).ok(),
        None => Some(SecretSource::Variable {
            secure_variable: name.clone(),
        }),
    };
    read.into_iter()
        .flatten()
        .filter_map(|name| Some((name.clone(), source(name)?)))
        .collect()
}

pub(super) fn loop_ref(checked: &Checked, head: StepId) -> LoopRef {
    let step = checked.step(head);
    let word = |field: &str| {
        step.config
            .get(field)
            .and_then(source::Node::as_str)
            .map(str::to_owned)
    };
    LoopRef {
        step: step.slug.clone(),
        item: word("itemVariable"),
        index: word("indexVariable"),
    }
}

pub(super) fn intake(checked: &Checked) -> Intake {
    let definition = &checked.definition;
    let trigger = checked.trigger();
    Intake {
        name: definition.name.clone(),
        version: definition.version.clone(),
        trigger: trigger.map_or_else(|| "trigger".to_owned(), |step| step.slug.clone()),
        config: trigger.map_or_else(|| json!({}), |step| step.config.to_json()),
        variables: definition
            .settings
            .variables
            .iter()
            .map(|(name, node)| (name.clone(), node.to_json()))
            .collect(),
        timeout_ms: definition.settings.timeout_ms,
        follow_ups: definition.settings.follow_ups.clone(),
    }
}
