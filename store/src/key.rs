//! The names of items: which key each thing of a run has.

use pawl_contract::At;

/// The scope of a run's own line of visits. Iterations of a Map get scopes of their own.
pub const ROOT: &str = "root";

/// The primary key of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The partition: a run, or a collection of business records.
    pub pk: String,
    /// The item in it.
    pub sk: String,
}

/// The partition of a run.
pub fn partition(org: &str, run: &str) -> String {
    format!("{org}#{run}")
}

/// The partition of a collection of business records.
pub fn collection(org: &str, collection: &str) -> String {
    format!("{org}#{collection}")
}

/// The partition of what is kept under a key. No run and no collection has `#` in its name.
pub fn cache(org: &str, key: &str) -> String {
    format!("{org}#cache#{key}")
}

/// The partition of a shelf of documents. No run and no collection has `#` in its name.
pub fn shelf(org: &str, shelf: &str) -> String {
    format!("{org}#doc#{shelf}")
}

/// The partition of a counter. No run and no collection has `#` in its name.
pub fn counter(org: &str, name: &str) -> String {
    format!("{org}#count#{name}")
}

/// Whether a name is that of a collection: letters only. No run may have such a name, as they share the organisation.
///
/// ```
/// use pawl_store::key::is_collection;
///
/// assert!(is_collection("customers"));
/// assert!(!is_collection("run-1"));
/// ```
pub fn is_collection(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether a name can be an organisation's: it begins every key, so `#` and `/` would reach into another's.
pub fn is_organisation(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty() && name.bytes().all(fits)
}

/// The run itself.
pub const RUN: &str = "run";

/// The `at` of the `output` step's last visit, where one ran.
pub const OUTPUT: &str = "output";

/// Events that an invocation has written and not told yet.
pub(crate) fn outbox(nonce: &str) -> String {
    format!("o#{nonce}")
}

/// That the question of a visit was decided.
pub(crate) fn decided(at: &At) -> String {
    format!("d#{at}")
}

/// What follows a run that has ended so.
pub(crate) fn follow_up(end: &str) -> String {
    format!("f#{end}")
}

/// What every record's sort key begins with.
pub(crate) const RECORDS: &str = "r#";

/// The record of a visit.
pub fn record(at: &At) -> String {
    format!("{RECORDS}{at}")
}

/// What every event's sort key begins with.
pub(crate) const EVENTS: &str = "e#";

/// A batch of events.
pub(crate) fn event(at: &At, turn: u64, attempt: &str, sequence: u64) -> String {
    format!("{EVENTS}{at}#{turn:04}#{attempt}#{sequence:06}")
}

/// An entry of the journal, by the number of its first event.
pub(crate) fn entry(first: u64) -> String {
    format!("j#{first:020}")
}

/// What every note of spending's sort key begins with.
pub(crate) const SPENDING: &str = "u#";

/// How often a visit went on in a new invocation.
pub(crate) fn turns(at: &At) -> String {
    format!("t#{at}")
}

/// A thread itself, in its partition.
pub(crate) const THREAD: &str = "thread";

/// What every message's sort key begins with.
pub(crate) const MESSAGES: &str = "m#";

/// The partition of a thread. No run's has a `#` behind the organisation's, so the two never meet.
pub fn thread(org: &str, thread: &str) -> String {
    format!("{org}#thread#{thread}")
}

/// The partition of a turnstile, and of whoever stands at it.
pub fn turnstile(org: &str, name: &str) -> String {
    format!("{org}#turnstile#{name}")
}

/// A place behind a turnstile.
pub(crate) fn place(number: u32) -> String {
    format!("s#{number:04}")
}

/// What the sort key of whoever waits at a turnstile begins with.
pub(crate) const QUEUE: &str = "w#";

/// A step's latest value.
pub fn latest(scope: &str, step: &str) -> String {
    format!("s#{scope}#{step}")
}

/// A variable.
pub fn variable(scope: &str, name: &str) -> String {
    format!("v#{scope}#{name}")
}

/// A secure variable, encrypted.
pub fn secret(scope: &str, name: &str) -> String {
    format!("x#{scope}#{name}")
}

/// What an iteration of a Map gave, by the place of its strand.
pub(crate) fn given(strand: &str) -> String {
    format!("y#{strand}")
}

/// A sequential loop's place and item.
pub fn cursor(scope: &str, step: &str) -> String {
    format!("l#{scope}#{step}")
}

/// A sequential loop's list.
pub fn list(scope: &str, step: &str) -> String {
    format!("l#{scope}#{step}#list")
}

/// A visit that listens for a signal.
pub(crate) fn listener(signal: &str, at: &str) -> String {
    format!("w#{signal}#{at}")
}

/// A signal that nobody has taken yet.
pub(crate) fn message(signal: &str, place: &str) -> String {
    format!("g#{signal}#{place}")
}

/// How many signals of a name have come.
pub(crate) fn messages(signal: &str) -> String {
    format!("n#{signal}")
}
