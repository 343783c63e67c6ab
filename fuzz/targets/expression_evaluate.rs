//! Any expression over any data has a value or an error with a place, soon, and the same one however it is asked for.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use pawl_expression::{Cause, Expression, Template};
use pawl_fuzz::places::assert_inside;
use pawl_fuzz::{grammar, values};
use serde_json::Value;

/// An expression, a template and what both are evaluated over.
#[derive(Debug)]
struct Input {
    expression: String,
    template: String,
    scope: Value,
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let scope = values::scope(bytes)?;
        let expression = if bytes.ratio(1, 16)? {
            bytes.arbitrary::<&str>()?.to_owned()
        } else {
            grammar::expression(bytes)?
        };
        Ok(Self {
            template: grammar::template(bytes)?,
            expression,
            scope,
        })
    }
}

fuzz_target!(|input: Input| {
    evaluate(&input.expression, &input.scope);
    if let Ok(template) = Template::parse(&input.template)
        && let Err(error) = template.render(&input.scope)
    {
        assert_inside(&input.template, &error.span, &error.message);
    }
    let nested = Value::from_iter([(input.template.as_str(), input.expression.as_str())]);
    // Rendering a value finds the templates in its keys and texts; it may fail, but never otherwise.
    drop(pawl_expression::render(&nested, &input.scope));
});

fn evaluate(text: &str, scope: &Value) {
    let Ok(expression) = Expression::parse(text) else {
        return;
    };
    let value = expression.evaluate(scope);
    let again = Expression::parse(&expression.to_string()).map(|again| again.evaluate(scope));
    match (&value, again) {
        (Ok(value), Ok(Ok(again))) => assert_eq!(*value, again, "{expression}"),
        (Err(_), Ok(Err(_))) => {}
        (_, again) => panic!("{text:?} gives {value:?}, `{expression}` gives {again:?}"),
    }
    let is_true = expression.is_true(scope);
    match &value {
        Ok(_) => assert!(is_true.is_ok(), "{text:?} is {value:?}, but {is_true:?}"),
        Err(error) => {
            assert_inside(text, &error.span, &error.message);
            // Only the copy of the value costs more than the answer whether it is true.
            assert!(is_true.is_err() || error.cause == Cause::Limit, "{text:?}");
        }
    }
    // In a template it has the same value, unless it is missing; in brackets, since `{{! a}}` is a comment.
    let Ok(template) = Template::parse(&format!("{{{{ ({text}) }}}}")) else {
        return;
    };
    match (value, template.render(scope)) {
        (Ok(value), Ok(rendered)) => assert_eq!(value, rendered, "{text:?}"),
        (Ok(_), Err(error)) => assert!(
            matches!(error.cause, Cause::Missing | Cause::Limit),
            "{text:?}: {error}"
        ),
        (Err(_), Err(_)) => {}
        (Err(error), Ok(rendered)) => panic!("{text:?}: {error}, but a template gives {rendered}"),
    }
}
