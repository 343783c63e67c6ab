//! The names to which a step gives a meaning of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::path::{divide, is_path};
use super::{MAPPING, PLACE, Texts};
use crate::formats::elevaite::given;
use crate::formats::elevaite::steps::Step;
use crate::formats::literal::literal;
use crate::source::{Data, Node};

/// What names mean in one step besides.
#[derive(Debug, Default, Clone)]
pub(in crate::formats::elevaite) struct Names {
    /// Names and the expressions that they stand for.
    pub(super) mapped: BTreeMap<String, String>,
    /// Names and what stands in for them.
    pub(super) defaults: BTreeMap<String, String>,
    /// Names that nothing stands in for where they are missing: they have a default of the author's own, or they are
    /// required, and the step fails without them.
    pub(super) sure: BTreeSet<String>,
    /// Names that the step itself gives a meaning while it runs, such as the `item` of a transform.
    pub(super) own: &'static [&'static str],
}

impl Names {
    /// The same names, and those that the step itself gives a meaning.
    pub(in crate::formats::elevaite) fn with(&self, own: &'static [&'static str]) -> Self {
        Self {
            own,
            ..self.clone()
        }
    }

    /// Whether a text is a path that begins with a name of the step's own.
    pub(in crate::formats::elevaite) fn is_own(&self, text: &str) -> bool {
        is_path(text) && self.own.contains(&divide(text).0)
    }

    /// Whether a name has a meaning in the step.
    pub(super) fn has(&self, name: &str) -> bool {
        self.mapped.contains_key(name) || self.defaults.contains_key(name)
    }
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
            let source = given(variable, "source").filter(|source| source.as_str().is_some());
            let source = source.map(|source| self.mapped(source, &Names::default(), PLACE));
            let default = given(variable, "default_value");
            let default = default.map(|default| literal(&default.to_json()));
            let is_required =
                given(variable, "required").is_some_and(|flag| flag.data == Data::Bool(true));
            if is_required || default.is_some() {
                names.sure.insert(name.to_owned());
            }
            match (source, default) {
                (Some(source), Some(default)) => {
                    let either = format!("({source} ?? {default})");
                    names.mapped.insert(name.to_owned(), either);
                }
                (Some(source), None) => {
                    names.mapped.insert(name.to_owned(), source);
                }
                (None, Some(default)) => {
                    names.defaults.insert(name.to_owned(), default);
                }
                (None, None) => {}
            }
        }
        for entry in step
            .get("input_mapping")
            .map(Node::entries)
            .unwrap_or_default()
        {
            names.sure.remove(&entry.key);
            names.mapped.insert(
                entry.key.clone(),
                self.mapped(&entry.node, &Names::default(), MAPPING),
            );
        }
        names
    }
}
