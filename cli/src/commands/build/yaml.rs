//! A template as YAML: blocks for people, and the short form of CloudFormation's functions.
//!
//! `{ "Role": { "Ref": "MachineRole" } }` is `Role: !Ref MachineRole`.

use serde_json::Value;

/// What stands before the template.
const HEADER: &str = "# Written by `pawl build`; another `pawl build` writes it anew.\n";

/// Words that YAML takes for something else than text.
const RESERVED: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

/// The text of a template.
pub(super) fn text(template: &Value) -> String {
    let sections = template.as_object().into_iter().flatten();
    let sections = sections.map(|(name, section)| format!("{name}:{}", below(section, 0)));
    HEADER.to_owned() + &sections.collect::<Vec<_>>().join("\n")
}

/// A value behind a key, with the end of its line.
fn below(value: &Value, depth: usize) -> String {
    if let Some(line) = on_a_line(value) {
        return format!(" {line}\n");
    }
    let indent = "  ".repeat(depth + 1);
    let members = value.as_object().into_iter().flatten();
    let members = members.map(|(key, member)| {
        let member = below(member, depth + 1);
        format!("{indent}{}:{member}", scalar(key))
    });
    let elements = value.as_array().into_iter().flatten();
    let elements = elements.map(|element| {
        let element = below(element, depth + 1);
        // Its first member stands behind the dash.
        format!("{indent}- {}", element.trim_start())
    });
    "\n".to_owned() + &members.chain(elements).collect::<String>()
}

/// A value that needs no lines of its own.
fn on_a_line(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::String(text) => Some(scalar(text)),
        Value::Array(elements) if elements.iter().all(is_plain) => Some(value.to_string()),
        Value::Object(members) if members.is_empty() => Some("{}".to_owned()),
        Value::Object(members) => {
            let mut members = members.iter();
            let (name, argument) = members.next()?;
            let tag = match name.as_str() {
                "Ref" => "Ref",
                name => name.strip_prefix("Fn::")?,
            };
            if members.next().is_some() {
                return None;
            }
            let argument = match argument {
                Value::Array(elements) => {
                    let elements = elements.iter().map(on_a_line);
                    format!("[{}]", elements.collect::<Option<Vec<_>>>()?.join(", "))
                }
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Object(_) => on_a_line(argument)?,
            };
            Some(format!("!{tag} {argument}"))
        }
        Value::Array(_) => None,
    }
}

fn is_plain(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

/// A text without quotes, where it can only be read as itself; the quoted texts of JSON are YAML's, too.
fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "-_./: `".contains(letter))
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use serde_json::json;

    #[test]
    fn a_template_is_blocks_with_short_functions() {
        let template = json!({
            "Conditions": { "IsTraced": { "Fn::Equals": [{ "Ref": "Tracing" }, "Active"] } },
            "Resources": {
                "Tick": {
                    "Type": "AWS::Scheduler::Schedule",
                    "Name": { "Fn::Sub": "${Prefix}-tick" },
                    "Mode": "OFF",
                    "Input": "{\"a\":\"${b}\"}",
                    "Empty": {},
                    "Targets": [{ "Id": "one", "Names": ["a", 2] }, { "Id": "two" }],
                },
            },
        });
        let expected = r#"# Written by `pawl build`; another `pawl build` writes it anew.
Conditions:
  IsTraced: !Equals [!Ref Tracing, Active]

Resources:
  Tick:
    Type: AWS::Scheduler::Schedule
    Name: !Sub "${Prefix}-tick"
    Mode: "OFF"
    Input: "{\"a\":\"${b}\"}"
    Empty: {}
    Targets:
      - Id: one
        Names: ["a",2]
      - Id: two
"#;
        assert_eq!(text(&template), expected);
    }
}
