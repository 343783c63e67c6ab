//! `cache`: gives again what a step gave before, for as long as its author allows.
//!
//! ```json
//! { "url": "https://api.example.com/rates", "cache": { "ttl": "15m" } }
//! ```
//! The question is the step's whole input, secrets included, or the `key` that the author gives; only its hash is kept.

use pawl_contract::catalogue::Effect;
use pawl_contract::span;
use pawl_contract::{Kind, Plan, StepError, code};
use pawl_store::{Kept, time};
use serde_json::{Value, json};

use crate::clock::Moment;
use crate::work::Acted;
use crate::{Error, Services, id};

/// What a step's author wants kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caching {
    /// What stands for the question.
    key: String,
    seconds: u64,
}

impl Caching {
    /// What the configuration of a step, with everything in it resolved, wants kept.
    pub(crate) fn of(plan: &Plan, input: &Value) -> Result<Option<Self>, StepError> {
        let own = input.get("llmNode").unwrap_or(input);
        // Beside the parameters of an action that has no others, it would be one of them.
        let is_parameter = plan.node.kind == Kind::Action && input.get("parameters").is_none();
        let wanted = own
            .get("cache")
            .filter(|cache| cache.is_object() && !is_parameter);
        let Some(cache) = wanted else {
            return Ok(None);
        };
        let invalid = |message: &str| StepError::new(code::VALIDATION_ERROR, message);
        let seconds = cache.get("ttl").and_then(span::seconds_of);
        let seconds = seconds.filter(|seconds| *seconds > 0).ok_or_else(|| {
            invalid("the `ttl` of a cache is a time such as `15m`, or a number of seconds")
        })?;
        if !is_reading(plan.node.kind, input) {
            return Err(invalid("what a step does cannot be kept instead of done"));
        }
        let question = match cache.get("key").filter(|key| !key.is_null()) {
            Some(key) => json!({ "key": key }),
            None => json!({ "input": input }),
        };
        let words = [&plan.workflow, &plan.node.step, &question.to_string()];
        let key = id::of(&words.map(String::as_str));
        Ok(Some(Self { key, seconds }))
    }

    /// What was kept, if it may still be given.
    pub(crate) async fn find(
        &self,
        services: &Services,
        org: &str,
    ) -> Result<Option<Acted>, Error> {
        let now = services.now().iso();
        let kept = services.store().kept(org, &self.key, &now).await?;
        Ok(kept.map(|output| Acted {
            meta: Some(json!({ "cached": true })),
            ..output.into()
        }))
    }

    /// What is to be kept of an answer.
    pub(crate) fn keep(self, value: Value, now: Moment) -> Kept {
        let until = now.after(self.seconds.saturating_mul(1000));
        Kept {
            key: self.key,
            value,
            until: time::iso(until.0),
            until_seconds: u64::try_from(until.0.as_second()).unwrap_or(0),
        }
    }
}

/// Whether a step only asks. Of a request its author knows.
fn is_reading(kind: Kind, input: &Value) -> bool {
    match kind {
        Kind::Llm | Kind::Request => true,
        Kind::Action => crate::action::operation(input)
            .is_some_and(|operation| operation.effect == Effect::Read),
        Kind::Trigger
        | Kind::Approval
        | Kind::Signal
        | Kind::Subflow
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge
        | Kind::Condition
        | Kind::Switch
        | Kind::Loop
        | Kind::Transform => false,
    }
}
