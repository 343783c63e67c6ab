//! What expressions mean, as a table: the expression and its value.

use pawl_expression::Expression;
use serde_json::{Value, json};

fn scope() -> Value {
    json!({
        "input": { "customerId": "cust_456", "count": 3, "price": 2.5, "text": "12", "empty": "", "none": null, "big": 9_007_199_254_740_993_u64 },
        "customer": {
            "name": "Ada", "email": "ada@example.com", "status": "active", "age": 36, "totalSpent": 1250.5,
            "tags": ["vip", "beta"], "address": { "city": "London" }, "first name": "Ada"
        },
        "orders": [
            { "_id": "o1", "total": 120, "items": [{ "sku": "a" }, { "sku": "b" }] },
            { "_id": "o2", "total": 40, "items": [] },
            { "_id": "o3", "total": 75.5, "paid": true }
        ],
        "steps": {
            "get_customer": { "output": { "name": "Ada", "email": "ada@example.com" } },
            "get-customer": { "output": "by dash" },
            "2nd_try": { "output": { "score": 7 } },
            "query": { "output": { "data": { "page": 1 }, "isDone": true } },
            "list": { "output": [{ "_id": "a" }, { "_id": "b" }] },
            "send": { "error": { "code": "TOOL_ERROR", "message": "no such host" } }
        },
        "variables": { "cursor": null },
        "contains": "a root of that name",
        "nowMs": 1_700_000_000_000_u64
    })
}

/// Each expression has its value, and so has what it is written out as.
fn check(rows: &[(&str, Value)]) {
    for (text, expected) in rows {
        let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            expression.evaluate(&scope()).as_ref(),
            Ok(expected),
            "{text}"
        );
        let written = expression.to_string();
        let again =
            Expression::parse(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(again, expression, "{text}");
        assert_eq!(again.evaluate(&scope()).as_ref(), Ok(expected), "{again}");
    }
}

#[test]
fn literals() {
    check(&[
        ("1", json!(1)),
        ("-1.5", json!(-1.5)),
        (".5", json!(0.5)),
        ("1e3", json!(1000.0)),
        ("18446744073709551615", json!(u64::MAX)),
        (r"'it\'s a \\ \n'", json!(r"it's a \ \n")),
        ("\"it's\"", json!("it's")),
        ("'ünïcödé 🦀'", json!("ünïcödé 🦀")),
        ("true", json!(true)),
        ("null", json!(null)),
        ("undefined", json!(null)),
        ("[1, 'a', [true]]", json!([1, "a", [true]])),
        ("[]", json!([])),
        ("[1, 2,]", json!([1, 2])),
        ("{a: 1,}", json!({ "a": 1 })),
        ("{a: [] + 1, a: 2}", json!({ "a": 2 })),
        (
            "{a: 1, 'b c': {d: input.count}, 3: 4}",
            json!({ "a": 1, "b c": { "d": 3 }, "3": 4 }),
        ),
        ("{}", json!({})),
    ]);
}

#[test]
fn paths() {
    check(&[
        ("input.customerId", json!("cust_456")),
        ("customer.address.city", json!("London")),
        ("customer['first name']", json!("Ada")),
        ("customer['na' + 'me']", json!("Ada")),
        ("customer .\n address . city", json!("London")),
        ("orders[1]._id", json!("o2")),
        ("orders.1._id", json!("o2")),
        ("orders[input.count - 1]._id", json!("o3")),
        ("orders[0].items[1].sku", json!("b")),
        ("orders.total", json!(120)),
        ("orders.length", json!(3)),
        ("customer.tags.length", json!(2)),
        ("customer.name.length", json!(3)),
        ("'🦀é'.length", json!(2)),
        ("customer.name[0]", json!("A")),
        ("customer.nickname", json!(null)),
        ("customer.nickname.first.letter", json!(null)),
        ("orders[9]", json!(null)),
        ("orders[-1]", json!(null)),
        ("orders[1.0]._id", json!("o2")),
        ("orders[0.5]", json!(null)),
        ("{1: 'a'}[1.0]", json!("a")),
        ("orders['1']._id", json!("o2")),
        ("customer.name['0']", json!("A")),
        ("input.none.anything", json!(null)),
        ("contains", json!("a root of that name")),
        ("{a: 7}.a", json!(7)),
        ("[4, 5][1]", json!(5)),
        ("(orders)[0]._id", json!("o1")),
        (".input.count", json!(3)),
    ]);
}

#[test]
fn filters() {
    check(&[
        ("orders[.total > 50]._id", json!("o1")),
        ("orders[.total > 50].length", json!(2)),
        ("orders[.total > 50][1]._id", json!("o3")),
        ("orders[.paid]|map('_id')", json!(["o3"])),
        ("orders[.items[.sku == 'b'].length > 0]._id", json!("o1")),
        ("orders[.total > input.count * 20]|length", json!(2)),
        ("customer.tags[. == 'vip']", json!(["vip"])),
        ("customer[.age > 18]|length", json!(1)),
        ("input.none[.x]", json!([])),
        ("orders[true].length", json!(3)),
        ("orders[1 > 2]", json!(null)),
    ]);
}

#[test]
fn steps() {
    check(&[
        ("steps.get_customer.output.email", json!("ada@example.com")),
        (
            "steps.get_customer.output.data.email",
            json!("ada@example.com"),
        ),
        (
            "steps.get_customer.output.data",
            json!({ "name": "Ada", "email": "ada@example.com" }),
        ),
        ("steps['get_customer']['output']['data'].name", json!("Ada")),
        ("steps.get-customer.output", json!("by dash")),
        ("steps.get-customer.output.data", json!("by dash")),
        ("steps.2nd_try.output.score - 1", json!(6)),
        ("steps.list.output.data[1]._id", json!("b")),
        // The envelope is read first, and what the data really has under `data` after it.
        ("steps.query.output.data.isDone", json!(true)),
        ("steps.query.output.data.page", json!(1)),
        ("steps.query.output.data.data.page", json!(1)),
        (
            "steps.query.output.data",
            json!({ "data": { "page": 1 }, "isDone": true }),
        ),
        ("steps.send.error.code", json!("TOOL_ERROR")),
    ]);
}

#[test]
fn arithmetic() {
    check(&[
        ("1 + 2 * 3", json!(7)),
        ("(1 + 2) * 3", json!(9)),
        ("10 - 2 - 3", json!(5)),
        ("7 / 2", json!(3.5)),
        ("6 / 2", json!(3)),
        ("7 // 2", json!(3)),
        ("-7 // 2", json!(-4)),
        ("7.5 // 2", json!(3)),
        ("-7 % 3", json!(-1)),
        ("2 ^ 10", json!(1024)),
        ("2 ^ -1", json!(0.5)),
        ("2 * 3 ^ 2", json!(18)),
        ("-2 ^ 2", json!(4)),
        ("0.5 + 0.5", json!(1)),
        ("0.1 + 0.2", json!(0.1 + 0.2)),
        ("input.big + 2", json!(9_007_199_254_740_995_u64)),
        ("-input.count", json!(-3)),
        ("--1", json!(1)),
        ("2 - -1", json!(3)),
        ("2-1", json!(1)),
        ("input.text * 2", json!(24)),
        ("true + 1", json!(2)),
        ("'a' + 1 + true", json!("a1true")),
        ("1 + '2'", json!("12")),
        ("'' + 1.0", json!("1")),
    ]);
}

#[test]
fn comparison() {
    check(&[
        ("input.count >= 3", json!(true)),
        ("input.price < input.count", json!(true)),
        ("'10' < '9'", json!(true)),
        ("'10' < 9", json!(false)),
        ("'b' > 'a'", json!(true)),
        ("'x' > 1", json!(false)),
        ("customer.nickname > 1", json!(false)),
        ("customer.nickname <= 1", json!(false)),
        ("input.none >= 0", json!(false)),
        ("1 < 2 == true", json!(true)),
        ("customer.status == 'active'", json!(true)),
        ("customer.status != 'active'", json!(false)),
        ("input.text == 12", json!(true)),
        ("customer.nickname == null", json!(true)),
        ("null == false", json!(false)),
        ("[1, {a: 2}] == [1.0, {a: 2}]", json!(true)),
        ("9007199254740993 == 9007199254740992", json!(false)),
    ]);
}

#[test]
fn membership() {
    check(&[
        ("'vip' in customer.tags", json!(true)),
        ("'gold' in customer.tags", json!(false)),
        ("customer.tags contains 'vip'", json!(true)),
        ("customer.tags includes 'beta'", json!(true)),
        ("customer.email contains '@example.com'", json!(true)),
        ("5 in '456'", json!(true)),
        ("'1' in [1]", json!(false)),
        ("'x' in customer.nickname", json!(false)),
        ("customer.email contains customer.nickname", json!(false)),
    ]);
}

#[test]
fn logic() {
    check(&[
        ("!customer.nickname", json!(true)),
        ("!customer.name.length", json!(false)),
        ("!!1", json!(true)),
        ("customer.nickname || customer.name", json!("Ada")),
        ("customer.name && 5", json!(5)),
        ("0 && unknown", json!(0)),
        ("1 || unknown", json!(1)),
        // As in JEXL, `&&` and `||` are one level: this is `(true || true) && false`.
        ("true || true && false", json!(false)),
        ("[] && {} && 'both are true'", json!("both are true")),
    ]);
}

#[test]
fn choice() {
    check(&[
        ("input.count > 2 ? 'many' : 'few'", json!("many")),
        ("false ? 1 : true ? 2 : 3", json!(2)),
        ("true ? false ? 1 : 2 : 3", json!(2)),
        ("customer.nickname ?: 'friend'", json!("friend")),
        ("customer.name ?: 'friend'", json!("Ada")),
        ("customer.nickname ?? 'friend'", json!("friend")),
        ("customer.name ?? 'friend'", json!("Ada")),
        ("0 ?? 1", json!(0)),
        ("false ?? null ?? 1", json!(false)),
        ("unknown ?? null ?? 'last'", json!("last")),
        ("(unknown ?? 2) + 1", json!(3)),
        ("steps.later.output.total + 1 ?? 0", json!(0)),
        ("[unknown ?? 'a', null ?: 'b']|join", json!("a,b")),
        ("input.empty ?: null ?: 'last'", json!("last")),
        ("unknown ?: 1", json!(1)),
        ("steps.later.output.total + 1 ?: 0", json!(0)),
        ("variables.missing ?: 'unset'", json!("unset")),
        ("secrets.key ?: 'no secrets'", json!("no secrets")),
    ]);
}

#[test]
fn wrapped_operands() {
    check(&[
        ("{{customer.status}} == 'active'", json!(true)),
        (
            "{{ customer.age }} >= 18 && {{customer.totalSpent}} > 1000",
            json!(true),
        ),
        ("{{{customer.status}}} == 'active'", json!(true)),
        ("'{{customer.status}}' == 'active'", json!(true)),
        ("\"{{ customer.status }}\" == \"active\"", json!(true)),
        ("'{{{customer.status}}} user' == 'active user'", json!(true)),
        ("'{{input.count}}'", json!("3")),
        ("'{{input.count}}' == 3", json!(true)),
        ("'{{input.none}}{{input.missing}}'", json!("")),
        (
            "'<{{orders[0].items}}>'",
            json!(r#"<[{"sku":"a"},{"sku":"b"}]>"#),
        ),
        ("'{{customer.tags|join('+')}}!'|upper", json!("VIP+BETA!")),
        ("'{{customer.name}}' in ['Ada']", json!(true)),
        ("{{customer.email}} contains '@example.com'", json!(true)),
        ("{{orders.length}} > 2", json!(true)),
        ("{{customer}}.name|upper", json!("ADA")),
        ("{{ {a: {b: 1}} }}.a.b", json!(1)),
        ("{{{a: 1}}}.a", json!(1)),
        ("{{1 + 1}} * 2", json!(4)),
    ]);
}

#[test]
fn only_null_false_zero_and_empty_text_are_not_true() {
    let rows = [
        ("null", false),
        ("false", false),
        ("0", false),
        ("0.0", false),
        ("''", false),
        ("input.missing", false),
        ("[]", true),
        ("{}", true),
        ("'0'", true),
        ("-1", true),
    ];
    for (text, expected) in rows {
        let expression = Expression::parse(text).expect("an expression");
        assert_eq!(expression.is_true(&scope()), Ok(expected), "{text}");
    }
}
