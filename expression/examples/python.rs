//! Evaluates Python expressions, one JSON line in and one out, for `infra/reference/python.py`.
//!
//! `{"text", "data"}` gives `{"value"}`, or `{"error", "phase"}` where the expression cannot be read or evaluated.

use std::io::{BufRead as _, Write as _};

use pawl_expression::{Expression, python};
use serde_json::{Value, json};

fn main() -> std::io::Result<()> {
    let names = Expression::parse("data").map_err(std::io::Error::other)?;
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let question: Value = serde_json::from_str(&line?)?;
        writeln!(output, "{}", answer(&question, &names))?;
    }
    output.flush()
}

/// What an expression gives once it was printed and read again, as a Lambda reads it.
fn answer(question: &Value, names: &Expression) -> Value {
    let text = question.get("text").and_then(Value::as_str);
    let read = python::value(text.unwrap_or_default(), names)
        .and_then(|expression| Expression::parse(&expression.to_string()));
    let expression = match read {
        Ok(expression) => expression,
        Err(error) => return json!({ "error": error.message, "phase": "read" }),
    };
    match expression.evaluate(question) {
        Ok(value) => json!({ "value": value }),
        Err(error) => json!({ "error": error.message, "phase": "evaluate" }),
    }
}
