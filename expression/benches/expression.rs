//! How long it takes to read and to evaluate expressions and templates.
//!
//!     cargo bench --package pawl-expression

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pawl_expression::{Expression, Template};
use serde_json::{Value, json};

/// Expressions as workflows have them, by what they are made of.
const EXPRESSIONS: [(&str, &str); 10] = [
    ("member", "steps.get_customer.output.data.customer.email"),
    (
        "comparison",
        "loop.item.status == 'active' && loop.item.total >= 100",
    ),
    (
        "contains",
        "steps.classify.output.data.intent contains 'refund'",
    ),
    ("length", "steps.find_customers.output.data.page.length > 0"),
    (
        "default",
        "input.locale ?: steps.get_customer.output.data.customer.locale ?: 'en'",
    ),
    ("ternary", "loop.index % 2 == 0 ? 'even' : 'odd'"),
    ("arithmetic", "(loop.item.total * 1.19 + 4.9) // 1"),
    (
        "filter",
        "steps.find_customers.output.data.page[.total > 50 && .status == 'active']",
    ),
    (
        "transform",
        "steps.find_customers.output.data.page|filter('total > 50')|map('email')|join(', ')",
    ),
    (
        "object",
        "{email: loop.item.email, tags: ['a', loop.item.status], total: loop.item.total}",
    ),
];

/// Templates as workflows have them.
const TEMPLATES: [(&str, &str); 3] = [
    ("whole", "{{steps.find_customers.output.data.page}}"),
    (
        "prompt",
        "Write to {{loop.item.name}} <{{loop.item.email}}> about {{steps.classify.output.data.intent}}, {{loop.item.total}} in total.",
    ),
    (
        "section",
        "{{#steps.find_customers.output.data.page}}\n- {{name}}: {{email}}\n{{/steps.find_customers.output.data.page}}\n",
    ),
];

/// What a step in a loop over twenty customers sees.
fn scope() -> Value {
    let customers: Vec<Value> = (0..20)
        .map(|number| {
            json!({
                "_id": format!("customer_{number}"),
                "name": format!("Customer {number}"),
                "email": format!("customer{number}@example.com"),
                "status": if number % 3 == 0 { "churned" } else { "active" },
                "total": number * 10,
            })
        })
        .collect();
    json!({
        "input": { "organization": "acme" },
        "loop": { "item": customers.last(), "index": 19 },
        "steps": {
            "get_customer": { "output": { "data": { "customer": { "email": "ada@example.com", "locale": "de" } } } },
            "classify": { "output": { "data": { "intent": "asks for a refund" } } },
            "find_customers": { "output": { "data": { "page": customers } } },
        },
    })
}

fn expressions(criterion: &mut Criterion) {
    let scope = scope();
    let mut group = criterion.benchmark_group("parse");
    for (name, text) in EXPRESSIONS {
        group.bench_function(name, |bencher| {
            bencher.iter(|| Expression::parse(black_box(text)));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("evaluate");
    for (name, text) in EXPRESSIONS {
        let expression = Expression::parse(text).expect("an expression of the list");
        expression.evaluate(&scope).expect("a value over the scope");
        group.bench_function(name, |bencher| {
            bencher.iter(|| expression.evaluate(black_box(&scope)));
        });
    }
    group.finish();
}

fn templates(criterion: &mut Criterion) {
    let scope = scope();
    let large: Vec<(String, String)> = [100, 1_000, 4_000]
        .into_iter()
        .map(|references| (format!("{references} references"), large(references)))
        .collect();
    let small = TEMPLATES.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let all = small.into_iter().chain(large);
    for (name, text) in all {
        let template = Template::parse(&text).expect("a template of the list");
        template.render(&scope).expect("a value over the scope");
        let mut group = criterion.benchmark_group("template");
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new("parse", &name), &text, |bencher, text| {
            bencher.iter(|| Template::parse(black_box(text)));
        });
        group.bench_function(BenchmarkId::new("render", &name), |bencher| {
            bencher.iter(|| template.render(black_box(&scope)));
        });
        group.finish();
    }
}

/// A prompt with so many references in it, each with some eighty bytes of prose; 1,000 make 100 KB.
fn large(references: usize) -> String {
    let mut text = String::new();
    for number in 0..references {
        let member = ["name", "email", "status", "total"]
            .into_iter()
            .cycle()
            .nth(number)
            .unwrap_or("name");
        writeln!(
            text,
            "{number:>5}. The customer's {member} is as follows, and the answer has to keep to it: {{{{loop.item.{member}}}}}"
        )
        .expect("a string takes all that is written to it");
    }
    text
}

criterion_group!(benches, expressions, templates);
criterion_main!(benches);
