//! The clients and settings that functions share, each client made when it is first needed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aws_types::SdkConfig;
use pawl_contract::{Plan, StepError};
use pawl_store::Store;
use serde_json::Value;

use crate::clock::Moment;
use crate::{Settings, parse};

/// Everything outside that a function can reach. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Services {
    sdk: SdkConfig,
    settings: Settings,
    store: Store,
    states: Arc<OnceLock<aws_sdk_sfn::Client>>,
    http: Arc<OnceLock<reqwest::Client>>,
    /// The plan of each machine's first Task, by the ARN of a published version, which never changes.
    plans: Arc<Mutex<BTreeMap<String, Arc<Plan>>>>,
    /// The plans of Tasks, by their texts: a function meets the same few again and again.
    texts: Arc<Mutex<HashMap<String, Arc<Plan>>>>,
}

/// How many texts of plans are remembered, before all are forgotten.
const MOST_TEXTS: usize = 1_000;

impl Services {
    /// The services that this configuration and these settings give.
    pub fn new(sdk: &SdkConfig, settings: Settings) -> Self {
        Self {
            store: Store::new(sdk, &settings.table, &settings.bucket),
            sdk: sdk.clone(),
            settings,
            states: Arc::default(),
            http: Arc::default(),
            plans: Arc::default(),
            texts: Arc::default(),
        }
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
    pub(crate) fn states(&self) -> &aws_sdk_sfn::Client {
        self.states
            .get_or_init(|| aws_sdk_sfn::Client::new(&self.sdk))
    }

    /// The rest of the world.
    pub(crate) fn http(&self) -> &reqwest::Client {
        self.http.get_or_init(reqwest::Client::new)
    }

    /// The time.
    pub(crate) fn now(&self) -> Moment {
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
