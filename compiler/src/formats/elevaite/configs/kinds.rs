//! What each kind of step becomes: its type in the native format, and its configuration.

use super::super::super::Translation;
use super::super::super::build::{Object, text};
use super::super::steps::Step;
use super::super::words::What;
use super::super::{agents, choices, data, entry, loops, requests, tools, transforms, waits};
use super::Writer;

impl Writer<'_> {
    /// Whether two of some steps may run side by side: both of them, if they have conditions.
    pub(super) fn run_side_by_side(&self, steps: &[&Step<'_>]) -> bool {
        let ids = |step: &&&Step<'_>| self.steps.iter().position(|other| other.slug == step.slug);
        let ids: Vec<usize> = steps.iter().filter_map(|step| ids(&step)).collect();
        self.edges.run_side_by_side(&ids)
    }

    /// The type of a step in the native format, and its configuration.
    pub(super) fn config(
        &self,
        step: &Step<'_>,
        at: usize,
        before: &[&Step<'_>],
        translation: &mut Translation<'_>,
    ) -> (&'static str, Object) {
        let texts = self.texts;
        match step.what {
            What::Trigger | What::Input if self.trigger == Some(at) => {
                let config = entry::trigger(step, translation);
                let mut object = Object::of(&config);
                for entry in config.entries() {
                    object.rename(entry, entry.key.clone());
                }
                ("trigger", object)
            }
            What::Trigger | What::Input => {
                entry::other(at, self.steps, translation);
                (
                    "transform",
                    agents::passing(step, text(step.node, "{{input}}")),
                )
            }
            What::Output => {
                let side_by_side = self.run_side_by_side(before);
                ("output", data::output(step, before, side_by_side, texts))
            }
            // A run begins with one of its inputs, so there is nothing to wait for.
            What::Merge if !before.is_empty() && before.iter().all(|step| step.what.begins()) => (
                "transform",
                agents::passing(step, text(step.node, "{{input}}")),
            ),
            What::Merge if data::takes_first(step) => {
                if self.run_side_by_side(before) {
                    translation.differs(
                        "merges-wait",
                        step.get("mode").unwrap_or(step.node),
                        format!(
                            "`{}` waits for all that runs side by side before it",
                            step.id
                        ),
                    );
                }
                let place =
                    |other: &Step<'_>| self.steps.iter().position(|step| step.slug == other.slug);
                // The rejection of one that leads elsewhere then is nothing that it gave.
                let is_only_approved = |other: &&&Step<'_>| {
                    let ports = place(other).and_then(|place| self.edges.out.get(place));
                    let rejected = ports.and_then(|ports| ports.get("rejected"));
                    other.what == What::Approval && !rejected.is_some_and(|led| led.contains(&at))
                };
                let approvals = before.iter().filter(is_only_approved);
                let approvals: Vec<&str> = approvals.map(|step| step.slug.as_str()).collect();
                data::first(step, before, &approvals, |other| {
                    let place = place(other)?;
                    self.ways.get(&place).map(String::as_str)
                })
            }
            What::Merge => ("merge", data::merge(step, before)),
            What::Prompt => ("transform", agents::prompt(step, texts)),
            What::Agent => ("llm", agents::agent(step, before, texts, translation)),
            What::Tool => ("action", tools::tool(step, texts, translation)),
            What::Subflow => ("subflow", waits::subflow(step, texts)),
            What::Approval => ("approval", waits::approval(step, texts)),
            What::Data | What::Refused(_) => ("transform", data::input(step, texts)),
            What::Transform => (
                "transform",
                transforms::transform(step, before, texts, translation),
            ),
            What::Condition => ("condition", choices::condition(step, texts, translation)),
            What::Verdict => ("transform", choices::verdict(step, texts, translation)),
            What::Loop => ("loop", loops::r#loop(step, texts, translation)),
            What::Parallel => ("parallel", Object::of(step.node)),
            What::Delay => ("delay", waits::delay(step, texts)),
            What::Request => ("request", requests::request(step, texts)),
        }
    }
}
