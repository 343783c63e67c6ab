//! What can go wrong between here and the table.

use std::error::Error as Source;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// DynamoDB or S3 refused a call, or did not answer it.
    #[error("{call} failed")]
    Call {
        /// The operation, such as `TransactWriteItems`.
        call: &'static str,
        /// What the client says.
        #[source]
        source: Box<dyn Source + Send + Sync>,
    },
    /// DynamoDB was still busy after the last try.
    #[error("{0} was turned away again and again")]
    Busy(&'static str),
    /// An item or an object holds something that nobody here wrote.
    #[error("`{place}` cannot be read")]
    Unreadable {
        /// The item's sort key or the object's key.
        place: String,
        /// What is wrong with it.
        #[source]
        reason: Box<dyn Source + Send + Sync>,
    },
    /// One step would write more than a transaction can hold.
    #[error("one transaction holds {limit} items, not {items}")]
    TooManyItems {
        /// How many there are.
        items: usize,
        /// How many there can be.
        limit: usize,
    },
}

impl Error {
    /// A failed call; made to stand in `map_err`.
    pub(crate) fn call<E: Source + Send + Sync + 'static>(
        call: &'static str,
    ) -> impl FnOnce(E) -> Self {
        move |source| Self::Call {
            call,
            source: Box::new(source),
        }
    }

    /// Something stored that cannot be read.
    pub fn unreadable(place: &str, reason: impl Into<Box<dyn Source + Send + Sync>>) -> Self {
        Self::Unreadable {
            place: place.to_owned(),
            reason: reason.into(),
        }
    }
}
