//! Business records that somebody writes outside of runs: told to the bus as those that steps write.

use pawl_contract::StepError;
use pawl_store::{Business, Change, Committed, Transaction, Writes};

use crate::events::{self, News, Occasion};
use crate::{Error, Services, id};

/// Where events stand until they are told, in the place of a run.
const OUTBOX: &str = "doc#outbox";

/// Who speaks in the place of a run and its workflow.
const SPEAKER: &str = "api";

/// Writes a business record along with another change. Whether it was what it replaces until now; nothing is written
/// where it was not.
pub async fn write_record(
    services: &Services,
    org: &str,
    business: Business,
    noted: Change,
) -> Result<bool, StepError> {
    write(services, org, business, noted)
        .await
        .map_err(Error::into_step)
}

async fn write(
    services: &Services,
    org: &str,
    business: Business,
    noted: Change,
) -> Result<bool, Error> {
    let (store, now) = (services.store(), services.now());
    let mut transaction = Transaction::new(org, OUTBOX);
    transaction.business(store, &business).await?;
    transaction.change(store, noted).await?;
    let key = id::new(now);
    let occasion = Occasion {
        org,
        run: SPEAKER,
        workflow: SPEAKER,
        key: &key,
        time: now,
    };
    let told = events::of_writes(&Writes::from(business), &occasion);
    let news = News::write(told, &key, &mut transaction, services).await?;
    let is_written = transaction.commit(store).await? == Committed::Done;
    if is_written {
        news.tell(services).await;
    }
    Ok(is_written)
}
