//! Loops of which somebody reads what their iterations gave, or all that they gave: each iteration runs for itself then, one
//! after the other, and the loop has the list.
//!
//! That changes nothing else where nobody outside reads a step of the body, and nothing in it ends the run or leads out.

use std::collections::BTreeSet;

use super::edges::Edges;
use super::loops::is_side_by_side;
use super::steps::Step;
use super::texts::{Piece, pieces};
use super::words::What;
use crate::source::Node;

/// What a loop gives whose iterations run each for itself, and another does not.
pub(super) const GATHERED: [&str; 3] = ["results", "result", "errors"];

/// Fields that name steps, and read nothing of them.
const NAMING: [&str; 10] = [
    "next_steps",
    "next_step",
    "else_steps",
    "error_steps",
    "dependencies",
    "depends_on",
    "connections",
    "body",
    "step_id",
    "id",
];

/// Finds these loops.
pub(super) fn find(root: &Node, steps: &mut [Step<'_>], edges: &Edges) {
    let gather = |at: &usize| {
        let step = steps.get(*at);
        step.is_some_and(|step| {
            step.what == What::Loop
                && !is_side_by_side(step)
                && (reads(root, &step.id) || is_put_together(*at, steps, edges))
                && is_apart(root, *at, steps, edges)
        })
    };
    let found: Vec<usize> = (0..steps.len()).filter(gather).collect();
    for at in found {
        if let Some(step) = steps.get_mut(at) {
            step.gathers = true;
        }
    }
}

/// Whether a text reads what a loop's iterations gave, or all that the loop gave.
fn reads(root: &Node, id: &str) -> bool {
    let mut found = false;
    root.each_string(&mut |node, text| {
        found |= GATHERED.iter().any(|member| names(text, id, member));
        found |= !is_naming(node) && reads_whole(text, id);
    });
    found
}

/// Whether a text is, or has in it, all that a step gave.
fn reads_whole(text: &str, id: &str) -> bool {
    let is_whole = |text: &str| {
        let text = text.trim();
        text == id || text.strip_suffix(".output") == Some(id)
    };
    let mut tags = pieces(text).filter_map(|piece| match piece {
        Piece::Tag(inner) => Some(inner),
        Piece::Words(_) => None,
    });
    is_whole(text) || tags.any(is_whole)
}

/// Whether what a loop gave is put together with more, or is what the run gives.
fn is_put_together(head: usize, steps: &[Step<'_>], edges: &Edges) -> bool {
    let done = edges.out.get(head).and_then(|ports| ports.get("done"));
    let mut after = done.into_iter().flatten().filter_map(|at| steps.get(*at));
    after.any(|step| matches!(step.what, What::Merge | What::Output))
}

/// Whether a text stands in a field that names steps.
fn is_naming(node: &Node) -> bool {
    let mut fields = node.pointer.split('/');
    fields.any(|field| NAMING.contains(&field))
}

/// Whether a text names a member of a step's output.
pub(super) fn names(text: &str, id: &str, member: &str) -> bool {
    let paths = [format!("{id}.{member}"), format!("{id}.output.{member}")];
    paths.iter().any(|path| has(text, path))
}

/// Whether a name or a path stands in a text, and not only as a part of a longer name.
fn has(text: &str, path: &str) -> bool {
    let is_of_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(path).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().last());
        let after = text.get(at + path.len()..);
        let after = after.and_then(|after| after.chars().next());
        !before.is_some_and(|letter| is_of_name(letter) || letter == '-')
            && !after.is_some_and(is_of_name)
    })
}

/// Whether the body of a loop has nothing to do with what stands outside, but for the loop.
fn is_apart(root: &Node, head: usize, steps: &[Step<'_>], edges: &Edges) -> bool {
    let inside = edges.inside(head);
    let stays = |at: &usize| {
        let mut after = edges.after(*at);
        after.all(|target| target == head || inside.contains(&target))
            && edges.ends_of(*at).next().is_none()
    };
    let of = |inside: &BTreeSet<usize>| -> Vec<&Step<'_>> {
        inside.iter().filter_map(|at| steps.get(*at)).collect()
    };
    let body = of(&inside);
    let mut is_read = false;
    root.each_string(&mut |node, text| {
        let is_within = body.iter().any(|step| step.node.holds(&node.pointer));
        is_read |= !is_within && !is_naming(node) && body.iter().any(|step| has(text, &step.id));
    });
    inside.iter().all(stays) && !is_read
}
