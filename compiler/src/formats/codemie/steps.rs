//! The steps of a state: what it asks first, what it runs, and what follows.

use pawl_contract::catalogue;

use super::super::Translation;
use super::super::build::{Object, list, text, value};
use super::super::literal::quoted;
use super::super::tools::{of_others, put_tools};
use super::known::Known;
use super::native::{set, step, success};
use super::parts::{Part, Parts};
use super::regions::Regions;
use super::rules::Settings;
use super::states::State;
use super::texts::{self, filled, plain, said};
use super::{given, is_true, retries, word};
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Templates};
use crate::source::{Data, Node};

/// Writes the steps of states.
pub(super) struct Writer<'w, 'a> {
    pub(super) states: &'w [State<'a>],
    pub(super) parts: &'w Parts<'a>,
    pub(super) regions: &'w Regions,
    pub(super) settings: &'w Settings,
    pub(super) known: &'w Known<'w, 'a>,
}

impl Writer<'_, '_> {
    /// All steps of a state.
    pub(super) fn state(
        &self,
        at: usize,
        state: &State<'_>,
        translation: &mut Translation<'_>,
    ) -> Vec<Node> {
        let flow = self.regions.flow(at);
        let mut natives = Vec::new();
        if state.asks_first() {
            natives.extend(asking(state, flow, translation));
        }
        natives.push(self.run(at, state, flow, translation));
        natives.extend(self.follow(at, state, translation));
        natives
    }

    /// The step that does what the state is for.
    fn run(
        &self,
        at: usize,
        state: &State<'_>,
        flow: &str,
        translation: &mut Translation<'_>,
    ) -> Node {
        let (kind, config) = match self.parts.of(state.node) {
            Some(Part::Assistant(assistant)) => (
                "llm",
                self.assistant(at, state, assistant, flow, translation),
            ),
            Some(Part::Tool(tool)) => ("action", call(state, tool, flow, translation)),
            Some(Part::Custom(node)) => self.custom(state, node, flow, translation),
            None => {
                self.parts.missing(state.node, &state.id, translation);
                // Something stands in for it, so that nothing complains about its absence.
                ("transform", passing(state.node, text(state.node, "")))
            }
        };
        let mut config = config;
        if let Some(policy) = given(state.node, "retry_policy") {
            let says = &mut *translation.diagnostics;
            fields::check(
                policy,
                &super::envelope::RETRIES,
                "a retry policy",
                Templates::Refused,
                says,
            );
            if kind == "transform" {
                let message = "a step that acts nowhere is not tried again";
                translation.differs("pure-steps-run-once", policy, message);
            } else {
                config.put("retryPolicy", retries(policy));
            }
        }
        let next = format!("{}_flow", state.slug);
        let mut native = Object::of(state.node);
        let of = given(state.node, "id").unwrap_or(state.node);
        native.put("stepSlug", text(of, state.slug.as_str()));
        let name = given(state.node, "name").filter(|name| name.as_str().is_some());
        native.put(
            "name",
            name.cloned().unwrap_or_else(|| text(of, state.id.as_str())),
        );
        native.put("stepType", text(of, kind));
        native.put("config", config.build());
        native.put("nextSteps", success(state.node, Some(&next)));
        native.build()
    }

    fn assistant(
        &self,
        at: usize,
        state: &State<'_>,
        assistant: &Node,
        flow: &str,
        translation: &mut Translation<'_>,
    ) -> Object {
        let mut config = Object::of(assistant);
        let is_resolved = is_true(state.node, "resolve_dynamic_values_in_prompt");
        if let Some(node) = given(assistant, "system_prompt") {
            let written = node.as_str().unwrap_or_default();
            let prompt = if is_resolved {
                filled(written, flow)
            } else {
                said(written)
            };
            config.put("systemPrompt", text(node, prompt));
        } else if let Some(node) = given(assistant, "assistant_id") {
            config.put("agent_id", texts::of_field(node, flow));
            translation.differs(
                "assistants-by-id",
                node,
                "the assistant is looked for in the workflow's `config.agents`, then among the stored records `agents`",
            );
        }
        config.put("userPrompt", self.prompt(at, state, flow));
        let model = given(assistant, "model").map(|node| texts::of_field(node, flow));
        config.maybe("model", model);
        config.maybe("temperature", given(assistant, "temperature").cloned());
        config.maybe("maxTokens", given(assistant, "max_tokens").cloned());
        if let Some(schema) = Self::schema(state, translation) {
            config.put("outputFormat", text(&schema, "json"));
            config.put("outputSchema", schema);
        }
        if let Some(given) = some_list(assistant, "tools") {
            put_tools(&mut config, &given, &["name"], translation);
        }
        config.maybe("knowledgeFileIds", some_list(assistant, "datasource_ids"));
        if let Some(servers) = some_list(assistant, "mcp_servers") {
            let is_off = |server: &&Node| {
                given(server, "enabled").is_some_and(|flag| flag.data == Data::Bool(false))
            };
            let used = servers.elements().iter().filter(|server| !is_off(server));
            let names = used.filter_map(|server| {
                let name = given(server, "name")?;
                Some(text(name, name.as_str()?))
            });
            let names: Vec<Node> = names.collect();
            if !names.is_empty() {
                config.put("mcpServerIds", list(&servers, names));
            }
        }
        for (field, what) in [
            ("skill_ids", "skills of an assistant are not known here"),
            (
                "limit_tool_output_tokens",
                "what a tool gives is shown to the model as far as it fits",
            ),
            (
                "exclude_extra_context_tools",
                "an assistant has the tools that it names, and no others",
            ),
        ] {
            if let Some(node) =
                given(assistant, field).filter(|node| node.data != Data::Array(Vec::new()))
            {
                translation.differs("assistants-are-plain", node, what);
            }
        }
        config
    }

    /// What an assistant is asked: its task, and what was said so far.
    fn prompt(&self, at: usize, state: &State<'_>, flow: &str) -> Node {
        let node = given(state.node, "task").unwrap_or(state.node);
        let task = word(state.node, "task").map(|task| filled(task, flow));
        // An iteration has its item where a run has what its user wrote.
        let mut around = self.regions.keys_around(self.regions.region_of(at));
        let task = task.or_else(|| around.next().map(|_| filled("{{task}}", flow)));
        let leads_here = |other: &State<'_>| other.targets().contains(&at) && overrides(other);
        let task = if self.states.iter().any(leads_here) {
            let own = task.unwrap_or_default();
            format!(
                "{{{{#{flow}.override}}}}{{{{{flow}.task}}}}{{{{/{flow}.override}}}}{{{{^{flow}.override}}}}{own}{{{{/{flow}.override}}}}"
            )
        } else {
            task.unwrap_or_default()
        };
        text(node, told(&task, flow))
    }

    /// The schema of a state's output, which may be a text of JSON.
    fn schema(state: &State<'_>, translation: &mut Translation<'_>) -> Option<Node> {
        let node = given(state.node, "output_schema")?;
        let Some(written) = node.as_str() else {
            return Some(node.clone());
        };
        match serde_json::from_str(written) {
            Ok(schema) => Some(value(node, &schema)),
            Err(error) => {
                let message = format!("`output_schema` is not JSON: {error}");
                translation.say(
                    Diagnostic::error(codes::INVALID_SCHEMA, message)
                        .on(node)
                        .help("write a JSON Schema as a text: `'{ \"type\": \"object\", \"properties\": { ... } }'`"),
                );
                None
            }
        }
    }

    /// Where in a tool's result the state's output stands.
    pub(super) fn pointer(&self, state: &State<'_>) -> Option<String> {
        match self.parts.of(state.node)? {
            Part::Tool(tool) => word(tool, "tool_result_json_pointer").map(str::to_owned),
            Part::Assistant(_) | Part::Custom(_) => None,
        }
    }

    /// Whether `{{path}}` in a tool's answer is what the context has there.
    pub(super) fn resolves(&self, state: &State<'_>) -> bool {
        match self.parts.of(state.node) {
            Some(Part::Tool(tool)) => is_true(tool, "resolve_dynamic_values_in_response"),
            Some(Part::Assistant(_) | Part::Custom(_)) | None => false,
        }
    }

    /// A state whose output is taken as a whole, by a step that gives it.
    pub(super) fn text_of(state: &State<'_>, flow: &str) -> String {
        word(state.node, "task").map_or_else(String::new, |task| filled(task, flow))
    }
}

/// A task, and below it what was said so far.
pub(super) fn told(task: &str, flow: &str) -> String {
    if task.is_empty() {
        return format!("{{{{{flow}|flowHistory}}}}");
    }
    format!("{task}{{{{{flow}|flowHistory('\n\n')}}}}")
}

/// Whether a state's output is the task of those that it leads to.
fn overrides(state: &State<'_>) -> bool {
    let flag = state.rule("override_task");
    flag.is_some_and(|flag| flag.data == Data::Bool(true))
}

/// A person who is asked before the state runs, and may change what the state before gave.
fn asking(state: &State<'_>, flow: &str, translation: &mut Translation<'_>) -> Vec<Node> {
    let fields = ["interrupt_before", "wait_for_user_confirmation"];
    let of = fields
        .iter()
        .find_map(|field| given(state.node, field))
        .unwrap_or(state.node);
    translation.differs(
        "interrupted-runs-are-approved",
        of,
        "the run waits for an approval, whose payload is what the state before gave and may be edited; a rejection ends it",
    );
    let mut config = Object::of(of);
    let message = format!("Go on with `{}`?", state.id);
    config.put("message", text(of, plain(&message)));
    config.put("payload", text(of, format!("{{{{{flow}.result}}}}")));
    let edited = format!("{}_edited", state.slug);
    let approval = format!("{}_approval", state.slug);
    let mut ports = Object::of(of);
    ports.put("approved", text(of, edited.as_str()));
    let taken = format!("{{{{{flow}|flowEdited(steps.{approval}.output)}}}}");
    vec![
        step(of, &approval, "approval", config.build(), ports.build()),
        set(of, &edited, flow, &taken, Some(&state.slug)),
    ]
}

/// A call of a tool: one of the actions here, or an operation of another system.
fn call(state: &State<'_>, tool: &Node, flow: &str, translation: &mut Translation<'_>) -> Object {
    let node = given(tool, "tool").unwrap_or(tool);
    let name = node.as_str().unwrap_or_default();
    if name.is_empty() {
        translation.say(
            Diagnostic::error(codes::MISSING_FIELD, "the tool has no `tool`")
                .on(node)
                .help("name the tool: `tool: customer.get_by_id`"),
        );
    }
    let mut arguments = Object::of(given(state.node, "tool_args").unwrap_or(state.node));
    for entries in [given(tool, "tool_args"), given(state.node, "tool_args")]
        .into_iter()
        .flatten()
    {
        for entry in entries.entries() {
            arguments.put(filled(&entry.key, flow), texts::value(&entry.node, flow));
        }
    }
    if let Some(key) = word(tool, "input_key") {
        let node = given(tool, "input_key").unwrap_or(tool);
        let written = format!("{{{{{flow}|flowValue({}, null)}}}}", quoted(key));
        arguments.put("input", text(node, written));
    }
    for (field, what) in [
        ("tokens_size_limit", "what a tool gives is kept as a whole"),
        (
            "mcp_server",
            "tools of a server are called as an integration of the tool's name",
        ),
    ] {
        if let Some(node) = given(tool, field).filter(|node| node.data != Data::Bool(false)) {
            translation.differs("tools-are-plain", node, what);
        }
    }
    let mut config = Object::of(node);
    if catalogue::find(name, None).is_some() {
        config.put("type", text(node, name));
        config.put("parameters", arguments.build());
        return config;
    }
    let (other, operation) = name.split_once('.').unwrap_or((name, ""));
    let alias = given(tool, "integration_alias").filter(|node| node.as_str().is_some());
    let operation = if alias.is_some() { name } else { operation };
    let called = alias.map(|alias| texts::of_field(alias, flow));
    let called = called.unwrap_or_else(|| text(node, other));
    let operation = (!operation.is_empty()).then(|| text(node, operation));
    of_others(
        node,
        name,
        called,
        operation,
        arguments.build(),
        translation,
    )
}

/// A list that is not empty.
fn some_list(node: &Node, field: &str) -> Option<Node> {
    given(node, field)
        .filter(|node| !node.elements().is_empty())
        .cloned()
}

/// A transform that gives a value as it is.
pub(super) fn passing(of: &Node, gives: Node) -> Object {
    let mut config = Object::of(of);
    config.put("input", gives);
    config.put("operations", list(of, Vec::new()));
    config
}
