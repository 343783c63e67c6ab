//! `pawl open`: where a run is seen in AWS's console.

use anyhow::bail;
use pawl_functions::execution_arn;
use pawl_store::Run;
use serde_json::json;

use super::{Outcome, looking, print, print_json};
use crate::place::Place;

const EXAMPLES: &str = "Examples:
  pawl open latest
  xdg-open \"$(pawl open 8f2a9c10)\"

The states of the machine have the slugs of the steps. What a step was given and gave stands in no machine: `pawl show RUN`.";

/// Print where AWS's console shows a run.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Open {
    /// The run: its id, a part of it that no other has, or `latest`
    run: String,
    #[command(flatten)]
    place: Place,
    /// Print the run, its execution and the address as JSON
    #[arg(long)]
    json: bool,
}

impl Open {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        looking(&self.place, async |source| {
            let run = source.run(&self.run).await?;
            let execution = execution(&run);
            let Some(address) = address(&execution) else {
                bail!("run `{}` has no execution in Step Functions", run.run);
            };
            if self.json {
                print_json(&json!({ "run": run.run, "execution": execution, "url": address }))?;
            } else {
                print(&format!("{address}\n"))?;
            }
            Ok(Outcome::Done)
        })
    }
}

/// The ARN of the execution that a run was begun by, or went on with last.
fn execution(run: &Run) -> String {
    let name = match run.generation {
        0 => run.run.clone(),
        generation => format!("{}.{generation}", run.run),
    };
    execution_arn(&run.machine, &name)
}

/// Where the console shows an execution.
fn address(execution: &str) -> Option<String> {
    let mut parts = execution.split(':');
    let (partition, region) = (parts.nth(1)?, parts.nth(1)?);
    let domain = match partition {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    Some(format!(
        "https://{region}.{domain}/states/home?region={region}#/v2/executions/details/{execution}"
    ))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_execution_is_seen_in_its_region_and_partition() {
        let rows = [
            (
                "aws:states:eu-west-1",
                Some("https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#"),
            ),
            (
                "aws-cn:states:cn-north-1",
                Some("https://cn-north-1.console.amazonaws.cn/states/home?region=cn-north-1#"),
            ),
        ];
        for (place, begins) in rows {
            let execution = format!("arn:{place}:123456789012:execution:pawl-default-hello:run-1");
            let expected =
                begins.map(|begins| format!("{begins}/v2/executions/details/{execution}"));
            assert_eq!(address(&execution), expected);
        }
        assert_eq!(address(""), None);
    }
}
