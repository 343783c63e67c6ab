//! Every workflow leaves the same records at `-O0`, `-O1` and `-O2`, whatever its shape.

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
    /// Goes the first of several ways whose bound the input exceeds.
    First {
        cases: Vec<(i64, Vec<Piece>)>,
        otherwise: Vec<Piece>,
    },
    /// Reshapes data.
    Shape { handler: Option<Vec<Piece>> },
    /// Goes several ways at once.
    Several { branches: Vec<Vec<Piece>> },
    /// Goes through a list, several items at once.
    Spread { items: i64, body: Vec<Piece> },
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
            (prop::collection::vec((0..6_i64, block()), 1..4), block())
                .prop_map(|(cases, otherwise)| Piece::First { cases, otherwise }),
            some().prop_map(|handler| Piece::Shape { handler }),
            prop::collection::vec(block(), 1..4).prop_map(|branches| Piece::Several { branches }),
            (0..3_i64, block()).prop_map(|(items, body)| Piece::Spread { items, body }),
        ]
    });
    prop::collection::vec(piece, 1..5)
}

/// Steps and mocks, as they are laid out.
#[derive(Default)]
struct Layout {
    steps: Vec<Value>,
    mocks: BTreeMap<String, Mock>,
    /// How many strands deep it lays out: there nothing fails, since a branch that fails stops others wherever they are,
    /// and nothing repeats that nothing bounds.
    depth: usize,
}

impl Layout {
    /// Lays out a strand: a step that sets a variable, then a block that continues at `next`.
    fn strand(&mut self, pieces: &[Piece], next: &str) -> String {
        self.depth += 1;
        let first = self.block(pieces, next);
        let start = self.piece(
            &Piece::Set {
                fails: false,
                handler: None,
            },
            &first,
        );
        self.depth -= 1;
        start
    }

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
                let calm = [Visit::Output];
                let visits = if self.depth > 0 {
                    &calm
                } else {
                    visits.as_slice()
                };
                self.mocks.insert(
                    slug.clone(),
                    Mock(visits.iter().map(|visit| mock(*visit)).collect()),
                );
                let config = json!({ "type": "customer_get", "parameters": { "customerId": "{{input.n}}" }, "retryPolicy": { "maxRetries": 1, "backoffMs": 1000 } });
                json!({ "stepType": "action", "config": config, "nextSteps": self.ports(next, handler.as_deref()) })
            }
            Piece::Set { fails, handler } => {
                let value = if *fails && self.depth == 0 {
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
                let items = if *items < 0 && self.depth == 0 {
                    json!("{{input.n}}")
                } else {
                    (0..*items).collect()
                };
                let mut config = json!({ "items": items, "continueOnError": goes_on });
                let most = most.filter(|_| self.depth == 0);
                if let (Some(most), Some(config)) = (most, config.as_object_mut()) {
                    config.insert("maxIterations".to_owned(), json!(most));
                }
                let mut ports = json!({ "next": self.block(body, &slug), "done": next });
                if let (Some(handler), Some(ports)) = (handler, ports.as_object_mut()) {
                    ports.insert("error".to_owned(), json!(self.block(handler, next)));
                }
                json!({ "stepType": "loop", "config": config, "nextSteps": ports })
            }
            Piece::Again { body, .. } if self.depth > 0 => {
                let start = self.block(body, next);
                json!({ "stepType": "action", "config": { "type": "set_variables", "parameters": { format!("v_{slug}"): 1 } }, "nextSteps": { "success": start } })
            }
            Piece::First { cases, otherwise } => {
                let cases = cases.iter().map(|(above, block)| {
                    json!({ "when": format!("input.n > {above}"), "next": self.block(block, next) })
                });
                let cases: Vec<Value> = cases.collect();
                let default = self.block(otherwise, next);
                json!({ "stepType": "switch", "config": { "cases": cases }, "nextSteps": { "default": default } })
            }
            Piece::Shape { handler } => {
                let mappings =
                    json!([{ "field": "double", "type": "script", "expression": "data * 2" }]);
                let config = json!({ "input": "{{input.n}}", "mappings": mappings });
                json!({ "stepType": "transform", "config": config, "nextSteps": self.ports(next, handler.as_deref()) })
            }
            Piece::Several { branches } => {
                let branches = branches.iter().map(|branch| self.strand(branch, "end"));
                let branches: Vec<String> = branches.collect();
                json!({ "stepType": "parallel", "config": { "branches": branches }, "nextSteps": { "success": next } })
            }
            Piece::Spread { items, body } => {
                let items: Value = (0..*items).collect();
                let config = json!({ "items": items, "concurrency": 2, "maxIterations": 3 });
                let first = self.strand(body, &slug);
                json!({ "stepType": "loop", "config": config, "nextSteps": { "next": first, "done": next } })
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
    fn every_level_leaves_the_same_records(pieces in pieces(), n in 0..6_i64, after in hand_overs()) {
        let (text, mocks) = lay_out(&pieces);
        let compiled = compile(&text, Notation::Json, Options::default());
        let errors: Vec<_> = compiled.diagnostics.into_iter().filter(pawl_compiler::Diagnostic::is_error).collect();
        prop_assert!(errors.is_empty(), "{}", render(&errors, &text, "workflow.json", &annotate_snippets::Renderer::plain()));

        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let input = json!({ "n": n });
        let at = |level, hand_over_after| {
            let options = Options { level, hand_over_after, ..Options::default() };
            runtime.block_on(Box::pin(run(&text, options, &mocks, &input)))
        };
        let (apart, together, merged) = (at(Level::O0, None), at(Level::O1, after), at(Level::O2, after));
        assert_same(&normal(&together), &normal(&apart), &text);
        assert_same(&normal(&merged), &normal(&apart), &text);
        prop_assert!(together.machine.transitions <= apart.machine.transitions || after.is_some());
        prop_assert!(merged.machine.transitions <= together.machine.transitions || after.is_some());
    }
}
