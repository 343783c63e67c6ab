//! `data_processing`: one operation, with options that say it in the format's own words.
//!
//! `{ "processing_type": "filter", "options": { "field": "total", "operator": ">=", "value": 100 } }` is
//! `{ "operations": [{ "type": "filter", "where": "item.total >= 100" }] }`.

use super::super::build::{Object, list, text};
use super::super::literal::literal;
use super::conditions::{operator, written};
use super::texts::{Names, PLACE, Texts, has_template};
use crate::source::{Data, Node};

/// The operations, where the options are of a form that the native transform does not know.
pub(super) fn operations(kind: &Node, options: &Node, texts: &Texts<'_>) -> Option<Node> {
    let given = |fields: &[&str]| fields.iter().find_map(|field| options.get(field));
    let field = given(&["field", "key", "by", "sort_by", "path"]);
    let mut operation = Object::of(options);
    match kind.as_str()? {
        "filter" => {
            let left = format!("item.{}", field?.as_str()?);
            let word = given(&["operator", "op"]).and_then(Node::as_str);
            let operator = operator(&word.unwrap_or("==").to_lowercase())?;
            let right = given(&["value", "target"]).map_or_else(
                || "null".to_owned(),
                |right| match right.as_str() {
                    Some(value) if has_template(value) => {
                        format!("({})", texts.mapped(right, &Names::default(), PLACE))
                    }
                    _ => literal(&right.to_json()),
                },
            );
            operation.put("type", text(kind, "filter"));
            operation.put("where", text(options, written(operator, &left, &right)));
        }
        "map" => {
            let fields = given(&["fields", "select"])?;
            operation.put("type", text(kind, "pick"));
            operation.put("fields", fields.clone());
        }
        "sort" => {
            operation.put("type", text(kind, "sort"));
            operation.put("by", field?.clone());
            let is_down = ["descending", "reverse"].iter().any(|flag| {
                options
                    .get(flag)
                    .is_some_and(|flag| flag.data == Data::Bool(true))
            });
            let order = given(&["order", "direction"]).and_then(Node::as_str);
            let is_down = is_down || order.is_some_and(|order| order.starts_with("desc"));
            operation.put(
                "direction",
                text(options, if is_down { "desc" } else { "asc" }),
            );
        }
        "aggregate" => {
            operation.put("type", text(kind, "aggregate"));
            operation.maybe("by", given(&["group_by", "group", "by"]).cloned());
            operation.put("fields", aggregates(options)?);
        }
        "group" | "group_by" => {
            operation.put("type", text(kind, "group"));
            operation.put("by", field.or_else(|| given(&["group_by"]))?.clone());
        }
        "limit" | "take" => {
            operation.put("type", text(kind, "limit"));
            operation.put("count", given(&["count", "n", "limit"])?.clone());
        }
        _ => return None,
    }
    Some(list(options, vec![operation.build()]))
}

/// What an aggregation makes: the fields that are written out, or one by the function that is named.
fn aggregates(options: &Node) -> Option<Node> {
    let given = |fields: &[&str]| fields.iter().find_map(|field| options.get(field));
    if let Some(fields) = given(&["fields", "aggregations"]).filter(|fields| fields.is_object()) {
        return Some(fields.clone());
    }
    let function = given(&["operation", "function", "method"])?;
    let field = given(&["field", "key", "path"]);
    let mut made = Object::of(function);
    made.put("function", function.clone());
    made.maybe("path", field.cloned());
    let mut fields = Object::of(function);
    let name = field.and_then(Node::as_str).unwrap_or("value");
    fields.put(name, made.build());
    Some(fields.build())
}
