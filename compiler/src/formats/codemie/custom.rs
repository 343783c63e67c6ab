//! Custom nodes: transforms, what looks at all that a state gave, and summaries by a model.

use pawl_expression::{Expression, python};

use super::super::Translation;
use super::super::build::{Object, text};
use super::super::literal::quoted;
use super::next::read;
use super::states::State;
use super::steps::{Writer, passing, told};
use super::{given, mappings, word};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::Node;

/// What summaries are asked for where their node says nothing.
const SUMMARY: &str =
    "Sum up what was said, so that somebody who was not there knows what matters.";
const RESULT: &str = "Give the final result of the workflow, from what was said.";

/// What may have become of a state.
const STATUSES: [&str; 6] = [
    SUCCEEDED,
    "Failed",
    "Aborted",
    "Interrupted",
    "In Progress",
    "Not Started",
];
const SUCCEEDED: &str = "Succeeded";

impl Writer<'_, '_> {
    /// What a custom node becomes: the kind of its step, and its configuration.
    pub(super) fn custom(
        &self,
        state: &State<'_>,
        node: &Node,
        flow: &str,
        translation: &mut Translation<'_>,
    ) -> (&'static str, Object) {
        let kind = word(node, "custom_node_id")
            .or_else(|| word(node, "id"))
            .unwrap_or_default();
        let of = given(node, "custom_node_id")
            .or_else(|| given(node, "id"))
            .unwrap_or(node);
        match kind {
            "transform_node" => (
                "transform",
                mappings::transform(state, node, flow, translation),
            ),
            "state_processor_node" => self.processor(state, node, flow, translation),
            "summarize_conversation_node" => ("llm", Self::summary(state, node, flow, SUMMARY)),
            "result_finalizer_node" => ("llm", Self::summary(state, node, flow, RESULT)),
            _ => {
                let help = match kind {
                    "bedrock_flow_node" => {
                        "call the flow by a tool state, as an integration of your own"
                    }
                    "generate_documents_tree" => {
                        "read the documents by a tool state: `document.list` lists them"
                    }
                    "supervisor_node" => {
                        "name the states one after the other: a model that chooses is an assistant with tools"
                    }
                    _ => {
                        "there are `transform_node`, `state_processor_node`, `summarize_conversation_node` and `result_finalizer_node`"
                    }
                };
                let message = format!("custom nodes `{kind}` do not run here");
                translation.say(
                    Diagnostic::error(codes::UNKNOWN_STEP_TYPE, message)
                        .on(of)
                        .help(help),
                );
                ("transform", passing(node, text(node, "")))
            }
        }
    }

    /// A node that makes one thing of all that a state gave: by a template, or by a model.
    fn processor(
        &self,
        state: &State<'_>,
        node: &Node,
        flow: &str,
        translation: &mut Translation<'_>,
    ) -> (&'static str, Object) {
        let config = given(node, "config").unwrap_or(node);
        let wanted = word(config, "state_id");
        if let Some(id) = wanted
            && !self.states.iter().any(|state| state.id == id)
        {
            let at = given(config, "state_id").unwrap_or(config);
            let message = format!("there is no state `{id}` whose outputs could be processed");
            translation.say(Diagnostic::error(codes::UNKNOWN_STEP, message).on(at));
        }
        let filter =
            given(config, "states_status_filter").filter(|node| !node.elements().is_empty());
        let is_wanted = filter.is_none_or(|filter| statuses(filter, translation));
        // All that the state gave, or, of no state in particular, all that every one did.
        let items = match wanted {
            _ if !is_wanted => "[]".to_owned(),
            Some(id) => format!("({flow}|flowGave({}))", quoted(id)),
            None => format!("({flow}|flowGave)"),
        };
        let template = given(config, "output_template");
        if let Some(template) = template {
            let names = Expression::parse(&format!("{{items: {items}, context: {flow}.context}}"))
                .expect("an object of paths is an expression");
            let written = template.as_str().unwrap_or_default();
            let text_of = read(template, python::template(written, &names), translation);
            // A prompt asks a model to sum up what the template made.
            if word(node, "system_prompt").is_some() {
                let mut llm = Self::model(node, flow);
                llm.put("userPrompt", text(template, format!("{{{{{text_of}}}}}")));
                return ("llm", llm);
            }
            let mut passing = Object::of(template);
            passing.put("input", text(template, format!("{{{{{text_of}}}}}")));
            passing.put(
                "operations",
                super::super::build::list(template, Vec::new()),
            );
            return ("transform", passing);
        }
        let asks = word(node, "system_prompt").is_some()
            || word(node, "model").is_some()
            || word(state.node, "task").is_some();
        if !asks {
            let mut passing = passing(node, text(node, format!("{{{{{items}}}}}")));
            passing.put("path", text(node, ""));
            return ("transform", passing);
        }
        let mut llm = Self::model(node, flow);
        let task = Self::text_of(state, flow);
        llm.put(
            "userPrompt",
            text(node, format!("{task}\n\n{{{{{items}|string}}}}")),
        );
        ("llm", llm)
    }

    fn summary(state: &State<'_>, node: &Node, flow: &str, usual: &str) -> Object {
        let mut llm = Self::model(node, flow);
        if word(node, "system_prompt").is_none() {
            llm.put("systemPrompt", text(node, usual));
        }
        let task = Self::text_of(state, flow);
        llm.put("userPrompt", text(node, told(&task, flow)));
        llm
    }

    /// The model of a node, and what it is told.
    fn model(node: &Node, flow: &str) -> Object {
        let mut llm = Object::of(node);
        if let Some(prompt) = given(node, "system_prompt") {
            let written = prompt.as_str().unwrap_or_default();
            llm.put("systemPrompt", text(prompt, super::texts::said(written)));
        }
        let model = given(node, "model").map(|node| super::texts::of_field(node, flow));
        llm.maybe("model", model);
        llm
    }
}

/// Whether what a state gave is wanted, of the statuses that are: nothing else is there.
fn statuses(filter: &Node, translation: &mut Translation<'_>) -> bool {
    let mut is_known = true;
    for wanted in filter.elements() {
        let name = wanted.as_str().unwrap_or_default();
        if !STATUSES.contains(&name) {
            is_known = false;
            // A status in capitals has few letters in common with the one that is meant.
            let is_meant = |status: &&str| status.eq_ignore_ascii_case(&name.replace('_', " "));
            let meant = STATUSES.into_iter().find(is_meant);
            let help = meant.or_else(|| near(name, STATUSES)).map_or_else(
                || format!("the statuses are `{}`", STATUSES.join("`, `")),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("no state has the status `{name}`");
            translation.say(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .on(wanted)
                    .help(help),
            );
        }
    }
    let is_wanted = filter
        .elements()
        .iter()
        .any(|node| node.as_str() == Some(SUCCEEDED));
    let message = if is_wanted {
        "only what a state gave is processed: a state that fails ends its run"
    } else {
        "nothing is processed: a state that fails ends its run, and what others gave is not asked for"
    };
    if is_known {
        translation.differs("only-what-succeeded", filter, message);
    }
    is_wanted
}
