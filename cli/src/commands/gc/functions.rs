//! `pawl gc --functions`: which versions of a deployment's functions nothing needs.
//!
//! Whoever deploys asks, with credentials of the account: functions serve every organisation, whose keys do not decide for
//! the others (`docs/decisions/how-functions-get-new-versions.md`).

use std::time::Duration;

use jiff::Timestamp;
use pawl_functions::Moment;
use serde::Serialize;

use super::super::{Outcome, print, print_json, runs, say};
use super::needed::{self, Needed};
use crate::cloud::{Alias, Cloud, Function, FunctionVersion};
use crate::project::Misuse;
use crate::table::{Side, table};

/// For so long a version stays that another has replaced: a machine may be about to be published with it.
const STAYS: Duration = Duration::from_hours(1);

/// The variable of every function of a deployment that has the deployment's prefix in it.
const MARK: &str = "PAWL_METRICS";

/// A version of a function.
#[derive(Serialize)]
struct Shown {
    function: String,
    version: u64,
    created_at: String,
    /// Why it is kept; nothing needs it where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
    /// The machines, versions of machines and open runs that call it.
    called_by: Vec<String>,
}

/// Shows the versions of the functions of the deployment with a prefix, and removes those that nothing needs.
pub(super) async fn collect(
    prefix: &str,
    removing: super::Removing,
    as_json: bool,
) -> anyhow::Result<Outcome> {
    let cloud = Cloud::of_environment().await?;
    let shown = found(&cloud, prefix).await?;
    let unneeded = || shown.iter().filter(|version| version.kept.is_none());
    let mut gone = 0;
    if removing == super::Removing::Unneeded {
        for version in unneeded() {
            let delete = cloud.delete_function_version(&version.function, version.version);
            delete.await?;
            gone += 1;
        }
    }
    if as_json {
        print_json(&shown)?;
    } else {
        print(&text(&shown))?;
    }
    let (unneeded, count) = (unneeded().count(), shown.len());
    say(&match removing {
        super::Removing::Unneeded => format!("{gone} of {count} versions of functions removed"),
        super::Removing::Nothing => {
            format!("nothing needs {unneeded} of {count} versions of functions")
        }
    });
    if unneeded > gone {
        say("  = help: `pawl gc --functions --remove` removes them");
    }
    Ok(Outcome::Done)
}

/// The versions of the functions of a deployment.
///
/// Functions are asked for first and machines then: what a machine is published with meanwhile is the latest, or was a
/// moment ago.
async fn found(cloud: &Cloud, prefix: &str) -> anyhow::Result<Vec<Shown>> {
    let mark = format!("Pawl/{prefix}");
    let mut functions = cloud.functions().await?;
    functions.retain(|function| function.variable(MARK) == Some(mark.as_str()));
    if functions.is_empty() {
        let message =
            format!("no function of this account and region is of the deployment `{prefix}`");
        return Err(Misuse::new(message)
            .help("name the parameter `Prefix` of the stack by `--prefix`, its region by AWS_REGION, and its account by AWS_PROFILE or credentials")
            .into());
    }
    functions.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    let mut versions = Vec::new();
    for function in &functions {
        let aliases = cloud.function_aliases(&function.name).await?;
        let found = cloud.function_versions(&function.name).await?;
        versions.push((function.name.as_str(), aliases, found));
    }
    let names: Vec<&str> = functions
        .iter()
        .map(|function| function.name.as_str())
        .collect();
    let configured = configured(&functions, &names);
    let needed = needed::find(cloud, &names).await?;
    let now = Timestamp::now();
    let shown = versions.iter().flat_map(|(function, aliases, versions)| {
        let kept = Kept {
            function,
            aliases,
            configured: &configured,
            needed: &needed,
            now,
        };
        kept.all(versions)
    });
    Ok(shown.collect())
}

/// The versions that the environment of a function names: machines that the API publishes call those.
fn configured(functions: &[Function], names: &[&str]) -> Needed {
    let mut configured = Needed::default();
    for function in functions {
        let variables = function.variables().to_string();
        configured.note(names, &variables, &function.name);
    }
    configured
}

/// What decides which versions of a function are kept.
struct Kept<'a> {
    function: &'a str,
    aliases: &'a [Alias],
    configured: &'a Needed,
    needed: &'a Needed,
    now: Timestamp,
}

impl Kept<'_> {
    /// The versions, the latest first as those of machines are.
    fn all(&self, versions: &[FunctionVersion]) -> Vec<Shown> {
        let mut shown = Vec::new();
        let mut replaced = None;
        for version in versions.iter().rev() {
            let called_by = self.needed.by(self.function, version.number);
            shown.push(Shown {
                function: self.function.to_owned(),
                version: version.number,
                created_at: Moment(version.published_at).iso(),
                kept: self.why(version.number, &called_by, replaced),
                called_by,
            });
            replaced = Some(version.published_at);
        }
        shown
    }

    /// Why a version is kept that another replaced at a moment.
    fn why(
        &self,
        number: u64,
        called_by: &[String],
        replaced: Option<Timestamp>,
    ) -> Option<String> {
        let mut aliases = self.aliases.iter();
        let alias = aliases.find(|alias| alias.versions().any(|named| named == number));
        if let Some(alias) = alias {
            return Some(format!("the alias `{}` names it", alias.name));
        }
        if !self.configured.by(self.function, number).is_empty() {
            return Some("machines that are published call it".to_owned());
        }
        match called_by {
            [] => {}
            [one] => return Some(format!("{one} calls it")),
            [one, others @ ..] => {
                return Some(format!("{one} calls it, and {} more", others.len()));
            }
        }
        let Some(replaced) = replaced else {
            return Some("it is the latest".to_owned());
        };
        let is_recent = self.now.duration_since(replaced).unsigned_abs() < STAYS;
        is_recent.then(|| "it was replaced less than an hour ago".to_owned())
    }
}

fn text(versions: &[Shown]) -> String {
    let rows: Vec<_> = versions.iter().map(row).collect();
    let headings = ["function", "version", "made", "kept"];
    table(headings.map(|heading| (heading, Side::Left)), &rows)
}

fn row(version: &Shown) -> [String; 4] {
    [
        version.function.clone(),
        version.version.to_string(),
        runs::readable(&version.created_at),
        super::reason(version.kept.as_deref()),
    ]
}
