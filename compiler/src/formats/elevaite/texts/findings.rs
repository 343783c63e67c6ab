//! What there is to say of a definition's texts, when all of them are translated.

use std::collections::BTreeSet;

use super::Texts;
use super::path::divide;
use crate::diagnostic::{Diagnostic, codes, near};
use crate::formats::Translation;
use crate::formats::elevaite::gathers::{GATHERED, names};
use crate::formats::elevaite::given;
use crate::formats::elevaite::loops::is_side_by_side;
use crate::formats::elevaite::steps::Step;
use crate::formats::elevaite::words::What;
use crate::source::{Data, Node};

/// What the format says of a subflow's run, and nothing here knows.
const OF_ITS_RUN: [&str; 2] = ["subflow_execution_id", "execution_time_seconds"];

impl Texts<'_> {
    /// Says what words and names mean that may have been meant otherwise.
    pub(in crate::formats::elevaite) fn findings(
        &self,
        root: &Node,
        steps: &[Step<'_>],
        translation: &mut Translation<'_>,
    ) {
        self.words_alone(translation);
        for step in steps {
            if step.what == What::Subflow {
                absent(
                    root,
                    (step, "subflow", &OF_ITS_RUN),
                    "it gives `subflow_output`, `subflow_status` and `subflow_id`",
                    translation,
                );
            }
            if step.what == What::Loop && !step.gathers && !is_side_by_side(step) {
                absent(
                    root,
                    (step, "loop", &GATHERED),
                    "a loop gives the list of what its iterations gave where `max_concurrency` is more than 1, or nothing outside reads a step of its body and nothing in it ends the run",
                    translation,
                );
            }
        }
        for step in steps {
            self.required(step, translation);
        }
    }

    /// The words of mappings that stand for themselves. One that is nearly a name is probably a slip.
    fn words_alone(&self, translation: &mut Translation<'_>) {
        let mut told = BTreeSet::new();
        for node in self.words.borrow().iter() {
            let word = node.as_str().unwrap_or_default().trim();
            if !told.insert(node.pointer.clone()) {
                continue;
            }
            let (root, rest) = divide(word);
            let itself = if rest.is_empty() {
                "it".to_owned()
            } else {
                format!("`{word}`")
            };
            let names = self.fields.iter().map(String::as_str);
            let names = names.chain(self.steps.keys().copied());
            if self.steps.contains_key(word) {
                let message =
                    format!("the step `{word}` gives nothing, so the word is the text itself");
                translation.differs("words-in-mappings", node, message);
            } else if let Some(near) = near(root, names) {
                let message = format!("nothing is called `{root}`, so {itself} is the text itself");
                translation.say(
                    Diagnostic::warning(codes::UNKNOWN_REFERENCE, message)
                        .on(node)
                        .help(format!("did you mean `{near}`?")),
                );
            } else {
                let message = format!(
                    "nothing is called `{root}`, so {itself} is the text itself; `input.{word}` is a field of the input"
                );
                translation.differs("words-in-mappings", node, message);
            }
        }
    }

    /// The variables of a prompt that are required, and that nothing gives a value.
    fn required(&self, step: &Step<'_>, translation: &mut Translation<'_>) {
        let variables = step.get("variables").map(Node::elements);
        let names = self.names(step);
        for variable in variables.unwrap_or_default() {
            let is_required = given(variable, "required")
                .is_some_and(|required| required.data == Data::Bool(true));
            let Some(name) = given(variable, "name").and_then(Node::as_str) else {
                continue;
            };
            if !is_required || names.has(name) || self.fields.contains(name) {
                continue;
            }
            let message = format!(
                "the variable `{name}` is required, and has neither a `source` nor a `default_value`: a run without `{name}` in its input fails"
            );
            translation.say(
                Diagnostic::warning(codes::MISSING_FIELD, message)
                    .on(variable)
                    .help(format!(
                        "say where it comes from: `\"source\": \"input.{name}\"`"
                    )),
            );
        }
    }
}

/// Warns of texts that read members of a step which it does not give.
fn absent(
    root: &Node,
    (step, kind, members): (&Step<'_>, &str, &[&str]),
    help: &str,
    translation: &mut Translation<'_>,
) {
    let id = &step.id;
    root.each_string(&mut |node, text| {
        let reads = |member: &&&str| names(text, id, member);
        for member in members.iter().filter(reads) {
            let message = format!("{kind} `{id}` gives no `{member}`");
            translation.say(
                Diagnostic::warning(codes::UNKNOWN_REFERENCE, message)
                    .on(node)
                    .help(help),
            );
        }
    });
}
