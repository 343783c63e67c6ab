//! The signs of kinds and standings. They are drawn, not written: not every type has such characters.

use pawl_contract::Kind;

use super::super::layout::{Area, Point};
use super::super::{Look, Standing, StateType};
use super::write::Svg;

/// How large a kind's sign is.
pub(super) const ICON: f64 = 20.0;

/// How large a standing's sign is, from its centre.
pub(super) const BADGE: f64 = 7.5;

/// Draws the sign of a step or state, white on its colour.
pub(super) fn look(svg: &mut Svg, look: Look, at: Point) {
    let area = Area {
        centre: at,
        width: ICON,
        height: ICON,
    };
    svg.rect(&format!("icon {}", look.name()), at, area, 5.0);
    let (class, path) = match look {
        Look::Step(kind) => self::kind(kind),
        Look::State(state) => self::state(state),
    };
    svg.path_at(class, at, path);
}

/// The sign of a state: that of the kind that does the like.
fn state(state: StateType) -> (&'static str, &'static str) {
    if state == StateType::Fail {
        return ("sign", "M6.2 6.2 13.8 13.8M13.8 6.2 6.2 13.8");
    }
    state
        .like()
        .map_or(("sign", "M5.5 10.3 8.8 13.6 14.8 6.6"), self::kind)
}

fn kind(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Trigger => ("solid", "M7 5 L15 10 L7 15 Z"),
        // Someone says something.
        Kind::Llm => ("sign", "M4.5 5h11v7.5h-5.5l-3 3v-3h-2.5z"),
        Kind::Action => ("sign", "M4.5 10h10.5M10.5 5.5 15 10l-4.5 4.5"),
        // Something goes out, something comes back.
        Kind::Request => (
            "sign",
            "M4.5 7.5h11M12.5 4.5l3 3-3 3M15.5 13h-11M7.5 10l-3 3 3 3",
        ),
        // The ways part.
        Kind::Condition => (
            "sign",
            "M10 4v4.5L5.5 15M10 8.5 14.5 15M3.6 12.5 5.5 15l2.7-1.3M16.4 12.5 14.5 15l-2.7-1.3",
        ),
        // The ways part more than once.
        Kind::Switch => (
            "sign",
            "M10 4v12M10 8 5 13M10 8l5 5M3.6 10.8 5 13l2.4-1M16.4 10.8 15 13l-2.4-1M8 13.8l2 2.2 2-2.2",
        ),
        Kind::Loop => ("sign", "M15 10a5 5 0 1 1-1.8-3.8M13.6 3v3.4h-3.4"),
        Kind::Transform => (
            "sign",
            "M8 4.5c-2.4 0-.8 4.7-3.2 5.5 2.4.8.8 5.5 3.2 5.5M12 4.5c2.4 0 .8 4.7 3.2 5.5-2.4.8-.8 5.5-3.2 5.5",
        ),
        // A person.
        Kind::Approval => (
            "sign",
            "M10 4a2.6 2.6 0 1 1-.01 0M4.8 15.8c.4-3.2 2.4-4.8 5.2-4.8s4.8 1.6 5.2 4.8",
        ),
        // Something is heard.
        Kind::Signal => (
            "sign",
            "M10 15.5v-5M7 8.6a4 4 0 0 1 6 0M4.6 6.2a7.2 7.2 0 0 1 10.8 0",
        ),
        // One inside of the other.
        Kind::Subflow => ("sign", "M4.5 4.5h11v11h-11zM8 8h4v4h-4z"),
        // A clock.
        Kind::Delay => ("sign", "M10 4a6 6 0 1 1-.01 0M10 6.8V10l2.4 1.6"),
        // Several ways from one.
        Kind::Parallel => (
            "sign",
            "M4 10h3.5M7.5 10 11 5h4.5M7.5 10h8M7.5 10l3.5 5h4.5",
        ),
        // One way from several.
        Kind::Merge => (
            "sign",
            "M16 10h-3.5M12.5 10 9 5H4.5M12.5 10h-8M12.5 10 9 15H4.5",
        ),
    }
}

/// Draws the sign of a standing around a point.
pub(super) fn standing(svg: &mut Svg, standing: Standing, centre: Point) {
    svg.circle(&format!("badge {}", super::class(standing)), centre, BADGE);
    let path = match standing {
        Standing::NotReached => return,
        Standing::Completed => "M-3.5 .3 -1 2.8 3.6-2.6",
        Standing::Running => "M-2-3.3 3.3 0-2 3.3Z",
        Standing::Failed => "M-2.8-2.8 2.8 2.8M2.8-2.8-2.8 2.8",
    };
    svg.path_at("sign", centre, path);
}
