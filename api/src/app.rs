//! What handlers work with.

use std::collections::BTreeMap;
use std::sync::Arc;

use pawl_functions::{Moment, Services};
use pawl_store::Store;

use crate::oidc::{Keys, Provider};
use crate::stream::Streams;
use crate::webhooks::opened::Opened;

/// What a deployment decides about its API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The ARN of the published version of each function, by the placeholder that machines name it with.
    pub functions: BTreeMap<String, String>,
    /// The function that schedules and events call.
    pub trigger_function: String,
    /// The role with which machines run.
    pub machine_role: String,
    /// The role with which Scheduler calls the trigger.
    pub schedule_role: String,
    /// The group of Scheduler in which schedules stand.
    pub schedule_group: String,
    /// The address at which the API is reached.
    pub url: String,
    /// The origins whose pages may ask, such as `https://app.example.com`; `http://localhost:*` means every port.
    pub origins: Vec<String>,
    /// The identity provider whose tokens are believed beside keys.
    pub provider: Option<Provider>,
}

/// Everything that a request needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    services: Services,
    settings: Settings,
    streams: Streams,
    provider_keys: Keys,
    opened: Opened,
}

impl App {
    /// What handlers work with, of a deployment.
    pub fn new(services: Services, settings: Settings) -> Self {
        Self(Arc::new(Parts {
            services,
            settings,
            streams: Streams::default(),
            provider_keys: Keys::default(),
            opened: Opened::default(),
        }))
    }

    pub(crate) fn services(&self) -> &Services {
        &self.0.services
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn streams(&self) -> &Streams {
        &self.0.streams
    }

    pub(crate) fn provider_keys(&self) -> &Keys {
        &self.0.provider_keys
    }

    pub(crate) fn opened(&self) -> &Opened {
        &self.0.opened
    }

    pub(crate) fn store(&self) -> &Store {
        self.0.services.store()
    }

    pub(crate) fn now(&self) -> Moment {
        self.0.services.now()
    }
}
