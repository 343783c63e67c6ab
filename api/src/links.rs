//! Signed links that decide: a page that says what is decided, and the button that does it.
//!
//! Who opens a link has decided nothing: mail programs open links, too.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use pawl_functions::{Decision, Link, decide_by_link};

use crate::app::App;
use crate::extract::{Path, Raw};
use crate::problem::Problem;
use crate::route::{Resources, routes};

/// What the pages may load: their own style and nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(show, decide))
}

/// Show what a link decides
#[utoipa::path(get, path = "/links/{token}", tag = "approvals", params(("token" = String, Path)),
    responses((status = 200, body = String, content_type = "text/html")))]
async fn show(Path(token): Path<String>) -> Result<Response, Problem> {
    let link = read(&token)?;
    let (verb, class) = if link.approved {
        ("Approve", "yes")
    } else {
        ("Reject", "no")
    };
    let body = format!(
        "<h1>{verb}?</h1><p>You decide as <strong>{}</strong>, until {}.</p>\
         <form method=\"post\"><label>A comment, if you like<textarea name=\"comment\" rows=\"3\"></textarea></label>\
         <button class=\"{class}\">{verb}</button></form>",
        escaped(&link.by),
        escaped(&link.until),
    );
    Ok(page(verb, &body))
}

/// Decide by a link
#[utoipa::path(post, path = "/links/{token}", tag = "approvals", params(("token" = String, Path)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = String, content_type = "text/html")))]
async fn decide(
    State(app): State<App>,
    Path(token): Path<String>,
    request: Raw,
) -> Result<Response, Problem> {
    read(&token)?;
    let decision = Decision {
        comment: comment(&request.body).filter(|comment| !comment.trim().is_empty()),
        ..Decision::default()
    };
    let decided = decide_by_link(app.services(), &token, decision).await?;
    let said = decided
        .output
        .get("decision")
        .and_then(|said| said.as_str());
    let said = said.unwrap_or("decided");
    let body = format!(
        "<h1>It is {}.</h1><p>You can close this page.</p>",
        escaped(said)
    );
    Ok(page(said, &body))
}

fn read(token: &str) -> Result<Link, Problem> {
    Link::read(token).map_err(|_| Problem::missing("link", "of that text"))
}

/// What a person filled into the page.
fn comment(body: &[u8]) -> Option<String> {
    let mut fields = form_urlencoded::parse(body);
    let (_, comment) = fields.find(|(name, _)| name == "comment")?;
    Some(comment.into_owned())
}

fn page(title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title} - Pawl</title><style>\
         body{{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;color:#1b1f24}}\
         label{{display:block;margin:1rem 0}}textarea{{display:block;width:100%;font:inherit}}\
         button{{font:inherit;padding:.5rem 1.5rem;border:0;border-radius:.4rem;color:#fff;cursor:pointer}}\
         .yes{{background:#1a7f37}}.no{{background:#b3261e}}\
         @media(prefers-color-scheme:dark){{body{{background:#14171b;color:#e6e9ee}}}}\
         </style></head><body>{body}</body></html>"
    );
    let mut response = Html(html).into_response();
    let policy = HeaderValue::from_static(POLICY);
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// Text in the place of markup.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, letter| {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
        escaped
    })
}
