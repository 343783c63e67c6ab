//! Lines that go around the steps in their way: the library leads some of them, such as the short ones back to a loop,
//! straight through.

use super::{Area, Layout, Point};

/// How far inside of a box's border a line is on its way through it.
const TOUCH: f64 = 2.0;

/// How far from a box a line goes around it.
const MARGIN: f64 = 10.0;

/// How often a line may be led around something; what is in the way of one detour may be beside the next.
const MOST_DETOURS: usize = 24;

impl Layout {
    /// Leads lines around the steps that they would go through.
    pub(super) fn avoid(&mut self) {
        let steps = &self.steps;
        for line in &mut self.lines {
            for _ in 0..MOST_DETOURS {
                let Some((at, around)) = detour(&line.points, steps) else {
                    break;
                };
                line.points.splice(at..at, around);
            }
        }
    }
}

/// The first detour that a line needs: before which of its points, and by which points.
fn detour(points: &[Point], steps: &[Area]) -> Option<(usize, Vec<Point>)> {
    pairs(points).enumerate().find_map(|(at, (from, to))| {
        let step = steps.iter().find(|step| step.is_crossed(from, to))?;
        let around = step.around(from, to);
        (!around.is_empty()).then_some((at + 1, around))
    })
}

impl Area {
    /// Whether the way between two points leads through the box.
    fn is_crossed(&self, from: Point, to: Point) -> bool {
        // The part of the way that lies between two sides, then between the two others.
        let sides = [
            (from.x, to.x, self.centre.x, self.width / 2.0 - TOUCH),
            (from.y, to.y, self.centre.y, self.height / 2.0 - TOUCH),
        ];
        let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
        for (from, to, centre, half) in sides {
            let length = to - from;
            if length.abs() < f64::EPSILON {
                if (from - centre).abs() >= half {
                    return false;
                }
                continue;
            }
            let ends = [centre - half, centre + half].map(|side| (side - from) / length);
            let [one, other] = ends;
            enters = enters.max(one.min(other));
            leaves = leaves.min(one.max(other));
        }
        enters < leaves
    }

    /// The corners by which the shortest way between two points goes around the box.
    fn around(&self, from: Point, to: Point) -> Vec<Point> {
        let sides = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
        let corners = sides.map(|(x, y)| Point {
            x: self.centre.x + x * (self.width / 2.0 + MARGIN),
            y: self.centre.y + y * (self.height / 2.0 + MARGIN),
        });
        let next = corners.iter().cycle().skip(1);
        let beside = corners.iter().zip(next);
        let ways =
            beside.flat_map(|(one, other)| [vec![*one], vec![*one, *other], vec![*other, *one]]);
        let whole = |way: &[Point]| [&[from], way, &[to]].concat();
        let is_free = |way: &Vec<Point>| {
            let whole = whole(way);
            !pairs(&whole).any(|(from, to)| self.is_crossed(from, to))
        };
        let length = |way: &Vec<Point>| -> f64 {
            let whole = whole(way);
            pairs(&whole)
                .map(|(from, to)| (to.x - from.x).hypot(to.y - from.y))
                .sum()
        };
        ways.filter(is_free)
            .min_by(|one, other| length(one).total_cmp(&length(other)))
            .unwrap_or_default()
    }
}

/// The points of a line, each with the next one.
fn pairs(points: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    points
        .iter()
        .zip(points.iter().skip(1))
        .map(|(from, to)| (*from, *to))
}
