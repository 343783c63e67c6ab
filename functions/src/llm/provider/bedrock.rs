//! Amazon Bedrock's Converse, which answers for every model that it hosts.

use std::collections::HashMap;
use std::pin::Pin;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamOutput as Answer;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ContentBlockStart, ConversationRole, ConverseStreamOutput,
    InferenceConfiguration, Message as Said, SystemContentBlock, Tool as Offered,
    ToolConfiguration, ToolInputSchema, ToolResultBlock, ToolResultContentBlock, ToolResultStatus,
    ToolSpecification, ToolUseBlock,
};
use aws_smithy_types::{Document, Number};
use pawl_contract::{Message, ToolCall, Usage};
use serde_json::Value;

use super::openai::arguments;
use super::{Heard, Reason, Refusal, Request, result_text, without_tools};
use crate::{BedrockSettings, Services};

/// An answer that comes in parts.
pub(crate) struct Reply {
    answer: Answer,
    /// A call of a tool in the making: its id, its tool and its arguments so far.
    call: Option<(String, String, String)>,
    is_ended: bool,
}

/// A client of Bedrock. It asks AWS itself, wherever the other services are.
pub(crate) fn client<'a>(
    settings: &'a BedrockSettings,
    sdk: &'a aws_types::SdkConfig,
) -> Pin<Box<dyn Future<Output = Client> + Send + 'a>> {
    Box::pin(connect(settings, sdk))
}

async fn connect(settings: &BedrockSettings, sdk: &aws_types::SdkConfig) -> Client {
    // Trying again, and where, is decided by the chain of models.
    let region = aws_config::Region::new(settings.region.clone());
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .retry_config(RetryConfig::disabled());
    let config = match (&settings.url, sdk.credentials_provider()) {
        // Whoever stands in for Bedrock may know who asks as little as the other services on this machine.
        (Some(url), Some(credentials)) => {
            config.endpoint_url(url).credentials_provider(credentials)
        }
        (Some(url), None) => config.endpoint_url(url),
        (None, _) => config,
    };
    Client::new(&config.load().await)
}

/// Asks.
pub(super) async fn ask(
    request: &Request<'_>,
    services: &Services,
) -> Result<super::Reply, Refusal> {
    let Some(client) = services.bedrock().await else {
        return Err(Refusal::new(
            Reason::Final,
            "Bedrock is not set: set PAWL_BEDROCK_REGION, or mock the step in `mocks.json`",
        ));
    };
    let mut converse = client
        .converse_stream()
        .model_id(request.model)
        .set_messages(Some(messages(request)?));
    if !request.system.is_empty() && !only_system(request) {
        converse = converse.system(SystemContentBlock::Text(request.system.to_owned()));
    }
    if request.temperature.is_some() || request.max_tokens.is_some() {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a temperature between 0 and 2 fits"
        )]
        let temperature = request.temperature.map(|temperature| temperature as f32);
        let most = request
            .max_tokens
            .map(|most| i32::try_from(most).unwrap_or(i32::MAX));
        let inference = InferenceConfiguration::builder()
            .set_temperature(temperature)
            .set_max_tokens(most)
            .build();
        converse = converse.inference_config(inference);
    }
    if !request.tools.is_empty() {
        let mut tools = ToolConfiguration::builder();
        for tool in request.tools {
            let schema = ToolInputSchema::Json(document(&tool.schema));
            let specification = ToolSpecification::builder()
                .name(&tool.name)
                .description(&tool.about)
                .input_schema(schema)
                .build()
                .map_err(unwritable)?;
            tools = tools.tools(Offered::ToolSpec(specification));
        }
        converse = converse.tool_config(tools.build().map_err(unwritable)?);
    }
    let answer = converse.send().await.map_err(|error| refusal(&error))?;
    Ok(super::Reply::Bedrock(Box::new(Reply {
        answer,
        call: None,
        is_ended: false,
    })))
}

/// Whether nobody asks anything; Converse wants someone to begin, so what the model is told is asked.
fn only_system(request: &Request<'_>) -> bool {
    request.messages.is_empty()
}

/// The conversation: whoever says several things in a row says them in one message, since roles must take turns.
fn messages(request: &Request<'_>) -> Result<Vec<Said>, Refusal> {
    let plain;
    let messages = if request.tools.is_empty() {
        plain = without_tools(request.messages);
        &plain
    } else {
        request.messages
    };
    let mut turns: Vec<(ConversationRole, Vec<ContentBlock>)> = Vec::new();
    let mut say = |role: ConversationRole, blocks: Vec<ContentBlock>| match turns.last_mut() {
        Some((last, said)) if *last == role => said.extend(blocks),
        _ => turns.push((role, blocks)),
    };
    if only_system(request) {
        let text = ContentBlock::Text(request.system.to_owned());
        say(ConversationRole::User, vec![text]);
    }
    for message in messages {
        let (role, blocks) = blocks(message)?;
        say(role, blocks);
    }
    let turns = turns.into_iter().map(|(role, blocks)| {
        let said = Said::builder().role(role).set_content(Some(blocks));
        said.build().map_err(unwritable)
    });
    turns.collect()
}

fn blocks(message: &Message) -> Result<(ConversationRole, Vec<ContentBlock>), Refusal> {
    // An empty text is refused.
    let spoken = |text: &String| {
        let text = if text.trim().is_empty() { "-" } else { text };
        ContentBlock::Text(text.to_owned())
    };
    Ok(match message {
        Message::User { text } => (ConversationRole::User, vec![spoken(text)]),
        Message::Assistant { text, calls, .. } => {
            let text = (!text.is_empty() || calls.is_empty()).then(|| Ok(spoken(text)));
            let calls = calls.iter().map(|call| {
                let input = if call.arguments.is_object() {
                    document(&call.arguments)
                } else {
                    Document::Object(HashMap::new())
                };
                let block = ToolUseBlock::builder()
                    .tool_use_id(&call.id)
                    .name(&call.tool)
                    .input(input);
                block.build().map(ContentBlock::ToolUse).map_err(unwritable)
            });
            let blocks = text.into_iter().chain(calls).collect::<Result<_, _>>()?;
            (ConversationRole::Assistant, blocks)
        }
        Message::Tool {
            id, result, failed, ..
        } => {
            let status = if *failed {
                ToolResultStatus::Error
            } else {
                ToolResultStatus::Success
            };
            let block = ToolResultBlock::builder()
                .tool_use_id(id)
                .content(ToolResultContentBlock::Text(result_text(result)))
                .status(status)
                .build()
                .map_err(unwritable)?;
            (
                ConversationRole::User,
                vec![ContentBlock::ToolResult(block)],
            )
        }
    })
}

impl Reply {
    pub(super) async fn next(&mut self) -> Result<Option<Heard>, Refusal> {
        loop {
            let part = self.answer.stream.recv().await;
            let Some(part) = part.map_err(|error| refusal(&error))? else {
                return if self.is_ended {
                    Ok(None)
                } else {
                    Err(Refusal::new(
                        Reason::Broken,
                        "the language model did not answer to the end: the connection broke",
                    ))
                };
            };
            if let Some(heard) = self.read(part) {
                return Ok(Some(heard));
            }
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the SDK adds kinds of parts; what a model thinks or cites is not what it answers"
    )]
    fn read(&mut self, part: ConverseStreamOutput) -> Option<Heard> {
        match part {
            ConverseStreamOutput::ContentBlockStart(start) => {
                if let Some(ContentBlockStart::ToolUse(call)) = start.start {
                    self.call = Some((call.tool_use_id, call.name, String::new()));
                }
                None
            }
            ConverseStreamOutput::ContentBlockDelta(delta) => match delta.delta? {
                ContentBlockDelta::Text(text) => Some(Heard::Text(text)),
                ContentBlockDelta::ToolUse(part) => {
                    if let Some((_, _, arguments)) = &mut self.call {
                        arguments.push_str(&part.input);
                    }
                    None
                }
                _ => None,
            },
            ConverseStreamOutput::ContentBlockStop(_) => {
                let (id, tool, text) = self.call.take()?;
                let arguments = arguments(&text);
                Some(Heard::Call(ToolCall {
                    id,
                    tool,
                    arguments,
                }))
            }
            ConverseStreamOutput::MessageStop(stop) => {
                self.is_ended = true;
                Some(Heard::End(stop.stop_reason.as_str().to_owned()))
            }
            ConverseStreamOutput::Metadata(metadata) => {
                let usage = metadata.usage?;
                let count = |tokens: i32| u64::try_from(tokens).unwrap_or(0);
                Some(Heard::Usage(Usage {
                    input_tokens: count(usage.input_tokens),
                    output_tokens: count(usage.output_tokens),
                }))
            }
            _ => None,
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn unwritable(error: aws_sdk_bedrockruntime::error::BuildError) -> Refusal {
    Refusal::new(
        Reason::Final,
        format!("the request cannot be made: {error}"),
    )
}

/// What Bedrock's refusal means.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SDK adds kinds of errors"
)]
fn refusal<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Refusal {
    let metadata = error.as_service_error();
    let Some(code) = metadata.and_then(ProvideErrorMetadata::code) else {
        let (reason, what) = match error {
            SdkError::ConstructionFailure(_) => (Reason::Final, "the request cannot be made"),
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) => {
                (Reason::Broken, "it could not be reached")
            }
            _ => (Reason::Broken, "the connection broke"),
        };
        return Refusal::new(reason, format!("the language model did not answer: {what}"));
    };
    let message = metadata.and_then(ProvideErrorMetadata::message);
    let message = message.unwrap_or("it gave no reason");
    let reason = match code {
        "ThrottlingException" | "ServiceQuotaExceededException" => Reason::Busy,
        "InternalServerException"
        | "ServiceUnavailableException"
        | "ModelNotReadyException"
        | "ModelStreamErrorException"
        | "ModelTimeoutException"
        | "ModelErrorException" => Reason::Broken,
        _ => Reason::Final,
    };
    Refusal::new(
        reason,
        format!("the language model answered {code}: {message}"),
    )
}

/// JSON as the SDK wants it.
fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(flag) => Document::Bool(*flag),
        Value::Number(number) => Document::Number(
            number
                .as_u64()
                .map(Number::PosInt)
                .or_else(|| number.as_i64().map(Number::NegInt))
                .unwrap_or_else(|| Number::Float(number.as_f64().unwrap_or(0.0))),
        ),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(items) => Document::Array(items.iter().map(document).collect()),
        Value::Object(members) => Document::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), document(value)))
                .collect(),
        ),
    }
}
