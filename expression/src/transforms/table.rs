//! Every transform with what is said of it. The examples are tested.

use super::{Transform, TransformInfo};
use super::{date, list, text};

/// Every transform there is.
pub(super) static TRANSFORMS: [Transform; 35] = [
    Transform {
        info: TransformInfo {
            name: "upper",
            signature: "upper",
            doc: "The text in capitals.",
            example: "'ada'|upper",
            result: r#""ADA""#,
        },
        arguments: 0..=0,
        apply: text::upper,
    },
    Transform {
        info: TransformInfo {
            name: "lower",
            signature: "lower",
            doc: "The text in small letters.",
            example: "'ADA'|lower",
            result: r#""ada""#,
        },
        arguments: 0..=0,
        apply: text::lower,
    },
    Transform {
        info: TransformInfo {
            name: "trim",
            signature: "trim",
            doc: "The text without white space at both ends.",
            example: "'  Ada '|trim",
            result: r#""Ada""#,
        },
        arguments: 0..=0,
        apply: text::trim,
    },
    Transform {
        info: TransformInfo {
            name: "startsWith",
            signature: "startsWith(text)",
            doc: "Whether the text begins with another one.",
            example: "'order-1'|startsWith('order')",
            result: "true",
        },
        arguments: 1..=1,
        apply: text::starts_with,
    },
    Transform {
        info: TransformInfo {
            name: "endsWith",
            signature: "endsWith(text)",
            doc: "Whether the text ends with another one.",
            example: "'order-1'|endsWith('-2')",
            result: "false",
        },
        arguments: 1..=1,
        apply: text::ends_with,
    },
    Transform {
        info: TransformInfo {
            name: "matches",
            signature: "matches(pattern)",
            doc: "Whether a regular expression fits the beginning of the text; `$` asks for its end.",
            example: "'order-12'|matches('order-[0-9]+$')",
            result: "true",
        },
        arguments: 1..=1,
        apply: text::matches,
    },
    Transform {
        info: TransformInfo {
            name: "string",
            signature: "string",
            doc: "The value as text, lists and objects as JSON.",
            example: "[1, 2]|string",
            result: r#""[1,2]""#,
        },
        arguments: 0..=0,
        apply: text::string,
    },
    Transform {
        info: TransformInfo {
            name: "number",
            signature: "number",
            doc: "The number that a text or a boolean stands for.",
            example: "'12.5'|number",
            result: "12.5",
        },
        arguments: 0..=0,
        apply: text::number,
    },
    Transform {
        info: TransformInfo {
            name: "boolean",
            signature: "boolean",
            doc: "Whether the value is true: anything but null, `false`, 0 and the empty text.",
            example: "''|boolean",
            result: "false",
        },
        arguments: 0..=0,
        apply: text::boolean,
    },
    Transform {
        info: TransformInfo {
            name: "parseJSON",
            signature: "parseJSON",
            doc: "The value that a text holds as JSON, or null if it holds none.",
            example: "'[1, 2]'|parseJSON",
            result: "[1,2]",
        },
        arguments: 0..=0,
        apply: text::parse_json,
    },
    Transform {
        info: TransformInfo {
            name: "length",
            signature: "length",
            doc: "The number of elements of a list or of characters of a text.",
            example: "['a', 'b']|length",
            result: "2",
        },
        arguments: 0..=0,
        apply: list::length,
    },
    Transform {
        info: TransformInfo {
            name: "first",
            signature: "first",
            doc: "The first element, or null if there is none.",
            example: "['a', 'b']|first",
            result: r#""a""#,
        },
        arguments: 0..=0,
        apply: list::first,
    },
    Transform {
        info: TransformInfo {
            name: "last",
            signature: "last",
            doc: "The last element, or null if there is none.",
            example: "['a', 'b']|last",
            result: r#""b""#,
        },
        arguments: 0..=0,
        apply: list::last,
    },
    Transform {
        info: TransformInfo {
            name: "join",
            signature: "join(separator = ',')",
            doc: "The elements as one text, with a text between them.",
            example: "['a', 'b']|join(' and ')",
            result: r#""a and b""#,
        },
        arguments: 0..=1,
        apply: list::join,
    },
    Transform {
        info: TransformInfo {
            name: "map",
            signature: "map(path)",
            doc: "What each element has at a path, where it has something.",
            example: "[{name: 'Ada'}, {name: 'Lin'}]|map('name')",
            result: r#"["Ada","Lin"]"#,
        },
        arguments: 1..=1,
        apply: list::map,
    },
    Transform {
        info: TransformInfo {
            name: "filter",
            signature: "filter(condition)",
            doc: "The elements whose number at a path compares, such as `total > 100`.",
            example: "[{total: 40}, {total: 120}]|filter('total > 100')",
            result: r#"[{"total":120}]"#,
        },
        arguments: 1..=1,
        apply: list::filter,
    },
    Transform {
        info: TransformInfo {
            name: "find",
            signature: "find(path, value)",
            doc: "The first element that has a value at a path, or null if there is none.",
            example: "[{id: 1}, {id: 2}]|find('id', 2)",
            result: r#"{"id":2}"#,
        },
        arguments: 2..=2,
        apply: list::find,
    },
    Transform {
        info: TransformInfo {
            name: "filterBy",
            signature: "filterBy(path, value)",
            doc: "The elements that have a value at a path.",
            example: "[{id: 1}, {id: 2}]|filterBy('id', 2)",
            result: r#"[{"id":2}]"#,
        },
        arguments: 2..=2,
        apply: list::filter_by,
    },
    Transform {
        info: TransformInfo {
            name: "flatten",
            signature: "flatten",
            doc: "The elements, with those that are lists replaced by theirs.",
            example: "[1, [2, 3]]|flatten",
            result: "[1,2,3]",
        },
        arguments: 0..=0,
        apply: list::flatten,
    },
    Transform {
        info: TransformInfo {
            name: "unique",
            signature: "unique",
            doc: "The elements whose text no element before has.",
            example: "['a', 'b', 'a']|unique",
            result: r#"["a","b"]"#,
        },
        arguments: 0..=0,
        apply: list::unique,
    },
    Transform {
        info: TransformInfo {
            name: "concat",
            signature: "concat(list)",
            doc: "The elements of both lists.",
            example: "[1]|concat([2])",
            result: "[1,2]",
        },
        arguments: 1..=1,
        apply: list::concat,
    },
    Transform {
        info: TransformInfo {
            name: "hasOverlap",
            signature: "hasOverlap(list)",
            doc: "Whether the lists have an element in common, compared as text.",
            example: "['vip', 'beta']|hasOverlap(['vip'])",
            result: "true",
        },
        arguments: 1..=1,
        apply: list::has_overlap,
    },
    Transform {
        info: TransformInfo {
            name: "sort",
            signature: "sort(path?, direction = 'asc')",
            doc: "The elements in the order of what they have at a path, or of themselves; null comes last, or with `'desc'` first.",
            example: "[3, 1, 2]|sort",
            result: "[1,2,3]",
        },
        arguments: 0..=2,
        apply: list::sort,
    },
    Transform {
        info: TransformInfo {
            name: "reverse",
            signature: "reverse",
            doc: "The elements from last to first.",
            example: "[1, 2, 3]|reverse",
            result: "[3,2,1]",
        },
        arguments: 0..=0,
        apply: list::reverse,
    },
    Transform {
        info: TransformInfo {
            name: "slice",
            signature: "slice(start, end?)",
            doc: "The elements or characters from a place up to another; a negative place counts from the end.",
            example: "[1, 2, 3]|slice(-2)",
            result: "[2,3]",
        },
        arguments: 1..=2,
        apply: list::slice,
    },
    Transform {
        info: TransformInfo {
            name: "chunk",
            signature: "chunk(size)",
            doc: "Lists of so many elements each.",
            example: "[1, 2, 3]|chunk(2)",
            result: "[[1,2],[3]]",
        },
        arguments: 1..=1,
        apply: list::chunk,
    },
    Transform {
        info: TransformInfo {
            name: "formatList",
            signature: "formatList(line, separator = newline)",
            doc: "A line for each element, with `{path}` replaced by what the element has there.",
            example: "[{name: 'Ada'}, {name: 'Lin'}]|formatList('- {name}', '; ')",
            result: r#""- Ada; - Lin""#,
        },
        arguments: 1..=2,
        apply: list::format_list,
    },
    Transform {
        info: TransformInfo {
            name: "parseDate",
            signature: "parseDate",
            doc: "The milliseconds since 1970, or null if it is not a time.",
            example: "'2026-01-31T12:00:00Z'|parseDate",
            result: "1769860800000",
        },
        arguments: 0..=0,
        apply: date::parse_date,
    },
    Transform {
        info: TransformInfo {
            name: "isoDate",
            signature: "isoDate",
            doc: "The time as ISO 8601 in UTC with milliseconds, or null if it is not a time.",
            example: "1769860800|isoDate",
            result: r#""2026-01-31T12:00:00.000Z""#,
        },
        arguments: 0..=0,
        apply: date::iso_date,
    },
    Transform {
        info: TransformInfo {
            name: "epochSeconds",
            signature: "epochSeconds",
            doc: "The seconds since 1970, or null if it is not a time.",
            example: "'2026-01-31T12:00:00Z'|epochSeconds",
            result: "1769860800",
        },
        arguments: 0..=0,
        apply: date::epoch_seconds,
    },
    Transform {
        info: TransformInfo {
            name: "daysAgo",
            signature: "daysAgo",
            doc: "How many whole days ago it was, or -1 if it is not a time.",
            example: "'2026-01-28'|daysAgo",
            result: "3",
        },
        arguments: 0..=0,
        apply: date::days_ago,
    },
    Transform {
        info: TransformInfo {
            name: "hoursAgo",
            signature: "hoursAgo",
            doc: "How many whole hours ago it was, or -1 if it is not a time.",
            example: "'2026-01-31'|hoursAgo",
            result: "12",
        },
        arguments: 0..=0,
        apply: date::hours_ago,
    },
    Transform {
        info: TransformInfo {
            name: "minutesAgo",
            signature: "minutesAgo",
            doc: "How many whole minutes ago it was, or -1 if it is not a time.",
            example: "'2026-01-31T11:15:00Z'|minutesAgo",
            result: "45",
        },
        arguments: 0..=0,
        apply: date::minutes_ago,
    },
    Transform {
        info: TransformInfo {
            name: "isBefore",
            signature: "isBefore(time)",
            doc: "Whether it was before another time; false if either is not a time.",
            example: "'2026-01-30'|isBefore('2026-01-31')",
            result: "true",
        },
        arguments: 1..=1,
        apply: date::is_before,
    },
    Transform {
        info: TransformInfo {
            name: "isAfter",
            signature: "isAfter(time)",
            doc: "Whether it was after another time; false if either is not a time.",
            example: "'2026-01-30'|isAfter('2026-01-31')",
            result: "false",
        },
        arguments: 1..=1,
        apply: date::is_after,
    },
];
