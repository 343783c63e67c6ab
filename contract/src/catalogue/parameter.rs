//! Parameters of operations.

use crate::Shape;

/// One parameter of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Other names that authors use for it.
    pub aliases: &'static [&'static str],
    /// What its value is.
    pub shape: Shape,
    /// Whether the operation cannot do without it.
    pub required: bool,
    /// What it means, in a sentence.
    pub about: &'static str,
}

impl Parameter {
    /// Every name that it goes by, its own first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    const fn new(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            shape,
            required: false,
            about,
        }
    }

    /// The operation cannot do without it.
    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Other names that authors use for it.
    pub(super) const fn or(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }
}

/// A parameter that is a text.
pub(super) const fn text(name: &'static str, about: &'static str) -> Parameter {
    Parameter::new(name, Shape::Text, about)
}

/// A parameter that is `true` or `false`.
pub(super) const fn flag(name: &'static str, about: &'static str) -> Parameter {
    Parameter::new(name, Shape::Flag, about)
}

/// A parameter that is a whole number.
pub(super) const fn whole(name: &'static str, about: &'static str) -> Parameter {
    Parameter::new(name, Shape::Whole, about)
}

/// A parameter that is a list.
pub(super) const fn list(name: &'static str, about: &'static str) -> Parameter {
    Parameter::new(name, Shape::List, about)
}

/// A parameter that is an object of any fields.
pub(super) const fn object(name: &'static str, about: &'static str) -> Parameter {
    Parameter::new(name, Shape::Object, about)
}

/// A parameter of any shape.
pub(super) const fn shaped(name: &'static str, shape: Shape, about: &'static str) -> Parameter {
    Parameter::new(name, shape, about)
}

/// Every operation takes it and none needs it: a run stays within its organisation.
pub(super) const ORGANIZATION: Parameter = text(
    "organizationId",
    "The organisation; it is always the run's own.",
);

/// How many records are asked for.
pub(super) const LIMIT: Parameter = shaped(
    "limit",
    Shape::Count,
    "The greatest number of records to answer with; 100 by default.",
);

/// How many records are asked for where all are the rule.
pub(super) const MOST: Parameter = shaped(
    "limit",
    Shape::Count,
    "The greatest number of records to answer with; all of them without it.",
);

/// Where a page begins.
pub(super) const CURSOR: Parameter = text(
    "cursor",
    "The `continueCursor` of the page before; nothing for the first page.",
);

/// A page, asked for in one object.
pub(super) const PAGINATION: Parameter = shaped(
    "paginationOpts",
    Shape::Fields(&[
        shaped(
            "numItems",
            Shape::Count,
            "The greatest number of records to answer with; 100 by default.",
        ),
        CURSOR,
    ]),
    "The page to answer with, as `{ \"numItems\": 50, \"cursor\": null }`.",
);

/// A page, asked for in one object where all records are the rule.
pub(super) const PAGE: Parameter = shaped(
    "paginationOpts",
    Shape::Fields(&[
        shaped(
            "numItems",
            Shape::Count,
            "The greatest number of records to answer with; all of them without it.",
        ),
        CURSOR,
    ]),
    "The page to answer with, as `{ \"numItems\": 50, \"cursor\": null }`.",
);

/// An id as other systems write it.
pub(super) const EXTERNAL_ID: Parameter = shaped(
    "externalId",
    Shape::Either(&[Shape::Text, Shape::Number]),
    "Its id in another system.",
);

/// Ids as other systems write them, as a condition.
pub(super) const EXTERNAL_IDS: Parameter = shaped(
    "externalId",
    Shape::Either(&[Shape::Text, Shape::Number, Shape::List]),
    "Its id in another system, or a list of such ids.",
);

/// What the author likes to keep.
pub(super) const METADATA: Parameter = object("metadata", "Whatever else is worth keeping.");

/// Fields to change.
pub(super) const UPDATES: Parameter = object(
    "updates",
    "The fields to change; they can stand beside it too.",
);

/// An id of the author's own for a new record.
pub(super) const OWN_ID: Parameter = text("_id", "An id of your own; without it, one is made up.");

/// The words of a filter.
pub(super) const EXPRESSION: Parameter = shaped(
    "expression",
    Shape::Expression,
    "An expression over a record's own fields, such as `totalSpent > 1000`.",
)
.required();

/// A word, or a list of words of which one must fit.
pub(super) const WORDS: Shape = Shape::Either(&[Shape::Text, Shape::List]);
