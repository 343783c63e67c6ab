//! The state under test: found in a definition, and put into a machine of its own.

use pawl_asl::MachineType;
use serde_json::{Map, Value, json};

use crate::refusal::Refusal;
use crate::step_functions::machines::machine_of;
use crate::step_functions::syntax;

/// The state that is tested, and where it stands.
pub(super) struct Tested {
    pub(super) name: String,
    pub(super) fields: Map<String, Value>,
    /// The language of the machine around it.
    language: Option<Value>,
}

/// The name of a state that is given without one.
const NAMELESS: &str = "StateName";

/// The state before the one that is tested: it sets the variables.
const VARIABLES: &str = "(variables)";

/// The state after the one that is tested, where that is the same one: it is tested once.
const AGAIN: &str = "(again)";

/// The one state of an item processor, which gives back what it is given.
pub(super) const ITEM: &str = "(item)";

/// The fields of a Parallel or Map that say what it does, and not what it does with the result.
const WORK: [&str; 16] = [
    "Branches",
    "Items",
    "ItemsPath",
    "ItemSelector",
    "ItemProcessor",
    "Iterator",
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "MaxConcurrency",
    "MaxConcurrencyPath",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
    "Label",
];

/// The fields that say what a state does with its result.
const RESULT: [&str; 6] = [
    "Assign",
    "Output",
    "OutputPath",
    "ResultPath",
    "ResultSelector",
    "ResultWriter",
];

impl Tested {
    /// The state that a definition is, or that one of its states is.
    pub(super) fn find(definition: &str, name: Option<String>) -> Result<Self, Refusal> {
        let invalid = |message: String| {
            let message = format!("Invalid State Machine Definition: '{message}'");
            Refusal::new("InvalidDefinition", message)
        };
        let found: Value = serde_json::from_str(definition).map_err(|error| {
            let reason = syntax::describe(definition, &error).message;
            invalid(format!("INVALID_JSON_DESCRIPTION: {reason}"))
        })?;
        let Value::Object(fields) = found else {
            let message = "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object";
            return Err(invalid(message.to_owned()));
        };
        if !fields.contains_key("States") {
            let name = name.unwrap_or_else(|| NAMELESS.to_owned());
            return Ok(Self {
                name,
                fields,
                language: None,
            });
        }
        // A whole machine has to be right as a whole.
        machine_of(definition, MachineType::Standard)?;
        let name = name.ok_or_else(|| {
            Refusal::invalid("State name must be provided when a state machine definition is given")
        })?;
        let language = fields.get("QueryLanguage").cloned();
        let state = within(&Value::Object(fields), &name);
        let fields = state.ok_or_else(|| Refusal::invalid("State not found in definition"))?;
        Ok(Self {
            name,
            fields,
            language,
        })
    }

    /// The state's type, whatever it is.
    pub(super) fn kind(&self) -> &str {
        let kind = self.fields.get("Type").and_then(Value::as_str);
        kind.unwrap_or_default()
    }

    /// The resource of a Task.
    pub(super) fn resource(&self) -> &str {
        let resource = self.fields.get("Resource").and_then(Value::as_str);
        resource.unwrap_or_default()
    }

    /// Whether the state is written in JSONata.
    pub(super) fn is_jsonata(&self) -> bool {
        let language = self.fields.get("QueryLanguage").or(self.language.as_ref());
        language.is_some_and(|language| language == "JSONata")
    }

    /// Whether a branch of the state, or its item processor, has a state of this name.
    pub(super) fn inner(&self, name: &str) -> Option<Map<String, Value>> {
        inside(&self.fields, name)
    }

    /// The machine of the state as it stands.
    pub(super) fn whole(&self, variables: &Map<String, Value>) -> Value {
        self.around(self.fields.clone(), variables)
    }

    /// The machine that does what the state does. What a Parallel or Map does is mocked, and what it does with the
    /// result is what a Task does.
    pub(super) fn machine(&self, variables: &Map<String, Value>) -> Value {
        let mut state = self.fields.clone();
        if matches!(self.kind(), "Parallel" | "Map") {
            state.retain(|name, _| !WORK.contains(&name.as_str()));
            state.insert("Type".to_owned(), "Task".into());
            let resource = "arn:aws:lambda:us-east-1:000000000000:function:mock";
            state.insert("Resource".to_owned(), resource.into());
        }
        self.around(state, variables)
    }

    /// The machine of a Map that hands its items out, to a processor that does nothing.
    pub(super) fn handing_out(&self, variables: &Map<String, Value>) -> Value {
        let mut state = self.fields.clone();
        state.retain(|name, _| !RESULT.contains(&name.as_str()) && name != "Label");
        let processor = state
            .remove("Iterator")
            .or_else(|| state.remove("ItemProcessor"));
        let config = processor.and_then(|processor| processor.get("ProcessorConfig").cloned());
        let item = json!({ "Type": "Pass", "End": true });
        let mut processor = json!({ "StartAt": ITEM, "States": { ITEM: item } });
        if let (Some(config), Some(processor)) = (config, processor.as_object_mut()) {
            processor.insert("ProcessorConfig".to_owned(), config);
        }
        state.insert("ItemProcessor".to_owned(), processor);
        self.around(state, variables)
    }

    /// The machine whose output is what some fields of the state come to.
    pub(super) fn settings(&self, names: &[&str], variables: &Map<String, Value>) -> Value {
        let given = |name: &&str| Some(((*name).to_owned(), self.fields.get(*name)?.clone()));
        let fields: Map<String, Value> = names.iter().filter_map(given).collect();
        let pass = json!({
            "Type": "Pass", "QueryLanguage": "JSONata", "Output": fields, "End": true,
        });
        let state = pass.as_object().cloned().unwrap_or_default();
        self.around(state, variables)
    }

    /// The machine around a state: it sets the variables, and ends wherever the state goes.
    fn around(&self, mut state: Map<String, Value>, variables: &Map<String, Value>) -> Value {
        let mut states = Map::new();
        let mut first = self.name.as_str();
        if !variables.is_empty() {
            // JSON is JSONata for itself.
            let literal = |value: &Value| Value::from(format!("{{% {value} %}}"));
            let assigned = variables.iter();
            let assigned: Map<String, Value> = assigned
                .map(|(name, value)| (name.clone(), literal(value)))
                .collect();
            let pass = json!({
                "Type": "Pass", "QueryLanguage": "JSONata", "Assign": assigned, "Next": self.name,
            });
            states.insert(VARIABLES.to_owned(), pass);
            first = VARIABLES;
        }
        for target in targets(&mut state) {
            if *target == self.name {
                *target = AGAIN.into();
            }
            if let Some(target) = target.as_str() {
                states.insert(target.to_owned(), json!({ "Type": "Succeed" }));
            }
        }
        states.insert(self.name.clone(), Value::Object(state));
        let mut machine = json!({ "StartAt": first, "States": states });
        if let (Some(language), Some(machine)) = (&self.language, machine.as_object_mut()) {
            machine.insert("QueryLanguage".to_owned(), language.clone());
        }
        machine
    }

    /// The state that one of the machine stands for.
    pub(super) fn stands_for<'name>(&'name self, entered: &'name str) -> &'name str {
        if entered == AGAIN {
            &self.name
        } else {
            entered
        }
    }
}

/// A state of a machine, or of a branch or processor somewhere in it.
fn within(block: &Value, name: &str) -> Option<Map<String, Value>> {
    let states = block.get("States").and_then(Value::as_object)?;
    if let Some(state) = states.get(name) {
        return state.as_object().cloned();
    }
    let mut states = states.values().filter_map(Value::as_object);
    states.find_map(|state| inside(state, name))
}

/// A state of a branch or processor of a state.
fn inside(state: &Map<String, Value>, name: &str) -> Option<Map<String, Value>> {
    let branches = state.get("Branches").and_then(Value::as_array);
    let processor = state.get("ItemProcessor").or(state.get("Iterator"));
    let mut blocks = branches.into_iter().flatten().chain(processor);
    blocks.find_map(|block| within(block, name))
}

/// Where a state can go.
fn targets(state: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    state.iter_mut().flat_map(|(name, field)| {
        let (own, rules) = match name.as_str() {
            "Next" | "Default" => (Some(field), None),
            "Choices" | "Catch" => (None, field.as_array_mut()),
            _ => (None, None),
        };
        let rules = rules.into_iter().flatten();
        own.into_iter()
            .chain(rules.filter_map(|rule| rule.get_mut("Next")))
    })
}
