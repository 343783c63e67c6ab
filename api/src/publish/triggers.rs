//! What starts a workflow by itself: schedules in Scheduler, rules on the bus; both call the trigger.

use aws_sdk_eventbridge::operation::delete_rule::DeleteRuleError;
use aws_sdk_eventbridge::operation::remove_targets::RemoveTargetsError;
use aws_sdk_eventbridge::types::{DeadLetterConfig, InputTransformer, Target};
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::operation::delete_schedule::DeleteScheduleError;
use aws_sdk_scheduler::types::{
    DeadLetterConfig as ScheduleDeadLetters, FlexibleTimeWindow, FlexibleTimeWindowMode,
    RetryPolicy, Target as ScheduleTarget,
};

use super::names;
use super::resources::{ATTEMPTS, How, OLDEST_SECONDS, Rule, Schedule, TARGET, Trigger};
use crate::app::App;
use crate::problem::Problem;

/// Makes the schedules and rules of a workflow, those that are there already anew.
pub(super) async fn make(app: &App, triggers: &[Trigger]) -> Result<(), Problem> {
    for trigger in triggers {
        let name = super::named(app, &trigger.name);
        match &trigger.how {
            How::Schedule(schedule) => put_schedule(app, &name, schedule).await?,
            How::Rule(rule) => put_rule(app, &name, rule).await?,
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
    let prefix = format!("{}-", super::named(app, &names::trigger(org, workflow)));
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

async fn put_schedule(app: &App, name: &str, schedule: &Schedule) -> Result<(), Problem> {
    let settings = app.settings();
    let retry = RetryPolicy::builder()
        .maximum_event_age_in_seconds(OLDEST_SECONDS)
        .maximum_retry_attempts(ATTEMPTS);
    let letters = settings.dead_letters.as_ref();
    let target = ScheduleTarget::builder()
        .arn(&settings.trigger_function)
        .role_arn(&settings.schedule_role)
        .retry_policy(retry.build())
        .set_dead_letter_config(
            letters.map(|queue| ScheduleDeadLetters::builder().arn(queue).build()),
        )
        .input(&schedule.input)
        .build()
        .map_err(|error| failed("CreateSchedule", &error))?;
    let window = FlexibleTimeWindow::builder()
        .mode(FlexibleTimeWindowMode::Off)
        .build()
        .map_err(|error| failed("CreateSchedule", &error))?;
    let create = app.services().scheduler().create_schedule();
    let create = create.name(name).group_name(&settings.schedule_group);
    let create = create
        .schedule_expression(&schedule.expression)
        .schedule_expression_timezone(&schedule.timezone);
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

async fn put_rule(app: &App, name: &str, rule: &Rule) -> Result<(), Problem> {
    let (bridge, bus) = (app.services().event_bridge(), bus(app));
    let put = bridge.put_rule().name(name).event_bus_name(bus);
    let put = put.event_pattern(rule.pattern.to_string()).send().await;
    put.map_err(|error| failed("PutRule", &error))?;
    let mut transformer = InputTransformer::builder().input_template(&rule.template);
    for (name, path) in rule.paths {
        transformer = transformer.input_paths_map(name, path);
    }
    let transformer = transformer
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
