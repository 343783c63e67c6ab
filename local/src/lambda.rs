//! Lambda: the functions of this AWS, and the one way to invoke them, whoever asks.
//!
//! A function is a handler inside this process, given by whoever opened it, or a process of its own that speaks the
//! Runtime API: a bootstrap that was given as a folder, or one that was uploaded.

mod aliases;
mod api;
mod archive;
mod create;
mod function;
mod invocation;
mod left_over;
mod log;
mod name;
mod pool;
mod process;
mod refusal;
mod runtime_api;
mod tags;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::audience::{Audience, RECORDER};
use crate::folder::{Folder, failed};
use crate::functions::invoke;
use crate::journal::Journal;
use crate::network::Invocation;
use crate::random::{Random, fresh_id};
use crate::{Bootstrap, Clock, Error, FunctionError, Functions};

pub(crate) use api::answer;
use function::{Code, Function, LATEST, Revision};
use invocation::Asked;
pub(crate) use invocation::{Ending, Invoked};
use log::FunctionLog;
pub(crate) use name::Named;
use pool::Pool;
use process::Program;
pub(crate) use refusal::function_arn;

/// The collection of documents that holds the functions.
const COLLECTION: &str = "functions";

/// The longest that a function inside this process may run, as on AWS.
const LONGEST: Duration = Duration::from_mins(15);

/// How often processes without work are looked at.
const ROUND: Duration = Duration::from_secs(30);

/// The functions of this AWS.
pub(crate) struct Lambda {
    clock: Clock,
    audience: Arc<Audience>,
    functions: Mutex<BTreeMap<String, Function>>,
    /// The handlers inside this process.
    handlers: Mutex<Option<Functions>>,
    /// The processes, by function, version and revision.
    pools: Mutex<BTreeMap<(String, String, String), Arc<Pool>>>,
    logs: Mutex<BTreeMap<String, Arc<FunctionLog>>>,
    /// Where this AWS is served, if it is.
    endpoint: Mutex<Option<String>>,
    folders: Option<Folders>,
    /// Where uploaded code lies without a state folder.
    temporary: OnceLock<TempDir>,
    random: Mutex<Random>,
    invocations: AtomicU64,
    /// Whether somebody looks after the processes.
    is_watched: OnceLock<()>,
}

/// Where things lie that outlive the process.
struct Folders {
    /// Uploaded code.
    code: PathBuf,
    logs: PathBuf,
    /// Notes about the processes that run.
    processes: PathBuf,
}

/// What an invocation says beside its payload.
#[derive(Debug, Default)]
pub(crate) struct Manner {
    /// The invocation's id, if it has one already.
    pub(crate) id: Option<String>,
    /// What the client says of itself, in base 64.
    pub(crate) client_context: Option<String>,
    /// Whether the last of the log is to come with the answer.
    pub(crate) wants_log: bool,
}

impl Lambda {
    /// Opens the functions of a state folder, or none in memory.
    pub(crate) fn open(
        folder: Option<&Folder>,
        journal: &Journal,
        clock: Clock,
        audience: Arc<Audience>,
        seed: u64,
    ) -> Result<Self, Error> {
        let folders = folder.map(|folder| {
            let whole = |name: &str| {
                let path = folder.folder(name)?;
                absolute(&path).map_err(failed(&path))
            };
            Ok(Folders {
                code: whole("code")?,
                logs: whole("logs")?,
                processes: whole("processes")?,
            })
        });
        let folders = folders.transpose()?;
        let functions: BTreeMap<String, Function> = journal.documents(COLLECTION)?;
        for name in functions.keys() {
            audience.meet(name);
        }
        if let Some(Folders {
            code, processes, ..
        }) = &folders
        {
            left_over::end_all(processes).map_err(failed(processes))?;
            // Nobody runs any of it yet.
            let needed = functions.values().flat_map(Function::folders).collect();
            archive::tidy(code, &needed).map_err(failed(code))?;
        }
        Ok(Self {
            clock,
            audience,
            functions: Mutex::new(functions),
            handlers: Mutex::default(),
            pools: Mutex::default(),
            logs: Mutex::default(),
            endpoint: Mutex::default(),
            folders,
            temporary: OnceLock::new(),
            random: Mutex::new(Random::new(seed)),
            invocations: AtomicU64::new(0),
            is_watched: OnceLock::new(),
        })
    }

    /// Sets the handlers inside this process.
    pub(crate) fn install(&self, handlers: Functions) {
        *lock(&self.handlers) = Some(handlers);
        // Nobody knows which names they answer to.
        self.audience.meet(RECORDER);
    }

    /// Shows handlers under their names.
    pub(crate) fn name(&self, names: impl IntoIterator<Item = String>) {
        let now = self.clock.now();
        let mut functions = lock(&self.functions);
        for name in names {
            let function = Function::given(&name, Code::Here, BTreeMap::new(), now);
            functions.insert(name, function);
        }
    }

    /// Makes functions of bootstraps.
    pub(crate) fn install_bootstraps(&self, bootstraps: Vec<Bootstrap>) -> io::Result<()> {
        let now = self.clock.now();
        let mut functions = lock(&self.functions);
        for bootstrap in bootstraps {
            let code = Code::Folder(absolute(&bootstrap.folder)?);
            let function = Function::given(&bootstrap.name, code, bootstrap.environment, now);
            self.audience.meet(&bootstrap.name);
            functions.insert(bootstrap.name, function);
        }
        Ok(())
    }

    /// Says where this AWS is served. Processes that do not know it yet are replaced.
    pub(crate) fn announce(&self, endpoint: &str) {
        let before = lock(&self.endpoint).replace(endpoint.to_owned());
        if before.as_deref() != Some(endpoint) {
            lock(&self.pools).clear();
        }
    }

    /// Runs a function to its end, whatever that is.
    pub(crate) async fn invoke(
        self: &Arc<Self>,
        named: &Named,
        payload: Bytes,
        manner: Manner,
    ) -> Result<Invoked, FunctionError> {
        let found = {
            let functions = lock(&self.functions);
            match functions.get(&named.name) {
                None => None,
                Some(function) => {
                    let chance = lock(&self.random).fraction();
                    let found = function.resolve(named.qualifier.as_deref(), chance);
                    let (version, revision) = found.ok_or(FunctionError::Missing)?;
                    Some((version, revision.clone()))
                }
            }
        };
        let (version, revision) = match found {
            Some((version, revision)) if revision.code != Code::Here => (version, revision),
            here => {
                let version = match here {
                    Some((version, _)) => version,
                    // A handler without a name in the lists has whatever version it is asked for.
                    None => named.qualifier.clone().unwrap_or_else(|| LATEST.to_owned()),
                };
                let ending = self.handle(&named.name, payload).await?;
                // What handlers in this process write is not told apart.
                let id = manner.id.filter(|_| manner.wants_log);
                let log = id.map(|id| {
                    format!("START RequestId: {id} Version: {version}\nEND RequestId: {id}\n")
                });
                return Ok(Invoked {
                    version,
                    ending,
                    log: log.unwrap_or_default(),
                });
            }
        };
        let pool = self.pool(&named.name, &version, &revision);
        let asked = Asked {
            id: manner.id.unwrap_or_else(fresh_id),
            arn: function_arn(&named.qualified()),
            payload,
            client_context: manner.client_context,
            wants_log: manner.wants_log,
        };
        let (ending, log) = pool.invoke(asked).await;
        Ok(Invoked {
            version,
            ending,
            log,
        })
    }

    /// Runs a handler inside this process.
    async fn handle(&self, name: &str, payload: Bytes) -> Result<Ending, FunctionError> {
        let handlers = lock(&self.handlers).clone();
        let handlers = handlers.ok_or(FunctionError::Missing)?;
        let invocation = Invocation {
            function: name.to_owned(),
            number: self.invocations.fetch_add(1, Ordering::Relaxed) + 1,
        };
        // A task of its own, so that a panic stays in it; it ends with the set if whoever waits for it goes.
        let mut alone = JoinSet::new();
        alone.spawn(async move { invoke(&handlers, invocation, payload).await });
        Ok(
            match tokio::time::timeout(LONGEST, alone.join_next()).await {
                Ok(Some(Ok(Ok(payload)))) => Ending::Answered(payload),
                Ok(Some(Ok(Err(FunctionError::Missing)))) => return Err(FunctionError::Missing),
                Ok(Some(Ok(Err(FunctionError::Raised {
                    error_type,
                    message,
                })))) => Ending::failed(&error_type, &message),
                Ok(Some(Err(panic))) => {
                    let message = format!("the function crashed: {panic}");
                    Ending::failed("Runtime.ExitError", &message)
                }
                Ok(None) => Ending::failed("Runtime.ExitError", "the function did not run"),
                Err(_) => {
                    let message = format!("Task timed out after {}.00 seconds", LONGEST.as_secs());
                    Ending::failed("Sandbox.Timedout", &message)
                }
            },
        )
    }

    /// The processes of a version.
    fn pool(self: &Arc<Self>, name: &str, version: &str, revision: &Revision) -> Arc<Pool> {
        self.watch();
        let mut pools = lock(&self.pools);
        let place = (name.to_owned(), version.to_owned(), revision.id.clone());
        if let Some(pool) = pools.get(&place) {
            return Arc::clone(pool);
        }
        // What an earlier revision still runs is run to its end.
        pools.retain(|(other, its_version, _), _| {
            (other.as_str(), its_version.as_str()) != (name, version)
        });
        let folder = match &revision.code {
            Code::Folder(folder) => folder.clone(),
            Code::Archive { folder, .. } => self.code_folder().unwrap_or_default().join(folder),
            Code::Here => PathBuf::new(),
        };
        let program = Program {
            name: name.to_owned(),
            version: version.to_owned(),
            folder,
            handler: revision.handler.clone(),
            memory: revision.memory,
            timeout: Duration::from_secs(revision.timeout.into()),
            environment: revision.environment.clone(),
            endpoint: lock(&self.endpoint).clone(),
            notes: self
                .folders
                .as_ref()
                .map(|folders| folders.processes.clone()),
        };
        let mut logs = lock(&self.logs);
        let log = logs.entry(name.to_owned()).or_insert_with(|| {
            let folder = self.folders.as_ref().map(|folders| folders.logs.as_path());
            Arc::new(FunctionLog::new(folder, name))
        });
        let pool = Arc::new(Pool::new(program, Arc::clone(log)));
        pools.insert(place, Arc::clone(&pool));
        pool
    }

    /// Looks after the processes from now on.
    fn watch(self: &Arc<Self>) {
        if self.is_watched.set(()).is_ok() {
            let lambda = Arc::downgrade(self);
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(ROUND).await;
                    let Some(lambda) = lambda.upgrade() else {
                        return;
                    };
                    let pools: Vec<_> = lock(&lambda.pools).values().cloned().collect();
                    for pool in pools {
                        pool.cool();
                    }
                }
            });
        }
    }

    /// Where uploaded code lies.
    fn code_folder(&self) -> io::Result<PathBuf> {
        if let Some(Folders { code, .. }) = &self.folders {
            return Ok(code.clone());
        }
        if self.temporary.get().is_none() {
            // Another one that came first stays, and this one goes.
            let _ = self.temporary.set(tempfile::tempdir()?);
        }
        let folder = self.temporary.get().map(TempDir::path);
        Ok(folder.map(Path::to_owned).unwrap_or_default())
    }
}

fn lock<Kept>(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
