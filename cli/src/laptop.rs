//! AWS on this machine with our functions installed: where `pawl run` publishes, starts and follows runs.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use aws_sdk_sfn::Client as StepFunctions;
use bytes::Bytes;
use pawl_asl::Machine;
use pawl_contract::{Kind, Mock, Start, StepError, code};
use pawl_functions::{Function, Mail, Schedules, Services, Settings};
use pawl_interpreter::HistoryEvent;
use pawl_local::{Bootstrap, Clock, Durability, Faults, FunctionError, Functions, Local};
use pawl_store::{Batch, Published, Run, Store};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::project::Misuse;
use crate::report::{Figures, Following, Report};

/// The organisation that runs on a laptop belong to.
pub const ORG: &str = "default";
/// The table's name.
pub const TABLE: &str = "pawl";
/// The bucket's name.
pub const BUCKET: &str = "pawl";

/// How often somebody looks for what was not told.
const CATCH_UP: Duration = Duration::from_mins(1);

/// How often somebody looks for runs that nothing executes.
const RECONCILE: Duration = Duration::from_hours(1);

/// What is decided before the first run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that holds everything; in memory where absent.
    pub state: Option<PathBuf>,
    /// Where the time comes from.
    pub clock: Clock,
    /// What goes wrong on the way to the services.
    pub faults: Faults,
    /// What chance begins with.
    pub seed: u64,
    /// When something counts as kept.
    pub durability: Durability,
    /// What the environment says about mail and models.
    pub settings: Settings,
    /// Where secrets are read that stand in the environment.
    pub environment: fn(&str) -> Option<String>,
    /// Whether open runs go on.
    pub driving: Driving,
    /// Where the functions run.
    pub functions: Running,
}

/// Whether runs that a folder holds open go on while it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driving {
    /// They go on.
    Runs,
    /// They stay as they are: someone only looks.
    Rests,
}

impl Default for Options {
    /// In memory, by the machine's clock, without faults or anything from the environment.
    fn default() -> Self {
        Self {
            state: None,
            clock: Clock::real(),
            faults: Faults::none(),
            seed: 0,
            settings: Settings::from_env(&|_| None),
            environment: |_| None,
            functions: Running::default(),
            durability: Durability::default(),
            driving: Driving::Runs,
        }
    }
}

/// Where the functions of the step kinds run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Running {
    /// In this process.
    #[default]
    Here,
    /// As on AWS: each in processes of its own. The folder holds `<function>/bootstrap` for each of them.
    Bootstraps(PathBuf),
}

/// AWS on this machine.
#[derive(Clone)]
pub struct Laptop {
    /// The services.
    pub local: Local,
    /// What the functions work with.
    pub services: Services,
    store: Store,
    step_functions: StepFunctions,
}

/// What somebody does behind an invocation.
pub type Behind = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Events of executions, each with the execution's ARN.
pub type Events = mpsc::UnboundedReceiver<(String, HistoryEvent)>;

/// A run that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The run's id.
    pub run: String,
}

impl Laptop {
    /// Opens the folder, or a memory, and installs the functions.
    pub async fn open(options: Options) -> anyhow::Result<Self> {
        let Options {
            state,
            clock,
            faults,
            seed,
            durability,
            mut settings,
            environment,
            driving,
            functions: running,
        } = options;
        TABLE.clone_into(&mut settings.table);
        BUCKET.clone_into(&mut settings.bucket);
        ORG.clone_into(&mut settings.org);
        if matches!(settings.mail, Mail::None)
            && let Some(state) = &state
        {
            settings.mail = Mail::Outbox(state.join("outbox"));
        }
        settings.schedules = Some(Schedules {
            role: "arn:aws:iam::000000000000:role/pawl-reminder".to_owned(),
            function: Kind::Approval.name().to_owned(),
        });
        let local = Local::open(pawl_local::Options {
            state,
            clock,
            faults,
            seed,
            durability,
        })
        .await?;
        let sdk = local.sdk_config();
        let store = Store::new(&sdk, TABLE, BUCKET);
        let services = Services::new(&sdk, settings).with_environment(environment);
        match running {
            Running::Here => {
                local.install(functions(services.clone()));
                local.name_functions(function_names());
            }
            Running::Bootstraps(folder) => {
                let bootstraps = bootstraps(&folder, services.settings())?;
                local
                    .install_bootstraps(bootstraps)
                    .context("cannot find the current folder")?;
            }
        }
        // Who only looks makes nothing.
        if driving == Driving::Runs {
            store
                .create()
                .await
                .context("cannot create the table and the bucket")?;
        }
        Ok(Self {
            local,
            services,
            store,
            step_functions: StepFunctions::new(&sdk),
        })
    }

    /// Has somebody act right behind every invocation of a function, before the machine hears of its end: whoever
    /// answers then is never too late, however fast simulated time goes.
    pub fn act_behind(&self, act: Behind) {
        let own = functions(self.services.clone());
        self.local
            .install(Arc::new(move |name: &str, payload: Bytes| {
                let (done, act) = (own(name, payload), act.clone());
                Box::pin(async move {
                    let answer = done.await?;
                    act().await;
                    Ok(answer)
                })
            }));
    }

    /// Loads business records, by collection. One that does not say when it was made is made now.
    pub async fn load(&self, data: &BTreeMap<String, Vec<Value>>) -> anyhow::Result<()> {
        let now = self.services.now().milliseconds();
        for (collection, records) in data {
            let mut records = records.clone();
            for record in records.iter_mut().filter_map(Value::as_object_mut) {
                record.entry("_creationTime").or_insert_with(|| now.into());
            }
            self.store
                .load(ORG, collection, &records)
                .await
                .with_context(|| format!("cannot load `{collection}`"))?;
        }
        Ok(())
    }

    /// Publishes a machine and returns the ARN of its version; the same machine is the same version.
    pub async fn publish(&self, workflow: &str, machine: &Machine) -> anyhow::Result<String> {
        let definition =
            Kind::with_functions().fold(serde_json::to_string(machine)?, |text, kind| {
                text.replace(
                    &format!("${{{}}}", kind.placeholder()),
                    &function_arn(kind.name()),
                )
            });
        let name = machine_name(workflow, &definition);
        let created = self
            .step_functions
            .create_state_machine()
            .name(name)
            .definition(definition)
            .role_arn("arn:aws:iam::000000000000:role/pawl-machine")
            .publish(true)
            .send()
            .await
            .context("cannot publish the machine")?;
        let version = created
            .state_machine_version_arn
            .ok_or_else(|| anyhow!("the machine was published without a version"))?;
        self.store
            .publish_workflow(ORG, workflow, &Published::on(&version))
            .await
            .context("cannot publish the workflow")?;
        Ok(version)
    }

    /// Starts a run by way of the trigger.
    pub async fn start(
        &self,
        machine: String,
        input: Value,
        mocks: BTreeMap<String, Mock>,
        idempotency_key: Option<String>,
    ) -> Result<Started, StepError> {
        let start = Start {
            machine,
            input,
            mocks,
            idempotency_key,
            ..Start::default()
        };
        self.start_with(start).await
    }

    /// Starts a run by way of the trigger, with everything that can be said about it.
    pub async fn start_with(&self, start: Start) -> Result<Started, StepError> {
        let payload = serde_json::to_value(start).expect("a start is plain data");
        let answer =
            pawl_functions::handle(Function::Step(Kind::Trigger), payload, &self.services).await?;
        let run = answer
            .get("run")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        Ok(Started { run })
    }

    /// Goes on with a run that was interrupted or failed.
    ///
    /// An interrupted run has an execution that rests, and goes on where it was; a failed one is started once more.
    pub async fn resume(&self, run: &str) -> Result<Started, StepError> {
        let unavailable =
            |error: pawl_local::Error| StepError::new(code::TOOL_ERROR, error.to_string());
        if self.local.go_on(run).await.map_err(unavailable)? == 0 {
            pawl_functions::resume(&self.services, ORG, run).await?;
        } else {
            pawl_functions::catch_up(&self.services).await?;
        }
        Ok(Started {
            run: run.to_owned(),
        })
    }

    /// Tells what an earlier process recorded and did not tell: what happened, and how what waits was answered.
    pub async fn catch_up(&self) -> anyhow::Result<()> {
        let told = pawl_functions::catch_up(&self.services).await;
        told.map(|_| ())
            .map_err(|error| anyhow!("cannot tell what happened: {}", error.message))
    }

    /// Does, for as long as it is polled, what schedules have the recorder do on AWS: tells every minute what was recorded
    /// a while ago and not told, and looks every hour for runs that nothing executes.
    pub async fn keep_catching_up(&self) {
        tokio::join!(
            self.ask_recorder(CATCH_UP, json!({ "detail-type": "Scheduled Event" })),
            self.ask_recorder(RECONCILE, json!({ "ask": "reconcile" })),
        );
    }

    async fn ask_recorder(&self, every: Duration, what: Value) {
        let mut times = tokio::time::interval(every);
        times.tick().await;
        loop {
            times.tick().await;
            let done = pawl_functions::handle(Function::Recorder, what.clone(), &self.services);
            if let Err(error) = done.await {
                tracing::warn!(error.message, "what happened was not told");
            }
        }
    }

    /// The run's report, as it stands now.
    pub async fn report(&self, run: &str, figures: Figures) -> anyhow::Result<Report> {
        let found = self
            .store
            .run(ORG, run)
            .await?
            .ok_or_else(|| anyhow!("there is no run `{run}`"))?;
        let records = self.store.records(ORG, run).await?;
        let output = self.store.output(&found).await?;
        let follow_ups = Following::of(&found, &self.store).await?;
        Ok(Report::new(found, output, records, follow_ups, figures))
    }

    /// What the language models of a run have said and done.
    pub async fn told(&self, run: &str) -> anyhow::Result<Vec<Batch>> {
        Ok(self.store.events(ORG, run).await?)
    }

    /// Every record of a collection.
    pub async fn records(&self, collection: &str) -> anyhow::Result<Vec<Value>> {
        let records = self.store.collection(ORG, collection).await?;
        Ok(records.into_iter().map(Value::Object).collect())
    }

    /// The runs that are not over.
    pub async fn open_runs(&self) -> anyhow::Result<Vec<String>> {
        let runs = self.store.runs(ORG, 100).await?;
        Ok(runs
            .into_iter()
            .filter(Run::is_open)
            .map(|run| run.run)
            .collect())
    }

    /// Closes it and waits until the state folder is free.
    pub async fn close(self) {
        self.local.close().await;
    }

    /// The history of executions as it happens.
    pub fn events(&self) -> Events {
        self.local.events()
    }
}

/// Our functions, as the local Lambda calls them: bytes in, bytes out.
fn functions(services: Services) -> Functions {
    Arc::new(move |name: &str, payload: Bytes| {
        let (function, services) = (Function::from_name(name), services.clone());
        Box::pin(async move {
            let function = function.ok_or(FunctionError::Missing)?;
            let raised = |error: StepError| FunctionError::Raised {
                error_type: error.code,
                message: error.message,
            };
            let payload = serde_json::from_slice(&payload).map_err(|error| {
                raised(StepError::new(code::VALIDATION_ERROR, error.to_string()))
            })?;
            let answer = pawl_functions::handle(function, payload, &services)
                .await
                .map_err(raised)?;
            Ok(Bytes::from(answer.to_string()))
        })
    })
}

/// The names of our functions.
fn function_names() -> impl Iterator<Item = &'static str> {
    Kind::with_functions().map(Kind::name).chain(["recorder"])
}

/// Our functions as programs in a folder, told what those in this process are told.
fn bootstraps(folder: &Path, settings: &Settings) -> anyhow::Result<Vec<Bootstrap>> {
    let mut settings = settings.clone();
    if let Mail::Outbox(outbox) = &settings.mail {
        // A function runs in the folder of its program.
        settings.mail = Mail::Outbox(std::path::absolute(outbox)?);
    }
    function_names()
        .map(|name| {
            let program = folder.join(name);
            if !program.join("bootstrap").is_file() {
                let message = format!("there is no `{}`", program.join("bootstrap").display());
                let help = "build the functions with `cargo lambda build --release`, or say with `--bootstraps` where they are";
                return Err(Misuse::new(message).help(help).into());
            }
            Ok(Bootstrap {
                name: name.to_owned(),
                folder: program,
                environment: settings.to_env(),
            })
        })
        .collect()
}

/// The ARN under which a function is published here.
pub(crate) fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:000000000000:function:{name}:1")
}

/// A name that is the same for the same machine, so that publishing twice makes nothing new.
fn machine_name(workflow: &str, definition: &str) -> String {
    let workflow: String = workflow.chars().filter(char::is_ascii).take(60).collect();
    let hash = Sha256::digest(definition);
    let start = hash.first_chunk().copied().unwrap_or_default();
    format!("{workflow}-{:016x}", u64::from_be_bytes(start))
}

/// A number that nobody can foresee, for chance that nobody wants to repeat.
pub fn fresh_seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The folder of a state, made when it is missing.
pub fn state_folder(given: Option<&Path>) -> PathBuf {
    given.map_or_else(|| PathBuf::from(".pawl"), Path::to_owned)
}
