//! What the expressions of a step can read: the run, earlier steps, variables, and the loops around it.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use pawl_contract::{At, LoopRef, Node, Plan, StepRead};
use pawl_store::key;
use pawl_store::{Cursor, Items, Latest, RecordStatus, Run, Store};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::Error;
use crate::clock::Moment;
use crate::reads::Needs;
use crate::scopes::Scopes;

/// Everything that an invocation fetched, kept up to date with what it decides before it is written.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// The roots that do not change: `input`, `trigger`, `now` ...
    fixed: Map<String, Value>,
    /// The object under `steps`.
    steps: Value,
    /// The object under `variables`; each of its names is a root too.
    variables: Value,
    /// The cursors of loops.
    cursors: BTreeMap<String, Cursor>,
    /// The lists of loops, where something reads them.
    lists: BTreeMap<String, Vec<Value>>,
    /// The visits that gave what stands under `steps`.
    places: BTreeMap<String, (At, RecordStatus)>,
    last_output: Value,
    /// What tells this visit from all others of its run.
    here: String,
}

impl Scope {
    /// The scope of a plan's step and of everything that rides along.
    pub(crate) async fn read(
        store: &Store,
        items: &Items,
        scopes: &Scopes,
        plan: &Plan,
        run: &Run,
        now: Moment,
    ) -> Result<Self, Error> {
        let mut scope = Self::of_run(run, now);
        let needs = Needs::of(plan);
        let is_read = |read: &&StepRead| needs.has(&read.slug);
        let place = |key: fn(&str, &str) -> String, name: &str| {
            scopes.all().find(|scope| items.has(&key(scope, name)))
        };
        for read in plan.reads.steps.iter().filter(is_read) {
            if let Some(place) = place(key::latest, &read.slug)
                && let Some(latest) = store.latest(items, place, &read.slug).await?
            {
                scope.set_step(&read.slug, &latest);
            }
        }
        for name in plan.reads.variables.iter().filter(|name| needs.has(name)) {
            if let Some(place) = place(key::variable, name)
                && let Some(value) = store.variable(items, place, name).await?
            {
                scope.set_variable(name, value);
            }
        }
        for step in &plan.reads.loops {
            if let Some(place) = place(key::cursor, step)
                && let Some(cursor) = store.cursor(items, place, step).await?
            {
                scope.set_cursor(step, cursor);
            }
        }
        for step in &plan.reads.lists {
            if let Some(place) = place(key::list, step)
                && let Some(list) = items.list(place, step)?
            {
                scope.set_list(step, store.all(&list).await?);
            }
        }
        for (step, cursor) in scopes.cursors(store, items).await? {
            scope.set_cursor(step, cursor);
        }
        Ok(scope)
    }

    /// What a run's expressions can read before any step has run.
    pub(crate) fn of_run(run: &Run, now: Moment) -> Self {
        let trigger = json!({
            "type": run.trigger.get("type"),
            "data": run.trigger.get("data").unwrap_or(&run.input),
            "body": run.input,
            "context": run.trigger.get("context"),
            "timestamp": run.started_at,
        });
        let fixed = json!({
            "input": run.input,
            "trigger": trigger,
            "organizationId": run.org,
            "wfDefinitionId": run.workflow,
            "rootWfDefinitionId": run.workflow,
            "executionId": run.run,
            "threadId": run.thread_id,
            "userId": run.trigger.get("userId"),
            "now": now.iso(),
            "$now": now.iso(),
            "nowMs": now.milliseconds(),
        });
        let Value::Object(fixed) = fixed else {
            unreachable!("it is written as an object")
        };
        let empty = || Value::Object(Map::new());
        Self {
            fixed,
            steps: empty(),
            variables: empty(),
            ..Self::default()
        }
    }

    pub(crate) fn set_step(&mut self, slug: &str, latest: &Latest) {
        set(&mut self.steps, slug, latest.envelope());
        let place = (latest.at.clone(), latest.status);
        self.places.insert(slug.to_owned(), place);
    }

    /// How often a step was visited.
    pub(crate) fn visits(&self, slug: &str) -> u64 {
        let visits = self.steps.get(slug).and_then(|step| step.get("visits"));
        visits.and_then(Value::as_u64).unwrap_or(0)
    }

    /// What the last visit of a step gave, and where, if it completed.
    pub(crate) fn given(&self, slug: &str) -> Option<(&At, &Value)> {
        let (at, status) = self.places.get(slug)?;
        let output = self.steps.get(slug)?.get("output")?;
        (*status == RecordStatus::Completed).then_some((at, output))
    }

    pub(crate) fn set_variable(&mut self, name: &str, value: Value) {
        set(&mut self.variables, name, value);
    }

    pub(crate) fn set_cursor(&mut self, step: &str, cursor: Cursor) {
        self.cursors.insert(step.to_owned(), cursor);
    }

    pub(crate) fn set_list(&mut self, step: &str, items: Vec<Value>) {
        self.lists.insert(step.to_owned(), items);
    }

    /// Says which visit what follows belongs to.
    pub(crate) fn set_here(&mut self, here: String) {
        self.here = here;
    }

    pub(crate) fn set_last_output(&mut self, output: Value) {
        self.last_output = output;
    }

    /// An id of this visit: made of what it is, so that another attempt has the same.
    fn uuid(&self) -> Value {
        let run = self.fixed.get("executionId").and_then(Value::as_str);
        let digest = Sha256::digest(format!("{} {}", run.unwrap_or_default(), self.here));
        let bytes = digest.first_chunk().copied().unwrap_or_default();
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
            .into()
    }

    /// The cursor of a loop, also of one that is done.
    pub(crate) fn cursor(&self, step: &str) -> Option<&Cursor> {
        self.cursors.get(step)
    }

    /// The visit with which the innermost iteration around a step began.
    pub(crate) fn began(&self, node: &Node) -> Option<&At> {
        self.active(node).last().map(|(_, cursor)| &cursor.at)
    }

    /// The indexes of the loops around a step, outermost first.
    pub(crate) fn iteration(&self, node: &Node) -> Vec<u64> {
        self.active(node).map(|(_, cursor)| cursor.index).collect()
    }

    /// The scope outside every step.
    pub(crate) fn fixed(&self) -> View<'_> {
        View {
            scope: self,
            changed: None,
            bound: Map::new(),
            innermost: None,
            uuid: OnceCell::new(),
        }
    }

    /// The scope as a step sees it, with the loops that it stands in at this moment.
    pub(crate) fn at<'scope>(&'scope self, node: &Node) -> View<'scope> {
        let mut bound = Map::new();
        let mut innermost = None;
        for (enclosing, cursor) in self.active(node) {
            if let Some(name) = &enclosing.item {
                bound.insert(name.clone(), cursor.item.clone());
            }
            if let Some(name) = &enclosing.index {
                bound.insert(name.clone(), cursor.index.into());
            }
            let mut object = json!({
                "item": cursor.item,
                "index": cursor.index,
                "state": state(cursor),
                "ownerStepSlug": enclosing.step,
            });
            if let Some(items) = self.lists.get(&enclosing.step) {
                set(&mut object, "items", items.clone().into());
            }
            if let Some(parent) = innermost.take() {
                set(&mut object, "parent", parent);
            }
            innermost = Some(object);
        }
        View {
            scope: self,
            changed: None,
            bound,
            innermost,
            uuid: OnceCell::new(),
        }
    }

    /// The loops that a step stands in, outermost first. A loop's own head stands outside it.
    fn active<'node>(&self, node: &'node Node) -> impl Iterator<Item = (&'node LoopRef, &Cursor)> {
        let loops = node
            .loops
            .iter()
            .filter(|enclosing| enclosing.step != node.step);
        let cursors =
            loops.filter_map(|enclosing| Some((enclosing, self.cursors.get(&enclosing.step)?)));
        let mut outer: Option<&At> = None;
        cursors.filter(move |(_, cursor)| {
            // An inner loop that was left before it was done keeps its cursor; the outer one has moved on since.
            let is_left = outer.is_some_and(|outer| cursor.at < *outer);
            let is_active = !cursor.done && !is_left;
            if is_active {
                outer = Some(&cursor.at);
            }
            is_active
        })
    }
}

/// Where a loop stands, as `loop.state` and as a loop head's output.
pub(crate) fn state(cursor: &Cursor) -> Value {
    let (index, iterations) = if cursor.done {
        (Value::from(-1), cursor.count)
    } else {
        (cursor.index.into(), cursor.index + 1)
    };
    json!({
        "currentIndex": index,
        "totalItems": cursor.count,
        "iterations": iterations,
        "batchesProcessed": iterations,
        "isComplete": cursor.done,
    })
}

/// The visit before this one in the same strand, whose output is `lastOutput`.
pub(crate) fn previous(at: &At) -> Option<At> {
    let number = at.last().checked_sub(1)?;
    let (strand, _) = at
        .as_str()
        .split_at(at.as_str().len() - pawl_contract::at::DIGITS);
    At::try_from(format!("{strand}{number:06}")).ok()
}

/// The scope of one step.
#[derive(Debug)]
pub(crate) struct View<'scope> {
    scope: &'scope Scope,
    /// The variables, where the step itself has changed some.
    changed: Option<Value>,
    /// The items and indexes of loops, by the names that their authors chose.
    bound: Map<String, Value>,
    /// The value of `loop`.
    innermost: Option<Value>,
    /// The value of `$uuid`, once it is asked for.
    uuid: OnceCell<Value>,
}

impl pawl_expression::Scope for View<'_> {
    fn root(&self, name: &str) -> Option<&Value> {
        match name {
            "steps" => Some(&self.scope.steps),
            "variables" | "config" => Some(self.variables()),
            "loop" => self.innermost.as_ref(),
            "lastOutput" => Some(&self.scope.last_output),
            "$uuid" => Some(self.uuid.get_or_init(|| self.scope.uuid())),
            name => self.named(name),
        }
    }
}

impl View<'_> {
    /// Gives a variable a value that only this view sees.
    pub(crate) fn shadow(&mut self, name: &str, value: Value) {
        set(
            self.changed
                .get_or_insert_with(|| self.scope.variables.clone()),
            name,
            value,
        );
    }

    /// Gives a name a value that only this view sees.
    pub(crate) fn bind(&mut self, name: &str, value: Value) {
        self.bound.insert(name.to_owned(), value);
    }

    fn variables(&self) -> &Value {
        self.changed.as_ref().unwrap_or(&self.scope.variables)
    }

    /// A name that is no word of ours: a loop's item, a variable, or a field of the input.
    fn named(&self, name: &str) -> Option<&Value> {
        let fixed = self.scope.fixed.get(name);
        let chosen = || self.bound.get(name).or_else(|| self.variables().get(name));
        fixed
            .or_else(chosen)
            .or_else(|| self.scope.fixed.get("input")?.get(name))
    }
}

/// Puts a member into an object.
fn set(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}
