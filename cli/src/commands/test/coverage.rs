//! Which ways through a workflow its tests take: the ports of its steps.

use indexmap::IndexMap;
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
    /// By step and port: whether some test takes it, and its name for people.
    #[serde(skip)]
    all: IndexMap<(String, String), (bool, String)>,
}

impl Coverage {
    /// The ports that a workflow gives its steps, of those that a run can come to.
    pub(super) fn of(program: &Program) -> Self {
        let checked = &program.checked;
        let reachable = checked.graph.reachable();
        let steps = checked.definition.steps.iter().enumerate();
        let reached = steps.filter(|(id, _)| reachable.contains(*id));
        let authored = &program.authored;
        let mut all = IndexMap::new();
        for (id, step) in reached {
            let ports = checked.graph.ports_of(id);
            // A branch begins whenever its step goes on.
            let ports = ports.filter(|(port, _)| !BRANCHES.contains(port));
            let ports: Vec<&str> = ports.map(|(port, _)| port).collect();
            let slug = step.slug.as_str();
            // A step that nobody wrote is a way through the workflow only where it decides.
            if authored.is_made(slug) && ports.len() < 2 {
                continue;
            }
            let owner = authored.owner(slug).unwrap_or(slug);
            for port in ports {
                let name = format!("{owner}: {}", authored.port(slug, port));
                all.insert((slug.to_owned(), port.to_owned()), (false, name));
            }
        }
        Self {
            all,
            ..Self::default()
        }
    }

    /// Takes note of the ports that a run took.
    pub(super) fn take(&mut self, report: &Report) {
        for visit in &report.steps {
            let Some(port) = &visit.port else { continue };
            let port = (visit.step.clone(), port.clone());
            if let Some((is_taken, _)) = self.all.get_mut(&port) {
                *is_taken = true;
            }
        }
    }

    /// Counts.
    pub(super) fn settle(&mut self) {
        let never = self.all.values().filter(|(is_taken, _)| !is_taken);
        self.never = never.map(|(_, name)| name.clone()).collect();
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
