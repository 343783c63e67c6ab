//! The legend: the kinds and standings that the picture shows, and no others.

use std::collections::BTreeSet;

use super::super::layout::Point;
use super::super::{Graph, Look, Standing};
use super::icon::{self, ICON};
use super::write::{Svg, number, width_of};

/// The height of a row.
const ROW: f64 = 30.0;
/// Room between the picture and the legend.
const GAP: f64 = 28.0;

/// What is explained.
#[derive(Clone, Copy)]
enum Sign {
    Look(Look),
    Standing(Standing),
    /// The way of a failure, and whether the picture shows a run.
    Failure(bool),
    End,
}

/// The signs and where each of them lies.
pub(super) struct Legend(Vec<(Sign, Point)>);

impl Legend {
    /// The legend of a picture of this width.
    pub(super) fn of(graph: &Graph, width: f64) -> Self {
        let looks = graph.looks().into_iter().map(Sign::Look);
        let passed = graph.steps.iter().filter_map(|step| step.passed);
        let used: BTreeSet<Standing> = passed.map(|passed| passed.standing).collect();
        let standings = Standing::ALL.into_iter();
        let standings = standings.filter(|standing| used.contains(standing));
        let has_failure = graph.ways.iter().any(|way| way.is_error);
        let failure = has_failure.then_some(Sign::Failure(graph.run.is_some()));
        let has_end = graph.ways.iter().any(|way| way.to.is_none());
        let end = has_end.then_some(Sign::End);
        let mut at = Point { x: 0.0, y: GAP };
        let mut placed = Vec::new();
        let groups: [Vec<Sign>; 2] = [
            looks.chain(failure).chain(end).collect(),
            standings.map(Sign::Standing).collect(),
        ];
        for group in groups {
            for sign in group {
                let room = ICON + 8.0 + width_of(sign.name(), 12.0) + 18.0;
                if at.x > 0.0 && at.x + room > width {
                    at = Point {
                        x: 0.0,
                        y: at.y + ROW,
                    };
                }
                placed.push((sign, at));
                at.x += room;
            }
            // Standings begin a row of their own.
            if at.x > 0.0 {
                at = Point {
                    x: 0.0,
                    y: at.y + ROW,
                };
            }
        }
        Self(placed)
    }

    /// How much room it takes.
    pub(super) fn height(&self) -> f64 {
        self.0.last().map_or(0.0, |(_, at)| at.y + ICON)
    }

    /// Draws it below the picture.
    pub(super) fn draw(&self, svg: &mut Svg, top: f64) {
        let line = number(top + GAP / 2.0);
        svg.path("rule", &format!("M0 {line}H80"));
        for (sign, at) in &self.0 {
            let at = Point {
                x: at.x,
                y: at.y + top,
            };
            sign.draw(svg, at);
            svg.text("legend", at.x + ICON + 8.0, at.y + 14.5, sign.name());
        }
    }
}

impl Sign {
    fn name(self) -> &'static str {
        match self {
            Self::Look(look) => look.name(),
            Self::Standing(standing) => standing.name(),
            Self::Failure(false) => "way of a failure",
            Self::Failure(true) => "way of a failure (bold where it was taken)",
            Self::End => "end",
        }
    }

    fn draw(self, svg: &mut Svg, at: Point) {
        let centre = Point {
            x: at.x + ICON / 2.0,
            y: at.y + ICON / 2.0,
        };
        match self {
            Self::Look(look) => icon::look(svg, look, at),
            Self::Standing(standing) => icon::standing(svg, standing, centre),
            Self::Failure(_) => svg.path_at("way error", at, "M0 10H20"),
            Self::End => {
                svg.circle("end", centre, 8.0);
                svg.circle("end-dot", centre, 4.0);
            }
        }
    }
}
