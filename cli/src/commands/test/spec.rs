//! A test as it is written: what a run begins with, who says what meanwhile, and what must come of it.

use std::collections::BTreeMap;
use std::fmt::Formatter;

use jiff::Timestamp;
use pawl_contract::Mock;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A test of a workflow.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Case {
    /// What it shows, for people.
    #[serde(default, rename = "about")]
    _about: Option<String>,
    /// The run's input; without it `input.json` beside the workflow.
    #[serde(default)]
    pub(super) input: Option<Value>,
    /// Records to load first; without it `data.json` beside the workflow.
    #[serde(default)]
    pub(super) data: Option<BTreeMap<String, Vec<Value>>>,
    /// Results that stand in for steps; without it `mocks.json` beside the workflow.
    #[serde(default)]
    pub(super) mocks: Option<BTreeMap<String, Mock>>,
    /// Where each mock stands.
    #[serde(skip)]
    pub(super) mock_places: BTreeMap<String, String>,
    /// Decisions, each for the next time that its step asks.
    #[serde(default)]
    pub(super) approvals: Vec<Approval>,
    /// Messages, each for the next step that waits for its signal.
    #[serde(default)]
    pub(super) signals: Vec<Signal>,
    /// When the run begins.
    #[serde(default, deserialize_with = "moment")]
    pub(super) clock: Option<Timestamp>,
    /// What must come of it.
    #[serde(default)]
    pub(super) expect: Expect,
}

/// What somebody decides.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Approval {
    /// The step that asks.
    pub(super) step: String,
    /// `approved` or `rejected`.
    pub(super) decision: Verdict,
    /// Who decides.
    #[serde(default)]
    pub(super) by: Option<String>,
    /// Why.
    #[serde(default)]
    pub(super) comment: Option<String>,
    /// What is filled into the step's form.
    #[serde(default)]
    pub(super) form: Option<Value>,
    /// The payload as it is changed.
    #[serde(default)]
    pub(super) payload: Option<Value>,
    /// How long it takes, such as `90s`, `15m`, `2h`, `3d`; no time at all without it.
    #[serde(default)]
    pub(super) after: Option<After>,
}

/// A decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// Yes.
    Approved,
    /// No.
    #[serde(alias = "denied")]
    Rejected,
}

/// A message.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Signal {
    /// The signal's name.
    #[serde(rename = "signal")]
    pub(super) name: String,
    /// What it says.
    #[serde(default)]
    pub(super) payload: Value,
    /// How long it takes from when the step waits.
    #[serde(default)]
    pub(super) after: Option<After>,
}

/// A time that passes, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct After(pub(super) u64);

impl TryFrom<String> for After {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
        let read = units.iter().find_map(|(unit, seconds)| {
            let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
            count.checked_mul(*seconds)
        });
        read.map(Self)
            .ok_or_else(|| format!("`{text}` is no time such as `90s`, `15m`, `2h` or `3d`"))
    }
}

/// What must come of a run; what is not said may be anything.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Expect {
    /// How the run ends: `completed`, `failed`, `waiting`, `timeout`.
    #[serde(default)]
    pub(super) status: Option<String>,
    /// What it gives.
    #[serde(default, deserialize_with = "given")]
    pub(super) output: Option<Value>,
    /// The steps that it comes to.
    #[serde(default)]
    pub(super) route: Option<Route>,
    /// Why it fails.
    #[serde(default)]
    pub(super) error: Option<ExpectedError>,
    /// Records that are left, by collection; each must be there with the fields that are named.
    #[serde(default)]
    pub(super) records: BTreeMap<String, Vec<Map<String, Value>>>,
    /// How many mails are sent.
    #[serde(default)]
    pub(super) mails: Option<usize>,
}

/// The steps that a run comes to.
#[derive(Debug, Clone)]
pub(super) enum Route {
    /// These, in this order, and no others.
    Exactly(Vec<String>),
    /// What must be so of them.
    Partly(Partly),
}

impl Route {
    /// The steps that it names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let (exactly, partly): (&[String], [&[String]; 3]) = match self {
            Self::Exactly(steps) => (steps, [&[]; 3]),
            Self::Partly(partly) => (
                &[],
                [&partly.in_order, &partly.includes, &partly.never].map(Vec::as_slice),
            ),
        };
        let partly = partly.into_iter().flatten();
        exactly.iter().chain(partly).map(String::as_str)
    }
}

// An untagged enum would forget where what is wrong stands.
impl<'de> Deserialize<'de> for Route {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Route;

            fn expecting(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(
                    "a list of steps, or an object with `inOrder`, `includes` or `never`",
                )
            }

            fn visit_seq<A: SeqAccess<'de>>(self, steps: A) -> Result<Route, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(steps)).map(Route::Exactly)
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Route, A::Error> {
                Partly::deserialize(MapAccessDeserializer::new(fields)).map(Route::Partly)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// What must be so of the steps that a run comes to.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Partly {
    /// It comes to these in this order, with others between them.
    #[serde(default)]
    pub(super) in_order: Vec<String>,
    /// It comes to these.
    #[serde(default)]
    pub(super) includes: Vec<String>,
    /// It never comes to these.
    #[serde(default)]
    pub(super) never: Vec<String>,
}

/// Why a run fails.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedError {
    /// The error's code.
    #[serde(default)]
    pub(super) code: Option<String>,
    /// The step that failed.
    #[serde(default)]
    pub(super) step: Option<String>,
    /// What the message must hold.
    #[serde(default)]
    pub(super) message: Option<String>,
}

/// Null is an output, too.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let wrong = |_| {
        D::Error::custom(format!(
            "`{text}` is no time such as `2026-03-02T09:00:00Z`"
        ))
    };
    text.parse().map(Some).map_err(wrong)
}
