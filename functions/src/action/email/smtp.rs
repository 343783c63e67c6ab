//! Mail by SMTP.

use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use pawl_contract::{StepError, code};

/// Sends a mail through a server.
pub(super) async fn send(url: &str, message: Message) -> Result<(), StepError> {
    let failed = |error: &lettre::transport::smtp::Error| {
        StepError::new(
            code::TOOL_ERROR,
            format!("the mail server did not take the mail: {error}"),
        )
    };
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| {
        // The address may hold a password, so it is not repeated.
        StepError::new(
            code::TOOL_ERROR,
            "PAWL_SMTP_URL is not an address such as smtps://user:password@host",
        )
    })?;
    let transport = transport.build();
    // What fails before the mail is on its way has certainly sent nothing.
    let is_connected = transport
        .test_connection()
        .await
        .map_err(|error| failed(&error))?;
    if !is_connected {
        return Err(StepError::new(code::TOOL_ERROR, "the mail server hung up"));
    }
    match transport.send(message).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_permanent() || error.is_transient() || error.is_client() => {
            Err(failed(&error))
        }
        Err(error) => {
            let message = format!("the mail may or may not be out: {error}");
            Err(StepError::new(code::OUTCOME_UNKNOWN, message))
        }
    }
}
