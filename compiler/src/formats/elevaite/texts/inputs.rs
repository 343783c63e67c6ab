//! What is known of the run's input, and what paths into it mean.

use std::collections::BTreeSet;

use super::path::{divide, skip};
use super::{INPUTS, OUTPUTS, Texts};
use crate::formats::elevaite::steps::Step;
use crate::source::Node;

/// What a webhook calls what it brings.
const PAYLOADS: [&str; 2] = ["data", "body"];

impl Texts<'_> {
    /// What a path into what began the run means: the run's input, which a webhook calls its data or its body as well.
    pub(super) fn of_trigger(&self, rest: &str) -> String {
        let rest = skip(rest, &OUTPUTS);
        let (word, after) = divide(rest.trim_start_matches('.'));
        if self.is_delivered && PAYLOADS.contains(&word) && !self.fields.contains(word) {
            format!("input{rest} ?? input{after}")
        } else {
            format!("input{rest}")
        }
    }
}

/// The fields of the input that a schema declares, or that some text reads by their full name, such as `input.email`.
pub(super) fn fields(root: &Node, steps: &[Step<'_>]) -> BTreeSet<String> {
    let begins = steps.iter().filter(|step| step.what.begins());
    let schemas = begins.filter_map(|step| step.first(&["schema", "input_schema"]));
    let declared = schemas.filter_map(|schema| schema.get("properties"));
    let declared = declared.flat_map(Node::entries);
    let mut fields: BTreeSet<String> = declared.map(|entry| entry.key.clone()).collect();
    root.each_string(&mut |_, text| {
        for pair in text.split('.').collect::<Vec<_>>().windows(2) {
            let [before, after] = pair else {
                continue;
            };
            let root = before.rsplit(is_no_name).next().unwrap_or_default();
            let of_field = |character| character == '-' || !is_no_name(character);
            let field = after.split(|next| !of_field(next)).next();
            let field = field.unwrap_or_default().trim_end_matches('-');
            // What a webhook's trigger calls so is no field.
            let is_payload = root == "trigger" && PAYLOADS.contains(&field);
            if INPUTS.contains(&root) && !is_payload && !field.is_empty() {
                fields.insert(field.to_owned());
            }
        }
    });
    fields
}

fn is_no_name(character: char) -> bool {
    !character.is_alphanumeric() && character != '_'
}

/// Whether a webhook begins the runs.
pub(super) fn is_delivered(steps: &[Step<'_>]) -> bool {
    let mut begins = steps.iter().filter(|step| step.what.begins());
    begins.any(|step| {
        let kind = step.text("kind").or_else(|| step.text("trigger_type"));
        kind == Some("webhook")
    })
}
