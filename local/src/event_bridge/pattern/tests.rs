//! The pattern language, row by row.

use serde_json::Value;

use super::Pattern;

/// A pattern, an event, and whether they match.
const MATCHES: &[(&str, &str, bool)] = &[
    // Exact values.
    (r#"{"a":["x"]}"#, r#"{"a":"x"}"#, true),
    (r#"{"a":["x"]}"#, r#"{"a":"X"}"#, false),
    (r#"{"a":["x","y"]}"#, r#"{"a":"y"}"#, true),
    (r#"{"a":["x"],"b":[1]}"#, r#"{"a":"x","b":2}"#, false),
    (r#"{"a":["x"]}"#, r#"{"b":"x"}"#, false),
    (r#"{"a":[""]}"#, r#"{"a":""}"#, true),
    (r#"{"a":[""]}"#, r#"{"a":null}"#, false),
    (r#"{"a":[null]}"#, r#"{"a":null}"#, true),
    (r#"{"a":[null]}"#, "{}", false),
    (r#"{"a":[null]}"#, r#"{"a":"null"}"#, false),
    (r#"{"a":[true]}"#, r#"{"a":true}"#, true),
    (r#"{"a":[true]}"#, r#"{"a":"true"}"#, false),
    (r#"{"a":[300]}"#, r#"{"a":3.0e2}"#, true),
    (r#"{"a":[300]}"#, r#"{"a":"300"}"#, false),
    (
        r#"{"a":[9007199254740993]}"#,
        r#"{"a":9007199254740992}"#,
        false,
    ),
    (r#"{"a":["10.0.0.1"]}"#, r#"{"a":"10.0.0.1"}"#, true),
    (r#"{"a":["2001:db8:0::1"]}"#, r#"{"a":"2001:db8::1"}"#, true),
    // Nesting and lists.
    (
        r#"{"a":{"b":{"c":[1]}}}"#,
        r#"{"a":{"b":{"c":1,"d":2}}}"#,
        true,
    ),
    (r#"{"a":{"b":[1]}}"#, r#"{"a":1}"#, false),
    (r#"{"a":[2]}"#, r#"{"a":[1,2]}"#, true),
    (r#"{"a":[2]}"#, r#"{"a":[[1],[2]]}"#, true),
    (r#"{"a":[2]}"#, r#"{"a":[]}"#, false),
    (
        r#"{"a":{"b":[1],"c":[2]}}"#,
        r#"{"a":[{"b":1,"c":2}]}"#,
        true,
    ),
    // No single object of the list has both.
    (
        r#"{"a":{"b":[1],"c":[2]}}"#,
        r#"{"a":[{"b":1,"c":3},{"b":4,"c":2}]}"#,
        false,
    ),
    // Text operators.
    (r#"{"a":[{"prefix":"x"}]}"#, r#"{"a":"xy"}"#, true),
    (r#"{"a":[{"prefix":"x"}]}"#, r#"{"a":"yx"}"#, false),
    (r#"{"a":[{"prefix":"1"}]}"#, r#"{"a":12}"#, false),
    (
        r#"{"a":[{"prefix":{"equals-ignore-case":"EVENTB"}}]}"#,
        r#"{"a":"eventBridge"}"#,
        true,
    ),
    (r#"{"a":[{"suffix":".png"}]}"#, r#"{"a":"b.png"}"#, true),
    (r#"{"a":[{"suffix":".png"}]}"#, r#"{"a":"b.PNG"}"#, false),
    (
        r#"{"a":[{"suffix":{"equals-ignore-case":".png"}}]}"#,
        r#"{"a":"b.PNG"}"#,
        true,
    ),
    (
        r#"{"a":[{"equals-ignore-case":"alice"}]}"#,
        r#"{"a":"ALICE"}"#,
        true,
    ),
    (
        r#"{"a":[{"equals-ignore-case":"alice"}]}"#,
        r#"{"a":"alicia"}"#,
        false,
    ),
    (
        r#"{"a":[{"wildcard":"dir/*.png"}]}"#,
        r#"{"a":"dir/b/c.png"}"#,
        true,
    ),
    (
        r#"{"a":[{"wildcard":"dir/*.png"}]}"#,
        r#"{"a":"dir/b.pngx"}"#,
        false,
    ),
    (r#"{"a":[{"wildcard":"*"}]}"#, r#"{"a":""}"#, true),
    (
        r#"{"a":[{"wildcard":"a*b*a*b"}]}"#,
        r#"{"a":"abbaab"}"#,
        true,
    ),
    (r#"{"a":[{"wildcard":"a\\*b"}]}"#, r#"{"a":"a*b"}"#, true),
    (r#"{"a":[{"wildcard":"a\\*b"}]}"#, r#"{"a":"axb"}"#, false),
    (r#"{"a":[{"wildcard":"a\\\\b"}]}"#, r#"{"a":"a\\b"}"#, true),
    // Numbers.
    (r#"{"a":[{"numeric":[">",0,"<=",5]}]}"#, r#"{"a":5}"#, true),
    (r#"{"a":[{"numeric":[">",0,"<=",5]}]}"#, r#"{"a":0}"#, false),
    (r#"{"a":[{"numeric":["<",10]}]}"#, r#"{"a":-4.5}"#, true),
    (r#"{"a":[{"numeric":["<=",10]}]}"#, r#"{"a":10.0}"#, true),
    (
        r#"{"a":[{"numeric":[">=",10]}]}"#,
        r#"{"a":9.999999}"#,
        false,
    ),
    (
        r#"{"a":[{"numeric":["=",3.018e2]}]}"#,
        r#"{"a":301.8}"#,
        true,
    ),
    (r#"{"a":[{"numeric":["=",5]}]}"#, r#"{"a":"5"}"#, false),
    (
        r#"{"a":[{"numeric":[">",1]}]}"#,
        r#"{"a":6000000000}"#,
        false,
    ),
    // Networks.
    (
        r#"{"a":[{"cidr":"10.0.0.0/24"}]}"#,
        r#"{"a":"10.0.0.255"}"#,
        true,
    ),
    (
        r#"{"a":[{"cidr":"10.0.0.0/24"}]}"#,
        r#"{"a":"10.0.1.0"}"#,
        false,
    ),
    (
        r#"{"a":[{"cidr":"0.0.0.0/0"}]}"#,
        r#"{"a":"203.0.113.9"}"#,
        true,
    ),
    (r#"{"a":[{"cidr":"0.0.0.0/0"}]}"#, r#"{"a":"::1"}"#, false),
    (
        r#"{"a":[{"cidr":"2001:db8::/32"}]}"#,
        r#"{"a":"2001:db8:1::5"}"#,
        true,
    ),
    (
        r#"{"a":[{"cidr":"::/0"}]}"#,
        r#"{"a":"2001:db8:1::5"}"#,
        true,
    ),
    (
        r#"{"a":[{"cidr":"10.0.0.0/24"}]}"#,
        r#"{"a":"no address"}"#,
        false,
    ),
    // Anything but.
    (r#"{"a":[{"anything-but":"x"}]}"#, r#"{"a":"y"}"#, true),
    (r#"{"a":[{"anything-but":"x"}]}"#, r#"{"a":"x"}"#, false),
    (r#"{"a":[{"anything-but":"x"}]}"#, "{}", false),
    (r#"{"a":[{"anything-but":"x"}]}"#, r#"{"a":null}"#, true),
    (
        r#"{"a":[{"anything-but":["x","y"]}]}"#,
        r#"{"a":"y"}"#,
        false,
    ),
    (
        r#"{"a":[{"anything-but":["x","y"]}]}"#,
        r#"{"a":["x","z"]}"#,
        true,
    ),
    (r#"{"a":[{"anything-but":[1,2]}]}"#, r#"{"a":2.0}"#, false),
    (r#"{"a":[{"anything-but":1}]}"#, r#"{"a":3}"#, true),
    (
        r#"{"a":[{"anything-but":{"prefix":"us-"}}]}"#,
        r#"{"a":"eu-1"}"#,
        true,
    ),
    (
        r#"{"a":[{"anything-but":{"prefix":["us-","eu-"]}}]}"#,
        r#"{"a":"eu-1"}"#,
        false,
    ),
    (
        r#"{"a":[{"anything-but":{"suffix":".png"}}]}"#,
        r#"{"a":"b.png"}"#,
        false,
    ),
    (
        r#"{"a":[{"anything-but":{"equals-ignore-case":["On","Off"]}}]}"#,
        r#"{"a":"OFF"}"#,
        false,
    ),
    (
        r#"{"a":[{"anything-but":{"equals-ignore-case":"on"}}]}"#,
        r#"{"a":"off"}"#,
        true,
    ),
    (
        r#"{"a":[{"anything-but":{"wildcard":"*/lib/*"}}]}"#,
        r#"{"a":"a/lib/b"}"#,
        false,
    ),
    // Being there.
    (r#"{"a":[{"exists":true}]}"#, r#"{"a":null}"#, true),
    (r#"{"a":[{"exists":true}]}"#, r#"{"b":1}"#, false),
    (r#"{"a":[{"exists":false}]}"#, r#"{"b":1}"#, true),
    (r#"{"a":[{"exists":false}]}"#, r#"{"a":1}"#, false),
    // Only a value at the end of a path is there.
    (r#"{"a":[{"exists":true}]}"#, r#"{"a":{"b":1}}"#, false),
    (r#"{"a":[{"exists":false}]}"#, r#"{"a":{"b":1}}"#, true),
    (r#"{"a":[{"exists":false}]}"#, r#"{"a":[]}"#, true),
    (r#"{"a":{"b":[{"exists":false}]}}"#, "{}", true),
    (
        r#"{"a":{"b":[{"exists":false}]}}"#,
        r#"{"a":[{"b":1},{"c":2}]}"#,
        false,
    ),
    (
        r#"{"a":{"b":[{"exists":false}],"c":[2]}}"#,
        r#"{"a":[{"b":1},{"c":2}]}"#,
        true,
    ),
    (r#"{"a":["x",{"exists":false}]}"#, "{}", true),
    // Or.
    (r#"{"$or":[{"a":[1]},{"b":[2]}]}"#, r#"{"b":2}"#, true),
    (
        r#"{"$or":[{"a":[1]},{"b":[2]}]}"#,
        r#"{"a":2,"b":1}"#,
        false,
    ),
    (
        r#"{"s":["x"],"$or":[{"a":[1]},{"b":[2]}]}"#,
        r#"{"s":"y","a":1}"#,
        false,
    ),
    (
        r#"{"s":["x"],"$or":[{"a":[1]},{"b":[2]}]}"#,
        r#"{"s":"x","a":1}"#,
        true,
    ),
    (
        r#"{"d":{"$or":[{"a":[1]},{"b":[2],"c":[3]}]}}"#,
        r#"{"d":{"b":2,"c":4}}"#,
        false,
    ),
    (
        r#"{"d":{"$or":[{"a":[1]},{"b":[2],"c":[3]}]}}"#,
        r#"{"d":{"b":2,"c":3}}"#,
        true,
    ),
    (
        r#"{"$or":[{"a":[1]},{"$or":[{"b":[2]},{"c":[3]}]}]}"#,
        r#"{"c":3}"#,
        true,
    ),
    (
        r#"{"d":{"s":["x"]},"$or":[{"d":{"a":[1]}},{"b":[2]}]}"#,
        r#"{"d":{"s":"y","a":1}}"#,
        false,
    ),
];

#[test]
fn patterns_match_what_aws_matches() {
    for (pattern, event, expected) in MATCHES {
        let parsed = Pattern::parse(pattern).unwrap_or_else(|reason| panic!("{pattern}: {reason}"));
        let value: Value = serde_json::from_str(event).expect("events are JSON");
        assert_eq!(parsed.matches(&value), *expected, "{pattern} and {event}");
    }
}

/// A text that is no pattern, and why.
const REFUSED: &[(&str, &str)] = &[
    (r"[]", "Filter is not an object"),
    (r"{}", "Empty objects are not allowed"),
    (r#"{"a":"x"}"#, "\"a\" must be an object or an array"),
    (r#"{"a":[]}"#, "Empty arrays are not allowed"),
    (r#"{"a":{}}"#, "Empty objects are not allowed"),
    (
        r#"{"a":[[1]]}"#,
        "Match value must be String, number, true, false, or null",
    ),
    (r#"{"a":[{}]}"#, "Match expression name not found"),
    (
        r#"{"a":[{"starts":"x"}]}"#,
        "Unrecognized match type starts",
    ),
    (
        r#"{"a":[{"prefix":1}]}"#,
        "prefix match pattern must be a string",
    ),
    (
        r#"{"a":[{"prefix":"x","suffix":"y"}]}"#,
        "Only one key allowed in match expression",
    ),
    (
        r#"{"a":[{"exists":"yes"}]}"#,
        "exists match pattern must be either true or false.",
    ),
    (
        r#"{"a":[{"numeric":5}]}"#,
        "Value of numeric must be an array.",
    ),
    (
        r#"{"a":[{"numeric":["!",5]}]}"#,
        "Unrecognized numeric range operator: !",
    ),
    (
        r#"{"a":[{"numeric":["=","5"]}]}"#,
        "Value of equals must be numeric",
    ),
    (
        r#"{"a":[{"numeric":["<",5,">",1]}]}"#,
        "Too many elements in numeric expression",
    ),
    (
        r#"{"a":[{"numeric":[">",5,">",1]}]}"#,
        "Bad numeric range operator: >",
    ),
    (
        r#"{"a":[{"numeric":[">",5,"<",1]}]}"#,
        "Bottom must be less than top",
    ),
    (
        r#"{"a":[{"numeric":[">",6e9]}]}"#,
        "Value must be between -5.0E9 and 5.0E9, inclusive",
    ),
    (
        r#"{"a":[{"anything-but":[1,"x"]}]}"#,
        "Inside anything but list, either all values are number or string, mixed type is not supported",
    ),
    (
        r#"{"a":[{"anything-but":[true]}]}"#,
        "Inside anything but list, start|null|boolean is not supported.",
    ),
    (
        r#"{"a":[{"anything-but":{"cidr":"x"}}]}"#,
        "Unsupported anything-but pattern: cidr",
    ),
    (
        r#"{"a":[{"anything-but":{"prefix":""}}]}"#,
        "Null prefix/suffix not allowed",
    ),
    (
        r#"{"a":[{"wildcard":"a**b"}]}"#,
        "Consecutive wildcard characters at pos 1",
    ),
    (
        r#"{"a":[{"wildcard":"a\\b"}]}"#,
        "Invalid escape character at pos 1",
    ),
    (
        r#"{"a":[{"cidr":"10.0.0.0"}]}"#,
        "Malformed CIDR, one '/' required: 10.0.0.0",
    ),
    (
        r#"{"a":[{"cidr":"10.0.0.0/33"}]}"#,
        "Malformed CIDR, mask bits must be at most 32: 33",
    ),
    (
        r#"{"$or":{"a":[1]}}"#,
        "It must be an Array followed with $or.",
    ),
    (
        r#"{"$or":[{"a":[1]}]}"#,
        "There must have at least 2 Objects in $or relationship.",
    ),
    (
        r#"{"$or":[1,2]}"#,
        "Only JSON object is allowed in array of $or relationship.",
    ),
    (
        r#"{"$or":[{"prefix":["a"]},{"b":[1]}]}"#,
        "prefix is Ruler reserved fieldName which cannot be used inside $or.",
    ),
];

#[test]
fn what_is_no_pattern_is_refused_with_the_reason() {
    for (pattern, reason) in REFUSED {
        assert_eq!(
            Pattern::parse(pattern),
            Err((*reason).to_owned()),
            "{pattern}"
        );
    }
}

#[test]
fn or_has_a_limit() {
    let or = r#"[{"a":[1]},{"b":[1]},{"c":[1]},{"d":[1]},{"e":[1]},{"f":[1]},{"g":[1]},{"h":[1]},{"i":[1]},{"j":[1]}]"#;
    let thousand = format!(r#"{{"p":{{"$or":{or}}},"q":{{"$or":{or}}},"r":{{"$or":{or}}}}}"#);
    assert!(Pattern::parse(&thousand).is_ok());
    let more = format!(
        r#"{{"p":{{"$or":{or}}},"q":{{"$or":{or}}},"r":{{"$or":{or}}},"$or":[{{"s":[1]}},{{"t":[1]}}]}}"#
    );
    assert!(Pattern::parse(&more).is_err());
}
