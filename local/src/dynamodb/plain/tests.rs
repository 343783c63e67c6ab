//! The same requests, answered the short way where there is one and by dynoxide alone: nobody can tell which is which.

use std::path::Path;

use dynoxide::Database;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::Durability;
use crate::dynamodb::DynamoDb;
use crate::folder::Folder;
use crate::random::Random;

const REQUESTS: usize = 2_000;

/// Tables with and without a second key, and with and without an index.
fn tables() -> [Value; 3] {
    let attribute = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let key = |name: &str, role: &str| json!({ "AttributeName": name, "KeyType": role });
    let four = ["pk", "sk", "gpk", "gsk"].map(attribute);
    let two = ["pk", "sk"].map(attribute);
    [
        json!({
            "TableName": "indexed",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": four,
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            "GlobalSecondaryIndexes": [{
                "IndexName": "lists",
                "KeySchema": [key("gpk", "HASH"), key("gsk", "RANGE")],
                "Projection": { "ProjectionType": "ALL" },
            }],
        }),
        json!({
            "TableName": "simple",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute("pk")],
            "KeySchema": [key("pk", "HASH")],
        }),
        json!({
            "TableName": "watched",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": two,
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
        }),
    ]
}

/// A DynamoDB in a folder of its own.
struct Bench {
    dynamodb: DynamoDb,
    _folder: TempDir,
}

impl Bench {
    fn open(is_short: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let opened = Folder::open(folder.path()).expect("it opens");
        let dynamodb = DynamoDb::open(Some(&opened), Durability::Relaxed);
        let mut dynamodb = dynamodb.expect("it opens");
        assert!(dynamodb.plain.is_some(), "the layout is known");
        if !is_short {
            dynamodb.plain = None;
        }
        Self {
            dynamodb,
            _folder: folder,
        }
    }

    fn ask(&self, operation: &str, request: &Value) -> (u16, Value) {
        let body = request.to_string();
        let answer = self
            .dynamodb
            .answer_at_once(operation, body.as_bytes(), None);
        let body = serde_json::from_slice(answer.body()).expect("JSON");
        (answer.status().as_u16(), body)
    }
}

/// Gives an object a member.
fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    let object = object.as_object_mut().expect("an object");
    object.insert(name.to_owned(), value.into());
}

/// Makes up requests.
struct Author(Random);

impl Author {
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.0.next() % limit as u64).expect("it is below one")
    }

    fn one<'list, T>(&mut self, list: &'list [T]) -> &'list T {
        let index = self.below(list.len());
        list.get(index).expect("it is in the list")
    }

    /// Whether something happens that does so once in so many times.
    fn seldom(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn table(&mut self) -> &'static str {
        if self.seldom(60) {
            return "missing";
        }
        self.one::<&str>(&["indexed", "indexed", "indexed", "simple", "watched"])
    }

    fn key(&mut self, table: &str) -> Map<String, Value> {
        let texts = ["a", "b", "acme#run-1", "ä\u{1F600}", "\"quoted\"\n", "S:a"];
        let mut key = Map::new();
        let pk = if self.seldom(80) {
            self.one(&[
                json!({ "S": "" }),
                json!({ "N": "1" }),
                json!({ "S": "k".repeat(2_049) }),
            ])
            .clone()
        } else {
            json!({ "S": self.one(&texts) })
        };
        key.insert("pk".to_owned(), pk);
        if table != "simple" && !self.seldom(80) {
            key.insert("sk".to_owned(), json!({ "S": self.one(&texts) }));
        }
        key
    }

    fn value(&mut self) -> Value {
        let plain = [
            json!({ "S": "" }),
            json!({ "S": "text with \"port\": and \\ and \u{7}" }),
            json!({ "S": "{\"NS\":[1]}" }),
            json!({ "N": "0" }),
            json!({ "N": "1200" }),
            json!({ "N": "-12" }),
            json!({ "N": "123456789012345678" }),
            json!({ "BOOL": true }),
        ];
        let other = [
            json!({ "N": "007" }),
            json!({ "N": "1.50" }),
            json!({ "N": "1e3" }),
            json!({ "N": "-0" }),
            json!({ "N": "12345678901234567890" }),
            json!({ "N": "many" }),
            json!({ "NULL": true }),
            json!({ "SS": ["b", "a"] }),
            json!({ "NS": ["10", "9"] }),
            json!({ "B": "AAE=" }),
            json!({ "L": [{ "S": "x" }, { "M": { "port": { "N": "1.0" } } }] }),
            json!({ "S": "a", "N": "1" }),
            json!({ "X": "1" }),
        ];
        if self.seldom(8) {
            self.one(&other).clone()
        } else {
            self.one(&plain).clone()
        }
    }

    fn item(&mut self, table: &str) -> Map<String, Value> {
        let mut item = self.key(table);
        let names = [
            "at",
            "port",
            "result",
            "status",
            "name with space",
            "nested",
        ];
        for _ in 0..self.below(5) {
            let (name, value) = (*self.one(&names), self.value());
            item.insert(name.to_owned(), value);
        }
        if self.seldom(6) {
            item.insert("gpk".to_owned(), json!({ "S": "list" }));
        }
        if self.seldom(7) {
            let value = if self.seldom(6) {
                json!({ "N": "1" })
            } else {
                json!({ "S": "z" })
            };
            item.insert("gsk".to_owned(), value);
        }
        item
    }

    fn put(&mut self) -> Value {
        let table = self.table();
        let mut put = json!({ "TableName": table, "Item": self.item(table) });
        let conditions = [
            json!({}),
            json!({}),
            json!({ "ConditionExpression": "attribute_not_exists(port)" }),
            json!({ "ConditionExpression": "attribute_not_exists(pk)" }),
            json!({
                "ConditionExpression": "attribute_not_exists(#result)",
                "ExpressionAttributeNames": { "#result": "result" },
            }),
        ];
        let others = [
            // `status` is a reserved word.
            json!({ "ConditionExpression": "attribute_not_exists(status)" }),
            json!({ "ConditionExpression": "attribute_not_exists(" }),
            json!({ "ConditionExpression": "attribute_not_exists()" }),
            json!({ "ConditionExpression": "attribute_not_exists(#gone)" }),
            json!({ "ConditionExpression": "attribute_exists(port)" }),
            json!({ "ConditionExpression": "attribute_not_exists(port) OR attribute_not_exists(at)" }),
            json!({ "ExpressionAttributeNames": { "#port": "port" } }),
            json!({
                "ConditionExpression": "attribute_not_exists(port)",
                "ExpressionAttributeNames": { "#port": "port" },
            }),
            json!({
                "ConditionExpression": "attribute_not_exists(port) OR port = :port",
                "ExpressionAttributeValues": { ":port": { "S": "success" } },
            }),
            json!({
                "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }),
        ];
        let condition = if self.seldom(8) {
            self.one(&others)
        } else {
            self.one(&conditions)
        };
        let fields = condition.as_object().expect("an object").clone();
        put.as_object_mut().expect("an object").extend(fields);
        put
    }

    fn transaction(&mut self) -> Value {
        let count = if self.seldom(40) {
            0
        } else {
            1 + self.below(3)
        };
        let mut items: Vec<Value> = (0..count).map(|_| json!({ "Put": self.put() })).collect();
        if self.seldom(12) {
            let table = self.table();
            items.push(json!({ "Delete": { "TableName": table, "Key": self.key(table) } }));
        }
        if self.seldom(12) {
            let table = self.table();
            items.push(json!({ "Update": {
                "TableName": table,
                "Key": self.key(table),
                "UpdateExpression": "SET port = :port",
                "ExpressionAttributeValues": { ":port": { "S": "error" } },
            } }));
        }
        let mut request = json!({ "TransactItems": items });
        if !self.seldom(3) {
            // A few tokens come again, with the same items or with others.
            set(
                &mut request,
                "ClientRequestToken",
                format!("token-{}", self.below(400)),
            );
        }
        if self.seldom(15) {
            set(
                &mut request,
                "ReturnConsumedCapacity",
                *self.one(&["TOTAL", "NONE", "ALL"]),
            );
        }
        request
    }

    fn request(&mut self) -> (&'static str, Value) {
        let table = self.table();
        match self.below(12) {
            0..5 => ("TransactWriteItems", self.transaction()),
            5..7 => {
                let mut get = json!({ "TableName": table, "Key": self.key(table) });
                if self.seldom(4) {
                    set(&mut get, "ConsistentRead", true);
                }
                if self.seldom(15) {
                    set(&mut get, "ReturnConsumedCapacity", "TOTAL");
                }
                if self.seldom(15) {
                    set(&mut get, "ProjectionExpression", "port");
                }
                ("GetItem", get)
            }
            7..10 => {
                let keys: Vec<_> = (0..=self.below(3)).map(|_| self.key(table)).collect();
                let mut tables = json!({ table: { "Keys": keys, "ConsistentRead": true } });
                if self.seldom(10) {
                    set(
                        &mut tables,
                        "simple",
                        json!({ "Keys": [self.key("simple")] }),
                    );
                }
                ("BatchGetItem", json!({ "RequestItems": tables }))
            }
            10 => (
                "PutItem",
                json!({ "TableName": table, "Item": self.item(table) }),
            ),
            _ => (
                "DeleteItem",
                json!({ "TableName": table, "Key": self.key(table) }),
            ),
        }
    }
}

#[test]
fn nobody_can_tell_the_short_way_from_the_long_one() {
    let (short, long) = (Bench::open(true), Bench::open(false));
    let both = |operation: &str, request: &Value| {
        let (ours, theirs) = (short.ask(operation, request), long.ask(operation, request));
        assert_eq!(ours, theirs, "{operation} {request}");
        ours
    };
    for table in tables() {
        let (status, body) = (
            short.ask("CreateTable", &table),
            long.ask("CreateTable", &table),
        );
        assert_eq!((status.0, body.0), (200, 200), "{table}");
    }
    let mut author = Author(Random::new(7));
    let mut answered: Vec<(String, u16)> = Vec::new();
    for number in 0..REQUESTS {
        let (operation, request) = author.request();
        let (status, _) = both(operation, &request);
        if operation == "TransactWriteItems" && author.seldom(4) {
            both(operation, &request);
        }
        answered.push((operation.to_owned(), status));
        if number % 200 == 0 {
            everything(&both);
        }
    }
    everything(&both);
    for operation in ["TransactWriteItems", "GetItem", "BatchGetItem"] {
        for status in [200, 400] {
            let count = answered
                .iter()
                .filter(|(name, was)| name == operation && *was == status);
            assert!(count.count() > 5, "{operation} {status}");
        }
    }
}

/// Every item of every table and of the index, and what the tables say of themselves.
fn everything(both: &dyn Fn(&str, &Value) -> (u16, Value)) {
    for table in ["indexed", "simple", "watched"] {
        both(
            "Scan",
            &json!({ "TableName": table, "ReturnConsumedCapacity": "TOTAL" }),
        );
    }
    both(
        "Scan",
        &json!({ "TableName": "indexed", "IndexName": "lists" }),
    );
}

#[test]
fn what_is_plain_takes_the_short_way() {
    let bench = Bench::open(true);
    for table in tables() {
        assert_eq!(bench.ask("CreateTable", &table).0, 200);
    }
    let put = |condition: Value| {
        let mut put = json!({ "TableName": "indexed", "Item": {
            "pk": { "S": "acme#run-1" }, "sk": { "S": "r#000001" }, "attempts": { "N": "1" },
            "mocked": { "BOOL": false },
        } });
        let fields = condition.as_object().expect("an object").clone();
        put.as_object_mut().expect("an object").extend(fields);
        json!({ "TransactItems": [{ "Put": put }] }).to_string()
    };
    let absent = put(json!({ "ConditionExpression": "attribute_not_exists(port)" }));
    let parsed = super::Write::parse(absent.as_bytes()).expect("it is plain");
    let plain = bench.dynamodb.plain.as_ref().expect("it is in a file");
    let database: &Database = &bench.dynamodb.database;
    assert!(
        plain.write(database, &parsed).is_none(),
        "nobody knows the condition yet"
    );
    let answer = bench
        .dynamodb
        .answer_at_once("TransactWriteItems", absent.as_bytes(), None);
    assert_eq!(answer.status(), 200);
    assert!(plain.write(database, &parsed).is_some(), "now it is known");
    let key = json!({ "pk": { "S": "acme#run-1" }, "sk": { "S": "r#000001" } });
    let listed = json!({ "TransactItems": [{ "Put": { "TableName": "indexed", "Item": {
        "pk": { "S": "acme#run-2" }, "sk": { "S": "run" }, "gpk": { "S": "g" }, "gsk": { "S": "1" },
    } } }] });
    let listed = super::Write::parse(listed.to_string().as_bytes()).expect("it is plain");
    assert!(
        plain.write(database, &listed).is_some(),
        "it is new to the index"
    );
    assert!(
        plain.write(database, &listed).is_none(),
        "it stands in the index"
    );
    let get = json!({ "TableName": "indexed", "ConsistentRead": true, "Key": key });
    assert!(
        plain
            .read(database, "GetItem", get.to_string().as_bytes())
            .is_some()
    );
    let batch = json!({ "RequestItems": { "indexed": { "Keys": [key], "ConsistentRead": true } } });
    assert!(
        plain
            .read(database, "BatchGetItem", batch.to_string().as_bytes())
            .is_some()
    );
    let index = json!({ "TableName": "indexed", "GlobalSecondaryIndexUpdates": [
        { "Delete": { "IndexName": "lists" } } ] });
    assert_eq!(bench.ask("UpdateTable", &index).0, 200);
    assert!(
        plain.write(database, &parsed).is_some(),
        "the table is looked up anew"
    );
    assert_eq!(
        bench
            .ask("DeleteTable", &json!({ "TableName": "indexed" }))
            .0,
        200
    );
    assert!(
        plain.write(database, &parsed).is_none(),
        "the table is gone"
    );
}

#[test]
fn an_unknown_layout_is_left_to_dynoxide() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tables.sqlite");
    let layout = |path: &Path, version: &str| {
        let connection = rusqlite::Connection::open(path).expect("it opens");
        let set = "INSERT OR REPLACE INTO _config (key, value) VALUES ('schema_version', ?1)";
        connection.execute(set, [version]).expect("it is written");
    };
    drop(Database::new(path.to_str().expect("UTF-8")).expect("it opens"));
    assert!(super::Plain::open(&path).expect("it opens").is_some());
    layout(&path, "12");
    assert!(super::Plain::open(&path).expect("it opens").is_none());
}
