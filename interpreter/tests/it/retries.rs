//! Retry against a model: the rules of the language, written down a second time and as plainly as possible.

use pawl_asl::{Jitter, Machine, Retrier, State, Task};
use pawl_interpreter::{Failure, Start, Status};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::simulation::{Outcome, Simulation};

/// What a Task comes to after its attempts.
#[derive(Debug, PartialEq)]
struct Ending {
    /// The last error, or none.
    error: Option<String>,
    /// How often the task was started.
    attempts: usize,
    /// The milliseconds that all delays took.
    waited: i64,
}

/// What must happen to a Task whose attempts fail with these errors and then succeed.
fn model(retriers: &[Retrier], errors: &[&str], random: f64) -> Ending {
    let mut used = vec![0_u64; retriers.len()];
    let mut waited = 0;
    for (index, error) in errors.iter().enumerate() {
        let is_for = |retrier: &Retrier| {
            retrier.error_equals.iter().any(|name| match name.as_str() {
                "States.ALL" => *error != "States.Runtime",
                "States.TaskFailed" => !["States.Runtime", "States.Timeout"].contains(error),
                name => name == *error && *error != "States.Runtime",
            })
        };
        let found = retriers
            .iter()
            .zip(&mut used)
            .find(|(retrier, _)| is_for(retrier));
        let Some((retrier, used)) =
            found.filter(|(retrier, used)| **used < retrier.max_attempts.unwrap_or(3))
        else {
            return Ending {
                error: Some((*error).to_owned()),
                attempts: index + 1,
                waited,
            };
        };
        let mut seconds = f64::from(
            u32::try_from(retrier.interval_seconds.unwrap_or(1)).expect("a small number"),
        );
        for _ in 0..*used {
            seconds *= retrier.backoff_rate.unwrap_or(2.0);
        }
        if let Some(longest) = retrier.max_delay_seconds {
            seconds = seconds.min(f64::from(u32::try_from(longest).expect("a small number")));
        }
        if retrier.jitter_strategy == Some(Jitter::Full) {
            seconds *= random;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a few hours of milliseconds"
        )]
        let milliseconds = (seconds * 1000.0).round() as i64;
        waited += milliseconds;
        *used += 1;
    }
    Ending {
        error: None,
        attempts: errors.len() + 1,
        waited,
    }
}

/// What does happen to it.
fn actual(retriers: &[Retrier], errors: &[&str], random: f64) -> Ending {
    let task = Task {
        resource: "arn:aws:states:::lambda:invoke".to_owned(),
        retry: retriers.to_vec(),
        output: Some(json!("{% $states.context.State.RetryCount %}")),
        end: true,
        ..Task::default()
    };
    let machine = Machine {
        start_at: "task".to_owned(),
        states: [("task".to_owned(), State::Task(task))].into(),
        ..Machine::default()
    };
    let mut attempts = 0;
    let answer = |_: &_| {
        let error = errors.get(attempts);
        attempts += 1;
        error.map_or(Outcome::Succeeds(Value::Null), |error| {
            Outcome::Fails(Failure::new(*error, "as told"))
        })
    };
    let mut world = Simulation::new(answer).with_random(random);
    let execution = world.run(machine, Start::default());
    let waited = i64::try_from(world.elapsed().as_millis()).expect("a few hours");
    drop(world);
    let error = match execution.status() {
        Status::Succeeded { output } => {
            assert_eq!(
                output,
                &json!(attempts - 1),
                "RetryCount counts the retries of all retriers"
            );
            None
        }
        Status::Failed { error, .. } => error.clone(),
        Status::Running | Status::TimedOut { .. } | Status::Aborted { .. } => {
            Some("it did not end".to_owned())
        }
    };
    Ending {
        error,
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
    ]);
    prop::collection::vec(name.prop_map(str::to_owned), 1..3)
}

fn retrier() -> impl Strategy<Value = Retrier> {
    (
        names(),
        prop::option::of(1..20_u64),
        prop::option::of(0..4_u64),
        prop::option::of(1.0..3.0_f64),
        prop::option::of(1..30_u64),
        prop::option::of(prop::sample::select(vec![Jitter::None, Jitter::Full])),
    )
        .prop_map(
            |(
                error_equals,
                interval_seconds,
                max_attempts,
                backoff_rate,
                max_delay_seconds,
                jitter_strategy,
            )| {
                Retrier {
                    error_equals,
                    interval_seconds,
                    max_attempts,
                    backoff_rate,
                    max_delay_seconds,
                    jitter_strategy,
                    ..Retrier::default()
                }
            },
        )
}

proptest! {
    #[test]
    fn a_task_is_retried_as_the_model_says(
        retriers in prop::collection::vec(retrier(), 0..4),
        errors in prop::collection::vec(prop::sample::select(vec!["A", "B", "C", "States.Timeout", "States.Runtime"]), 0..12),
        random in 0.0..1.0_f64,
    ) {
        let (expected, found) = (model(&retriers, &errors, random), actual(&retriers, &errors, random));
        prop_assert_eq!(&expected.error, &found.error);
        prop_assert_eq!(expected.attempts, found.attempts);
        // Powers and repeated products may differ by a rounded millisecond per attempt.
        let attempts = i64::try_from(found.attempts).expect("a few");
        prop_assert!((expected.waited - found.waited).abs() <= attempts, "{:?} {:?}", expected, found);
    }
}
