//! Lists, a page at a time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pawl_store::Window;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// How many a page has where nobody says.
const USUAL: usize = 20;

/// How many it can have.
const MOST: usize = 100;

/// Which page of a list is asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<usize>,
    /// Where the page begins: `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        match self.limit.unwrap_or(USUAL) {
            limit @ 1..=MOST => Ok(limit),
            limit => Err(Problem::malformed(format!(
                "`limit` is between 1 and {MOST}, not {limit}"
            ))),
        }
    }

    /// The place after which the page begins.
    pub(crate) fn place(&self) -> Result<Option<String>, Problem> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        let place = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let place = place.filter(|place| !place.is_empty() && place.len() <= 1024);
        place
            .map(Some)
            .ok_or_else(|| Problem::malformed("`cursor` is not one that a page before has given"))
    }

    pub(crate) fn window(&self, prefix: &str) -> Result<Window, Problem> {
        Ok(Window {
            limit: self.limit()?,
            cursor: self.place()?,
            prefix: prefix.to_owned(),
        })
    }
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// What is on it.
    pub(crate) items: Vec<T>,
    /// Where the next page begins; null on the last one.
    pub(crate) next_cursor: Option<String>,
}

impl<T> Page<T> {
    pub(crate) fn new(items: Vec<T>, place: Option<&str>) -> Self {
        Self {
            items,
            next_cursor: place.map(|place| URL_SAFE_NO_PAD.encode(place)),
        }
    }
}
