//! The pages of actions: Markdown, for people who read it in a terminal or among the documentation.

use pawl_contract::catalogue::{
    self, Action, Effect, Example, Operation, Others, Output, Parameter, Readiness,
};
use serde_json::{Value, json};

/// The page of every action.
pub(super) fn book() -> String {
    let mut text = "# Actions\n\n\
        What an action step can do: `pawl actions --pages` writes this page, `pawl actions NAME` shows a part of it.\n\
        Every example is run as a test.\n\n\
        `reads` only looks; `writes` changes our own records, in the step's transaction, exactly once; `acts` does what nothing can take back, and claims before it does.\n\
        Every operation accepts `organizationId`, which is always the run's own.\n\n\
        | action | what it is about | operations |\n|---|---|---|\n"
        .to_owned();
    for one in catalogue::actions() {
        text.push_str(&contents(one));
    }
    for one in catalogue::actions() {
        text.push('\n');
        text.push_str(&action(one));
    }
    text
}

/// A line of the contents: each operation leads to its part of the page.
fn contents(action: &Action) -> String {
    let is_later = |operation: &Operation| operation.readiness == Readiness::Later;
    let all_later = action.operations.iter().all(is_later);
    let operations = action.operations.iter().map(|operation| {
        let name = operation.name();
        let word = if operation.operation.is_empty() {
            &name
        } else {
            operation.operation
        };
        let later = if is_later(operation) && !all_later {
            " (not yet)"
        } else {
            ""
        };
        format!("[{word}](#{}){later}", name.to_lowercase().replace('.', ""))
    });
    let operations = operations.collect::<Vec<_>>().join(", ");
    let later = if all_later { " Not yet." } else { "" };
    format!(
        "| `{}` | {}{later} | {operations} |\n",
        action.name, action.about
    )
}

/// The page of an action.
pub(super) fn action(action: &Action) -> String {
    let is_single = |one: &Operation| one.operation.is_empty();
    if let [one] = action.operations
        && is_single(one)
    {
        // One heading is enough for an action that is its own operation.
        return operation(one).replacen("###", "##", 1);
    }
    let mut text = format!("## `{}`\n\n{}\n", action.name, action.about);
    for one in action.operations {
        text.push('\n');
        text.push_str(&operation(one));
    }
    text
}

/// The page of an operation.
pub(super) fn operation(operation: &Operation) -> String {
    let mut text = format!("### `{}`\n\n{}\n", operation.name(), operation.about);
    if operation.readiness == Readiness::Later {
        text.push_str("It cannot run yet: mock the step.\n");
    }
    text.push_str(&facts(operation));
    text.push_str(&fields("parameter", operation.parameters));
    if let Some(others) = others(operation.others) {
        text.extend(["\n", others, "\n"]);
    }
    text.push_str(&answer(&operation.output, ""));
    for one in operation.examples {
        text.push_str(&example(operation, one));
    }
    text
}

/// What it does to the world, what it needs, and how else it is called.
fn facts(operation: &Operation) -> String {
    let effect = match operation.effect {
        Effect::Read => "reads",
        Effect::Write => "writes",
        Effect::Irreversible => "acts",
    };
    let mut facts = vec![format!("- effect: {effect}")];
    if !operation.permissions.is_empty() {
        facts.push(format!("- needs: {}", quoted(operation.permissions.iter())));
    }
    if !operation.sinks.is_empty() {
        facts.push(format!(
            "- leaves the system: {}",
            quoted(operation.sinks.iter())
        ));
    }
    if operation.takes_secrets {
        facts.push("- secrets: its parameters may read them".to_owned());
    }
    let name = operation.name();
    let others: Vec<String> = catalogue::spellings()
        .filter(|spelling| *spelling != name)
        .filter(|spelling| catalogue::find(spelling, None) == Some(operation))
        .collect();
    if !others.is_empty() {
        facts.push(format!("- other names: {}", quoted(others.iter())));
    }
    format!("\n{}\n", facts.join("\n"))
}

/// A table of fields; nothing where there are none.
fn fields(what: &str, fields: &[Parameter]) -> String {
    if fields.is_empty() {
        return String::new();
    }
    let rows = fields.iter().map(|field| {
        let needed = if field.required { ", needed" } else { "" };
        let shape = field.shape.to_string();
        format!(
            "| {}{needed} | {shape} | {} |\n",
            quoted(field.names()),
            field.about
        )
    });
    format!(
        "\n| {what} | is | meaning |\n|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

/// What becomes of parameters that it does not name.
fn others(others: Others) -> Option<&'static str> {
    match others {
        Others::Ignored => None,
        Others::Stored => Some("Other parameters become fields of the record."),
        Others::Matched => Some("Other parameters are fields that a record must have."),
        Others::Accepted => Some("Other parameters are passed on."),
    }
}

/// What it answers with.
fn answer(output: &Output, more: &str) -> String {
    match output {
        Output::Anything => String::new(),
        Output::Record(known) => format!(
            "\nIt answers with a record{more}. Beside `_id`, `_creationTime`, `organizationId` and `updatedAt` it may have:\n{}",
            fields("field", known)
        ),
        Output::Page(plural, known) => format!(
            "\nIt answers with a page{more}: `page`, the same list as `{plural}`, `count`, `isDone`, and `continueCursor` for the next page. Its records may have:\n{}",
            fields("field", known)
        ),
        Output::Fields([]) => format!("\nIt answers with an object{more}.\n"),
        Output::Fields(known) => format!(
            "\nIt answers with an object{more}:\n{}",
            fields("field", known)
        ),
        Output::OrNull(output) => answer(output, ", or with null"),
    }
}

fn example(operation: &Operation, example: &Example) -> String {
    let shown = example.to_json();
    let part = |name: &str| shown.get(name).cloned().unwrap_or_default();
    let config = json!({ "type": operation.name(), "parameters": part("parameters") });
    let records = part("records");
    let given = if records == json!({}) {
        String::new()
    } else {
        format!("\nWith these records\n\n{}\nthis\n", code(&records))
    };
    format!(
        "\n**{}**\n{given}\n{}\nanswers, among other fields,\n\n{}",
        example.about,
        code(&config),
        code(&part("output"))
    )
}

/// JSON, each value of the outermost object in a line of its own.
fn code(value: &Value) -> String {
    let whole = value.to_string();
    let text = match value.as_object() {
        Some(fields) if fields.len() > 1 || whole.len() > 100 => {
            let lines = fields
                .iter()
                .map(|(name, value)| format!("  {}: {}", json!(name), inner(value)));
            format!("{{\n{}\n}}", lines.collect::<Vec<_>>().join(",\n"))
        }
        _ => whole,
    };
    format!("```json\n{text}\n```\n")
}

/// A list of records has a line for each.
fn inner(value: &Value) -> String {
    let whole = value.to_string();
    match value.as_array() {
        Some(items) if items.iter().any(Value::is_object) && whole.len() > 80 => {
            let lines = items.iter().map(|item| format!("    {item}"));
            format!("[\n{}\n  ]", lines.collect::<Vec<_>>().join(",\n"))
        }
        _ => whole,
    }
}

fn quoted<Word: std::fmt::Display>(words: impl Iterator<Item = Word>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
