//! Names and ARNs of machines and executions.

use super::Refusal;

/// The account that everything belongs to.
pub(crate) const ACCOUNT: &str = "000000000000";

/// The region that everything is in.
pub(crate) const REGION: &str = "us-east-1";

/// A machine, or one published version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MachineArn {
    pub(super) name: String,
    pub(super) version: Option<u64>,
}

impl MachineArn {
    /// Reads an ARN. Aliases and the parts of a distributed Map are not here, so that they have no form either.
    pub(super) fn parse(arn: &str) -> Result<Self, Refusal> {
        let invalid = || Refusal::new("InvalidArn", format!("Invalid Arn: '{arn}'"));
        let rest = arn
            .strip_prefix(&prefix("stateMachine"))
            .ok_or_else(invalid)?;
        let (name, version) = match rest.split_once(':') {
            None => (rest, None),
            Some((name, version)) => (name, Some(version.parse().map_err(|_| invalid())?)),
        };
        if !is_name(name) {
            return Err(invalid());
        }
        Ok(Self {
            name: name.to_owned(),
            version,
        })
    }
}

/// The ARN of a machine.
pub(super) fn machine_arn(name: &str) -> String {
    prefix("stateMachine") + name
}

/// The ARN of a published version of a machine.
pub(super) fn version_arn(name: &str, version: u64) -> String {
    format!("{}:{version}", machine_arn(name))
}

/// The ARN of an execution.
pub(super) fn execution_arn(machine: &str, name: &str) -> String {
    format!("{}{machine}:{name}", prefix("execution"))
}

fn prefix(resource: &str) -> String {
    format!("arn:aws:states:{REGION}:{ACCOUNT}:{resource}:")
}

/// Whether AWS would take a name for a machine or an execution; it is also safe as the name of a file then.
pub(super) fn is_name(name: &str) -> bool {
    let is_forbidden = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || "?*<>{}[]\"#%\\^|~`$&,;:/".contains(character)
    };
    (1..=80).contains(&name.chars().count())
        && !name.contains(is_forbidden)
        && name != "."
        && name != ".."
}
