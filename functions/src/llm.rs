//! Asks a language model for text or JSON, with tools, in a thread.
//!
//! ```json
//! { "systemPrompt": "You answer customers.", "userPrompt": "Reply to: {{loop.item.lastMessage}}", "tools": ["customer_get"] }
//! ```
//! A turn is one answer of the model. It ends with a text, or asks for tools, whose results begin the next turn:
//!
//! ```text
//! wish      what the step asks for
//! talk      what was said before, from the thread
//! chain     one turn: the first model that answers, each tried again while that makes sense
//! agent     turns and tools until there is an answer that fits
//! ```

mod agent;
mod answer;
mod budget;
mod chain;
mod price;
mod provider;
mod stream;
mod talk;
mod tool;
mod turnstile;
mod wish;

pub(crate) use agent::ask;
pub use answer::mocked_answer;
pub use price::Price;
pub(crate) use provider::bedrock_client;
pub(crate) use tool::misfits;
