//! Filters of texts; what is none is taken as its text.

use std::ops::Range;

use super::given::{Given, needed};
use super::{Read, bound};
use crate::python::syntax::Tree;

/// A text behind a filter.
pub(super) fn filtered(value: Tree, name: &str, mut given: Given, span: &Range<usize>) -> Read {
    let expand =
        |value: Tree, more: &[(&str, Tree)], python: &str| bound(value, more, python, span);
    match name {
        "trim" => match given.take("chars") {
            Some(characters) => expand(
                value,
                &[("characters", characters)],
                "str(value).strip(characters)",
            ),
            None => expand(value, &[], "str(value).strip()"),
        },
        "replace" => {
            let (old, new) = (
                needed(&mut given, name, "old")?,
                needed(&mut given, name, "new")?,
            );
            let more = [("old", old), ("new", new)];
            match given.take("count") {
                None => expand(value, &more, "str(value).replace(old, new)"),
                Some(count) => {
                    let [old, new] = more;
                    expand(
                        value,
                        &[old, new, ("count", count)],
                        "str(value).replace(old, new, count)",
                    )
                }
            }
        }
        "truncate" => {
            let length = given.or("length", 255)?;
            let end = given.or("end", "...")?;
            let leeway = given.or("leeway", 5)?;
            let cut = if given.flag("killwords")? {
                "value[:length - len(end)] + end"
            } else {
                "' '.join(value[:length - len(end)].split(' ')[:-1] or [value[:length - len(end)]]) + end"
            };
            let python = format!("value if len(value) <= length + leeway else {cut}");
            expand(
                value,
                &[("length", length), ("end", end), ("leeway", leeway)],
                &python,
            )
        }
        "indent" => {
            let width = given.or("width", 4)?;
            let first = if given.flag("first")? {
                "True"
            } else {
                "at > 0"
            };
            let python = format!(
                "'\\n'.join([' ' * width + line if line and ({first}) else line for at, line in enumerate(value.split('\\n'))])"
            );
            expand(value, &[("width", width)], &python)
        }
        _ => expand(value, &[], &format!("str(value).{name}()")),
    }
}
