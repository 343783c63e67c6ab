//! What starts a workflow by itself: schedules in Scheduler, rules on the bus; both call the trigger.
//!
//! Names are made of what a trigger says, so the same trigger is the same schedule or rule however often it is published.

use aws_sdk_eventbridge::operation::delete_rule::DeleteRuleError;
use aws_sdk_eventbridge::operation::remove_targets::RemoveTargetsError;
use aws_sdk_eventbridge::types::{DeadLetterConfig, InputTransformer, Target};
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::operation::delete_schedule::DeleteScheduleError;
use aws_sdk_scheduler::types::{
    DeadLetterConfig as ScheduleDeadLetters, FlexibleTimeWindow, FlexibleTimeWindowMode,
    RetryPolicy, Target as ScheduleTarget,
};
use pawl_compiler::triggers::{Event, Schedule, Trigger};
use serde_json::{Value, json};

use super::names;
use crate::app::App;
use crate::problem::Problem;

/// What stands for the moment at which a schedule means to fire, however late it does.
const SCHEDULED_TIME: &str = "<aws.scheduler.scheduled-time>";

/// The one target of a rule.
const TARGET: &str = "trigger";

/// A trigger of a workflow, as AWS is to have it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Planned {
    /// Its name among the workflow's.
    pub(crate) name: String,
    how: How,
}

#[derive(Debug, Clone, PartialEq)]
enum How {
    Schedule {
        expression: String,
        timezone: String,
    },
    Rule {
        pattern: Value,
    },
}

/// What a trigger asks for.
struct Asked<'trigger> {
    workflow: &'trigger str,
    org: &'trigger str,
    trigger: &'trigger str,
}

/// The schedules and rules of a workflow. Webhooks need none: they reach the API itself.
pub(crate) fn planned(triggers: &[Trigger]) -> Vec<Planned> {
    let mut planned = Vec::new();
    for trigger in triggers {
        match trigger {
            Trigger::Schedule(schedule) => planned.extend(schedules(schedule)),
            Trigger::Event(event) => planned.push(rule(event)),
            Trigger::Webhook(_) => {}
        }
    }
    planned.sort_by(|one, other| one.name.cmp(&other.name));
    planned.dedup_by(|one, other| one.name == other.name);
    planned
}

fn schedules(schedule: &Schedule) -> impl Iterator<Item = Planned> {
    let timezone = &schedule.timezone;
    schedule.expressions.iter().map(move |expression| Planned {
        name: format!(
            "schedule-{}",
            names::hash(&format!("{expression} {timezone}"))
        ),
        how: How::Schedule {
            expression: expression.clone(),
            timezone: timezone.clone(),
        },
    })
}

fn rule(event: &Event) -> Planned {
    Planned {
        name: format!("event-{}", names::hash(&event.pattern.to_string())),
        how: How::Rule {
            pattern: event.pattern.clone(),
        },
    }
}

/// Makes the schedules and rules of a workflow, those that are there already anew.
pub(super) async fn make(
    app: &App,
    org: &str,
    workflow: &str,
    triggers: &[Planned],
) -> Result<(), Problem> {
    for trigger in triggers {
        let name = format!("{}-{}", names::trigger(app, org, workflow), trigger.name);
        let asked = Asked {
            workflow,
            org,
            trigger: &trigger.name,
        };
        match &trigger.how {
            How::Schedule {
                expression,
                timezone,
            } => put_schedule(app, &name, expression, timezone, &asked).await?,
            How::Rule { pattern } => put_rule(app, &name, &of_org(pattern, org), &asked).await?,
        }
    }
    Ok(())
}

/// Removes every schedule and rule of a workflow but those that are kept.
pub(super) async fn sweep(
    app: &App,
    org: &str,
    workflow: &str,
    kept: &[String],
) -> Result<(), Problem> {
    let prefix = format!("{}-", names::trigger(app, org, workflow));
    let is_over = |name: &str, kind: &str| {
        let own = name.strip_prefix(&prefix);
        own.is_some_and(|own| own.starts_with(kind) && !kept.iter().any(|kept| kept == own))
    };
    let scheduler = app.services().scheduler();
    let group = &app.settings().schedule_group;
    let listed = scheduler.list_schedules().group_name(group);
    let listed = listed
        .name_prefix(format!("{prefix}schedule-"))
        .into_paginator();
    let listed = listed.items().send().try_collect().await;
    let listed = listed.map_err(|error| failed("ListSchedules", &error))?;
    for name in listed.into_iter().filter_map(|schedule| schedule.name) {
        if is_over(&name, "schedule-") {
            let delete = scheduler.delete_schedule().group_name(group).name(&name);
            let deleted = delete.send().await;
            gone(
                deleted,
                DeleteScheduleError::is_resource_not_found_exception,
                "DeleteSchedule",
            )?;
        }
    }
    sweep_rules(app, &format!("{prefix}event-"), |name| {
        is_over(name, "event-")
    })
    .await
}

async fn sweep_rules(
    app: &App,
    prefix: &str,
    is_over: impl Fn(&str) -> bool,
) -> Result<(), Problem> {
    let (bridge, bus) = (app.services().event_bridge(), bus(app));
    let mut token = None;
    loop {
        let list = bridge.list_rules().name_prefix(prefix).event_bus_name(bus);
        let listed = list.set_next_token(token).send().await;
        let listed = listed.map_err(|error| failed("ListRules", &error))?;
        let names = listed.rules.unwrap_or_default().into_iter();
        for name in names
            .filter_map(|rule| rule.name)
            .filter(|name| is_over(name))
        {
            let remove = bridge.remove_targets().rule(&name).event_bus_name(bus);
            let removed = remove.ids(TARGET).send().await;
            gone(
                removed,
                RemoveTargetsError::is_resource_not_found_exception,
                "RemoveTargets",
            )?;
            let delete = bridge.delete_rule().name(&name).event_bus_name(bus);
            let deleted = delete.send().await;
            gone(
                deleted,
                DeleteRuleError::is_resource_not_found_exception,
                "DeleteRule",
            )?;
        }
        token = listed.next_token;
        if token.is_none() {
            return Ok(());
        }
    }
}

async fn put_schedule(
    app: &App,
    name: &str,
    expression: &str,
    timezone: &str,
    asked: &Asked<'_>,
) -> Result<(), Problem> {
    // Two expressions of one schedule may name the same minute, which is one run; so the key is the minute's.
    let input = json!({
        "workflow": asked.workflow,
        "org": asked.org,
        "trigger": asked.trigger,
        "kind": "schedule",
        "idempotencyKey": format!("schedule/{SCHEDULED_TIME}"),
    });
    let settings = app.settings();
    let retry = RetryPolicy::builder()
        .maximum_event_age_in_seconds(3600)
        .maximum_retry_attempts(185);
    let letters = settings.dead_letters.as_ref();
    let target = ScheduleTarget::builder()
        .arn(&settings.trigger_function)
        .role_arn(&settings.schedule_role)
        .retry_policy(retry.build())
        .set_dead_letter_config(
            letters.map(|queue| ScheduleDeadLetters::builder().arn(queue).build()),
        )
        .input(input.to_string())
        .build()
        .map_err(|error| failed("CreateSchedule", &error))?;
    let window = FlexibleTimeWindow::builder()
        .mode(FlexibleTimeWindowMode::Off)
        .build()
        .map_err(|error| failed("CreateSchedule", &error))?;
    let create = app.services().scheduler().create_schedule();
    let create = create.name(name).group_name(&settings.schedule_group);
    let create = create
        .schedule_expression(expression)
        .schedule_expression_timezone(timezone);
    let created = create
        .flexible_time_window(window)
        .target(target)
        .send()
        .await;
    match created {
        Ok(_) => Ok(()),
        // Its name says that it is the same.
        Err(error)
            if error
                .as_service_error()
                .is_some_and(CreateScheduleError::is_conflict_exception) =>
        {
            Ok(())
        }
        Err(error) => Err(failed("CreateSchedule", &error)),
    }
}

async fn put_rule(
    app: &App,
    name: &str,
    pattern: &Value,
    asked: &Asked<'_>,
) -> Result<(), Problem> {
    let (bridge, bus) = (app.services().event_bridge(), bus(app));
    let put = bridge.put_rule().name(name).event_bus_name(bus);
    let put = put.event_pattern(pattern.to_string()).send().await;
    put.map_err(|error| failed("PutRule", &error))?;
    // Our own events have an id of their own, which stays the same when they are told again.
    let is_ours = pattern.get("source").is_some();
    let id = if is_ours { "$.detail.id" } else { "$.id" };
    let template = format!(
        r#"{{"workflow":{},"org":{},"trigger":{},"kind":"event","idempotencyKey":"event/<id>","input":<detail>}}"#,
        json!(asked.workflow),
        json!(asked.org),
        json!(asked.trigger),
    );
    let transformer = InputTransformer::builder()
        .input_paths_map("id", id)
        .input_paths_map("detail", "$.detail")
        .input_template(template)
        .build()
        .map_err(|error| failed("PutTargets", &error))?;
    let letters = app.settings().dead_letters.as_ref();
    let target = Target::builder()
        .id(TARGET)
        .set_dead_letter_config(letters.map(|queue| DeadLetterConfig::builder().arn(queue).build()))
        .arn(&app.settings().trigger_function)
        .input_transformer(transformer)
        .build()
        .map_err(|error| failed("PutTargets", &error))?;
    let put = bridge.put_targets().rule(name).event_bus_name(bus);
    let put = put
        .targets(target)
        .send()
        .await
        .map_err(|error| failed("PutTargets", &error))?;
    if put.failed_entry_count == 0 {
        return Ok(());
    }
    let entries = put.failed_entries.unwrap_or_default();
    let reason = entries
        .first()
        .and_then(|entry| entry.error_message.clone());
    let reason = std::io::Error::other(reason.unwrap_or_default());
    Err(failed("PutTargets", &reason))
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

/// The bus on which events are told.
fn bus(app: &App) -> &str {
    app.services()
        .settings()
        .bus
        .as_deref()
        .unwrap_or("default")
}

/// What was to be removed is gone, whoever removed it.
fn gone<T, E, R>(
    removed: Result<T, aws_sdk_sfn::error::SdkError<E, R>>,
    is_gone: impl Fn(&E) -> bool,
    call: &str,
) -> Result<(), Problem>
where
    E: std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    match removed {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(is_gone) => Ok(()),
        Err(error) => Err(failed(call, &error)),
    }
}

fn failed(call: &str, error: &dyn std::error::Error) -> Problem {
    Problem::unavailable(&format!("{call} failed"), error)
}
