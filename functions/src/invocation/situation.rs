//! What an invocation finds: the run, its own record, and everything that its step and ride-alongs read.

use pawl_contract::{At, LoopMode, Node, Plan, Position, SecretSource, Then};
use pawl_store::key::{self, ROOT};
use pawl_store::{Items, Record, Run, Store};
use serde_json::Value;

use crate::Error;
use crate::reads::reads_input;
use crate::scope::previous;

/// One consistent look at a run.
pub(super) struct Situation {
    pub items: Items,
    pub run: Option<Run>,
    /// The record of this visit.
    pub own: Option<Record>,
    /// The record of the visit that a Catch leads away from.
    pub caught: Option<Record>,
}

impl Situation {
    pub(super) async fn read(
        store: &Store,
        plan: &Plan,
        position: &Position,
    ) -> Result<Self, Error> {
        let pk = key::partition(&position.org, &position.run);
        let items = store.fetch(&pk, keys(plan, position)).await?;
        let caught = match &position.caught {
            Some(caught) => store.record(&items, &caught.at).await?,
            None => None,
        };
        let own = store.record(&items, &position.at).await?;
        Ok(Self {
            run: store.run_for(&items, || reads_input(plan)).await?,
            own,
            caught,
            items,
        })
    }

    /// The output of the visit before this one.
    pub(super) async fn last_output(&self, store: &Store, at: &At) -> Result<Value, Error> {
        let Some(previous) = previous(at) else {
            return Ok(Value::Null);
        };
        Ok(store
            .record(&self.items, &previous)
            .await?
            .map(|record| record.output)
            .unwrap_or_default())
    }
}

/// Every key that the plan's step and its ride-alongs need.
fn keys(plan: &Plan, position: &Position) -> Vec<String> {
    let mut keys = vec![key::RUN.to_owned(), key::record(&position.at)];
    let reads = &plan.reads;
    for node in nodes(&plan.node) {
        keys.push(key::latest(ROOT, &node.step));
        // The next item is in the list, which the cursor only points into.
        if node.mode == Some(LoopMode::Advance) {
            keys.push(key::cursor(ROOT, &node.step));
            keys.push(key::list(ROOT, &node.step));
        }
        keys.extend(
            node.loops
                .iter()
                .map(|enclosing| key::cursor(ROOT, &enclosing.step)),
        );
    }
    keys.extend(reads.steps.iter().map(|read| key::latest(ROOT, &read.slug)));
    keys.extend(reads.variables.iter().map(|name| key::variable(ROOT, name)));
    let secure = plan.secrets.values().filter_map(|source| match source {
        SecretSource::Variable { secure_variable } => Some(key::secret(ROOT, secure_variable)),
        SecretSource::Environment { .. }
        | SecretSource::Encrypted { .. }
        | SecretSource::SecretsManager { .. }
        | SecretSource::Ssm { .. } => None,
    });
    keys.extend(secure);
    keys.extend(reads.loops.iter().map(|step| key::cursor(ROOT, step)));
    keys.extend(reads.lists.iter().map(|step| key::list(ROOT, step)));
    if let Some(caught) = &position.caught {
        keys.push(key::record(&caught.at));
        keys.push(key::latest(ROOT, &caught.step));
    }
    // `reads` does not name it, since the step before is not known when the plan is written.
    if nodes(&plan.node)
        .iter()
        .any(|node| node.config.to_string().contains("lastOutput"))
    {
        keys.extend(previous(&position.at).map(|at| key::record(&at)));
    }
    keys
}

/// A step and everything that rides along with it.
pub(crate) fn nodes(node: &Node) -> Vec<&Node> {
    let mut found = vec![node];
    for then in node.then.values() {
        match then {
            Then::Step(next) => found.extend(nodes(next)),
            Then::State(_) | Then::End(_) => {}
        }
    }
    found
}
