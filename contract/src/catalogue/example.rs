//! Examples of operations: shown in the documentation, and run as tests.

use serde_json::{Value, json};

/// A call of an operation, and what it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// What it shows, in a sentence.
    pub about: &'static str,
    /// The records that are there before, by collection, as JSON text; empty where it needs none.
    pub records: &'static str,
    /// The parameters, as JSON text.
    pub parameters: &'static str,
    /// The answer, as JSON text. It may leave out fields of objects, and what it states holds.
    pub output: &'static str,
}

impl Example {
    /// The example as JSON: what is there before, the parameters, and the answer.
    pub fn to_json(&self) -> Value {
        json!({
            "about": self.about,
            "records": read(self.records),
            "parameters": read(self.parameters),
            "output": read(self.output),
        })
    }

    /// An example that finds these records.
    pub(super) const fn on(
        records: &'static str,
        about: &'static str,
        parameters: &'static str,
        output: &'static str,
    ) -> Self {
        Self {
            about,
            records,
            parameters,
            output,
        }
    }

    /// An example that needs no records.
    pub(super) const fn new(
        about: &'static str,
        parameters: &'static str,
        output: &'static str,
    ) -> Self {
        Self::on("", about, parameters, output)
    }
}

/// JSON text of ours; nothing where there is none.
fn read(text: &str) -> Value {
    if text.is_empty() {
        return json!({});
    }
    serde_json::from_str(text).expect("an example of the catalogue is JSON, as a test makes sure")
}
