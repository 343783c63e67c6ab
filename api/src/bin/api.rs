//! The Lambda `api`: the API.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    pawl_api::lambda::serve().await
}
