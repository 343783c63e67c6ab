//! The names of what AWS keeps for a workflow, within what AWS takes.

use pawl_functions::hexadecimal;
use sha2::{Digest, Sha256};

use crate::app::App;

/// The longest name of a machine.
const MACHINE: usize = 80;

/// The longest that a trigger's name may begin with: AWS takes 64 characters, of which the trigger's own are 26.
const TRIGGER: usize = 38;

/// What a hash takes of a name, with the dash before it.
const HASH: usize = 17;

/// The longest beginning of names that a deployment may have: it leaves room for a hash in the shortest.
pub(crate) const LONGEST_PREFIX: usize = TRIGGER - HASH - 1;

/// The name of a workflow's machine.
pub(super) fn machine(app: &App, org: &str, workflow: &str) -> String {
    fit(&app.settings().prefix, org, workflow, MACHINE)
}

/// What the names of a workflow's schedules and rules begin with.
pub(super) fn trigger(app: &App, org: &str, workflow: &str) -> String {
    fit(&app.settings().prefix, org, workflow, TRIGGER)
}

/// The beginning of a text's hash, as hexadecimal text.
pub(super) fn hash(text: &str) -> String {
    let digest = Sha256::digest(text);
    let (start, _) = digest.split_at(8);
    hexadecimal(start)
}

/// A name that begins as this deployment's do, of letters that every service takes; where that changes or shortens it,
/// its hash keeps it apart from others.
fn fit(prefix: &str, org: &str, workflow: &str, longest: usize) -> String {
    let longest = longest.saturating_sub(prefix.len() + 1).max(HASH);
    format!("{prefix}-{}", shortened(org, workflow, longest))
}

fn shortened(org: &str, workflow: &str, longest: usize) -> String {
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
        let long = "w".repeat(64);
        let rows = [
            ("acme", "welcome_email", true),
            ("acme-eu", "welcome", false),
            ("acme", "grüße", false),
            ("acme", long.as_str(), true),
        ];
        let longest = "p".repeat(LONGEST_PREFIX);
        for (org, workflow, is_plain) in rows {
            let name = fit("pawl", org, workflow, MACHINE);
            assert!(name.len() <= MACHINE, "{name}");
            let plain = format!("pawl-{org}-{workflow}");
            assert_eq!(name == plain, is_plain, "{name}");
            assert!(fit(&longest, org, workflow, TRIGGER).len() <= TRIGGER);
        }
        let name = |org, workflow| fit("pawl", org, workflow, MACHINE);
        assert_ne!(name("a-b", "c"), name("a", "b-c"));
    }
}
