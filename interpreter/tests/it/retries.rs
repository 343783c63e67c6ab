//! Retry and Catch against a model: the rules of the language, written down a second time and as plainly as possible.

use pawl_asl::{Catcher, Jitter, Machine, Retrier};
use pawl_interpreter::{Failure, Start, Status};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::{extended, invoke, machine};
use crate::simulation::{Outcome, Simulation};

/// The seconds after which a task that never answers is given up.
const PATIENCE: u64 = 60;

/// What a retried state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A Task.
    Task,
    /// A Parallel around a Task and a branch that ends well.
    Parallel,
    /// A Map with a Task for each of two items; the second one's ends well.
    Map,
}

/// A state with its retriers and catchers, and what becomes of its attempts.
#[derive(Debug, Clone)]
struct Case {
    kind: Kind,
    retriers: Vec<Retrier>,
    catchers: Vec<Catcher>,
    /// The errors of the first attempts; `hang` for one that never answers. Then it ends well.
    errors: Vec<&'static str>,
    /// Whether it is given up for its silence, not for the time it takes.
    by_silence: bool,
    random: f64,
}

/// What a state comes to after its attempts.
#[derive(Debug, PartialEq)]
struct Ending {
    /// The last error, or none.
    error: Option<String>,
    /// The catcher that caught it.
    caught_by: Option<usize>,
    /// How often the task was started.
    attempts: usize,
    /// The milliseconds that all delays took.
    waited: i64,
}

/// Whether a retrier or catcher is for an error.
fn is_for(names: &[String], error: &str, by_silence: bool) -> bool {
    names.iter().any(|name| match name.as_str() {
        _ if error == "States.Runtime" => false,
        "States.ALL" => true,
        "States.TaskFailed" => error != "hang",
        "States.Timeout" => error == "hang",
        "States.HeartbeatTimeout" => error == "hang" && by_silence,
        name => name == error,
    })
}

/// What must happen.
fn model(case: &Case) -> Ending {
    let mut used = vec![0_u64; case.retriers.len()];
    let mut waited = 0;
    for (index, error) in case.errors.iter().enumerate() {
        if *error == "hang" {
            waited += i64::try_from(PATIENCE * 1000).expect("a minute");
        }
        let found = case
            .retriers
            .iter()
            .zip(&mut used)
            .find(|(retrier, _)| is_for(&retrier.error_equals, error, case.by_silence));
        let Some((retrier, used)) =
            found.filter(|(retrier, used)| **used < retrier.max_attempts.unwrap_or(3))
        else {
            let caught_by = case
                .catchers
                .iter()
                .position(|catcher| is_for(&catcher.error_equals, error, case.by_silence));
            let error = if *error == "hang" {
                "States.Timeout"
            } else {
                error
            };
            return Ending {
                error: Some(error.to_owned()),
                caught_by,
                attempts: index + 1,
                waited,
            };
        };
        waited += delay(retrier, *used, case.random);
        *used += 1;
    }
    Ending {
        error: None,
        caught_by: None,
        attempts: case.errors.len() + 1,
        waited,
    }
}

/// The milliseconds before a retry of a retrier that has made some.
fn delay(retrier: &Retrier, used: u64, random: f64) -> i64 {
    let small = |number: u64| f64::from(u32::try_from(number).expect("a small number"));
    let mut seconds = small(retrier.interval_seconds.unwrap_or(1));
    for _ in 0..used {
        seconds *= retrier.backoff_rate.unwrap_or(2.0);
    }
    if let Some(longest) = retrier.max_delay_seconds {
        seconds = seconds.min(small(longest));
    }
    if retrier.jitter_strategy == Some(Jitter::Full) {
        seconds *= random;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a few hours of milliseconds"
    )]
    let milliseconds = (seconds * 1000.0).round() as i64;
    milliseconds
}

/// The machine of a case.
fn built(case: &Case) -> Machine {
    let trouble = json!({
        "Retry": case.retriers, "Catch": case.catchers, "End": true,
        "Output": "{% $states.context.State.RetryCount %}",
    });
    let patience = if case.by_silence {
        json!({ "TimeoutSeconds": PATIENCE * 10, "HeartbeatSeconds": PATIENCE })
    } else {
        json!({ "TimeoutSeconds": PATIENCE })
    };
    let task = |name: &str| {
        let task = invoke(&json!({ "task": name }), &json!({ "End": true }));
        machine(&json!({ name: extended(task, &patience) }))
    };
    let state = match case.kind {
        Kind::Task => extended(invoke(&json!({ "task": "t" }), &trouble), &patience),
        Kind::Parallel => extended(
            json!({ "Type": "Parallel", "Branches": [task("t"), task("other")] }),
            &trouble,
        ),
        Kind::Map => {
            let mut inside = task("t");
            inside["States"]["t"]["Arguments"]["Payload"] =
                json!({ "task": "{% $states.input %}" });
            let map = json!({ "Type": "Map", "Items": ["t", "other"], "ItemProcessor": inside });
            extended(map, &trouble)
        }
    };
    let mut states = json!({ "state": state });
    for index in 0..case.catchers.len() {
        let output = json!({ "by": index, "error": "{% $states.input.Error %}" });
        states[format!("caught {index}")] =
            json!({ "Type": "Pass", "Output": output, "End": true });
    }
    let built = json!({ "StartAt": "state", "QueryLanguage": "JSONata", "States": states });
    serde_json::from_value(built).expect("a machine")
}

/// What does happen.
fn actual(case: &Case) -> Ending {
    let mut attempts = 0;
    let answer = |request: &pawl_interpreter::TaskRequest| {
        if request.arguments["Payload"]["task"] != json!("t") {
            return Outcome::Succeeds(Value::Null);
        }
        let error = case.errors.get(attempts);
        attempts += 1;
        match error {
            None => Outcome::Succeeds(Value::Null),
            Some(&"hang") => Outcome::Hangs,
            Some(error) => Outcome::Fails(Failure::new(*error, "as told")),
        }
    };
    let mut world = Simulation::new(answer).with_random(case.random);
    let execution = world.run(built(case), Start::default());
    let waited = i64::try_from(world.elapsed().as_millis()).expect("a few hours");
    drop(world);
    let (error, caught_by) = match execution.status() {
        Status::Succeeded { output } if output.is_object() => (
            output["error"].as_str().map(str::to_owned),
            output["by"]
                .as_u64()
                .and_then(|by| usize::try_from(by).ok()),
        ),
        Status::Succeeded { output } => {
            assert_eq!(
                output,
                &json!(attempts - 1),
                "RetryCount counts the retries of all retriers"
            );
            (None, None)
        }
        Status::Failed { error, .. } => (error.clone(), None),
        Status::Running | Status::TimedOut { .. } | Status::Aborted { .. } => {
            (Some("it did not end".to_owned()), None)
        }
    };
    Ending {
        error,
        caught_by,
        attempts,
        waited,
    }
}

fn names() -> impl Strategy<Value = Vec<String>> {
    let name = prop::sample::select(vec![
        "A",
        "B",
        "States.ALL",
        "States.TaskFailed",
        "States.Timeout",
        "States.HeartbeatTimeout",
        "States.Runtime",
    ]);
    prop::collection::vec(name.prop_map(str::to_owned), 1..3)
}

prop_compose! {
    fn retrier()(
        error_equals in names(),
        interval_seconds in prop::option::of(1..20_u64),
        max_attempts in prop::option::of(0..4_u64),
        backoff_rate in prop::option::of(1.0..3.0_f64),
        max_delay_seconds in prop::option::of(1..30_u64),
        jitter_strategy in prop::option::of(prop::sample::select(vec![Jitter::None, Jitter::Full])),
    ) -> Retrier {
        Retrier {
            error_equals, interval_seconds, max_attempts, backoff_rate, max_delay_seconds, jitter_strategy,
            ..Retrier::default()
        }
    }
}

fn catchers() -> impl Strategy<Value = Vec<Catcher>> {
    prop::collection::vec(names(), 0..3).prop_map(|lists| {
        let catcher = |(index, error_equals)| Catcher {
            error_equals,
            next: format!("caught {index}"),
            ..Catcher::default()
        };
        lists.into_iter().enumerate().map(catcher).collect()
    })
}

prop_compose! {
    fn case()(
        kind in prop::sample::select(vec![Kind::Task, Kind::Parallel, Kind::Map]),
        retriers in prop::collection::vec(retrier(), 0..4),
        catchers in catchers(),
        errors in prop::collection::vec(
            prop::sample::select(vec!["A", "B", "C", "A", "B", "hang", "States.Runtime"]), 0..12,
        ),
        by_silence in any::<bool>(),
        random in 0.0..1.0_f64,
    ) -> Case {
        Case { kind, retriers, catchers, errors, by_silence, random }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_state_is_retried_and_caught_as_the_model_says(case in case()) {
        let (expected, found) = (model(&case), actual(&case));
        prop_assert_eq!(&expected.error, &found.error);
        prop_assert_eq!(expected.caught_by, found.caught_by);
        prop_assert_eq!(expected.attempts, found.attempts);
        // Powers and repeated products may differ by a rounded millisecond per attempt.
        let attempts = i64::try_from(found.attempts).expect("a few");
        prop_assert!((expected.waited - found.waited).abs() <= attempts, "{:?} {:?}", expected, found);
    }
}
