//! The name of a workflow as an identifier.

/// A workflow's name in lower case with `_` between its words.
///
/// ```
/// use pawl_contract::identifier;
///
/// assert_eq!(identifier("Auto-Reply to Conversations"), "auto_reply_to_conversations");
/// assert_eq!(identifier("auto_reply_to_conversations"), "auto_reply_to_conversations");
/// assert_eq!(identifier("?"), "workflow");
/// ```
pub fn identifier(name: &str) -> String {
    let words = name.split(|character: char| !character.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).map(str::to_lowercase);
    let joined = words.collect::<Vec<_>>().join("_");
    if joined.is_empty() {
        "workflow".to_owned()
    } else {
        joined
    }
}
