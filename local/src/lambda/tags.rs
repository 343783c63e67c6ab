//! What is kept about a function for tools: tags, and a policy that nobody enforces here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Aws;

use super::Lambda;
use super::api::Call;
use super::refusal::{Refusal, function_arn};

/// `TagResource`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    tags: BTreeMap<String, String>,
}

/// `AddPermission`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Permit {
    statement_id: String,
    action: String,
    principal: String,
    #[serde(default)]
    source_arn: Option<String>,
    #[serde(default)]
    source_account: Option<String>,
}

pub(super) fn list(aws: &Aws, call: &Call) -> Result<Value, Refusal> {
    let function = aws.lambda.find(&call.named())?;
    Ok(json!({ "Tags": function.tags }))
}

pub(super) fn tag(aws: &Aws, call: &Call) -> Result<(), Refusal> {
    let request: Tag = call.body()?;
    Lambda::change(aws, &call.named(), |function| {
        function.tags.extend(request.tags);
        Ok(Value::Null)
    })?;
    Ok(())
}

pub(super) fn untag(aws: &Aws, call: &Call) -> Result<(), Refusal> {
    Lambda::change(aws, &call.named(), |function| {
        function
            .tags
            .retain(|name, _| !call.tag_keys.contains(name));
        Ok(Value::Null)
    })?;
    Ok(())
}

pub(super) fn permit(aws: &Aws, call: &Call) -> Result<Value, Refusal> {
    let request: Permit = call.body()?;
    let principal = if request.principal.contains('.') {
        json!({ "Service": request.principal })
    } else {
        json!({ "AWS": request.principal })
    };
    let mut condition = Map::new();
    if let Some(arn) = request.source_arn {
        condition.insert("ArnLike".to_owned(), json!({ "AWS:SourceArn": arn }));
    }
    if let Some(account) = request.source_account {
        let account = json!({ "AWS:SourceAccount": account });
        condition.insert("StringEquals".to_owned(), account);
    }
    let mut statement = json!({
        "Sid": request.statement_id,
        "Effect": "Allow",
        "Principal": principal,
        "Action": request.action,
        "Resource": function_arn(&call.named().qualified()),
    });
    if let Some(statement) = statement.as_object_mut().filter(|_| !condition.is_empty()) {
        statement.insert("Condition".to_owned(), condition.into());
    }
    Lambda::change(aws, &call.named(), |function| {
        let id = &request.statement_id;
        if function.policy.contains_key(id) {
            return Err(Refusal::conflict(format!(
                "The statement id ({id}) provided already exists. Please provide a new statement id, or remove the existing statement."
            )));
        }
        function.policy.insert(id.clone(), statement.clone());
        Ok(json!({ "Statement": statement.to_string() }))
    })
}

pub(super) fn policy(aws: &Aws, call: &Call) -> Result<Value, Refusal> {
    let function = aws.lambda.find(&call.named())?;
    if function.policy.is_empty() {
        let message = "The resource you requested does not exist.";
        return Err(Refusal::not_found(message));
    }
    let statements: Vec<&Value> = function.policy.values().collect();
    let policy = json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements });
    Ok(json!({ "Policy": policy.to_string(), "RevisionId": function.latest.id }))
}

pub(super) fn forbid(aws: &Aws, call: &Call) -> Result<(), Refusal> {
    Lambda::change(aws, &call.named(), |function| {
        let removed = function.policy.remove(call.second());
        removed.map(|_| Value::Null).ok_or_else(|| {
            let id = call.second();
            Refusal::not_found(format!("Statement {id} is not found in resource policy."))
        })
    })?;
    Ok(())
}
