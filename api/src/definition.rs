//! Definitions as they reach the API: in any format, as a body of their own or as a field of one.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use pawl_compiler::diagnostic::{Lines, to_json};
use pawl_compiler::{Compiled, Format, Level, Notation, Options, Program, source};
use pawl_contract::identifier;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::extract::Raw;
use crate::problem::Problem;

/// The longest id of a workflow: it is a part of keys and of names in AWS.
const LONGEST_ID: usize = 64;

/// A definition as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) is_yaml: bool,
}

/// A definition, and what was said beside it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) written: Written,
    pub(crate) beside: Beside,
}

/// What can be said beside a definition.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Beside {
    /// The definition: an object, or a text of JSON or YAML.
    definition: Value,
    /// What the workflow is found by.
    #[serde(default)]
    pub(crate) tags: Option<Vec<String>>,
    /// Why it was changed.
    #[serde(default)]
    pub(crate) note: Option<String>,
}

/// What stands in a definition, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) format: Format,
}

/// What was found in a definition.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Validation {
    /// Whether it can be published.
    pub(crate) valid: bool,
    /// The format that it is written in: `native`, `elevaite` or `codemie`.
    pub(crate) format: String,
    /// What is wrong and what could be better: `{ code, severity, message, pointer, line, column, help, fixes }`.
    #[schema(value_type = Vec<Object>)]
    pub(crate) diagnostics: Vec<Value>,
    /// What means something else here than where the format comes from.
    #[schema(value_type = Vec<Object>)]
    pub(crate) differences: Vec<Value>,
}

impl Sent {
    /// The definition in a request's body: the body itself, or its field `definition`.
    pub(crate) fn read(request: &Raw) -> Result<Self, Problem> {
        let text = String::from_utf8(request.body.to_vec());
        let text = text.map_err(|_| Problem::malformed("the body is no UTF-8"))?;
        if is_yaml(&request.headers)? {
            return Ok(Self::plain(text, true));
        }
        let Ok(body) = serde_json::from_str::<Value>(&text) else {
            // Its diagnostics say where the syntax is wrong, and better.
            return Ok(Self::plain(text, false));
        };
        if body.get("definition").is_none() {
            return Ok(Self::plain(text, false));
        }
        let beside: Beside = serde_json::from_value(body)
            .map_err(|error| Problem::malformed(format!("the body cannot be read: {error}")))?;
        let written = match &beside.definition {
            Value::String(text) => Written {
                text: text.clone(),
                is_yaml: !text.trim_start().starts_with('{'),
            },
            definition @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_)) => Written {
                text: format!("{definition:#}"),
                is_yaml: false,
            },
        };
        Ok(Self { written, beside })
    }

    fn plain(text: String, is_yaml: bool) -> Self {
        Self {
            written: Written { text, is_yaml },
            beside: Beside::default(),
        }
    }
}

impl Written {
    pub(crate) fn notation(&self) -> Notation {
        if self.is_yaml {
            Notation::Yaml
        } else {
            Notation::Json
        }
    }

    /// Compiles it as it is published.
    pub(crate) fn compile(&self) -> Compiled {
        pawl_compiler::compile(&self.text, self.notation(), options())
    }

    /// What stands in it, or why nobody can tell.
    pub(crate) fn facts(&self) -> Result<Facts, Problem> {
        let Some(definition) = pawl_compiler::read(&self.text, self.notation()) else {
            let said = self.validate();
            return Err(
                Problem::invalid("the definition cannot be read").with_details(json!({
                    "diagnostics": said.diagnostics,
                })),
            );
        };
        let root = source::read(&self.text, self.notation());
        let id = identifier(&definition.name);
        if id.len() > LONGEST_ID {
            return Err(Problem::invalid(format!(
                "the workflow's name makes an id of {} bytes; it can have {LONGEST_ID}",
                id.len()
            )));
        }
        Ok(Facts {
            id,
            name: definition.name,
            description: definition.description,
            format: root.map_or(Format::Native, |root| Format::of(&root)),
        })
    }

    /// Everything that was found in it.
    pub(crate) fn validate(&self) -> Validation {
        self.found(&self.compile())
    }

    /// The definition without errors, or what is wrong with it.
    pub(crate) fn sound(&self) -> Result<Program, Problem> {
        let mut compiled = self.compile();
        compiled.program.take().ok_or_else(|| {
            let said = self.found(&compiled);
            let errors = compiled.diagnostics.iter();
            let count = errors.filter(|found| found.is_error()).count();
            let noun = if count == 1 { "error" } else { "errors" };
            Problem::invalid(format!("the definition has {count} {noun}"))
                .with_details(json!({ "diagnostics": said.diagnostics }))
        })
    }

    /// The same definition under another name.
    pub(crate) fn renamed(&self, name: &str) -> Result<Self, Problem> {
        let root = source::read(&self.text, self.notation());
        let root = root.map_err(|_| Problem::invalid("the definition cannot be read"))?;
        let named = root.get("name");
        let span = named.map(|node| node.span.clone());
        let Some(span) = span.filter(|span| self.text.get(span.clone()).is_some()) else {
            return Err(Problem::invalid(
                "the definition has no `name` to be changed",
            ));
        };
        let mut text = self.text.clone();
        // JSON's texts are YAML's, too.
        text.replace_range(span, &Value::from(name).to_string());
        let renamed = Self {
            text,
            is_yaml: self.is_yaml,
        };
        if renamed.facts()?.name == name {
            Ok(renamed)
        } else {
            Err(Problem::invalid(format!(
                "`{name}` cannot be a workflow's name"
            )))
        }
    }

    fn found(&self, compiled: &Compiled) -> Validation {
        let lines = Lines::of(&self.text);
        let diagnostics = compiled.diagnostics.iter();
        let diagnostics = diagnostics.map(|found| to_json(found, &lines, ""));
        let differences = compiled.differences.iter();
        Validation {
            valid: compiled.program.is_some(),
            format: compiled.format.name().to_owned(),
            diagnostics: diagnostics.map(without_file).collect(),
            differences: differences
                .map(|difference| {
                    json!({
                        "rule": difference.rule,
                        "message": difference.message,
                        "pointer": difference.place.pointer,
                        "line": lines.place(difference.place.span.start).line,
                    })
                })
                .collect(),
        }
    }
}

/// How definitions are compiled that are published.
pub(crate) fn options() -> Options {
    Options {
        level: Level::O1,
        ..Options::default()
    }
}

/// A diagnostic is of the definition that was sent; there is no file.
fn without_file(mut diagnostic: Value) -> Value {
    if let Some(members) = diagnostic.as_object_mut() {
        members.remove("file");
    }
    diagnostic
}

fn is_yaml(headers: &HeaderMap) -> Result<bool, Problem> {
    let given = headers
        .get(CONTENT_TYPE)
        .and_then(|given| given.to_str().ok());
    let essence = given
        .and_then(|given| given.split(';').next())
        .unwrap_or_default();
    match essence.trim().to_ascii_lowercase().as_str() {
        "application/json" => Ok(false),
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => Ok(true),
        _ => Err(Problem::new(
            http::StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "send a definition as `application/json` or as `application/yaml`",
        )),
    }
}
