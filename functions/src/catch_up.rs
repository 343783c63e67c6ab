//! Tells what was recorded and not told: to the bus what happened, to machines how what they wait for was answered. And
//! starts what follows a run, where nobody has.
//!
//! Whoever records something tells it right after. Who was killed in between left a note in the index.

use pawl_contract::StepError;

use crate::clock::Moment;
use crate::events::News;
use crate::{Error, Services, answer, follow_up};

/// Tells everything that is noted. Only where nobody else is about to: how much it was.
pub async fn catch_up(services: &Services) -> Result<usize, StepError> {
    // What was noted a moment ago, by whatever clock, is noted.
    let told = tell(services, services.now().after(1_000)).await;
    told.map_err(Error::into_step)
}

/// Tells what was noted before this moment: how much it was.
pub(crate) async fn tell(services: &Services, before: Moment) -> Result<usize, Error> {
    let before = before.iso();
    let told = tell_news(services, &before).await? + tell_answers(services, &before).await?;
    Ok(told + follow_up::start_late(services, &before).await?)
}

async fn tell_news(services: &Services, before: &str) -> Result<usize, Error> {
    let mut told = 0;
    loop {
        let untold = services.store().untold(before).await?;
        let found = untold.len();
        let mut left = 0;
        for news in untold {
            if News::from(news).tell(services).await {
                told += 1;
            } else {
                left += 1;
            }
        }
        // What could not be told now is told another time.
        if found == 0 || left > 0 {
            return Ok(told);
        }
    }
}

async fn tell_answers(services: &Services, before: &str) -> Result<usize, Error> {
    let mut told = 0;
    loop {
        let untold = services.store().untold_answers(before).await?;
        let found = untold.len();
        let mut left = 0;
        for answered in untold {
            let (org, run) = (&answered.org, &answered.run);
            match answer::tell_late(services, org, run, &answered.record).await {
                Ok(()) => told += 1,
                Err(error) => {
                    let error = error.into_step();
                    tracing::warn!(org, run, error.message, "an answer was not told");
                    left += 1;
                }
            }
        }
        if found == 0 || left > 0 {
            return Ok(told);
        }
    }
}
