//! Reshapes data: operations on a list one after the other, then mappings that make the fields of an object.
//!
//! ```json
//! {
//!   "input": "{{steps.find.output.page}}",
//!   "operations": [{ "type": "filter", "where": "item.total > 100" }, { "type": "sort", "by": "total", "direction": "desc" }],
//!   "mappings": [{ "field": "best", "type": "extract", "path": "[0].name", "default": "nobody" }]
//! }
//! ```
//! gives `{ "best": "Ada" }`; without mappings, it gives what the operations made.

use pawl_contract::{StepError, code};
use pawl_expression::{Budget, EvaluationError, Expression, Path, Scope};
use serde_json::{Map, Value, json};

use super::{coerce, mapping, operation};
use crate::llm::misfits;
use crate::pure::{Effect, Evaluated};

/// The configuration says what becomes of a failure.
const ON_ERROR: &str = "onError";

pub(super) fn evaluate(config: &Value, scope: &dyn Scope) -> Result<Evaluated, StepError> {
    let mut left_out = Vec::new();
    let made = reshape(config, scope, &mut left_out);
    let strategy = config.get(ON_ERROR).and_then(Value::as_str);
    let output = match (made, strategy) {
        (Ok(output), _) => output,
        (Err(error), Some("skip")) => {
            left_out.push(problem(None, &error));
            Value::Object(Map::new())
        }
        (Err(error), Some("default")) => {
            left_out.push(problem(None, &error));
            let default = config.get("defaultOutput").unwrap_or(&Value::Null);
            render(default, scope, &Budget::new())?
        }
        (Err(error), _) => return Err(error),
    };
    let noted = !left_out.is_empty();
    let note = noted.then(|| Effect::Note(json!({ "transform": { "problems": left_out } })));
    Ok(Evaluated {
        port: "success",
        output,
        effects: note.into_iter().collect(),
    })
}

/// What the step makes, and what it leaves out where its author wants what can be made.
fn reshape(
    config: &Value,
    scope: &dyn Scope,
    left_out: &mut Vec<Value>,
) -> Result<Value, StepError> {
    let is_partial = config.get(ON_ERROR).and_then(Value::as_str) == Some("partial");
    let budget = Budget::new();
    let mut data = match config.get("input") {
        Some(input) => render(input, scope, &budget)?,
        None => scope.root("input").cloned().unwrap_or_default(),
    };
    if let Some(path) = config.get("path").and_then(Value::as_str) {
        data = found(path, &data)?.unwrap_or_default();
    }
    for (number, given) in listed(config, "operations").enumerate() {
        let mut work = Work {
            outer: scope,
            budget: &budget,
            left_out: is_partial.then_some(&mut *left_out),
        };
        let kind = given.get("type").and_then(Value::as_str).unwrap_or("");
        let place = format!("operation {} (`{kind}`)", number + 1);
        data = operation::apply(kind, given, data, &mut work).map_err(|error| at(&place, error))?;
    }
    if config.get("mappings").is_some() {
        let mut result = Value::Object(Map::new());
        for given in listed(config, "mappings") {
            let field = given.get("field").and_then(Value::as_str).unwrap_or("");
            let inside = Inside {
                outer: scope,
                data: &data,
                result: Some(&result),
                item: None,
            };
            match mapping::value(given, &inside, &budget) {
                Ok(value) => put(&mut result, field, value)?,
                Err(error) if is_partial => left_out.push(problem(Some(field), &error)),
                Err(error) => return Err(at(&format!("the field `{field}`"), error)),
            }
        }
        data = result;
    }
    if let Some(schema) = config
        .get("outputSchema")
        .filter(|schema| !schema.is_null())
    {
        if config.get("coerces") == Some(&Value::Bool(true)) {
            coerce::to_fit(schema, &mut data);
        }
        fits(schema, &data)?;
    }
    Ok(data)
}

/// What an operation works with.
pub(super) struct Work<'work> {
    pub outer: &'work dyn Scope,
    pub budget: &'work Budget,
    /// Where items that fail are noted instead of failing the step.
    pub left_out: Option<&'work mut Vec<Value>>,
}

impl Work<'_> {
    /// What `evaluate` makes of each item of a list, without those that fail where that is wanted.
    pub(super) fn each<T>(
        &mut self,
        data: &Value,
        evaluate: impl Fn(&Inside<'_>, &Budget) -> Result<T, StepError>,
    ) -> Result<Vec<Option<T>>, StepError> {
        let mut made = Vec::new();
        for (index, item) in data.as_array().into_iter().flatten().enumerate() {
            let index = Value::from(index);
            let inside = Inside {
                outer: self.outer,
                data,
                result: None,
                item: Some((item, &index)),
            };
            match (evaluate(&inside, self.budget), &mut self.left_out) {
                (Ok(value), _) => made.push(Some(value)),
                (Err(error), Some(left_out)) => {
                    left_out.push(problem(Some(&format!("item {index}")), &error));
                    made.push(None);
                }
                (Err(error), None) => return Err(at(&format!("item {index}"), error)),
            }
        }
        Ok(made)
    }
}

/// What the expressions of a transform can read beside everything else: `data`, `result`, `item` and `index`.
pub(super) struct Inside<'data> {
    pub outer: &'data dyn Scope,
    pub data: &'data Value,
    pub result: Option<&'data Value>,
    pub item: Option<(&'data Value, &'data Value)>,
}

impl Scope for Inside<'_> {
    fn root(&self, name: &str) -> Option<&Value> {
        let own = match name {
            "data" => Some(self.data),
            "result" => self.result,
            "item" => self.item.map(|(item, _)| item),
            "index" => self.item.map(|(_, index)| index),
            _ => None,
        };
        own.or_else(|| self.outer.root(name))
    }
}

/// The objects of a list in the configuration.
fn listed<'config>(config: &'config Value, field: &str) -> impl Iterator<Item = &'config Value> {
    let list = config.get(field).and_then(Value::as_array);
    list.into_iter().flatten()
}

/// What stands at a path, if there is something.
pub(super) fn found(path: &str, value: &Value) -> Result<Option<Value>, StepError> {
    let path = parsed(path)?;
    Ok(path.find(value).map(std::borrow::Cow::into_owned))
}

pub(super) fn parsed(path: &str) -> Result<Path, StepError> {
    Path::parse(path).map_err(|error| invalid(format!("`{path}` is no path: {}", error.message)))
}

pub(super) fn expression(text: &str) -> Result<Expression, StepError> {
    Expression::parse(text).map_err(|error| refused(&error.into()))
}

pub(super) fn render(
    value: &Value,
    scope: &dyn Scope,
    budget: &Budget,
) -> Result<Value, StepError> {
    pawl_expression::render_within(value, scope, budget).map_err(|error| refused(&error))
}

/// Puts a value where a path of names leads, making the objects on the way.
pub(super) fn put(object: &mut Value, field: &str, value: Value) -> Result<(), StepError> {
    let path = parsed(field)?;
    let names = path
        .names()
        .ok_or_else(|| invalid(format!("`{field}` is no name of a field")))?;
    let mut place = object;
    for name in names {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(members) = place else {
            let message = format!(
                "`{field}` cannot be set: `{name}` would be in {}",
                shown(place)
            );
            return Err(invalid(message));
        };
        place = members.entry(name.to_owned()).or_insert(Value::Null);
    }
    *place = value;
    Ok(())
}

fn fits(schema: &Value, value: &Value) -> Result<(), StepError> {
    let validator = jsonschema::validator_for(schema)
        .map_err(|error| invalid(format!("`outputSchema` is no JSON Schema: {error}")))?;
    match misfits(&validator, value) {
        None => Ok(()),
        Some(why) => Err(invalid(format!(
            "the output does not fit its schema: {why}"
        ))),
    }
}

/// A value as a message shows it: what is long by its kind alone.
pub(super) fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let kind = match value {
        Value::Array(_) => return "a list".to_owned(),
        Value::Object(_) => return "an object".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => "",
        Value::String(_) => "a long text",
    };
    let text = value.to_string();
    if kind.is_empty() || text.len() <= LONGEST {
        return text;
    }
    kind.to_owned()
}

/// What the record says of something that could not be made.
fn problem(place: Option<&str>, error: &StepError) -> Value {
    let mut problem = Map::new();
    if let Some(place) = place {
        problem.insert("at".to_owned(), place.into());
    }
    problem.insert("message".to_owned(), error.message.clone().into());
    problem.into()
}

fn at(place: &str, error: StepError) -> StepError {
    StepError {
        message: format!("{place}: {}", error.message),
        ..error
    }
}

pub(super) fn refused(error: &EvaluationError) -> StepError {
    invalid(error.to_string())
}

pub(super) fn invalid(message: impl Into<String>) -> StepError {
    StepError::new(code::VALIDATION_ERROR, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the page: what a mapping or an operation makes of data.
    fn rows() -> Vec<(Value, Value, Value)> {
        let page = include_str!("../../../docs/transforms.md");
        let read = |cell: &str| {
            let text = cell.trim().strip_prefix('`')?.strip_suffix('`')?;
            serde_json::from_str(&text.replace("\\|", "|")).ok()
        };
        let row = |line: &str| {
            let line = line.replace("\\|", "\u{1}");
            let cells: Vec<_> = line
                .split('|')
                .map(|cell| cell.replace('\u{1}', "|"))
                .collect();
            let [_, given, data, made, _] = cells.as_slice() else {
                return None;
            };
            Some((read(given)?, read(data)?, read(made)?))
        };
        page.lines().filter_map(row).collect()
    }

    fn made(config: &Value, input: &Value) -> Result<Evaluated, StepError> {
        evaluate(config, &json!({ "input": input, "limit": 2 }))
    }

    #[test]
    fn the_page_is_right() {
        let rows = rows();
        let kinds = rows
            .iter()
            .filter_map(|(given, ..)| given.get("type")?.as_str());
        let kinds: std::collections::BTreeSet<_> = kinds.collect();
        assert_eq!(kinds.len(), 20, "each has an example: {kinds:?}");
        for (given, data, expected) in &rows {
            let field = if given.get("field").is_some() {
                "mappings"
            } else {
                "operations"
            };
            let config = json!({ field: [given] });
            let found = made(&config, data).map(|evaluated| evaluated.output);
            let found = found.map(|output| output.to_string());
            // 50.0 and 50 are the same number.
            let same = |text: String| text.replace(".0}", "}");
            assert_eq!(found.map(same).ok(), Some(expected.to_string()), "{given}");
        }
    }

    #[test]
    fn what_fails_says_where_and_is_kept_out_as_the_author_wants() {
        let items = json!([{ "n": 1 }, { "n": "x" }, { "n": 3 }]);
        let double = json!({ "type": "map", "to": { "n": "{{item.n * 2}}" } });
        let fields = json!([
            { "field": "good", "type": "script", "expression": "data.length" },
            { "field": "bad", "type": "script", "expression": "data * 2" },
        ]);
        let rows = [
            (
                json!({ "operations": [double] }),
                Err("operation 1 (`map`): item 1: "),
            ),
            (
                json!({ "operations": [double], "onError": "partial" }),
                Ok((json!([{ "n": 2 }, { "n": 6 }]), 1)),
            ),
            (
                json!({ "operations": [double], "onError": "skip" }),
                Ok((json!({}), 1)),
            ),
            (
                json!({ "operations": [double], "onError": "default", "defaultOutput": ["{{input|length}}"] }),
                Ok((json!([3]), 1)),
            ),
            (json!({ "mappings": fields }), Err("the field `bad`: ")),
            (
                json!({ "mappings": fields, "onError": "partial" }),
                Ok((json!({ "good": 3 }), 1)),
            ),
            (
                json!({ "operations": [{ "type": "filter", "where": "item.n == limit + 1" }], "outputSchema": { "type": "array", "maxItems": 1 } }),
                Ok((json!([{ "n": 3 }]), 0)),
            ),
            (
                json!({ "operations": [{ "type": "limit", "count": 2 }], "outputSchema": { "type": "array", "maxItems": 1 } }),
                Err("the output does not fit its schema: "),
            ),
            (
                json!({ "operations": [{ "type": "aggregate", "fields": { "all": { "function": "sum", "path": "n" } } }] }),
                Err("operation 1 (`aggregate`): `all`: \"x\" is no number"),
            ),
            (
                json!({ "path": "[0]", "operations": [{ "type": "filter", "where": "true" }] }),
                Err("operation 1 (`filter`): it needs a list, not an object"),
            ),
            (
                json!({ "mappings": [
                    { "field": "a", "type": "constant", "value": 1 },
                    { "field": "a.b", "type": "constant", "value": 2 },
                ] }),
                Err("`a.b` cannot be set: `b` would be in 1"),
            ),
        ];
        for (config, expected) in rows {
            match (made(&config, &items), expected) {
                (Ok(evaluated), Ok((output, problems))) => {
                    assert_eq!(evaluated.output, output, "{config}");
                    let noted = evaluated.effects.iter().map(|effect| {
                        let Effect::Note(note) = effect else {
                            panic!("{effect:?}");
                        };
                        note.pointer("/transform/problems").cloned()
                    });
                    let noted = noted
                        .flatten()
                        .map(|list| list.as_array().map_or(0, Vec::len));
                    assert_eq!(noted.sum::<usize>(), problems, "{config}");
                }
                (Err(error), Err(message)) => {
                    assert!(
                        error.message.starts_with(message),
                        "{config}: {}",
                        error.message
                    );
                }
                (found, expected) => panic!("{config}: {found:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn work_without_end_is_refused() {
        let text = "x".repeat(10_000);
        let many: Vec<Value> = (0..200)
            .map(|n| json!({ "id": n, "k": 1, "text": text }))
            .collect();
        let config = json!({ "operations": [{ "type": "join", "with": "{{input}}", "on": "k", "as": "other" }] });
        let error = made(&config, &many.into()).expect_err("the pairs would take 800 MB");
        assert!(error.message.contains("160 MiB"), "{}", error.message);
    }
}
