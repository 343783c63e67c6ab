//! What can be wrong with an expression: its text, or a value that it meets.

use std::ops::Range;

/// A text that is not an expression or a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What is wrong, in one line.
    pub message: String,
    /// Where, in bytes of the text.
    pub span: Range<usize>,
    /// What to do about it.
    pub help: Option<String>,
    /// The change that settles it, where there is exactly one.
    pub fix: Option<Fix>,
}

/// A change of a text: replace these bytes by this.
///
/// ```
/// use pawl_expression::Expression;
///
/// let text = "status === 'active'";
/// let fix = Expression::parse(text).unwrap_err().fix.unwrap();
/// assert_eq!(fix.apply(text), "status == 'active'");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Which bytes of the expression's or template's text.
    pub span: Range<usize>,
    /// What stands there instead.
    pub text: String,
}

impl Fix {
    /// The text with the change made. A place outside of the text changes nothing.
    pub fn apply(&self, text: &str) -> String {
        match (text.get(..self.span.start), text.get(self.span.end..)) {
            (Some(before), Some(after)) => format!("{before}{}{after}", self.text),
            _ => text.to_owned(),
        }
    }
}

impl SyntaxError {
    pub(crate) fn new(message: impl Into<String>, span: Range<usize>) -> Self {
        Self {
            message: message.into(),
            span,
            help: None,
            fix: None,
        }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    pub(crate) fn fix(self, span: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            fix: Some(Fix { span, text }),
            ..self
        }
    }
}

/// A value that an expression could not work with. Its `Display` names the reference or the operand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvaluationError {
    /// What is wrong, in one line.
    pub message: String,
    /// Where, in bytes of the text.
    pub span: Range<usize>,
    /// What kind of problem it is.
    pub cause: Cause,
}

/// Why an evaluation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The text is not an expression or a template.
    Syntax,
    /// A root is not known, a step has not run, or a variable is not set. `?:` and `??` catch this and nothing else.
    Absent,
    /// A template is or prints a member that its value does not have.
    Missing,
    /// An operator or a transform cannot work with a value.
    Operand,
    /// The evaluation is too deep, too long or makes too much.
    Limit,
}

impl EvaluationError {
    pub(crate) fn new(cause: Cause, message: impl Into<String>, span: &Range<usize>) -> Self {
        Self {
            message: message.into(),
            span: span.clone(),
            cause,
        }
    }
}

impl From<SyntaxError> for EvaluationError {
    fn from(error: SyntaxError) -> Self {
        let message = error.help.map_or(error.message.clone(), |help| {
            format!("{}: {help}", error.message)
        });
        Self {
            message,
            span: error.span,
            cause: Cause::Syntax,
        }
    }
}
