//! Evaluates templates, alone or wherever they stand in a value.

use serde_json::{Map, Value};

use crate::budget::Budget;
use crate::coerce::{is_truthy, noun, to_text};
use crate::error::{Cause, EvaluationError};
use crate::evaluate::{Context, Evaluator, Items};
use crate::limits::{DEPTH, Meter};
use crate::scope::Scope;
use crate::template::{Mode, Part, Section, Template};

impl Template {
    /// The value: that of the expression if the template is one expression and nothing else, otherwise text.
    pub fn render(&self, scope: &dyn Scope) -> Result<Value, EvaluationError> {
        self.render_with(&Evaluator::new(scope, &Meter::new()))
    }

    fn render_with(&self, evaluator: &Evaluator<'_>) -> Result<Value, EvaluationError> {
        if let [Part::Value(node)] = self.parts.as_slice() {
            return evaluator.own(evaluator.present(node, Context::default())?, &node.span);
        }
        let mut text = String::new();
        print(&self.parts, evaluator, Context::default(), &mut text)?;
        Ok(text.into())
    }
}

/// Renders every template in a value: in its texts and in the keys of its objects.
///
/// ```
/// let parameters = serde_json::json!({ "to": "{{customer.email}}", "{{field}}": ["{{count}}"] });
/// let scope = serde_json::json!({ "customer": { "email": "ada@example.com" }, "field": "n", "count": 3 });
/// assert_eq!(
///     pawl_expression::render(&parameters, &scope).unwrap(),
///     serde_json::json!({ "to": "ada@example.com", "n": [3] })
/// );
/// ```
pub fn render(value: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    render_within(value, scope, &Budget(Meter::new()))
}

/// Renders every template in a value, paid for from a budget of several evaluations.
pub fn render_within(
    value: &Value,
    scope: &dyn Scope,
    budget: &Budget,
) -> Result<Value, EvaluationError> {
    render_value(value, &Evaluator::new(scope, &budget.0), 0)
}

fn render_value(
    value: &Value,
    evaluator: &Evaluator<'_>,
    depth: usize,
) -> Result<Value, EvaluationError> {
    if depth > DEPTH {
        return Err(EvaluationError::new(
            Cause::Limit,
            format!("this is nested more than {DEPTH} deep"),
            &(0..0),
        ));
    }
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
        Value::String(text) => render_text(text, evaluator),
        Value::Array(elements) => elements
            .iter()
            .map(|element| render_value(element, evaluator, depth + 1))
            .collect(),
        Value::Object(members) => {
            let mut object = Map::new();
            for (key, member) in members {
                let key = render_key(key, evaluator)?;
                let member = render_value(member, evaluator, depth + 1)?;
                if object.insert(key.clone(), member).is_some() {
                    return Err(EvaluationError::new(
                        Cause::Operand,
                        format!("two keys become `{key}`"),
                        &(0..key.len()),
                    ));
                }
            }
            Ok(object.into())
        }
    }
}

fn render_text(text: &str, evaluator: &Evaluator<'_>) -> Result<Value, EvaluationError> {
    Template::parse(text)?.render_with(evaluator)
}

fn render_key(key: &str, evaluator: &Evaluator<'_>) -> Result<String, EvaluationError> {
    let rendered = render_text(key, evaluator)?;
    match &rendered {
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(to_text(&rendered).into_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            let message = format!(
                "the key `{key}` becomes {}, which cannot be a key",
                noun(&rendered)
            );
            Err(EvaluationError::new(
                Cause::Operand,
                message,
                &(0..key.len()),
            ))
        }
    }
}

fn print(
    parts: &[Part],
    evaluator: &Evaluator<'_>,
    context: Context<'_>,
    text: &mut String,
) -> Result<(), EvaluationError> {
    for part in parts {
        match part {
            Part::Text(literal) => {
                evaluator.meter.make(literal.len(), &(0..0))?;
                text.push_str(literal);
            }
            Part::Value(node) => {
                let value = evaluator.present(node, context)?;
                let value = evaluator.whole(value, &node.span)?;
                let printed = to_text(&value);
                evaluator.meter.make(printed.len(), &node.span)?;
                text.push_str(&printed);
            }
            Part::Section(section) => print_section(section, evaluator, context, text)?,
        }
    }
    Ok(())
}

fn print_section(
    section: &Section,
    evaluator: &Evaluator<'_>,
    context: Context<'_>,
    text: &mut String,
) -> Result<(), EvaluationError> {
    let value = evaluator.value(&section.node, context)?;
    let only_decides = value.outline().is_boolean();
    let is_repeated = is_truthy(value.outline()) && value.len() != Some(0);
    match section.mode {
        Mode::Otherwise if is_repeated => Ok(()),
        Mode::Otherwise => print(&section.parts, evaluator, context, text),
        Mode::Each if !is_repeated => Ok(()),
        // As in Mustache, `true` only decides: `.` stays what it is around the section.
        Mode::Each if only_decides => print(&section.parts, evaluator, context, text),
        Mode::Each => value.into_elements().try_for_each(|item| {
            evaluator.meter.step(1, &section.node.span)?;
            let items = Items {
                item: &item,
                outer: context.items,
            };
            print(
                &section.parts,
                evaluator,
                Context {
                    element: Some(&item),
                    items: Some(&items),
                    ..context
                },
                text,
            )
        }),
    }
}
