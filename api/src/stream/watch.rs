//! Who looks at a run for everybody in this process that watches it, and what they saw last.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use pawl_store::{Entry, Error, Sight, Store};
use tokio::sync::{Semaphore, watch};

use super::event::{Event, Mark};
use super::teller::Teller;
use crate::app::App;

/// How long it takes until somebody looks again, where something happens
const SHORT: Duration = Duration::from_millis(100);
/// and where nothing does.
const LONG: Duration = Duration::from_secs(1);

/// A look at so many pages takes so much longer until the next one.
const PER_PAGE: Duration = Duration::from_millis(200);

/// How often in a row looking may fail.
const MOST_FAILURES: u32 = 30;

/// So many bytes of what was told last are kept in memory.
const TAIL: usize = 1024 * 1024;

/// So many bytes of events are written down together.
const LARGEST_ENTRY: usize = 256 * 1024;

/// So many read the journal at a time.
const READERS: usize = 16;

/// An event as it is sent.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) number: u64,
    pub(super) text: String,
    /// Of a `complete`: how often the run had been resumed before.
    pub(super) ends: Option<u64>,
}

impl Frame {
    pub(super) fn of(event: &Event, number: u64) -> Self {
        let ends = if let Mark::Complete { generation } = event.mark {
            Some(generation)
        } else {
            None
        };
        Self {
            number,
            text: event.frame(number),
            ends,
        }
    }
}

/// The runs that are watched in this process.
#[derive(Debug)]
pub(crate) struct Watches {
    watches: Mutex<BTreeMap<(String, String), Weak<Watch>>>,
    pub(super) readers: Semaphore,
}

impl Default for Watches {
    fn default() -> Self {
        Self {
            watches: Mutex::default(),
            readers: Semaphore::new(READERS),
        }
    }
}

/// A run that is watched.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) org: String,
    pub(super) run: String,
    tail: Mutex<Tail>,
    head: watch::Sender<u64>,
}

/// What was told last.
#[derive(Debug, Default)]
struct Tail {
    frames: VecDeque<Arc<Frame>>,
    bytes: usize,
    /// The number of the next event; 0 until it is known.
    next: u64,
    generation: u64,
    state: State,
}

/// Whether there is more to come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum State {
    /// There is.
    #[default]
    Open,
    /// The run has ended.
    Over,
    /// Nobody could look any longer.
    Broken,
}

/// What somebody finds who wants an event.
#[derive(Debug)]
pub(super) enum Found {
    /// It and what is behind it.
    Frames(Vec<Arc<Frame>>),
    /// It was told longer ago: it stands in the journal.
    Earlier,
    /// It was not told yet.
    Nothing(State),
}

impl Watches {
    /// The watch of a run that had been resumed so often when it was read last; the first one to ask begins it.
    pub(super) fn watch(&self, app: &App, org: &str, run: &str, generation: u64) -> Arc<Watch> {
        let key = (org.to_owned(), run.to_owned());
        let mut watches = lock(&self.watches);
        watches.retain(|_, watch| watch.strong_count() > 0);
        if let Some(watch) = watches.get(&key).and_then(Weak::upgrade)
            && watch.can_tell(generation)
        {
            return watch;
        }
        let watch = Arc::new(Watch {
            org: org.to_owned(),
            run: run.to_owned(),
            tail: Mutex::default(),
            head: watch::Sender::new(0),
        });
        watches.insert(key, Arc::downgrade(&watch));
        tokio::spawn(keep_looking(app.clone(), Arc::downgrade(&watch)));
        watch
    }
}

impl Watch {
    fn can_tell(&self, generation: u64) -> bool {
        let tail = lock(&self.tail);
        match tail.state {
            State::Open => true,
            State::Over => tail.generation >= generation,
            State::Broken => false,
        }
    }

    /// Changes whenever there is something to find.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// How often the run has been resumed, as far as is known.
    pub(super) fn generation(&self) -> u64 {
        lock(&self.tail).generation
    }

    /// The event with this number and what is behind it, at most so many bytes.
    pub(super) fn find(&self, number: u64, most: usize) -> Found {
        let tail = lock(&self.tail);
        if tail.next == 0 || number >= tail.next {
            return Found::Nothing(tail.state);
        }
        let first = tail.frames.front().map_or(tail.next, |frame| frame.number);
        if number < first {
            return Found::Earlier;
        }
        let skipped = usize::try_from(number - first).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let fits = |frame: &&Arc<Frame>| {
            let fits = bytes < most;
            bytes += frame.text.len();
            fits
        };
        let frames = tail.frames.iter().skip(skipped).take_while(fits);
        Found::Frames(frames.cloned().collect())
    }

    /// Says what was told and how it stands.
    fn publish(&self, entries: &[(u64, Vec<Event>)], teller: &Teller, state: State) {
        let mut tail = lock(&self.tail);
        if entries
            .first()
            .is_some_and(|(first, _)| *first != tail.next)
        {
            tail.frames.clear();
            tail.bytes = 0;
        }
        for (first, events) in entries {
            for (event, number) in events.iter().zip(*first..) {
                let frame = Frame::of(event, number);
                tail.bytes += frame.text.len();
                tail.frames.push_back(Arc::new(frame));
            }
        }
        while tail.bytes > TAIL
            && let Some(frame) = tail.frames.pop_front()
        {
            tail.bytes -= frame.text.len();
        }
        tail.next = teller.next;
        tail.generation = teller.generation;
        tail.state = state;
        drop(tail);
        self.head.send_modify(|head| *head += 1);
    }
}

/// Looks until the run has ended or nobody watches it any longer.
async fn keep_looking(app: App, watch: Weak<Watch>) {
    let Some(first) = watch.upgrade() else { return };
    let mut teller = Teller::new(&first.run);
    drop(first);
    let (mut failures, mut is_known, mut pause) = (0, false, SHORT);
    loop {
        let Some(watch) = watch.upgrade() else { return };
        let looked = if is_known {
            look(app.store(), &watch, &mut teller).await
        } else {
            // What was told before is read by those who want it: here it only counts.
            let heard = catch_up(app.store(), &watch, &mut teller).await;
            heard.map(|_| Looked::default())
        };
        match looked {
            Ok(looked) => {
                let is_first = !std::mem::replace(&mut is_known, true);
                failures = 0;
                pause = looked.pause(pause);
                if is_first {
                    watch.publish(&[], &teller, State::Open);
                    pause = Duration::ZERO;
                }
                if looked.is_over {
                    watch.publish(&[], &teller, State::Over);
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(run = watch.run, %error, "a run that is watched could not be read");
                failures += 1;
                pause = LONG;
                if failures >= MOST_FAILURES {
                    watch.publish(&[], &teller, State::Broken);
                    return;
                }
            }
        }
        drop(watch);
        // The machine's own time: a simulated one would jump ahead of the run for as long as somebody watches.
        tokio::time::sleep(pause).await;
    }
}

/// How a look went.
#[derive(Debug, Clone, Copy, Default)]
struct Looked {
    has_told: bool,
    is_over: bool,
    pages: u32,
}

impl Looked {
    /// How long it takes until somebody looks again, where it took so long before.
    fn pause(self, before: Duration) -> Duration {
        let pause = if self.has_told {
            SHORT
        } else {
            (before.max(SHORT) * 3 / 2).min(LONG)
        };
        pause + PER_PAGE * self.pages.saturating_sub(1)
    }
}

/// Looks at a run, and tells what is new.
async fn look(store: &Store, watch: &Watch, teller: &mut Teller) -> Result<Looked, Error> {
    let mut looked = Looked::default();
    let Some(run) = store.run_without_input(&watch.org, &watch.run).await? else {
        looked.is_over = true;
        return Ok(looked);
    };
    // Worked out on a copy: what nobody wrote down was not told.
    let mut ahead = teller.clone();
    ahead.begin(&run);
    if ahead.is_over {
        looked.is_over = true;
        return Ok(looked);
    }
    let is_closed = !run.is_open();
    let (from, behind) = ahead.from();
    let mut pages = store
        .look(&watch.org, &watch.run, from, behind.as_ref())
        .await?;
    while let Some(page) = pages.next(store).await? {
        looked.pages += 1;
        let records: Vec<_> = page.sights.iter().map(|sight| &sight.record).collect();
        ahead.see(&records, &page.batches, is_closed);
        let events = ahead.take();
        looked.has_told |= !events.is_empty();
        if !tell(store, watch, teller, &page.sights, events).await? {
            return Ok(looked);
        }
        looked.has_told |= ahead.is_holding();
    }
    ahead.finish();
    if is_closed {
        let result = store.output(&run).await?;
        ahead.end(&run, &result);
        let events = ahead.take();
        looked.is_over = tell(store, watch, teller, &[], events).await?;
    }
    *teller = ahead;
    Ok(looked)
}

/// Writes events down and lets everybody know. Whether they were: where somebody else told something before, it is
/// taken in, and the run is to be looked at again.
async fn tell(
    store: &Store,
    watch: &Watch,
    teller: &mut Teller,
    sights: &[Sight],
    events: Vec<Event>,
) -> Result<bool, Error> {
    let (mut entry, mut bytes) = (Vec::new(), 0);
    let mut events = events.into_iter().peekable();
    while let Some(mut event) = events.next() {
        let sight = event.output.take();
        let sight = sight.and_then(|at| {
            let found = sights
                .binary_search_by(|sight| sight.record.at.cmp(&at))
                .ok()?;
            sights.get(found)
        });
        if let Some(sight) = sight
            && let Some(data) = event.data.as_object_mut()
        {
            data.insert("result".to_owned(), store.output_at(sight).await?);
        }
        bytes += event.data.to_string().len();
        // What a model said in one batch counts as told with the first of its events.
        let goes_on = events.peek().is_some_and(|next| next.mark == event.mark);
        entry.push(event);
        if events.peek().is_some() && (bytes < LARGEST_ENTRY || goes_on) {
            continue;
        }
        let told = std::mem::take(&mut entry);
        bytes = 0;
        let kept = Entry {
            first: teller.next,
            events: told.iter().map(Event::kept).collect(),
        };
        if !store.tell(&watch.org, &watch.run, &kept).await? {
            let heard = catch_up(store, watch, teller).await?;
            watch.publish(&heard, teller, State::Open);
            return Ok(false);
        }
        for event in &told {
            teller.hear(event);
        }
        watch.publish(&[(kept.first, told)], teller, State::Open);
    }
    Ok(true)
}

/// Takes in what stands in the journal and was not heard yet: the last of it, as much as memory keeps.
async fn catch_up(
    store: &Store,
    watch: &Watch,
    teller: &mut Teller,
) -> Result<Vec<(u64, Vec<Event>)>, Error> {
    let mut heard = Vec::new();
    loop {
        let entries = store.told_from(&watch.org, &watch.run, teller.next).await?;
        if entries.is_empty() {
            return Ok(heard);
        }
        // Only the last page is passed on.
        heard.clear();
        for Entry { first, events } in entries {
            let read = events.into_iter().map(Event::read);
            let events: Option<Vec<Event>> = read.collect();
            let unreadable = || Error::unreadable("the journal", "it holds no events");
            let events = events.ok_or_else(unreadable)?;
            for event in &events {
                teller.hear(event);
            }
            heard.push((first, events));
        }
    }
}

fn lock<Kept>(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
