//! The items in a text: CSV, JSON or JSON Lines.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::items::Item;

/// The most bytes that the headers of a CSV text may have.
const HEADER_BYTES: usize = 10_240;

/// How a text holds its items.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Format {
    /// Rows of fields.
    Csv {
        /// What stands between two fields.
        delimiter: u8,
        /// The names of the fields; `None` where the first row has them.
        headers: Option<Vec<String>>,
    },
    /// One value, a list or an object.
    Json {
        /// The JSON Pointer of the list or object; empty for the whole value.
        pointer: String,
    },
    /// A value in each line.
    JsonLines,
}

impl Format {
    /// The items in a text; the error is what AWS gives as the cause.
    pub(super) fn items(&self, text: &str, source: &str) -> Result<Vec<Item>, String> {
        match self {
            Self::Csv { delimiter, headers } => csv(text, *delimiter, headers.as_deref(), source),
            Self::Json { pointer } => json(text, pointer, source),
            Self::JsonLines => json_lines(text, source),
        }
    }
}

/// Every row as an object. A field without a header is left out, a header without a field is an empty text.
fn csv(
    text: &str,
    delimiter: u8,
    headers: Option<&[String]>,
    source: &str,
) -> Result<Vec<Item>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(headers.is_none())
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let unreadable = |error: csv::Error| format!("The CSV text cannot be read: {error}");
    let headers: Vec<String> = if let Some(headers) = headers {
        headers.to_vec()
    } else {
        let first = reader.headers().map_err(unreadable)?;
        first.iter().map(str::to_owned).collect()
    };
    let bytes: usize = headers.iter().map(String::len).sum();
    if bytes > HEADER_BYTES {
        return Err(format!(
            "CSV headers cannot exceed {HEADER_BYTES} bytes, but have {bytes}."
        ));
    }
    if headers.iter().collect::<BTreeSet<_>>().len() < headers.len() {
        return Err("CSV headers cannot contain duplicates.".to_owned());
    }
    reader
        .records()
        .map(|record| {
            let record = record.map_err(unreadable)?;
            let row: Map<String, Value> = headers
                .iter()
                .enumerate()
                .map(|(index, header)| {
                    let field = record.get(index).unwrap_or_default();
                    (header.clone(), Value::from(field))
                })
                .collect();
            Ok(Item::new(Value::Object(row), source))
        })
        .collect()
}

fn json(text: &str, pointer: &str, source: &str) -> Result<Vec<Item>, String> {
    let whole: Value = serde_json::from_str(text)
        .map_err(|error| format!("The JSON text cannot be read: {error}"))?;
    let value = if pointer.is_empty() {
        whole
    } else {
        whole.pointer(pointer).cloned().ok_or_else(|| {
            format!("The ItemsPointer '{pointer}' leads to nothing in the JSON text.")
        })?
    };
    Item::all(value, source).map_err(|_| "Attempting to map over non-iterable node.".to_owned())
}

fn json_lines(text: &str, source: &str) -> Result<Vec<Item>, String> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            serde_json::from_str(line)
                .map(|value| Item::new(value, source))
                .map_err(|error| format!("A line of the JSON Lines text cannot be read: {error}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_holds_items() {
        let csv = |delimiter, headers: Option<&[&str]>| Format::Csv {
            delimiter,
            headers: headers
                .map(|headers| headers.iter().map(|header| (*header).to_owned()).collect()),
        };
        let json_at = |pointer: &str| Format::Json {
            pointer: pointer.to_owned(),
        };
        #[rustfmt::skip]
        let rows = [
            (csv(b',', None), "a,b\n1,2\n\"x,\"\"y\"\"\",  \n", Ok(json!([{ "a": "1", "b": "2" }, { "a": "x,\"y\"", "b": "  " }]))),
            (csv(b',', None), "a,b\n1\n1,2,3\n,\n", Ok(json!([{ "a": "1", "b": "" }, { "a": "1", "b": "2" }, { "a": "", "b": "" }]))),
            (csv(b'|', Some(&["x"])), "1|2\n\n3\n", Ok(json!([{ "x": "1" }, { "x": "3" }]))),
            (csv(b',', None), "", Ok(json!([]))),
            (csv(b',', None), "a,a\n1,2\n", Err("CSV headers cannot contain duplicates.")),
            (json_at(""), "[1, {\"a\": 2}]", Ok(json!([1, { "a": 2 }]))),
            (json_at("/a/0"), "{\"a\": [[5]]}", Ok(json!([5]))),
            (json_at(""), "{\"k\": 1}", Ok(json!([{ "Key": "k", "Value": 1 }]))),
            (json_at(""), "7", Err("Attempting to map over non-iterable node.")),
            (json_at("/b"), "{}", Err("The ItemsPointer '/b' leads to nothing in the JSON text.")),
            (Format::JsonLines, "1\n\n{\"a\":2}\r\n", Ok(json!([1, { "a": 2 }]))),
        ];
        for (format, text, expected) in rows {
            let found = format
                .items(text, "s")
                .map(|items| Value::Array(items.into_iter().map(Item::into_value).collect()));
            assert_eq!(found, expected.map_err(str::to_owned), "{format:?} {text}");
        }
    }
}
