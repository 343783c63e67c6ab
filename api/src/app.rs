//! What handlers work with.

use std::sync::Arc;

use pawl_functions::{Moment, Services};
use pawl_store::Store;

use crate::oidc::Keys;
use crate::settings::Settings;
use crate::stream::Streams;

/// Everything that a request needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    services: Services,
    settings: Settings,
    streams: Streams,
    provider_keys: Keys,
}

impl App {
    /// What handlers work with, of a deployment.
    pub fn new(services: Services, settings: Settings) -> Self {
        Self(Arc::new(Parts {
            services,
            settings,
            streams: Streams::default(),
            provider_keys: Keys::default(),
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

    pub(crate) fn store(&self) -> &Store {
        self.0.services.store()
    }

    pub(crate) fn now(&self) -> Moment {
        self.0.services.now()
    }
}
