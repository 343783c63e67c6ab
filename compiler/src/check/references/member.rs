//! Members of what has known ones: `steps.X`, its error, `trigger`, `loop`, and what conditions and loops give.

use pawl_contract::Kind;
use pawl_contract::catalogue::Operation;
use pawl_contract::reference::{
    APPROVAL_MEMBERS, CONDITION_MEMBERS, DELAY_MEMBERS, ERROR_MEMBERS, LOOP_MEMBERS,
    LOOP_OUTPUT_MEMBERS, PARALLEL_MEMBERS, REQUEST_MEMBERS, STATE_MEMBERS, STEP_MEMBERS,
    SWITCH_MEMBERS, TRIGGER_MEMBERS,
};
use pawl_expression::Reference;

use super::{Place, Visit, name_at};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::steps;

impl Visit<'_, '_> {
    /// Refuses a member that nothing ever has: a comparison with it would silently be with null.
    pub(super) fn members(&mut self, reference: &Reference, place: &Place<'_>) {
        let name = |at: usize| name_at(reference, at);
        match (name(0), name(1), name(2)) {
            (Some("steps"), Some(slug), Some("error")) => {
                let owner = format!("steps.{slug}.error");
                self.member(&owner, &ERROR_MEMBERS, name(3), place);
            }
            (Some("steps"), Some(slug), Some("output")) => {
                // `output.data.x` is `output.x`.
                let at = if name(3) == Some("data") { 4 } else { 3 };
                let member = name(at).filter(|member| !["meta", "type"].contains(member));
                self.surround(slug, member);
                let members = self.output_members(slug);
                if let Some(members) = members {
                    self.member(&format!("steps.{slug}.output"), members, member, place);
                }
                if members == Some(&LOOP_OUTPUT_MEMBERS) && member == Some("state") {
                    let owner = format!("steps.{slug}.output.state");
                    self.member(&owner, &STATE_MEMBERS, name(at + 1), place);
                }
            }
            (Some("steps"), Some(slug), member) => {
                self.member(&format!("steps.{slug}"), &STEP_MEMBERS, member, place);
            }
            (Some("trigger"), member, _) => self.member("trigger", &TRIGGER_MEMBERS, member, place),
            (Some("loop"), Some("state"), member) => {
                self.member("loop.state", &STATE_MEMBERS, member, place);
            }
            (Some("loop"), member, _) => self.member("loop", &LOOP_MEMBERS, member, place),
            _ => {}
        }
    }

    /// Notes a member that an action's answer has only where somebody reads it.
    fn surround(&mut self, slug: &str, member: Option<&str>) {
        let step = self.known.names.get(slug);
        let step = step.and_then(|id| self.known.definition.steps.get(*id));
        let operation = step.and_then(steps::operation);
        let known = operation.map(Operation::surrounds).unwrap_or_default();
        let found = known.iter().find(|known| member == Some(**known));
        let found = found.map(|known| (slug.to_owned(), *known));
        self.reads.surrounds.extend(found);
    }

    /// What a step's output has, where that is always the same.
    fn output_members(&self, slug: &str) -> Option<&'static [&'static str]> {
        let target = self.known.names.get(slug)?;
        match self.known.definition.steps.get(*target)?.kind {
            Kind::Condition => Some(&CONDITION_MEMBERS),
            Kind::Switch => Some(&SWITCH_MEMBERS),
            Kind::Loop => Some(&LOOP_OUTPUT_MEMBERS),
            Kind::Request => Some(&REQUEST_MEMBERS),
            Kind::Approval => Some(&APPROVAL_MEMBERS),
            Kind::Delay => Some(&DELAY_MEMBERS),
            Kind::Trigger
            | Kind::Llm
            | Kind::Action
            | Kind::Transform
            | Kind::Signal
            | Kind::Subflow
            | Kind::Merge => None,
            Kind::Parallel => Some(&PARALLEL_MEMBERS),
        }
    }

    fn member(&mut self, owner: &str, members: &[&str], member: Option<&str>, place: &Place<'_>) {
        let Some(word) = member.filter(|word| !members.contains(word)) else {
            return;
        };
        let help = match owner {
            "trigger" => format!("read what the trigger received: `trigger.data.{word}`"),
            "loop" => format!("read a field of the item: `loop.item.{word}`"),
            owner
                if STEP_MEMBERS
                    .iter()
                    .chain(&["state"])
                    .any(|known| owner.ends_with(known)) =>
            {
                format!("it has {}", crate::fields::list(members))
            }
            owner => format!("read what the step gave: `{owner}.output.{word}`"),
        };
        let message = format!("`{owner}` has no `{word}`");
        let diagnostic = Diagnostic::error(codes::UNKNOWN_REFERENCE, message).help(help);
        self.say(
            diagnostic.meant(word, near(word, members.iter().copied())),
            place,
        );
    }
}
