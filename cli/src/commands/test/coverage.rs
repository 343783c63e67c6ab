//! Which ways through a workflow its tests take: the ports of its steps.

use std::collections::BTreeSet;

use pawl_compiler::Program;
use pawl_compiler::graph::BRANCHES;
use serde::Serialize;

use crate::report::Report;

/// The ports of a workflow, and those that some test takes.
#[derive(Debug, Default, Serialize)]
pub(super) struct Coverage {
    /// How many ports are taken.
    pub(super) taken: usize,
    /// Of how many.
    pub(super) of: usize,
    /// The ports that no test takes, as `step: port`.
    pub(super) never: Vec<String>,
    #[serde(skip)]
    all: Vec<(String, String)>,
    #[serde(skip)]
    seen: BTreeSet<(String, String)>,
}

impl Coverage {
    /// The ports that a workflow gives its steps, of those that a run can come to.
    pub(super) fn of(program: &Program) -> Self {
        let checked = &program.checked;
        let reachable = checked.graph.reachable();
        let steps = checked.definition.steps.iter().enumerate();
        let reached = steps.filter(|(id, _)| reachable.contains(*id));
        let ports = reached.flat_map(|(id, step)| {
            let ports = checked.graph.ports_of(id);
            // A branch begins whenever its step goes on.
            let ports = ports.filter(|(port, _)| !BRANCHES.contains(port));
            ports.map(|(port, _)| (step.slug.clone(), port.to_owned()))
        });
        Self {
            all: ports.collect(),
            ..Self::default()
        }
    }

    /// Takes note of the ports that a run took.
    pub(super) fn take(&mut self, report: &Report) {
        for visit in &report.steps {
            if let Some(port) = &visit.port {
                self.seen.insert((visit.step.clone(), port.clone()));
            }
        }
    }

    /// Counts.
    pub(super) fn settle(&mut self) {
        let never = self.all.iter().filter(|port| !self.seen.contains(port));
        self.never = never
            .map(|(step, port)| format!("{step}: {port}"))
            .collect();
        self.of = self.all.len();
        self.taken = self.of - self.never.len();
    }

    /// How many percent of the ports are taken, rounded down.
    pub(super) fn percent(&self) -> usize {
        (self.taken * 100).checked_div(self.of).unwrap_or(100)
    }

    /// Whether as many are taken as somebody asks for.
    pub(super) fn is_enough(&self, percent: Option<u64>) -> bool {
        percent.is_none_or(|percent| self.percent() as u64 >= percent)
    }
}
