//! What is known of names in sections: they are members of the items around, innermost first, or what they are outside.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Mode, Part, Section};
use crate::infer::{Finding, Mistake, Roots, infer_within, member_of};
use crate::reference::{Segment, collect};
use crate::tree::Node;
use crate::value_type::Type;

/// The item of a section, and the sections around it.
#[derive(Clone, Copy)]
pub(super) struct Items<'t> {
    /// The section's value, as it is written.
    written: &'t str,
    item: &'t Type,
    outer: Option<&'t Items<'t>>,
}

/// Looks for what can never be in the parts of a template.
pub(super) fn infer_parts(
    parts: &[Part],
    roots: &Roots<'_>,
    items: Option<&Items<'_>>,
    findings: &mut Vec<Finding>,
) {
    for part in parts {
        match part {
            Part::Text(_) => {}
            Part::Value(node) => {
                value(node, roots, items, findings);
            }
            Part::Section(section) => infer_section(section, roots, items, findings),
        }
    }
}

fn infer_section(
    section: &Section,
    roots: &Roots<'_>,
    items: Option<&Items<'_>>,
    findings: &mut Vec<Finding>,
) {
    let found = value(&section.node, roots, items, findings);
    let only_decides = found.never(|one| *one != Type::Flag);
    if section.mode == Mode::Otherwise || only_decides {
        infer_parts(&section.parts, roots, items, findings);
        return;
    }
    let is_list = |one: &Type| matches!(one, Type::List(_));
    let item = if found.is_list() {
        found.element()
    } else if found.may(is_list) || found.may(|one| *one == Type::Flag) {
        Type::Any
    } else {
        Type::either(found.present().cloned())
    };
    let inner = Items {
        written: &section.node.to_string(),
        item: &item,
        outer: items,
    };
    infer_parts(&section.parts, roots, Some(&inner), findings);
}

/// The type of a value that may begin with the name of an item's member.
fn value(
    node: &Node,
    roots: &Roots<'_>,
    items: Option<&Items<'_>>,
    findings: &mut Vec<Finding>,
) -> Type {
    let Some(innermost) = items else {
        return infer_within(node, roots, None, findings);
    };
    let mut references = Vec::new();
    collect(node, false, true, &mut references);
    let mut known = Roots::new();
    for reference in &references {
        let Some(Segment::Name(name)) = reference.path.first() else {
            continue;
        };
        let outside = roots.get(name.as_str());
        let found = named(name, innermost, outside);
        if found.is_none() && outside.is_none() {
            findings.push(Finding {
                mistake: Mistake::NoName {
                    name: name.clone(),
                    list: innermost.written.to_owned(),
                    item: innermost.item.clone(),
                },
                span: reference.span.clone(),
            });
        }
        let found = found.or_else(|| outside.cloned());
        known.insert(
            Cow::Owned(name.clone()),
            found.unwrap_or_else(|| Arc::new(Type::Any)),
        );
    }
    infer_within(node, &known, Some(innermost.item), findings)
}

/// What a name is in a section; none where no item around has it.
fn named(name: &str, innermost: &Items<'_>, outside: Option<&Arc<Type>>) -> Option<Arc<Type>> {
    let mut around = Some(innermost);
    while let Some(items) = around {
        let is_scalar = items
            .item
            .never(|one| matches!(one, Type::Object(_) | Type::List(_)));
        if let Some(found) = member_of(items.item, name).filter(|_| !is_scalar) {
            // An item that lacks it leaves it to what has that name outside.
            let is_certain = outside.is_none() && items.outer.is_none();
            return Some(Arc::new(if is_certain { found } else { Type::Any }));
        }
        around = items.outer;
    }
    None
}
