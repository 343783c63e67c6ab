//! DynamoDB through its own SDK client: conditions, transactions, errors, faults and the state folder.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, ConditionCheck, KeySchemaElement, KeyType,
    KeysAndAttributes, Put, ReturnConsumedCapacity, ScalarAttributeType, TimeToLiveSpecification,
    TransactWriteItem,
};
use pawl_local::{Call, Fault, Faults, Local, Options};

const TABLE: &str = "things";

async fn create_table(client: &Client) {
    let key = |name: &str, kind: KeyType| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .expect("a whole key element")
    };
    let text = |name: &str| {
        let builder = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S);
        builder.build().expect("a whole attribute")
    };
    let request = client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest);
    let request = request
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range));
    let request = request
        .attribute_definitions(text("pk"))
        .attribute_definitions(text("sk"));
    request.send().await.expect("the table is made");
}

fn key(sk: &str) -> HashMap<String, AttributeValue> {
    [("pk", "a"), ("sk", sk)]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())))
        .into()
}

fn item(sk: &str, value: &str) -> HashMap<String, AttributeValue> {
    let mut item = key(sk);
    item.insert("value".to_owned(), AttributeValue::S(value.to_owned()));
    item
}

fn put(sk: &str, value: &str) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(TABLE)
        .set_item(Some(item(sk, value)));
    let put = put
        .condition_expression("attribute_not_exists(pk)")
        .build()
        .expect("a whole put");
    TransactWriteItem::builder().put(put).build()
}

async fn read(client: &Client, sk: &str, consistent: bool) -> Option<String> {
    let request = client
        .get_item()
        .table_name(TABLE)
        .set_key(Some(key(sk)))
        .consistent_read(consistent);
    let item = request.send().await.expect("the item is read").item?;
    item.get("value")
        .and_then(|value| value.as_s().ok())
        .cloned()
}

async fn open(faults: Faults) -> (Local, Client) {
    let local = Local::open(Options {
        faults,
        ..Options::default()
    })
    .await
    .expect("it opens in memory");
    let client = Client::new(&local.sdk_config());
    create_table(&client).await;
    (local, client)
}

/// A fault that befalls the first request for an operation.
fn first(operation: &'static str, fault: Fault) -> Faults {
    let done = std::sync::atomic::AtomicBool::new(false);
    Faults::new(move |call: &Call| {
        (call.operation == operation && !done.swap(true, std::sync::atomic::Ordering::SeqCst))
            .then_some(fault)
    })
}

#[tokio::test]
async fn conditions_and_transactions_answer_as_dynamodb_does() {
    let (_local, client) = open(Faults::none()).await;
    let write = client
        .transact_write_items()
        .transact_items(put("1", "one"))
        .transact_items(put("2", "two"));
    write.send().await.expect("both are new");

    let check = ConditionCheck::builder()
        .table_name(TABLE)
        .set_key(Some(key("9")));
    let check = check
        .condition_expression("attribute_not_exists(pk)")
        .build()
        .expect("a whole check");
    let again = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().condition_check(check).build())
        .transact_items(put("1", "again"))
        .send()
        .await
        .expect_err("one is not new")
        .into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = again else {
        panic!("unexpected {again:?}");
    };
    let codes = cancelled
        .cancellation_reasons()
        .iter()
        .map(|reason| reason.code().unwrap_or_default());
    assert_eq!(
        codes.collect::<Vec<_>>(),
        ["None", "ConditionalCheckFailed"]
    );
    assert_eq!(read(&client, "1", true).await.as_deref(), Some("one"));

    let request = client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(item("1", "new")));
    let refused = request
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await;
    let refused = refused.expect_err("it exists").into_service_error();
    assert!(
        refused.is_conditional_check_failed_exception(),
        "{refused:?}"
    );

    let missing = client
        .get_item()
        .table_name("missing")
        .set_key(Some(key("1")))
        .send()
        .await;
    let missing = missing
        .expect_err("there is no such table")
        .into_service_error();
    assert_eq!(missing.code(), Some("ResourceNotFoundException"));

    let unknown = client
        .list_backups()
        .send()
        .await
        .expect_err("there are no backups")
        .into_service_error();
    assert_eq!(unknown.code(), Some("UnknownOperationException"));
}

#[tokio::test]
async fn a_token_stands_for_its_transaction() {
    let (_local, client) = open(Faults::none()).await;
    // Token, what is put, whether the capacity is asked for; the outcome and the units it says.
    let rows = [
        ("once", "1", true, Ok(Some(2.0))),
        ("once", "1", true, Ok(Some(2.0))),
        ("once", "1", false, Ok(None)),
        (
            "once",
            "2",
            false,
            Err("IdempotentParameterMismatchException"),
        ),
        // A transaction that failed leaves its token free.
        ("failed", "1", false, Err("TransactionCanceledException")),
        ("failed", "1", false, Err("TransactionCanceledException")),
        ("failed", "2", false, Ok(None)),
        ("failed", "2", false, Ok(None)),
        (
            "0123456789-0123456789-0123456789-0123",
            "3",
            false,
            Err("ValidationException"),
        ),
    ];
    for (number, (token, sk, with_capacity, expected)) in rows.into_iter().enumerate() {
        let capacity = with_capacity.then_some(ReturnConsumedCapacity::Total);
        let written = client
            .transact_write_items()
            .client_request_token(token)
            .transact_items(put(sk, "value"))
            .set_return_consumed_capacity(capacity)
            .send()
            .await;
        let outcome = written.map(|written| {
            let consumed = written.consumed_capacity().first();
            consumed.and_then(aws_sdk_dynamodb::types::ConsumedCapacity::capacity_units)
        });
        let code = |error: SdkError<TransactWriteItemsError>| {
            let error = error.into_service_error();
            error.code().unwrap_or_default().to_owned()
        };
        let expected = expected.map_err(str::to_owned);
        assert_eq!(outcome.map_err(code), expected, "row {number}");
    }

    // Many at once with one token are one transaction.
    let mut together = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let write = client.transact_write_items().client_request_token("many");
        together.spawn(write.transact_items(put("4", "four")).send());
    }
    while let Some(written) = together.join_next().await {
        written.expect("it does not panic").expect("it is written");
    }
}

#[tokio::test]
async fn every_fault_shows_or_is_overcome_by_the_sdk() {
    for fault in [
        Fault::Unreachable,
        Fault::Throttled,
        Fault::ServerError,
        Fault::LostResponse,
    ] {
        let (local, client) = open(first("TransactWriteItems", fault)).await;
        let write = client
            .transact_write_items()
            .transact_items(put("1", "one"));
        write
            .send()
            .await
            .unwrap_or_else(|error| panic!("{fault:?} was not overcome: {error:?}"));
        assert_eq!(
            read(&client, "1", true).await.as_deref(),
            Some("one"),
            "{fault:?}"
        );
        let made = local
            .calls()
            .into_iter()
            .filter(|call| call.operation == "TransactWriteItems");
        assert_eq!(
            made.map(|call| call.fault).collect::<Vec<_>>(),
            [Some(fault), None]
        );
    }

    let (_local, client) = open(first("TransactWriteItems", Fault::Conflict)).await;
    let write = client
        .transact_write_items()
        .transact_items(put("1", "one"))
        .transact_items(put("2", "two"));
    let cancelled = write
        .clone()
        .send()
        .await
        .expect_err("it is cancelled")
        .into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = cancelled else {
        panic!("unexpected {cancelled:?}");
    };
    let codes = cancelled
        .cancellation_reasons()
        .iter()
        .map(|reason| reason.code().unwrap_or_default());
    assert_eq!(codes.collect::<Vec<_>>(), ["TransactionConflict", "None"]);
    assert_eq!(read(&client, "1", true).await, None);
    write
        .send()
        .await
        .expect("the second time nobody is in the way");

    // The answer to a write without a token is lost: the SDK tries again and meets its own write.
    let (_local, client) = open(first("PutItem", Fault::LostResponse)).await;
    let request = client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(item("1", "one")));
    let refused = request
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await;
    assert!(
        refused
            .expect_err("it is there")
            .into_service_error()
            .is_conditional_check_failed_exception()
    );
}

#[tokio::test]
async fn a_batch_may_leave_keys_and_a_read_may_be_stale() {
    let (_local, client) = open(first("BatchGetItem", Fault::Unprocessed)).await;
    for sk in ["1", "2"] {
        let put = client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(item(sk, sk)));
        put.send().await.expect("the item is written");
    }
    let keys = KeysAndAttributes::builder()
        .keys(key("1"))
        .keys(key("2"))
        .consistent_read(true);
    let keys = keys.build().expect("whole keys");
    let mut answered = Vec::new();
    let mut asked: Option<HashMap<_, _>> = Some([(TABLE.to_owned(), keys)].into());
    let mut requests = 0;
    while let Some(keys) = asked.filter(|keys| !keys.is_empty()) {
        let batch = client
            .batch_get_item()
            .set_request_items(Some(keys))
            .send()
            .await
            .expect("a batch");
        answered.extend(
            batch
                .responses
                .and_then(|mut tables| tables.remove(TABLE))
                .unwrap_or_default(),
        );
        asked = batch.unprocessed_keys;
        requests += 1;
    }
    assert_eq!((answered.len(), requests), (2, 2));

    let (_local, client) = open(Faults::new(|_| Some(Fault::Stale))).await;
    for value in ["old", "new"] {
        let put = client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(item("1", value)));
        put.send().await.expect("the item is written");
    }
    assert_eq!(read(&client, "1", true).await.as_deref(), Some("new"));
    assert_eq!(read(&client, "1", false).await, None);
    let query = client
        .query()
        .table_name(TABLE)
        .key_condition_expression("pk = :a");
    let query = query.expression_attribute_values(":a", AttributeValue::S("a".to_owned()));
    assert_eq!(query.clone().send().await.expect("a page").count(), 0);
    assert_eq!(
        query
            .consistent_read(true)
            .send()
            .await
            .expect("a page")
            .count(),
        1
    );
}

#[tokio::test]
async fn what_was_written_before_the_process_died_is_there_after_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = || Options {
        state: Some(folder.path().to_owned()),
        ..Options::default()
    };
    let local = Local::open(options()).await.expect("it opens");
    let client = Client::new(&local.sdk_config());
    create_table(&client).await;

    let busy = Local::open(options())
        .await
        .err()
        .expect("one process at a time");
    assert!(
        busy.to_string().contains("in use by another process"),
        "{busy}"
    );

    local.kill_after(1);
    let put = client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(item("1", "one")));
    put.send().await.expect("the last request is answered");
    let silent = tokio::spawn(
        client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(item("2", "two")))
            .send(),
    );
    local.killed().await;
    local.close().await;
    assert!(!silent.is_finished());
    silent.abort();

    let local = Local::open(options()).await.expect("the folder is free");
    let closed = client
        .get_item()
        .table_name(TABLE)
        .set_key(Some(key("1")))
        .send()
        .await;
    assert!(
        closed.is_err(),
        "a client of the closed one must not reach the new one"
    );
    let client = Client::new(&local.sdk_config());
    assert_eq!(read(&client, "1", true).await.as_deref(), Some("one"));
    assert_eq!(read(&client, "2", true).await, None);
}

#[test]
fn rates_hit_their_share_and_the_same_requests_again() {
    let hits = |seed: u64| {
        let faults = Faults::rates(seed, &[(Fault::LostResponse, 0.2), (Fault::Conflict, 0.1)]);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let (local, client) = open(faults).await;
            for sk in 0..200 {
                // What becomes of each write is the SDK's affair; this is about what the network did.
                let write = client
                    .transact_write_items()
                    .transact_items(put(&sk.to_string(), "x"));
                let _outcome = write.send().await;
            }
            local
                .calls()
                .into_iter()
                .take(200)
                .map(|call| call.fault)
                .collect::<Vec<_>>()
        })
    };
    let seven = hits(7);
    let lost = seven
        .iter()
        .filter(|fault| **fault == Some(Fault::LostResponse))
        .count();
    assert!((25..=55).contains(&lost), "{lost} of 200");
    assert_eq!(seven, hits(7));
    assert_ne!(seven, hits(8));
}

#[tokio::test]
async fn items_whose_time_is_over_are_deleted() {
    let local = Local::open(Options::default()).await.expect("it opens");
    let client = Client::new(&local.sdk_config());
    create_table(&client).await;
    let specification = TimeToLiveSpecification::builder()
        .attribute_name("expires")
        .enabled(true);
    let specification = specification.build().expect("a whole specification");
    let request = client.update_time_to_live().table_name(TABLE);
    let enabled = request.time_to_live_specification(specification).send();
    enabled.await.expect("it is enabled");
    for (name, expires) in [("over", "1000000000"), ("open", "99999999999")] {
        let mut item = key(name);
        item.insert("expires".to_owned(), AttributeValue::N(expires.to_owned()));
        let put = client.put_item().table_name(TABLE).set_item(Some(item));
        put.send().await.expect("it is kept");
    }
    assert_eq!(local.expire().await.expect("it sweeps"), 1);
    let left = client.scan().table_name(TABLE).send().await;
    let left = left.expect("a scan").items.unwrap_or_default();
    let names: Vec<&AttributeValue> = left.iter().filter_map(|item| item.get("sk")).collect();
    assert_eq!(names, [&AttributeValue::S("open".to_owned())]);
}
