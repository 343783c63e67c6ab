//! What the calls of Tasks take: data from the services' own models, a line for each call.
//!
//! ```text
//! sqs:sendMessage QueueUrl* MessageBody* DelaySeconds      two it cannot do without, and one more
//! sns:publish Message* ...                                 and others
//! ```

use serde_json::{Map, Value};

const CALLS: &str = include_str!("arguments.txt");

/// What is wrong with the names of a call's arguments, in AWS's words; nothing for a call that is not known here.
///
/// ```
/// let arguments = serde_json::json!({ "Entry": [] });
/// let problems = pawl_asl::arguments::problems(
///     "arn:aws:states:::events:putEvents",
///     arguments.as_object().expect("an object"),
/// );
/// assert_eq!(problems, [
///     "The field \"Entry\" is not supported by Step Functions",
///     "The field 'Entries' is required but was missing",
/// ]);
/// ```
pub fn problems(resource: &str, arguments: &Map<String, Value>) -> Vec<String> {
    let Some(names) = names(resource) else {
        return Vec::new();
    };
    // In JSONPath, a name that ends in `.$` holds a path.
    let given = || {
        arguments
            .keys()
            .map(|name| name.strip_suffix(".$").unwrap_or(name))
    };
    let takes = |given: &str| {
        let mut names = names.split(' ').map(|name| name.trim_end_matches('*'));
        names.any(|name| name == given || name == "...")
    };
    let unknown = arguments
        .keys()
        .filter(|name| !takes(name.strip_suffix(".$").unwrap_or(name)))
        .map(|name| format!("The field \"{name}\" is not supported by Step Functions"));
    let required = names.split(' ').filter_map(|name| name.strip_suffix('*'));
    let missing = required
        .filter(|name| !given().any(|given| given == *name))
        .map(|name| format!("The field '{name}' is required but was missing"));
    unknown.chain(missing).collect()
}

/// The names that a resource's line holds.
fn names(resource: &str) -> Option<&'static str> {
    let (_, call) = resource.split_once(":states:::")?;
    let call = call.split('.').next().unwrap_or(call);
    CALLS.lines().find_map(|line| {
        let rest = line.strip_prefix(call)?;
        rest.is_empty().then_some(rest).or(rest.strip_prefix(' '))
    })
}
