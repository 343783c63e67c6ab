//! The Lambda `signal`.

use pawl_contract::Kind;
use pawl_functions::{Function, lambda};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda::serve(Function::Step(Kind::Signal)).await
}
