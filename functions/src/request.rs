//! Calls an HTTP endpoint.
//!
//! ```json
//! { "method": "POST", "url": "https://api.example.com/orders", "body": { "id": "{{input.orderId}}" } }
//! ```
//! A request that may be made twice is tried again when it fails; any other is claimed before it is made.

mod answer;
mod auth;
mod body;
mod call;
mod exchange;
mod expected;
mod guard;
mod tokens;

use crate::Error;
use crate::work::{Act, Acted, Context};
use call::Call;

pub(crate) use guard::{Guard, Resolver};
pub(crate) use tokens::Tokens;

/// Calls what the step's configuration says.
pub(crate) async fn act<'context>(
    context: &'context Context<'context>,
) -> Result<Act<'context>, Error> {
    let call = Call::of(context).await?;
    if call.is_repeatable {
        let acted = perform(call, context).await?;
        return Ok(Act::Done(Box::new(acted)));
    }
    Ok(Act::Once(Box::pin(perform(call, context))))
}

async fn perform(call: Call, context: &Context<'_>) -> Result<Acted, Error> {
    let answer = exchange::perform(&call, context).await?;
    let output = answer::read(answer, &call, context).await?;
    Ok(output.into())
}
