//! Waits until a model may be asked, where only so many may be asked at a time.
//!
//! Who waits looks again and again, those at the front more often. Where the invocation's time runs out, the visit keeps
//! its place in the queue and goes on in the next one.

use std::time::Duration;

use pawl_contract::{MOST_WAITS, code};
use pawl_store::{Comer, Place, Standing, Turnstile};

use crate::Error;
use crate::work::Context;

/// A place is given up so long after its holder was heard of last.
const PATIENCE: Duration = Duration::from_secs(30);
/// So often holders are heard of.
const HEARTBEAT: Duration = Duration::from_secs(8);
/// Who is first looks so often, and who is behind less often,
const SHORTEST_LOOK: Duration = Duration::from_millis(100);
/// but not less often than this.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// What all models of an organisation are behind.
const ALL_MODELS: &str = "models";

/// The turnstiles that a step has to pass: its own, and that of all models.
pub(super) fn all(context: &Context<'_>, own: Option<u32>) -> Vec<Turnstile> {
    let turnstile = |name: String, places: u32| Turnstile {
        org: context.org().to_owned(),
        name,
        places,
    };
    let step = || format!("{}/{}", context.run.workflow, context.step);
    let own = own.map(|places| turnstile(step(), places));
    let deployment = context.services.settings().llm_concurrency;
    let every = deployment.map(|places| turnstile(ALL_MODELS.to_owned(), places));
    own.into_iter().chain(every).collect()
}

/// Does something once every turnstile has let it in, and leaves behind it.
pub(super) async fn pass<T>(
    context: &Context<'_>,
    turnstiles: &[Turnstile],
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    if turnstiles.is_empty() {
        return work.await;
    }
    let mut places = Vec::new();
    for turnstile in turnstiles {
        places.push(wait(context, turnstile, &places).await?);
    }
    let done = stay(context, &places, work).await;
    for place in &places {
        // Whoever cannot say that they leave is not waited for, only later.
        if let Err(error) = context.store().leave(place).await {
            tracing::warn!(step = context.step, "{error}");
        }
    }
    done
}

/// Waits at one turnstile, with the places that were taken before.
async fn wait(
    context: &Context<'_>,
    turnstile: &Turnstile,
    taken: &[Place],
) -> Result<Place, Error> {
    let store = context.store();
    let mut heard = std::time::Instant::now();
    loop {
        let before = match store.enter(turnstile, &comer(context)).await? {
            Standing::Inside(place) => return Ok(place),
            Standing::Queued(before) => before,
        };
        // A turn needs time too; the next invocation has the whole time again.
        let half = context.timeout.map(|timeout| timeout / 2);
        if half
            .zip(context.time_left())
            .is_some_and(|(half, left)| left < half)
        {
            return Err(give_up(context, turnstile).await?);
        }
        if heard.elapsed() > HEARTBEAT {
            heard = std::time::Instant::now();
            for place in taken {
                store.renew(place, &comer(context)).await?;
            }
        }
        let look = SHORTEST_LOOK.saturating_mul(u32::try_from(before + 1).unwrap_or(u32::MAX));
        // Others are waited for, not a moment: however time passes here, they take as long as they take.
        tokio::time::sleep(look.min(LONGEST_LOOK)).await;
    }
}

/// How a step ends that has waited for too long.
async fn give_up(context: &Context<'_>, turnstile: &Turnstile) -> Result<Error, Error> {
    if context.turns < u64::from(MOST_WAITS) {
        context.goes_on().await?;
        let message = "the step goes on waiting in its next invocation";
        return Ok(Error::step(code::CONTINUE, message));
    }
    let message = format!(
        "only {} may ask a model at a time, and there was no turn for this step",
        turnstile.places
    );
    Ok(Error::step(code::RATE_LIMIT, message))
}

/// Works, and is heard of now and then.
async fn stay<T>(
    context: &Context<'_>,
    places: &[Place],
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let mut work = std::pin::pin!(work);
    loop {
        match tokio::time::timeout(HEARTBEAT, &mut work).await {
            Ok(done) => return done,
            Err(_) => {
                for place in places {
                    // A place that was lost meanwhile is no reason to throw an answer away.
                    if let Err(error) = context.store().renew(place, &comer(context)).await {
                        tracing::warn!(step = context.step, "{error}");
                    }
                }
            }
        }
    }
}

/// The visit, now.
fn comer(context: &Context<'_>) -> Comer {
    let now = context.services.now();
    Comer {
        who: context.idempotency_key(),
        now: u64::try_from(now.milliseconds()).unwrap_or(0),
        time: now.iso(),
        patience: u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX),
    }
}
