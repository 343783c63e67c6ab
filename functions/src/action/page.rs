//! Pages: how much of a collection is asked for, and how it is answered.

use pawl_contract::{StepError, code};
use pawl_store::{Page, Window};
use serde_json::{Map, Value, json};

use super::parameters::Parameters;

/// The parameters that ask for a page; the others are conditions.
pub(super) const FIELDS: [&str; 3] = ["limit", "cursor", "paginationOpts"];

/// So many records are in a page where the author does not say.
const USUAL: usize = 100;

/// `limit` and `cursor`, or `paginationOpts: { numItems, cursor }`.
pub(super) fn window(parameters: &Parameters<'_>) -> Result<Window, StepError> {
    window_of(parameters, USUAL)
}

/// The same, with so many records in a page where the author does not say.
pub(super) fn window_of(parameters: &Parameters<'_>, usual: usize) -> Result<Window, StepError> {
    let options = parameters.get("paginationOpts");
    let option = |name: &str| options.and_then(|options| options.get(name));
    let limit = parameters.get("limit").or_else(|| option("numItems"));
    let cursor = parameters.get("cursor").or_else(|| option("cursor"));
    Ok(Window {
        limit: self::limit(limit, usual)?,
        cursor: self::cursor(cursor)?,
        ..Window::all()
    })
}

/// A number of records.
pub(super) fn limit(given: Option<&Value>, usual: usize) -> Result<usize, StepError> {
    match given {
        None | Some(Value::Null) => Ok(usual),
        Some(value) => {
            let number = value
                .as_u64()
                .and_then(|number| usize::try_from(number).ok());
            number.filter(|number| *number > 0).ok_or_else(|| {
                StepError::new(
                    code::VALIDATION_ERROR,
                    "a limit is a whole number above zero",
                )
            })
        }
    }
}

/// An empty cursor is where the first page begins.
fn cursor(given: Option<&Value>) -> Result<Option<String>, StepError> {
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(cursor)) => Ok(Some(cursor.clone()).filter(|cursor| !cursor.is_empty())),
        Some(_) => Err(StepError::new(
            code::VALIDATION_ERROR,
            "a cursor is the `continueCursor` of a page",
        )),
    }
}

/// A page, under `page` and under the collection's name.
pub(super) fn answer(plural: &str, page: Page) -> Value {
    let records: Vec<Value> = page.records.into_iter().map(Value::Object).collect();
    let mut answer = Map::new();
    answer.insert("page".to_owned(), records.clone().into());
    answer.insert("count".to_owned(), records.len().into());
    answer.insert(plural.to_owned(), records.into());
    answer.insert("isDone".to_owned(), page.cursor.is_none().into());
    answer.insert("continueCursor".to_owned(), json!(page.cursor));
    answer.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_read_from_either_form() {
        let expected = |limit, cursor: Option<&str>| {
            Some(Window {
                limit,
                cursor: cursor.map(str::to_owned),
                ..Window::all()
            })
        };
        let rows = [
            (json!({}), expected(100, None)),
            (json!({ "limit": 10 }), expected(10, None)),
            (
                json!({ "limit": 10, "cursor": "a" }),
                expected(10, Some("a")),
            ),
            (
                json!({ "paginationOpts": { "numItems": 5, "cursor": null } }),
                expected(5, None),
            ),
            (
                json!({ "paginationOpts": { "numItems": 5, "cursor": "" } }),
                expected(5, None),
            ),
            (json!({ "limit": 0 }), None),
            (json!({ "limit": "10" }), None),
            (json!({ "cursor": 3 }), None),
        ];
        for (config, expected) in rows {
            assert_eq!(window(&Parameters::of(&config)).ok(), expected, "{config}");
        }
    }
}
