//! The Task that asks on behalf of a step: its question stands below the step's visit, which goes on with the answer.

use pawl_contract::{Position, code};
use serde_json::Value;

use crate::{Error, Services};

/// What a Task asks on behalf of a step.
pub(super) struct Asked {
    /// The question, as the step has written it.
    pub input: Value,
    /// The position of the step's own visit, to which every answer leads back.
    pub back: Position,
}

/// The place of the last question of the visit at a position, and the question.
pub(super) async fn find(
    services: &Services,
    position: Position,
) -> Result<(Position, Asked), Error> {
    let Position { org, run, at, .. } = &position;
    let questions = services.store().questions(org, run, at).await?;
    let Some(last) = questions.into_iter().next_back() else {
        return Err(Error::step(
            code::VALIDATION_ERROR,
            format!("the step at {at} has asked nothing"),
        ));
    };
    let place = Position {
        at: last.at,
        ..position.clone()
    };
    let asked = Asked {
        input: last.input,
        back: position,
    };
    Ok((place, asked))
}
