//! The HTTP API: workflows, runs and everything around them, as one router.
//!
//! ```text
//! request ─▶ request id ─▶ limits ─▶ identity (role, organisation) ─▶ resource ─▶ compiler | store | trigger | AWS
//! ```
//! The same router runs on Lambda and on a laptop. A handler has no organisation until it has asked for an identity, and
//! nothing in the store has a key without an organisation: what a handler does not ask for, it cannot reach.

mod access;
mod agents;
mod answer;
mod app;
mod approvals;
mod audit;
mod cors;
mod definition;
mod describe;
mod executions;
mod extract;
mod idempotency;
mod keys;
pub mod lambda;
mod links;
mod machines;
mod oidc;
mod page;
mod problem;
mod publish;
mod records;
mod route;
mod secrets;
mod settings;
mod stream;
mod templates;
mod threads;
mod versions;
mod waits;
mod webhooks;
mod workflows;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::route::Resources;

pub use access::Role;
pub use app::App;
pub use executions::requested;
pub use keys::{NewKey, Token, is_key, make as make_key};
pub use oidc::Provider;
pub use publish::resources;
pub use settings::{Settings, SettingsError};

/// The most bytes that a request may have: what API Gateway hands to a function.
const LARGEST_BODY: usize = 6 * 1024 * 1024;

/// The router, for whoever serves it.
pub fn router(app: App) -> Router {
    complete(resources(Router::new()), app)
}

/// The part of the router that answers for longer than API Gateway waits.
pub fn stream_router(app: App) -> Router {
    complete(stream::long_routes(Router::new()), app)
}

fn complete(router: Router<App>, app: App) -> Router {
    let cors = cors::of(&app.settings().origins);
    router
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::no_method)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(cors)
        .layer(from_fn(answer::complete))
        .with_state(app)
}

/// What the router answers to, as OpenAPI 3.1.
pub fn openapi() -> OpenApi {
    let mut document = resources(OpenApiRouter::new()).into_openapi();
    describe::complete(&mut document);
    document
}

/// Lists the routes of every resource.
fn resources<To: Resources>(to: To) -> To {
    let resources = [
        workflows::routes,
        versions::routes,
        machines::routes,
        templates::routes,
        executions::routes,
        approvals::routes,
        waits::routes,
        links::routes,
        threads::routes,
        records::routes,
        agents::routes,
        secrets::routes,
        stream::routes,
        keys::routes,
        audit::routes,
        webhooks::routes,
    ];
    resources.into_iter().fold(to, |to, routes| routes(to))
}
