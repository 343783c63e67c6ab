//! What of a run is otherwise than its test expects.

use std::collections::BTreeSet;

use pawl_compiler::Authored;
use pawl_contract::Kind;
use pawl_store::{RunError, RunStatus};
use serde_json::{Map, Value};
use similar::TextDiff;

use super::play::Played;
use super::spec::{Expect, Partly, Route};
use crate::report::Report;

/// Stands for any value in what is expected.
const ANY: &str = "<any>";

/// What came of a test's run, beside what is expected of it.
pub(super) struct Found<'a> {
    expect: &'a Expect,
    played: &'a Played,
    authored: &'a Authored,
    /// The steps that the run came to, in order; what ran side by side by branch.
    ///
    /// A step that nobody wrote is one of them where the test names it.
    pub(super) route: Vec<String>,
}

impl<'a> Found<'a> {
    pub(super) fn new(expect: &'a Expect, played: &'a Played, authored: &'a Authored) -> Self {
        let names: BTreeSet<&str> = expect.route.iter().flat_map(Route::names).collect();
        let visits = played.report.steps.iter();
        // The beginning of every run is no way that it takes.
        let visits = visits.filter(|visit| visit.kind != Some(Kind::Trigger));
        let slugs = visits.map(|visit| visit.step.as_str());
        let shown = slugs.filter(|slug| !authored.is_made(slug) || names.contains(slug));
        Self {
            expect,
            played,
            authored,
            route: shown.map(|slug| authored.name(slug).to_owned()).collect(),
        }
    }

    /// What is otherwise; nothing where the test passes.
    pub(super) fn differences(&self) -> Vec<String> {
        let report = &self.played.report;
        let mut found = self.end(report);
        if let Some(expected) = &self.expect.output
            && !fits(expected, &report.output)
        {
            found.push(format!("output:\n{}", compared(expected, &report.output)));
        }
        found.extend(self.failure(report));
        if let Some(expected) = &self.expect.route {
            found.extend(misrouted(&self.named(expected), &self.route));
        }
        for (collection, records) in &self.expect.records {
            let left = self.played.records.get(collection).map(Vec::as_slice);
            for record in records {
                found.extend(missing(collection, record, left.unwrap_or_default()));
            }
        }
        let mails = self.played.mails;
        if let Some(expected) = self.expect.mails
            && expected != mails
        {
            found.push(format!("mails: expected {expected}, found {mails}"));
        }
        found.extend(self.played.unsaid.iter().cloned());
        found
    }

    /// How the run ends, if otherwise than expected, and why.
    fn end(&self, report: &Report) -> Vec<String> {
        let status = status(report.status);
        let mut found = Vec::new();
        if let Some(expected) = &self.expect.status
            && *expected != status
        {
            found.push(format!("status: expected {expected}, found {status}"));
        }
        // A run that nobody expects to fail completes.
        let may_fail = self.expect.status.is_some() || self.expect.error.is_some();
        if !may_fail && report.status != RunStatus::Completed {
            found.push(format!("status: expected completed, found {status}"));
        }
        if !found.is_empty()
            && let Some(error) = &report.error
        {
            let step = self.place_of(error);
            found.push(format!("  {} in {step}: {}", error.code, error.message));
            let mut visits = report.steps.iter();
            let is_of = |slug: &str| error.step.as_deref() == Some(slug);
            if visits.any(|visit| is_of(&visit.step) && visit.kind == Some(Kind::Subflow)) {
                found.push(format!(
                    "  = help: mocks are of this workflow's own steps: mock `{step}` by what it gives to leave out the workflow that it runs"
                ));
            }
        }
        found
    }

    fn failure(&self, report: &Report) -> Option<String> {
        let expected = self.expect.error.as_ref()?;
        let Some(error) = &report.error else {
            return Some("error: expected one, found none".to_owned());
        };
        let code = expected
            .code
            .as_ref()
            .is_none_or(|code| *code == error.code);
        let is_named = |name: &String| {
            let slug = error.step.as_deref();
            let owner = slug.and_then(|slug| self.authored.owner(slug));
            Some(name.as_str()) == slug || Some(name.as_str()) == owner
        };
        let step = expected.step.as_ref().is_none_or(is_named);
        let message = expected.message.as_ref();
        let message = message.is_none_or(|message| error.message.contains(message.as_str()));
        let is_right = code && step && message;
        (!is_right).then(|| {
            let step = self.place_of(error);
            format!("error: found {} in {step}: {}", error.code, error.message)
        })
    }

    /// Where a run failed, as its author knows it.
    fn place_of<'e>(&'e self, error: &'e RunError) -> &'e str {
        let slug = error.step.as_deref();
        let step = slug.map(|slug| self.authored.owner(slug).unwrap_or(slug));
        step.unwrap_or("the run")
    }

    /// The steps that are expected, by the names that their author gave them.
    fn named(&self, route: &Route) -> Route {
        let names = |steps: &Vec<String>| -> Vec<String> {
            let named = steps
                .iter()
                .map(|step| self.authored.name(self.authored.slug(step)));
            named.map(str::to_owned).collect()
        };
        match route {
            Route::Exactly(steps) => Route::Exactly(names(steps)),
            Route::Partly(partly) => Route::Partly(Partly {
                in_order: names(&partly.in_order),
                includes: names(&partly.includes),
                never: names(&partly.never),
            }),
        }
    }
}

fn status(status: RunStatus) -> String {
    let value = serde_json::to_value(status);
    let word = value
        .ok()
        .and_then(|value| Some(value.as_str()?.to_owned()));
    word.unwrap_or_default()
}

fn misrouted(expected: &Route, found: &[String]) -> Option<String> {
    let way = found.join(" > ");
    match expected {
        Route::Exactly(steps) if *steps != found => Some(format!(
            "route: expected {}\n       found    {way}",
            steps.join(" > ")
        )),
        Route::Exactly(_) => None,
        Route::Partly(Partly {
            in_order,
            includes,
            never,
        }) => {
            let mut rest = found.iter();
            let lost = in_order
                .iter()
                .find(|step| !rest.any(|found| found == *step));
            let absent = includes.iter().find(|step| !found.contains(step));
            let present = never.iter().find(|step| found.contains(step));
            let what = lost
                .map(|step| format!("`{step}` does not come where it is expected"))
                .or_else(|| absent.map(|step| format!("it does not come to `{step}`")))
                .or_else(|| present.map(|step| format!("it comes to `{step}`")))?;
            Some(format!("route: {what}\n       found    {way}"))
        }
    }
}

/// Says which record is not left; the nearest one by its `_id` is compared.
fn missing(collection: &str, expected: &Map<String, Value>, left: &[Value]) -> Option<String> {
    let has = |record: &&Value| {
        let mut fields = expected.iter();
        fields.all(|(name, value)| record.get(name).is_some_and(|found| fits(value, found)))
    };
    if left.iter().any(|record| has(&record)) {
        return None;
    }
    let id = expected.get("_id");
    let same = left
        .iter()
        .find(|record| id.is_some() && record.get("_id") == id);
    let Some(same) = same else {
        let wanted = Value::Object(expected.clone());
        return Some(format!(
            "records: none of the {} in `{collection}` is {wanted}",
            left.len()
        ));
    };
    let part = expected.keys().filter_map(|name| {
        let value = same.get(name)?.clone();
        Some((name.clone(), value))
    });
    let part = Value::Object(part.collect());
    Some(format!(
        "records: in `{collection}`\n{}",
        compared(&Value::Object(expected.clone()), &part)
    ))
}

/// Whether a value is what is expected, where `<any>` may be anything.
fn fits(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::String(text), _) if text == ANY => true,
        (Value::Object(expected), Value::Object(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .all(|(name, value)| found.get(name).is_some_and(|found| fits(value, found)))
        }
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .zip(found)
                    .all(|(one, other)| fits(one, other))
        }
        (Value::Number(expected), Value::Number(found)) => {
            expected == found || expected.as_f64() == found.as_f64()
        }
        _ => expected == found,
    }
}

/// Two values line by line: what is expected with `-`, what was found with `+`.
fn compared(expected: &Value, found: &Value) -> String {
    let lines = |value: &Value| serde_json::to_string_pretty(&sorted(value)).unwrap_or_default();
    let (expected, found) = (lines(expected), lines(found));
    let diff = TextDiff::from_lines(&expected, &found);
    let changes = diff.iter_all_changes();
    let changes = changes.map(|change| {
        let line = change.to_string();
        format!("  {}{}", change.tag(), line.trim_end_matches('\n'))
    });
    changes.collect::<Vec<_>>().join("\n")
}

/// A value whose objects have their keys in order, so that only what differs is shown.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut keys: Vec<&String> = entries.keys().collect();
            keys.sort();
            let entries = keys
                .into_iter()
                .filter_map(|key| Some((key.clone(), sorted(entries.get(key)?))));
            Value::Object(entries.collect())
        }
        Value::Array(elements) => elements.iter().map(sorted).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
