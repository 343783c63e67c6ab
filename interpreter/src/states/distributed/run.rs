//! A Map Run: what AWS's API tells of the iterations of a distributed Map, and when they have failed too often.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The iterations of a distributed Map, as AWS's `DescribeMapRun` shows them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MapRun {
    /// Its ARN.
    pub map_run_arn: String,
    /// The ARN of the machine that its child executions have.
    pub state_machine_arn: String,
    /// The name of the Map.
    pub state: String,
    /// Where it stands.
    pub status: MapRunStatus,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub stopped_at: Option<Timestamp>,
    /// How often it was redriven.
    pub redrive_count: u64,
    /// When it was redriven last.
    pub redriven_at: Option<Timestamp>,
    /// How many child executions may run at once; 0 for as many as AWS allows.
    pub max_concurrency: u64,
    /// How many items may fail.
    pub tolerated_failure_count: u64,
    /// How many items may fail, of a hundred.
    pub tolerated_failure_percentage: f64,
    /// The items.
    pub item_counts: MapRunCounts,
    /// The child executions.
    pub execution_counts: MapRunCounts,
    /// Which of the two thresholds the Map names: one that nobody named does not count.
    #[serde(skip)]
    pub(crate) thresholds: Thresholds,
}

/// Where a Map Run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MapRunStatus {
    /// It has not ended.
    Running,
    /// It ended well.
    Succeeded,
    /// It failed.
    Failed,
    /// It was given up.
    Aborted,
}

/// How many items or child executions of a Map Run are where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MapRunCounts {
    /// Not begun.
    pub pending: u64,
    /// At work.
    pub running: u64,
    /// Ended well.
    pub succeeded: u64,
    /// Failed.
    pub failed: u64,
    /// Took too long.
    pub timed_out: u64,
    /// Stopped, by whomever.
    pub aborted: u64,
    /// All of them.
    pub total: u64,
    /// Those whose results are in the Map's result, or were written by its ResultWriter.
    pub results_written: u64,
    /// Those that failed and that no redrive can help.
    pub failures_not_redrivable: u64,
    /// Those that a redrive is about to begin again.
    pub pending_redrive: u64,
}

/// What `UpdateMapRun` changes; what is absent stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateMapRun {
    /// How many child executions may run at once.
    pub max_concurrency: Option<u64>,
    /// How many items may fail.
    pub tolerated_failure_count: Option<u64>,
    /// How many items may fail, of a hundred.
    pub tolerated_failure_percentage: Option<f64>,
}

/// The thresholds that somebody has named.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Thresholds {
    pub(crate) count: Option<u64>,
    pub(crate) percentage: Option<f64>,
}

/// Where a child execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Pending,
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
}

impl MapRunCounts {
    fn at(&mut self, place: Place) -> &mut u64 {
        match place {
            Place::Pending => &mut self.pending,
            Place::Running => &mut self.running,
            Place::Succeeded => &mut self.succeeded,
            Place::Failed => &mut self.failed,
            Place::TimedOut => &mut self.timed_out,
            Place::Aborted => &mut self.aborted,
        }
    }

    fn change(&mut self, from: Place, to: Place, number: u64) {
        let from = self.at(from);
        *from = from.saturating_sub(number);
        *self.at(to) += number;
    }
}

impl MapRun {
    /// Counts a child execution for a number of items, not begun.
    pub(crate) fn add(&mut self, items: u64) {
        for (counts, number) in [
            (&mut self.execution_counts, 1),
            (&mut self.item_counts, items),
        ] {
            counts.pending += number;
            counts.total += number;
        }
    }

    /// Moves a child execution, with its items, from one place to another.
    pub(crate) fn change(&mut self, from: Place, to: Place, items: u64) {
        self.execution_counts.change(from, to, 1);
        self.item_counts.change(from, to, items);
    }

    /// Everything that has ended by itself has its result where results go.
    pub(crate) fn results_are_written(&mut self) {
        for counts in [&mut self.execution_counts, &mut self.item_counts] {
            counts.results_written = counts.succeeded + counts.failed + counts.timed_out;
        }
    }

    /// Whether more items have failed or timed out than may. A Map that names no threshold tolerates nothing.
    pub(crate) fn has_failed_too_often(&self) -> bool {
        let failed = self.item_counts.failed + self.item_counts.timed_out;
        if failed == 0 {
            return false;
        }
        // Measured on AWS: a threshold of zero counts as none.
        let count = self.thresholds.count.filter(|count| *count > 0);
        let percentage = self.thresholds.percentage.filter(|share| *share > 0.0);
        let too_many = count.is_some_and(|count| failed > count);
        #[expect(clippy::cast_precision_loss, reason = "items are far fewer than 2^53")]
        let share = 100.0 * failed as f64 / self.item_counts.total as f64;
        let too_large = percentage.is_some_and(|percentage| share > percentage);
        too_many || too_large || (count.is_none() && percentage.is_none())
    }

    /// Takes over what `UpdateMapRun` says.
    pub(crate) fn update(&mut self, update: UpdateMapRun) {
        if let Some(concurrency) = update.max_concurrency {
            self.max_concurrency = concurrency;
        }
        if let Some(count) = update.tolerated_failure_count {
            self.tolerated_failure_count = count;
            self.thresholds.count = Some(count);
        }
        if let Some(percentage) = update.tolerated_failure_percentage {
            self.tolerated_failure_percentage = percentage;
            self.thresholds.percentage = Some(percentage);
        }
    }
}
