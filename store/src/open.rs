//! The list of open runs, for whoever looks for those that nothing executes any more.
//!
//! An item stands beside the run from the transaction that opens it to the one that closes it. In the index it stands
//! by the moment when the run was last seen to go on, so that whoever looks begins with the one not seen for longest.

use aws_sdk_dynamodb::types::Put;

use crate::attribute::{Item, required, string};
use crate::fetch::primary_key;
use crate::schema::LISTS;
use crate::transaction::{Guard, Transaction};
use crate::wait::was_so;
use crate::{Error, Run, Store, key};

/// The list of the index, and the item's sort key.
const OPEN: &str = "open";

/// A run in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its organisation.
    pub org: String,
    /// Its id.
    pub run: String,
}

fn place(time: &str, run: &str) -> String {
    format!("{time}#{run}")
}

impl Transaction {
    /// Lists the run as open, by this moment.
    pub(crate) fn list_open(&mut self, store: &Store, run: &Run, time: &str) -> Result<(), Error> {
        let item = Item::from([
            ("org".to_owned(), string(&run.org)),
            ("run".to_owned(), string(&run.run)),
            ("gpk".to_owned(), string(OPEN)),
            ("gsk".to_owned(), string(place(time, &run.run))),
        ]);
        self.put(store, OPEN.to_owned(), item, Guard::Visit, Put::builder())
    }

    /// Lists the run no more.
    pub(crate) fn unlist_open(&mut self, store: &Store) -> Result<(), Error> {
        self.delete(store, OPEN.to_owned())
    }
}

impl Store {
    /// Open runs that nobody has seen go on since this time, as ISO 8601; the one not seen for longest first.
    pub async fn unseen(&self, since: &str, most: i32) -> Result<Vec<Open>, Error> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .index_name(LISTS)
            .key_condition_expression("gpk = :open AND gsk < :since")
            .expression_attribute_values(":open", string(OPEN))
            .expression_attribute_values(":since", string(since))
            .limit(most);
        let answer = query.send().await.map_err(Error::call("Query"))?;
        let items = answer.items.unwrap_or_default();
        let open = items.iter().map(|item| {
            Ok(Open {
                org: required(item, "org")?.to_owned(),
                run: required(item, "run")?.to_owned(),
            })
        });
        open.collect()
    }

    /// Says that an open run was seen to go on at this time, as ISO 8601.
    pub async fn seen(&self, open: &Open, time: &str) -> Result<(), Error> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary_key(
                &key::partition(&open.org, &open.run),
                OPEN,
            )))
            .update_expression("SET gsk = :place")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":place", string(place(time, &open.run)));
        // Where there is no such item, it was closed meanwhile.
        was_so(update.send().await).map(|_| ())
    }

    /// Takes a run that is not open from the list: whoever closed it did not know of it.
    pub async fn unlist(&self, closed: &Open) -> Result<(), Error> {
        let key = primary_key(&key::partition(&closed.org, &closed.run), OPEN);
        let delete = self.dynamodb.delete_item().table_name(&self.table);
        let deleted = delete.set_key(Some(key)).send().await;
        deleted.map(|_| ()).map_err(Error::call("DeleteItem"))
    }
}
