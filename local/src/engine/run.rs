//! A run as a function call: an execution is started, and its end is waited for.

use std::fmt;
use std::sync::Arc;

use pawl_interpreter::Status;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::task::spawn_blocking;

use crate::journal::{BETWEEN_LOOKS, Broken};

use super::about::{About, Definition, Snapshot};
use super::open::Open;
use super::tell::Fresh;
use super::{Engine, Shared, Unable};

/// An execution that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// Its ARN.
    pub execution_arn: String,
    /// The way in which it ended.
    pub status: Ending,
    /// What came of it, where it ended well.
    pub output: Option<Value>,
    /// The error's name, where it has one.
    pub error: Option<String>,
    /// What went wrong.
    pub cause: Option<String>,
}

/// How an execution can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Well.
    Succeeded,
    /// By an error.
    Failed,
    /// It took longer than it may.
    TimedOut,
    /// It was stopped.
    Aborted,
}

/// Whether others wait while an execution begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Haste {
    /// Nobody has to: its expressions may take long.
    None,
    /// They do: it begins elsewhere if it takes long.
    Great,
}

/// Where the name of an execution comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// Whoever started it gave it, and may have given it before.
    Given,
    /// It was drawn a moment ago. Nobody looks whether there is another of that name: there is none, and it would not be
    /// kept twice.
    Drawn,
}

/// How an execution goes on that has begun.
enum Course {
    /// It has ended already.
    Over(Ended),
    /// It waits for something; this tells its end.
    Open(oneshot::Receiver<()>),
}

impl Engine {
    /// Starts an execution as [`Engine::start`] does, and waits for its end, which is kept then.
    pub(crate) async fn run<Refusal: Send + 'static>(
        &self,
        definition: Definition,
        about: About,
        naming: Naming,
        existing: impl FnOnce(&Snapshot) -> Result<About, Refusal> + Send + 'static,
    ) -> Result<Ended, Unable<Refusal>> {
        let arn = about.arn.clone();
        let at_once = self.shared.run_at_once(&definition, &about, naming);
        if let Some(ended) = at_once.await? {
            return Ok(ended);
        }
        let shared = Arc::clone(&self.shared);
        let started = spawn_blocking(move || shared.start(&definition, about, existing)).await;
        started.map_err(|panic| Broken::of(&panic))??;
        let ended = self.ended(&arn).await?;
        Ok(ended.and_then(Ended::of).ok_or_else(Broken::closed)?)
    }
}

impl Shared {
    /// Begins an execution in this thread and waits for its end; `None` if it has to begin as all others do.
    async fn run_at_once<Refusal>(
        self: &Arc<Self>,
        definition: &Definition,
        about: &About,
        naming: Naming,
    ) -> Result<Option<Ended>, Unable<Refusal>> {
        self.journal.check()?;
        let (sender, kept) = oneshot::channel();
        let answer = move |written| {
            // Whoever asked may have gone.
            let _ = sender.send(written);
        };
        let about = Arc::new(about.clone());
        let see = |open: &Open| self.course(open);
        let Fresh::Begun(course) =
            self.begin_new(definition, &about, (Haste::Great, naming), answer, see)?
        else {
            return Ok(None);
        };
        self.is_kept(kept).await?;
        match course {
            Course::Over(ended) => Ok(Some(ended)),
            Course::Open(end) => {
                // It is told when the end is kept, or dropped with the engine.
                let _ = end.await;
                let found = self.journal.execution(&about.arn)?;
                let snapshot = found.map(Snapshot::read).transpose()?;
                let ended = snapshot.and_then(Ended::of).ok_or_else(Broken::closed)?;
                Ok(Some(ended))
            }
        }
    }

    /// How an execution goes on. The caller has it alone, so that its end is not missed.
    fn course(&self, open: &Open) -> Course {
        if let Some(ended) = Ended::with(&open.about.arn, open.execution.status()) {
            return Course::Over(ended);
        }
        let (sender, end) = oneshot::channel();
        let mut state = self.state();
        let waiting = state.ends.entry(open.about.arn.clone()).or_default();
        waiting.push(sender);
        Course::Open(end)
    }

    /// Waits for something that is decided to be kept, unless the disk does not take it: it is kept later then.
    async fn is_kept(&self, mut kept: oneshot::Receiver<Result<(), Broken>>) -> Result<(), Broken> {
        match kept.try_recv() {
            Ok(written) => return written,
            Err(TryRecvError::Closed) => return Err(Broken::closed()),
            Err(TryRecvError::Empty) => {}
        }
        loop {
            match tokio::time::timeout(BETWEEN_LOOKS, &mut kept).await {
                Ok(Ok(written)) => return written,
                Ok(Err(_)) => return Err(Broken::closed()),
                Err(_) => self.journal.check()?,
            }
        }
    }
}

impl Ended {
    /// An execution of which this is known; `None` if it goes on.
    fn of(snapshot: Snapshot) -> Option<Self> {
        let status = snapshot.outcome.status(&snapshot.status);
        Self::with(&snapshot.about.arn, &status)
    }

    fn with(arn: &str, status: &Status) -> Option<Self> {
        let of = |status| Self {
            execution_arn: arn.to_owned(),
            status,
            output: None,
            error: None,
            cause: None,
        };
        let badly = |status, error: &Option<String>, cause: &Option<String>| Self {
            error: error.clone(),
            cause: cause.clone(),
            ..of(status)
        };
        Some(match status {
            Status::Running => return None,
            Status::Succeeded { output } => Self {
                output: Some(output.clone()),
                ..of(Ending::Succeeded)
            },
            Status::Failed { error, cause } => badly(Ending::Failed, error, cause),
            Status::TimedOut { error, cause } => badly(Ending::TimedOut, error, cause),
            Status::Aborted { error, cause } => badly(Ending::Aborted, error, cause),
        })
    }
}

impl Ending {
    /// AWS's word for it, such as `SUCCEEDED`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
