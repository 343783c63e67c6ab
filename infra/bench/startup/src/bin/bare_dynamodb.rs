//! Reads an item, and answers with what it is given.

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let client = &aws_sdk_dynamodb::Client::new(&config);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let get = client.get_item().table_name("pawl");
        let get = get.key("pk", AttributeValue::S("a".to_owned()));
        get.key("sk", AttributeValue::S("b".to_owned())).send().await?;
        Ok::<_, Error>(event.payload)
    }))
    .await
}
