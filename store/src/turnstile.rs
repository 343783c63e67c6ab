//! Turnstiles: so many may be inside at a time, and who came first goes in first; there is no server that would watch.
//!
//! ```text
//! acme#turnstile#models   s#0003                          a place inside: who has it, and until when
//! acme#turnstile#models   w#2026-11-21T08:00:00.000Z#...  somebody in the queue: who, and until when
//! ```
//! A place is taken by a write that holds only while nobody else has it, so never too many are inside. Who takes one
//! looks first how many wait that came before. Whoever ends without a word loses both when their time is over.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use crate::attribute::{Item, count, number, required, string};
use crate::fetch::primary_key;
use crate::pages::Pages;
use crate::{Error, Store, key};

/// DynamoDB forgets what is long over.
const FORGET_AFTER_SECONDS: u64 = 86_400;

/// Something that only so many may do at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turnstile {
    /// The organisation.
    pub org: String,
    /// What it stands in front of.
    pub name: String,
    /// How many may be inside.
    pub places: u32,
}

/// Who wants to go in, and when that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comer {
    /// The same however often they try.
    pub who: String,
    /// The moment, in milliseconds since 1970,
    pub now: u64,
    /// and as ISO 8601.
    pub time: String,
    /// How many milliseconds later they are given up, unless they are heard of again.
    pub patience: u64,
}

/// Where somebody stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Inside, in this place.
    Inside(Place),
    /// In the queue, with so many before.
    Queued(usize),
}

/// A place inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pk: String,
    sk: String,
    who: String,
}

/// Somebody, as an item says.
struct Found {
    sk: String,
    who: String,
    until: u64,
}

impl Store {
    /// Goes in if it is their turn, and otherwise stands in the queue.
    pub async fn enter(&self, turnstile: &Turnstile, comer: &Comer) -> Result<Standing, Error> {
        let pk = key::turnstile(&turnstile.org, &turnstile.name);
        let (inside, queue) = self.present(&pk, comer.now).await?;
        let place = |number: u32| Place {
            pk: pk.clone(),
            sk: key::place(number),
            who: comer.who.clone(),
        };
        // They have been here before, in an invocation that ended without a word.
        if let Some(own) = inside.iter().find(|found| found.who == comer.who) {
            let own = Place {
                sk: own.sk.clone(),
                ..place(0)
            };
            if self.renew(&own, comer).await? {
                return Ok(Standing::Inside(own));
            }
        }
        // Who has gone in may not have left the queue yet.
        let mut waiting = queue
            .iter()
            .filter(|found| !inside.iter().any(|other| other.who == found.who));
        let before = waiting.clone().position(|found| found.who == comer.who);
        let own = waiting.find(|found| found.who == comer.who);
        let before = before.unwrap_or_else(|| waiting_in(&queue, &inside));
        let mut free = (0..turnstile.places)
            .map(place)
            .filter(|place| !inside.iter().any(|found| found.sk == place.sk));
        // Those before take the places before.
        if let Some(place) = free.nth(before)
            && self.take(&place, comer).await?
        {
            if let Some(own) = own {
                self.remove(&pk, &own.sk, &comer.who).await?;
            }
            return Ok(Standing::Inside(place));
        }
        match own {
            // They are heard of when half of their time is over.
            Some(own) if own.until < comer.now + comer.patience / 2 => {
                let own = Place {
                    sk: own.sk.clone(),
                    ..place(0)
                };
                self.renew(&own, comer).await?;
            }
            Some(_) => {}
            None => {
                let sk = format!("{}{}#{}", key::QUEUE, comer.time, comer.who);
                let put = self.dynamodb.put_item().table_name(&self.table);
                let put = put.set_item(Some(item(&pk, &sk, comer))).send().await;
                put.map_err(Error::call("PutItem"))?;
            }
        }
        Ok(Standing::Queued(before))
    }

    /// Stays inside for another while. Whether the place is still theirs.
    pub async fn renew(&self, place: &Place, comer: &Comer) -> Result<bool, Error> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary_key(&place.pk, &place.sk)))
            .update_expression("SET #until = :until")
            .condition_expression("#who = :who")
            .expression_attribute_names("#until", "until")
            .expression_attribute_names("#who", "who")
            .expression_attribute_values(":until", number(comer.now + comer.patience))
            .expression_attribute_values(":who", string(&place.who));
        let refused = UpdateItemError::is_conditional_check_failed_exception;
        held("UpdateItem", update.send().await, refused)
    }

    /// Leaves; somebody else may go in.
    pub async fn leave(&self, place: &Place) -> Result<(), Error> {
        self.remove(&place.pk, &place.sk, &place.who).await
    }

    /// Who is inside and who waits, in order, but for those whose time is over.
    async fn present(&self, pk: &str, now: u64) -> Result<(Vec<Found>, Vec<Found>), Error> {
        let (mut inside, mut queue) = (Vec::new(), Vec::new());
        let mut pages = Pages::of(self.beginning(pk, ""));
        while let Some(items) = pages.next().await? {
            for item in items {
                let found = Found {
                    sk: required(&item, "sk")?.to_owned(),
                    who: required(&item, "who")?.to_owned(),
                    until: count(&item, "until")?,
                };
                if found.until <= now {
                    continue;
                }
                if found.sk.starts_with(key::QUEUE) {
                    queue.push(found);
                } else {
                    inside.push(found);
                }
            }
        }
        Ok((inside, queue))
    }

    /// Takes a place that nobody has, or that somebody had. Whether it is theirs now.
    async fn take(&self, place: &Place, comer: &Comer) -> Result<bool, Error> {
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(&place.pk, &place.sk, comer)))
            .condition_expression("attribute_not_exists(pk) OR #until <= :now")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":now", number(comer.now));
        let refused = PutItemError::is_conditional_check_failed_exception;
        held("PutItem", put.send().await, refused)
    }

    async fn remove(&self, pk: &str, sk: &str, who: &str) -> Result<(), Error> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(primary_key(pk, sk)))
            .condition_expression("#who = :who")
            .expression_attribute_names("#who", "who")
            .expression_attribute_values(":who", string(who));
        let refused = DeleteItemError::is_conditional_check_failed_exception;
        held("DeleteItem", delete.send().await, refused).map(|_| ())
    }
}

/// How many wait.
fn waiting_in(queue: &[Found], inside: &[Found]) -> usize {
    let waits = |found: &&Found| !inside.iter().any(|other| other.who == found.who);
    queue.iter().filter(waits).count()
}

fn item(pk: &str, sk: &str, comer: &Comer) -> Item {
    let until = comer.now + comer.patience;
    let mut item = Item::from([
        ("who".to_owned(), string(&comer.who)),
        ("until".to_owned(), number(until)),
        (
            "ttl".to_owned(),
            number(until / 1000 + FORGET_AFTER_SECONDS),
        ),
    ]);
    item.extend(primary_key(pk, sk));
    item
}

/// Whether a write's condition held.
fn held<T, E, R>(
    call: &'static str,
    sent: Result<T, SdkError<E, R>>,
    is_refused: fn(&E) -> bool,
) -> Result<bool, Error>
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match sent {
        Ok(_) => Ok(true),
        Err(failed) if failed.as_service_error().is_some_and(is_refused) => Ok(false),
        Err(failed) => Err(Error::call(call)(failed)),
    }
}
