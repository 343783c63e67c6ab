//! Ways: lines with round corners, arrows and labels.

use std::fmt::Write;

use super::super::Way;
use super::super::layout::{Line, Point};
use super::write::{Svg, number};

/// How round a corner is.
const ROUND: f64 = 14.0;

/// Draws the line of a way.
pub(super) fn draw(svg: &mut Svg, way: &Way, line: &Line) {
    let class = class(way);
    svg.path(&format!("way {class}"), &path(&line.points));
    if let [.., before, tip] = line.points.as_slice() {
        arrow(svg, class, *before, *tip);
    }
}

/// Writes the label of a way.
pub(super) fn label(svg: &mut Svg, way: &Way, at: Point) {
    let class = format!("port {}", class(way));
    svg.text(&class, at.x, at.y + 4.0, &label_text(way));
}

/// What a way's label says: its port, and how often a run went it.
pub(super) fn label_text(way: &Way) -> String {
    match way.taken {
        Some(taken) if taken > 1 => format!("{} ×{taken}", way.port),
        _ => way.port.clone().into_owned(),
    }
}

fn class(way: &Way) -> &'static str {
    match (way.is_error, way.taken) {
        (false, None) => "possible",
        (true, None) => "error",
        (true, Some(0)) => "error not-taken",
        (false, Some(0)) => "not-taken",
        (false, Some(_)) => "taken",
        (true, Some(_)) => "error taken",
    }
}

/// A line through all points. Its corners are round, so that the eye follows it where others cross.
fn path(points: &[Point]) -> String {
    let mut path = String::new();
    let [first, middle @ .., last] = points else {
        return path;
    };
    let mut write = |command: &str, points: &[Point]| {
        path.push_str(command);
        for point in points {
            write!(path, "{} {} ", number(point.x), number(point.y))
                .expect("writing to a string cannot fail");
        }
    };
    write("M", &[*first]);
    let nexts = middle.iter().skip(1).chain([last]);
    let mut before = *first;
    for (corner, next) in middle.iter().zip(nexts) {
        write("L", &[towards(*corner, before)]);
        write("Q", &[*corner, towards(*corner, *next)]);
        before = *corner;
    }
    write("L", &[*last]);
    path.trim_end().to_owned()
}

/// The point from which a corner is round: a little before it, at most half way.
fn towards(corner: Point, other: Point) -> Point {
    let (x, y) = (other.x - corner.x, other.y - corner.y);
    let length = x.hypot(y);
    let part = if length > 0.0 {
        (ROUND / length).min(0.5)
    } else {
        0.0
    };
    Point {
        x: corner.x + x * part,
        y: corner.y + y * part,
    }
}

/// An arrow head. A marker would do, but not every program colours markers like their lines.
fn arrow(svg: &mut Svg, class: &str, before: Point, tip: Point) {
    let (x, y) = (tip.x - before.x, tip.y - before.y);
    let length = x.hypot(y);
    if length == 0.0 {
        return;
    }
    let (x, y) = (x / length * 9.0, y / length * 9.0);
    let [left, right] = [0.45, -0.45].map(|side| Point {
        x: tip.x - x - y * side,
        y: tip.y - y + x * side,
    });
    let points = [tip, left, right];
    let points = points.map(|point| format!("{} {}", number(point.x), number(point.y)));
    svg.path(
        &format!("arrow {class}"),
        &format!("M{}Z", points.join("L")),
    );
}
