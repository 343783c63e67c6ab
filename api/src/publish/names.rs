//! The names of what AWS keeps for a workflow, within what AWS takes.
//!
//! A deployment's prefix and a dash stand before each of them. What follows is the same whatever the prefix: a template
//! names machines, schedules and rules before anybody knows where it is deployed.

use pawl_functions::hexadecimal;
use sha2::{Digest, Sha256};

/// The longest prefix that a deployment may have.
pub(crate) const LONGEST_PREFIX: usize = 12;

/// The longest that follows the prefix in the name of a machine: AWS takes 80 characters.
const MACHINE: usize = 80 - LONGEST_PREFIX - 1;

/// The longest that a trigger's name may begin with: AWS takes 64 characters, of which the trigger's own are 26.
const TRIGGER: usize = 64 - 26 - LONGEST_PREFIX - 1;

/// What a hash takes of a name, with the dash before it.
const HASH: usize = 17;

/// The name of a workflow's machine.
pub(super) fn machine(org: &str, workflow: &str) -> String {
    fit(org, workflow, MACHINE)
}

/// The name of the machine whose versions serve single runs: those of drafts, and those that go on with another version.
///
/// Step Functions keeps a thousand versions of a machine, and what is tried must not use up those that are published.
pub(super) fn single(org: &str, workflow: &str) -> String {
    // No workflow has a `#` in its id.
    let workflow = format!("{workflow}#single");
    fit(org, &workflow, MACHINE)
}

/// What the names of a workflow's schedules and rules begin with.
pub(super) fn trigger(org: &str, workflow: &str) -> String {
    fit(org, workflow, TRIGGER)
}

/// The beginning of a text's hash, as hexadecimal text.
pub(super) fn hash(text: &str) -> String {
    let digest = Sha256::digest(text);
    let (start, _) = digest.split_at(8);
    hexadecimal(start)
}

/// A name of letters that every service takes; where that changes or shortens it, its hash keeps it apart from others.
fn fit(org: &str, workflow: &str, longest: usize) -> String {
    let name = format!("{org}-{workflow}");
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    let mut plain: String = name.chars().filter(|letter| is_plain(*letter)).collect();
    // `c` of `a-b` and `b-c` of `a` must not meet: only one dash in the name means that there is only one reading.
    let is_clear = plain == name && name.matches('-').count() == 1;
    if is_clear && plain.len() <= longest {
        return plain;
    }
    plain.truncate(longest - HASH);
    // No organisation has a `/` in its name, so what is hashed has one reading, too.
    format!("{plain}-{}", hash(&format!("{org}/{workflow}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_and_never_meet() {
        let long = "w".repeat(68);
        let rows = [
            ("acme", "welcome_email", true),
            ("acme-eu", "welcome", false),
            ("acme", "grüße", false),
            ("acme", long.as_str(), false),
        ];
        for (org, workflow, is_plain) in rows {
            let name = machine(org, workflow);
            assert!(name.len() <= MACHINE, "{name}");
            assert_eq!(name == format!("{org}-{workflow}"), is_plain, "{name}");
            assert!(trigger(org, workflow).len() <= TRIGGER);
        }
        assert_ne!(machine("a-b", "c"), machine("a", "b-c"));
        assert_ne!(single("acme", "greet"), machine("acme", "greetsingle"));
    }
}
