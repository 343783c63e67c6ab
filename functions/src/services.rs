//! The clients and settings that functions share, each client made when it is first needed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, TokioSleep};
use aws_types::SdkConfig;
use pawl_contract::{Plan, StepError};
use pawl_store::Store;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::clock::Moment;
use crate::reconcile::Looks;
use crate::request::{Guard, Resolver, Tokens};
use crate::secret::{Aws, Vault};
use crate::{Settings, parse};

/// How long a server may take to be there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Everything outside that a function can reach. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Services {
    sdk: SdkConfig,
    settings: Settings,
    store: Store,
    states: Arc<OnceLock<aws_sdk_sfn::Client>>,
    event_bridge: Arc<OnceLock<aws_sdk_eventbridge::Client>>,
    scheduler: Arc<OnceLock<aws_sdk_scheduler::Client>>,
    http: Arc<OnceLock<reqwest::Client>>,
    web: Arc<OnceLock<reqwest::Client>>,
    guard: Arc<Guard>,
    tokens: Tokens,
    bedrock: Arc<OnceCell<aws_sdk_bedrockruntime::Client>>,
    /// The plan of each machine's first Task, by the ARN of a published version, which never changes.
    plans: Arc<Mutex<BTreeMap<String, Arc<Plan>>>>,
    /// The plans of Tasks, by their texts: a function meets the same few again and again.
    texts: Arc<Mutex<HashMap<String, Arc<Plan>>>>,
    environment: Environment,
    looks: Looks,
    /// How long an invocation may take.
    time_left: Option<Duration>,
}

/// Where secrets are read that stand in the environment.
#[derive(Clone)]
struct Environment(Arc<Read>);

type Read = dyn Fn(&str) -> Option<String> + Send + Sync;

impl std::fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Environment")
            .finish_non_exhaustive()
    }
}

/// How many texts of plans are remembered, before all are forgotten.
const MOST_TEXTS: usize = 1_000;

impl Services {
    /// The services that this configuration and these settings give.
    pub fn new(sdk: &SdkConfig, settings: Settings) -> Self {
        Self {
            store: Store::new(sdk, &settings.table, &settings.bucket),
            sdk: sdk.clone(),
            guard: Arc::new(Guard::new(&settings.http_allow)),
            settings,
            states: Arc::default(),
            event_bridge: Arc::default(),
            scheduler: Arc::default(),
            http: Arc::default(),
            web: Arc::default(),
            tokens: Tokens::default(),
            environment: Environment(Arc::new(|_| None)),
            bedrock: Arc::default(),
            plans: Arc::default(),
            texts: Arc::default(),
            looks: Looks::default(),
            time_left: None,
        }
    }

    /// The same services with an environment from which secrets may be read; without one there are none in it.
    #[must_use]
    pub fn with_environment(
        mut self,
        environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.environment = Environment(Arc::new(environment));
        self
    }

    /// The same services for an invocation that may take no longer than this.
    #[must_use]
    pub fn with_time_left(mut self, left: Duration) -> Self {
        self.time_left = Some(left);
        self
    }

    /// How long an invocation that begins now may take, where whoever invoked it says so.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.time_left
    }

    /// What encrypts and decrypts secrets.
    pub fn vault(&self) -> Vault {
        Vault::new(self.settings.keys.clone(), self.aws())
    }

    /// The services of AWS that keep secrets.
    pub(crate) fn aws(&self) -> Aws {
        let settings = &self.settings;
        let endpoint = settings.secrets_url.as_deref();
        Aws::new(&self.sdk, self.http().clone(), endpoint, settings.reach)
    }

    /// A variable of the environment.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.environment.0)(name)
    }

    /// When this process last asked whether a run goes on.
    pub(crate) fn looks(&self) -> &Looks {
        &self.looks
    }

    /// Everything that lasts.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What the deployment decides.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Step Functions.
    pub fn states(&self) -> &aws_sdk_sfn::Client {
        self.states
            .get_or_init(|| aws_sdk_sfn::Client::new(&self.sdk))
    }

    /// The event bus.
    pub fn event_bridge(&self) -> &aws_sdk_eventbridge::Client {
        self.event_bridge
            .get_or_init(|| aws_sdk_eventbridge::Client::new(&self.sdk))
    }

    /// What happens at a time.
    pub fn scheduler(&self) -> &aws_sdk_scheduler::Client {
        self.scheduler
            .get_or_init(|| aws_sdk_scheduler::Client::new(&self.sdk))
    }

    /// The rest of the world.
    pub(crate) fn http(&self) -> &reqwest::Client {
        self.http.get_or_init(reqwest::Client::new)
    }

    /// Amazon Bedrock, where the deployment uses it.
    pub(crate) async fn bedrock(&self) -> Option<&aws_sdk_bedrockruntime::Client> {
        let settings = self.settings.bedrock.as_ref()?;
        let client = self
            .bedrock
            .get_or_init(|| crate::llm::bedrock_client(settings, &self.sdk));
        Some(client.await)
    }

    /// The rest of the world, as far as a workflow may reach it: no address that the guard refuses, no proxy, and no
    /// redirect that nobody looked at.
    pub(crate) fn web(&self) -> &reqwest::Client {
        self.web.get_or_init(|| {
            let client = reqwest::Client::builder()
                .user_agent(concat!("pawl/", env!("CARGO_PKG_VERSION")))
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .connect_timeout(CONNECT_TIMEOUT)
                .dns_resolver(Arc::new(Resolver(Arc::clone(&self.guard))));
            client
                .build()
                .expect("nothing of it depends on where it runs")
        })
    }

    /// Which addresses a workflow may reach.
    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Tokens of OAuth2.
    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Waits, in the time that the SDK's configuration gives.
    pub async fn sleep(&self, duration: Duration) {
        let sleep = self.sdk.sleep_impl();
        let sleep = sleep.unwrap_or_else(|| SharedAsyncSleep::new(TokioSleep::new()));
        sleep.sleep(duration).await;
    }

    /// The time.
    pub fn now(&self) -> Moment {
        Moment::now(&self.sdk)
    }

    /// The plan that was kept for a machine.
    pub(crate) fn plan(&self, machine: &str) -> Option<Arc<Plan>> {
        lock(&self.plans).get(machine).cloned()
    }

    /// Keeps the plan of a machine.
    pub(crate) fn keep_plan(&self, machine: &str, plan: Arc<Plan>) {
        lock(&self.plans).insert(machine.to_owned(), plan);
    }

    /// The plan that a Task brings along.
    pub(crate) fn plan_of(&self, text: &str) -> Result<Arc<Plan>, StepError> {
        if let Some(plan) = lock(&self.texts).get(text) {
            return Ok(Arc::clone(plan));
        }
        let plan: Value = serde_json::from_str(text).unwrap_or_default();
        let plan: Arc<Plan> = Arc::new(parse(plan, "a plan")?);
        let mut texts = lock(&self.texts);
        if texts.len() >= MOST_TEXTS {
            texts.clear();
        }
        texts.insert(text.to_owned(), Arc::clone(&plan));
        Ok(plan)
    }
}

fn lock<Kept>(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
