//! Where AWS is: in this process, on a state folder, or behind an endpoint such as a `pawl dev`.

mod history;
mod others;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sfn::Client as StepFunctions;
use aws_sdk_sfn::error::SdkError;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::checksum_config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use pawl_asl::Machine;
use pawl_functions::Services;
use pawl_store::{Run, Store};

pub use history::{Event, step_of};
pub use others::{Ends, Other, SHORTEST_PART, Subject};
pub use pawl_functions::history::Execution;

use crate::keys::{self, environment};
use crate::laptop::{BUCKET, Driving, Laptop, ORG, Options, TABLE, fresh_seed, state_folder};
use crate::project::Misuse;

/// The file of a state folder in which a `pawl dev` says where it answers.
const ENDPOINT: &str = "endpoint";

/// Which AWS on this machine is asked.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(id = "aws")]
pub struct Place {
    /// The folder that keeps runs and records, asked in place of any deployment [default: .pawl]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Ask the AWS that answers at this address, such as that of a `pawl dev`, in place of any deployment
    #[arg(long, value_name = "URL", conflicts_with = "state")]
    pub endpoint: Option<String>,
}

/// An AWS to look into.
pub struct Aws {
    /// The runs and their records.
    pub store: Store,
    sdk: SdkConfig,
    step_functions: StepFunctions,
    reach: Reach,
}

/// How it is reached.
enum Reach {
    /// In this process; it closes with this.
    Here(Box<Laptop>),
    /// By the network.
    There,
}

impl Aws {
    /// Finds it. Nothing runs because somebody looks.
    ///
    /// A state folder is opened in this process. Where another process has it open, that one is asked.
    pub async fn open(place: &Place) -> anyhow::Result<Self> {
        Self::open_with(place, Driving::Rests).await
    }

    /// The same for who changes something: in this process, open runs go on.
    pub async fn open_running(place: &Place) -> anyhow::Result<Self> {
        Self::open_with(place, Driving::Runs).await
    }

    async fn open_with(place: &Place, driving: Driving) -> anyhow::Result<Self> {
        if let Some(endpoint) = &place.endpoint {
            return Self::at(endpoint).await;
        }
        let folder = state_folder(place.state.as_deref());
        if !folder.join("lock").exists() {
            let message = format!(
                "there are no runs: folder `{}` is no state folder",
                folder.display()
            );
            return Err(Misuse::new(message).help(format!(
                "`pawl run workflows/examples/welcome-email --state {}` makes one, or name another by `--state`",
                folder.display()
            )).into());
        }
        match Laptop::open(options(&folder, driving)).await {
            Ok(laptop) => Ok(Self::with(
                &laptop.local.sdk_config(),
                Reach::Here(Box::new(laptop.clone())),
            )),
            Err(error) => match error.downcast_ref() {
                Some(pawl_local::Error::Busy(_)) => Self::at(&endpoint_of(&folder)?).await,
                _ => Err(error),
            },
        }
    }

    /// The one behind an endpoint.
    async fn at(endpoint: &str) -> anyhow::Result<Self> {
        let help = "give the address of a `pawl dev`, such as `http://127.0.0.1:4566`";
        if !endpoint.starts_with("http://") {
            let message = format!("`{endpoint}` is no endpoint that can be asked");
            return Err(Misuse::new(message).help(help).into());
        }
        let aws = Self::with(&sdk_config(endpoint), Reach::There);
        let asked = aws.step_functions.list_state_machines().max_results(1);
        match asked.send().await {
            Err(SdkError::DispatchFailure(_)) => {
                let message = format!("nothing answers at {endpoint}");
                Err(Misuse::new(message).help(help).into())
            }
            // What else is wrong is said by what is asked next.
            _ => Ok(aws),
        }
    }

    fn with(sdk: &SdkConfig, reach: Reach) -> Self {
        Self {
            store: Store::new(sdk, TABLE, BUCKET),
            step_functions: StepFunctions::new(sdk),
            sdk: sdk.clone(),
            reach,
        }
    }

    /// The laptop that it is, if it is in this process.
    pub fn laptop(&self) -> Option<&Laptop> {
        match &self.reach {
            Reach::Here(laptop) => Some(laptop),
            Reach::There => None,
        }
    }

    /// What our functions work with, to answer runs as they do.
    pub fn services(&self) -> Services {
        match &self.reach {
            Reach::Here(laptop) => laptop.services.clone(),
            Reach::There => {
                // What answers is encrypted with the keys of this machine, and its mail goes where its user says.
                let mut settings = keys::settings(environment);
                TABLE.clone_into(&mut settings.table);
                BUCKET.clone_into(&mut settings.bucket);
                ORG.clone_into(&mut settings.org);
                Services::new(&self.sdk, settings)
            }
        }
    }

    /// Whether runs go on while somebody looks.
    pub fn is_running(&self) -> bool {
        match self.reach {
            Reach::Here(_) => false,
            Reach::There => true,
        }
    }

    /// The latest runs that are wanted, newest first.
    pub async fn runs(
        &self,
        most: usize,
        is_wanted: impl Fn(&Run) -> bool,
    ) -> anyhow::Result<Vec<Run>> {
        Ok(self.store.find_runs(ORG, most, is_wanted).await?)
    }

    /// The machine that a run executes.
    pub async fn machine(&self, run: &Run) -> anyhow::Result<Machine> {
        let described = self
            .step_functions
            .describe_state_machine()
            .state_machine_arn(&run.machine)
            .send()
            .await
            .with_context(|| format!("cannot read the machine of run `{}`", run.run))?;
        serde_json::from_str(&described.definition).context("cannot understand the machine")
    }

    /// Frees the state folder.
    pub async fn close(self) {
        match self.reach {
            Reach::Here(laptop) => {
                drop(self.store);
                laptop.local.close().await;
            }
            Reach::There => {}
        }
    }
}

fn options(folder: &Path, driving: Driving) -> Options {
    let mut options = Options {
        state: Some(folder.to_owned()),
        driving,
        ..Options::default()
    };
    // What goes on acts as it would in `pawl run`.
    if driving == Driving::Runs {
        options.settings = keys::settings(environment);
        options.environment = environment;
        options.seed = fresh_seed();
    }
    options
}

/// Where the process answers that has a state folder open.
fn endpoint_of(folder: &Path) -> anyhow::Result<String> {
    let file = folder.join(ENDPOINT);
    match std::fs::read_to_string(&file) {
        Ok(endpoint) => Ok(endpoint.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let message = format!(
                "another process is using the state folder `{}`",
                folder.display()
            );
            Err(Misuse::new(message)
                .help("wait until that `pawl run` is over; beside a `pawl dev` one can look at any time")
                .into())
        }
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", file.display())),
    }
}

/// A configuration for SDK clients that ask an endpoint on this machine.
fn sdk_config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::builder()
        .access_key_id("local")
        .secret_access_key("local")
        .provider_name("pawl")
        .build();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_timeout(Duration::from_mins(1))
        .build();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .timeout_config(timeouts)
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .build()
}
