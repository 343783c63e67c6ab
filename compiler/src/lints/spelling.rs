//! Spellings that are understood, and that newer definitions do not use.

use std::ops::Range;

use pawl_contract::Kind;
use pawl_expression::Segment;

use super::Facts;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Entry, Node};

/// Older words for things: ports, ends, trigger types, `$now`.
pub(super) fn not_canonical(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let slugs: std::collections::BTreeSet<&str> =
        facts.steps().map(|(_, step)| step.slug.as_str()).collect();
    for (_, step) in facts.steps() {
        for (port, edge) in &step.ports {
            let (spelled, span) = &edge.port;
            if spelled != port {
                diagnostics.push(say(&edge.place.pointer, span.clone(), spelled, port));
            }
            let target = edge.target.as_deref();
            let old = target.filter(|word| ["finish", "noop"].contains(word));
            // Where a step is called `end`, the older word is the only one for the end of the run.
            let is_free = |word: &&str| !slugs.contains(word) && !slugs.contains("end");
            if let Some(word) = old.filter(is_free) {
                let place = &edge.place;
                diagnostics.push(say(&place.pointer, place.span.clone(), word, "end"));
            }
        }
        let is_old = |entry: &&Entry| entry.key == "outputMapping" && step.kind == Kind::Transform;
        if let Some(entry) = step.config.entries().iter().find(is_old) {
            let span = entry.key_span.clone();
            diagnostics.push(say(&entry.node.pointer, span, "outputMapping", "mapping"));
        }
        let trigger = step
            .config
            .get("type")
            .filter(|_| step.kind == Kind::Trigger);
        let scheduled = trigger.filter(|node| node.as_str() == Some("scheduled"));
        // Whoever asks how a run began compares it with the word that stands here.
        let scheduled = scheduled.filter(|_| facts.text.matches("scheduled").count() == 1);
        if let Some(node) = scheduled {
            diagnostics.push(say(
                &node.pointer,
                node.span.clone(),
                "scheduled",
                "schedule",
            ));
        }
    }
    let is_taken = facts.definition.settings.variables.contains_key("now")
        || facts.steps().any(|(_, step)| has_word(&step.config, "now"));
    for text in facts.texts {
        for reference in &text.references {
            if reference.path.first() == Some(&Segment::Name("$now".to_owned())) {
                let node: &Node = &text.node;
                let span = node.inner_span(facts.text, reference.span.clone());
                let place = (node.pointer.clone(), span);
                // Inside of a section, `now` may be a field of the section's item.
                diagnostics.push(if reference.relative || is_taken {
                    older("$now", "now")
                        .at(place.0, place.1)
                        .help("write `now`, unless something of yours has that name here")
                } else {
                    say(&place.0, place.1, "$now", "now")
                });
            }
        }
    }
}

fn say(pointer: &str, span: Range<usize>, old: &str, new: &str) -> Diagnostic {
    older(old, new)
        .at(pointer.to_owned(), span)
        .meant(old, Some(new))
        .help(format!("write `{new}`"))
}

/// Whether a word is a key or a value somewhere, and so perhaps a name.
fn has_word(node: &Node, word: &str) -> bool {
    let in_entries = |entry: &Entry| entry.key == word || has_word(&entry.node, word);
    node.as_str() == Some(word)
        || node.entries().iter().any(in_entries)
        || node
            .elements()
            .iter()
            .any(|element| has_word(element, word))
}

fn older(old: &str, new: &str) -> Diagnostic {
    let message = format!("`{old}` is an older word for `{new}`");
    Diagnostic::note(codes::NOT_CANONICAL, message)
}
