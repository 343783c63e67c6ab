//! Routes: what answers under a path, and what the description says of it.
//!
//! Each resource lists its own for whoever wants them:
//!
//! ```text
//! pub(crate) fn routes<To: Resources>(to: To) -> To {
//!     to.with(routes!(list, create)).with(routes!(get, replace))
//! }
//! ```
//! A process that serves the API wants handlers, and would take longer to begin if it made the description, too. So that
//! is a closure, which a router never calls.

use axum::Router;
use axum::routing::MethodRouter;
use http::Method;
use utoipa::openapi::HttpMethod;
use utoipa_axum::PathItemExt;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::app::App;

/// The handlers of one path, each of which `utoipa::path` describes: `routes!(list, create)` becomes a [`Route`].
macro_rules! routes {
    ($($($part:ident)::+),+) => {{
        let handlers = axum::routing::MethodRouter::new();
        let mut path = String::new();
        let mut methods = Vec::new();
        $(
            path.clone_from(&utoipa_axum::routes!(@path [path()] of $($part)::+));
            let of_handler = utoipa_axum::routes!(@path [methods()] of $($part)::+);
            let handlers = $crate::route::answering(handlers, &of_handler, &$($part)::+);
            methods.extend(of_handler);
        )+
        $crate::route::Route {
            path,
            methods,
            handlers,
            describe: || utoipa_axum::routes!($($($part)::+),+),
        }
    }};
}
pub(crate) use routes;

/// What answers under a path.
pub(crate) struct Route<Describe> {
    pub(crate) path: String,
    pub(crate) methods: Vec<HttpMethod>,
    pub(crate) handlers: MethodRouter<App>,
    /// Makes the description.
    pub(crate) describe: Describe,
}

/// Whoever wants routes.
pub(crate) trait Resources: Sized {
    /// Takes one.
    fn with<Describe>(self, route: Route<Describe>) -> Self
    where
        Describe: FnOnce() -> UtoipaMethodRouter<App>;
}

impl Resources for Router<App> {
    fn with<Describe>(self, route: Route<Describe>) -> Self
    where
        Describe: FnOnce() -> UtoipaMethodRouter<App>,
    {
        self.route(&route.path, route.handlers)
    }
}

impl Resources for OpenApiRouter<App> {
    fn with<Describe>(self, route: Route<Describe>) -> Self
    where
        Describe: FnOnce() -> UtoipaMethodRouter<App>,
    {
        self.routes((route.describe)())
    }
}

/// Every operation: its method and its path.
#[derive(Debug, Default)]
pub(crate) struct Operations(pub(crate) Vec<(Method, String)>);

impl Resources for Operations {
    fn with<Describe>(mut self, route: Route<Describe>) -> Self
    where
        Describe: FnOnce() -> UtoipaMethodRouter<App>,
    {
        let methods = route.methods.iter().map(method);
        self.0
            .extend(methods.map(|method| (method, route.path.clone())));
        self
    }
}

/// Has a handler answer to methods.
pub(crate) fn answering<Handler, Arguments>(
    handlers: MethodRouter<App>,
    methods: &[HttpMethod],
    handler: &Handler,
) -> MethodRouter<App>
where
    Handler: axum::handler::Handler<Arguments, App>,
    Arguments: 'static,
{
    let filters = methods.iter().map(PathItemExt::to_method_filter);
    filters.fold(handlers, |handlers, filter| {
        handlers.on(filter, handler.clone())
    })
}

fn method(described: &HttpMethod) -> Method {
    match described {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}
