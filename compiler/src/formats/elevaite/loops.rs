//! Loops: what they go through, and for how long.

use super::super::Translation;
use super::super::build::{self, Object, list, text};
use super::steps::Step;
use super::texts::{PLACE, Texts};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Data;

/// The words for a loop's list.
const ITEMS: [&str; 10] = [
    "items",
    "items_path",
    "collection",
    "list",
    "over",
    "iterate_over",
    "array",
    "input_list",
    "data",
    "source",
];

/// The words for how many items are gone through at a time.
const CONCURRENCY: [&str; 4] = [
    "max_concurrency",
    "concurrency",
    "parallelism",
    "batch_size",
];

/// How often a loop without a list may go around.
const MOST_ROUNDS: u64 = 1000;

/// Going through a list.
pub(super) fn r#loop(
    step: &Step<'_>,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Object {
    let names = texts.names(step);
    let mut config = Object::of(step.node);
    if let Some(items) = step.first(&ITEMS) {
        let node = match items.as_str() {
            Some(_) => text(
                items,
                format!("{{{{{}}}}}", texts.mapped(items, &names, PLACE)),
            ),
            None => texts.value(items, &names),
        };
        config.put("items", node);
    }
    if !config.has("items")
        && let Some(rounds) = step.first(&["max_iterations", "max_loops", "iterations", "count"])
        && let Some(count) = crate::shape::whole(rounds).filter(|count| *count <= MOST_ROUNDS)
    {
        translation.differs(
            "loops-without-a-list",
            rounds,
            format!("the loop has no list, so it goes around {count} times"),
        );
        let numbers = (0..count).map(|number| build::number(rounds, number));
        config.put("items", list(rounds, numbers.collect()));
    }
    if !config.has("items") {
        let message = format!("step `{}` has no `items`", step.id);
        translation.say(
            Diagnostic::error(codes::MISSING_FIELD, message)
                .on(step.node)
                .help("add the list to go through: `\"items\": \"{{find.output.orders}}\"`"),
        );
        // Nothing else is to be said of it.
        config.put("items", list(step.node, Vec::new()));
    }
    let fields = [
        (
            &[
                "item_variable",
                "item_name",
                "itemVariable",
                "loop_variable",
            ][..],
            "itemVariable",
        ),
        (&["index_variable"], "indexVariable"),
        (&["max_iterations", "max_loops"], "maxIterations"),
        (&["continue_on_error"], "continueOnError"),
        (&CONCURRENCY, "concurrency"),
    ];
    for (written, native) in fields {
        config.maybe(native, step.first(written).cloned());
    }
    if !config.has("itemVariable") {
        config.put("itemVariable", text(step.node, "item"));
    }
    // One at a time, iterations share what they set, as there.
    if step.gathers {
        translation.differs(
            "loops-that-gather",
            step.node,
            format!(
                "what the iterations of `{}` gave is read, so each of them runs for itself, one after the other",
                step.id
            ),
        );
        config.put("concurrency", build::number(step.node, 1));
    } else if !is_side_by_side(step) {
        config.take("concurrency");
    } else if !config.has("concurrency") {
        let node = step.get("parallel").unwrap_or(step.node);
        config.put("concurrency", build::number(node, 10));
    }
    config
}

/// Whether a loop goes through several items at a time.
pub(super) fn is_side_by_side(step: &Step<'_>) -> bool {
    let is_parallel = || {
        let flag = step.get("parallel");
        flag.is_some_and(|flag| flag.data == Data::Bool(true))
    };
    match step.first(&CONCURRENCY) {
        Some(most) => most.as_u64() != Some(1) || is_parallel(),
        None => is_parallel(),
    }
}
