//! A process of a function: started, given one invocation after the other, ended when it misbehaves or is not needed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::step_functions::REGION;

use super::invocation::{Asked, Ending};
use super::left_over::Note;
use super::log::{FunctionLog, ProcessLog};
use super::runtime_api::{Desk, TOO_LARGE, serve};

/// How long a process has before it asks for work, as on AWS.
const BEGINNING: Duration = Duration::from_secs(10);

/// How long the last lines of a process that has ended, or of an invocation, are waited for.
const LAST_WORDS: Duration = Duration::from_millis(20);

/// What a process is started with.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) name: String,
    pub(super) version: String,
    /// The folder with the bootstrap in it.
    pub(super) folder: PathBuf,
    pub(super) handler: String,
    /// In megabytes.
    pub(super) memory: u32,
    pub(super) timeout: Duration,
    pub(super) environment: BTreeMap<String, String>,
    /// Where this AWS is served, if it is.
    pub(super) endpoint: Option<String>,
    /// Where it is written down which processes run.
    pub(super) notes: Option<PathBuf>,
}

/// A running process. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    desk: Arc<Desk>,
    log: ProcessLog,
    has_begun: bool,
    pub(super) used: Instant,
    _note: Option<Note>,
    /// The Runtime API and the readers of what it writes; they end with this.
    _servants: JoinSet<()>,
}

impl Process {
    /// Starts a process; an ending for the invocation that needs it, where that fails.
    pub(super) async fn start(program: &Program, log: Arc<FunctionLog>) -> Result<Self, Ending> {
        let failed =
            |error: std::io::Error| Ending::failed("Runtime.ExitError", &format!("Error: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let api = listener.local_addr().map_err(failed)?.to_string();
        let bootstrap = program.folder.join("bootstrap");
        let mut command = Command::new(&bootstrap);
        command
            .env_clear()
            .envs(program.surroundings(&api))
            .current_dir(&program.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // Ctrl-C in a terminal is for us; it must not tear a function out of its work.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| {
            let message = if bootstrap.is_file() {
                format!("Error: fork/exec {}: {error}", bootstrap.display())
            } else {
                format!(
                    "Error: Couldn't find valid bootstrap(s): [{}]",
                    bootstrap.display()
                )
            };
            Ending::failed("Runtime.InvalidEntrypoint", &message)
        })?;
        let notes = program.notes.as_deref().zip(child.id());
        let note = notes.and_then(|(notes, process)| Note::take(notes, process));
        let desk = Arc::new(Desk::default());
        let log = ProcessLog::new(log);
        let mut servants = JoinSet::new();
        servants.spawn(serve(listener, Arc::clone(&desk)));
        if let Some(stdout) = child.stdout.take() {
            servants.spawn(listen(stdout, log.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            servants.spawn(listen(stderr, log.clone()));
        }
        Ok(Self {
            child,
            desk,
            log,
            has_begun: false,
            used: Instant::now(),
            _note: note,
            _servants: servants,
        })
    }

    /// Whether it is still there.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Runs one invocation: how it ended, what it wrote last, and whether the process can take another one.
    pub(super) async fn invoke(
        &mut self,
        program: &Program,
        asked: Asked,
    ) -> (Ending, String, bool) {
        let (id, wants_log) = (asked.id.clone(), asked.wants_log);
        self.log.begin(&id, &program.version);
        let begun = Instant::now();
        let (ending, is_usable) = match self.begin(&id).await {
            Some(ending) => (ending, false),
            None => self.run(program, asked).await,
        };
        if wants_log || !is_usable {
            // What was written just before the answer may still be on its way.
            tokio::time::sleep(LAST_WORDS).await;
        }
        self.log.add(&format!("END RequestId: {id}"));
        let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
        self.log.add(&format!(
            "REPORT RequestId: {id}\tDuration: {milliseconds:.2} ms\tBilled Duration: {:.0} ms\tMemory Size: {} MB",
            milliseconds.ceil(),
            program.memory,
        ));
        self.used = Instant::now();
        (ending, self.log.tail(), is_usable)
    }

    /// Waits until the process has begun, once; how the invocation ends where it does not.
    async fn begin(&mut self, id: &str) -> Option<Ending> {
        if self.has_begun {
            return None;
        }
        tokio::select! {
            biased;
            failure = self.desk.begun() => {
                self.has_begun = failure.is_none();
                failure
            }
            status = self.child.wait() => Some(self.exited(id, status)),
            () = tokio::time::sleep(BEGINNING) => {
                let seconds = BEGINNING.as_secs();
                let message = format!("RequestId: {id} Error: Task timed out after {seconds}.00 seconds");
                Some(Ending::failed("Sandbox.Timedout", &message))
            }
        }
    }

    async fn run(&mut self, program: &Program, asked: Asked) -> (Ending, bool) {
        let id = asked.id.clone();
        let ending = self.desk.put(asked, program.timeout);
        tokio::select! {
            biased;
            ending = ending => match ending {
                Ok(ending) => {
                    // A runtime whose answer was refused ends, sooner or later.
                    let is_usable = !ending.is_named(TOO_LARGE);
                    (ending, is_usable)
                }
                Err(_) => (Ending::failed("Runtime.ExitError", "the invocation was given up"), false),
            },
            status = self.child.wait() => (self.exited(&id, status), false),
            () = tokio::time::sleep(program.timeout) => {
                let seconds = program.timeout.as_secs();
                let message = format!("RequestId: {id} Error: Task timed out after {seconds}.00 seconds");
                self.log.add(&message);
                (Ending::failed("Sandbox.Timedout", &message), false)
            }
        }
    }

    /// What is said of a process that has ended in the middle of its work.
    fn exited(&self, id: &str, status: std::io::Result<ExitStatus>) -> Ending {
        if let Some(failure) = self.desk.failure() {
            return failure;
        }
        let reason = match status {
            Ok(status) if status.success() => {
                "Runtime exited without providing a reason".to_owned()
            }
            Ok(status) => format!("Runtime exited with error: {}", how(status)),
            Err(error) => format!("Runtime exited with error: {error}"),
        };
        let message = format!("RequestId: {id} Error: {reason}");
        self.log.add(&message);
        Ending::failed("Runtime.ExitError", &message)
    }
}

/// How a process ended, in the words of Lambda.
fn how(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return match signal {
            6 => "signal: aborted".to_owned(),
            9 => "signal: killed".to_owned(),
            11 => "signal: segmentation fault".to_owned(),
            15 => "signal: terminated".to_owned(),
            other => format!("signal: {other}"),
        };
    }
    format!("exit status {}", status.code().unwrap_or(-1))
}

/// Writes down what a process says, line by line.
async fn listen(pipe: impl AsyncRead + Unpin, log: ProcessLog) {
    let mut lines = BufReader::new(pipe);
    let mut line = Vec::new();
    while let Ok(1..) = lines.read_until(b'\n', &mut line).await {
        log.add(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}

impl Program {
    /// The environment that Lambda gives a process.
    fn surroundings(&self, api: &str) -> BTreeMap<String, String> {
        let group = format!("/aws/lambda/{}", self.name);
        let path = std::env::var("PATH").unwrap_or_default();
        let folder = self.folder.display().to_string();
        let own = [
            ("AWS_LAMBDA_RUNTIME_API", api),
            ("AWS_LAMBDA_FUNCTION_NAME", &self.name),
            ("AWS_LAMBDA_FUNCTION_VERSION", &self.version),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &self.memory.to_string()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", &group),
            ("AWS_LAMBDA_LOG_STREAM_NAME", api),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_SESSION_TOKEN", "local"),
            ("LAMBDA_TASK_ROOT", &folder),
            ("LAMBDA_RUNTIME_DIR", &folder),
            ("_HANDLER", &self.handler),
            ("LANG", "en_US.UTF-8"),
            ("TZ", ":UTC"),
            ("PATH", &path),
        ];
        let mut all: BTreeMap<String, String> = self.environment.clone();
        if let Some(endpoint) = &self.endpoint {
            all.entry("AWS_ENDPOINT_URL".to_owned())
                .or_insert_with(|| endpoint.clone());
        }
        // These belong to Lambda; a function cannot set them.
        all.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        all
    }
}
