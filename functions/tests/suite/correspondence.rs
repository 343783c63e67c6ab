//! Conversations from mails: the same mail makes one message, and an answer goes where the question is.

use serde_json::{Value, json};

use crate::bench::{Bench, ORG, action};

/// Reads these mails, one step after the other; what each gave.
async fn read(bench: &Bench, steps: &[(&str, Value)]) -> Vec<Value> {
    let mut position = bench.begin(json!({}), json!({})).await;
    let mut outputs = Vec::new();
    for (operation, emails) in steps {
        let config = json!({ "type": "conversation", "operation": operation, "emails": emails });
        let at = position.at.clone();
        position = bench
            .task(&action("read", config), &position)
            .await
            .expect("a position");
        outputs.push(bench.output(at.as_str()).await);
    }
    outputs
}

async fn count(bench: &Bench, collection: &str) -> usize {
    let records = bench.store().collection(ORG, collection).await;
    records.expect("records").len()
}

#[tokio::test]
async fn a_question_its_answer_and_a_thanks_are_one_conversation() {
    let bench = Bench::open().await;
    let question = json!({ "messageId": "<q@example.com>", "from": "Ada <ada@example.com>", "subject": "When?",
        "date": "2026-02-01T10:00:00Z", "text": "When?" });
    let reply = json!({ "messageId": "<a@shop.example>", "from": "shop@shop.example", "to": "ada@example.com",
        "inReplyTo": "<q@example.com>", "subject": "Re: When?", "date": "2026-02-01T11:00:00Z", "text": "Soon." });
    let thanks = json!({ "messageId": "<t@example.com>", "from": [{ "address": "ADA@example.com" }], "subject": "Re: When?",
        "headers": { "references": "<q@example.com> <a@shop.example>" }, "date": "2026-02-01T12:00:00Z", "text": "Thanks." });
    let other = json!({ "messageId": "<o@example.com>", "from": "ada@example.com", "subject": "Other", "text": "Hello" });
    let steps = [
        ("create_from_email", json!([question])),
        ("create_from_email", json!([question])),
        ("create_from_sent_email", json!([reply])),
        ("create_from_email", json!([thanks, question])),
        ("create_from_email", json!([other])),
    ];
    let outputs = read(&bench, &steps).await;
    let fields = |name: &str| -> Vec<Value> {
        let values = outputs.iter();
        values
            .map(|output| output.get(name).cloned().unwrap_or_default())
            .collect()
    };
    assert_eq!(
        json!(fields("created")),
        json!([true, false, false, false, true])
    );
    assert_eq!(json!(fields("count")), json!([1, 0, 1, 1, 1]));
    let conversations = fields("conversationId");
    let same = conversations.first().expect("a conversation");
    let is_same: Vec<bool> = conversations.iter().map(|one| one == same).collect();
    assert_eq!(is_same, [true, true, true, true, false]);
    // Everything was between the same two.
    let customers = fields("customerId");
    let customer = customers.first().expect("a customer");
    assert!(customers.iter().all(|one| one == customer), "{customers:?}");
    assert_eq!(count(&bench, "customers").await, 1);
    assert_eq!(count(&bench, "conversations").await, 2);
    assert_eq!(count(&bench, "messages").await, 4);
}

#[tokio::test]
async fn a_known_customer_is_found_and_a_closed_conversation_opens_again() {
    let bench = Bench::open().await;
    let customer = json!({ "_id": "c1", "email": "Ada@Example.com" });
    let loaded = bench.store().load(ORG, "customers", &[customer]).await;
    loaded.expect("it loads");
    let first = json!({ "messageId": "1", "from": "ada@example.com", "subject": "Hi" });
    let again = json!({ "messageId": "2", "inReplyTo": "1", "from": "ada@example.com", "subject": "Re: Hi" });
    let outputs = read(&bench, &[("create_from_email", json!(first))]).await;
    let output = outputs.first().expect("an output");
    assert_eq!(output.get("customerId"), Some(&json!("c1")));
    let id = output.get("conversationId").expect("an id");
    let mut position = bench.begin(json!({}), json!({})).await;
    position.at = position.at.next().expect("a place");
    for config in [
        json!({ "type": "conversation_update", "conversationId": id, "status": "closed" }),
        json!({ "type": "conversation_create_from_email", "email": again }),
        json!({ "type": "conversation_get", "conversationId": id }),
    ] {
        position = bench
            .task(&action("it", config), &position)
            .await
            .expect("a position");
    }
    let conversation = bench.output("000004").await;
    assert_eq!(conversation.get("status"), Some(&json!("open")));
}

#[tokio::test]
async fn a_conversation_tells_its_last_messages_itself() {
    let bench = Bench::open().await;
    let mail = |number: usize| {
        json!({
            "messageId": number.to_string(),
            "inReplyTo": number.checked_sub(1).map(|before| before.to_string()),
            "from": "ada@example.com",
            "date": format!("2026-03-01T10:00:{number:02}Z"),
            "text": format!("{number} {}", "x".repeat(3_000)),
        })
    };
    let early: Vec<Value> = (0..4).map(mail).collect();
    let late: Vec<Value> = (4..12).map(mail).collect();
    let steps = [
        ("create_from_email", json!(early)),
        ("create_from_email", json!(late)),
    ];
    let outputs = read(&bench, &steps).await;
    let last = outputs.last().expect("an output");
    let conversation = last.get("conversation").expect("a conversation");
    let messages = conversation["messages"].as_array().expect("messages");
    let begins: Vec<&str> = messages
        .iter()
        .filter_map(|message| message["content"].as_str()?.split(' ').next())
        .collect();
    assert_eq!(
        begins,
        ["2", "3", "4", "5", "6", "7", "8", "9", "10", "11"],
        "the last ten, the oldest first"
    );
    let text = conversation["lastMessage"].as_str().expect("a text");
    assert!(text.starts_with("11 x") && text.len() == 2_000, "{text}");
    let newest = messages.last().expect("a message");
    assert_eq!(newest["direction"], "inbound");
    assert_eq!(conversation["lastMessageAt"], newest["sentAt"]);
}

#[tokio::test]
async fn what_is_no_mail_is_refused() {
    for emails in [json!([]), json!(["x"]), json!("x")] {
        let bench = Bench::open().await;
        let position = bench.begin(json!({}), json!({})).await;
        let config = json!({ "type": "conversation_create_from_email", "emails": emails });
        let code = bench.code(&action("it", config), &position).await;
        assert_eq!(code, "VALIDATION_ERROR", "{emails}");
    }
}
