//! What AWS is to have for a workflow, in plain data: publishing makes it by calls, `pawl build` writes it into a template.
//!
//! Every name stands behind the deployment's prefix and a dash, and machines name functions by their placeholders.

use pawl_compiler::Program;
use pawl_compiler::triggers::{self, Event};
use serde_json::{Value, json};

use super::names;

/// The alias that names the version of a machine that runs.
pub const ALIAS: &str = "active";

/// The one target of a rule.
pub const TARGET: &str = "trigger";

/// For how many seconds Scheduler tries to start a run that it could not start.
pub const OLDEST_SECONDS: i32 = 3600;

/// How often it tries.
pub const ATTEMPTS: i32 = 185;

/// What stands for the moment at which a schedule means to fire, however late it does.
const SCHEDULED_TIME: &str = "<aws.scheduler.scheduled-time>";

/// A machine of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// Its definition.
    pub text: String,
}

/// A schedule or rule of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    /// Its name among the workflow's: the published workflow knows it, and nothing starts by another.
    pub own: String,
    /// Its name.
    pub name: String,
    /// When it starts runs.
    pub how: How,
}

/// When a schedule or rule starts runs.
#[derive(Debug, Clone, PartialEq)]
pub enum How {
    /// At times.
    Schedule(Schedule),
    /// Where something happens.
    Rule(Rule),
}

/// A schedule of EventBridge Scheduler. It never fires at another moment than it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its expression.
    pub expression: String,
    /// The time zone in which it is meant.
    pub timezone: String,
    /// What the trigger is called with.
    pub input: String,
}

/// A rule of EventBridge.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Which events it is about.
    pub pattern: Value,
    /// What of an event goes into the template, by name.
    pub paths: [(&'static str, &'static str); 2],
    /// What the trigger is called with.
    pub template: String,
}

/// The machine of a workflow.
pub fn machine(org: &str, workflow: &str, program: &Program) -> serde_json::Result<Machine> {
    Ok(Machine {
        name: names::machine(org, workflow),
        text: program.lowered.machine.text()?,
    })
}

/// The schedules and rules of a workflow. Webhooks need none: they reach the API itself.
pub fn triggers(org: &str, workflow: &str, triggers: &[triggers::Trigger]) -> Vec<Trigger> {
    let asked = Asked { org, workflow };
    let mut found = Vec::new();
    for trigger in triggers {
        match trigger {
            triggers::Trigger::Schedule(schedule) => found.extend(asked.schedules(schedule)),
            triggers::Trigger::Event(event) => found.push(asked.rule(event)),
            triggers::Trigger::Webhook(_) => {}
        }
    }
    found.sort_by(|one, other| one.own.cmp(&other.own));
    found.dedup_by(|one, other| one.own == other.own);
    found
}

/// Whose runs are asked for.
struct Asked<'trigger> {
    org: &'trigger str,
    workflow: &'trigger str,
}

impl Asked<'_> {
    fn schedules(&self, schedule: &triggers::Schedule) -> impl Iterator<Item = Trigger> {
        let timezone = &schedule.timezone;
        schedule.expressions.iter().map(move |expression| {
            let own = format!(
                "schedule-{}",
                names::hash(&format!("{expression} {timezone}"))
            );
            // Two expressions of one schedule may name the same minute, which is one run; so the key is the minute's.
            let input = json!({
                "workflow": self.workflow,
                "org": self.org,
                "trigger": own,
                "kind": "schedule",
                "idempotencyKey": format!("schedule/{SCHEDULED_TIME}"),
            });
            let how = How::Schedule(Schedule {
                expression: expression.clone(),
                timezone: timezone.clone(),
                input: input.to_string(),
            });
            self.named(own, how)
        })
    }

    fn rule(&self, event: &Event) -> Trigger {
        let own = format!("event-{}", names::hash(&event.pattern.to_string()));
        // Our own events have an id of their own, which stays the same when they are told again.
        let is_ours = event.pattern.get("source").is_some();
        let id = if is_ours { "$.detail.id" } else { "$.id" };
        let template = format!(
            r#"{{"workflow":{},"org":{},"trigger":{},"kind":"event","idempotencyKey":"event/<id>","input":<detail>}}"#,
            json!(self.workflow),
            json!(self.org),
            json!(own),
        );
        let how = How::Rule(Rule {
            pattern: of_org(&event.pattern, self.org),
            paths: [("detail", "$.detail"), ("id", id)],
            template,
        });
        self.named(own, how)
    }

    fn named(&self, own: String, how: How) -> Trigger {
        let name = format!("{}-{own}", names::trigger(self.org, self.workflow));
        Trigger { own, name, how }
    }
}

/// The pattern for events of an organisation; what other systems tell may say nothing of it.
fn of_org(pattern: &Value, org: &str) -> Value {
    let mut pattern = pattern.clone();
    let is_ours = pattern.get("source").is_some();
    let wanted = if is_ours {
        json!([org])
    } else {
        json!([org, { "exists": false }])
    };
    if let Some(members) = pattern.as_object_mut() {
        let detail = members.entry("detail").or_insert_with(|| json!({}));
        if let Some(detail) = detail.as_object_mut() {
            detail.insert("organizationId".to_owned(), wanted);
        }
    }
    pattern
}
