//! What there has to be after all the kills, from the histories and the tables.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::load::Load;
use super::server::Server;

/// A text in JSON.
pub(super) fn string<'value>(value: &'value Value, pointer: &str) -> &'value str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text {pointer} in {value}"))
}

impl Load {
    /// Holds the histories against the tables; how many effects were begun again.
    pub(super) async fn judge(&self, server: &Server) -> u64 {
        let counted = counted(server).await;
        let mut kept = BTreeMap::new();
        let mut customers = 0;
        for (name, machine) in &self.started {
            assert_eq!(self.status(server, name).await, "SUCCEEDED", "{name}");
            if *machine == "workflow" {
                customers += 1;
                continue;
            }
            let mut executions = vec![self.execution(name)];
            while let Some(execution) = executions.pop() {
                executions.extend(outcomes(server, &execution, &mut kept).await);
            }
        }
        for (key, outcome) in &kept {
            assert_eq!(
                counted.get(key),
                Some(outcome),
                "{key} ran again after its outcome was kept"
            );
        }
        assert_eq!(kept.len(), counted.len(), "every effect has its outcome");
        // The first was made before anybody was killed.
        assert_eq!(records(server).await, customers + 1, "one for each run");
        counted.values().sum::<u64>() - counted.len() as u64
    }
}

/// What the table has counted.
async fn counted(server: &Server) -> BTreeMap<String, u64> {
    let mut counted = BTreeMap::new();
    for item in scan(server, "effects").await {
        let count = string(&item, "/ran/N").parse().expect("a number");
        counted.insert(string(&item, "/id/S").to_owned(), count);
    }
    counted
}

/// How many customers there are.
async fn records(server: &Server) -> u64 {
    let items = scan(server, "pawl").await;
    let customers = items.iter().filter(|item| {
        let key = item.pointer("/pk/S").and_then(Value::as_str);
        key.is_some_and(|key| key.ends_with("#customers"))
    });
    customers.count() as u64
}

async fn scan(server: &Server, table: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut scan = json!({ "TableName": table, "ConsistentRead": true });
    loop {
        let mut page = server.get("DynamoDB_20120810.Scan", &scan).await;
        let found = page.get_mut("Items").and_then(Value::as_array_mut);
        items.extend(found.map(std::mem::take).unwrap_or_default());
        match page.get("LastEvaluatedKey") {
            Some(key) if !key.is_null() => {
                scan =
                    json!({ "TableName": table, "ConsistentRead": true, "ExclusiveStartKey": key });
            }
            _ => return items,
        }
    }
}

/// Notes the outcomes in a history by their effects, and gives the executions that were started from there.
async fn outcomes(
    server: &Server,
    execution: &str,
    kept: &mut BTreeMap<String, u64>,
) -> Vec<String> {
    let ask = json!({ "executionArn": execution, "maxResults": 1000 });
    let history = server
        .get("AWSStepFunctions.GetExecutionHistory", &ask)
        .await;
    let events = history
        .get("events")
        .and_then(Value::as_array)
        .expect("events");
    let mut keys: BTreeMap<u64, String> = BTreeMap::new();
    let mut started = Vec::new();
    for (position, event) in (1_u64..).zip(events) {
        let number = |name: &str| event.get(name).and_then(Value::as_u64);
        assert_eq!(number("id"), Some(position), "{execution}: a gap");
        let parameters = event.pointer("/taskScheduledEventDetails/parameters");
        let key = match parameters.and_then(Value::as_str) {
            Some(parameters) => {
                let parameters: Value = serde_json::from_str(parameters).expect("JSON");
                let key = parameters.pointer("/Key/id/S").and_then(Value::as_str);
                key.map(str::to_owned)
            }
            None => number("previousEventId").and_then(|previous| keys.get(&previous).cloned()),
        };
        if let Some(key) = &key {
            keys.insert(position, key.clone());
        }
        let output = event.pointer("/taskSucceededEventDetails/output");
        let Some(output) = output.and_then(Value::as_str) else {
            continue;
        };
        let output: Value = serde_json::from_str(output).expect("JSON");
        if let Some(child) = output.get("ExecutionArn").and_then(Value::as_str) {
            started.push(child.to_owned());
        }
        if let (Some(key), Some(attributes)) = (key, output.get("Attributes")) {
            let counts = attributes.as_object().expect("attributes").values();
            let count = counts.map(|count| string(count, "/N")).next();
            let count = count.expect("a count").parse().expect("a number");
            let twice = kept.insert(key.clone(), count);
            assert_eq!(twice, None, "{key}: an outcome is kept once");
        }
    }
    let ask = json!({ "executionArn": execution });
    let runs = server.get("AWSStepFunctions.ListMapRuns", &ask).await;
    for run in runs
        .get("mapRuns")
        .and_then(Value::as_array)
        .expect("a list")
    {
        let ask = json!({ "mapRunArn": string(run, "/mapRunArn") });
        let children = server.get("AWSStepFunctions.ListExecutions", &ask).await;
        let children = children.get("executions").and_then(Value::as_array);
        let arns = children.expect("a list").iter();
        started.extend(arns.map(|child| string(child, "/executionArn").to_owned()));
    }
    started
}
