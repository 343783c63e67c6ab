//! Templates that ship: each can be published as it is, and with other parameters.

use serde_json::{Value, json};

use super::{Front, greeting};
use crate::corpus::root;

#[tokio::test]
async fn the_category_of_templates_has_those_that_ship_and_ones_own() {
    let front = Front::open().await;
    let made = front
        .want(201, "POST", "/api/workflows", greeting("Hi"))
        .await;
    let path = format!("/api/workflows/{}", made["id"].as_str().expect("an id"));
    let ids = async |query: &str| {
        let mut ids = Vec::new();
        let mut place = String::new();
        loop {
            let path = format!("/api/workflows?{query}{place}");
            let page = front.want(200, "GET", &path, Value::Null).await;
            for item in page["items"].as_array().expect("items") {
                let is_own = item["id"] == "greet";
                assert_eq!(item["shipped"], json!(!is_own), "{item}");
                ids.push(item["id"].as_str().expect("an id").to_owned());
            }
            match page["next_cursor"].as_str() {
                Some(cursor) => place = format!("&cursor={cursor}"),
                None => return ids,
            }
        }
    };
    let listed = front.want(200, "GET", "/api/templates", Value::Null).await;
    let listed = listed.as_array().expect("templates").iter();
    let shipped: Vec<String> = listed
        .filter_map(|one| one["id"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(ids("category=templates").await, shipped);
    assert_eq!(ids("category=all").await, ["greet"]);
    front
        .want(200, "PATCH", &path, json!({ "template": true }))
        .await;
    let all: Vec<String> = shipped
        .iter()
        .cloned()
        .chain(["greet".to_owned()])
        .collect();
    for limit in [1, 3, 6, 7, 8, 100] {
        let query = format!("category=templates&limit={limit}");
        assert_eq!(ids(&query).await, all, "{limit}");
    }
    assert_eq!(
        ids("category=templates&q=expense").await,
        ["approve-an-expense"]
    );
    assert_eq!(ids("category=mine").await, ["greet"]);
    assert_eq!(
        ids("category=templates&status=active").await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn every_template_becomes_a_workflow() {
    let front = Front::open().await;
    let listed = front.want(200, "GET", "/api/templates", Value::Null).await;
    let listed = listed.as_array().expect("templates");
    let mut ids: Vec<&str> = listed
        .iter()
        .map(|template| template["id"].as_str().expect("an id"))
        .collect();
    ids.sort_unstable();
    let folder = root()
        .join("workflows/templates")
        .read_dir()
        .expect("a folder");
    let mut files: Vec<String> = folder
        .map(|file| {
            file.expect("a file")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    files.sort_unstable();
    let expected: Vec<String> = ids.iter().map(|id| format!("{id}.json")).collect();
    assert_eq!(files, expected, "what stands in the folder is what ships");
    for id in ids {
        let path = format!("/api/templates/{id}");
        let template = front.want(200, "GET", &path, Value::Null).await;
        let definition = template["definition"].as_str().expect("a definition");
        let found: Value = serde_json::from_str(definition).expect("JSON");
        let found = front
            .want(200, "POST", "/api/workflows/validate", found)
            .await;
        assert_eq!(found["diagnostics"], json!([]), "{id}");
        let body = json!({ "name": format!("My {id}") });
        let made = front
            .want(201, "POST", &format!("{path}/instantiate"), body)
            .await;
        assert_eq!(made["name"], format!("My {id}"));
        let id = made["id"].as_str().expect("an id");
        front.publish_draft(id).await;
    }
}

#[tokio::test]
async fn parameters_are_the_variables_of_a_template() {
    let front = Front::open().await;
    let path = "/api/templates/approve-an-expense/instantiate";
    let body = json!({ "name": "Expenses", "parameters": { "limit": 500, "manager": "a \"b\" <c@example.com>" } });
    let made = front.want(201, "POST", path, body).await;
    assert_eq!(made["id"], "expenses");
    let version = front
        .want(
            200,
            "GET",
            "/api/workflows/expenses/versions/1",
            Value::Null,
        )
        .await;
    let definition: Value =
        serde_json::from_str(version["definition"].as_str().expect("a text")).expect("JSON");
    let variables = json!({ "limit": 500, "manager": "a \"b\" <c@example.com>" });
    assert_eq!(definition["config"]["variables"], variables);
    front
        .want(200, "POST", "/api/workflows/expenses/publish", Value::Null)
        .await;
    let rows = [
        (409, "approve-an-expense", json!({ "name": "Expenses" })),
        (
            422,
            "approve-an-expense",
            json!({ "name": "Other", "parameters": { "limt": 1 } }),
        ),
        (
            422,
            "approve-an-expense",
            json!({ "name": "Other", "parameters": { "limit": "1" } }),
        ),
        (404, "expenses", json!({ "name": "Other" })),
        (404, "none", json!({ "name": "Other" })),
    ];
    for (status, id, body) in rows {
        front
            .want(
                status,
                "POST",
                &format!("/api/templates/{id}/instantiate"),
                body,
            )
            .await;
    }
    // A workflow of the organisation's own is one as soon as somebody says so.
    front
        .want(
            200,
            "PATCH",
            "/api/workflows/expenses",
            json!({ "template": true }),
        )
        .await;
    let body = json!({ "name": "Small expenses", "parameters": { "limit": 5 } });
    let made = front
        .want(201, "POST", "/api/templates/expenses/instantiate", body)
        .await;
    assert_eq!(made["id"], "small_expenses");
}
