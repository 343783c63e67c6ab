//! The productions of the grammar, the kinds of values, and which needs and makes which.

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Text,
    Truth,
    Time,
    Numbers,
    Words,
    /// A list of anything.
    Mixed,
    /// A list of objects.
    Records,
    /// An object.
    Record,
}

impl Kind {
    pub(crate) const ALL: [Self; 9] = [
        Self::Number,
        Self::Text,
        Self::Truth,
        Self::Time,
        Self::Numbers,
        Self::Words,
        Self::Mixed,
        Self::Records,
        Self::Record,
    ];
}

/// What a case is, at its outermost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Production {
    Number,
    Text,
    Truth,
    Null,
    Name,
    Relative,
    Member,
    Element,
    Filter,
    Not,
    Minus,
    Or,
    And,
    Operator(&'static str),
    Ternary,
    Elvis,
    Array,
    Object,
    Wrapped,
    Transform(&'static str),
    /// A template: one tag and nothing else.
    WholeTag,
    /// A template: texts and tags.
    MixedTags,
    Section,
    Inverted,
    Comment,
    /// A template: tags alone on their lines.
    Lines,
    /// Templates in the texts and keys of a value.
    Config,
}

impl Production {
    /// Every production.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![
            Self::Number,
            Self::Text,
            Self::Truth,
            Self::Null,
            Self::Name,
            Self::Relative,
            Self::Member,
            Self::Element,
            Self::Filter,
            Self::Not,
            Self::Minus,
            Self::Or,
            Self::And,
            Self::Ternary,
            Self::Elvis,
            Self::Array,
            Self::Object,
            Self::Wrapped,
            Self::WholeTag,
            Self::MixedTags,
            Self::Section,
            Self::Inverted,
            Self::Comment,
            Self::Lines,
            Self::Config,
        ];
        all.extend(OPERATORS.iter().map(|(symbol, ..)| Self::Operator(symbol)));
        all.extend(TRANSFORMS.iter().map(|(name, ..)| Self::Transform(name)));
        all
    }

    /// How it is called in the report.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Operator(symbol) => symbol.to_owned(),
            Self::Transform(name) => format!("|{name}"),
            other => format!("{other:?}").to_lowercase(),
        }
    }
}

/// An operator, what it makes, and the kinds of operands that it can have.
pub(crate) const OPERATORS: [(&str, Kind, &[[Kind; 2]]); 16] = {
    use Kind::{Mixed, Number, Numbers, Record, Text, Time, Truth, Words};
    const EQUAL: &[[Kind; 2]] = &[
        [Number, Number],
        [Text, Text],
        [Truth, Truth],
        [Number, Text],
        [Text, Number],
        [Record, Record],
        [Numbers, Numbers],
        [Number, Truth],
        [Numbers, Number],
        [Words, Text],
        [Numbers, Text],
    ];
    const ORDER: &[[Kind; 2]] = &[
        [Number, Number],
        [Text, Text],
        [Number, Text],
        [Time, Time],
        [Number, Truth],
    ];
    const CALCULATE: &[[Kind; 2]] = &[
        [Number, Number],
        [Number, Number],
        [Number, Number],
        [Number, Truth],
    ];
    [
        ("==", Truth, EQUAL),
        ("!=", Truth, EQUAL),
        ("<", Truth, ORDER),
        ("<=", Truth, ORDER),
        (">", Truth, ORDER),
        (">=", Truth, ORDER),
        (
            "in",
            Truth,
            &[
                [Text, Words],
                [Number, Numbers],
                [Text, Text],
                [Number, Mixed],
                [Number, Text],
            ],
        ),
        (
            "contains",
            Truth,
            &[
                [Words, Text],
                [Numbers, Number],
                [Text, Text],
                [Mixed, Text],
            ],
        ),
        (
            "includes",
            Truth,
            &[
                [Words, Text],
                [Numbers, Number],
                [Text, Text],
                [Mixed, Record],
            ],
        ),
        (
            "+",
            Number,
            &[
                [Number, Number],
                [Number, Number],
                [Text, Text],
                [Text, Number],
                [Number, Text],
                [Text, Truth],
            ],
        ),
        ("-", Number, CALCULATE),
        ("*", Number, CALCULATE),
        ("/", Number, CALCULATE),
        ("//", Number, CALCULATE),
        ("%", Number, CALCULATE),
        ("^", Number, CALCULATE),
    ]
};

/// A transform, what it can make, and the kind of its subject.
pub(crate) const TRANSFORMS: [(&str, &[Kind], &[Kind]); 32] = {
    use Kind::{Mixed, Number, Numbers, Record, Records, Text, Time, Truth, Words};
    const LISTS: &[Kind] = &[Numbers, Words, Records];
    [
        ("upper", &[Text], &[Text, Number]),
        ("lower", &[Text], &[Text, Truth]),
        ("trim", &[Text], &[Text]),
        (
            "string",
            &[Text],
            &[Number, Record, Numbers, Text, Mixed, Truth],
        ),
        ("number", &[Number], &[Text, Number, Truth]),
        ("boolean", &[Truth], &[Text, Number, Record, Numbers]),
        (
            "parseJSON",
            &[Number, Text, Numbers, Records, Record],
            &[Text],
        ),
        ("length", &[Number], &[Numbers, Words, Text, Records]),
        ("first", &[Number, Text, Record], LISTS),
        ("last", &[Number, Text, Record], LISTS),
        ("join", &[Text], &[Words, Numbers, Words, Mixed]),
        ("map", &[Numbers, Words], &[Records]),
        ("filter", &[Records], &[Records]),
        ("find", &[Record], &[Records]),
        ("filterBy", &[Records], &[Records]),
        ("flatten", &[Numbers], &[Mixed, Numbers]),
        ("unique", &[Words, Numbers], &[Words, Numbers, Mixed]),
        ("concat", LISTS, LISTS),
        ("hasOverlap", &[Truth], &[Words, Numbers, Mixed]),
        ("sort", LISTS, &[Numbers, Words, Records, Mixed]),
        ("reverse", LISTS, LISTS),
        (
            "slice",
            &[Text, Numbers, Words, Records],
            &[Text, Numbers, Words, Records],
        ),
        ("chunk", &[Mixed], LISTS),
        ("formatList", &[Text], &[Records, Records, Mixed]),
        ("parseDate", &[Number, Time], &[Time]),
        ("isoDate", &[Text, Time], &[Time]),
        ("epochSeconds", &[Number, Time], &[Time]),
        ("daysAgo", &[Number], &[Time]),
        ("hoursAgo", &[Number], &[Time]),
        ("minutesAgo", &[Number], &[Time]),
        ("isBefore", &[Truth], &[Time]),
        ("isAfter", &[Truth], &[Time]),
    ]
};
