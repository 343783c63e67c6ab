//! Who asks, for which organisation, and what they may do: nothing, until somebody has said who they are.

mod scope;

use std::ops::Deref;

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use scope::Scope;

use crate::answer::RequestId;
use crate::app::App;
use crate::keys;
use crate::oidc;
use crate::problem::Problem;

/// What somebody may do; each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Read workflows and runs.
    Viewer,
    /// Write drafts.
    Editor,
    /// Publish, run, cancel, decide.
    Operator,
    /// Keys, secrets and the audit log.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Editor, Self::Operator, Self::Admin];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The organisation that they ask for, and that every key of what they reach begins with.
    pub(crate) org: String,
    /// Who it is: `key:` and a key's id, or `user:` and a subject.
    pub(crate) who: String,
    /// What they may do.
    pub(crate) role: Role,
    /// What of that they are confined to.
    pub(crate) scope: Scope,
    /// What names the request.
    pub(crate) request: String,
}

impl FromRequestParts<App> for Identity {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let header = parts.headers.get(AUTHORIZATION);
        let header = header.and_then(|header| header.to_str().ok());
        let token = header.and_then(|header| {
            let (scheme, token) = header.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let Some(token) = token else {
            return Err(Problem::unauthenticated(
                "say who you are: `authorization: Bearer <key>`",
            ));
        };
        let request = parts.extensions.get::<RequestId>();
        let request = request.map(|RequestId(id)| id.clone()).unwrap_or_default();
        let identity = match &app.settings().provider {
            Some(provider) if !token.starts_with(keys::PREFIX) => {
                oidc::identify(app, provider, token, request).await?
            }
            _ => keys::identify(app, token, request).await?,
        };
        identity.scope.permit(app, &identity.org, parts).await?;
        Ok(identity)
    }
}

/// Somebody who may do what a role may.
#[derive(Debug, Clone)]
pub(crate) struct As<const ROLE: u8>(Identity);

/// Somebody who may read.
pub(crate) type Viewer = As<{ Role::Viewer as u8 }>;
/// Somebody who may write drafts.
pub(crate) type Editor = As<{ Role::Editor as u8 }>;
/// Somebody who may run what is written.
pub(crate) type Operator = As<{ Role::Operator as u8 }>;
/// Somebody who decides who may do what.
pub(crate) type Admin = As<{ Role::Admin as u8 }>;

impl<const ROLE: u8> Deref for As<ROLE> {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.0
    }
}

impl<const ROLE: u8> FromRequestParts<App> for As<ROLE> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let identity = Identity::from_request_parts(parts, app).await?;
        if identity.role as u8 >= ROLE {
            return Ok(Self(identity));
        }
        let wanted = Role::ALL.into_iter().find(|role| *role as u8 == ROLE);
        Err(Problem::forbidden(format!(
            "this takes the role `{}`; yours is `{}`",
            wanted.map_or("admin", Role::name),
            identity.role.name()
        )))
    }
}
