//! `pawl logout`: forgets the deployment that `pawl login` remembers.

use super::{Outcome, print, say};
use crate::login::Login;

const EXAMPLES: &str = "Examples:
  pawl logout

The key stays good: `DELETE /api/keys/{id}` takes it back.";

/// Forget the deployment that is remembered, and its key.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Logout {}

impl Logout {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let Self {} = self;
        match Login::forget()? {
            Some(path) => print(&format!("forgotten: {} is gone\n", path.display()))?,
            None => say("no deployment is remembered"),
        }
        Ok(Outcome::Done)
    }
}
