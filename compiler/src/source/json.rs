//! JSON with places.

use jsonc_parser::{CollectOptions, ParseOptions, ast, common::Ranged, parse_to_ast};

use super::{Data, Entry, MAX_DEPTH, Node, child};
use crate::diagnostic::{Diagnostic, codes};

/// JSON as its standard has it: none of the parser's extensions.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads JSON text.
pub(super) fn read(text: &str) -> Result<Node, Box<Diagnostic>> {
    if let Some(place) = too_deep(text) {
        return Err(Box::new(
            Diagnostic::error(
                codes::SYNTAX,
                format!("this is nested more than {MAX_DEPTH} levels deep"),
            )
            .at(String::new(), place..place + 1),
        ));
    }
    let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT).map_err(|error| {
        let range = error.range();
        let message = error.kind().to_string();
        Box::new(
            Diagnostic::error(
                codes::SYNTAX,
                format!("this is not valid JSON: {}", lower_first(&message)),
            )
            .at(String::new(), range.start..range.end),
        )
    })?;
    match parsed.value {
        Some(value) => Ok(node(&value, String::new())),
        None => Err(Box::new(
            Diagnostic::error(codes::SYNTAX, "the definition is empty")
                .at(String::new(), 0..0)
                .help("write an object with a `name` and a list of `steps`"),
        )),
    }
}

/// The place where brackets first go deeper than allowed; found before parsing, which recurses.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Some(place);
        }
    }
    None
}

fn node(value: &ast::Value<'_>, pointer: String) -> Node {
    let range = value.range();
    let data = match value {
        ast::Value::NullKeyword(_) => Data::Null,
        ast::Value::BooleanLit(literal) => Data::Bool(literal.value),
        ast::Value::NumberLit(literal) => {
            // The scanner accepted it as a JSON number; one outside the range of a double is kept as its text.
            literal
                .value
                .parse()
                .map_or_else(|_| Data::String(literal.value.to_owned()), Data::Number)
        }
        ast::Value::StringLit(literal) => Data::String(literal.value.to_string()),
        ast::Value::Array(array) => Data::Array(
            array
                .elements
                .iter()
                .enumerate()
                .map(|(index, element)| node(element, format!("{pointer}/{index}")))
                .collect(),
        ),
        ast::Value::Object(object) => Data::Object(
            object
                .properties
                .iter()
                .map(|property| entry(property, &pointer))
                .collect(),
        ),
    };
    Node {
        data,
        span: range.start..range.end,
        pointer,
    }
}

fn entry(property: &ast::ObjectProp<'_>, pointer: &str) -> Entry {
    let key = property.name.as_str().to_owned();
    let range = property.name.range();
    let node = node(&property.value, child(pointer, &key));
    Entry {
        key,
        key_span: range.start..range.end,
        node,
    }
}

fn lower_first(message: &str) -> String {
    let mut characters = message.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(characters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_inside_a_string_follow_its_escapes() {
        let text = r#"{"a": "x\n\u00e9{{y}}"}"#;
        let tree = read(text).expect("JSON");
        let string = tree.get("a").expect("a");
        let value = string.as_str().expect("a string");
        let start = value.find('y').expect("y");
        assert_eq!(
            text.get(string.inner_span(text, start..start + 1)),
            Some("y")
        );
    }

    #[test]
    fn broken_texts_have_a_place() {
        let rows = [("", 0), ("{\"a\": }", 6), ("[1,]", 3), ("{'a': 1}", 1)];
        for (text, start) in rows {
            let diagnostic = read(text).expect_err(text);
            assert!(
                diagnostic.span.start.abs_diff(start) <= 1,
                "{text}: {diagnostic:?}"
            );
        }
        assert!(read(&"[".repeat(100_000)).is_err());
    }
}
