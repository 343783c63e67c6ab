//! Paths into an event, as targets write them: `$.detail.items[0]['full name']`.

use serde_json::Value;

/// A path that AWS would take.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Field(String),
    Item(usize),
    /// Every item of a list, or every value of an object.
    Every,
}

impl Path {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, tail) = if let Some(inner) = rest.strip_prefix('[') {
                let (inner, tail) = inner.split_once(']')?;
                (bracket(inner)?, tail)
            } else {
                let name = rest.strip_prefix('.')?;
                let end = name.find(['.', '[']).unwrap_or(name.len());
                let (name, tail) = name.split_at(end);
                let step = match name {
                    "" => return None,
                    "*" => Step::Every,
                    name => Step::Field(name.to_owned()),
                };
                (step, tail)
            };
            steps.push(step);
            rest = tail;
        }
        Some(Self(steps))
    }

    /// What is there. A path through every item gives a list.
    pub(super) fn find(&self, value: &Value) -> Option<Value> {
        let mut found = vec![value];
        let mut is_list = false;
        for step in &self.0 {
            is_list |= *step == Step::Every;
            found = found.into_iter().flat_map(|value| step.of(value)).collect();
        }
        if is_list {
            return Some(found.into_iter().cloned().collect());
        }
        found.first().map(|value| (*value).clone())
    }
}

impl Step {
    fn of<'value>(&self, value: &'value Value) -> Vec<&'value Value> {
        match (self, value) {
            (Self::Field(name), value) => value.get(name).into_iter().collect(),
            (Self::Item(number), value) => value.get(number).into_iter().collect(),
            (Self::Every, Value::Array(items)) => items.iter().collect(),
            (Self::Every, Value::Object(fields)) => fields.values().collect(),
            (Self::Every, _) => Vec::new(),
        }
    }
}

/// What stands between brackets: a number, a star, or a name in quotes.
fn bracket(inner: &str) -> Option<Step> {
    if inner == "*" {
        return Some(Step::Every);
    }
    let quoted = |quote| inner.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(name) = quoted('\'').or_else(|| quoted('"')) {
        return Some(Step::Field(name.to_owned()));
    }
    inner.parse().ok().map(Step::Item)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Path;

    #[test]
    fn a_path_leads_to_its_value() {
        let event = json!({
            "detail-type": "order",
            "resources": ["one", "two"],
            "detail": { "full name": "Ada", "items": [{ "price": 1 }, { "price": 2 }] },
        });
        let rows = [
            ("$.detail-type", Some(json!("order"))),
            ("$.resources[1]", Some(json!("two"))),
            ("$.resources[2]", None),
            ("$.detail['full name']", Some(json!("Ada"))),
            ("$[\"detail-type\"]", Some(json!("order"))),
            ("$.detail.items[0].price", Some(json!(1))),
            ("$.detail.items[*].price", Some(json!([1, 2]))),
            ("$.missing.further", None),
            ("$", Some(event.clone())),
        ];
        for (path, expected) in rows {
            let parsed = Path::parse(path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(parsed.find(&event), expected, "{path}");
        }
        for path in [
            "",
            "detail",
            "$detail",
            "$..detail",
            "$.a[",
            "$.a[x]",
            "$.a.",
        ] {
            assert_eq!(Path::parse(path), None, "{path}");
        }
        assert_eq!(
            Path::parse("$.a").and_then(|path| path.find(&Value::Null)),
            None
        );
    }
}
