//! Lines that pass, leave and meet rows of steps upright: the library's own cut the corners of steps beside them.

use super::super::Way;
use super::{Area, Layout, Point};

/// How far from a row of steps a line may turn.
const CLEARANCE: f64 = 3.0;

/// How far from a box's corner a line may begin.
const CORNER: f64 = 14.0;

impl Layout {
    /// Lets lines pass rows of steps upright, so that they do not touch the corners of those beside them.
    pub(super) fn straighten(&mut self) {
        let steps = &self.steps;
        for line in &mut self.lines {
            let [first, middle @ .., last] = line.points.as_slice() else {
                continue;
            };
            let mut points = vec![*first];
            let mut before = *first;
            for point in middle {
                let row = steps
                    .iter()
                    .find(|step| (step.centre.y - point.y).abs() < 1.0);
                let half = row.map_or(0.0, |step| step.height / 2.0 + CLEARANCE);
                let half = if before.y < point.y { half } else { -half };
                let ends = [-half, half].map(|offset| Point {
                    y: point.y + offset,
                    ..*point
                });
                if half == 0.0 {
                    points.push(*point);
                } else {
                    points.extend(ends);
                }
                before = *point;
            }
            points.push(*last);
            line.points = points;
        }
    }

    /// Lets lines leave and meet steps at their lower and upper borders, so that none goes sideways through a row of steps.
    pub(super) fn attach(&mut self, ways: &[Way]) {
        let steps = &self.steps;
        for (line, way) in self.lines.iter_mut().zip(ways) {
            if let [first, next, ..] = line.points.as_mut_slice()
                && let Some(step) = steps.get(way.from)
            {
                *first = step.border(*first, *next);
            }
            if let [.., before, last] = line.points.as_mut_slice()
                && let Some(step) = way.to.and_then(|to| steps.get(to))
            {
                *last = step.border(*last, *before);
            }
        }
    }
}

impl Area {
    /// Where a line meets the border that faces its next point. What lies beside the box is met where it was.
    fn border(&self, met: Point, next: Point) -> Point {
        let half = self.height / 2.0;
        let y = match next.y - self.centre.y {
            below if below > half => self.centre.y + half,
            above if above < -half => self.centre.y - half,
            _ => return met,
        };
        let room = (self.width / 2.0 - CORNER).max(0.0);
        let x = met.x.clamp(self.centre.x - room, self.centre.x + room);
        Point { x, y }
    }
}
