//! The Lambda `stream`: the streams of runs.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    pawl_api::lambda::serve_streams().await
}
