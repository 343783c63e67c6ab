//! The data that cases run over: always the same names and kinds, each time other values.

use serde_json::{Map, Value, json};

use crate::random::Random;

/// The moment of every case: noon of 31 January 2026.
const NOW_MS: i64 = 1_769_860_800_000;

const WORDS: [&str; 17] = [
    "Ada",
    "lin",
    "Bo",
    "vip",
    "beta",
    "active",
    "churned",
    "London",
    "Oslo",
    "ada@example.com",
    "Zürich",
    "ΣΑΣ",
    "straße",
    "ﬁn",
    "a b",
    "crab🦀",
    "x",
];

const ODD_TEXTS: [&str; 14] = [
    "",
    " ",
    "12",
    "-4.5",
    " 7 ",
    "0",
    "1e3",
    "0x10",
    "Infinity",
    "🦀 crab",
    "\u{a0}hard\u{feff}",
    "line\nbreak",
    "it's \"so\"",
    "true",
];

const TIMES: [&str; 12] = [
    "2026-01-31T11:15:00Z",
    "2026-01-30",
    "2025-12-24T18:00:00+01:00",
    "2024-02-29T23:59:59.999Z",
    "1969-07-20T20:17:40Z",
    "2026-02-01T00:00:00Z",
    "2026-01-31T12:00:00.000Z",
    "Sat, 31 Jan 2026 08:30:00 GMT",
    "2026-01-31T10:00",
    "not a time",
    "2026-13-01",
    "Jan 5, 2026",
];

/// Values for every name.
pub(crate) fn roots(random: &mut Random) -> Map<String, Value> {
    let mut map = Map::new();
    let mut set = |name: &str, value: Value| {
        map.insert(name.to_owned(), value);
    };
    set("count", random.between(-3, 12).into());
    set("price", decimal(random));
    set("zero", random.pick(&[json!(0), json!(0.0), json!(-0.0)]));
    set("big", big(random));
    set("name", word(random));
    set("title", text(random));
    set("empty", "".into());
    set("digits", random.pick(&ODD_TEXTS).into());
    set("yes", random.permille(700).into());
    set("no", random.permille(300).into());
    set("nothing", Value::Null);
    set("customer", customer(random));
    set("orders", some(random, 4, order));
    set("numbers", some(random, 5, number));
    set("words", some(random, 5, word));
    set("mixed", many(random, 5, anything));
    set("pairs", many(random, 3, |random| many(random, 3, number)));
    set(
        "nested",
        many(random, 3, |random| {
            json!([many(random, 2, number), number(random)])
        }),
    );
    set("none", json!([]));
    set("created", random.pick(&TIMES).into());
    set(
        "seconds",
        (NOW_MS / 1000 - random.between(-100_000, 90_000_000)).into(),
    );
    set(
        "millis",
        (NOW_MS - random.between(-100_000_000, 90_000_000_000)).into(),
    );
    set("json", json_text(random));
    set("é1", random.between(0, 3).into());
    set("total", random.between(0, 200).into());
    set(
        "steps",
        json!({ "find": { "output": { "name": word(random), "total": number(random) }, "meta": { "model": word(random) } } }),
    );
    set("key", random.pick(&["to", "plain", "subject"]).into());
    set(
        "lastOutput",
        json!({ "name": word(random), "total": number(random) }),
    );
    set("nowMs", NOW_MS.into());
    map
}

fn number(random: &mut Random) -> Value {
    if random.permille(250) {
        decimal(random)
    } else {
        random.between(-5, 150).into()
    }
}

fn decimal(random: &mut Random) -> Value {
    let numerator = i32::try_from(random.between(-800, 12_000)).unwrap_or_default();
    json!(f64::from(numerator) / f64::from(random.pick(&[2, 3, 4, 7, 8, 10, 100])))
}

fn big(random: &mut Random) -> Value {
    random.pick(&[
        json!(9_007_199_254_740_991_u64),
        json!(9_007_199_254_740_993_u64),
        json!(9_007_199_254_740_994_u64),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e21),
        json!(1.5e300),
        json!(1e-7),
        json!(123_456_789_012_i64),
    ])
}

fn word(random: &mut Random) -> Value {
    random.pick(&WORDS).into()
}

fn text(random: &mut Random) -> Value {
    match random.below(3) {
        0 => random.pick(&ODD_TEXTS).into(),
        1 => word(random),
        _ => format!("{} {}", random.pick(&WORDS), random.pick(&WORDS)).into(),
    }
}

fn customer(random: &mut Random) -> Value {
    let mut customer = json!({
        "name": word(random), "age": random.between(0, 90), "email": word(random), "active": random.permille(500),
        "address": { "city": word(random), "zip": text(random) }, "tags": many(random, 3, word), "score": Value::Null, "spent": decimal(random),
    });
    if let Some(members) = customer.as_object_mut() {
        for name in ["age", "address", "tags", "email"] {
            if random.permille(80) {
                members.remove(name);
            }
        }
    }
    customer
}

fn order(random: &mut Random) -> Value {
    let mut order = json!({
        "id": random.between(1, 5), "total": number(random), "paid": random.permille(500), "city": word(random), "at": random.pick(&TIMES),
        "items": some(random, 2, |random| json!({ "sku": word(random), "price": number(random) })),
    });
    if let Some(members) = order.as_object_mut() {
        for name in ["total", "city", "items", "paid"] {
            if random.permille(60) {
                members.remove(name);
            } else if random.permille(80) {
                members.insert(name.to_owned(), Value::Null);
            }
        }
    }
    order
}

fn anything(random: &mut Random) -> Value {
    match random.below(11) {
        0 | 9 => Value::Null,
        1 => random.permille(500).into(),
        2 | 3 => number(random),
        4 | 5 => text(random),
        6 => many(random, 2, number),
        7 => json!({ "total": number(random), "name": word(random) }),
        _ => json!({}),
    }
}

fn many(random: &mut Random, most: usize, make: impl Fn(&mut Random) -> Value) -> Value {
    let length = random.below(most + 1);
    (0..length).map(|_| make(random)).collect()
}

/// Seldom none.
fn some(random: &mut Random, most: usize, make: impl Fn(&mut Random) -> Value) -> Value {
    let length = if random.permille(60) {
        0
    } else {
        1 + random.below(most)
    };
    (0..length).map(|_| make(random)).collect()
}

fn json_text(random: &mut Random) -> Value {
    match random.below(6) {
        0 => anything(random).to_string().into(),
        1 => many(random, 3, anything).to_string().into(),
        2 => order(random).to_string().into(),
        3 => " [1, 2.50, {\"a\": 1, \"a\": 2}] ".into(),
        4 => "{\"broken\": ".into(),
        _ => text(random),
    }
}
