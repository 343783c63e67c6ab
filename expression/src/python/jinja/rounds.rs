//! What a `for` knows of its rounds: `loop.index` and the like.

use crate::error::SyntaxError;
use crate::python::read::read_at;
use crate::python::syntax::Tree;

/// What `loop` has inside of a `for`.
pub(in crate::python) const LOOP: [&str; 7] = [
    "index0",
    "index",
    "revindex0",
    "revindex",
    "first",
    "last",
    "length",
];

/// The list of a `for` whose body asks where it is: each element with a dict beside it that says so.
pub(super) fn counted(
    header: &str,
    at: usize,
    names: &[String],
    list: &Tree,
    condition: Option<Tree>,
) -> Result<Tree, SyntaxError> {
    let part = |tree: &Tree| {
        let from = tree.span.start.saturating_sub(at);
        header
            .get(from..tree.span.end.saturating_sub(at))
            .unwrap_or_default()
            .to_owned()
    };
    let mut all = part(list);
    if let Some(condition) = condition {
        let names = names.join(", ");
        let condition = header
            .get(condition.span.start.saturating_sub(at)..)
            .unwrap_or_default()
            .to_owned();
        all = format!("[({names}) for {names} in {all} if {condition}]");
    }
    let elements = if let [_] = names {
        "one, ".to_owned()
    } else {
        let elements = (0..names.len()).map(|number| format!("one[{number}]"));
        elements.collect::<Vec<_>>().join(", ") + ", "
    };
    let counted = format!(
        "[({elements}{{'index0': at, 'index': at + 1, 'revindex0': len({all}) - at - 1, \
         'revindex': len({all}) - at, 'first': at == 0, 'last': at == len({all}) - 1, \
         'length': len({all})}}) for at, one in enumerate({all})]"
    );
    read_at(&counted, list.span.start)
}
