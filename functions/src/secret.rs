//! Secrets: found last, where they are used, and hidden in all that is written down.
//!
//! ```text
//! plan.secrets   { "shopKey": { "envVar": "SHOP_KEY" } }      where it is found
//! config         { "headers": { "X-Key": "{{secrets.shopKey}}" } }
//! the record     the same text, and `***` wherever the value comes back
//! ```

mod aws;
mod keys;
mod mask;
mod source;
mod vault;

use std::collections::BTreeMap;

use pawl_contract::{Kind, Plan, SecretSource, StepError, code};
use pawl_store::Items;
use serde_json::{Map, Value};

use crate::scope::Scope;
use crate::scopes::Scopes;
use crate::{Error, Services, template};

pub use aws::Reach;
pub use keys::{KeyFile, KeyFileError};
pub use vault::{Keys, Vault, VaultError};

pub(crate) use aws::{Aws, AwsError};
pub(crate) use mask::Mask;
use source::Sources;
pub(crate) use source::failure;
pub use vault::random;

/// What a step is given when it acts.
#[derive(Debug)]
pub(crate) struct Revealed {
    /// The configuration with everything in it resolved.
    pub input: Value,
    /// What must not be written down.
    pub mask: Mask,
}

/// The configuration of a step with its secrets in place. `None` where it waits for none.
///
/// Asked of the definition: what a value brings along is text, whatever it looks like.
pub(crate) async fn reveal(
    plan: &Plan,
    scope: &Scope,
    items: &Items,
    scopes: &Scopes,
    org: &str,
    services: &Services,
) -> Result<Option<Revealed>, Error> {
    let config = &plan.node.config;
    if !template::waits_for_secret(config) {
        return Ok(None);
    }
    if !may_read(plan.node.kind, config) {
        let message = "this step cannot read a secret, since what it is given is written down";
        return Err(Error::step(code::VALIDATION_ERROR, message));
    }
    let sources = Sources {
        services,
        org,
        items,
        scopes,
    };
    let mask = Mask::default();
    let mut secrets = Map::new();
    for (name, source) in &plan.secrets {
        let secret = sources.find(name, source).await?;
        mask.add(&secret);
        secrets.insert(name.clone(), secret.into());
    }
    let mut opened = BTreeMap::new();
    for text in encrypted(config) {
        let secret = sources.open(text).await?;
        mask.add(&secret);
        opened.insert(text, secret);
    }
    let mut view = scope.at(&plan.node);
    view.bind("secrets", secrets.into());
    let reveal = |waiting: &Value| -> Result<Value, StepError> {
        if let Some(text) = template::encrypted(waiting) {
            return Ok(opened.get(text).cloned().unwrap_or_default().into());
        }
        let found = template::render(waiting, &view)?;
        // What an expression makes of a secret is one too, where nothing else stands beside it.
        if let (Some(template), Some(text)) = (waiting.as_str(), found.as_str())
            && is_bare(template)
            && text.len() >= SHORTEST_DERIVED
        {
            mask.add(text);
        }
        Ok(found)
    };
    let input = template::render_apart(config, &view, &reveal)?;
    Ok(Some(Revealed { input, mask }))
}

/// A secret of a definition, asked for before there is a run.
pub async fn find_secret(
    source: &SecretSource,
    org: &str,
    services: &Services,
) -> Result<String, StepError> {
    let sources = Sources {
        services,
        org,
        items: &Items::default(),
        scopes: &Scopes::none(),
    };
    let found = sources.find("verify.secret", source).await;
    found.map_err(Error::into_step)
}

/// What an expression makes of a secret may be a word such as `true`, which is none.
const SHORTEST_DERIVED: usize = 8;

/// Whether nothing of what a step is given is written down but by its template.
fn may_read(kind: Kind, config: &Value) -> bool {
    match kind {
        Kind::Request => true,
        Kind::Action => {
            let operation = crate::action::operation(config);
            operation.is_some_and(|operation| operation.takes_secrets)
        }
        Kind::Trigger
        | Kind::Llm
        | Kind::Condition
        | Kind::Switch
        | Kind::Loop
        | Kind::Transform
        | Kind::Approval
        | Kind::Signal
        | Kind::Subflow
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge => false,
    }
}

/// The encrypted texts in a configuration.
fn encrypted(config: &Value) -> Vec<&str> {
    match config {
        Value::Array(elements) => elements.iter().flat_map(encrypted).collect(),
        Value::Object(members) => match template::encrypted(config) {
            Some(text) => vec![text],
            None => members.values().flat_map(encrypted).collect(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Whether a template is one expression and nothing else.
fn is_bare(template: &str) -> bool {
    let text = template.trim();
    text.starts_with("{{") && text.ends_with("}}") && text.matches("{{").count() == 1
}
