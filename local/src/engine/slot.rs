//! An execution's place in memory: whoever tells it something has it alone meanwhile, and all others go on.
//!
//! Locks are taken in one order: an execution's, then the engine's. Nobody has two executions at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;

use super::about::{About, Parent};
use super::open::Open;
use super::{Shared, State};

/// Where an execution lies; nothing before it is brought back.
#[derive(Default)]
pub(super) struct Slot {
    open: Mutex<Option<Open>>,
    /// Whether it was told something that could not be kept.
    is_ahead: AtomicBool,
}

/// What the engine knows of an execution without looking into it.
#[derive(Default)]
pub(super) struct Place {
    pub(super) slot: Arc<Slot>,
    pub(super) about: Option<Arc<About>>,
    /// The task that waits for its end.
    pub(super) parent: Option<Parent>,
    /// When it is to be woken.
    pub(super) wakes: Option<Timestamp>,
    /// How many of its changes are not kept yet.
    pub(super) unwritten: usize,
    /// How many have it or wait for it.
    holds: usize,
    /// Whether something can still happen to it here. Nothing can before it is brought back, and after its end.
    pub(super) is_open: bool,
}

/// An execution that stays in memory until this is dropped.
pub(super) struct Hold<'shared> {
    shared: &'shared Shared,
    number: u64,
    slot: Arc<Slot>,
}

impl Hold<'_> {
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Has the execution alone. It waits for whoever has it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.slot.lock()
    }
}

impl Slot {
    /// Has the execution alone. One that is not what is kept of it is forgotten, and brought back when it is needed.
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        let mut open = self.open.lock().unwrap_or_else(|panicked| {
            // It was told half of something.
            self.open.clear_poison();
            self.is_ahead.store(true, Ordering::SeqCst);
            panicked.into_inner()
        });
        if self.is_ahead.swap(false, Ordering::SeqCst) {
            *open = None;
        }
        open
    }

    /// Has the next one forget the execution: what came last could not be kept.
    pub(super) fn fall_back(&self) {
        self.is_ahead.store(true, Ordering::SeqCst);
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.holds -= 1;
        if let Some(place) = state.open.get_mut(&self.number) {
            place.holds -= 1;
        }
        state.forget_if_over(self.number);
        // What is on its way to the disk wakes the driver when it is there.
        if state.holds == 0 && state.unwritten == 0 {
            self.shared.rest();
        }
    }
}

impl Shared {
    /// Keeps an execution's place in memory, whether it is there already or not.
    pub(super) fn hold(&self, number: u64) -> Hold<'_> {
        let mut state = self.state();
        self.hold_in(&mut state, number)
    }

    /// The same, for whoever has the engine's lock already.
    pub(super) fn hold_in(&self, state: &mut State, number: u64) -> Hold<'_> {
        state.holds += 1;
        self.note_work();
        let place = state.open.entry(number).or_default();
        place.holds += 1;
        Hold {
            shared: self,
            number,
            slot: Arc::clone(&place.slot),
        }
    }
}

impl State {
    /// Takes note of what came of an execution that is held: who waits for it, when it wakes, whether it has ended.
    pub(super) fn place(&mut self, open: &Open) -> &mut Place {
        let number = open.number;
        let place = self.open.entry(number).or_default();
        if place.about.is_none() {
            self.numbers.insert(open.about.arn.clone(), number);
            place.about = Some(Arc::clone(&open.about));
        }
        if place.parent != open.parent {
            replace(&mut self.children, place.parent, open.parent, number);
            place.parent = open.parent;
        }
        let wakes = open.waits.next().map(|(due, _)| due);
        if place.wakes != wakes {
            place.wakes.map(|due| self.wakes.remove(&(due, number)));
            self.wakes.extend(wakes.map(|due| (due, number)));
            place.wakes = wakes;
        }
        place.is_open = !open.has_ended();
        place
    }

    /// Takes an execution out of memory, unless something can still happen to it or somebody has it.
    pub(super) fn forget_if_over(&mut self, number: u64) {
        let is_over = |place: &Place| !place.is_open && place.unwritten == 0 && place.holds == 0;
        if !self.open.get(&number).is_some_and(is_over) {
            return;
        }
        let Some(place) = self.open.remove(&number) else {
            return;
        };
        if let Some(about) = place.about {
            self.numbers.remove(&about.arn);
        }
        replace(&mut self.children, place.parent, None, number);
        place.wakes.map(|due| self.wakes.remove(&(due, number)));
    }
}

/// Enters an execution under the task that waits for it now.
fn replace(
    children: &mut BTreeMap<Parent, u64>,
    before: Option<Parent>,
    now: Option<Parent>,
    number: u64,
) {
    if let Some(before) = before {
        children.remove(&before);
    }
    if let Some(now) = now {
        children.insert(now, number);
    }
}
