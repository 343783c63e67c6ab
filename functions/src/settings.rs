//! What a deployment decides, read once where a process begins.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::llm::Price;
use crate::secret::{Keys, Reach};

/// The settings of a deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The table's name.
    pub table: String,
    /// The bucket's name.
    pub bucket: String,
    /// The organisation of runs that name none.
    pub org: String,
    /// Where mail goes.
    pub mail: Mail,
    /// The address that mail comes from, where a step gives none.
    pub mail_from: String,
    /// The address before the token of a link that decides; without one, mail names commands.
    pub links_url: Option<String>,
    /// How approvals plan what is to happen later.
    pub schedules: Option<Schedules>,
    /// The provider that speaks as OpenAI does.
    pub llm: Option<LlmSettings>,
    /// The hosts, addresses and networks that requests may reach besides public ones.
    pub http_allow: Vec<String>,
    /// The keys that encrypt secrets.
    pub keys: Keys,
    /// Where KMS, Secrets Manager and the Parameter Store answer, if not at AWS.
    pub secrets_url: Option<String>,
    /// Whether they are asked at AWS.
    pub reach: Reach,
    /// The event bus that hears what happens.
    pub bus: Option<String>,
    /// The namespace of the metrics that are written to the log.
    pub metrics: Option<String>,
    /// Amazon Bedrock.
    pub bedrock: Option<BedrockSettings>,
    /// The model, where a step names none.
    pub model: Option<String>,
    /// How many llm steps of an organisation may ask a model at a time.
    pub llm_concurrency: Option<u32>,
    /// Prices of models that the table does not know, or knows otherwise.
    pub prices: BTreeMap<String, Price>,
}

/// Where mail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mail {
    /// To an SMTP server, such as `smtps://user:password@mail.example.com`.
    Smtp(String),
    /// Into a folder, as one `.eml` file per mail.
    Outbox(PathBuf),
    /// Nowhere: sending mail fails and says what to set.
    None,
}

/// What Scheduler needs to invoke the function of approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedules {
    /// The role that it does so with.
    pub role: String,
    /// The function's name or ARN.
    pub function: String,
}

/// An OpenAI-compatible provider.
#[derive(Clone, PartialEq, Eq)]
pub struct LlmSettings {
    /// The address before `/chat/completions`, such as `https://api.example.com/v1`.
    pub base_url: String,
    /// The key.
    pub api_key: Option<String>,
}

/// Amazon Bedrock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BedrockSettings {
    /// The region.
    pub region: String,
    /// The address, where it is not the region's own.
    pub url: Option<String>,
}

impl std::fmt::Debug for LlmSettings {
    // The key must not reach a log.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("LlmSettings")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Reads the settings from an environment.
    ///
    /// | name | meaning | where absent |
    /// |---|---|---|
    /// | `PAWL_TABLE` | the table | `pawl` |
    /// | `PAWL_BUCKET` | the bucket | `pawl` |
    /// | `PAWL_ORG` | the organisation of runs that name none | `default` |
    /// | `PAWL_SMTP_URL` | the SMTP server | mail goes to the outbox |
    /// | `PAWL_OUTBOX` | the folder for mail | mail cannot be sent |
    /// | `PAWL_MAIL_FROM` | the sender | `pawl@localhost` |
    /// | `PAWL_LINKS_URL` | the address before the token of a link that decides an approval | mail names commands |
    /// | `PAWL_SCHEDULE_ROLE` | the role with which Scheduler reminds | approvals cannot remind |
    /// | `PAWL_SCHEDULE_FUNCTION` | the function of approvals | the one that asks |
    /// | `PAWL_LLM_URL`, `OPENAI_BASE_URL` | the provider | OpenAI's, if there is a key |
    /// | `PAWL_LLM_API_KEY`, `OPENAI_API_KEY` | its key | none is sent |
    /// | `PAWL_LLM_MODEL` | the model | each step names its own |
    /// | `PAWL_LLM_CONCURRENCY` | how many llm steps of an organisation may ask a model at a time | as many as want to |
    /// | `PAWL_HTTP_ALLOW` | hosts, addresses and networks that requests may reach, with commas | only public addresses |
    /// | `PAWL_KMS_KEY` | the key of KMS that encrypts secrets | the key file does |
    /// | `PAWL_KEY_FILE` | the file of keys that encrypt secrets | nothing can be encrypted |
    /// | `PAWL_SECRETS_URL` | where KMS, Secrets Manager and the Parameter Store answer | AWS, in a Lambda |
    /// | `PAWL_BUS` | the event bus, such as `default` | nobody is told what happens |
    /// | `PAWL_METRICS` | the namespace of metrics in the log, such as `Pawl/pawl` | nothing is counted |
    /// | `PAWL_LLM_PRICES` | `{ "model": { "input", "output" } }`, US dollars for a million tokens | the table's |
    /// | `PAWL_BEDROCK_REGION` | the region in which Bedrock is asked | Bedrock is not asked |
    /// | `PAWL_BEDROCK_URL` | another address for it | the region's |
    pub fn from_env(get: &dyn Fn(&str) -> Option<String>) -> Self {
        let read = |name: &str| get(name).filter(|value| !value.is_empty());
        let outbox = || read("PAWL_OUTBOX").map(|folder| Mail::Outbox(folder.into()));
        Self {
            table: read("PAWL_TABLE").unwrap_or_else(|| "pawl".to_owned()),
            bucket: read("PAWL_BUCKET").unwrap_or_else(|| "pawl".to_owned()),
            org: read("PAWL_ORG").unwrap_or_else(|| "default".to_owned()),
            mail: read("PAWL_SMTP_URL")
                .map(Mail::Smtp)
                .or_else(outbox)
                .unwrap_or(Mail::None),
            mail_from: read("PAWL_MAIL_FROM").unwrap_or_else(|| "pawl@localhost".to_owned()),
            links_url: read("PAWL_LINKS_URL"),
            schedules: schedules(&read),
            llm: llm(&read),
            keys: keys(&read),
            secrets_url: read("PAWL_SECRETS_URL"),
            reach: match read("AWS_LAMBDA_FUNCTION_NAME") {
                Some(_) => Reach::Aws,
                None => Reach::Nowhere,
            },
            http_allow: list(&read("PAWL_HTTP_ALLOW").unwrap_or_default()),
            bus: read("PAWL_BUS"),
            metrics: read("PAWL_METRICS"),
            bedrock: read("PAWL_BEDROCK_REGION").map(|region| BedrockSettings {
                region,
                url: read("PAWL_BEDROCK_URL"),
            }),
            model: read("PAWL_LLM_MODEL"),
            llm_concurrency: read("PAWL_LLM_CONCURRENCY")
                .and_then(|most| most.parse().ok())
                .filter(|most| *most > 0),
            prices: read("PAWL_LLM_PRICES")
                .and_then(|text| {
                    let prices = serde_json::from_str(&text);
                    let told = prices.inspect_err(|error| {
                        tracing::warn!(%error, "PAWL_LLM_PRICES cannot be read, and changes nothing");
                    });
                    told.ok()
                })
                .unwrap_or_default(),
        }
    }
}

impl Settings {
    /// The environment that [`Settings::from_env`] reads as these settings.
    pub fn to_env(&self) -> BTreeMap<String, String> {
        let mut environment = BTreeMap::new();
        let mut set = |name: &str, value: &str| {
            environment.insert(name.to_owned(), value.to_owned());
        };
        set("PAWL_TABLE", &self.table);
        set("PAWL_BUCKET", &self.bucket);
        set("PAWL_ORG", &self.org);
        match &self.mail {
            Mail::Smtp(server) => set("PAWL_SMTP_URL", server),
            Mail::Outbox(folder) => set("PAWL_OUTBOX", &folder.to_string_lossy()),
            Mail::None => {}
        }
        set("PAWL_MAIL_FROM", &self.mail_from);
        if let Some(url) = &self.links_url {
            set("PAWL_LINKS_URL", url);
        }
        if let Some(schedules) = &self.schedules {
            set("PAWL_SCHEDULE_ROLE", &schedules.role);
            set("PAWL_SCHEDULE_FUNCTION", &schedules.function);
        }
        if let Some(llm) = &self.llm {
            set("PAWL_LLM_URL", &llm.base_url);
            if let Some(key) = &llm.api_key {
                set("PAWL_LLM_API_KEY", key);
            }
        }
        if let Some(model) = &self.model {
            set("PAWL_LLM_MODEL", model);
        }
        if let Some(most) = self.llm_concurrency {
            set("PAWL_LLM_CONCURRENCY", &most.to_string());
        }
        if let Some(bedrock) = &self.bedrock {
            set("PAWL_BEDROCK_REGION", &bedrock.region);
            if let Some(url) = &bedrock.url {
                set("PAWL_BEDROCK_URL", url);
            }
        }
        if let Some(bus) = &self.bus {
            set("PAWL_BUS", bus);
        }
        if let Some(namespace) = &self.metrics {
            set("PAWL_METRICS", namespace);
        }
        match &self.keys {
            Keys::Kms(key) => set("PAWL_KMS_KEY", key),
            Keys::File(path) => set("PAWL_KEY_FILE", &path.to_string_lossy()),
            Keys::None => {}
        }
        if let Some(url) = &self.secrets_url {
            set("PAWL_SECRETS_URL", url);
        }
        if !self.http_allow.is_empty() {
            set("PAWL_HTTP_ALLOW", &self.http_allow.join(","));
        }
        if !self.prices.is_empty() {
            set(
                "PAWL_LLM_PRICES",
                &serde_json::json!(self.prices).to_string(),
            );
        }
        environment
    }
}

fn schedules(read: &dyn Fn(&str) -> Option<String>) -> Option<Schedules> {
    let function = read("PAWL_SCHEDULE_FUNCTION").or_else(|| read("AWS_LAMBDA_FUNCTION_NAME"));
    Some(Schedules {
        role: read("PAWL_SCHEDULE_ROLE")?,
        function: function?,
    })
}

fn keys(read: &dyn Fn(&str) -> Option<String>) -> Keys {
    let file = || read("PAWL_KEY_FILE").map(|path| Keys::File(path.into()));
    let kms = read("PAWL_KMS_KEY").map(Keys::Kms);
    kms.or_else(file).unwrap_or_default()
}

/// Words with commas between them.
fn list(text: &str) -> Vec<String> {
    let words = text.split(',').map(str::trim);
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn llm(read: &dyn Fn(&str) -> Option<String>) -> Option<LlmSettings> {
    let api_key = read("PAWL_LLM_API_KEY").or_else(|| read("OPENAI_API_KEY"));
    let base_url = read("PAWL_LLM_URL")
        .or_else(|| read("OPENAI_BASE_URL"))
        .or_else(|| {
            api_key
                .as_ref()
                .map(|_| "https://api.openai.com/v1".to_owned())
        })?;
    Some(LlmSettings {
        base_url: base_url.trim_end_matches('/').to_owned(),
        api_key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_and_models_come_from_the_environment() {
        let url = "https://api.openai.com/v1";
        let rows = [
            (vec![], Mail::None, None),
            (
                vec![
                    ("PAWL_OUTBOX", "mail"),
                    ("PAWL_LLM_URL", ""),
                    ("PAWL_BUS", "default"),
                    ("PAWL_METRICS", "Pawl/pawl"),
                ],
                Mail::Outbox("mail".into()),
                None,
            ),
            (
                vec![("PAWL_OUTBOX", "mail"), ("PAWL_SMTP_URL", "smtp://host")],
                Mail::Smtp("smtp://host".to_owned()),
                None,
            ),
            (vec![("OPENAI_API_KEY", "key")], Mail::None, Some(url)),
            (
                vec![("PAWL_LLM_URL", "http://host/"), ("OPENAI_API_KEY", "key")],
                Mail::None,
                Some("http://host"),
            ),
        ];
        for (environment, mail, base_url) in rows {
            let get = |name: &str| {
                let found = environment.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let settings = Settings::from_env(&get);
            let environment = settings.to_env();
            let again = Settings::from_env(&|name| environment.get(name).cloned());
            assert_eq!(again, settings);
            assert_eq!(settings.mail, mail);
            assert_eq!(settings.llm.map(|llm| llm.base_url).as_deref(), base_url);
        }
    }
}
