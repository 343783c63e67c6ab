//! Calls an HTTP endpoint.

use pawl_contract::code;

use crate::Error;
use crate::work::{Act, Context};

/// Calls what the step's configuration says.
#[expect(
    clippy::unused_async,
    reason = "every kind of work is asked in the same way"
)]
pub(crate) async fn act(_: &Context<'_>) -> Result<Act, Error> {
    let message = "requests are not available yet: mock the step to go on without it";
    Err(Error::step(code::VALIDATION_ERROR, message))
}
