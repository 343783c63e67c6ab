//! What an expression can look at: the members of variables that it names, so that only those are given to the engine.
//!
//! ```text
//! $states.input.order.id & $prefix   ->  states: { input: { order: { id } } }, prefix
//! $states.input.lines[price > 1]     ->  states: { input: { lines } }
//! ```

use std::collections::BTreeMap;

use jsonata_core::ast::{AstNode, PathStep};
use jsonata_core::value::with_stack;

use super::tree::{filters, under};

/// The part of a value that an expression can look at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    #[default]
    Whole,
    /// These members, where the value is an object; all of it where it is a list.
    Members(BTreeMap<String, Part>),
}

/// The variables that an expression can look at.
pub(super) type Uses = BTreeMap<String, Part>;

/// Finds what an expression can look at.
pub(super) fn uses(node: &AstNode) -> Uses {
    let mut uses = Uses::new();
    walk(node, &mut uses);
    uses
}

fn walk(node: &AstNode, uses: &mut Uses) {
    with_stack(|| {
        if let AstNode::Path { steps } = node {
            return path(steps, uses);
        }
        // A call by name may be of a variable that holds a function.
        if let AstNode::Variable(name) | AstNode::Function { name, .. } = node {
            add(uses, name, &[]);
        }
        under(node, &mut |node, _| walk(node, uses));
    });
}

/// A path looks at the member that its names lead to; at the first step that is anything more than a name it may look
/// at all that is there.
fn path(steps: &[PathStep], uses: &mut Uses) {
    let mut others = steps;
    if let Some((first, rest)) = steps.split_first()
        && let AstNode::Variable(variable) = &first.node
    {
        others = rest;
        let mut names = Vec::new();
        let mut plain = is_plain(first);
        for step in rest {
            // A later `%` goes back to what a marked step was taken of.
            let (AstNode::Name(name), true, false) = (&step.node, plain, is_marked(step)) else {
                break;
            };
            names.push(name.as_str());
            plain = is_plain(step);
        }
        add(uses, variable, &names);
        filters(first, &mut |filter| walk(filter, uses));
    }
    for step in others {
        walk(&step.node, uses);
        filters(step, &mut |filter| walk(filter, uses));
    }
}

/// Whether a step only leads on.
fn is_plain(step: &PathStep) -> bool {
    step.stages.is_empty() && step.focus.is_none() && step.index_var.is_none() && !is_marked(step)
}

fn is_marked(step: &PathStep) -> bool {
    step.ancestor_label.is_some() || step.is_tuple || step.inner_tuple
}

fn add(uses: &mut Uses, variable: &str, names: &[&str]) {
    let part = match uses.get_mut(variable) {
        Some(part) => part,
        None => uses
            .entry(variable.to_owned())
            .or_insert(Part::Members(BTreeMap::new())),
    };
    let mut part = part;
    for name in names {
        let Part::Members(members) = part else {
            return;
        };
        part = members
            .entry((*name).to_owned())
            .or_insert(Part::Members(BTreeMap::new()));
    }
    *part = Part::Whole;
}

#[cfg(test)]
mod tests {
    use super::{Part, Uses, uses};

    /// The uses of an expression as a text: `states(input(order(id)), prefix`.
    fn shown(uses: &Uses) -> String {
        let parts: Vec<String> = uses
            .iter()
            .map(|(name, part)| match part {
                Part::Whole => name.clone(),
                Part::Members(members) => format!("{name}({})", shown(members)),
            })
            .collect();
        parts.join(", ")
    }

    #[test]
    fn only_what_is_named_is_used() {
        let rows = [
            (
                "$states.input.order.id & $prefix",
                "prefix, states(input(order(id)))",
            ),
            ("$states.input.a + $states.input.b", "states(input(a, b))"),
            ("$states.input.a.b + $states.input.a", "states(input(a))"),
            ("$states.input + $states.input.a", "states(input)"),
            ("$states", "states"),
            (
                "$states.input.lines[price > $least].name",
                "least, states(input(lines))",
            ),
            ("$states.input.*", "states(input)"),
            ("$states.input.**.a", "states(input)"),
            ("$states.input.lines^(price)", "states(input(lines))"),
            ("$states.input.`a b`.c", "states(input(a b(c)))"),
            (
                "$states.input.lines.{'n': name, 'of': %.id}",
                "states(input)",
            ),
            (
                "$states.input.lines@$l.{'n': $l.name}",
                "l(name), states(input)",
            ),
            (
                "$map($states.input.a, function($x){ $x.b & $suffix })",
                "map, states(input(a)), suffix, x(b)",
            ),
            (
                "$states.input.a ~> $uppercase",
                "states(input(a)), uppercase",
            ),
            ("($y := $states.result.z; $y.q)", "states(result(z)), y"),
            (
                "{'a': $states.context.Execution.Name}",
                "states(context(Execution(Name)))",
            ),
            (
                "$states.input.a ? $b : [$c, $d.e]",
                "b, c, d(e), states(input(a))",
            ),
            ("1 + 1", ""),
        ];
        for (source, expected) in rows {
            let node = jsonata_core::parser::parse(source).expect(source);
            assert_eq!(shown(&uses(&node)), expected, "{source}");
        }
    }
}
