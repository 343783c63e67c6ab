//! Values that a translation makes: each stands where the value stands that it was made of.

use serde_json::Value;

use crate::source::{Data, Entry, Node};

/// A value that was made of another one.
pub(crate) fn made(of: &Node, data: Data) -> Node {
    Node {
        data,
        span: of.span.clone(),
        pointer: of.pointer.clone(),
    }
}

/// A text.
pub(crate) fn text(of: &Node, text: impl Into<String>) -> Node {
    made(of, Data::String(text.into()))
}

/// A number.
pub(crate) fn number(of: &Node, number: u64) -> Node {
    made(of, Data::Number(number.into()))
}

/// A list.
pub(crate) fn list(of: &Node, elements: Vec<Node>) -> Node {
    made(of, Data::Array(elements))
}

/// Any value, all of it in one place.
pub(crate) fn value(of: &Node, value: &Value) -> Node {
    let data = match value {
        Value::Null => Data::Null,
        Value::Bool(flag) => Data::Bool(*flag),
        Value::Number(number) => Data::Number(number.clone()),
        Value::String(text) => Data::String(text.clone()),
        Value::Array(elements) => {
            Data::Array(elements.iter().map(|one| self::value(of, one)).collect())
        }
        Value::Object(members) => {
            let entry =
                |(key, one): (&String, &Value)| entry(of, key.clone(), self::value(of, one));
            Data::Object(members.iter().map(entry).collect())
        }
    };
    made(of, data)
}

/// An entry whose key was made, too.
pub(crate) fn entry(of: &Node, key: impl Into<String>, node: Node) -> Entry {
    Entry {
        key: key.into(),
        key_span: of.span.clone(),
        node,
    }
}

/// An object that grows field by field, in the order in which they are put.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    of: Node,
    entries: Vec<Entry>,
}

impl Object {
    /// An empty object, made of another value.
    pub(crate) fn of(node: &Node) -> Self {
        Self {
            of: made(node, Data::Null),
            entries: Vec::new(),
        }
    }

    /// Puts a field, in the place of one that has the same name.
    pub(crate) fn put(&mut self, key: impl Into<String>, node: Node) -> &mut Self {
        let key = key.into();
        self.entries.retain(|entry| entry.key != key);
        let key_span = node.span.clone();
        self.entries.push(Entry {
            key,
            key_span,
            node,
        });
        self
    }

    /// Puts a field where there is a value for it.
    pub(crate) fn maybe(&mut self, key: impl Into<String>, node: Option<Node>) -> &mut Self {
        if let Some(node) = node {
            self.put(key, node);
        }
        self
    }

    /// Puts a field as its author wrote it, under another name.
    pub(crate) fn rename(&mut self, entry: &Entry, key: impl Into<String>) -> &mut Self {
        let key = key.into();
        self.entries.retain(|entry| entry.key != key);
        self.entries.push(Entry {
            key,
            ..entry.clone()
        });
        self
    }

    /// Takes a field out.
    pub(crate) fn take(&mut self, key: &str) {
        self.entries.retain(|entry| entry.key != key);
    }

    /// A field that is there.
    pub(crate) fn field(&self, key: &str) -> Option<&Node> {
        let found = self.entries.iter().find(|entry| entry.key == key);
        found.map(|entry| &entry.node)
    }

    /// Whether a field is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// Whether nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The finished object.
    pub(crate) fn build(self) -> Node {
        Node {
            data: Data::Object(self.entries),
            ..self.of
        }
    }
}
