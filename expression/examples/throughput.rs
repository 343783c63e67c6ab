//! Reads and evaluates a corpus of expressions, as often as it is asked to, and says how long that took.
//!
//!     cargo run --release --package pawl-expression --example throughput -- corpus.jsonl
//!
//! The corpus has lines `{id, kind, text, data}`, of which those of the kind `expression` count. The first line that is
//! printed lists the ids of those that have a value here; the first line that is read lists those to measure. Every
//! further line that is read asks for one round and is answered with nanoseconds: `{"parse", "evaluate", "both"}`.
//! `infra/bench/jexl.mjs` does the same with npm `jexl`, and `infra/bench/bench.py` lets the two take turns.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::time::Instant;

use pawl_expression::Expression;
use serde_json::{Value, json};

/// An expression and what it is evaluated over.
struct Case {
    id: Value,
    text: String,
    data: Value,
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which corpus?")?;
    let mut cases = read(&path)?;
    let ids: Vec<&Value> = cases.iter().map(|case| &case.id).collect();
    writeln!(stdout(), "{}", json!({ "ids": ids }))?;
    let mut lines = stdin().lines();
    let wanted = lines.next().ok_or("which cases?")??;
    let wanted: Vec<Value> = serde_json::from_str(&wanted)?;
    let wanted: BTreeSet<String> = wanted.iter().map(Value::to_string).collect();
    cases.retain(|case| wanted.contains(&case.id.to_string()));
    for line in lines {
        line?;
        writeln!(stdout(), "{}", round(&cases)?)?;
    }
    Ok(())
}

/// The expressions of a corpus that have a value.
#[expect(
    clippy::disallowed_methods,
    reason = "an example may read files, the crate may not"
)]
fn read(path: &str) -> Result<Vec<Case>, Box<dyn Error>> {
    let mut cases = Vec::new();
    for line in BufReader::new(File::open(path)?).lines() {
        let mut case: Value = serde_json::from_str(&line?)?;
        let mut take = |field: &str| case.get_mut(field).map(Value::take).unwrap_or_default();
        let (id, data) = (take("id"), take("data"));
        let (Value::String(kind), Value::String(text)) = (take("kind"), take("text")) else {
            return Err("a case has a kind and a text".into());
        };
        let has_value = |expression: Expression| expression.evaluate(&data).is_ok();
        if kind == "expression" && Expression::parse(&text).is_ok_and(has_value) {
            cases.push(Case { id, text, data });
        }
    }
    Ok(cases)
}

/// Goes through all cases three times: only reading, only evaluating, and both one after the other.
fn round(cases: &[Case]) -> Result<Value, Box<dyn Error>> {
    let (parse, expressions) = measured(|| {
        let parsed = cases.iter().map(|case| Expression::parse(&case.text));
        parsed.collect::<Result<Vec<Expression>, _>>()
    });
    let expressions = expressions?;
    let (evaluate, ()) = measured(|| {
        for (case, expression) in cases.iter().zip(&expressions) {
            drop(black_box(expression.evaluate(&case.data)));
        }
    });
    let (both, ()) = measured(|| {
        for case in cases {
            let expression = Expression::parse(&case.text);
            drop(black_box(
                expression.map(|expression| expression.evaluate(&case.data)),
            ));
        }
    });
    Ok(json!({ "parse": parse, "evaluate": evaluate, "both": both }))
}

#[expect(
    clippy::disallowed_methods,
    reason = "an example may look at the clock, the crate may not"
)]
fn measured<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let start = Instant::now();
    let result = work();
    (
        start.elapsed().as_nanos().try_into().unwrap_or(u64::MAX),
        result,
    )
}
