//! The names to which a step gives a meaning of its own.

use std::collections::BTreeMap;

use super::Texts;
use crate::formats::elevaite::given;
use crate::formats::elevaite::steps::Step;
use crate::formats::literal::literal;
use crate::source::Node;

/// What names mean in one step besides.
#[derive(Debug, Default, Clone)]
pub(in crate::formats::elevaite) struct Names {
    /// Names and the expressions that they stand for.
    pub(super) mapped: BTreeMap<String, String>,
    /// Names and what stands in for them.
    pub(super) defaults: BTreeMap<String, String>,
}

impl Texts<'_> {
    /// The names that a step gives a meaning by its `input_mapping` and its `variables`.
    pub(in crate::formats::elevaite) fn names(&self, step: &Step<'_>) -> Names {
        let mut names = Names::default();
        let variables = step
            .get("variables")
            .map(Node::elements)
            .unwrap_or_default();
        for variable in variables {
            let Some(name) = given(variable, "name").and_then(Node::as_str) else {
                continue;
            };
            if let Some(source) = given(variable, "source").and_then(Node::as_str) {
                names
                    .mapped
                    .insert(name.to_owned(), self.path(source, &Names::default()));
            }
            if let Some(default) = given(variable, "default_value") {
                names
                    .defaults
                    .insert(name.to_owned(), literal(&default.to_json()));
            }
        }
        for entry in step
            .get("input_mapping")
            .map(Node::entries)
            .unwrap_or_default()
        {
            names
                .mapped
                .insert(entry.key.clone(), self.mapped(&entry.node));
        }
        names
    }
}
