//! Questions that a step asks before it goes on: about an outcome that nobody knows, or for a larger budget.
//!
//! The step writes the question and raises `ASK`. The machine's Catch leads to the Task `<slug> (ask)`, which waits for
//! the decision as an approval does, and then back to the step, whose visit goes on with the answer.

use pawl_contract::{At, Kind, MOST_QUESTIONS, StepError, code};
use pawl_store::key::ROOT;
use pawl_store::{Record, RecordStatus, Run};
use serde_json::{Value, json};

use crate::{Error, Services};

/// A step's place, from where it asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'invocation> {
    pub services: &'invocation Services,
    pub run: &'invocation Run,
    pub at: &'invocation At,
    /// The step's slug.
    pub step: &'invocation str,
}

/// What is asked.
#[derive(Debug)]
pub(crate) struct Question {
    /// Tells the question from the others of its visit: the same again is not asked again.
    pub about: Value,
    pub message: String,
    /// What may be filled in besides yes or no.
    pub form: Option<Value>,
    /// What the answer is worth, as it was when the question was asked.
    pub facts: Option<Value>,
}

/// What somebody has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Yes, and the choice that was filled in.
    Yes {
        choice: Option<String>,
        facts: Value,
    },
    /// No; who said so and why.
    No { said: String },
}

impl Asker<'_> {
    /// The answer to a question; `None` where another invocation of the visit was faster.
    ///
    /// What nobody has answered yet is raised as `ASK`.
    pub(crate) async fn ask(&self, question: Question) -> Result<Option<Answer>, Error> {
        let (store, run) = (self.services.store(), self.run);
        // Who goes on with a run that has failed may decide anew.
        let about =
            json!({ "step": self.step, "of": question.about, "generation": run.generation });
        let asked = store.questions(&run.org, &run.run, self.at).await?;
        let is_it = |record: &&Record| record.input.get("about") == Some(&about);
        if let Some(record) = asked.iter().find(is_it) {
            return answer(record).map(Some).map_err(Error::Step);
        }
        let number = u32::try_from(asked.len()).unwrap_or(u32::MAX);
        if number >= MOST_QUESTIONS {
            let message = format!("the step has asked {MOST_QUESTIONS} questions: that is enough");
            let said = format!("{message}, and nobody is asked any more");
            return Ok(Some(Answer::No { said }));
        }
        let mut input = json!({ "message": question.message, "about": about });
        let given = [("form", question.form), ("facts", question.facts)];
        for (name, value) in given {
            if let (Some(value), Some(input)) = (value, input.as_object_mut()) {
                input.insert(name.to_owned(), value);
            }
        }
        let record = Record {
            at: self.at.question(number + 1),
            step: format!("{} (ask)", self.step),
            name: None,
            kind: Some(Kind::Approval),
            // The machine's Task makes it a question that waits.
            status: RecordStatus::Claimed,
            attempts: 1,
            visit: u64::from(number) + 1,
            input,
            output: Value::Null,
            meta: None,
            error: None,
            port: None,
            iteration: Vec::new(),
            scope: ROOT.to_owned(),
            mocked: false,
            started_at: self.services.now().iso(),
            completed_at: None,
            result: None,
            nonce: None,
            wait: None,
        };
        if store.put_question(&run.org, &run.run, &record).await? {
            Err(Error::Step(open()))
        } else {
            Ok(None)
        }
    }
}

/// What a question's record says.
fn answer(record: &Record) -> Result<Answer, StepError> {
    let text = |pointer: &str| record.output.pointer(pointer)?.as_str();
    match record.status {
        RecordStatus::Claimed | RecordStatus::Waiting => Err(open()),
        RecordStatus::Completed if record.port.as_deref() == Some("approved") => Ok(Answer::Yes {
            choice: text("/form/choice").map(str::to_owned),
            facts: record.input.get("facts").cloned().unwrap_or_default(),
        }),
        RecordStatus::Completed | RecordStatus::Failed | RecordStatus::Skipped => {
            let who = text("/decidedBy").unwrap_or("nobody");
            let why = text("/comment").map(|comment| format!(": {comment}"));
            let said = if who == "nobody" {
                "nobody agreed".to_owned()
            } else {
                format!("{who} said no{}", why.unwrap_or_default())
            };
            Ok(Answer::No { said })
        }
    }
}

/// No failure: the machine asks.
fn open() -> StepError {
    StepError::new(code::ASK, "somebody is asked")
}
