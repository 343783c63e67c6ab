//! `pawl eval`: evaluates an expression or a template, to try it out.

mod scope;

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Snippet};
use pawl_compiler::diagnostic::{codes, did_you_mean};
use pawl_expression::{
    Cause, EvaluationError, Expression, Reference, SyntaxError, Template, transforms,
};
use serde_json::{Map, Value};

use super::{Outcome, print, say};
use crate::project::renderer;

const EXAMPLES: &str = r#"Examples:
  pawl eval "customer.orders|length" --data customer.json
  pawl eval 'Hello {{name}}' --data '{"name": "Ada"}'
  pawl eval '{{count}} > 3' --expression --data '{"count": 5}'
  curl -s https://example.com/orders.json | pawl eval "orders[.total > 100]|map('id')" --data -
  pawl eval "now|daysAgo"

A text with `{{` in it is a template, as it is in a step's parameters; a condition is an expression, whatever stands in it.
`now` and `nowMs` are the present moment unless the data has them."#;

/// Evaluate an expression or a template.
///
/// Exits with 0 when there is a value, 1 when the text cannot be read or evaluated, 2 when the data cannot be read.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = examples_and_transforms())]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the command line"
)]
pub(super) struct Eval {
    /// The expression, or a template with `{{expressions}}` in it
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    text: String,
    /// What it may refer to: an object as JSON, a JSON or YAML file, or `-` for standard input
    #[arg(long, value_name = "FILE|JSON|-", allow_hyphen_values = true)]
    data: Option<String>,
    /// Take EXPR for an expression, as a condition does
    #[arg(long, conflicts_with = "template")]
    expression: bool,
    /// Take EXPR for a template, even without `{{`
    #[arg(long)]
    template: bool,
    /// Print a text as JSON, with its quotes
    #[arg(long)]
    json: bool,
    /// Print what EXPR refers to instead of its value
    #[arg(long)]
    references: bool,
}

/// The end of the long help.
fn examples_and_transforms() -> String {
    let all: Vec<_> = transforms().collect();
    let widest = all.iter().map(|one| one.signature.len()).max().unwrap_or(0);
    let lines = all
        .iter()
        .map(|one| format!("  {:<widest$}  {}", one.signature, one.doc));
    let lines: Vec<String> = lines.collect();
    format!(
        "{EXAMPLES}\n\nTransforms, written after a `|`:\n{}",
        lines.join("\n")
    )
}

/// What was read.
enum Parsed {
    Expression(Expression),
    Template(Template),
}

impl Eval {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let parsed = match self.parse() {
            Ok(parsed) => parsed,
            Err(error) => return Ok(self.refuse(&error.into())),
        };
        if self.references {
            self.print_references(&parsed)?;
            return Ok(Outcome::Done);
        }
        let scope = scope::read(self.data.as_deref())?;
        let value = match &parsed {
            Parsed::Expression(expression) => expression.evaluate(&scope),
            Parsed::Template(template) => template.render(&scope),
        };
        match value {
            Ok(value) => {
                self.print_value(&value)?;
                Ok(Outcome::Done)
            }
            Err(error) => Ok(self.refuse(&Wrong {
                help: self.near(&error, &scope),
                ..Wrong::from(error)
            })),
        }
    }

    /// The name in the data that was probably meant.
    fn near(&self, error: &EvaluationError, scope: &Map<String, Value>) -> Option<String> {
        let reference = self.text.get(error.span.clone())?;
        let root = reference.split(['.', '[', '|', ' ']).next()?;
        let is_absent = error.cause == Cause::Absent && !scope.contains_key(root);
        is_absent.then(|| did_you_mean(root, scope.keys().map(String::as_str)))?
    }

    fn parse(&self) -> Result<Parsed, SyntaxError> {
        let is_template = self.template || (!self.expression && self.text.contains("{{"));
        Ok(if is_template {
            Parsed::Template(Template::parse(&self.text)?)
        } else {
            Parsed::Expression(Expression::parse(&self.text)?)
        })
    }

    fn print_value(&self, value: &Value) -> anyhow::Result<()> {
        let text = match value.as_str() {
            Some(text) if !self.json => text.to_owned(),
            _ => serde_json::to_string_pretty(value)?,
        };
        print(&(text + "\n"))?;
        Ok(())
    }

    /// Every reference once, as it is written.
    fn print_references(&self, parsed: &Parsed) -> anyhow::Result<()> {
        let references = match parsed {
            Parsed::Expression(expression) => expression.references(),
            Parsed::Template(template) => template.references(),
        };
        let mut written: Vec<&str> = Vec::new();
        for Reference { span, .. } in references {
            let reference = self.text.get(span).unwrap_or_default();
            if !written.contains(&reference) {
                written.push(reference);
            }
        }
        if self.json {
            print(&(serde_json::to_string_pretty(&written)? + "\n"))?;
        } else {
            let lines: String = written.iter().flat_map(|line| [line, "\n"]).collect();
            print(&lines)?;
        }
        Ok(())
    }

    /// Shows what is wrong with the text, or with a value that it meets.
    fn refuse(&self, wrong: &Wrong) -> Outcome {
        let start = wrong.span.start.min(self.text.len());
        let end = wrong.span.end.clamp(start, self.text.len());
        let snippet = Snippet::source(self.text.as_str())
            .path("EXPR")
            .annotation(AnnotationKind::Primary.span(start..end));
        let mut title = Level::ERROR.primary_title(&wrong.message);
        if let Some(code) = wrong.code {
            title = title.id(code);
        }
        let mut group = title.element(snippet);
        if let Some(help) = &wrong.help {
            group = group.element(Level::HELP.message(help));
        }
        say(&renderer().render(&[group]));
        Outcome::Refused
    }
}

/// What is wrong, and where in the text.
struct Wrong {
    message: String,
    span: Range<usize>,
    /// The code that a definition with this text would get.
    code: Option<&'static str>,
    help: Option<String>,
}

impl From<SyntaxError> for Wrong {
    fn from(error: SyntaxError) -> Self {
        Self {
            message: error.message,
            span: error.span,
            code: Some(codes::EXPRESSION_SYNTAX),
            help: error.help,
        }
    }
}

impl From<EvaluationError> for Wrong {
    fn from(error: EvaluationError) -> Self {
        Self {
            message: error.message,
            span: error.span,
            code: None,
            help: None,
        }
    }
}
