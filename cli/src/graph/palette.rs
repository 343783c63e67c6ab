//! Colours that people with any sight, and printers without colour, can tell apart; none of them says anything alone.

use pawl_contract::Kind;

use super::{Look, Standing, StateType};

/// The colour of a kind. White is readable on it.
fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Trigger => "#3d4a54",
        Kind::Llm => "#8e4585",
        Kind::Action => "#0067a3",
        Kind::Request => "#4a4fb5",
        Kind::Condition => "#a85500",
        Kind::Switch => "#9a4a1f",
        Kind::Loop => "#00735a",
        Kind::Transform => "#66707a",
        Kind::Approval => "#b3261e",
        Kind::Signal => "#7a6a00",
        Kind::Subflow => "#4b5fb0",
        Kind::Delay => "#5b6f52",
        Kind::Parallel => "#00687d",
        Kind::Merge => "#5d5f8a",
    }
}

/// The colour of a box. White is readable on it. A state has the colour of the kind that does the like.
pub(super) fn look(look: Look) -> &'static str {
    match look {
        Look::Step(kind) => self::kind(kind),
        Look::State(StateType::Fail) => standing(Standing::Failed),
        Look::State(state) => state
            .like()
            .map_or_else(|| standing(Standing::Completed), self::kind),
    }
}

/// The colour of a standing. White is readable on it.
pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::NotReached => "#7b868e",
        Standing::Completed => "#00735a",
        Standing::Running => "#0067a3",
        Standing::Failed => "#c24400",
    }
}
