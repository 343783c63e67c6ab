//! The AWS account that a deployment lives in, asked with the credentials of whoever deploys.

use std::time::Duration;

use anyhow::{Context, anyhow};
use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_sdk_sfn::Client as StepFunctions;
use aws_sdk_sfn::config::Builder;
use aws_types::SdkConfig;
use jiff::Timestamp;
use pawl_functions::signed::{Signed, address, send};
use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::deployment::segment;
use crate::project::Misuse;

/// How often something is asked that AWS turns away because it was asked too much.
const ATTEMPTS: u32 = 8;

/// How long is waited before it is asked again; twice as long before the next time.
const PAUSE: Duration = Duration::from_millis(250);

/// The path of the functions in Lambda's API.
const FUNCTIONS: &str = "2015-03-31/functions/";

/// The version that is none: what the next one will be.
const LATEST: &str = "$LATEST";

/// An account in one of its regions.
pub struct Cloud {
    /// Its machines.
    pub states: StepFunctions,
    sdk: SdkConfig,
    http: Client,
}

/// A function, or a version of one, as Lambda lists it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Function {
    /// Its name.
    #[serde(rename = "FunctionName")]
    pub name: String,
    version: String,
    last_modified: String,
    #[serde(default)]
    environment: Value,
}

/// A published version of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionVersion {
    /// Its number.
    pub number: u64,
    /// When it was published.
    pub published_at: Timestamp,
}

/// An alias of a function.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alias {
    /// Its name.
    pub name: String,
    function_version: String,
    #[serde(default)]
    routing_config: Value,
}

impl Function {
    /// What a variable of its environment says.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables().get(name)?.as_str()
    }

    /// Its environment.
    pub fn variables(&self) -> &Value {
        self.environment.get("Variables").unwrap_or(&Value::Null)
    }
}

impl Alias {
    /// The numbers of the versions that it names: one, or two that share what comes.
    pub fn versions(&self) -> impl Iterator<Item = u64> {
        let weights = self.routing_config.get("AdditionalVersionWeights");
        let others = weights.and_then(Value::as_object).into_iter().flatten();
        let named = others.map(|(version, _)| version.as_str());
        let named = named.chain([self.function_version.as_str()]);
        named.filter_map(|version| version.parse().ok())
    }
}

impl Cloud {
    /// The account that the environment or the profile of the `aws` command names.
    pub async fn of_environment() -> anyhow::Result<Self> {
        let sdk = aws_config::defaults(BehaviorVersion::latest());
        let sdk = sdk.load().await;
        if sdk.region().is_none() {
            return Err(Misuse::new("no region of AWS is named")
                .help("set AWS_REGION to the region of the deployment")
                .into());
        }
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        let states = Builder::from(&sdk).retry_config(retries).build();
        Ok(Self {
            states: StepFunctions::from_conf(states),
            sdk,
            http: Client::new(),
        })
    }

    /// The functions of the account.
    pub async fn functions(&self) -> anyhow::Result<Vec<Function>> {
        self.listed("", "Functions").await
    }

    /// The published versions of a function, the oldest first.
    pub async fn function_versions(&self, function: &str) -> anyhow::Result<Vec<FunctionVersion>> {
        let path = format!("{}/versions", segment(function));
        let listed: Vec<Function> = self.listed(&path, "Versions").await?;
        let mut versions = Vec::new();
        for version in listed.iter().filter(|version| version.version != LATEST) {
            let number = version.version.parse();
            let published_at = version.last_modified.parse();
            versions.push(FunctionVersion {
                number: number.context("a version of a function is no number")?,
                published_at: published_at.context("it is not said when a version was made")?,
            });
        }
        versions.sort_unstable_by_key(|version| version.number);
        Ok(versions)
    }

    /// The aliases of a function.
    pub async fn function_aliases(&self, function: &str) -> anyhow::Result<Vec<Alias>> {
        let path = format!("{}/aliases", segment(function));
        self.listed(&path, "Aliases").await
    }

    /// Deletes one version of a function. That it has a number keeps the function itself.
    pub async fn delete_function_version(&self, function: &str, number: u64) -> anyhow::Result<()> {
        let path = format!("{}?Qualifier={number}", segment(function));
        self.lambda(Method::DELETE, &path).await.map(|_| ())
    }

    /// A whole list of Lambda's, page by page.
    async fn listed<Item: DeserializeOwned>(
        &self,
        path: &str,
        list: &str,
    ) -> anyhow::Result<Vec<Item>> {
        let mut items = Vec::new();
        let mut page = format!("{path}?MaxItems=50");
        loop {
            let mut answer = self.lambda(Method::GET, &page).await?;
            let found = answer.get_mut(list).map(Value::take).unwrap_or_default();
            let found: Vec<Item> =
                serde_json::from_value(found).with_context(|| format!("{list} are no list"))?;
            items.extend(found);
            let Some(marker) = answer.get("NextMarker").and_then(Value::as_str) else {
                return Ok(items);
            };
            page = format!("{path}?Marker={}&MaxItems=50", segment(marker));
        }
    }

    /// Asks Lambda for one thing.
    async fn lambda(&self, method: Method, path: &str) -> anyhow::Result<Value> {
        let url = format!("{}{FUNCTIONS}{path}", address(&self.sdk, "lambda"));
        let mut pause = PAUSE;
        for attempt in 1.. {
            let request = Signed {
                service: "lambda",
                method: method.clone(),
                url: &url,
                headers: &[],
                body: String::new(),
            };
            let answer = send(&self.sdk, &self.http, request).await;
            let answer = answer.map_err(|error| unasked(&error.into()))?;
            let status = answer.status();
            let text = answer.text().await.context("Lambda's answer broke off")?;
            if status.is_success() {
                let text = if text.is_empty() { "null" } else { &text };
                return serde_json::from_str(text).context("Lambda answered something else");
            }
            let may_change = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
            if !may_change || attempt == ATTEMPTS {
                return Err(refused(&text, status));
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        Err(anyhow!("Lambda was not asked"))
    }
}

/// What is said where nobody could be asked.
fn unasked(error: &anyhow::Error) -> anyhow::Error {
    let why = error.root_cause();
    Misuse::new(format!("Lambda cannot be asked: {why}"))
        .help("set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN: `eval \"$(aws configure export-credentials --format env)\"` does")
        .into()
}

fn refused(text: &str, status: StatusCode) -> anyhow::Error {
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    let words = ["message", "Message"]
        .iter()
        .find_map(|name| answer.get(name)?.as_str());
    let message = format!("Lambda refused: {}", words.unwrap_or(status.as_str()));
    let mut misuse = Misuse::new(message);
    if status == StatusCode::FORBIDDEN {
        misuse = misuse.help("docs/operate.md says which rights `pawl gc --functions` takes");
    }
    misuse.into()
}
