//! Makes a call: follows redirects, tries again what may be tried again, and takes no more than it should.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use pawl_contract::{StepError, code};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{Method, StatusCode, Url};

use super::auth::{self, Auth};
use super::call::{Call, invalid};
use super::guard::Forbidden;
use crate::clock::Moment;
use crate::work::Context;

/// The first wait before a call is tried again, doubled with every try.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait that nobody asked for.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// So much of an answer's text stands in an error.
const EXCERPT: usize = 300;

/// Headers that go on to another host at a redirect. Any other may say who asks.
const HARMLESS: [&str; 4] = ["accept", "accept-language", "content-type", "user-agent"];

/// What a server answered, with a status that the step expects.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Where it came from, after redirects.
    pub url: Url,
    pub body: Bytes,
}

/// How one try ended that did not succeed.
struct Failed {
    error: StepError,
    /// Whether the server cannot have done anything.
    is_untouched: bool,
    /// Whether another try may go better.
    is_passing: bool,
    /// How long the server wants to be left alone.
    wait: Option<Duration>,
}

/// Makes a call.
pub(super) async fn perform(call: &Call, context: &Context<'_>) -> Result<Answer, StepError> {
    let mut tries = 0;
    let mut is_token_old = false;
    loop {
        let (error, wait) = match Box::pin(once(call, context, &mut is_token_old)).await {
            Ok(Some(answer)) => return Ok(answer),
            // The token that was kept was no longer good, and is forgotten.
            Ok(None) => continue,
            Err(failed) => {
                let may_repeat = call.is_repeatable || failed.is_untouched;
                if !failed.is_passing || !may_repeat || tries >= call.retries {
                    return Err(failed.error);
                }
                (failed.error, failed.wait)
            }
        };
        let own = FIRST_WAIT
            .saturating_mul(1 << tries.min(10))
            .min(LONGEST_WAIT);
        let wait = wait.unwrap_or(own);
        // A try that cannot end in time only hides why the last one failed.
        if !context.has_time_for(wait) {
            return Err(error);
        }
        context.services.sleep(wait).await;
        tries += 1;
    }
}

/// One try. `None` where it is to be made again with a new token.
async fn once(
    call: &Call,
    context: &Context<'_>,
    is_token_old: &mut bool,
) -> Result<Option<Answer>, Failed> {
    let mut headers = call.headers.clone();
    let mut grant = None;
    let mut own_header = None;
    match &call.auth {
        None => {}
        Some(Auth::Header(name, value)) => {
            headers.insert(name.clone(), value.clone());
            own_header = Some(name.clone());
        }
        Some(Auth::OAuth2(one)) => {
            let asked = Box::pin(auth::token(one, context)).await;
            let (token, was_kept) = asked.map_err(Failed::untouched)?;
            let value = super::call::header("authorization", &format!("Bearer {token}"));
            headers.insert(AUTHORIZATION, value.map_err(Failed::untouched)?);
            context.mask.add(&token);
            grant = Some((one, was_kept));
        }
    }
    let response = follow(call, headers, own_header.as_ref(), context).await?;
    let (status, headers, url) = (
        response.status(),
        response.headers().clone(),
        response.url().clone(),
    );
    if let (StatusCode::UNAUTHORIZED, Some((grant, true))) = (status, grant)
        && !*is_token_old
    {
        *is_token_old = true;
        context.services.tokens().forget(grant);
        return Ok(None);
    }
    let is_expected = call.expected.iter().any(|one| one.admits(status.as_u16()));
    let body = read(response, call, is_expected).await?;
    let answer = Answer {
        status,
        headers,
        url,
        body,
    };
    if is_expected {
        return Ok(Some(answer));
    }
    Err(unexpected(call, &answer, context.services.now()))
}

/// Sends a call, and again wherever a redirect leads.
async fn follow(
    call: &Call,
    mut headers: HeaderMap,
    own_header: Option<&HeaderName>,
    context: &Context<'_>,
) -> Result<reqwest::Response, Failed> {
    let (mut method, mut url, mut body) =
        (call.method.clone(), call.url.clone(), call.body.clone());
    let mut left = call.redirects;
    // Once something was sent, nobody knows what it did.
    let mut is_first = true;
    loop {
        let request = context.services.web().request(method.clone(), url.clone());
        let mut request = request.headers(headers.clone());
        if let Some(body) = &body {
            request = request.body(body.clone());
        } else if matches!(method, Method::POST | Method::PUT | Method::PATCH) {
            request = request.header("content-length", "0");
        }
        let sent = request.send().await;
        let response = sent.map_err(|error| broken(call, &error, is_first))?;
        is_first = false;
        let Some(next) = next(&response).filter(|_| left > 0) else {
            return Ok(response);
        };
        left -= 1;
        let guarded =
            next.map_err(|error| invalid(&format!("the redirect leads nowhere: {error}")));
        let next = guarded
            .and_then(|next| context.services.guard().check(&next).map(|()| next))
            .map_err(Failed::certain)?;
        let keeps = matches!(
            response.status(),
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
        );
        if !keeps && method != Method::GET && method != Method::HEAD {
            let is_moved = response.status() != StatusCode::SEE_OTHER;
            // As browsers do: what was posted is fetched where it moved, and anything else is sent there.
            if !is_moved || method == Method::POST {
                method = Method::GET;
                body = None;
                headers.remove("content-type");
            }
        }
        if next.origin() != url.origin() {
            if body.is_some() && !context.mask.is_empty() {
                let message = format!(
                    "{} leads to another host, to which a body that may hold secrets is not sent on",
                    call.name()
                );
                return Err(Failed::certain(StepError::new(code::TOOL_ERROR, message)));
            }
            let kept = HARMLESS.iter().filter_map(|name| {
                let name = HeaderName::from_static(name);
                let value = headers.get(&name).filter(|_| own_header != Some(&name))?;
                Some((name, value.clone()))
            });
            headers = kept.collect();
        }
        url = next;
    }
}

/// Where a redirect leads.
fn next(response: &reqwest::Response) -> Option<Result<Url, String>> {
    const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];
    if !REDIRECTS.contains(&response.status().as_u16()) {
        return None;
    }
    let location = response.headers().get(LOCATION)?;
    let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
    Some(
        response
            .url()
            .join(&location)
            .map_err(|error| error.to_string()),
    )
}

/// Takes an answer's body, up to the longest one.
async fn read(
    mut response: reqwest::Response,
    call: &Call,
    is_expected: bool,
) -> Result<Bytes, Failed> {
    // Of an error, what is shown is enough.
    let most = if is_expected {
        call.max_bytes
    } else {
        call.max_bytes.min(64 << 10)
    };
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let status = response.status().as_u16();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= most => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.into()),
            // An error's text is told as far as it came.
            Ok(Some(_)) | Err(_) if !is_expected => return Ok(body.into()),
            Ok(Some(_)) => {
                let message = format!(
                    "{} answered {status}, with more than the {most} bytes that the step takes: see `maxBytes`",
                    call.name()
                );
                return Err(Failed::certain(StepError::new(call.done(), message)));
            }
            Err(_) => {
                let message = format!("{} answered {status}, and broke off", call.name());
                let error = StepError::new(call.done(), message);
                return Err(Failed {
                    is_passing: true,
                    ..Failed::certain(error)
                });
            }
        }
    }
}

/// A call that got no answer.
fn broken(call: &Call, error: &reqwest::Error, is_first: bool) -> Failed {
    let name = call.name();
    if is_forbidden(error) {
        let host = call.url.host_str().unwrap_or_default();
        return Failed::certain(invalid(&super::guard::refusal(host)));
    }
    let is_untouched = is_first && (error.is_connect() || error.is_builder());
    let error = if error.is_timeout() {
        StepError::new(code::TIMEOUT, format!("{name} took too long"))
    } else if error.is_connect() {
        StepError::new(code::TOOL_ERROR, format!("{name} could not be reached"))
    } else {
        StepError::new(
            code::TOOL_ERROR,
            format!("{name} did not answer: the connection broke"),
        )
    };
    let error = if is_untouched || call.is_repeatable {
        error
    } else {
        let message = format!(
            "{}: it may or may not have done what it was asked",
            error.message
        );
        StepError::new(code::OUTCOME_UNKNOWN, message)
    };
    Failed {
        error,
        is_untouched,
        is_passing: true,
        wait: None,
    }
}

/// Whether a name stands for nothing that may be called.
fn is_forbidden(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(one) = cause {
        if one.is::<Forbidden>() {
            return true;
        }
        cause = one.source();
    }
    false
}

/// An answer that the step does not expect.
fn unexpected(call: &Call, answer: &Answer, now: Moment) -> Failed {
    const PASSING: [u16; 6] = [408, 429, 500, 502, 503, 504];
    // A gateway says so of a server that may have done what it was asked.
    const UNKNOWN: [u16; 2] = [502, 504];
    let status = answer.status.as_u16();
    let code = match status {
        429 => code::RATE_LIMIT,
        _ if UNKNOWN.contains(&status) && !call.is_repeatable => code::OUTCOME_UNKNOWN,
        _ => code::TOOL_ERROR,
    };
    let text = String::from_utf8_lossy(&answer.body);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let excerpt: String = text.chars().take(EXCERPT).collect();
    let message = match excerpt.as_str() {
        "" => format!("{} answered {status}", call.name()),
        excerpt => format!("{} answered {status}: {excerpt}", call.name()),
    };
    Failed {
        error: StepError::new(code, message),
        is_untouched: false,
        is_passing: PASSING.contains(&status),
        wait: answer
            .headers
            .get(RETRY_AFTER)
            .and_then(|value| wait(value.to_str().ok()?, now)),
    }
}

/// How long `Retry-After` asks to wait: so many seconds, or until a moment.
fn wait(text: &str, now: Moment) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text.trim())
        .ok()?;
    let wait = until.duration_since(now.0);
    Some(Duration::try_from(wait).unwrap_or_default())
}

impl Call {
    /// The code of a call that was answered well, but whose answer is of no use: it must not be made again by itself.
    pub(super) fn done(&self) -> &'static str {
        if self.is_repeatable {
            code::TOOL_ERROR
        } else {
            code::OUTCOME_UNKNOWN
        }
    }
}

impl Failed {
    /// A failure that another try would not change.
    fn certain(error: StepError) -> Self {
        Self {
            error,
            is_untouched: false,
            is_passing: false,
            wait: None,
        }
    }

    /// A failure before anything was sent.
    fn untouched(error: StepError) -> Self {
        Self {
            is_untouched: true,
            ..Self::certain(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_when_to_come_back() {
        let now = Moment("2026-03-01T12:00:00Z".parse().expect("a moment"));
        let rows = [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sun, 01 Mar 2026 12:00:30 GMT", Some(30)),
            ("Sun, 01 Mar 2026 11:00:00 GMT", Some(0)),
            ("soon", None),
        ];
        for (text, expected) in rows {
            assert_eq!(wait(text, now), expected.map(Duration::from_secs), "{text}");
        }
    }
}
