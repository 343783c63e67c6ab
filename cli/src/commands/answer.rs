//! `pawl approve`, `pawl reject`, `pawl signal`: answers what a run waits for.

pub(super) mod asked;

use pawl_contract::{StepError, code};
use pawl_functions::{Decided, Decision, Link, Sent, Services};
use serde_json::{Value, json};

use super::run::follow::{Follower, how_to_answer, outcome, show};
use super::{Outcome, print, print_json, runtime};
use crate::aws;
use crate::deployment::Deployment;
use crate::laptop::ORG;
use crate::place::{Found, Place};
use crate::project::{Misuse, json_argument};
use crate::source::Source;

const APPROVE_EXAMPLES: &str = "Examples:
  pawl approve latest
  pawl approve 019f2c5e ask_manager --comment 'Looks good' --as anna@example.com
  pawl approve latest --payload '{\"text\": \"Hi Ada\"}'
  pawl approve latest --form @form.json
  pawl approve --link eyJvcmciOi...

The run goes on, and is followed until it ends or waits again. Beside a `pawl dev` and in a deployment it goes on there.
A deployment takes the owner of the key for whoever decides, where `--as` names nobody else.
The same decision given twice is one decision; another one is refused.";

const REJECT_EXAMPLES: &str = "Examples:
  pawl reject latest --comment 'Too expensive'
  pawl reject 019f2c5e ask_manager --as anna@example.com

The run goes on by the step's `rejected` port, or fails with APPROVAL_REJECTED where it has none.";

const SIGNAL_EXAMPLES: &str = "Examples:
  pawl signal latest payment-received '{\"amount\": 12}'
  pawl signal 019f2c5e payment-received @payment.json

A signal that comes before a step waits for it is kept until one does.";

/// Which question, and who decides.
#[derive(clap::Args)]
struct Question {
    /// The run: its id, a part of it that no other has, or `latest`
    #[arg(required_unless_present = "link")]
    run: Option<String>,
    /// The step that asked, or the place of its visit; needed only where the run waits for several decisions
    step: Option<String>,
    /// The signed link of a mail, instead of the run: it says who decides
    #[arg(long, value_name = "LINK", conflicts_with_all = ["run", "who"])]
    link: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// Who decides [default: the user of this machine, or the owner of the key]
    #[arg(long = "as", value_name = "WHO")]
    who: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Say yes to what a run asks.
#[derive(clap::Args)]
#[command(after_help = APPROVE_EXAMPLES)]
pub(super) struct Approve {
    #[command(flatten)]
    question: Question,
    /// What the step's form asks for, as JSON or `@FILE`
    #[arg(long, value_name = "JSON|@FILE")]
    form: Option<String>,
    /// The payload as it should be, as JSON or `@FILE`
    #[arg(long, value_name = "JSON|@FILE")]
    payload: Option<String>,
}

/// Say no to what a run asks.
#[derive(clap::Args)]
#[command(after_help = REJECT_EXAMPLES)]
pub(super) struct Reject {
    #[command(flatten)]
    question: Question,
}

/// Send a message to a run that waits for it, or will.
#[derive(clap::Args)]
#[command(after_help = SIGNAL_EXAMPLES)]
pub(super) struct Signal {
    /// The run: its id, a part of it that no other has, or `latest`
    run: String,
    /// The signal's name
    #[arg(value_name = "SIGNAL")]
    name: String,
    /// What it says, as JSON or `@FILE`
    payload: Option<String>,
    /// Who sends it [default: the user of this machine, or the owner of the key]
    #[arg(long = "as", value_name = "WHO")]
    who: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Approve {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let read = |what: &str, given: Option<&str>| {
            given.map(|given| json_argument(what, given)).transpose()
        };
        let decision = Decision {
            approved: true,
            form: read("--form", self.form.as_deref())?,
            payload: read("--payload", self.payload.as_deref())?,
            ..Decision::default()
        };
        self.question.decide(decision)
    }
}

impl Reject {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        self.question.decide(Decision::default())
    }
}

impl Question {
    fn decide(self, decision: Decision) -> anyhow::Result<Outcome> {
        let decision = Decision {
            comment: self.comment,
            by: self.who,
            ..decision
        };
        let approved = decision.approved;
        if let Some(text) = &self.link {
            let link = Link::read(text).map_err(misuse)?;
            if link.approved != approved {
                let word = if approved { "rejects" } else { "approves" };
                return Err(
                    Misuse::new(format!("this link {word}: take the mail's other one")).into(),
                );
            }
            return answering(
                &self.place,
                &link.run,
                self.json,
                async |services, _| {
                    let decided = pawl_functions::decide_by_link(services, text, decision.clone());
                    Ok(said(&decided.await?, approved))
                },
                async |deployment, _| {
                    let decided = asked::decide_by_link(deployment, text, &link, &decision);
                    Ok(said(&decided.await?, approved))
                },
            );
        }
        let step = self.step.as_deref();
        let run = self.run.unwrap_or_default();
        answering(
            &self.place,
            &run,
            self.json,
            async |services, run| {
                let decision = Decision {
                    by: Some(decision.by.clone().unwrap_or_else(user)),
                    ..decision.clone()
                };
                let decided = pawl_functions::decide(services, ORG, run, step, &decision).await?;
                Ok(said(&decided, approved))
            },
            async |deployment, run| {
                let decided = asked::decide(deployment, run, step, &decision).await?;
                Ok(said(&decided, approved))
            },
        )
    }
}

impl Signal {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let payload = self.payload.as_deref();
        let payload = payload.map(|given| json_argument("PAYLOAD", given));
        let payload = payload.transpose()?.unwrap_or(Value::Null);
        let (signal, who) = (self.name.as_str(), self.who.as_deref());
        answering(
            &self.place,
            &self.run,
            self.json,
            async |services, run| {
                let by = who.map_or_else(user, str::to_owned);
                let sent = pawl_functions::send(services, ORG, run, signal, &payload, Some(&by));
                Ok(sent_as(run, signal, &sent.await?))
            },
            async |deployment, run| {
                let sent = asked::send(deployment, run, signal, &payload, who).await?;
                Ok(sent_as(run, signal, &sent))
            },
        )
    }
}

/// What became of a signal, for people and for scripts.
fn sent_as(run: &str, signal: &str, sent: &Sent) -> (String, Value) {
    let said = match sent {
        Sent::Delivered => format!("signal `{signal}` is delivered"),
        Sent::Kept => format!("signal `{signal}` is kept until a step waits for it"),
    };
    (
        said,
        json!({ "run": run, "signal": signal, "status": sent }),
    )
}

/// What became of a decision, for people and for scripts.
fn said(decided: &Decided, approved: bool) -> (String, Value) {
    let word = if approved { "approved" } else { "rejected" };
    let again = if decided.again { " already" } else { "" };
    let said = format!("step `{}` is{again} {word}", decided.step);
    (said, json!(decided))
}

/// Who uses this machine.
pub(super) fn user() -> String {
    let named = ["USER", "USERNAME", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    named.unwrap_or_else(|| "somebody".to_owned())
}

/// Answers where the run is: through its services, or by asking its deployment.
fn answering(
    place: &Place,
    run: &str,
    json: bool,
    answer: impl AsyncFnOnce(&Services, &str) -> Result<(String, Value), StepError>,
    ask: impl AsyncFnOnce(&Deployment, &str) -> anyhow::Result<(String, Value)>,
) -> anyhow::Result<Outcome> {
    runtime()?.block_on(async {
        match place.find()? {
            Found::Deployment(deployment) => {
                let source = Source::Deployment(*deployment.clone());
                let run = source.run(run).await?.run;
                tell(ask(&deployment, &run).await?, json)
            }
            Found::Aws(place) => answer_in(&place, run, json, answer).await,
        }
    })
}

/// Answers, and follows the run where it goes on in this process.
async fn answer_in(
    place: &aws::Place,
    run: &str,
    json: bool,
    answer: impl AsyncFnOnce(&Services, &str) -> Result<(String, Value), StepError>,
) -> anyhow::Result<Outcome> {
    let source = Source::open_running(place).await?;
    let answered = async {
        let (found, aws) = (source.run(run).await?, source.aws()?);
        let run = found.run.clone();
        let states = aws.machine(&found).await?.states.len();
        let follower = aws
            .laptop()
            .map(|laptop| Follower::new(laptop, states, json));
        let (said, value) = answer(&aws.services(), &run).await.map_err(misuse)?;
        match aws.laptop().zip(follower) {
            Some((laptop, follower)) => {
                if !json {
                    print(&(said + "\n\n"))?;
                }
                let end = follower.follow(&run).await?;
                let report = laptop.report(&run, end.figures.clone()).await?;
                show(&report, None, json)?;
                how_to_answer(&end, place.state.as_deref());
                Ok(outcome(&report))
            }
            None => tell((said, value), json),
        }
    };
    let outcome = answered.await;
    source.close().await;
    outcome
}

/// Says what became of an answer.
fn tell((said, value): (String, Value), json: bool) -> anyhow::Result<Outcome> {
    if json {
        print_json(&value)?;
    } else {
        print(&(said + "\n"))?;
    }
    Ok(Outcome::Done)
}

/// An answer that the run does not take.
pub(super) fn misuse(error: StepError) -> anyhow::Error {
    if error.code == code::VALIDATION_ERROR {
        Misuse::new(error.message).into()
    } else {
        error.into()
    }
}
