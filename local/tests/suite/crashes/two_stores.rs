//! The engine and the tables are two stores with a commit each: the process dies between them, whichever was first.
//!
//! A step counts in a table, and leaves its record in the same transaction; asked to do the same again, it finds the
//! record and counts nothing. So what the table counts is what happened, however often the function ran.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, Put,
    ScalarAttributeType, TransactWriteItem, Update,
};
use bytes::Bytes;
use pawl_local::{Clock, FunctionError, Functions, Local, Options};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::machines::arn;
use crate::world::{machine, start_of_time, task};

const STEPS: [&str; 3] = ["first", "second", "third"];

/// What both stores hold.
struct Held {
    /// The steps that the engine has asked for.
    asked: BTreeSet<String>,
    /// The steps whose outcome the engine has kept.
    outcomes: usize,
    /// The steps that have left a record.
    records: BTreeSet<String>,
    /// What the table counts.
    count: u64,
}

/// When the process dies.
#[derive(Clone, Copy)]
enum Death {
    /// After so many transactions of the engine: a table may be ahead of it.
    Commits(u64),
    /// After so many requests: the engine may be ahead of a table.
    Requests(u64),
}

/// Counts and leaves a record, or finds the record.
async fn count(client: &Client, step: &str) -> Result<(), FunctionError> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let record = Put::builder().table_name("steps").item("id", text(step));
    let record = record.condition_expression("attribute_not_exists(id)");
    let counter = Update::builder()
        .table_name("steps")
        .key("id", text("counter"))
        .update_expression("ADD done :one")
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
    let items = [
        TransactWriteItem::builder()
            .put(record.build().expect("a record"))
            .build(),
        TransactWriteItem::builder()
            .update(counter.build().expect("a counter"))
            .build(),
    ];
    let written = client.transact_write_items();
    let written = written.set_transact_items(Some(items.into())).send().await;
    match written {
        Ok(_) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(TransactWriteItemsError::is_transaction_canceled_exception) =>
        {
            Ok(())
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// The function of every step, and how often it ran.
fn functions(client: Client, ran: &Arc<AtomicU64>) -> Functions {
    let ran = Arc::clone(ran);
    Arc::new(move |name, payload| {
        let (client, ran) = (client.clone(), Arc::clone(&ran));
        let is_step = name == "step";
        Box::pin(async move {
            if !is_step {
                return Err(FunctionError::Missing);
            }
            let payload: Value = serde_json::from_slice(&payload).expect("payloads are JSON");
            ran.fetch_add(1, Ordering::SeqCst);
            count(&client, payload["step"].as_str().expect("a step")).await?;
            Ok(Bytes::from_static(b"null"))
        })
    })
}

async fn open(folder: &TempDir, ran: &Arc<AtomicU64>) -> Local {
    let options = Options {
        state: Some(folder.path().to_owned()),
        clock: Clock::simulated(start_of_time()),
        ..Options::default()
    };
    let local = Local::open(options).await.expect("it opens");
    local.install(functions(Client::new(&local.sdk_config()), ran));
    local
}

async fn prepare(local: &Local) {
    let key = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash);
    let attribute = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S);
    let table = Client::new(&local.sdk_config())
        .create_table()
        .table_name("steps")
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key.build().expect("a key"))
        .attribute_definitions(attribute.build().expect("an attribute"));
    table.send().await.expect("a table");
    let step = |name: &str, more: Value| {
        let mut state = task("step", &more);
        state["Arguments"]["Payload"] = json!({ "step": name });
        state
    };
    let [first, second, third] = STEPS;
    let definition = machine(&json!({
        first: step(first, json!({ "Next": second })),
        second: step(second, json!({ "Next": third })),
        third: step(third, json!({ "End": true })),
    }));
    let create = aws_sdk_sfn::Client::new(&local.sdk_config()).create_state_machine();
    let create = create.name("steps").definition(definition.to_string());
    let create = create.role_arn(super::life::ROLE);
    create.send().await.expect("a machine");
}

/// Starts the execution; started again, it is the same one.
async fn start(local: &Local) {
    let start = aws_sdk_sfn::Client::new(&local.sdk_config()).start_execution();
    let start = start.name("run").input("{}");
    let machine = arn("stateMachine", "steps");
    // One that has ended keeps its name.
    let _ = start.state_machine_arn(machine).send().await;
    local.settled().await;
}

async fn held(local: &Local) -> Held {
    let items = Client::new(&local.sdk_config()).scan().table_name("steps");
    let items = items.send().await.expect("items").items.unwrap_or_default();
    let (mut records, mut count) = (BTreeSet::new(), 0);
    for item in items {
        let id = item["id"].as_s().expect("a text").to_owned();
        match item.get("done") {
            Some(done) => count = done.as_n().expect("a number").parse().expect("whole"),
            None => {
                records.insert(id);
            }
        }
    }
    let history = aws_sdk_sfn::Client::new(&local.sdk_config()).get_execution_history();
    let history = history.execution_arn(arn("execution", "steps:run"));
    // It may have died before there was an execution.
    let history = history.send().await;
    let events = history.map_or_else(|_| Vec::new(), |history| history.events);
    let asked = events.iter().filter_map(|event| {
        let scheduled = event.task_scheduled_event_details.as_ref()?;
        let parameters: Value = serde_json::from_str(&scheduled.parameters).expect("JSON");
        Some(parameters["Payload"]["step"].as_str()?.to_owned())
    });
    let outcomes = events.iter();
    let outcomes = outcomes.filter(|event| event.task_succeeded_event_details.is_some());
    Held {
        asked: asked.collect(),
        outcomes: outcomes.count(),
        records,
        count,
    }
}

/// What is held after a death, and how often functions ran until everything was done; `None` where nothing died.
async fn die_and_go_on(death: Death) -> Option<(Held, u64)> {
    let (folder, ran) = (tempfile::tempdir().expect("a folder"), Arc::default());
    let local = open(&folder, &ran).await;
    prepare(&local).await;
    match death {
        Death::Commits(commits) => local.kill_after_commits(commits),
        Death::Requests(requests) => local.kill_after(requests),
    }
    let is_alive = tokio::select! {
        biased;
        () = local.killed() => false,
        () = start(&local) => true,
    };
    local.close().await;
    if is_alive {
        return None;
    }
    let local = open(&folder, &ran).await;
    let between = held(&local).await;
    start(&local).await;
    local.go_on("").await.expect("it goes on");
    local.settled().await;
    let after = held(&local).await;
    assert_eq!(after.outcomes, STEPS.len(), "every step has its outcome");
    assert_eq!(
        after.records.len(),
        STEPS.len(),
        "every step has its record"
    );
    assert_eq!(after.count, 3, "every step has counted once");
    local.close().await;
    Some((between, ran.load(Ordering::SeqCst)))
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
async fn what_two_stores_keep_happens_once() {
    let (mut kills, mut table_ahead, mut engine_ahead, mut again) = (0, 0, 0, 0);
    for death in [Death::Commits as fn(u64) -> Death, Death::Requests] {
        for point in 0.. {
            let Some((held, ran)) = die_and_go_on(death(point)).await else {
                break;
            };
            kills += 1;
            assert_eq!(held.count, held.records.len() as u64, "one transaction");
            table_ahead += u64::from(held.records.len() > held.outcomes);
            engine_ahead += u64::from(!held.asked.is_subset(&held.records));
            again += ran - STEPS.len() as u64;
        }
    }
    println!(
        "two stores: {kills} kills, {table_ahead} with the table ahead, {engine_ahead} with the engine ahead, {again} functions begun again, every step counted once"
    );
    assert!(table_ahead > 0 && engine_ahead > 0 && again > 0);
}
