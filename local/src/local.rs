//! The way in: open this AWS, and make SDK clients for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::auth::AuthSchemeId;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::checksum_config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use bytes::Bytes;
use jiff::Timestamp;
use pawl_interpreter::HistoryEvent;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::client::Client;
use crate::step_functions::REGION;
use crate::{
    Aws, Bootstrap, Call, Clock, Durability, Error, Faults, FunctionError, Functions, Rest,
};

/// How to open this AWS. The default is in memory, by the machine's clock, without faults.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that keeps what must outlive the process; none keeps everything in memory.
    pub state: Option<PathBuf>,
    /// Where the time comes from.
    pub clock: Clock,
    /// What goes wrong on purpose.
    pub faults: Faults,
    /// What random numbers begin with (the jitter of a Retry, for one).
    pub seed: u64,
    /// When something counts as kept.
    pub durability: Durability,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            state: None,
            clock: Clock::real(),
            faults: Faults::none(),
            seed: 0,
            durability: Durability::default(),
        }
    }
}

/// An open AWS. Clones are the same one; it closes with the last of them.
#[derive(Clone)]
pub struct Local {
    pub(crate) aws: Arc<Aws>,
}

impl Local {
    /// Opens it. A state folder can be open once at a time.
    pub async fn open(options: Options) -> Result<Self, Error> {
        let opened = spawn_blocking(move || Aws::open(options)).await;
        let aws = Arc::new(opened.expect("opening does not panic")?);
        aws.step_functions.engine.attach(Arc::downgrade(&aws));
        Ok(Self { aws })
    }

    /// Goes on with the open executions of earlier processes whose names begin with `prefix`, and with everything that
    /// is to be delivered. Until then they rest. How many executions rested.
    pub async fn go_on(&self, prefix: &str) -> Result<usize, Error> {
        let (aws, prefix) = (Arc::clone(&self.aws), prefix.to_owned());
        let gone_on = spawn_blocking(move || aws.step_functions.engine.go_on(&prefix)).await;
        gone_on.expect("reading does not panic")
    }

    /// Deletes the items of tables whose time to live is over by the machine's clock; how many those were. A served AWS
    /// does it once a minute.
    pub async fn expire(&self) -> Result<usize, Error> {
        let aws = Arc::clone(&self.aws);
        let swept = spawn_blocking(move || aws.dynamodb.sweep()).await;
        swept.expect("sweeping does not panic")
    }

    /// A configuration for any SDK client: `aws_sdk_dynamodb::Client::new(&local.sdk_config())`.
    ///
    /// Clients made from it do not keep this AWS open; when it is closed, their requests fail.
    pub fn sdk_config(&self) -> SdkConfig {
        let credentials = Credentials::builder()
            .access_key_id("local")
            .secret_access_key("local")
            .provider_name("pawl-local")
            .build();
        // Nobody is in a hurry to answer here, so nobody needs to wait long before trying again.
        let retry = RetryConfig::standard()
            .with_initial_backoff(Duration::from_millis(1))
            .with_max_backoff(Duration::from_millis(8));
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            // Clients that allow it leave out a signature that nobody looks at.
            .auth_scheme_preference([AuthSchemeId::new("noAuth")])
            .http_client(Client(Arc::downgrade(&self.aws)))
            .time_source(self.aws.clock.clone())
            .sleep_impl(self.aws.clock.clone())
            .retry_config(retry)
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build()
    }

    /// Sets the functions that machines invoke. One named `recorder` is told when an execution starts or ends.
    ///
    /// In simulated time they run one after the other, and no time passes while one runs: a function that
    /// waits for another execution to end would wait for ever.
    pub fn install(&self, functions: Functions) {
        self.aws.lambda.install(functions);
    }

    /// Shows installed functions under their names to whoever lists the functions. Each is its own version 1.
    pub fn name_functions<Name: Into<String>>(&self, names: impl IntoIterator<Item = Name>) {
        self.aws.lambda.name(names.into_iter().map(Into::into));
    }

    /// Makes functions of bootstraps: each runs in processes of its own that speak Lambda's Runtime API.
    pub fn install_bootstraps(&self, bootstraps: Vec<Bootstrap>) -> std::io::Result<()> {
        self.aws.lambda.install_bootstraps(bootstraps)
    }

    /// Says at which address this AWS is served, so that functions in processes of their own reach it.
    ///
    /// [`Local::serve`] does so by itself; say it before functions run that are needed earlier.
    pub fn announce(&self, endpoint: &str) {
        self.aws.lambda.announce(endpoint);
    }

    /// Invokes a function, as whoever starts a run by its trigger does.
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, FunctionError> {
        let shared = self.aws.step_functions.engine.shared();
        shared.invoke(function, payload).await
    }

    /// Every event of every execution from now on, with the execution's ARN.
    pub fn events(&self) -> UnboundedReceiver<(String, HistoryEvent)> {
        self.aws.step_functions.engine.events()
    }

    /// Waits until nothing is left that happens by itself: no function runs, none is asked for, no timer is set.
    ///
    /// Executions have ended then and the recorder has heard of it, or they wait for a token.
    pub async fn settled(&self) {
        let mut idle = self.aws.step_functions.engine.idle();
        // The sender lives as long as `self`, so that the wait cannot end otherwise.
        let _ = idle.wait_for(|rest| *rest == Rest::Settled).await;
    }

    /// Tells what is left that happens by itself, whenever that changes.
    pub fn rest(&self) -> watch::Receiver<Rest> {
        self.aws.step_functions.engine.idle()
    }

    /// Lets simulated time go on to a moment, with everything that schedules and rules have happen on the way.
    ///
    /// Without it time only goes as far as executions and deliveries need: schedules would keep it going for ever.
    pub async fn pass_until(&self, moment: Timestamp) {
        self.aws.step_functions.engine.reach(moment);
        self.settled().await;
        self.aws.clock.advance_to(moment);
    }

    /// The time here.
    pub fn clock(&self) -> &Clock {
        &self.aws.clock
    }

    /// Every request to a service so far, in order (the latest hundred thousand).
    pub fn calls(&self) -> Vec<Call> {
        self.aws.network.calls()
    }

    /// Answers so many more requests and then none, as if the process had died: what asks waits for ever.
    pub fn kill_after(&self, requests: u64) {
        self.aws.network.kill_after(requests);
    }

    /// Keeps so many more transactions of the journal and then none, as if the process had died.
    pub fn kill_after_commits(&self, commits: u64) {
        self.aws.journal.kill_after(commits);
    }

    /// As if the disk had room for so many more pages of the journal and no others, or as much as anybody needs.
    pub fn leave_room(&self, pages: Option<u32>) -> Result<(), Error> {
        self.aws.journal.leave_room(pages)
    }

    /// How many transactions the journal has kept since it was opened.
    pub fn commits(&self) -> u64 {
        self.aws.journal.commits()
    }

    /// Waits until a request has been left without an answer, or a transaction has not been kept.
    pub async fn killed(&self) {
        let mut silent = self.aws.network.killed();
        let mut shut = self.aws.journal.killed();
        // The senders live as long as `self`, so that the wait cannot end otherwise.
        tokio::select! {
            _ = silent.wait_for(|killed| *killed) => {}
            _ = shut.wait_for(|shut| *shut) => {}
        }
    }

    /// Closes it and waits until the state folder is free. Other clones must be gone, or be dropped meanwhile.
    pub async fn close(self) {
        let mut closed = self.aws.closed.subscribe();
        drop(self);
        while closed.changed().await.is_ok() {}
    }
}
