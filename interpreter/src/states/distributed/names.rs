//! The ARNs that a Map Run and its child executions have on AWS.
//!
//! ```text
//! arn:aws:states:eu-west-1:111111111111:mapRun:MACHINE/LABEL:UUID
//! arn:aws:states:eu-west-1:111111111111:stateMachine:MACHINE/LABEL
//! arn:aws:states:eu-west-1:111111111111:execution:MACHINE/LABEL:UUID
//! arn:aws:states:eu-west-1:111111111111:express:MACHINE/LABEL:UUID:UUID
//! ```

use std::fmt::Write as _;

use md5::{Digest, Md5};
use pawl_asl::Map;
use sha1::Sha1;

use crate::Start;

/// The names of one Map Run.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// Everything up to the kind of resource.
    prefix: String,
    /// The machine's name and the Map's label.
    pub(super) machine: String,
    run: String,
    /// Whether child executions are express ones.
    pub(super) is_express: bool,
}

impl Names {
    /// The names for a Map in an execution; `run` is the UUID of the Map Run.
    pub(super) fn new(start: &Start, state: &str, map: &Map, run: String) -> Self {
        let mut parts = start.execution_arn.splitn(6, ':');
        let prefix: Vec<&str> = parts.by_ref().take(5).collect();
        // A Map inside a child execution belongs to the same machine.
        let machine = start
            .machine_name
            .split_once('/')
            .map_or(start.machine_name.as_str(), |(machine, _)| machine);
        let label = map.label.clone().unwrap_or_else(|| label(machine, state));
        let config = map
            .item_processor
            .as_ref()
            .and_then(|processor| processor.processor_config.as_ref());
        Self {
            prefix: prefix.join(":"),
            machine: format!("{machine}/{label}"),
            run,
            is_express: config
                .and_then(|config| config.execution_type.as_deref())
                .is_some_and(|kind| kind == "EXPRESS"),
        }
    }

    pub(super) fn map_run_arn(&self) -> String {
        format!("{}:mapRun:{}:{}", self.prefix, self.machine, self.run)
    }

    pub(super) fn machine_arn(&self) -> String {
        format!("{}:stateMachine:{}", self.prefix, self.machine)
    }

    /// The ARN of a child execution.
    pub(super) fn child_arn(&self, name: &str) -> String {
        if self.is_express {
            format!(
                "{}:express:{}:{}:{name}",
                self.prefix, self.machine, self.run
            )
        } else {
            format!("{}:execution:{}:{name}", self.prefix, self.machine)
        }
    }
}

/// The label of a Map that has none: the same for every execution of the machine.
fn label(machine: &str, state: &str) -> String {
    uuid(Md5::digest(format!("{machine}/{state}").as_bytes()).as_slice())
}

/// A UUID that nobody can guess, from a number by chance and what makes it unlike all others.
pub(super) fn random_uuid(execution_arn: &str, count: u64, random: f64) -> String {
    let seed = format!("{execution_arn} {count} {random}");
    uuid(Sha1::digest(seed.as_bytes()).as_slice())
}

/// A UUID with the first 16 of some bytes; of version 3, as all of these are on AWS.
fn uuid(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (index, byte) in bytes.iter().take(16).enumerate() {
        let byte = match index {
            6 => byte & 0x0f | 0x30,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        write!(text, "{byte:02x}").expect("a text can be written to");
    }
    text
}
