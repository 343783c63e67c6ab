//! How everything looks, on a light page and on a dark one.

use std::fmt::Write;

use super::super::{Graph, Standing, palette};

/// What does not depend on kinds and standings. Custom properties would be shorter, but not every program knows them.
pub(super) const STYLE: &str = r"text { font-family: 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif; fill: #1c252b; }
.page { fill: #ffffff; }
.title { font-size: 18px; font-weight: 600; }
.subtitle { font-size: 12px; fill: #55626b; }
.slug { font-size: 13px; font-weight: 600; }
.detail { font-size: 11px; fill: #55626b; }
.visits { font-size: 11px; font-weight: 600; text-anchor: end; }
.legend { font-size: 12px; fill: #3a464e; }
.rule { stroke: #c4ccd1; stroke-width: 1; fill: none; }
.around { fill: #00735a; fill-opacity: .05; stroke: #00735a; stroke-opacity: .55; stroke-width: 1.2; stroke-dasharray: 6 4; }
.around-name { font-size: 11px; font-weight: 600; fill: #00735a; }
.box { fill: #ffffff; stroke: #7b868e; stroke-width: 1.4; }
.sign { fill: none; stroke: #ffffff; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
.solid { fill: #ffffff; stroke: #ffffff; stroke-width: 1; stroke-linejoin: round; }
.end { fill: #ffffff; stroke: #3d4a54; stroke-width: 1.8; }
.end-dot { fill: #3d4a54; }
.way { fill: none; stroke: #66737c; stroke-width: 1.4; }
.arrow { fill: #66737c; }
.way.error { stroke: #c24400; stroke-dasharray: 5 3; }
.arrow.error { fill: #c24400; }
.way.taken { stroke: #1c252b; stroke-width: 2.2; }
.arrow.taken { fill: #1c252b; }
.way.not-taken { stroke: #a9b3b9; stroke-width: 1.1; }
.arrow.not-taken { fill: #a9b3b9; }
.way.error.taken { stroke: #c24400; stroke-width: 4; stroke-dasharray: none; }
.arrow.error.taken { fill: #c24400; stroke: #c24400; stroke-width: 2; }
.port { font-size: 11px; text-anchor: middle; fill: #3a464e; paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; }
.port.error { fill: #c24400; }
.port.taken { font-weight: 600; fill: #1c252b; }
.port.error.taken { fill: #c24400; }
.port.not-taken { fill: #7b868e; }
.completed .box { fill: #eef7f4; stroke: #00735a; stroke-width: 1.8; }
.running .box { fill: #eaf3fa; stroke: #0067a3; stroke-width: 2.4; stroke-dasharray: 9 4; }
.failed .box { fill: #fdf0e9; stroke: #c24400; stroke-width: 3.4; }
.not-reached .box { stroke: #9aa5ac; stroke-width: 1.2; stroke-dasharray: 2 3; }
.not-reached .slug, .not-reached .detail { fill: #76828a; }
.not-reached .icon { fill-opacity: .45; }
.badge.not-reached { fill: none; stroke: #7b868e; stroke-dasharray: 2 2; }
@media (prefers-color-scheme: dark) {
text { fill: #e6ebee; }
.page { fill: #12181c; }
.subtitle, .detail { fill: #a3b0b8; }
.legend { fill: #c3cdd3; }
.rule { stroke: #3c4850; }
.around { fill: #3fc7a3; fill-opacity: .06; stroke: #3fc7a3; }
.around-name { fill: #5fd3b4; }
.box { fill: #1b2429; stroke: #8a969e; }
.end { fill: #12181c; stroke: #c3cdd3; }
.end-dot { fill: #c3cdd3; }
.way { stroke: #93a0a8; }
.arrow { fill: #93a0a8; }
.way.error { stroke: #ff8a50; }
.arrow.error { fill: #ff8a50; }
.way.taken { stroke: #f2f5f7; }
.arrow.taken { fill: #f2f5f7; }
.way.not-taken { stroke: #56636b; }
.arrow.not-taken { fill: #56636b; }
.way.error.taken { stroke: #ff8a50; }
.arrow.error.taken { fill: #ff8a50; stroke: #ff8a50; }
.port { fill: #c3cdd3; stroke: #12181c; }
.port.error, .port.error.taken { fill: #ff8a50; }
.port.taken { fill: #f2f5f7; }
.port.not-taken { fill: #7d8a92; }
.completed .box { fill: #11312a; stroke: #3fc7a3; }
.running .box { fill: #10293a; stroke: #5bb4ea; }
.failed .box { fill: #3a1d0f; stroke: #ff8a50; }
.not-reached .box { stroke: #6d7a82; }
.not-reached .slug, .not-reached .detail { fill: #8d9aa2; }
}
";

/// The colours of what stands in boxes, and of standings.
pub(super) fn looks(graph: &Graph) -> String {
    let mut styles = String::new();
    for look in graph.looks() {
        let (name, colour) = (look.name(), palette::look(look));
        writeln!(styles, ".icon.{name} {{ fill: {colour}; }}")
            .expect("writing to a string cannot fail");
    }
    let drawn = [Standing::Completed, Standing::Running, Standing::Failed];
    for standing in drawn {
        let (name, colour) = (super::class(standing), palette::standing(standing));
        writeln!(styles, ".badge.{name} {{ fill: {colour}; }}")
            .expect("writing to a string cannot fail");
    }
    styles
}
