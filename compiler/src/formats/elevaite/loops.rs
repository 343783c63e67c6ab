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
        (
            &[
                "max_concurrency",
                "concurrency",
                "parallelism",
                "batch_size",
            ],
            "concurrency",
        ),
    ];
    for (written, native) in fields {
        config.maybe(native, step.first(written).cloned());
    }
    if !config.has("itemVariable") {
        config.put("itemVariable", text(step.node, "item"));
    }
    // One at a time, iterations share what they set, as there.
    if config
        .field("concurrency")
        .is_some_and(|node| node.as_u64() == Some(1))
    {
        config.take("concurrency");
    }
    let is_parallel = step
        .get("parallel")
        .is_some_and(|flag| flag.data == Data::Bool(true));
    if is_parallel && !config.has("concurrency") {
        let node = step.get("parallel").unwrap_or(step.node);
        config.put("concurrency", build::number(node, 10));
    }
    config
}
