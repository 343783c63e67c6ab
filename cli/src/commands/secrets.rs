//! `pawl secrets`: encrypts secrets into definitions, lists them, encrypts them anew, and keeps others in a deployment.

mod insert;
mod stored;

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use anyhow::Context;
use pawl_compiler::source::Node;
use pawl_contract::SecretSource;
use pawl_functions::{KeyFile, Keys, Settings, Vault};
use serde_json::json;

use super::{Outcome, complain, print, print_json, runtime, say};
use crate::keys::{self, environment};
use crate::laptop::ORG;
use crate::project::{DefinitionFile, Found, Misuse, Project, find};
use crate::table::{Side, table};

const EXAMPLES: &str = "Examples:
  pawl secrets set shopKey workflows/sync-orders
  pass show shop/key | pawl secrets set shopKey workflows/sync-orders
  pawl secrets list workflows/
  pawl secrets rotate workflows/
  pawl secrets store shopKey
  pawl secrets stored

`set`, `list` and `rotate` are about definitions; `store`, `stored` and `forget` about what a deployment keeps.
A secret is read from the terminal without showing it, or from standard input, and never from the command line, where other
programs can see it. What is written into the definition is encrypted; the key stays in a file that only you can read, at
PAWL_KEY_FILE or ~/.config/pawl/keys.json, or in KMS, where PAWL_KMS_KEY names a key.";

/// Keep secrets, encrypted: in definitions, or in a deployment
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Secrets {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Encrypt a secret into a definition's `config.secrets`
    Set(Set),
    /// List the secrets of definitions, and where each is found
    List(List),
    /// Encrypt the secrets of definitions anew, with a new key
    Rotate(Rotate),
    /// Keep a secret in a deployment
    Store(stored::Store),
    /// List the secrets that a deployment keeps, without what they are
    Stored(stored::Stored),
    /// Have a deployment forget a secret
    Forget(stored::Forget),
}

#[derive(clap::Args)]
struct Set {
    /// The name by which steps read it: `secrets.<name>`
    name: String,
    /// A definition, or a folder with one
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
    /// The organisation whose runs read it
    #[arg(long, default_value = ORG)]
    org: String,
}

#[derive(clap::Args)]
struct List {
    /// Definitions, or folders with definitions
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The organisation whose runs read them
    #[arg(long, default_value = ORG)]
    org: String,
}

#[derive(clap::Args)]
struct Rotate {
    /// Definitions, or folders with definitions
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The organisation whose runs read them
    #[arg(long, default_value = ORG)]
    org: String,
}

impl Secrets {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        runtime()?.block_on(async {
            match self.command {
                Command::Set(set) => set.run().await,
                Command::List(list) => list.run().await,
                Command::Rotate(rotate) => rotate.run().await,
                Command::Store(store) => store.run().await,
                Command::Stored(stored) => stored.run().await,
                Command::Forget(forget) => forget.run().await,
            }
        })
    }
}

impl Set {
    async fn run(self) -> anyhow::Result<Outcome> {
        if !is_name(&self.name) {
            let misuse = Misuse::new(format!("`{}` cannot be the name of a secret", self.name));
            return Err(misuse.help("use letters, digits and `_`").into());
        }
        let file = Project::open(&self.path)?.definition;
        let root = match file.parse() {
            Ok(root) => root,
            Err(diagnostic) => return Ok(refused(&file, &diagnostic)),
        };
        let secret = ask(&self.name)?;
        let vault = vault(&keys::settings(environment));
        let sealed = vault.seal(&secret, &self.org).await;
        let sealed = sealed.map_err(|error| misuse(&error))?;
        let text = insert::secret(&file, &root, &self.name, &sealed);
        file.write(&text)?;
        say(&format!(
            "`secrets.{}` stands in {}, encrypted",
            self.name,
            file.name()
        ));
        Ok(Outcome::Done)
    }
}

impl List {
    async fn run(self) -> anyhow::Result<Outcome> {
        let vault = vault(&keys::settings(environment));
        let (definitions, outcome) = definitions(&self.paths)?;
        let mut rows = Vec::new();
        for (file, root) in &definitions {
            for (name, source) in secrets(root) {
                let [place, key, problem] = describe(&source, &vault, &self.org).await;
                rows.push([file.name(), name, place, key, problem]);
            }
        }
        if self.json {
            let rows = rows.iter().map(|[definition, name, place, key, problem]| {
                json!({ "definition": definition, "name": name, "found": place, "key": key, "problem": problem })
            });
            print_json(&rows.collect::<Vec<_>>())?;
            return Ok(outcome);
        }
        let headings = ["DEFINITION", "NAME", "FOUND", "KEY", "PROBLEM"];
        print(&table(headings.map(|name| (name, Side::Left)), &rows))?;
        Ok(outcome)
    }
}

impl Rotate {
    async fn run(self) -> anyhow::Result<Outcome> {
        let settings = keys::settings(environment);
        let vault = vault(&settings);
        let (definitions, outcome) = definitions(&self.paths)?;
        // Everything is opened before anything is written: a secret that does not open must not be left behind alone.
        let mut opened = Vec::new();
        for (file, root) in definitions {
            let mut secrets_of_file = Vec::new();
            for (name, source) in secrets(&root) {
                let SecretSource::Encrypted { cipher_text } = source else {
                    continue;
                };
                let secret = vault.open(&cipher_text, &self.org).await;
                let secret = secret.map_err(|error| {
                    let message = format!("`secrets.{name}` of {}: {error}", file.name());
                    Misuse::new(message)
                        .help("set it again, or bring the key back; nothing was changed")
                })?;
                secrets_of_file.push((name, secret));
            }
            if !secrets_of_file.is_empty() {
                opened.push((file, secrets_of_file));
            }
        }
        if opened.is_empty() {
            say("there is nothing to encrypt anew");
            return Ok(outcome);
        }
        if let Keys::File(path) = &settings.keys {
            KeyFile::open(path)
                .and_then(KeyFile::with_new_key)
                .map_err(|error| Misuse::new(error.to_string()))?;
        }
        for (mut file, secrets) in opened {
            for (name, secret) in secrets {
                let sealed = vault.seal(&secret, &self.org).await;
                let sealed = sealed.map_err(|error| misuse(&error))?;
                let root = file
                    .parse()
                    .map_err(|_| Misuse::new("the definition cannot be read any more"))?;
                file.text = insert::secret(&file, &root, &name, &sealed);
                say(&format!(
                    "`secrets.{name}` of {} is encrypted anew",
                    file.name()
                ));
            }
            file.write(&file.text)?;
        }
        say("old keys stay for machines that are published: publish the definitions again");
        Ok(outcome)
    }
}

/// The definitions behind some paths, and how it is when some cannot be read.
fn definitions(paths: &[PathBuf]) -> anyhow::Result<(Vec<(DefinitionFile, Node)>, Outcome)> {
    let Found { files, wrong } = find(paths);
    wrong.iter().for_each(complain);
    let mut outcome = if wrong.is_empty() {
        Outcome::Done
    } else {
        Outcome::Misused
    };
    let mut definitions = Vec::new();
    for path in files {
        let file = DefinitionFile::read(&path)?;
        match file.parse() {
            Ok(root) => definitions.push((file, root)),
            Err(diagnostic) => outcome = refused(&file, &diagnostic),
        }
    }
    Ok((definitions, outcome))
}

fn refused(file: &DefinitionFile, diagnostic: &pawl_compiler::Diagnostic) -> Outcome {
    let rendered = file.render(std::slice::from_ref(diagnostic));
    say(&format!("{rendered}\n"));
    Outcome::Refused
}

/// The secrets that a definition declares, as far as they say where they are.
fn secrets(root: &Node) -> Vec<(String, SecretSource)> {
    let config = root.get("workflowConfig").unwrap_or(root).get("config");
    let declared = config.and_then(|config| config.get("secrets"));
    let entries = declared.map(Node::entries).unwrap_or_default().iter();
    entries
        .filter_map(|entry| {
            let source = serde_json::from_value(entry.node.to_json()).ok()?;
            Some((entry.key.clone(), source))
        })
        .collect()
}

/// Where a secret is found, by which key it is encrypted, and what is wrong with it as far as can be seen here.
async fn describe(source: &SecretSource, vault: &Vault, org: &str) -> [String; 3] {
    let elsewhere = |place: String| [place, String::new(), String::new()];
    match source {
        SecretSource::Environment { env_var } => {
            let is_set = environment(env_var).is_some();
            let problem = if is_set { "" } else { "not set here" };
            let place = format!("environment variable {env_var}");
            [place, String::new(), problem.to_owned()]
        }
        SecretSource::Encrypted { cipher_text } => {
            let key = cipher_text.split('.').nth(1).unwrap_or_default().to_owned();
            let problem = vault.open(cipher_text, org).await.err();
            let problem = problem.map(|error| error.to_string()).unwrap_or_default();
            ["here, encrypted".to_owned(), key, problem]
        }
        SecretSource::Stored { stored } => {
            elsewhere(format!("the organisation's secrets, {stored}"))
        }
        SecretSource::SecretsManager {
            secrets_manager, ..
        } => elsewhere(format!("Secrets Manager, {secrets_manager}")),
        SecretSource::Ssm { ssm } => elsewhere(format!("Parameter Store, {ssm}")),
        SecretSource::Variable { secure_variable } => {
            elsewhere(format!("variable {secure_variable}"))
        }
    }
}

/// The secret, from the terminal without showing it, or from standard input.
fn ask(name: &str) -> anyhow::Result<String> {
    let mut secret = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("{name}: ")).context("cannot read from the terminal")?
    } else {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("cannot read standard input")?;
        text
    };
    // Whoever pipes a line means what stands on it.
    if secret.ends_with('\n') {
        secret.pop();
        if secret.ends_with('\r') {
            secret.pop();
        }
    }
    if secret.is_empty() {
        let misuse = Misuse::new("the secret is empty");
        return Err(misuse.help("type it, or give it as standard input").into());
    }
    Ok(secret)
}

fn is_name(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    begins
        && name
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || one == '_')
}

fn vault(settings: &Settings) -> Vault {
    Vault::of(&keys::sdk(environment), settings)
}

fn misuse(error: &pawl_functions::VaultError) -> Misuse {
    Misuse::new(error.to_string())
}
