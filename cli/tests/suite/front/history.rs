//! What the API tells of Step Functions: the machine of a run, its executions and their histories.

use serde_json::{Value, json};

use super::{Front, greeting};

#[tokio::test]
async fn a_history_is_read_page_by_page() {
    let front = Front::open().await;
    let id = front.publish(greeting("Hello")).await;
    let path = front.run(&id, json!({})).await;
    let machine = format!("{path}/machine");
    let machine = front.want(200, "GET", &machine, Value::Null).await;
    assert!(machine["States"].is_object(), "{machine}");
    let executions = format!("{path}/history");
    let executions = front.want(200, "GET", &executions, Value::Null).await;
    let names: Vec<&str> = executions
        .as_array()
        .expect("executions")
        .iter()
        .filter_map(|execution| execution["name"].as_str())
        .collect();
    assert_eq!(names, [path.rsplit('/').next().expect("an id")]);
    assert_eq!(executions[0]["status"], "SUCCEEDED");
    let history = format!("{path}/history/{}", names[0]);
    let whole = front.want(200, "GET", &history, Value::Null).await;
    let whole = whole["items"].as_array().expect("events").clone();
    assert_eq!(whole[0]["type"], "ExecutionStarted", "{whole:?}");
    let mut paged = Vec::new();
    let mut place = String::new();
    loop {
        let path = format!("{history}?limit=2{place}");
        let page = front.want(200, "GET", &path, Value::Null).await;
        paged.extend(page["items"].as_array().expect("events").clone());
        match page["next_cursor"].as_str() {
            Some(cursor) => place = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(paged, whole);
}

#[tokio::test]
async fn only_executions_of_the_run_are_told_of() {
    let front = Front::open().await;
    let id = front.publish(greeting("Hello")).await;
    let (one, other) = (
        front.run(&id, json!({})).await,
        front.run(&id, json!({})).await,
    );
    let other = other.rsplit('/').next().expect("an id");
    let rows = [
        (format!("{one}/history/{other}"), 404),
        (format!("{one}/history/x%2Fy"), 404),
        // It could be one of the run's, and there is none: nothing is known of it.
        (
            format!("{one}/history/{}.7", one.rsplit('/').next().expect("an id")),
            200,
        ),
        (
            format!(
                "{one}/history/{}?cursor=eA",
                one.rsplit('/').next().expect("an id")
            ),
            422,
        ),
        ("/api/executions/nobody/history".to_owned(), 404),
        ("/api/executions/nobody/machine".to_owned(), 404),
    ];
    for (path, status) in rows {
        front.want(status, "GET", &path, Value::Null).await;
    }
}
