//! The store on the local AWS: large values, many keys, many pages.

use pawl_local::{Local, Options};
use pawl_store::key::{self, ROOT};
use pawl_store::{
    Business, Committed, Error, LARGEST_INLINE, Store, Transaction, Version, Window, Writes,
};
use serde_json::{Value, json};

async fn open() -> (Local, Store) {
    let local = Local::open(Options::default())
        .await
        .expect("it opens in memory");
    let store = Store::new(&local.sdk_config(), "pawl", "pawl");
    store.create().await.expect("a table and a bucket");
    store
        .create()
        .await
        .expect("creating twice changes nothing");
    (local, store)
}

fn objects(local: &Local, operation: &str) -> usize {
    local
        .calls()
        .iter()
        .filter(|call| call.operation == operation)
        .count()
}

#[tokio::test]
async fn values_above_32_kb_lie_in_s3_and_read_the_same() {
    // A string's JSON has two quotes more than its text.
    let rows = [
        (LARGEST_INLINE - 2, 0),
        (LARGEST_INLINE - 1, 1),
        (500_000, 1),
    ];
    for (length, expected) in rows {
        let (local, store) = open().await;
        let value = json!("x".repeat(length));
        let mut transaction = Transaction::new("acme", "run-1");
        transaction
            .variable(&store, ROOT, "a", &value)
            .await
            .expect("a write");
        assert_eq!(
            transaction.commit(&store).await.expect("an answer"),
            Committed::Done
        );
        let items = store
            .fetch(&key::partition("acme", "run-1"), [key::variable(ROOT, "a")])
            .await;
        let read = store
            .variable(&items.expect("items"), ROOT, "a")
            .await
            .expect("a read");
        assert_eq!(read, Some(value), "{length}");
        assert_eq!(
            (objects(&local, "PutObject"), objects(&local, "GetObject")),
            (expected, expected),
            "{length}"
        );
    }
}

#[tokio::test]
async fn numbers_keep_every_digit() {
    let (_local, store) = open().await;
    let value: Value =
        serde_json::from_str("[12345678901234567890, 0.1, 1e300, -7]").expect("numbers");
    let mut transaction = Transaction::new("acme", "run-1");
    transaction
        .variable(&store, ROOT, "a", &value)
        .await
        .expect("a write");
    transaction.commit(&store).await.expect("an answer");
    let items = store
        .fetch(&key::partition("acme", "run-1"), [key::variable(ROOT, "a")])
        .await
        .expect("items");
    assert_eq!(
        store.variable(&items, ROOT, "a").await.expect("a read"),
        Some(value)
    );
}

#[tokio::test]
async fn more_keys_than_one_request_holds_are_all_read() {
    let (local, store) = open().await;
    let name = |number: i32| format!("v{number}");
    for half in [0..75, 75..150] {
        let mut transaction = Transaction::new("acme", "run-1");
        for number in half {
            transaction
                .variable(&store, ROOT, &name(number), &json!(number))
                .await
                .expect("a write");
        }
        transaction.commit(&store).await.expect("an answer");
    }
    let keys = (0..150).map(|number| key::variable(ROOT, &name(number)));
    let items = store
        .fetch(&key::partition("acme", "run-1"), keys)
        .await
        .expect("items");
    for number in 0..150 {
        let read = store
            .variable(&items, ROOT, &name(number))
            .await
            .expect("a read");
        assert_eq!(read, Some(json!(number)));
    }
    assert_eq!(
        local
            .calls()
            .iter()
            .filter(|call| call.operation == "BatchGetItem")
            .count(),
        2
    );
}

#[tokio::test]
async fn a_transaction_that_is_too_large_is_refused_before_it_is_sent() {
    let (_local, store) = open().await;
    let mut transaction = Transaction::new("acme", "run-1");
    for number in 0..101 {
        transaction
            .variable(&store, ROOT, &number.to_string(), &json!(number))
            .await
            .expect("a write");
    }
    let refused = transaction
        .commit(&store)
        .await
        .expect_err("too many items");
    assert!(
        matches!(
            refused,
            Error::TooManyItems {
                items: 101,
                limit: 100
            }
        ),
        "{refused}"
    );
}

#[tokio::test]
async fn a_collection_is_read_over_all_its_pages() {
    let (local, store) = open().await;
    // 40 records of 30 KB are more than the megabyte that one Query answers with.
    let records: Vec<Value> = (0..40)
        .map(|number| json!({ "_id": format!("c{number:02}"), "text": "x".repeat(30_000) }))
        .collect();
    store
        .load("acme", "customers", &records)
        .await
        .expect("they load");
    let all = store.collection("acme", "customers").await;
    assert_eq!(all.expect("records").len(), 40);
    assert!(objects(&local, "Query") > 1);
    let mut cursor = None;
    let mut pages = Vec::new();
    loop {
        let window = Window {
            limit: 15,
            cursor,
            ..Window::all()
        };
        let page = store
            .select("acme", "customers", &window, &Writes::default(), |_| {
                Ok::<_, Error>(true)
            })
            .await
            .expect("a page");
        pages.push(page.records.len());
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(pages, [15, 15, 10]);
    // Another organisation has none of it.
    let other = store.collection("other", "customers").await;
    assert!(other.expect("records").is_empty());
}

#[tokio::test]
async fn a_page_is_what_the_step_is_about_to_leave() {
    let (_local, store) = open().await;
    let record = |id: &str, name: &str| json!({ "_id": id, "name": name });
    let stored = [record("c2", "stored"), record("c4", "stored")];
    let loaded = store.load("acme", "customers", &stored).await;
    loaded.expect("they load");
    let mut writes = Writes::default();
    let new = Version::Absent;
    let rows = [
        ("customers", "c1", "new", new),
        ("customers", "c3", "first", new),
        ("customers", "c3", "then", Version::Number(7)),
        ("customers", "c4", "changed", Version::Number(1)),
        ("customers", "c5", "new", new),
        ("products", "c9", "elsewhere", new),
    ];
    for (collection, id, name, replaces) in rows {
        writes.add(Business {
            collection: collection.to_owned(),
            id: id.to_owned(),
            value: record(id, name).as_object().expect("an object").clone(),
            replaces,
            events: Vec::new(),
        });
    }
    // What is written twice replaces what the first write replaces.
    let twice = writes.get("customers", "c3").map(|write| write.replaces);
    assert_eq!((twice, writes.iter().count()), (Some(new), 5));
    let everything = ["c1 new", "c2 stored", "c3 then", "c4 changed", "c5 new"];
    for limit in 1..=6 {
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let window = Window {
                limit,
                cursor,
                ..Window::all()
            };
            let page = store.select("acme", "customers", &window, &writes, |_| {
                Ok::<_, Error>(true)
            });
            let page = page.await.expect("a page");
            let text = |record: &serde_json::Map<String, Value>, name: &str| {
                let text = record.get(name).and_then(Value::as_str);
                text.unwrap_or_default().to_owned()
            };
            let line = |record| format!("{} {}", text(record, "_id"), text(record, "name"));
            seen.extend(page.records.iter().map(line));
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, everything, "{limit} at once");
    }
}

#[tokio::test]
async fn a_record_that_changed_since_it_was_read_is_not_overwritten() {
    let (_local, store) = open().await;
    let write = async |replaces: Version, name: &str| {
        let value = json!({ "_id": "c1", "name": name });
        let business = Business {
            collection: "customers".to_owned(),
            id: "c1".to_owned(),
            value: value.as_object().expect("an object").clone(),
            replaces,
            events: Vec::new(),
        };
        let mut transaction = Transaction::new("acme", "run-1");
        transaction
            .business(&store, &business)
            .await
            .expect("a write");
        transaction.commit(&store).await.expect("an answer")
    };
    let rows = [
        (Version::Number(1), "too early", Committed::Stale),
        (Version::Absent, "first", Committed::Done),
        (Version::Absent, "again", Committed::Stale),
        (Version::Number(1), "second", Committed::Done),
        (Version::Number(1), "too late", Committed::Stale),
        (Version::Number(2), "third", Committed::Done),
    ];
    for (replaces, name, expected) in rows {
        assert_eq!(write(replaces, name).await, expected, "{name}");
    }
    let (record, version) = store
        .find("acme", "customers", "c1")
        .await
        .expect("a read")
        .expect("a record");
    assert_eq!(
        (record.get("name"), version),
        (Some(&json!("third")), Version::Number(3))
    );
}

#[tokio::test]
async fn a_collection_cannot_be_a_run_and_an_organisation_not_another_one() {
    let (_local, store) = open().await;
    for collection in ["", "run-1", "a#b", "customers2"] {
        assert!(
            store.load("acme", collection, &[]).await.is_err(),
            "{collection}"
        );
    }
    let rows = [
        ("acme", true),
        ("a.b-c_1", true),
        ("", false),
        ("a#b", false),
        ("a/b", false),
    ];
    for (name, expected) in rows {
        assert_eq!(key::is_organisation(name), expected, "{name}");
    }
}
