//! What Python expressions mean, as a table, and what is refused.

use pawl_expression::{Expression, python};
use serde_json::{Value, json};

fn scope() -> Value {
    json!({ "context": {
        "n": 7, "half": 0.5, "zero": 0, "text": "Hello World", "empty": "", "none": null, "yes": true, "flag": "True",
        "list": [3, 1, 2], "nothing": [], "words": ["a", "b", ""], "person": { "name": "Ada", "age": 36, "tags": ["x"] },
        "people": [{ "name": "Ada", "age": 36 }, { "name": "Bo", "age": 17 }], "in": 4, "context": 5,
    } })
}

fn names() -> Expression {
    Expression::parse("context").expect("it is a name")
}

/// The value, after the expression was printed and read again, as a compiler hands it on.
fn evaluate(text: &str) -> Result<Value, String> {
    let expression =
        python::value(text, &names()).unwrap_or_else(|error| panic!("{text}: {error}"));
    let printed = expression.to_string();
    let again = Expression::parse(&printed).unwrap_or_else(|error| panic!("{printed}: {error}"));
    assert_eq!(again, expression, "{printed}");
    again.evaluate(&scope()).map_err(|error| error.message)
}

fn check(rows: &[(&str, Value)]) {
    for (text, expected) in rows {
        let found = evaluate(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        // As text, since 1 and 1.0 differ here.
        assert_eq!(found.to_string(), expected.to_string(), "{text}");
    }
}

#[test]
fn literals() {
    check(&[
        ("1_000", json!(1000)),
        ("0xff", json!(255)),
        ("1.", json!(1.0)),
        ("-1e3", json!(-1000.0)),
        ("'a' \"b\" r'\\n'", json!("ab\\n")),
        ("'\\x41\\u00e9\\n\\q'", json!("Aé\n\\q")),
        ("'''it's'''", json!("it's")),
        ("'{{n}}' + \"it's\"", json!("{{n}}it's")),
        (
            "[True, false, None, null]",
            json!([true, false, null, null]),
        ),
        ("(1, 'a')", json!([1, "a"])),
        ("1, 2", json!([1, 2])),
        (
            "{'a': 1, 'b': {'c': []}}",
            json!({ "a": 1, "b": { "c": [] } }),
        ),
        ("{1, 1.0, True}", json!([1])),
    ]);
}

#[test]
fn names_and_members() {
    check(&[
        ("n", json!(7)),
        ("flag", json!(true)),
        ("person.name", json!("Ada")),
        ("person.nickname", json!(null)),
        ("person.title", json!(null)),
        ("person['age']", json!(36)),
        ("person.get('x', 'y')", json!("y")),
        ("list[-1]", json!(2)),
        ("text[::-1][:5]", json!("dlroW")),
        ("list[True]", json!(1)),
        ("'person' in keys and len(keys) > 3", json!(true)),
        ("context", json!(5)),
    ]);
}

#[test]
fn truth_and_choice() {
    check(&[
        ("nothing or 'none'", json!("none")),
        ("zero and unknown", json!(0)),
        ("n and list", json!([3, 1, 2])),
        ("'x' if nothing else 'y'", json!("y")),
        ("not {}", json!(true)),
        ("1 if n else 1 / 0", json!(1)),
        ("true or 1 / 0", json!(true)),
    ]);
}

#[test]
fn comparisons() {
    check(&[
        ("1 < n <= 7 != 8", json!(true)),
        ("1 == True == 1.0", json!(true)),
        ("'1' == 1", json!(false)),
        ("none is None and yes is not None", json!(true)),
        ("'World' in text and 'z' not in text", json!(true)),
        ("'name' in person", json!(true)),
        ("n in (1, 7)", json!(true)),
        ("[1, 2] < [1, 3]", json!(true)),
        ("set(list) == {1, 2, 3}", json!(true)),
        ("(1,) == [1]", json!(false)),
        ("text == 'Hello World'", json!(true)),
        ("n == 'seven'", json!(false)),
    ]);
}

#[test]
fn arithmetic() {
    check(&[
        ("7 // -2", json!(-4)),
        ("-7 % 3", json!(2)),
        ("-7.5 % 2", json!(0.5)),
        ("6 / 2", json!(3.0)),
        ("2 ** 10", json!(1024)),
        ("2 ** -1", json!(0.5)),
        ("-2 ** 2", json!(-4)),
        ("'ab' * 2 + 'c'", json!("ababc")),
        ("list + [4]", json!([3, 1, 2, 4])),
        ("True + 1", json!(2)),
        ("n - half", json!(6.5)),
    ]);
}

#[test]
fn functions_and_methods() {
    check(&[
        ("len(text)", json!(11)),
        ("max(1, 2.5), min(list)", json!([2.5, 1])),
        ("max(people, key=lambda p: p.age).name", json!("Ada")),
        ("min([], default=0)", json!(0)),
        ("sorted(list, reverse=True)", json!([3, 2, 1])),
        ("sum(p['age'] for p in people)", json!(53)),
        (
            "round(2.5), round(2.675, 2), round(1250, -2)",
            json!([2, 2.67, 1200]),
        ),
        ("int('12') + int(3.9)", json!(15)),
        ("int('-١_٢') + int('𝟙')", json!(-11)),
        ("float('١.٥e١')", json!(15.0)),
        ("str([1, 'a', None, 1.0])", json!("[1, 'a', None, 1.0]")),
        ("isinstance(n, (str, int))", json!(true)),
        ("list(map(str.upper, words))", json!(["A", "B", ""])),
        ("list(filter(None, words))", json!(["a", "b"])),
        (
            "list(zip(list, words))",
            json!([[3, "a"], [1, "b"], [2, ""]]),
        ),
        ("dict(enumerate(words)) if False else 1", json!(1)),
        ("text.lower().split()", json!(["hello", "world"])),
        ("text.startswith(('X', 'He'))", json!(true)),
        ("'-'.join(sorted(person.keys()))", json!("age-name-tags")),
        (
            "f'{n:>3}|{half:.2f}|{text!r}'",
            json!("  7|0.50|'Hello World'"),
        ),
        (
            "'{} of {name}'.format(n, name=text)",
            json!("7 of Hello World"),
        ),
    ]);
}

#[test]
fn comprehensions() {
    check(&[
        ("[x * 2 for x in list if x > 1]", json!([6, 4])),
        (
            "[(a, b) for a in [1, 2] for b in 'xy' if b != 'x']",
            json!([[1, "y"], [2, "y"]]),
        ),
        (
            "{k: v for k, v in person.items() if k != 'tags'}",
            json!({ "name": "Ada", "age": 36 }),
        ),
        ("{w for w in words}", json!(["a", "b", ""])),
        ("any(p.age < 18 for p in people)", json!(true)),
        (
            "all(p['age'] > 18 for p in people if p['name'] != 'Bo')",
            json!(true),
        ),
        // The one that decides comes first, and what is behind it is not looked at.
        ("any(x > 2 for x in [3, 'x'])", json!(true)),
        ("[context for context in list]", json!([3, 1, 2])),
        (
            "[contains for contains in list if n in [7]]",
            json!([3, 1, 2]),
        ),
        (
            "[[x + y for y in list] for x in [10]]",
            json!([[13, 11, 12]]),
        ),
        (
            "list(map(lambda a, b: a + b, list, list))",
            json!([6, 2, 4]),
        ),
    ]);
}

#[test]
fn failures() {
    let rows = [
        ("unknown", "`unknown` is not known here"),
        ("person['x']", "there is no key \"x\""),
        ("list[3]", "the index 3 is out of range"),
        ("n + text", "`+` does not work between an int and a str"),
        ("n < text", "`<` does not work between an int and a str"),
        ("1 in n", "`in` does not work with an int"),
        ("n / zero", "a division by zero"),
        ("len(n)", "`len` does not work with an int"),
        ("none.lower()", "None has no method `lower`"),
        ("int('x')", "\"x\" is not a whole number"),
        ("int('²')", "\"²\" is not a whole number"),
        ("max([])", "`max` of nothing"),
        ("2 ** 80", "a whole number here does not fit 64 bits"),
        ("'x' * 10 ** 12", "this makes more than 16 MiB"),
        ("{1: 2}", "a key of a dict is a text here"),
        ("{[1]: 2}", "a dict is made of pairs whose first is a str"),
    ];
    for (text, message) in rows {
        match python::value(text, &names()) {
            Ok(_) => assert_eq!(evaluate(text), Err(message.to_owned()), "{text}"),
            Err(error) => assert_eq!(error.message, message, "{text}"),
        }
    }
}

#[test]
fn what_is_not_in_the_subset_is_refused_by_its_name() {
    let rows = [
        (
            "open('x')",
            "the function `open` is not part of the Python that is read here",
        ),
        (
            "lenn(x)",
            "the function `lenn` is not part of the Python that is read here",
        ),
        (
            "a.__class__",
            "`.__class__` is not part of the Python that is read here",
        ),
        (
            "a.append(1)",
            "the method `append` is not part of the Python that is read here",
        ),
        (
            "(x := 1)",
            "an assignment with `:=` is not part of the Python that is read here",
        ),
        (
            "a << 1",
            "the operator `<<` is not part of the Python that is read here",
        ),
        (
            "f(*a)",
            "an argument with `*` is not part of the Python that is read here",
        ),
        (
            "'%s' % a",
            "formatting a text with `%` is not part of the Python that is read here",
        ),
        ("a is b", "`is` needs None, True or False on one side"),
        (
            "lambda x: x",
            "a lambda stands only as an argument of `map`, `filter`, or as `key` of `sorted`, `min` and `max`",
        ),
        ("a = 1", "expected an operator, found `=`"),
        ("a && b", "`&&` is not part of a Python expression"),
        ("a || b", "`||` is not part of a Python expression"),
        ("!a", "`!` is not part of a Python expression"),
        ("a === b", "`===` is not part of a Python expression"),
        ("a !== b", "`!==` is not part of a Python expression"),
        ("a +", "expected a value, but the text ends"),
        (
            "(a",
            "expected `)` to go with what was opened, but the text ends",
        ),
        ("'abc", "this text has no end"),
        ("{{a}} > 1", "`{{` and `}}` are not part of Python"),
        ("import os", "expected a value, found `import`"),
        ("1j", "complex numbers are not supported here"),
        (
            "b'x'",
            "bytes are not supported here: write a text without the `b`",
        ),
    ];
    for (text, message) in rows {
        let error = python::value(text, &names()).expect_err(text);
        assert_eq!(error.message, message, "{text}");
        assert!(error.span.end <= text.len(), "{text}");
    }
}

#[test]
fn conditions_read_well() {
    let rows = [
        (
            "status == 'open' and not done",
            "context|pyName('status') == 'open' && !context|pyName('done')|pyTruth",
        ),
        (
            "any(x > 1 for x in items)",
            "context|pyName('items')|pyAny(x => x|pyCompare('>', 1))",
        ),
        (
            "a < b < c",
            "context|pyName('b')|pyLet(between => context|pyName('a')|pyCompare('<', between) && between|pyCompare('<', context|pyName('c')))",
        ),
        (
            "x in ('a', 'b')",
            "context|pyName('x')|pyCompare('in', ['a', 'b'])",
        ),
    ];
    for (text, printed) in rows {
        let condition = python::condition(text, &names()).expect(text);
        assert_eq!(condition.to_string(), printed, "{text}");
        let roots = condition.references();
        assert!(
            roots.iter().all(|reference| reference.path.len() == 1),
            "{text}"
        );
    }
}

#[test]
fn what_nests_too_deep_is_refused() {
    for text in [
        "(".repeat(70) + "1" + &")".repeat(70),
        "not ".repeat(70) + "1",
        "a.b".to_owned() + &".c".repeat(300),
        "1 + ".repeat(300) + "1",
        "[".repeat(70),
        "x[".repeat(70),
        "-".repeat(100_000),
        "1 if 1 else ".repeat(100) + "1",
        "f\"{".repeat(3) + "1",
    ] {
        python::value(&text, &names()).expect_err("it is too deep");
    }
}

#[test]
fn templates_are_jinja() {
    let rows = [
        (
            "Hello {{ person.name }}, {{ person.nickname }}!\n",
            "Hello Ada, !",
        ),
        (
            "{% for w in words if w -%}\n {{ w|upper }}{% if w == 'a' %}, {% else %}.{% endif %}{% endfor %}",
            "A, B.",
        ),
        (
            "{% for x in nothing %}{{ x }}{% else %}none{% endfor %}{# a comment #}",
            "none",
        ),
        (
            "{{ list|length }} {{ list|join('-') }} {{ missing|default('?') }} {{ person.tags|tojson }}",
            "3 3-1-2 ? [\"x\"]",
        ),
        (
            "{{ person.class }}{{ class }}{% if n > 5 %}many{% elif n %}some{% else %}none{% endif %}",
            "many",
        ),
        (
            "{% for k, v in person.items() %}{{ k }}={{ v }};{% endfor %}",
            "name=Ada;age=36;tags=['x'];",
        ),
    ];
    for (text, expected) in rows {
        let template =
            python::template(text, &names()).unwrap_or_else(|error| panic!("{text}: {error}"));
        let printed = Expression::parse(&template.to_string()).expect("it reads back");
        assert_eq!(printed.evaluate(&scope()), Ok(json!(expected)), "{text}");
    }
    for (text, message) in [
        (
            "{% include 'x' %}",
            "the tag `include` is not part of the Jinja that is read here",
        ),
        (
            "{{ a|xmlattr }}",
            "the filter `xmlattr` is not part of the Jinja that is read here",
        ),
        (
            "{{ rows|groupby('a') }}",
            "the filter `groupby` is not part of the Jinja that is read here",
        ),
        (
            "{{ rows|join(by=',') }}",
            "the filter `join` has no such argument",
        ),
        (
            "{{ rows|replace('a') }}",
            "the filter `replace` needs its argument `new`",
        ),
        (
            "{% set seen.x = 1 %}",
            "`set` gives a value to one name here, and `seen.x` is none",
        ),
        (
            "{{ rows is sorted }}",
            "the test `sorted` is not part of the Jinja that is read here",
        ),
        (
            "{{ n is divisibleby }}",
            "the test `divisibleby` takes 1 argument, not 0",
        ),
        ("{% raw %}{{ a }}", "a `endraw` is missing"),
        ("{% if a %}", "a `endif` is missing"),
        ("{{ a", "this `{{` has no `}}`"),
    ] {
        let error = python::template(text, &names()).expect_err(text);
        assert_eq!(error.message, message, "{text}");
    }
}

#[test]
fn templates_know_tests_filters_and_names() {
    // The texts are what Jinja 3.1 makes of these templates.
    let rows = include_str!("templates.json");
    let rows: Vec<[String; 2]> = serde_json::from_str(rows).expect("pairs of texts");
    let mut wrong = Vec::new();
    for [text, expected] in rows {
        match python::template(&text, &names()) {
            Err(error) => wrong.push(format!("{text}: {error}")),
            Ok(template) => {
                let printed = Expression::parse(&template.to_string()).expect("it reads back");
                let found = printed.evaluate(&scope());
                if found != Ok(json!(expected)) {
                    wrong.push(format!("{text}\n  is {expected:?}\n not {found:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
