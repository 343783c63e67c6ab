//! What is different between two definitions once they are compiled: formats, layout and order do not count.

mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Program;
use crate::cost::{self, Assumptions, Range};
use crate::definition::{Definition, Retry, Step};
use crate::graph::Target;
use crate::policy;
use crate::triggers::Trigger;

pub use values::Change;

/// All that is different.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// What the workflow itself says: its name, its timeout, its variables.
    pub settings: Vec<Change>,
    /// Steps that are new, by slug.
    pub added: Vec<String>,
    /// Steps that are gone.
    pub removed: Vec<String>,
    /// Steps that have another slug and are otherwise the same.
    pub renamed: Vec<Renamed>,
    /// Steps that do something else.
    pub changed: Vec<Changed>,
    /// Ports of steps that stand in both and lead elsewhere.
    pub routes: Vec<Route>,
    /// What begins runs now and did not.
    pub triggers_added: Vec<String>,
    /// What began runs and does no longer.
    pub triggers_removed: Vec<String>,
    /// What runs can do now and could not.
    pub can_now: Vec<Permitted>,
    /// What runs could do and can no longer.
    pub can_no_longer: Vec<Permitted>,
    /// Figures that are different.
    pub cost: Vec<Figure>,
}

/// A step with another slug.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Renamed {
    /// Before.
    pub from: String,
    /// Now.
    pub to: String,
}

/// A step that does something else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changed {
    /// Its slug.
    pub step: String,
    /// What is different.
    pub changes: Vec<Change>,
}

/// A port that leads elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    /// The step.
    pub step: String,
    /// The port.
    pub port: String,
    /// Where it led; none where it was not given, so that it ended the run or failed it.
    pub from: Option<String>,
    /// Where it leads.
    pub to: Option<String>,
}

/// Something that runs can do, and by which steps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Permitted {
    /// In words: `send e-mail`.
    pub what: String,
    /// What it is to the world.
    pub effect: policy::Effect,
    /// The steps.
    pub steps: Vec<String>,
}

/// A figure that is different.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What it counts.
    pub what: String,
    /// Before.
    pub from: Range,
    /// Now.
    pub to: Range,
}

impl Diff {
    /// Whether nothing is different.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares two definitions.
pub fn of(old: &Program, new: &Program) -> Diff {
    let (before, after) = (&old.checked.definition, &new.checked.definition);
    let (gone, come) = (by_slug(before), by_slug(after));
    let only = |one: &BTreeMap<&str, &Step>, other: &BTreeMap<&str, &Step>, of: &Definition| {
        let slugs = of.steps.iter().map(|step| step.slug.clone());
        slugs
            .filter(|slug| one.contains_key(slug.as_str()) && !other.contains_key(slug.as_str()))
            .collect::<Vec<String>>()
    };
    let mut removed = only(&gone, &come, before);
    let mut added = only(&come, &gone, after);
    let renamed = renamed(&mut removed, &mut added, &gone, &come);
    let both = after.steps.iter().filter_map(|step| {
        let former = gone.get(step.slug.as_str())?;
        Some((*former, step))
    });
    let changed = both.clone().filter_map(|(former, step)| {
        let changes = values::between(&look(former), &look(step));
        (!changes.is_empty()).then(|| Changed {
            step: step.slug.clone(),
            changes,
        })
    });
    let (routes_before, routes_after) = (routes(old), routes(new));
    let in_both = |slug: &str| gone.contains_key(slug) && come.contains_key(slug);
    let ports: BTreeSet<&(String, String)> =
        routes_before.keys().chain(routes_after.keys()).collect();
    let moved = ports
        .into_iter()
        .filter(|(step, _)| in_both(step))
        .filter_map(|key| {
            let (from, to) = (routes_before.get(key), routes_after.get(key));
            (from != to).then(|| Route {
                step: key.0.clone(),
                port: key.1.clone(),
                from: from.cloned(),
                to: to.cloned(),
            })
        });
    let (can_now, can_no_longer) = permissions(old, new);
    let triggers = |one: &Program, other: &Program| {
        let said: BTreeSet<String> = other.triggers.iter().map(trigger).collect();
        let own = one.triggers.iter().map(trigger);
        own.filter(|trigger| !said.contains(trigger)).collect()
    };
    Diff {
        settings: values::between(&settings(before), &settings(after)),
        changed: changed.collect(),
        routes: moved.collect(),
        triggers_added: triggers(new, old),
        triggers_removed: triggers(old, new),
        cost: figures(old, new),
        added,
        removed,
        renamed,
        can_now,
        can_no_longer,
    }
}

fn by_slug(definition: &Definition) -> BTreeMap<&str, &Step> {
    let steps = definition.steps.iter();
    steps.map(|step| (step.slug.as_str(), step)).collect()
}

/// What a step is, without its slug and where it leads.
fn look(step: &Step) -> Value {
    let retry = step.retry.as_ref().map(look_of_retry);
    let branches = step.branches.iter();
    let branches: Vec<_> = branches.map(|branch| branch.target.clone()).collect();
    let mut look = json!({
        "stepType": step.kind,
        "name": step.name,
        "description": step.description,
        "config": step.config.to_json(),
        "retryPolicy": retry,
        "timeoutSeconds": step.timeout_seconds,
        "branches": branches,
    });
    if let Some(look) = look.as_object_mut() {
        look.retain(|_, value| !value.is_null() && *value != json!([]));
    }
    look
}

/// How often something is tried again; what is not said is what is usual.
fn look_of_retry(retry: &Retry) -> Value {
    json!({
        "maxRetries": retry.max_retries,
        "backoffMs": retry.backoff_ms,
        "backoffRate": retry.backoff_rate,
        "maxBackoffMs": retry.max_backoff_ms,
        "jitter": retry.jitter,
        "on": retry.on,
        "except": retry.except,
    })
}

/// What the workflow itself says, without its triggers.
fn settings(definition: &Definition) -> Value {
    let settings = &definition.settings;
    let nodes = |all: &indexmap::IndexMap<String, crate::source::Node>| {
        let all = all
            .iter()
            .map(|(name, node)| (name.clone(), node.to_json()));
        Value::Object(all.collect::<Map<_, _>>())
    };
    let retry = settings.retry.as_ref().map(look_of_retry);
    json!({
        "name": definition.name,
        "description": definition.description,
        "version": definition.version,
        "timeout": settings.timeout_ms,
        "retryPolicy": retry,
        "variables": nodes(&settings.variables),
        "secrets": nodes(&settings.secrets),
        "onComplete": settings.follow_ups.on_complete,
        "onError": settings.follow_ups.on_error,
        "budget": settings.budget.as_ref().map(crate::source::Node::to_json),
    })
}

/// Takes out the pairs of steps that differ in their slug alone.
fn renamed(
    removed: &mut Vec<String>,
    added: &mut Vec<String>,
    gone: &BTreeMap<&str, &Step>,
    come: &BTreeMap<&str, &Step>,
) -> Vec<Renamed> {
    let mut renamed = Vec::new();
    removed.retain(|from| {
        let Some(former) = gone.get(from.as_str()) else {
            return true;
        };
        let same = added.iter().position(|to| {
            come.get(to.as_str())
                .is_some_and(|step| look(step) == look(former))
        });
        let Some(place) = same else { return true };
        renamed.push(Renamed {
            from: from.clone(),
            to: added.remove(place),
        });
        false
    });
    renamed
}

/// Where every port leads, the beginning of the run included.
fn routes(program: &Program) -> BTreeMap<(String, String), String> {
    let checked = &program.checked;
    let name = |target: Target| match target {
        Target::Step(step) => checked.step(step).slug.clone(),
        Target::End => "end".to_owned(),
    };
    let steps = checked.definition.steps.iter().enumerate();
    let routes = steps.flat_map(|(id, step)| {
        let ports = checked.graph.ports_of(id);
        ports.map(|(port, target)| ((step.slug.clone(), port.to_owned()), name(target)))
    });
    routes.collect()
}

/// A trigger in words.
fn trigger(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Schedule(schedule) => format!(
            "schedule `{}` in {}, {}",
            schedule.written,
            schedule.timezone,
            schedule.expressions.join(" and ")
        ),
        Trigger::Webhook(webhook) => match &webhook.verify {
            None => format!("webhook `{}`", webhook.path),
            Some(verify) => {
                let provider = verify.provider.name();
                format!("webhook `{}`, verified as `{provider}`", webhook.path)
            }
        },
        Trigger::Event(event) => format!("event `{}`, {}", event.event_type, event.pattern),
    }
}

/// What runs can do now and could not, and the other way around.
fn permissions(old: &Program, new: &Program) -> (Vec<Permitted>, Vec<Permitted>) {
    let (before, after) = (policy::of(old), policy::of(new));
    let (before, after) = (before.permissions(), after.permissions());
    let more = |one: &BTreeMap<policy::May, BTreeSet<&str>>,
                other: &BTreeMap<policy::May, BTreeSet<&str>>| {
        let own = one.iter().filter(|(may, _)| !other.contains_key(may));
        own.map(|(may, steps)| Permitted {
            what: may.permitted(),
            effect: may.effect,
            steps: steps.iter().map(|step| (*step).to_owned()).collect(),
        })
        .collect()
    };
    (more(&after, &before), more(&before, &after))
}

/// The figures that are different.
fn figures(old: &Program, new: &Program) -> Vec<Figure> {
    let assumptions = Assumptions::default();
    let (before, after) = (cost::of(old, &assumptions), cost::of(new, &assumptions));
    let all = |cost: &cost::Cost| {
        let range = |pick: fn(&cost::Load) -> f64| Range {
            typical: pick(&cost.typical),
            worst: cost.worst.as_ref().map(pick),
        };
        [
            ("state transitions", range(|load| load.transitions)),
            ("history events", range(|load| load.events)),
            ("tokens", range(cost::Load::tokens)),
            ("US dollars of a run", cost.usd.total),
        ]
    };
    let rows = all(&before).into_iter().zip(all(&after));
    let rows = rows.filter(|((_, from), (_, to))| from != to);
    let mut figures: Vec<Figure> = rows
        .map(|((what, from), (_, to))| Figure {
            what: what.to_owned(),
            from,
            to,
        })
        .collect();
    if let (Some(from), Some(to)) = (&before.month, &after.month)
        && from.usd != to.usd
    {
        figures.push(Figure {
            what: "US dollars of a month".to_owned(),
            from: from.usd,
            to: to.usd,
        });
    }
    figures
}
