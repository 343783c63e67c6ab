//! A path into a value: `orders[0].lines[-1].sku`, `items[1:3]`.

use std::borrow::Cow;

use serde_json::Value;

use crate::error::SyntaxError;
use crate::member::member_of;

/// Names, places in lists (from the end where negative) and ranges of them, one after the other.
///
/// ```
/// use pawl_expression::Path;
/// use serde_json::json;
///
/// let order = json!({ "lines": [{ "sku": "a" }, { "sku": "b" }, { "sku": "c" }] });
/// let find = |path| Path::parse(path).unwrap().find(&order).map(|found| found.into_owned());
/// assert_eq!(find("lines[-1].sku"), Some(json!("c")));
/// assert_eq!(find("lines[1:]"), Some(json!([{ "sku": "b" }, { "sku": "c" }])));
/// assert_eq!(find("lines[7]"), None);
/// assert_eq!(find(""), Some(order.clone()));
/// ```
///
/// `$` and `.` at the beginning mean the value itself, and so does the empty path. A name that is a number is a place
/// in a list, too, and `length` is how long a list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Name(String),
    Place(i64),
    Range(Option<i64>, Option<i64>),
}

impl Path {
    /// Reads a path.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut parts = Vec::new();
        let trimmed = text.trim();
        let mut rest = trimmed.strip_prefix('$').unwrap_or(trimmed);
        let refuse = |rest: &str, message: &str| {
            let at = text.trim_end().len() - rest.len();
            SyntaxError::new(message, at..text.trim_end().len())
                .help("write a path such as `orders[0].total`, `lines[-1]` or `lines[1:3]`")
        };
        // A dot in front means the value itself.
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let mut needs_name = false;
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let Some((inside, after)) = inside.split_once(']') else {
                    return Err(refuse(rest, "the bracket is not closed"));
                };
                let part = bracket(inside.trim());
                parts.push(part.ok_or_else(|| {
                    refuse(rest, "a bracket holds a place, a range or a name in quotes")
                })?);
                rest = after;
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                if name.trim().is_empty() || name.contains(']') {
                    return Err(refuse(rest, "a name is missing"));
                }
                parts.push(Part::Name(name.trim().to_owned()));
                rest = after;
            }
            needs_name = false;
            if let Some(after) = rest.strip_prefix('.') {
                rest = after;
                needs_name = true;
            } else if !rest.is_empty() && !rest.starts_with('[') {
                return Err(refuse(rest, "a `.` is missing"));
            }
        }
        if needs_name {
            return Err(refuse("", "a name is missing"));
        }
        Ok(Self { parts })
    }

    /// The value at the end of the path, if there is one.
    pub fn find<'v>(&self, value: &'v Value) -> Option<Cow<'v, Value>> {
        let mut found = Cow::Borrowed(value);
        for part in &self.parts {
            found = match found {
                Cow::Borrowed(value) => part.of(value)?,
                Cow::Owned(value) => Cow::Owned(part.of(&value)?.into_owned()),
            };
        }
        Some(found)
    }

    /// Whether it leads nowhere else: what is found is the value itself.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The last name on the way, whatever place or range stands behind it.
    pub fn last_name(&self) -> Option<&str> {
        self.parts.iter().rev().find_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Place(_) | Part::Range(..) => None,
        })
    }

    /// The names, where the path is made of nothing else.
    pub fn names(&self) -> Option<Vec<&str>> {
        let name = |part: &'_ Part| matches!(part, Part::Name(_));
        let names = self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Place(_) | Part::Range(..) => None,
        });
        (!self.parts.is_empty() && self.parts.iter().all(name)).then(|| names.collect())
    }
}

impl Part {
    fn of<'v>(&self, value: &'v Value) -> Option<Cow<'v, Value>> {
        match (self, value) {
            (Self::Name(name), Value::Array(list)) if name == "length" => {
                Some(Cow::Owned(list.len().into()))
            }
            (Self::Name(name), Value::Array(list)) => {
                list.get(name.parse::<usize>().ok()?).map(Cow::Borrowed)
            }
            (Self::Name(name), object) => member_of(object, name).map(Cow::Borrowed),
            (Self::Place(at), Value::Array(list)) => {
                list.get(place(*at, list.len())?).map(Cow::Borrowed)
            }
            (Self::Place(at), Value::Object(_)) => {
                member_of(value, &at.to_string()).map(Cow::Borrowed)
            }
            (Self::Range(start, end), Value::Array(list)) => {
                let bound = |at: i64| clamped(at, list.len());
                let start = start.map_or(0, bound);
                let end = end.map_or(list.len(), bound);
                let part = list.get(start..end.max(start)).unwrap_or_default();
                Some(Cow::Owned(part.to_vec().into()))
            }
            (Self::Place(_) | Self::Range(..), _) => None,
        }
    }
}

/// What stands between brackets.
fn bracket(inside: &str) -> Option<Part> {
    for quote in ['\'', '"'] {
        let quoted = inside.strip_prefix(quote);
        if let Some(name) = quoted.and_then(|name| name.strip_suffix(quote)) {
            return Some(Part::Name(name.to_owned()));
        }
    }
    let number = |text: &str| text.trim().parse::<i64>();
    let bound = |text: &str| match text.trim() {
        "" => Some(None),
        text => number(text).ok().map(Some),
    };
    match inside.split_once(':') {
        Some((start, end)) => Some(Part::Range(bound(start)?, bound(end)?)),
        None => number(inside).ok().map(Part::Place),
    }
}

fn place(at: i64, length: usize) -> Option<usize> {
    let distance = usize::try_from(at.unsigned_abs()).ok()?;
    if at < 0 {
        length.checked_sub(distance)
    } else {
        Some(distance)
    }
}

fn clamped(at: i64, length: usize) -> usize {
    if at < 0 {
        place(at, length).unwrap_or(0)
    } else {
        place(at, length).unwrap_or(length).min(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_where_they_say() {
        let value = json!({ "a": { "b c": [10, 20, 30, 40], "1": "one" }, "n": null });
        let rows = [
            ("a.b c[0]", Some(json!(10))),
            ("a['b c'][-2]", Some(json!(30))),
            ("a[\"b c\"][1:-1]", Some(json!([20, 30]))),
            ("a.b c[:2]", Some(json!([10, 20]))),
            ("a.b c[3:1]", Some(json!([]))),
            ("a.b c[-9:9]", Some(json!([10, 20, 30, 40]))),
            ("a.b c.2", Some(json!(30))),
            ("a.b c.length", Some(json!(4))),
            ("a.b c[1:].length", Some(json!(3))),
            ("a[1]", Some(json!("one"))),
            ("$.n", Some(json!(null))),
            (".n", Some(json!(null))),
            ("n.x", None),
            ("a.x", None),
            ("a.b c[-5]", None),
            ("a[0:1]", None),
        ];
        for (path, expected) in rows {
            let parsed = Path::parse(path).expect("the path can be read");
            let found = parsed.find(&value).map(Cow::into_owned);
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused_where_it_goes_wrong() {
        let rows = [
            ("a[", "the bracket is not closed", 1..2),
            (
                "a[x]",
                "a bracket holds a place, a range or a name in quotes",
                1..4,
            ),
            ("a..b", "a name is missing", 2..4),
            ("a.", "a name is missing", 2..2),
            ("a[0]b", "a `.` is missing", 4..5),
            ("a]", "a name is missing", 0..2),
        ];
        for (path, message, span) in rows {
            let error = Path::parse(path).expect_err("it is no path");
            assert_eq!(
                (error.message.as_str(), error.span),
                (message, span),
                "{path}"
            );
        }
    }
}
