//! The shape of a run, which is decided before any step is written: what is folded into another step, what has a
//! condition in front of it, whether steps wait for each other, and where the run begins.

use super::super::super::build::{Object, text};
use super::super::words::What;
use super::super::{asked, given};
use super::{Writer, kind, own_condition};

impl Writer<'_> {
    /// Whether a step is no step here: a prompt that nothing leads to is part of the agents that it feeds.
    pub(super) fn is_folded(&self, at: usize) -> bool {
        let is_prompt = self
            .steps
            .get(at)
            .is_some_and(|step| step.what == What::Prompt);
        is_prompt
            && !self.before(at).any(|step| {
                self.steps
                    .get(step)
                    .is_some_and(|step| step.what != What::Prompt)
            })
    }

    /// Takes prompts out of the way of a run.
    pub(super) fn fold(&mut self) {
        let folded: Vec<usize> = (0..self.steps.len())
            .filter(|at| self.is_folded(*at))
            .collect();
        self.edges.entries.retain(|entry| !folded.contains(entry));
        // An agent that only a prompt leads to begins with the run.
        for prompt in folded {
            let fed: Vec<usize> = self.edges.after(prompt).collect();
            for agent in fed {
                let others = self
                    .before(agent)
                    .filter(|step| !self.is_folded(*step))
                    .count();
                if others == 0 && !self.edges.entries.contains(&agent) {
                    self.edges.entries.push(agent);
                }
            }
        }
    }

    /// Gives every step with a condition of its own that leads elsewhere the name of the condition in front of it.
    pub(super) fn guard(&mut self) {
        for at in 0..self.steps.len() {
            let Some(step) = self.steps.get(at) else {
                continue;
            };
            // What an approval leads to else is for whoever rejects.
            let leads = given(step.node, "else_steps").is_some() && step.what != What::Approval
                || matches!(step.what, What::Loop | What::Parallel);
            if leads && own_condition(step).is_some() {
                let name = self.name(&format!("{}_if", step.slug));
                self.guards.insert(at, name);
            }
        }
    }

    /// Whether steps only wait for each other, in a shape that is more than one line after the other.
    pub(super) fn is_graph(&self) -> bool {
        // What a loop repeats is led by its ports in any case.
        let outside = || {
            let steps = self.steps.iter().zip(&self.edges.out).enumerate();
            let outside = steps.filter(|(at, _)| !self.repeated.contains(at));
            outside.map(|(_, (step, ports))| (step.what, ports))
        };
        let chooses = |what: What| matches!(what, What::Condition | What::Parallel);
        if outside().any(|(what, _)| chooses(what)) || !self.guards.is_empty() {
            return false;
        }
        let leads_elsewhere = outside().any(|(what, ports)| {
            let elsewhere =
                |port: &str| port != what.onward() && !(what == What::Loop && port == "next");
            let mut ports = ports.iter();
            ports.any(|(port, targets)| elsewhere(port) && !targets.is_empty())
        });
        let several = |targets: &Vec<usize>| targets.len() > 1;
        let divides = self.edges.entries.len() > 1
            || outside().any(|(what, ports)| ports.get(what.onward()).is_some_and(several))
            || (!self.edges.entries.is_empty() && self.trigger.is_some());
        divides && !leads_elsewhere && !self.has_cycle()
    }

    /// Whether some step leads back to itself, but for a loop's; such steps do not wait for each other.
    fn has_cycle(&self) -> bool {
        !self.edges.are_dependencies && asked::order(self.steps, &self.edges).is_none()
    }

    /// Where a run begins.
    pub(super) fn enter(&mut self) {
        let entries = std::mem::take(&mut self.edges.entries);
        if entries.is_empty() {
            return;
        }
        if let Some(trigger) = self.trigger {
            if let Some(ports) = self.edges.out.get_mut(trigger) {
                let targets = ports.entry("success").or_default();
                for entry in entries {
                    if !targets.contains(&entry) && entry != trigger {
                        targets.push(entry);
                    }
                }
            }
            return;
        }
        let Some(first) = entries
            .first()
            .copied()
            .and_then(|entry| self.steps.get(entry))
        else {
            return;
        };
        let name = self.name("start");
        let trigger = kind(first.node, &name, "trigger");
        let mut trigger = trigger;
        let target = self.target(&entries, None, first.node, "start");
        let mut next = Object::of(first.node);
        next.put("success", text(first.node, target));
        trigger.put("config", Object::of(first.node).build());
        trigger.put("nextSteps", next.build());
        self.natives.insert(0, trigger.build());
    }
}
