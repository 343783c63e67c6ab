//! Every workflow leaves the same records at `-O0` and at `-O1`, whatever its shape.

use std::collections::BTreeMap;

use pawl::laptop::Laptop;
use pawl::report::Report;
use pawl_compiler::diagnostic::render;
use pawl_compiler::{Level, Notation, Options, compile};
use pawl_contract::Mock;
use pawl_local::Faults;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use crate::corpus::{assert_same, finish, in_memory, normal};

/// A piece of a workflow, before it is laid out as steps.
#[derive(Debug, Clone)]
enum Piece {
    /// A mocked action: what each visit does, and what happens on its `error` port.
    Work {
        visits: Vec<Visit>,
        handler: Option<Vec<Piece>>,
    },
    /// Sets a variable; one that cannot be evaluated fails.
    Set {
        fails: bool,
        handler: Option<Vec<Piece>>,
    },
    /// Goes one of two ways.
    Either {
        above: i64,
        yes: Vec<Piece>,
        no: Vec<Piece>,
    },
    /// Goes through a list; one of minus one item is not a list.
    Each {
        items: i64,
        body: Vec<Piece>,
        goes_on: bool,
        most: Option<u64>,
        handler: Option<Vec<Piece>>,
    },
    /// Repeats by an edge back that a condition takes.
    Again { times: u8, body: Vec<Piece> },
}

#[derive(Debug, Clone, Copy)]
enum Visit {
    Output,
    Error,
    SecondAttempt,
}

/// Random workflows, as definitions.
pub(crate) fn definitions() -> impl Strategy<Value = String> {
    pieces().prop_map(|pieces| lay_out(&pieces).0)
}

/// The definition of a workflow of these pieces, and its mocks.
fn lay_out(pieces: &[Piece]) -> (String, BTreeMap<String, Mock>) {
    let mut layout = Layout::default();
    let start = layout.block(pieces, "end");
    // The first step is where the workflow begins.
    layout
        .steps
        .sort_by_key(|step| step.get("stepSlug").and_then(Value::as_str) != Some(&start));
    let definition = json!({ "name": "Levels", "steps": layout.steps });
    let text = serde_json::to_string_pretty(&definition).expect("JSON");
    (text, layout.mocks)
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let visit = prop_oneof![4 => Just(Visit::Output), 1 => Just(Visit::Error), 1 => Just(Visit::SecondAttempt)];
    let visits = prop::collection::vec(visit, 1..4);
    let leaf = prop_oneof![
        3 => visits.clone().prop_map(|visits| Piece::Work { visits, handler: None }),
        2 => prop::bool::weighted(0.1).prop_map(|fails| Piece::Set { fails, handler: None }),
    ];
    let piece = leaf.prop_recursive(4, 14, 3, move |inner| {
        let block = || prop::collection::vec(inner.clone(), 0..3);
        let some = || prop::option::of(block());
        prop_oneof![
            (visits.clone(), some()).prop_map(|(visits, handler)| Piece::Work { visits, handler }),
            (any::<bool>(), some()).prop_map(|(fails, handler)| Piece::Set { fails, handler }),
            (0..6_i64, block(), block()).prop_map(|(above, yes, no)| Piece::Either {
                above,
                yes,
                no
            }),
            (
                -1..4_i64,
                block(),
                any::<bool>(),
                prop::option::of(1..3_u64),
                some()
            )
                .prop_map(|(items, body, goes_on, most, handler)| Piece::Each {
                    items,
                    body,
                    goes_on,
                    most,
                    handler
                }),
            (1..4_u8, block()).prop_map(|(times, body)| Piece::Again { times, body }),
        ]
    });
    prop::collection::vec(piece, 1..5)
}

/// Steps and mocks, as they are laid out.
#[derive(Default)]
struct Layout {
    steps: Vec<Value>,
    mocks: BTreeMap<String, Mock>,
}

impl Layout {
    /// Lays out a block that continues at `next`; returns the slug with which it begins.
    fn block(&mut self, pieces: &[Piece], next: &str) -> String {
        pieces
            .iter()
            .rev()
            .fold(next.to_owned(), |next, piece| self.piece(piece, &next))
    }

    fn piece(&mut self, piece: &Piece, next: &str) -> String {
        let slug = format!("s{}", self.steps.len());
        self.steps.push(Value::Null);
        let place = self.steps.len() - 1;
        let step = match piece {
            Piece::Work { visits, handler } => {
                self.mocks.insert(
                    slug.clone(),
                    Mock(visits.iter().map(|visit| mock(*visit)).collect()),
                );
                let config = json!({ "type": "customer_get", "parameters": { "customerId": "{{input.n}}" }, "retryPolicy": { "maxRetries": 1, "backoffMs": 1000 } });
                json!({ "stepType": "action", "config": config, "nextSteps": self.ports(next, handler.as_deref()) })
            }
            Piece::Set { fails, handler } => {
                let value = if *fails {
                    "{{input.absent}}"
                } else {
                    "{{input.n}}"
                };
                let config = json!({ "type": "set_variables", "parameters": { format!("v_{slug}"): value } });
                json!({ "stepType": "action", "config": config, "nextSteps": self.ports(next, handler.as_deref()) })
            }
            Piece::Either { above, yes, no } => {
                let ports = json!({ "true": self.block(yes, next), "false": self.block(no, next) });
                json!({ "stepType": "condition", "config": { "expression": format!("{{{{input.n}}}} > {above}") }, "nextSteps": ports })
            }
            Piece::Each {
                items,
                body,
                goes_on,
                most,
                handler,
            } => {
                let items = if *items < 0 {
                    json!("{{input.n}}")
                } else {
                    (0..*items).collect()
                };
                let mut config = json!({ "items": items, "continueOnError": goes_on });
                if let (Some(most), Some(config)) = (most, config.as_object_mut()) {
                    config.insert("maxIterations".to_owned(), json!(most));
                }
                let mut ports = json!({ "next": self.block(body, &slug), "done": next });
                if let (Some(handler), Some(ports)) = (handler, ports.as_object_mut()) {
                    ports.insert("error".to_owned(), json!(self.block(handler, next)));
                }
                json!({ "stepType": "loop", "config": config, "nextSteps": ports })
            }
            Piece::Again { times, body } => {
                let (count, ask) = (format!("{slug}_count"), format!("{slug}_ask"));
                let start = self.block(body, &count);
                let set = |value: String| json!({ "type": "set_variables", "parameters": { format!("c_{slug}"): value } });
                let counting = set(format!("{{{{c_{slug} + 1}}}}"));
                self.steps.push(json!({ "stepSlug": count, "stepType": "action", "config": counting, "nextSteps": { "success": ask } }));
                let expression = format!("{{{{c_{slug}}}}} < {times}");
                self.steps.push(json!({ "stepSlug": ask, "stepType": "condition", "config": { "expression": expression }, "nextSteps": { "true": start, "false": next } }));
                json!({ "stepType": "action", "config": set("{{0}}".to_owned()), "nextSteps": { "success": start } })
            }
        };
        let mut step = step;
        step.as_object_mut()
            .expect("a step")
            .insert("stepSlug".to_owned(), json!(slug));
        *self.steps.get_mut(place).expect("the step's place") = step;
        slug
    }

    fn ports(&mut self, next: &str, handler: Option<&[Piece]>) -> Value {
        match handler {
            Some(handler) => json!({ "success": next, "error": self.block(handler, next) }),
            None => json!({ "success": next }),
        }
    }
}

fn mock(visit: Visit) -> Value {
    let error = json!({ "error": { "code": "TOOL_ERROR", "message": "as mocked" } });
    match visit {
        Visit::Output => json!({ "output": { "value": 1 } }),
        Visit::Error => error,
        Visit::SecondAttempt => json!({ "attempts": [error, { "output": { "value": 2 } }] }),
    }
}

pub(crate) async fn run(
    text: &str,
    options: Options,
    mocks: &BTreeMap<String, Mock>,
    input: &Value,
) -> Report {
    let compiled = compile(text, Notation::Json, options);
    let program = compiled.program.expect("it compiled before");
    let outbox = tempfile::tempdir().expect("a folder");
    let laptop = Laptop::open(in_memory(outbox.path(), Faults::none()))
        .await
        .expect("a laptop");
    let machine = laptop
        .publish("levels", &program.lowered.machine)
        .await
        .expect("a version");
    let events = laptop.events();
    let started = laptop
        .start(
            machine,
            input.clone(),
            mocks.clone(),
            Some("levels".to_owned()),
        )
        .await
        .expect("a run");
    finish(
        &laptop,
        events,
        &started,
        program.lowered.machine.states.len(),
    )
    .await
}

/// Budgets in visits, small enough to hand over often; none is the usual one.
fn hand_overs() -> impl Strategy<Value = Option<u32>> {
    prop_oneof![Just(None), (3..20_u32).prop_map(Some)]
}

/// What random workflows begin with.
pub(crate) fn seed() -> u64 {
    let seed = std::env::var("PAWL_SEED").ok();
    seed.and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

proptest! {
    // The same workflows every time; PAWL_SEED asks for others.
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed()),
        ..ProptestConfig::default()
    })]

    #[test]
    fn both_levels_leave_the_same_records(pieces in pieces(), n in 0..6_i64, after in hand_overs()) {
        let (text, mocks) = lay_out(&pieces);
        let compiled = compile(&text, Notation::Json, Options::default());
        let errors: Vec<_> = compiled.diagnostics.into_iter().filter(pawl_compiler::Diagnostic::is_error).collect();
        prop_assert!(errors.is_empty(), "{}", render(&errors, &text, "workflow.json", &annotate_snippets::Renderer::plain()));

        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let input = json!({ "n": n });
        let (apart, together) = runtime.block_on(async {
            let o0 = Options { level: Level::O0, hand_over_after: None, ..Options::default() };
            let o1 = Options { level: Level::O1, hand_over_after: after, ..Options::default() };
            (
                Box::pin(run(&text, o0, &mocks, &input)).await,
                Box::pin(run(&text, o1, &mocks, &input)).await,
            )
        });
        assert_same(&normal(&together), &normal(&apart), &text);
        prop_assert!(together.machine.transitions <= apart.machine.transitions || after.is_some());
    }
}
