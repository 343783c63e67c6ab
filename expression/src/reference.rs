//! What an expression refers to, so that a compiler can check it and a step can fetch it.

use std::ops::Range;

use serde_json::Value;

use crate::tree::{Access, Base, Form, Node, children};

/// A path that begins with a root name, such as `steps.get_customer.output.email`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The root's name, then what follows it.
    pub path: Vec<Segment>,
    /// Where it stands, in bytes of the text.
    pub span: Range<usize>,
    /// Whether an elvis stands in for it where its root, step or variable is absent.
    pub has_default: bool,
    /// Whether it stands in a section, where it may be a member of the section's item instead.
    pub relative: bool,
}

/// One part of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// A member.
    Name(String),
    /// An element.
    Index(i64),
    /// A filter, or an index that is known only when it is evaluated.
    Dynamic,
}

/// Adds the references of a tree in the order of the text.
pub(crate) fn collect(
    node: &Node,
    has_default: bool,
    relative: bool,
    references: &mut Vec<Reference>,
) {
    if let Form::Function(names, body) = &node.form {
        // What a function binds refers to nothing outside of it.
        let mut inner = Vec::new();
        collect(body, has_default, relative, &mut inner);
        let is_bound = |reference: &Reference| matches!(reference.path.first(), Some(Segment::Name(name)) if names.contains(name));
        references.extend(inner.into_iter().filter(|reference| !is_bound(reference)));
        return;
    }
    if let Form::Path(Base::Root(name), accesses) = &node.form {
        let path = std::iter::once(Segment::Name(name.clone()))
            .chain(accesses.iter().map(segment))
            .collect();
        references.push(Reference {
            path,
            span: node.span.clone(),
            has_default,
            relative,
        });
    }
    // Only the left side is stood in for.
    let covered = matches!(node.form, Form::Elvis(..) | Form::Default(..));
    for (at, child) in children(&node.form).into_iter().enumerate() {
        collect(
            child,
            has_default || (covered && at == 0),
            relative,
            references,
        );
    }
}

fn segment(access: &Access) -> Segment {
    match access {
        Access::Member(name) => Segment::Name(name.clone()),
        Access::Filter(_) => Segment::Dynamic,
        Access::Index(node) => literal_index(node).map_or(Segment::Dynamic, Segment::Index),
    }
}

fn literal_index(node: &Node) -> Option<i64> {
    let Form::Literal(Value::Number(index)) = &node.form else {
        return None;
    };
    index.as_i64()
}
