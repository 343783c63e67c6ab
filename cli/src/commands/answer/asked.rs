//! Answers that a deployment is asked to give.

use anyhow::Context;
use pawl_functions::{Decided, Decision, Link, Sent, asked_in};
use pawl_store::{Record, RecordStatus};
use reqwest::Method;
use serde_json::{Value, json};

use super::misuse;
use crate::deployment::{Deployment, execution, segment};
use crate::project::Misuse;

/// Lets somebody else decide what a run asks, too: the step that asks, and who said so.
pub(in crate::commands) async fn delegate(
    deployment: &Deployment,
    run: &str,
    step: Option<&str>,
    to: &str,
    by: Option<&str>,
) -> anyhow::Result<(String, Value)> {
    let asked = asked(deployment, run, step).await?;
    let path = format!("{}/delegate", approval(run, &asked));
    let body = json!({ "to": to, "delegated_by": by });
    let answer = deployment.want(Method::POST, &path, Some(&body)).await?;
    let delegates = answer.get("delegates").and_then(Value::as_array);
    let is_to = |delegate: &&Value| delegate.get("to").and_then(Value::as_str) == Some(to.trim());
    let by = delegates.and_then(|delegates| delegates.iter().find(is_to)?.get("by"));
    Ok((asked.step, by.cloned().unwrap_or_default()))
}

/// The path of a question.
fn approval(run: &str, asked: &Record) -> String {
    let id = format!("{run}~{}", asked.at.as_str().replace('/', "."));
    format!("/api/approvals/{}", segment(&id))
}

/// Decides what a run asks.
pub(super) async fn decide(
    deployment: &Deployment,
    run: &str,
    step: Option<&str>,
    decision: &Decision,
) -> anyhow::Result<Decided> {
    let asked = asked(deployment, run, step).await?;
    let word = if decision.approved {
        "approved"
    } else {
        "rejected"
    };
    let body = json!({
        "decision": word,
        "comment": decision.comment,
        "decided_by": decision.by,
        "form": decision.form,
        "payload": decision.payload,
    });
    let path = approval(run, &asked);
    deployment.want(Method::POST, &path, Some(&body)).await?;
    decided(deployment, run, asked).await
}

/// Decides by a link, which says who decides.
pub(super) async fn decide_by_link(
    deployment: &Deployment,
    text: &str,
    link: &Link,
    decision: &Decision,
) -> anyhow::Result<Decided> {
    if decision.form.is_some() || decision.payload.is_some() {
        let misuse = Misuse::new("a link takes no form and no payload in a deployment");
        return Err(misuse.help("name the run instead of the link").into());
    }
    let asked = asked(deployment, &link.run, Some(link.at.as_str())).await?;
    let comment = decision.comment.as_deref().unwrap_or_default();
    deployment.press(text, comment).await?;
    decided(deployment, &link.run, asked).await
}

/// The record of the question.
async fn asked(deployment: &Deployment, run: &str, step: Option<&str>) -> anyhow::Result<Record> {
    let records = deployment.records(run).await?;
    asked_in(&records, run, step).map_err(misuse)
}

/// What became of a question.
async fn decided(deployment: &Deployment, run: &str, asked: Record) -> anyhow::Result<Decided> {
    let records = deployment.records(run).await?;
    let decided = records.into_iter().find(|record| record.at == asked.at);
    Ok(Decided {
        at: asked.at,
        step: asked.step,
        output: decided.map(|record| record.output).unwrap_or_default(),
        again: asked.status != RecordStatus::Waiting,
    })
}

/// Sends a signal to a run.
pub(super) async fn send(
    deployment: &Deployment,
    run: &str,
    signal: &str,
    payload: &Value,
    by: Option<&str>,
) -> anyhow::Result<Sent> {
    let path = format!("{}/signals/{}", execution(run), segment(signal));
    let body = json!({ "payload": payload, "sent_by": by });
    let answer = deployment.want(Method::POST, &path, Some(&body)).await?;
    match answer.get("status").and_then(Value::as_str) {
        Some("delivered") => Ok(Sent::Delivered),
        Some("kept") => Ok(Sent::Kept),
        _ => None.context("the answer does not say what became of the signal"),
    }
}
