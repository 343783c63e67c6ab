//! The mappings and operations of a transform: what each is called, and what it is told.

use super::super::Text;
use crate::fields::Shape;

/// A mapping or an operation.
pub(super) struct Form {
    pub(super) name: &'static str,
    /// What it is called elsewhere.
    pub(super) others: &'static [&'static str],
    pub(super) parts: &'static [Part],
}

/// A field of a mapping or an operation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) name: &'static str,
    /// What it is called elsewhere.
    pub(super) others: &'static [&'static str],
    pub(super) shape: Shape,
    pub(super) reading: Reading,
    pub(super) is_needed: bool,
}

/// How a field is read when the step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// As it stands.
    Plain,
    /// As a template or an expression that can read these names.
    Text(Text, &'static [&'static str]),
    /// As a path into the data.
    Path,
    /// As one path or several.
    Paths,
    /// As paths of names, which are made.
    Names,
    /// As the two sides of a comparison: one path, or `left` and `right`.
    Sides,
    /// As fields that are computed of a list.
    Computed,
}

use Reading::{Computed, Names, Paths, Plain, Sides};

/// What an expression about an item of a list can read.
const OF_ITEM: &[&str] = &["data", "item", "index"];
/// What a mapping can read.
const OF_MAPPING: &[&str] = &["data", "result"];
/// What an expression about an item in a mapping can read.
const OF_BOTH: &[&str] = &["data", "result", "item", "index"];

const MADE: Reading = Reading::Text(Text::Template, OF_MAPPING);
const ONE_OR_MORE: Shape = Shape::Either(&[Shape::Text, Shape::Texts]);

const fn needed(part: Part) -> Part {
    Part {
        is_needed: true,
        ..part
    }
}

const fn part(
    name: &'static str,
    others: &'static [&'static str],
    shape: Shape,
    reading: Reading,
) -> Part {
    Part {
        name,
        others,
        shape,
        reading,
        is_needed: false,
    }
}

const FIELD: Part = needed(part(
    "field",
    &["output_field", "outputField"],
    Shape::Text,
    Names,
));
const DEFAULT: Part = part(
    "default",
    &["default_value", "defaultValue"],
    Shape::Any,
    MADE,
);
const PATH: Part = part(
    "path",
    &["source_path", "sourcePath"],
    Shape::Text,
    Reading::Path,
);
const BY: Part = part("by", &["key", "keys"], ONE_OR_MORE, Paths);

/// The mappings: each makes one field of the output.
pub(super) const MAPPINGS: &[Form] = &[
    Form {
        name: "extract",
        others: &[],
        parts: &[FIELD, needed(PATH), DEFAULT],
    },
    Form {
        name: "constant",
        others: &[],
        parts: &[
            FIELD,
            needed(part("value", &[], Shape::Any, Plain)),
            DEFAULT,
        ],
    },
    Form {
        name: "template",
        others: &[],
        parts: &[
            FIELD,
            needed(part("template", &[], Shape::Any, MADE)),
            DEFAULT,
        ],
    },
    Form {
        name: "condition",
        others: &["conditional"],
        parts: &[
            FIELD,
            needed(part(
                "condition",
                &["expression"],
                Shape::Text,
                Reading::Text(Text::Expression, OF_MAPPING),
            )),
            needed(part("then", &["then_value", "thenValue"], Shape::Any, MADE)),
            part(
                "else",
                &["else_value", "elseValue", "otherwise"],
                Shape::Any,
                MADE,
            ),
            DEFAULT,
        ],
    },
    Form {
        name: "array_map",
        others: &["arrayMap"],
        parts: &[
            FIELD,
            needed(PATH),
            part("itemField", &["item_field"], Shape::Text, Reading::Path),
            part(
                "where",
                &["filter_condition", "filterCondition", "filter"],
                Shape::Text,
                Reading::Text(Text::Expression, OF_BOTH),
            ),
            DEFAULT,
        ],
    },
    Form {
        name: "script",
        others: &["expression"],
        parts: &[
            FIELD,
            needed(part(
                "expression",
                &["script"],
                Shape::Text,
                Reading::Text(Text::Expression, OF_MAPPING),
            )),
            DEFAULT,
        ],
    },
];

/// The operations: each makes a list, or an object, of another one.
pub(super) const OPERATIONS: &[Form] = &[
    Form {
        name: "filter",
        others: &[],
        parts: &[needed(part(
            "where",
            &["condition", "expression"],
            Shape::Text,
            Reading::Text(Text::Expression, OF_ITEM),
        ))],
    },
    Form {
        name: "map",
        others: &["transform"],
        parts: &[needed(part(
            "to",
            &["template", "mapping"],
            Shape::Any,
            Reading::Text(Text::Template, OF_ITEM),
        ))],
    },
    Form {
        name: "sort",
        others: &["order_by", "orderBy"],
        parts: &[
            part("by", &["key", "keys", "field"], ONE_OR_MORE, Paths),
            part(
                "direction",
                &["order", "sort_order"],
                Shape::OneOf(&["asc", "desc"]),
                Plain,
            ),
        ],
    },
    Form {
        name: "group",
        others: &["group_by", "groupBy"],
        parts: &[needed(part(
            "by",
            &["key", "keys", "field"],
            ONE_OR_MORE,
            Paths,
        ))],
    },
    Form {
        name: "aggregate",
        others: &["aggregation"],
        parts: &[
            BY,
            needed(part("fields", &["aggregations"], Shape::Object, Computed)),
        ],
    },
    Form {
        name: "join",
        others: &[],
        parts: &[
            needed(part(
                "with",
                &["right", "other"],
                Shape::Any,
                Reading::Text(Text::Template, &[]),
            )),
            needed(part(
                "on",
                &[],
                Shape::Either(&[Shape::Text, Shape::Object]),
                Sides,
            )),
            part("how", &[], Shape::OneOf(&["left", "inner"]), Plain),
            part("as", &[], Shape::Text, Plain),
        ],
    },
    Form {
        name: "merge",
        others: &["concat", "combine"],
        parts: &[
            part(
                "with",
                &["right", "other"],
                Shape::Any,
                Reading::Text(Text::Template, &["data"]),
            ),
            part("deep", &[], Shape::Flag, Plain),
        ],
    },
    Form {
        name: "pick",
        others: &["select"],
        parts: &[needed(part("fields", &[], ONE_OR_MORE, Names))],
    },
    Form {
        name: "omit",
        others: &["exclude", "drop"],
        parts: &[needed(part("fields", &[], ONE_OR_MORE, Names))],
    },
    Form {
        name: "rename",
        others: &[],
        parts: &[needed(part("fields", &["mapping"], Shape::Object, Plain))],
    },
    Form {
        name: "flatten",
        others: &[],
        parts: &[part("path", &["field"], Shape::Text, Reading::Path)],
    },
    Form {
        name: "unique",
        others: &["distinct", "deduplicate"],
        parts: &[part("by", &["key", "keys", "field"], ONE_OR_MORE, Paths)],
    },
    Form {
        name: "limit",
        others: &["slice", "take"],
        parts: &[
            part("count", &["limit"], Shape::Whole, Plain),
            part("skip", &["offset"], Shape::Whole, Plain),
        ],
    },
    Form {
        name: "reverse",
        others: &[],
        parts: &[],
    },
];

/// What an aggregate computes.
pub(super) const FUNCTIONS: [&str; 9] = [
    "count", "sum", "average", "min", "max", "first", "last", "list", "unique",
];

/// What functions are called elsewhere.
pub(super) const OTHER_FUNCTIONS: [(&str, &str); 4] = [
    ("avg", "average"),
    ("mean", "average"),
    ("collect", "list"),
    ("distinct", "unique"),
];

/// The form of a name, by any of its names.
pub(super) fn find(forms: &'static [Form], name: &str) -> Option<&'static Form> {
    let mut all = forms.iter();
    all.find(|form| form.name == name || form.others.contains(&name))
}
