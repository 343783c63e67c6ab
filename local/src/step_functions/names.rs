//! Names and ARNs of machines and executions.

use crate::refusal::Refusal;

/// The account that everything belongs to.
pub(crate) const ACCOUNT: &str = "000000000000";

/// The region that everything is in.
pub(crate) const REGION: &str = "us-east-1";

/// A machine, or a part of it that has an ARN of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MachineArn {
    /// As it was written.
    pub(super) text: String,
    pub(super) name: String,
    pub(super) part: Part,
}

/// What an ARN means of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// The machine as it is now.
    Whole,
    /// A published version.
    Version(u64),
    /// An alias.
    Alias(String),
    /// A distributed Map.
    Label(String),
}

impl MachineArn {
    /// Reads an ARN of a machine, a version, an alias or a distributed Map.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let (name, rest) = resource(text, &["stateMachine"])?;
        let (name, label) = match name.split_once('/') {
            Some((name, label)) => (name, Some(label)),
            None => (name, None),
        };
        let part = match (label, rest) {
            (Some(label), None) => Part::Label(label.to_owned()),
            (None, None) => Part::Whole,
            (None, Some(qualifier)) => match qualifier.parse() {
                Ok(version) => Part::Version(version),
                Err(_) => Part::Alias(qualifier.to_owned()),
            },
            (Some(_), Some(_)) => return Err(invalid_arn(text)),
        };
        Ok(Self {
            text: text.to_owned(),
            name: name.to_owned(),
            part,
        })
    }

    /// Reads an ARN that must mean a whole machine.
    pub(super) fn parse_whole(text: &str) -> Result<Self, Refusal> {
        let arn = Self::parse(text)?;
        match arn.part {
            Part::Whole => Ok(arn),
            Part::Label(_) => Err(Self::labelled(text)),
            Part::Version(_) | Part::Alias(_) => Err(Refusal::no_machine(text)),
        }
    }

    /// A distributed Map is named where only a machine can be.
    pub(super) fn labelled(text: &str) -> Refusal {
        Refusal::breaks(
            "API_DOES_NOT_SUPPORT_LABELED_ARNS",
            format!("This operation does not support labeled ARNs: '{text}'"),
        )
    }
}

/// Reads the ARN of an execution; those of Express machines only where they are allowed.
pub(super) fn check_execution_arn(text: &str) -> Result<(), Refusal> {
    resource(text, &["execution"]).map(|_| ())
}

/// Reads the ARN of a Map Run.
pub(super) fn check_map_run_arn(text: &str) -> Result<(), Refusal> {
    resource(text, &["mapRun"]).map(|_| ())
}

/// The name of an activity.
pub(super) fn activity_name(text: &str) -> Result<&str, Refusal> {
    resource(text, &["activity"]).map(|(name, _)| name)
}

/// The ARN of an activity.
pub(super) fn activity_arn(name: &str) -> String {
    prefix("activity") + name
}

/// The name and what follows it in an ARN of one of some resource types.
///
/// What is in another account or region is a name that nothing here has.
fn resource<'arn>(
    text: &'arn str,
    types: &[&str],
) -> Result<(&'arn str, Option<&'arn str>), Refusal> {
    let mut parts = text.splitn(6, ':');
    if parts.next() != Some("arn") {
        return Err(Refusal::new(
            "InvalidArn",
            format!("Invalid Arn: 'Invalid ARN prefix: {text}'"),
        ));
    }
    let (Some(_), Some("states"), Some(region), Some(account), Some(rest)) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        return Err(invalid_arn(text));
    };
    let (kind, rest) = rest.split_once(':').ok_or_else(|| invalid_arn(text))?;
    if !types.contains(&kind) {
        return Err(Refusal::new(
            "InvalidArn",
            format!("Invalid Arn: 'Resource type not valid in this context: {kind}'"),
        ));
    }
    if region != REGION || account != ACCOUNT {
        return Ok((text, None));
    }
    let (name, rest) = match rest.split_once(':') {
        Some((name, rest)) => (name, Some(rest)),
        None => (rest, None),
    };
    let is_valid = name.split('/').all(is_name) && rest.is_none_or(|rest| !rest.is_empty());
    if is_valid {
        Ok((name, rest))
    } else {
        Err(invalid_arn(text))
    }
}

fn invalid_arn(text: &str) -> Refusal {
    Refusal::new("InvalidArn", format!("Invalid Arn: '{text}'"))
}

/// Refuses a name that AWS would refuse.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    if is_name(name) {
        return Ok(());
    }
    Err(Refusal::new(
        "InvalidName",
        format!("Invalid Name: '{name}'"),
    ))
}

/// The ARN of a machine.
pub(crate) fn machine_arn(name: &str) -> String {
    prefix("stateMachine") + name
}

/// The ARN of a published version of a machine.
pub(super) fn version_arn(name: &str, version: u64) -> String {
    format!("{}:{version}", machine_arn(name))
}

/// The ARN of an alias of a machine.
pub(super) fn alias_arn(name: &str, alias: &str) -> String {
    format!("{}:{alias}", machine_arn(name))
}

/// The ARN of an execution.
pub(super) fn execution_arn(machine: &str, name: &str) -> String {
    format!("{}{machine}:{name}", prefix("execution"))
}

/// The ARN of an execution of an Express machine: a name may come twice, so it has an id too.
pub(super) fn express_arn(machine: &str, name: &str, id: &str) -> String {
    format!("{}{machine}:{name}:{id}", prefix("express"))
}

fn prefix(resource: &str) -> String {
    format!("arn:aws:states:{REGION}:{ACCOUNT}:{resource}:")
}

/// Whether AWS would take a name for a machine or an execution.
pub(super) fn is_name(name: &str) -> bool {
    let is_forbidden = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || "?*<>{}[]\"#%\\^|~`$&,;:/".contains(character)
    };
    (1..=80).contains(&name.chars().count()) && !name.contains(is_forbidden)
}
