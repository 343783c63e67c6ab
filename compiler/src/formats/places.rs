//! Pointers: the tree that a translation makes has its own, and people are shown those of the text.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::source::{Data, Node, child};

/// Where the values of a text stand, by their bytes.
#[derive(Debug)]
pub(crate) struct Places {
    /// The pointer of the outermost value that has these bytes.
    pointers: BTreeMap<(usize, usize), String>,
}

impl Places {
    /// The places of a text, as it was read.
    pub(crate) fn of(root: &Node) -> Self {
        let mut places = Self {
            pointers: BTreeMap::new(),
        };
        places.add(root);
        places
    }

    fn add(&mut self, node: &Node) {
        let span = (node.span.start, node.span.end);
        let pointers = &mut self.pointers;
        pointers.entry(span).or_insert_with(|| node.pointer.clone());
        for entry in node.entries() {
            let key = (entry.key_span.start, entry.key_span.end);
            pointers_of(&mut self.pointers, key, &entry.node.pointer);
            self.add(&entry.node);
        }
        for element in node.elements() {
            self.add(element);
        }
    }

    /// The pointer of the value that stands at these bytes, or whose key does.
    pub(crate) fn exact(&self, span: &Range<usize>) -> Option<&str> {
        let pointer = self.pointers.get(&(span.start, span.end));
        pointer.map(String::as_str)
    }

    /// Names a finding's place by the author's own pointer: that of the smallest value around it.
    pub(crate) fn name(&self, diagnostic: &mut Diagnostic) {
        let span = (diagnostic.span.start, diagnostic.span.end);
        let around = || {
            let before = self.pointers.range(..=(span.0, usize::MAX)).rev();
            before
                .filter(|((_, end), _)| *end >= span.1)
                .min_by_key(|((start, end), _)| end - start)
        };
        let exact = self.pointers.get_key_value(&span);
        if let Some((_, pointer)) = exact.or_else(around) {
            diagnostic.pointer.clone_from(pointer);
        }
    }
}

fn pointers_of(pointers: &mut BTreeMap<(usize, usize), String>, key: (usize, usize), to: &str) {
    pointers.entry(key).or_insert_with(|| to.to_owned());
}

/// The same tree with pointers that say where its values stand in it.
pub(crate) fn numbered(mut root: Node) -> Node {
    number(&mut root, String::new());
    root
}

fn number(node: &mut Node, pointer: String) {
    match &mut node.data {
        Data::Array(elements) => {
            for (at, element) in elements.iter_mut().enumerate() {
                number(element, format!("{pointer}/{at}"));
            }
        }
        Data::Object(entries) => {
            for entry in entries {
                number(&mut entry.node, child(&pointer, &entry.key));
            }
        }
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => {}
    }
    node.pointer = pointer;
}
