//! Random machines: every kind of state, nested, with retries, catchers, timeouts and cycles that end.

use pawl_asl::Machine;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::{extended, invoke};

/// A few states in a row. Names are given when it is built.
type Row = Vec<Step>;

/// One state of a row, or a few that belong together.
#[derive(Debug, Clone)]
enum Step {
    /// A Pass that counts.
    Count,
    /// A Pass whose expression fails, unless the execution was redriven.
    Breaks,
    /// A Wait of so many seconds.
    Wait(u64),
    /// A Choice that goes past so many steps, where the count allows it.
    Skip(usize),
    /// A Choice that leads back so often.
    Cycle(u64),
    /// A Task; whoever answers it decides what becomes of it.
    Task { token: bool, trouble: Trouble },
    /// A Parallel.
    Parallel {
        branches: Vec<Row>,
        trouble: Trouble,
    },
    /// A Map over so many items, so many at once.
    Map {
        items: u64,
        at_once: u64,
        row: Row,
        distributed: Option<Distributed>,
        trouble: Trouble,
    },
    /// A Fail, where the execution was not redriven; else the row goes on.
    Fail,
}

/// What a state does about errors.
#[derive(Debug, Clone)]
struct Trouble {
    retry: Option<(&'static str, u64)>,
    catch: Option<&'static str>,
}

/// What only a distributed Map has.
#[derive(Debug, Clone)]
struct Distributed {
    tolerated: u64,
    batch: Option<u64>,
    writes: bool,
}

fn distributed() -> impl Strategy<Value = Distributed> {
    (0..3_u64, prop::option::of(1..3_u64), any::<bool>()).prop_map(|(tolerated, batch, writes)| {
        Distributed {
            tolerated,
            batch,
            writes,
        }
    })
}

impl Distributed {
    fn fields(&self) -> Value {
        let mut fields = json!({ "ToleratedFailureCount": self.tolerated });
        if let Some(batch) = self.batch {
            fields["ItemBatcher"] = json!({ "MaxItemsPerBatch": batch });
        }
        if self.writes {
            fields["ResultWriter"] = json!({
                "Resource": "arn:aws:states:::s3:putObject", "Arguments": { "Bucket": "b", "Prefix": "p" },
            });
        }
        fields
    }
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let names = || {
        prop::sample::select(vec![
            "A",
            "States.ALL",
            "States.TaskFailed",
            "States.Timeout",
        ])
    };
    (
        prop::option::of((names(), 0..3_u64)),
        prop::option::weighted(0.3, names()),
    )
        .prop_map(|(retry, catch)| Trouble { retry, catch })
}

fn row() -> impl Strategy<Value = Row> {
    let leaf = prop_oneof![
        4 => Just(Step::Count),
        1 => Just(Step::Breaks),
        2 => (0..4_u64).prop_map(Step::Wait),
        2 => (0..3_usize).prop_map(Step::Skip),
        1 => (1..5_u64).prop_map(Step::Cycle),
        5 => (any::<bool>(), trouble()).prop_map(|(token, trouble)| Step::Task { token, trouble }),
        1 => Just(Step::Fail),
    ];
    let rows = prop::collection::vec(leaf, 1..4);
    rows.prop_recursive(3, 24, 3, |row| {
        let parallel = (prop::collection::vec(row.clone(), 1..4), trouble())
            .prop_map(|(branches, trouble)| Step::Parallel { branches, trouble });
        let distributed = prop::option::of(distributed());
        let map = (0..5_u64, 0..3_u64, row.clone(), distributed, trouble()).prop_map(
            |(items, at_once, row, distributed, trouble)| Step::Map {
                items,
                at_once,
                row,
                distributed,
                trouble,
            },
        );
        (
            row,
            prop_oneof![parallel, map],
            any::<prop::sample::Index>(),
        )
            .prop_map(|(mut row, step, place)| {
                row.insert(place.index(row.len() + 1), step);
                row
            })
    })
}

/// A machine that ends, if its tasks do.
pub(crate) fn machines() -> impl Strategy<Value = Machine> {
    (row(), prop::option::weighted(0.2, 1..30_u64)).prop_map(|(row, timeout)| {
        let mut machine = Builder::default().block(&row);
        machine["QueryLanguage"] = json!("JSONata");
        if let Some(timeout) = timeout {
            machine["TimeoutSeconds"] = json!(timeout);
        }
        let machine: Machine = serde_json::from_value(machine).expect("a machine");
        assert_eq!(pawl_asl::validate(&machine), [], "AWS would take it");
        machine
    })
}

/// Gives names: `s1`, `s2` and so on.
#[derive(Default)]
struct Builder {
    names: usize,
    /// How many blocks are around the states that are built. Each has a variable of its own.
    depth: usize,
}

impl Builder {
    fn name(&mut self) -> String {
        self.names += 1;
        format!("s{}", self.names)
    }

    /// A row as a block: a state that begins to count, the steps, a state that ends.
    fn block(&mut self, row: &Row) -> Value {
        self.depth += 1;
        let n = self.variable();
        let (first, last) = (self.name(), self.name());
        let entries: Vec<String> = row.iter().map(|_| self.name()).collect();
        let after = |index: usize| entries.get(index).unwrap_or(&last).clone();
        let mut states = json!({});
        states[first.as_str()] =
            json!({ "Type": "Pass", "Assign": { n.as_str(): 0 }, "Next": after(0) });
        for (index, step) in row.iter().enumerate() {
            let (entry, next) = (after(index), after(index + 1));
            self.step(
                step,
                &entry,
                &next,
                &|skip| after(index + 1 + skip),
                &mut states,
            );
        }
        states[last.as_str()] = json!({ "Type": "Pass", "Output": { "n": format!("{{% ${n} %}}"), "in": "{% $states.input %}" }, "End": true });
        self.depth -= 1;
        json!({ "StartAt": first, "States": states })
    }

    fn variable(&self) -> String {
        format!("n{}", self.depth)
    }

    fn step(
        &mut self,
        step: &Step,
        entry: &str,
        next: &str,
        after: &dyn Fn(usize) -> String,
        states: &mut Value,
    ) {
        let (n, go) = (self.variable(), json!({ "Next": next }));
        let state = match step {
            Step::Count => extended(
                json!({ "Type": "Pass", "Assign": { n.as_str(): format!("{{% ${n} + 1 %}}") } }),
                &go,
            ),
            Step::Breaks => {
                let output = format!(
                    "{{% $states.context.Execution.RedriveCount = 0 ? $states.absent : ${n} %}}"
                );
                extended(json!({ "Type": "Pass", "Output": output }), &go)
            }
            Step::Wait(seconds) => extended(json!({ "Type": "Wait", "Seconds": seconds }), &go),
            Step::Skip(steps) => json!({
                "Type": "Choice", "Default": next,
                "Choices": [{ "Condition": format!("{{% ${n} % 2 = 0 %}}"), "Next": after(*steps) }],
            }),
            Step::Cycle(rounds) => {
                let (check, count) = (self.name(), self.name());
                states[check.as_str()] = json!({
                    "Type": "Choice", "Default": next,
                    "Choices": [{ "Condition": format!("{{% ${n} < {rounds} %}}"), "Next": count }],
                });
                states[count.as_str()] = json!({ "Type": "Pass", "Assign": { n.as_str(): format!("{{% ${n} + 1 %}}") }, "Next": check });
                json!({ "Type": "Pass", "Assign": { n.as_str(): 0 }, "Next": check })
            }
            Step::Task { token, trouble } => {
                let more = json!({ "TimeoutSeconds": 20, "HeartbeatSeconds": 10 });
                let payload = json!({
                    "task": entry, "n": format!("{{% ${n} %}}"), "attempt": "{% $states.context.State.RetryCount %}",
                });
                let mut task = extended(invoke(&payload, &go), &more);
                if *token {
                    task["Resource"] = json!("arn:aws:states:::lambda:invoke.waitForTaskToken");
                }
                extended(task, &trouble.fields(next, &n))
            }
            Step::Parallel { branches, trouble } => {
                let branches: Vec<Value> = branches.iter().map(|row| self.block(row)).collect();
                let parallel = json!({ "Type": "Parallel", "Branches": branches });
                extended(extended(parallel, &go), &trouble.fields(next, &n))
            }
            Step::Map {
                items,
                at_once,
                row,
                distributed,
                trouble,
            } => {
                let items: Vec<u64> = (0..*items).collect();
                let map = json!({
                    "Type": "Map", "Items": items, "MaxConcurrency": at_once, "ItemProcessor": self.block(row),
                    "ItemSelector": { "item": "{% $states.context.Map.Item.Value %}", "n": format!("{{% ${n} %}}") },
                });
                let mut map = extended(extended(map, &go), &trouble.fields(next, &n));
                if let Some(distributed) = distributed {
                    map["ItemProcessor"]["ProcessorConfig"] =
                        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
                    map = extended(map, &distributed.fields());
                }
                map
            }
            Step::Fail => {
                let fail = self.name();
                states[fail.as_str()] =
                    json!({ "Type": "Fail", "Error": "A", "Cause": "as built" });
                json!({
                    "Type": "Choice", "Default": next,
                    "Choices": [{ "Condition": format!("{{% ${n} > 1 %}}"), "Next": fail }],
                })
            }
        };
        states[entry] = state;
    }
}

impl Trouble {
    fn fields(&self, next: &str, n: &str) -> Value {
        let mut fields = json!({});
        if let Some((name, attempts)) = self.retry {
            fields["Retry"] = json!([{
                "ErrorEquals": [name], "MaxAttempts": attempts, "JitterStrategy": "FULL",
            }]);
        }
        if let Some(name) = self.catch {
            fields["Catch"] = json!([{
                "ErrorEquals": [name], "Next": next, "Assign": { n: format!("{{% ${n} + 10 %}}") },
            }]);
        }
        fields
    }
}
