//! What makes a state folder of an older version one of this version.
//!
//! A folder says its version in the file `version`; the journal counts its own tables beside that.

use std::fs;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::Error;
use crate::folder::{Folder, failed};
use crate::step_functions::StepFunctions;

/// The version that this program writes.
pub(crate) const VERSION: usize = 1;

/// A machine as version 0 kept it: a file each in `machines/`.
#[derive(Debug, Deserialize)]
struct Machine {
    name: String,
    current: Revision,
    versions: Vec<Published>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Revision {
    number: u64,
    definition: String,
    role_arn: String,
}

#[derive(Debug, Deserialize)]
struct Published {
    description: Option<String>,
    revision: Revision,
}

/// Brings a folder to this version. Done again after it was interrupted, it comes to the same.
pub(crate) fn migrate(folder: &Folder, step_functions: &StepFunctions) -> Result<(), Error> {
    if folder.version()? == 0 {
        take_machines(folder, step_functions)?;
        folder.set_version(VERSION)?;
    }
    Ok(())
}

/// Version 0 kept machines in files; since then they are in the journal.
fn take_machines(folder: &Folder, step_functions: &StepFunctions) -> Result<(), Error> {
    let machines = folder.file("machines");
    if !machines.is_dir() {
        return Ok(());
    }
    for file in fs::read_dir(&machines).map_err(failed(&machines))? {
        let path = file.map_err(failed(&machines))?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let unreadable = |reason: String| Error::Unreadable {
            path: path.clone(),
            reason,
        };
        let text = fs::read(&path).map_err(failed(&path))?;
        let machine: Machine =
            serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
        for (operation, request) in requests(&machine) {
            let answered = step_functions.perform(operation, request.to_string().as_bytes());
            answered.map_err(|refusal| unreadable(refusal.message))?;
        }
    }
    fs::remove_dir_all(&machines).map_err(failed(&machines))
}

/// What has to be asked for to have a machine and its versions again.
fn requests(machine: &Machine) -> Vec<(&'static str, Value)> {
    let arn = crate::step_functions::machine_arn(&machine.name);
    let mut requests: Vec<(&'static str, Value)> = Vec::new();
    let published = machine
        .versions
        .iter()
        .map(|version| (&version.revision, version.description.as_ref(), true));
    let last = machine
        .versions
        .last()
        .map(|version| version.revision.number);
    let current = (last != Some(machine.current.number)).then_some((&machine.current, None, false));
    for (revision, description, publish) in published.chain(current) {
        let mut request = json!({
            "definition": revision.definition,
            "roleArn": revision.role_arn,
            "publish": publish,
            "versionDescription": description,
        });
        let (operation, name, value) = if requests.is_empty() {
            ("CreateStateMachine", "name", &machine.name)
        } else {
            ("UpdateStateMachine", "stateMachineArn", &arn)
        };
        if let Some(request) = request.as_object_mut() {
            request.insert(name.to_owned(), value.as_str().into());
            request.retain(|_, value| !value.is_null());
        }
        requests.push((operation, request));
    }
    requests
}
