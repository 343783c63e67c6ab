//! Functions that are invoked by themselves, with nobody waiting for their answer.

use serde_json::Value;

use crate::jobs::{Job, JobWork};
use crate::journal::Broken;

use super::Shared;

impl Shared {
    /// Has a function invoked; that it will be is kept when this returns. It blocks on the disk.
    pub(crate) fn invoke_later(&self, function: String, payload: Value) -> Result<(), Broken> {
        let job = Job {
            due: self.now(),
            work: JobWork::Invoke {
                function,
                payload,
                retries: 0,
            },
        };
        let number = {
            let mut state = self.state();
            state.unwritten += 1;
            self.note_work();
            state.next_job()
        };
        let written = self.journal.write_and_wait(vec![job.write(number)]);
        let mut state = self.state();
        state.unwritten -= 1;
        if written.is_ok() {
            state.jobs.add(job.due, number, job.work);
        }
        self.stir();
        written
    }
}
