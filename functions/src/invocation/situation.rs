//! What an invocation finds: the run, its own record, and everything that its step and ride-alongs read.

use pawl_contract::{At, LoopMode, Node, Plan, Position, SecretSource, Then};
use pawl_store::key;
use pawl_store::{Items, Record, Run, Store};
use serde_json::Value;

use crate::Error;
use crate::reads::reads_input;
use crate::scope::previous;
use crate::scopes::Scopes;

/// One consistent look at a run.
pub(super) struct Situation {
    pub items: Items,
    /// Where the Task reads and writes.
    pub scopes: Scopes,
    pub run: Option<Run>,
    /// The record of this visit.
    pub own: Option<Record>,
    /// The record of the visit that a Catch leads away from.
    pub caught: Option<Record>,
    /// Whether a Catch leads away from branches or iterations, as far as its record tells.
    pub leaves_strands: bool,
    /// The failure inside of them.
    pub inside: Option<Record>,
}

impl Situation {
    pub(super) async fn read(
        store: &Store,
        plan: &Plan,
        position: &Position,
    ) -> Result<Self, Error> {
        let pk = key::partition(&position.org, &position.run);
        let scopes = Scopes::of(plan, &position.at);
        let items = store.fetch(&pk, keys(plan, position, &scopes)).await?;
        let caught = match &position.caught {
            Some(caught) => store.record(&items, &caught.at).await?,
            None => None,
        };
        // A failure that was written for branches has no kind; what failed in them may be another one by now.
        let is_of_strands = caught.as_ref().is_none_or(|record| record.kind.is_none());
        let leaves_strands = position.caught.is_some() && is_of_strands;
        let inside = match &position.caught {
            Some(failed) if is_of_strands => {
                let Position { org, run, .. } = position;
                store.failed_inside(org, run, &failed.at).await?
            }
            _ => None,
        };
        let own = store.record(&items, &position.at).await?;
        Ok(Self {
            run: store.run_for(&items, || reads_input(plan)).await?,
            own,
            caught,
            leaves_strands,
            inside,
            scopes,
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
fn keys(plan: &Plan, position: &Position, scopes: &Scopes) -> Vec<String> {
    let mut keys = vec![key::RUN.to_owned(), key::record(&position.at)];
    let reads = &plan.reads;
    let own = scopes.own();
    for node in nodes(&plan.node) {
        keys.push(key::latest(own, &node.step));
        // The next item is in the list, which the cursor only points into.
        if matches!(node.mode, Some(LoopMode::Advance | LoopMode::Collect)) {
            keys.push(key::cursor(own, &node.step));
            keys.push(key::list(own, &node.step));
        }
        let around = node.loops.iter().map(|enclosing| &enclosing.step);
        keys.extend(around.flat_map(|step| scopes.all().map(|scope| key::cursor(scope, step))));
    }
    for scope in scopes.all() {
        keys.extend(
            reads
                .steps
                .iter()
                .map(|read| key::latest(scope, &read.slug)),
        );
        keys.extend(
            reads
                .variables
                .iter()
                .map(|name| key::variable(scope, name)),
        );
        let secure = plan.secrets.values().filter_map(|source| match source {
            SecretSource::Variable { secure_variable } => Some(key::secret(scope, secure_variable)),
            SecretSource::Environment { .. }
            | SecretSource::Encrypted { .. }
            | SecretSource::Stored { .. }
            | SecretSource::SecretsManager { .. }
            | SecretSource::Ssm { .. } => None,
        });
        keys.extend(secure);
        keys.extend(reads.loops.iter().map(|step| key::cursor(scope, step)));
        keys.extend(reads.lists.iter().map(|step| key::list(scope, step)));
    }
    for (scope, step) in scopes.lists() {
        keys.push(key::cursor(scope, step));
        keys.push(key::list(scope, step));
    }
    if let Some(caught) = &position.caught {
        keys.push(key::record(&caught.at));
        keys.push(key::latest(own, &caught.step));
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
