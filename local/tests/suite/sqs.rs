//! Queues: what is sent is received, once at a time, until somebody deletes it.

use std::time::{Duration, Instant};

use pawl_local::Options;
use serde_json::{Value, json};

use crate::raw::{bodies, messages, queue, sqs};
use crate::world::{open, simulated, start_of_time};

fn text<'value>(value: &'value Value, name: &str) -> &'value str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test]
async fn a_message_is_received_until_it_is_deleted() {
    let world = simulated().await;
    let (url, arn) = queue(&world.local, "work", json!({ "VisibilityTimeout": "60" })).await;
    assert_eq!(url, "https://sqs.us-east-1.amazonaws.com/000000000000/work");
    let sent = json!({
        "QueueUrl": url,
        "MessageBody": "hello",
        "MessageAttributes": { "kind": { "DataType": "String", "StringValue": "greeting" } },
    });
    let sent = sqs(&world.local, "SendMessage", sent).await.ok();
    assert_eq!(
        text(&sent, "MD5OfMessageBody"),
        "5d41402abc4b2a76b9719d911017c592"
    );

    let first = messages(&world.local, &url).await;
    let message = first.first().expect("it is there");
    assert_eq!(text(message, "Body"), "hello");
    assert_eq!(text(message, "MessageId"), text(&sent, "MessageId"));
    assert_eq!(
        text(message, "MD5OfMessageAttributes"),
        text(&sent, "MD5OfMessageAttributes")
    );
    // Computed beforehand from AWS's description: each part after its length, and 1 for a text.
    assert_eq!(text(&sent, "MD5OfMessageAttributes"), MD5_OF_KIND);
    assert!(
        messages(&world.local, &url).await.is_empty(),
        "somebody is at it"
    );

    let counts = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
    let counts = sqs(&world.local, "GetQueueAttributes", counts).await.ok();
    let counts = counts.get("Attributes").expect("attributes");
    assert_eq!(text(counts, "ApproximateNumberOfMessages"), "0");
    assert_eq!(text(counts, "ApproximateNumberOfMessagesNotVisible"), "1");
    assert_eq!(text(counts, "QueueArn"), arn);
    assert_eq!(text(counts, "VisibilityTimeout"), "60");

    let later = start_of_time() + jiff::SignedDuration::from_secs(60);
    world.local.pass_until(later).await;
    let again = messages(&world.local, &url).await;
    let message = again.first().expect("it is visible again");
    assert_eq!(
        message.pointer("/Attributes/ApproximateReceiveCount"),
        Some(&json!("2"))
    );
    let handle = text(message, "ReceiptHandle").to_owned();
    let visible = json!({ "QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 0 });
    sqs(&world.local, "ChangeMessageVisibility", visible)
        .await
        .ok();
    let third = messages(&world.local, &url).await;
    let handle = text(third.first().expect("visible at once"), "ReceiptHandle").to_owned();
    sqs(
        &world.local,
        "DeleteMessage",
        json!({ "QueueUrl": url, "ReceiptHandle": handle }),
    )
    .await
    .ok();
    let much_later = later + jiff::SignedDuration::from_hours(1);
    world.local.pass_until(much_later).await;
    assert!(messages(&world.local, &url).await.is_empty());
}

const MD5_OF_KIND: &str = "55ed4b7836c74ac3476eb038898fee8b";

#[tokio::test]
async fn what_is_received_too_often_goes_to_another_queue() {
    let world = simulated().await;
    let (dead, dead_arn) = queue(&world.local, "dead", json!({})).await;
    let policy = json!({ "deadLetterTargetArn": dead_arn, "maxReceiveCount": 2 }).to_string();
    let (url, arn) = queue(
        &world.local,
        "work",
        json!({ "VisibilityTimeout": "0", "RedrivePolicy": policy }),
    )
    .await;
    sqs(
        &world.local,
        "SendMessage",
        json!({ "QueueUrl": url, "MessageBody": "poison" }),
    )
    .await
    .ok();
    let mut seen = 0;
    while seen < 10 && !messages(&world.local, &url).await.is_empty() {
        seen += 1;
    }
    assert_eq!(seen, 2);
    let found = messages(&world.local, &dead).await;
    let found = found.first().expect("it was given up");
    assert_eq!(text(found, "Body"), "poison");
    assert_eq!(
        found.pointer("/Attributes/DeadLetterQueueSourceArn"),
        Some(&json!(arn))
    );
}

#[tokio::test]
async fn a_fifo_queue_keeps_the_order_of_a_group_and_takes_nothing_twice() {
    let world = simulated().await;
    let attributes = json!({ "FifoQueue": "true", "ContentBasedDeduplication": "true" });
    let (url, _) = queue(&world.local, "work.fifo", attributes).await;
    for (body, group) in [("one", "a"), ("one", "a"), ("two", "a"), ("three", "b")] {
        let request = json!({ "QueueUrl": url, "MessageBody": body, "MessageGroupId": group });
        sqs(&world.local, "SendMessage", request).await.ok();
    }
    let one_at_a_time = json!({ "QueueUrl": url });
    let mut received = Vec::new();
    for _ in 0..3 {
        let answer = sqs(&world.local, "ReceiveMessage", one_at_a_time.clone())
            .await
            .ok();
        let body = answer.pointer("/Messages/0/Body").and_then(Value::as_str);
        received.push(body.map(str::to_owned));
    }
    // The second of group `a` waits for the first.
    assert_eq!(
        received,
        [Some("one".to_owned()), Some("three".to_owned()), None]
    );
    let lacking = json!({ "QueueUrl": url, "MessageBody": "no group" });
    let (code, _) = sqs(&world.local, "SendMessage", lacking).await.refused();
    assert_eq!(code, "MissingParameter");
}

#[tokio::test]
async fn a_batch_fails_entry_by_entry() {
    let world = simulated().await;
    let (url, _) = queue(&world.local, "work", json!({})).await;
    let request = json!({ "QueueUrl": url, "Entries": [
        { "Id": "good", "MessageBody": "one" },
        { "Id": "bad", "MessageBody": "two", "DelaySeconds": 1000 },
    ] });
    let answer = sqs(&world.local, "SendMessageBatch", request).await.ok();
    assert_eq!(answer.pointer("/Successful/0/Id"), Some(&json!("good")));
    assert_eq!(answer.pointer("/Failed/0/Id"), Some(&json!("bad")));
    assert_eq!(
        answer.pointer("/Failed/0/Code"),
        Some(&json!("InvalidParameterValue"))
    );
    assert_eq!(bodies(&world.local, &url).await, ["one"]);
    sqs(&world.local, "PurgeQueue", json!({ "QueueUrl": url }))
        .await
        .ok();
    sqs(&world.local, "DeleteQueue", json!({ "QueueUrl": url }))
        .await
        .ok();
    let list = sqs(&world.local, "ListQueues", json!({})).await.ok();
    assert_eq!(list, json!({}));
}

#[tokio::test]
async fn a_receiver_waits_for_a_message() {
    let world = open(Options::default()).await;
    let (url, _) = queue(&world.local, "work", json!({})).await;
    let local = world.local.clone();
    let sender = {
        let url = url.clone();
        tokio::spawn(async move {
            let is_asked = || {
                let mut calls = local.calls().into_iter();
                calls.any(|call| call.operation == "ReceiveMessage")
            };
            while !is_asked() {
                tokio::task::yield_now().await;
            }
            sqs(
                &local,
                "SendMessage",
                json!({ "QueueUrl": url, "MessageBody": "late" }),
            )
            .await
            .ok();
        })
    };
    let begun = Instant::now();
    let request = json!({ "QueueUrl": url, "WaitTimeSeconds": 20 });
    let answer = sqs(&world.local, "ReceiveMessage", request).await.ok();
    assert_eq!(answer.pointer("/Messages/0/Body"), Some(&json!("late")));
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "it came as soon as it was there"
    );
    sender.await.expect("it was sent");
}

#[tokio::test]
async fn what_sqs_refuses() {
    let world = simulated().await;
    let (url, _) = queue(&world.local, "work", json!({})).await;
    let missing = "https://sqs.us-east-1.amazonaws.com/000000000000/missing";
    let rows = [
        (
            "GetQueueUrl",
            json!({ "QueueName": "missing" }),
            "QueueDoesNotExist",
            "The specified queue does not exist.",
        ),
        (
            "SendMessage",
            json!({ "QueueUrl": missing, "MessageBody": "x" }),
            "QueueDoesNotExist",
            "The specified queue does not exist.",
        ),
        (
            "SendMessage",
            json!({ "QueueUrl": url, "MessageBody": "" }),
            "MissingParameter",
            "The request must contain the parameter MessageBody.",
        ),
        (
            "SendMessage",
            json!({ "QueueUrl": url, "MessageBody": "x".repeat(1_048_577) }),
            "InvalidParameterValue",
            "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
        ),
        (
            "CreateQueue",
            json!({ "QueueName": "work", "Attributes": { "DelaySeconds": "5" } }),
            "QueueNameExists",
            "A queue already exists with the same name and a different value for attribute DelaySeconds",
        ),
        (
            "CreateQueue",
            json!({ "QueueName": "a b" }),
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ),
        (
            "CreateQueue",
            json!({ "QueueName": "other", "Attributes": { "Colour": "red" } }),
            "InvalidAttributeName",
            "Unknown Attribute Colour.",
        ),
        (
            "ReceiveMessage",
            json!({ "QueueUrl": url, "MaxNumberOfMessages": 11 }),
            "InvalidParameterValue",
            "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
        ),
        (
            "ReceiveMessage",
            json!({ "QueueUrl": url, "WaitTimeSeconds": 21 }),
            "InvalidParameterValue",
            "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
        ),
        (
            "DeleteMessage",
            json!({ "QueueUrl": url, "ReceiptHandle": "x" }),
            "ReceiptHandleIsInvalid",
            "The input receipt handle \"x\" is not a valid receipt handle.",
        ),
        (
            "SendMessageBatch",
            json!({ "QueueUrl": url, "Entries": [] }),
            "EmptyBatchRequest",
            "There should be at least one entry in the request.",
        ),
        (
            "Sing",
            json!({}),
            "UnsupportedOperation",
            "the local SQS has no operation `Sing`",
        ),
    ];
    for (operation, request, code, message) in rows {
        let refused = sqs(&world.local, operation, request).await.refused();
        assert_eq!(
            refused,
            (code.to_owned(), message.to_owned()),
            "{operation}"
        );
    }
}
