//! The number of a visit: six-digit segments joined by `/`, such as `000012` or `000012/000003/000001`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where in a run a visit happened. Order is total within a strand, and is the order of the text.
///
/// ```
/// use pawl_contract::At;
///
/// let at = At::first();
/// assert_eq!(at.as_str(), "000001");
/// assert_eq!(at.next().unwrap().as_str(), "000002");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct At(String);

/// The number of digits of a segment; the machine formats its own increments with the same width.
pub const DIGITS: usize = 6;

/// The highest number that a segment can hold; a run that needs more fails.
pub const HIGHEST: u32 = 999_999;

impl At {
    /// The visit of the trigger: intake.
    pub fn intake() -> Self {
        Self::root(0)
    }

    /// The first step's visit.
    pub fn first() -> Self {
        Self::root(1)
    }

    /// A visit in the root strand.
    fn root(number: u32) -> Self {
        Self(format!("{number:06}"))
    }

    /// The next visit in the same strand, or `None` when the strand is full.
    pub fn next(&self) -> Option<Self> {
        let number = self.last();
        let (head, _) = self.0.split_at(self.0.len() - DIGITS);
        (number < HIGHEST).then(|| Self(format!("{head}{:06}", number + 1)))
    }

    /// The place of a question that this visit asks before it goes on; the first question has the number 1.
    ///
    /// It stands behind every branch and iteration that there could be.
    ///
    /// ```
    /// use pawl_contract::At;
    ///
    /// let question = At::first().question(2);
    /// assert_eq!(question.as_str(), "000001/999999/000002");
    /// assert_eq!(question.asker(), Some(At::first()));
    /// ```
    #[must_use]
    pub fn question(&self, number: u32) -> Self {
        Self(format!("{}{number:06}", self.questions()))
    }

    /// What the place of every question of this visit begins with.
    pub fn questions(&self) -> String {
        format!("{}/{HIGHEST:06}/", self.0)
    }

    /// The visit that asks the question at this place, if one stands here.
    pub fn asker(&self) -> Option<Self> {
        let (visit, question) = self
            .0
            .split_at_checked(self.0.len().checked_sub(2 * (DIGITS + 1))?)?;
        let is_one = question.starts_with(&format!("/{HIGHEST:06}/"));
        is_one.then(|| Self(visit.to_owned()))
    }

    /// The number in the last segment.
    pub fn last(&self) -> u32 {
        let (_, digits) = self.0.split_at(self.0.len() - DIGITS);
        digits
            .parse()
            .expect("every segment was checked to be digits")
    }

    /// Whether this visit is in the root strand.
    pub fn is_root(&self) -> bool {
        self.0.len() == DIGITS
    }

    /// The beginning of this place that `depth` strands share: at 1, `000012/000003` of `000012/000003/000001`.
    ///
    /// ```
    /// use pawl_contract::At;
    ///
    /// let at = At::try_from("000012/000003/000001".to_owned()).unwrap();
    /// assert_eq!(at.strand(1), Some("000012/000003"));
    /// assert_eq!(at.strand(2), None);
    /// ```
    pub fn strand(&self, depth: usize) -> Option<&str> {
        let length = (2 * depth * (DIGITS + 1)).checked_sub(1)?;
        self.0.get(..length)
    }

    /// The visits around this one whose strands it lies in, the outermost first.
    ///
    /// ```
    /// use pawl_contract::At;
    ///
    /// let at = At::try_from("000012/000003/000001/000000/000004".to_owned()).unwrap();
    /// assert!(at.around().eq(["000012", "000012/000003/000001"]));
    /// ```
    pub fn around(&self) -> impl Iterator<Item = &str> {
        let strands = (1..=self.depth()).filter_map(|depth| self.strand(depth));
        strands.filter_map(|strand| Some(strand.rsplit_once('/')?.0))
    }

    /// How many strands lie around this visit: 0 in the root strand.
    pub fn depth(&self) -> usize {
        (self.0.len() + 1) / (DIGITS + 1) / 2
    }

    /// The text, as it stands in keys and in the machine.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<At> for String {
    fn from(at: At) -> Self {
        at.0
    }
}

impl TryFrom<String> for At {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_segment = |segment: &str| {
            segment.len() == DIGITS && segment.bytes().all(|byte| byte.is_ascii_digit())
        };
        if text.split('/').all(is_segment) {
            Ok(Self(text))
        } else {
            Err(format!(
                "`{text}` is not a place in a run: six-digit segments joined by `/`"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_counts_its_last_segment_only() {
        let rows = [
            ("000000", Some("000001")),
            ("000012/000003/000009", Some("000012/000003/000010")),
            ("999999", None),
        ];
        for (at, next) in rows {
            let at = At::try_from(at.to_owned()).expect("a place");
            assert_eq!(at.next().map(String::from).as_deref(), next);
        }
    }

    #[test]
    fn at_refuses_what_is_not_a_place() {
        for text in ["", "12", "00000a", "000001/", "000001//000002"] {
            assert!(At::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
