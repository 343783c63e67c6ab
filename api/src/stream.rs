//! The stream of a run: what happens in it, as server-sent events, from the beginning or from where a client was cut off.
//!
//! ```text
//! records, what models said ─▶ teller (what is new) ─▶ journal ─▶ watch (one for all clients here) ─▶ clients
//! ```
//! `docs/decisions/how-a-stream-is-resumed.md` says why.

mod event;
mod teller;
mod token;
mod watch;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Extension, FromRequestParts, State};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use futures_util::stream;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, StatusCode};
use pawl_store::{Entry, Error, Run};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch::Receiver;
use utoipa::{IntoParams, ToSchema};

use self::event::{Event, Mark};
use self::watch::{Found, Frame, State as WatchState, Watch, Watches};
use crate::access::Viewer;
use crate::app::App;
use crate::executions::{read, read_only};
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::route::{Resources, routes};

/// How often a client hears that the connection is alive, in milliseconds,
const HEARTBEAT: i64 = 30_000;
/// and how often whatever lies between is kept from closing it.
const COMMENT: i64 = 15_000;

/// How often a client looks at the clock.
const TICK: Duration = Duration::from_secs(1);

/// So many bytes of events a client has in hand.
const IN_HAND: usize = 128 * 1024;

pub(crate) fn routes<To: Resources>(to: To) -> To {
    long_routes(to).with(routes!(make_token))
}

/// What answers for as long as a run goes on.
pub(crate) fn long_routes<To: Resources>(to: To) -> To {
    to.with(routes!(follow))
}

/// The moment at which whoever serves a stream ends it; clients ask again and go on where they were.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Until(Instant);

impl Until {
    pub(crate) fn after(left: Duration) -> Self {
        Self(Instant::now() + left)
    }

    fn is_over(self) -> bool {
        self.0 <= Instant::now()
    }
}

/// What streams share in this process.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    watches: Watches,
    keys: token::SigningKeys,
}

/// A token for the address of a stream.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct StreamToken {
    /// The token.
    token: String,
    /// The address of the stream, with the token in it.
    url: String,
    /// The moment until which a stream can be begun with it.
    expires_at: String,
}

/// How a stream is asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// A token of `stream-token`, for those who can send no headers.
    token: Option<String>,
    /// What `Last-Event-ID` says, for those who can send no headers.
    last_event_id: Option<String>,
}

/// Somebody who may watch a run: by a role, or by a token for that run.
struct Watcher {
    org: String,
    /// The run that the token is for,
    run: Option<String>,
    /// and the token.
    token: Option<String>,
}

impl FromRequestParts<App> for Watcher {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Query(asked) = Query::<Asked>::from_request_parts(parts, app).await?;
        let Some(token) = asked.token else {
            let me = Viewer::from_request_parts(parts, app).await?;
            let org = me.org.clone();
            return Ok(Self {
                org,
                run: None,
                token: None,
            });
        };
        let claim = token::read(app, &token).await?;
        Ok(Self {
            org: claim.org,
            run: Some(claim.run),
            token: Some(token),
        })
    }
}

/// Make a token for the address of a run's stream
///
/// A browser's `EventSource` can send no headers. The token is good for five minutes to begin with, for this run alone;
/// a stream that has begun goes on.
#[utoipa::path(post, path = "/api/executions/{id}/stream-token", tag = "executions", params(("id" = String, Path)),
    responses((status = 201, body = StreamToken)), security(("bearer" = ["viewer"])))]
async fn make_token(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
) -> Result<(StatusCode, axum::Json<StreamToken>), Problem> {
    read(&app, &me.org, &id).await?;
    let (token, claim) = token::make(&app, &me.org, &id).await?;
    let until = jiff::Timestamp::from_second(claim.until).unwrap_or_default();
    let made = StreamToken {
        url: address(&app, &id, &token),
        expires_at: pawl_store::time::iso(until),
        token,
    };
    Ok((StatusCode::CREATED, axum::Json(made)))
}

/// The address of a run's stream, with a token in it.
fn address(app: &App, run: &str, token: &str) -> String {
    let settings = app.settings();
    let base = settings.stream_url.as_ref().unwrap_or(&settings.url);
    let base = base.trim_end_matches('/');
    format!("{base}/api/executions/{run}/stream?token={token}")
}

/// An event as it is sent.
#[derive(ToSchema)]
#[schema(as = StreamEvent)]
#[expect(
    dead_code,
    reason = "it is there to be described; events are written as text"
)]
struct SentEvent {
    /// Its number, from 1, which `Last-Event-ID` goes on behind; what is about the connection has none.
    id: Option<String>,
    /// What happens: `status`, `step_start`, `step_complete`, `delta`, `tool_call`, `tool_result`, `error`, `complete`,
    /// `connected`, `heartbeat`.
    event: Option<String>,
    /// What there is to say of it, as JSON.
    data: Option<String>,
}

/// Watch a run
///
/// Server-sent events, from the run's beginning or from behind `Last-Event-ID`: `connected`, `status`, `step_start`,
/// `step_complete`, `delta`, `tool_call`, `tool_result`, `error`, `heartbeat`, and `complete`, which is the last one.
/// Where nothing is left behind `Last-Event-ID` the answer is 204, and `EventSource` asks no more. A deployment that has
/// its streams at an address of their own sends clients there.
#[utoipa::path(get, path = "/api/executions/{id}/stream", tag = "executions",
    params(("id" = String, Path), Asked, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was received")),
    responses((status = 200, body = SentEvent, content_type = "text/event-stream"), (status = 204),
        (status = 307, description = "The stream is at this address.", headers(("location" = String)))),
    security(("bearer" = ["viewer"])))]
async fn follow(
    State(app): State<App>,
    me: Watcher,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    until: Option<Extension<Until>>,
) -> Result<Response, Problem> {
    if me.run.as_ref().is_some_and(|run| *run != id) {
        return Err(Problem::forbidden("this token is for another run"));
    }
    // Only whoever serves streams says how long one may take, and it may close nothing.
    let run = match until {
        None => read(&app, &me.org, &id).await?,
        Some(_) => read_only(&app, &me.org, &id).await?,
    };
    if app.settings().stream_url.is_some() && until.is_none() {
        // A token is good for as long as it says, wherever it leads.
        let token = match me.token {
            Some(token) => token,
            None => token::make(&app, &me.org, &id).await?.0,
        };
        let mut there = address(&app, &id, &token);
        if let Some(last) = asked.last_event_id {
            there.push_str("&last_event_id=");
            there.extend(form_urlencoded::byte_serialize(last.as_bytes()));
        }
        return Ok(Redirect::temporary(&there).into_response());
    }
    let last = last_event(&headers, &asked)?;
    if last > 0 {
        let told = app.store().told_with(&me.org, &id, last).await?;
        let told = told.and_then(|entry| event_of(entry, last));
        let told = told.ok_or_else(|| {
            Problem::malformed(format!(
                "`Last-Event-ID` names no event of this run: {last}"
            ))
        })?;
        if told.mark
            == (Mark::Complete {
                generation: run.generation,
            })
            && !run.is_open()
        {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
    }
    let until = until.map(|Extension(until)| until);
    let client = Client::new(&app, &me.org, &run, last + 1, until);
    let body = Body::from_stream(stream::unfold(client, Client::next));
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, body).into_response())
}

/// The number of the last event that a client got; 0 where it got none.
fn last_event(headers: &HeaderMap, asked: &Asked) -> Result<u64, Problem> {
    let header = headers.get("last-event-id");
    // A browser that goes on by itself sends the later one in the header.
    let header = header.map(|last| last.to_str().unwrap_or("?"));
    let last = header.or(asked.last_event_id.as_deref());
    let last = last.unwrap_or_default().trim();
    if last.is_empty() {
        return Ok(0);
    }
    let is_number = last.len() <= 15 && last.bytes().all(|byte| byte.is_ascii_digit());
    let number = last.parse().ok().filter(|number| is_number && *number > 0);
    number.ok_or_else(|| Problem::malformed("`Last-Event-ID` is the id of an event of this run"))
}

fn event_of(entry: Entry, number: u64) -> Option<Event> {
    let place = usize::try_from(number.checked_sub(entry.first)?).ok()?;
    entry.events.into_iter().nth(place).and_then(Event::read)
}

/// Somebody who reads a stream, at their own pace.
struct Client {
    app: App,
    watch: Arc<Watch>,
    changes: Receiver<u64>,
    /// How often the run had been resumed when the client came.
    generation: u64,
    /// The number of the next event.
    next: u64,
    in_hand: VecDeque<Arc<Frame>>,
    heartbeat: i64,
    comment: i64,
    until: Option<Until>,
    stage: Stage,
}

/// How far a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Greeted,
    New,
    Done,
}

impl Client {
    fn new(app: &App, org: &str, run: &Run, next: u64, until: Option<Until>) -> Self {
        let watches = &app.streams().watches;
        let watch = watches.watch(app, org, &run.run, run.generation);
        let now = app.now().milliseconds();
        Self {
            app: app.clone(),
            changes: watch.changes(),
            watch,
            generation: run.generation,
            next,
            in_hand: VecDeque::new(),
            heartbeat: now,
            comment: now,
            until,
            stage: Stage::New,
        }
    }

    /// What is sent next.
    async fn next(mut self) -> Option<(Result<Bytes, Error>, Self)> {
        let sent = match self.stage {
            Stage::Done => return None,
            Stage::New => {
                self.stage = Stage::Greeted;
                let data = json!({ "execution_id": self.watch.run });
                Ok(format!("retry: 1000\n\nevent: connected\ndata: {data}\n\n"))
            }
            Stage::Greeted => self.wait().await.transpose()?,
        };
        if sent.is_err() {
            self.stage = Stage::Done;
        }
        Some((sent.map(Bytes::from), self))
    }

    async fn wait(&mut self) -> Result<Option<String>, Error> {
        loop {
            while let Some(frame) = self.in_hand.pop_front() {
                self.next = frame.number + 1;
                let current = self.generation.max(self.watch.generation());
                match frame.ends {
                    // The run was resumed after that.
                    Some(generation) if generation < current => continue,
                    Some(_) => self.stage = Stage::Done,
                    None => {}
                }
                return Ok(Some(frame.text.clone()));
            }
            if self.until.is_some_and(Until::is_over) {
                return Ok(None);
            }
            self.changes.mark_unchanged();
            match self.watch.find(self.next, IN_HAND) {
                Found::Frames(frames) => {
                    self.in_hand.extend(frames);
                    continue;
                }
                Found::Earlier => {
                    self.read_journal().await?;
                    continue;
                }
                Found::Nothing(WatchState::Open) => {}
                Found::Nothing(WatchState::Over | WatchState::Broken) => return Ok(None),
            }
            if let Some(sign) = self.sign_of_life() {
                return Ok(Some(sign));
            }
            tokio::select! {
                changed = self.changes.changed() => if changed.is_err() {
                    return Ok(None);
                },
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }

    /// Reads events that memory no longer holds.
    async fn read_journal(&mut self) -> Result<(), Error> {
        let Watch { org, run, .. } = &*self.watch;
        let store = self.app.store();
        let readers = &self.app.streams().watches.readers;
        let _turn = readers.acquire().await;
        let mut entries = store.told_from(org, run, self.next).await?;
        if entries.first().is_none_or(|entry| entry.first != self.next) {
            entries = Vec::from_iter(store.told_with(org, run, self.next).await?);
        }
        for Entry { first, events } in entries {
            for (event, number) in events.into_iter().zip(first..) {
                let read = Event::read(event).filter(|_| number >= self.next);
                let frame = read.map(|event| Arc::new(Frame::of(&event, number)));
                self.in_hand.extend(frame);
            }
        }
        if self.in_hand.is_empty() {
            return Err(Error::unreadable("the journal", "an event is missing"));
        }
        Ok(())
    }

    /// What shows that the connection is alive, where it is time for it.
    fn sign_of_life(&mut self) -> Option<String> {
        let now = self.app.now();
        let moment = now.milliseconds();
        if moment - self.heartbeat >= HEARTBEAT {
            self.heartbeat = moment;
            let data = json!({ "execution_id": self.watch.run, "time": now.iso() });
            return Some(format!("event: heartbeat\ndata: {data}\n\n"));
        }
        if moment - self.comment >= COMMENT {
            self.comment = moment;
            return Some(": still here\n\n".to_owned());
        }
        None
    }
}
