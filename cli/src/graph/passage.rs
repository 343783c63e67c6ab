//! What a run did in a graph: which steps it passed how often, and by which ports.

use pawl_store::{Record, RecordStatus};

use super::{Graph, Step};

/// How a step stands in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The run has not come to it.
    NotReached,
    /// Its last visit gave an output.
    Completed,
    /// It is being visited.
    Running,
    /// Its last visit failed.
    Failed,
}

impl Standing {
    /// Every standing, in the order of a legend.
    pub const ALL: [Self; 4] = [
        Self::Completed,
        Self::Failed,
        Self::Running,
        Self::NotReached,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotReached => "not reached",
            Self::Completed => "completed",
            Self::Running => "running",
            Self::Failed => "failed",
        }
    }
}

/// What a run did at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// How the step stands.
    pub standing: Standing,
    /// How often it was visited.
    pub visits: u64,
    /// How many of the visits failed.
    pub failures: u64,
}

impl Passed {
    const NOWHERE: Self = Self {
        standing: Standing::NotReached,
        visits: 0,
        failures: 0,
    };
}

impl Graph {
    /// Shows a run in the graph: its records, and the step that it is at if it is not over.
    #[must_use]
    pub fn passed(mut self, run: String, records: &[Record], current: Option<&str>) -> Self {
        self.run = Some(run);
        for way in &mut self.ways {
            way.taken = Some(0);
        }
        for step in &mut self.steps {
            step.passed = Some(Passed::NOWHERE);
        }
        for record in records {
            self.count(record);
        }
        let running = current.and_then(|slug| self.place(slug));
        if let Some(passed) = running.and_then(|place| self.at(place)) {
            passed.standing = Standing::Running;
        }
        self
    }

    fn count(&mut self, record: &Record) {
        // The intake is the trigger's, whatever other step has that name.
        let is_intake = record.at.is_root() && record.at.last() == 0;
        let place = if is_intake {
            Some(0)
        } else {
            self.place(&record.step)
        };
        let Some(place) = place else { return };
        if let Some(passed) = self.at(place) {
            passed.visits += 1;
            passed.standing = match record.status {
                RecordStatus::Completed => Standing::Completed,
                RecordStatus::Claimed | RecordStatus::Waiting => Standing::Running,
                RecordStatus::Failed => Standing::Failed,
                RecordStatus::Skipped => Standing::NotReached,
            };
            passed.failures += u64::from(record.status == RecordStatus::Failed);
        }
        let port = record.port.as_deref().or(is_intake.then_some("success"));
        let ways = self.ways.iter_mut();
        for way in ways.filter(|way| way.from == place && Some(way.port.as_ref()) == port) {
            way.taken = way.taken.map(|taken| taken + 1);
        }
    }

    /// The number of a step other than the trigger.
    fn place(&self, slug: &str) -> Option<usize> {
        let mut steps = self.steps.iter().enumerate().skip(1);
        let found = steps.find(|(_, step): &(_, &Step)| step.slug == slug);
        found.map(|(place, _)| place)
    }

    fn at(&mut self, place: usize) -> Option<&mut Passed> {
        self.steps.get_mut(place)?.passed.as_mut()
    }
}
