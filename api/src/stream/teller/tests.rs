//! Whatever the order in which visits settle, and whoever looks when: every event once, in order in each strand.

#![expect(clippy::indexing_slicing, reason = "what is not there fails the test")]

use std::collections::BTreeMap;

use pawl_contract::{At, Kind, StepError};
use pawl_store::{Batch, Record, RecordStatus, Run, RunError, RunStatus, Told};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};

use super::{Teller, strand};
use crate::stream::event::{Event, Name};

/// What becomes of a visit, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It is recorded as claimed.
    Claims,
    /// Its model says something, in its current try.
    Says,
    /// Its attempt fails, and is tried again.
    Fails,
    /// It waits.
    Waits,
    /// It completes.
    Completes,
    /// It fails for good.
    Gives,
}

/// A run as it is recorded.
#[derive(Debug, Clone)]
struct World {
    run: Run,
    records: BTreeMap<At, Record>,
    batches: Vec<Batch>,
    clock: u64,
}

/// A strand: its visits, each with what becomes of it, and the strands that each opens.
#[derive(Debug, Clone)]
struct Line {
    visits: Vec<(Vec<Turn>, Vec<Line>)>,
}

fn at(text: &str) -> At {
    At::try_from(text.to_owned()).expect("a place")
}

fn run() -> Run {
    let run = json!({ "type": "manual" });
    Run {
        org: "o".to_owned(),
        run: "r".to_owned(),
        workflow: "w".to_owned(),
        name: "W".to_owned(),
        version: None,
        machine: "m".to_owned(),
        status: RunStatus::Running,
        input: Value::Null,
        trigger: run,
        mocks: BTreeMap::new(),
        thread_id: None,
        parent: None,
        draft: false,
        executing_since: None,
        follow_ups: pawl_contract::FollowUps::default(),
        after: None,
        started_at: "0".to_owned(),
        timeout_ms: None,
        deadline: None,
        execution: "e".to_owned(),
        base: At::intake(),
        generation: 0,
        completed_at: None,
        error: None,
        closed_by: None,
        number: None,
        stretches: Vec::new(),
    }
}

fn record(at: &At) -> Record {
    Record {
        at: at.clone(),
        step: format!("step-{at}"),
        name: None,
        kind: Some(Kind::Llm),
        status: RecordStatus::Claimed,
        attempts: 1,
        visit: 1,
        scope: "root".to_owned(),
        input: Value::Null,
        output: Value::Null,
        meta: None,
        error: None,
        port: None,
        iteration: Vec::new(),
        mocked: false,
        started_at: "0".to_owned(),
        completed_at: None,
        result: None,
        nonce: None,
        wait: None,
    }
}

impl World {
    fn new() -> Self {
        Self {
            run: run(),
            records: BTreeMap::new(),
            batches: Vec::new(),
            clock: 0,
        }
    }

    fn apply(&mut self, at: &At, turn: Turn) {
        self.clock += 1;
        let moment = Some(format!("{:06}", self.clock));
        if turn == Turn::Says {
            return self.say(at);
        }
        let known = self.records.entry(at.clone()).or_insert_with(|| record(at));
        match turn {
            Turn::Claims | Turn::Says => known.status = RecordStatus::Claimed,
            Turn::Waits => known.status = RecordStatus::Waiting,
            Turn::Fails | Turn::Gives => {
                known.status = RecordStatus::Failed;
                known.error = Some(StepError::new("TOOL_ERROR", "no"));
                known.completed_at = moment;
                known.port = (turn == Turn::Gives).then(|| "error".to_owned());
                known.attempts += 1;
            }
            Turn::Completes => {
                known.status = RecordStatus::Completed;
                known.error = None;
                known.completed_at = moment;
                known.port = Some("success".to_owned());
            }
        }
    }

    fn say(&mut self, at: &At) {
        // What fails in between begins another try.
        let attempts = self.records.get(at).map_or(1, |record| record.attempts);
        let attempt = format!("{attempts:04}");
        let is_same = |batch: &&Batch| batch.at == *at && batch.attempt == attempt;
        let sequence = self.batches.iter().filter(is_same).count();
        let sequence = u64::try_from(sequence).expect("few");
        self.batches.push(Batch {
            at: at.clone(),
            step: format!("step-{at}"),
            turn: 1,
            events: vec![
                Told::Delta {
                    text: format!("{attempt}.{sequence}"),
                },
                Told::Delta {
                    text: format!("{attempt}.{sequence}+"),
                },
            ],
            attempt,
            sequence,
            written_at: String::new(),
        });
        let key = |batch: &Batch| (batch.at.clone(), batch.attempt.clone(), batch.sequence);
        self.batches.sort_by_key(key);
    }
}

impl Line {
    /// Every visit with what becomes of it, in an order in which it can happen: strands take turns as the choices say.
    fn play(
        &self,
        prefix: &str,
        choices: &mut impl FnMut(usize) -> usize,
        play: &mut Vec<(At, Turn)>,
    ) {
        for (number, (turns, inside)) in self.visits.iter().enumerate() {
            let place = at(&format!("{prefix}{number:06}"));
            play.extend(turns.iter().map(|turn| (place.clone(), *turn)));
            let mut lines: Vec<Vec<(At, Turn)>> = inside
                .iter()
                .enumerate()
                .map(|(branch, line)| {
                    let mut own = Vec::new();
                    line.play(&format!("{place}/{branch:06}/"), choices, &mut own);
                    own.reverse();
                    own
                })
                .collect();
            while lines.iter().any(|line| !line.is_empty()) {
                lines.retain(|line| !line.is_empty());
                let chosen = choices(lines.len());
                play.extend(lines.get_mut(chosen).and_then(Vec::pop));
            }
        }
    }
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let between = prop_oneof![
        Just(Turn::Claims),
        Just(Turn::Says),
        Just(Turn::Says),
        Just(Turn::Fails),
        Just(Turn::Waits),
    ];
    let last = prop_oneof![4 => Just(Turn::Completes), 1 => Just(Turn::Gives)];
    (prop::collection::vec(between, 0..4), last).prop_map(|(mut turns, last)| {
        turns.push(last);
        turns
    })
}

fn line() -> impl Strategy<Value = Line> {
    let leaf = prop::collection::vec((turns(), Just(Vec::new())), 1..4);
    let leaf = leaf.prop_map(|visits| Line { visits });
    leaf.prop_recursive(2, 24, 3, |inner| {
        let visit = (turns(), prop::collection::vec(inner, 0..3));
        let visits = prop::collection::vec(visit, 1..4);
        visits.prop_map(|mut visits| {
            // What failed for good opens no strands any more.
            for (turns, _) in visits.iter_mut().filter(|(_, inside)| !inside.is_empty()) {
                turns.pop();
                turns.push(Turn::Completes);
            }
            Line { visits }
        })
    })
}

/// A look of somebody: a part of the places at one moment, the rest at a later one, as pages are read.
fn look(teller: &mut Teller, first: &World, then: &World, cut: usize) -> Vec<Event> {
    teller.begin(&first.run);
    let is_closed = !first.run.is_open();
    let (from, _) = teller.from();
    let from = from.clone();
    let places: Vec<&At> = then.records.keys().filter(|at| **at >= from).collect();
    let edge = places.get(cut % places.len().max(1)).copied().cloned();
    let is_first = |at: &At| edge.as_ref().is_some_and(|edge| at <= edge);
    let early = first
        .records
        .values()
        .filter(|record| record.at >= from && is_first(&record.at));
    let records: Vec<&Record> = early.collect();
    // Events are read after the records of their page.
    let said = then
        .batches
        .iter()
        .filter(|batch| batch.at >= from && is_first(&batch.at));
    let batches: Vec<Batch> = said.cloned().collect();
    teller.see(&records, &batches, is_closed);
    let late = then
        .records
        .values()
        .filter(|record| record.at >= from && !is_first(&record.at));
    let records: Vec<&Record> = late.collect();
    let said = then
        .batches
        .iter()
        .filter(|batch| batch.at >= from && !is_first(&batch.at));
    let batches: Vec<Batch> = said.cloned().collect();
    teller.see(&records, &batches, is_closed);
    teller.finish();
    if is_closed {
        teller.end(&first.run, &Value::Null);
    }
    teller.take()
}

/// The journal that holds for all, and several who look.
struct Watched {
    journal: Vec<Event>,
    tellers: Vec<Teller>,
}

impl Watched {
    fn look(&mut self, who: usize, first: &World, then: &World, cut: usize) {
        let who = who % self.tellers.len();
        let Some(teller) = self.tellers.get_mut(who) else {
            return;
        };
        let mut ahead = teller.clone();
        let events = look(&mut ahead, first, then, cut);
        let next = u64::try_from(self.journal.len()).expect("few") + 1;
        if teller.next == next {
            self.journal.extend(
                events
                    .iter()
                    .map(|event| Event::read(event.kept()).expect("an event")),
            );
            *teller = ahead;
        } else {
            let known = usize::try_from(teller.next - 1).expect("few");
            let missed: Vec<Event> = self.journal.iter().skip(known).cloned().collect();
            for event in &missed {
                teller.hear(event);
            }
        }
    }

    fn forget(&mut self, who: usize) {
        let who = who % self.tellers.len();
        if let Some(teller) = self.tellers.get_mut(who) {
            *teller = Teller::new("r");
            for event in &self.journal {
                teller.hear(event);
            }
        }
    }
}

fn place(event: &Event) -> Option<At> {
    event.data.get("at").and_then(Value::as_str).map(at)
}

proptest! {
    #![proptest_config(Config { cases: 300, failure_persistence: None, ..Config::default() })]

    #[test]
    fn every_event_is_told_once_and_in_order(
        root in line(),
        choices in prop::collection::vec(any::<usize>(), 1..40),
        looks in prop::collection::vec((any::<usize>(), 0..6_usize, any::<usize>(), any::<bool>()), 1..60),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let mut chosen = choices.iter().cycle();
        let mut choose = |of: usize| chosen.next().map_or(0, |choice| choice % of);
        let mut play = Vec::new();
        root.play("", &mut choose, &mut play);

        let mut world = World::new();
        let mut worlds = vec![world.clone()];
        for (place, turn) in &play {
            world.apply(place, *turn);
            worlds.push(world.clone());
        }
        world.run.status = RunStatus::Completed;
        worlds.push(world.clone());

        let mut watched = Watched { journal: Vec::new(), tellers: vec![Teller::new("r"), Teller::new("r"), Teller::new("r")] };
        let mut now = 0;
        for (who, steps, cut, forgets) in &looks {
            let last = worlds.len() - 2;
            let then = (now + steps).min(last);
            if *forgets {
                watched.forget(*who);
            }
            watched.look(*who, &worlds[now.min(last)], &worlds[then], *cut);
            now = then;
        }
        for who in 0..6 {
            watched.look(who, &world, &world, who);
        }
        let journal = &watched.journal;

        // Each visit begins once, ends once, and one after the other in its strand.
        let mut began: BTreeMap<At, usize> = BTreeMap::new();
        let mut ended: BTreeMap<At, usize> = BTreeMap::new();
        for (number, event) in journal.iter().enumerate() {
            let Some(place) = place(event) else { continue };
            match event.name {
                Name::StepStart => prop_assert!(began.insert(place, number).is_none(), "begins twice"),
                Name::StepComplete | Name::Error => prop_assert!(ended.insert(place, number).is_none(), "ends twice"),
                Name::Status | Name::Delta | Name::ToolCall | Name::ToolResult | Name::Complete => prop_assert!(began.contains_key(&place) && (event.name == Name::Status || !ended.contains_key(&place))),
            }
        }
        prop_assert_eq!(began.keys().collect::<Vec<_>>(), world.records.keys().collect::<Vec<_>>());
        prop_assert_eq!(ended.keys().collect::<Vec<_>>(), world.records.keys().collect::<Vec<_>>());
        for (place, number) in &began {
            prop_assert!(*number < ended[place]);
            let before = began.keys().rfind(|other| *other < place && strand(other) == strand(place));
            if let Some(before) = before {
                prop_assert!(ended[before] < *number, "{} begins before {} ended", place, before);
            }
        }
        // Of what a model said, the last try is told whole and in order, and what came before it was told in order.
        let last_said = world.batches.iter().map(|batch| (&batch.at, &batch.attempt)).collect::<BTreeMap<_, _>>();
        for (place, attempt) in last_said {
            let told: Vec<&str> = journal.iter()
                .filter(|event| event.name == Name::Delta && self::place(event).as_ref() == Some(place))
                .filter_map(|event| event.data["content"].as_str()).collect();
            let mut sorted = told.clone();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert_eq!(&told, &sorted, "twice, or out of order");
            let begins = format!("{attempt}.");
            let of_last = told.iter().filter(|text| text.starts_with(&begins)).count();
            let said = world.batches.iter().filter(|batch| batch.at == *place && batch.attempt == *attempt).count();
            prop_assert_eq!(of_last, 2 * said);
        }
        prop_assert_eq!(journal.iter().filter(|event| event.name == Name::Complete).count(), 1);
        prop_assert_eq!(journal.last().map(|event| event.name), Some(Name::Complete));

        // However often a client is cut off, what it got before and after is everything, once.
        let mut got = Vec::new();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (journal.len() + 1)).collect();
        cuts.sort_unstable();
        cuts.push(journal.len());
        for cut in cuts {
            let from = got.len();
            got.extend(journal.iter().enumerate().skip(from).take(cut - from).map(|(number, _)| number));
        }
        prop_assert_eq!(got, (0..journal.len()).collect::<Vec<_>>());
    }
}

#[test]
fn a_run_that_was_resumed_goes_on_behind_its_first_end() {
    let mut world = World::new();
    let mut watched = Watched {
        journal: Vec::new(),
        tellers: vec![Teller::new("r")],
    };
    let (first, second) = (at("000000"), at("000001"));
    world.apply(&first, Turn::Completes);
    world.apply(&second, Turn::Says);
    world.apply(&second, Turn::Fails);
    world.run.status = RunStatus::Failed;
    world.run.error = Some(RunError {
        step: Some(format!("step-{second}")),
        code: "TOOL_ERROR".to_owned(),
        message: "no".to_owned(),
    });
    watched.look(0, &world, &world, 9);
    world.run.status = RunStatus::Running;
    world.run.generation = 1;
    watched.forget(0);
    watched.look(0, &world, &world, 9);
    world.apply(&second, Turn::Says);
    watched.look(0, &world, &world, 9);
    world.apply(&second, Turn::Completes);
    world.run.status = RunStatus::Completed;
    world.run.error = None;
    watched.look(0, &world, &world, 9);
    let told: Vec<String> = watched
        .journal
        .iter()
        .map(|event| {
            let text = |name: &str| event.data[name].as_str().unwrap_or_default().to_owned();
            format!(
                "{} {}{}{}",
                event.name.text(),
                text("status"),
                text("content"),
                text("code")
            )
        })
        .collect();
    let expected = [
        "status running",
        "step_start ",
        "step_complete completed",
        "step_start ",
        "delta 0001.0",
        "delta 0001.0+",
        "error TOOL_ERROR",
        "status failed",
        "complete failed",
        "status running",
        "step_start ",
        "delta 0002.0",
        "delta 0002.0+",
        "step_complete completed",
        "status completed",
        "complete completed",
    ];
    assert_eq!(told, expected);
}
