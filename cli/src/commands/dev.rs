//! `pawl dev`: serves AWS on this machine, for every tool that speaks to it.

mod stop;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use futures_util::FutureExt;
use pawl_api::Provider;
use pawl_functions::Settings;
use pawl_local::{Durability, Error, endpoint};
use serde_json::json;
use tokio::net::TcpListener;

use super::{ClockChoice, Outcome, print, say};
use crate::front::{URL_FILE, owners_key};
use crate::keys::{self, environment};
use crate::laptop::{Laptop, Options, Running, fresh_seed, state_folder};
use crate::project::Misuse;

const EXAMPLES: &str = "Examples:
  pawl dev
  pawl dev --functions real --bootstraps target/lambda
  pawl dev --port 0 --state /tmp/aws --json | jq -r .endpoint
  curl -H \"authorization: Bearer $(cat .pawl/key)\" http://127.0.0.1:4567/api/me
  aws --endpoint-url http://127.0.0.1:4566 stepfunctions list-state-machines

The HTTP API answers at an address of its own; the file `key` in the state folder holds a key for it.
AWS answers at one address: Step Functions, Lambda, DynamoDB, S3, EventBridge, Scheduler, SQS and STS.
Requests may be signed with any key; only this machine can send them.
While it runs, the file `endpoint` in the state folder holds the address. Runs that are open go on when it starts again.";

/// Serve Pawl's API on this machine, and AWS for every tool that speaks to it.
///
/// Exits with 0 when it was asked to stop (Ctrl-C, SIGTERM), 2 when the port or the state folder is in use.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Dev {
    /// The port; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 4566)]
    port: u16,
    /// The port of the HTTP API; 0 takes any free one [default: the one after PORT]
    #[arg(long, value_name = "PORT")]
    api_port: Option<u16>,
    /// The folder that keeps everything [default: .pawl]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Whether to wait for time to pass, or to let it jump
    #[arg(long, value_name = "CLOCK", default_value = "real")]
    clock: ClockChoice,
    /// What a run survives: a loss of power, or a killed process
    #[arg(long, value_name = "DURABILITY", default_value = "fsync")]
    durability: DurabilityChoice,
    /// Where the functions of the steps run
    #[arg(long, value_name = "WHERE", default_value = "in-process")]
    functions: FunctionsChoice,
    /// The folder that holds `<function>/bootstrap`, for `--functions real`
    #[arg(long, value_name = "DIR", default_value = "target/lambda")]
    bootstraps: PathBuf,
    /// Print the endpoints as one line of JSON
    #[arg(long)]
    json: bool,
}

/// When something that happened is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DurabilityChoice {
    /// On disk before anybody sees it
    Fsync,
    /// With the operating system; the last moments may be lost with the machine
    Relaxed,
}

/// Where the functions of the steps run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FunctionsChoice {
    /// In this process
    InProcess,
    /// As on AWS, in processes of their own
    Real,
}

/// How many callers may wait at once.
const WAITING: usize = 8_192;

impl Dev {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            // Whoever waits for an execution or for the work of an activity holds one.
            .max_blocking_threads(WAITING)
            .build()
            .context("cannot start")?;
        runtime.block_on(self.serve())
    }

    async fn serve(&self) -> anyhow::Result<Outcome> {
        // Asked for before anything is said, so that whoever reads the endpoint can stop it right away.
        let stop = stop::asked()?;
        let (listener, endpoint) = listen(self.port, "--port").await?;
        let (api_listener, api) = listen(self.api_port(), "--api-port").await?;
        let state = state_folder(self.state.as_deref());
        let opened = Laptop::open(self.options(&state, &api)).await;
        let laptop = opened.map_err(|error| busy(error, &state))?;
        let file = AddressFile::write(&state, AddressFile::ENDPOINT, &endpoint)?;
        laptop.local.announce(&endpoint);
        let rested = laptop.local.go_on("").await?;
        laptop.catch_up().await?;
        let app = laptop.app(&api, Provider::from_env(&environment));
        let key = owners_key(&app, &state).await?;
        let api_file = AddressFile::write(&state, URL_FILE, &api)?;
        self.announce(&endpoint, &api, &key, &state, rested)?;
        let stop = stop.shared();
        let router = pawl_api::router(app);
        let served = axum::serve(api_listener, router).with_graceful_shutdown(stop.clone());
        tokio::select! {
            () = laptop.local.serve(listener, stop) => {}
            served = served.into_future() => served.context("cannot serve the API")?,
            () = laptop.keep_catching_up() => {}
        }
        drop((file, api_file));
        laptop.close().await;
        Ok(Outcome::Done)
    }

    /// Where the API is to be: beside AWS, where nobody says.
    fn api_port(&self) -> u16 {
        self.api_port.unwrap_or(match self.port {
            0 => 0,
            port => port.checked_add(1).unwrap_or(0),
        })
    }

    fn options(&self, state: &Path, api: &str) -> Options {
        Options {
            state: Some(state.to_owned()),
            clock: self.clock.into(),
            settings: telling(keys::settings(environment), api),
            environment,
            durability: match self.durability {
                DurabilityChoice::Fsync => Durability::Fsync,
                DurabilityChoice::Relaxed => Durability::Relaxed,
            },
            functions: match self.functions {
                FunctionsChoice::InProcess => Running::Here,
                FunctionsChoice::Real => Running::Bootstraps(self.bootstraps.clone()),
            },
            seed: fresh_seed(),
            ..Options::default()
        }
    }

    fn announce(
        &self,
        endpoint: &str,
        api: &str,
        key: &str,
        state: &Path,
        rested: usize,
    ) -> anyhow::Result<()> {
        let state = state.display();
        if rested > 0 {
            let what = if rested == 1 {
                "execution goes"
            } else {
                "executions go"
            };
            say(&format!("{rested} open {what} on where they were"));
        }
        if self.json {
            let said = json!({
                "endpoint": endpoint,
                "region": "us-east-1",
                "state": state.to_string(),
                "api": api,
                "key": key,
            });
            return Ok(print(&format!("{said}\n"))?);
        }
        Ok(print(&format!(
            "Pawl answers at {api}, AWS at {endpoint}, and everything is kept in {state}\n\n\
             Ask Pawl:\n\
             \x20 export PAWL_URL={api} PAWL_KEY={key}\n\
             \x20 curl -H \"authorization: Bearer $PAWL_KEY\" $PAWL_URL/api/workflows\n\n\
             Point tools at AWS:\n\
             \x20 export AWS_ENDPOINT_URL={endpoint} AWS_DEFAULT_REGION=us-east-1 \
             AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local\n\
             \x20 aws stepfunctions list-state-machines\n\n\
             Ctrl-C ends it.\n"
        ))?)
    }
}

/// Takes a port, on this machine's own address alone: the listener, and where it is reached.
async fn listen(port: u16, option: &str) -> anyhow::Result<(TcpListener, String)> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let bound = TcpListener::bind(address).await;
    let listener = bound.map_err(|error| {
        if error.kind() == ErrorKind::AddrInUse {
            Misuse::new(format!("port {port} is in use"))
                .help(format!(
                    "give another port with `{option}`; `{option} 0` takes any free one"
                ))
                .into()
        } else if error.kind() == ErrorKind::PermissionDenied {
            Misuse::new(format!("port {port} may not be used"))
                .help(format!("give a port above 1023 with `{option}`"))
                .into()
        } else {
            anyhow::Error::new(error).context(format!("cannot listen on {address}"))
        }
    })?;
    let address = listener.local_addr().context("cannot find the port")?;
    Ok((listener, endpoint(address)))
}

/// Settings by which what happens is told, on the default bus where they name none, and people by links to this API.
fn telling(mut settings: Settings, api: &str) -> Settings {
    settings
        .links_url
        .get_or_insert_with(|| format!("{api}/links"));
    settings.bus.get_or_insert_with(|| "default".to_owned());
    settings
}

/// Says who has the folder, where that is why it did not open.
fn busy(error: anyhow::Error, state: &Path) -> anyhow::Error {
    if !matches!(error.downcast_ref(), Some(Error::Busy(_))) {
        return error;
    }
    let help = match std::fs::read_to_string(state.join(AddressFile::ENDPOINT)) {
        Ok(endpoint) => format!(
            "it answers at {}; use that, stop it, or give another folder with `--state`",
            endpoint.trim()
        ),
        Err(_) => "stop it, or give another folder with `--state`".to_owned(),
    };
    Misuse::new(error.to_string()).help(help).into()
}

/// Where others find an address while it is served.
struct AddressFile(PathBuf);

impl AddressFile {
    /// The name of the one that holds the address of AWS.
    const ENDPOINT: &str = "endpoint";

    fn write(state: &Path, name: &str, address: &str) -> anyhow::Result<Self> {
        let path = state.join(name);
        std::fs::write(&path, format!("{address}\n"))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for AddressFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!(%error, "the endpoint's file could not be removed");
        }
    }
}
