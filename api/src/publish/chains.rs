//! Chains of steps that follow a run: workflows of their own, published and withdrawn with the one that has them.

use pawl_compiler::Program;
use pawl_store::{Change, Published};

use super::machine;
use crate::app::App;
use crate::problem::Problem;
use crate::workflows;

/// Makes the machines of a workflow's chains: the changes that publish them, and their ids.
pub(super) async fn publish(
    app: &App,
    org: &str,
    program: &Program,
) -> Result<(Vec<Change>, Vec<String>), Problem> {
    let (mut changes, mut ids) = (Vec::new(), Vec::new());
    for (id, chain) in &program.chains {
        if workflows::read(app, org, id).await.is_ok() {
            return Err(Problem::conflict(format!(
                "there is a workflow `{id}` already, and the steps that follow `{}` would be one of that name",
                program.checked.definition.identifier()
            )));
        }
        let machine = machine::publish(app, org, id, chain).await?;
        changes.push(Published::on(machine).change(id));
        ids.push(id.clone());
    }
    Ok((changes, ids))
}

/// The changes that withdraw a workflow's chains but those that are kept.
pub(crate) fn withdrawn<'ids>(
    chains: &'ids [String],
    kept: &'ids [String],
) -> impl Iterator<Item = Change> + 'ids {
    let is_over = |id: &&String| !kept.contains(id);
    chains
        .iter()
        .filter(is_over)
        .map(|id| Published::withdraw(id))
}
