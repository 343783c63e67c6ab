//! Where everything lies: boxes for steps and loops, lines for ways.
//!
//! `docs/decisions/which-library-lays-graphs-out.md` says why it is dagre that decides.

mod avoid;
mod upright;

use dagre::graph::GraphOptions;
use dagre::layout::types::LabelPos;
use dagre::{EdgeLabel, LayoutOptions, NodeLabel};

use super::{Graph, Way};

/// A point, from the top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A box, by its centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) centre: Point,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// How large something is before it has a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A way's line and where its label lies.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) points: Vec<Point>,
    pub(super) label: Point,
}

/// Where everything lies.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) size: Size,
    /// The steps, by number.
    pub(super) steps: Vec<Area>,
    /// The loops, by number.
    pub(super) loops: Vec<Area>,
    /// The ways, by number.
    pub(super) lines: Vec<Line>,
    /// The ends: each step that ends the run has one of its own.
    pub(super) ends: Vec<Area>,
}

/// The diameter of an end.
pub(super) const END: f64 = 18.0;

/// Room above the steps of a loop, for its name.
const LOOP_NAME: f64 = 10.0;

type Dagre = dagre::graph::Graph<NodeLabel, EdgeLabel>;

/// Lays a graph out whose steps and labels have these sizes.
pub(super) fn lay_out(graph: &Graph, steps: &[Size], labels: &[Size]) -> Layout {
    let mut dagre = Dagre::with_options(GraphOptions {
        directed: true,
        multigraph: true,
        compound: true,
    });
    for (step, size) in steps.iter().enumerate() {
        dagre.set_node(step_name(step), Some(node(*size)));
    }
    let end = Size {
        width: END,
        height: END,
    };
    let enders = enders(graph);
    for step in &enders {
        dagre.set_node(end_name(*step), Some(node(end)));
    }
    for (number, _) in graph.loops.iter().enumerate() {
        let none = Size {
            width: 0.0,
            height: 0.0,
        };
        dagre.set_node(loop_name(number), Some(node(none)));
    }
    for (number, around) in graph.loops.iter().enumerate() {
        if let Some(around) = around.inside {
            dagre.set_parent(&loop_name(number), Some(&loop_name(around)));
        }
    }
    for (number, step) in graph.steps.iter().enumerate() {
        if let Some(around) = step.inside {
            dagre.set_parent(&step_name(number), Some(&loop_name(around)));
        }
    }
    for (number, (way, label)) in graph.ways.iter().zip(labels).enumerate() {
        let (from, to) = names(way);
        dagre.set_edge(from, to, Some(edge(way, *label)), Some(&number.to_string()));
    }
    for (number, (from, to)) in below(graph).into_iter().enumerate() {
        let unseen = EdgeLabel {
            weight: 0,
            ..EdgeLabel::default()
        };
        dagre.set_edge(from, to, Some(unseen), Some(&format!("below {number}")));
    }
    let options = LayoutOptions {
        nodesep: 44.0,
        edgesep: 24.0,
        ranksep: 40.0,
        ..LayoutOptions::default()
    };
    dagre::layout(&mut dagre, Some(options));
    let lines = graph.ways.iter().enumerate();
    let mut layout = Layout {
        size: Size {
            width: 0.0,
            height: 0.0,
        },
        steps: (0..steps.len())
            .map(|step| area(&dagre, &step_name(step)))
            .collect(),
        loops: (0..graph.loops.len())
            .map(|number| with_name(area(&dagre, &loop_name(number))))
            .collect(),
        lines: lines
            .map(|(number, way)| line(&dagre, number, way))
            .collect(),
        ends: enders
            .iter()
            .map(|step| area(&dagre, &end_name(*step)))
            .collect(),
    };
    layout.straighten();
    layout.attach(&graph.ways);
    layout.avoid();
    layout.settle(labels);
    layout
}

impl Layout {
    /// Moves everything so that it begins at the top left corner, and measures it.
    fn settle(&mut self, labels: &[Size]) {
        let areas = self.steps.iter().chain(&self.loops).chain(&self.ends);
        let mut corners: Vec<Point> = areas.flat_map(corners).collect();
        for (line, label) in self.lines.iter().zip(labels) {
            corners.extend(&line.points);
            corners.extend(corners_of(line.label, *label));
        }
        let least = |value: fn(&Point) -> f64| corners.iter().map(value).fold(f64::MAX, f64::min);
        let most = |value: fn(&Point) -> f64| corners.iter().map(value).fold(f64::MIN, f64::max);
        let (left, top) = (least(|point| point.x), least(|point| point.y));
        self.size = Size {
            width: most(|point| point.x) - left,
            height: most(|point| point.y) - top,
        };
        let areas = self.steps.iter_mut().chain(&mut self.loops);
        let centres = areas.chain(&mut self.ends).map(|area| &mut area.centre);
        let lines = self.lines.iter_mut();
        let points = lines.flat_map(|line| line.points.iter_mut().chain([&mut line.label]));
        for point in centres.chain(points) {
            point.x -= left;
            point.y -= top;
        }
    }
}

/// The steps from which the run can end, once each.
fn enders(graph: &Graph) -> Vec<usize> {
    let ways = graph.ways.iter().filter(|way| way.to.is_none());
    let mut enders: Vec<usize> = ways.map(|way| way.from).collect();
    enders.dedup();
    enders
}

/// What must lie below what, though no way leads there: where a loop goes on when it is done lies below the loop, not beside it.
fn below(graph: &Graph) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (number, found) in graph.loops.iter().enumerate() {
        let is_in = |step: usize| is_inside(graph, step, number);
        let done = |way: &&Way| way.from == found.head && way.port == "done";
        let Some(done) = graph.ways.iter().find(done) else {
            continue;
        };
        // Back into an outer loop, or to where the run has been before, is not on.
        if done.to.is_some_and(|to| is_in(to) || to < found.head) {
            continue;
        }
        let goes_on = |step: usize| {
            let mut ways = graph.ways.iter().filter(|way| way.from == step);
            ways.any(|way| way.to.is_some_and(|to| to > step && is_in(to)))
        };
        let last = (0..graph.steps.len()).filter(|step| is_in(*step) && !goes_on(*step));
        let (_, target) = names(done);
        pairs.extend(
            last.into_iter()
                .map(|step| (step_name(step), target.clone())),
        );
    }
    pairs
}

/// Whether a step stands in a loop, however deep.
fn is_inside(graph: &Graph, step: usize, number: usize) -> bool {
    let mut around = graph.steps.get(step).and_then(|step| step.inside);
    while let Some(found) = around {
        if found == number {
            return true;
        }
        around = graph.loops.get(found).and_then(|found| found.inside);
    }
    false
}

fn step_name(step: usize) -> String {
    format!("step {step}")
}

fn end_name(step: usize) -> String {
    format!("end {step}")
}

fn loop_name(number: usize) -> String {
    format!("loop {number}")
}

fn names(way: &Way) -> (String, String) {
    let to = way.to.map_or_else(|| end_name(way.from), step_name);
    (step_name(way.from), to)
}

fn node(size: Size) -> NodeLabel {
    NodeLabel {
        width: size.width,
        height: size.height,
        ..NodeLabel::default()
    }
}

fn edge(way: &Way, label: Size) -> EdgeLabel {
    EdgeLabel {
        width: label.width,
        height: label.height,
        labelpos: LabelPos::Center,
        // What a run usually does should be the straight line.
        weight: if way.is_error { 1 } else { 3 },
        ..EdgeLabel::default()
    }
}

fn area(dagre: &Dagre, name: &str) -> Area {
    let label = dagre.node(name);
    let number = |read: fn(&NodeLabel) -> Option<f64>| label.and_then(read).unwrap_or_default();
    Area {
        centre: Point {
            x: number(|label| label.x),
            y: number(|label| label.y),
        },
        width: number(|label| Some(label.width)),
        height: number(|label| Some(label.height)),
    }
}

/// A loop's box with room for its name.
fn with_name(area: Area) -> Area {
    Area {
        centre: Point {
            y: area.centre.y - LOOP_NAME / 2.0,
            ..area.centre
        },
        height: area.height + LOOP_NAME,
        ..area
    }
}

fn line(dagre: &Dagre, number: usize, way: &Way) -> Line {
    let (from, to) = names(way);
    let label = dagre.edge(&from, &to, Some(&number.to_string()));
    let points = label.into_iter().flat_map(|label| &label.points);
    let points: Vec<Point> = points
        .map(|point| Point {
            x: point.x,
            y: point.y,
        })
        .collect();
    let middle = points.get(points.len() / 2).copied();
    let middle = middle.unwrap_or(Point { x: 0.0, y: 0.0 });
    let x = label.and_then(|label| label.x).unwrap_or(middle.x);
    let y = label.and_then(|label| label.y).unwrap_or(middle.y);
    Line {
        points,
        label: Point { x, y },
    }
}

fn corners(area: &Area) -> [Point; 2] {
    let size = Size {
        width: area.width,
        height: area.height,
    };
    corners_of(area.centre, size)
}

fn corners_of(centre: Point, size: Size) -> [Point; 2] {
    [-0.5, 0.5].map(|side| Point {
        x: centre.x + side * size.width,
        y: centre.y + side * size.height,
    })
}
