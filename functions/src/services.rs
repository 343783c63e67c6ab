//! The clients and settings that functions share, each client made when it is first needed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use aws_types::SdkConfig;
use pawl_contract::Plan;
use pawl_store::Store;

use crate::Settings;
use crate::clock::Moment;

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
}

impl Services {
    /// The services that this configuration and these settings give.
    pub fn new(sdk: &SdkConfig, settings: Settings) -> Self {
        Self {
            store: Store::new(sdk, &settings.table, &settings.bucket),
            sdk: sdk.clone(),
            settings,
            states: Arc::default(),
            http: Arc::default(),
            plans: Arc::new(Mutex::new(BTreeMap::new())),
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
        let plans = self
            .plans
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        plans.get(machine).cloned()
    }

    /// Keeps the plan of a machine.
    pub(crate) fn keep_plan(&self, machine: &str, plan: Arc<Plan>) {
        let mut plans = self
            .plans
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        plans.insert(machine.to_owned(), plan);
    }
}
