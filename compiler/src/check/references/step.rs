//! `steps.X`: the step exists, and has run before this one.

use pawl_contract::Kind;
use pawl_expression::Reference;

use super::{Place, Visit, is_bare, name_at};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::graph::{Apart, Event, StepId};
use crate::steps::Text;

impl Visit<'_, '_> {
    pub(super) fn step_reference(
        &mut self,
        slug: Option<&str>,
        reference: &Reference,
        place: &Place<'_>,
    ) {
        let Some(slug) = slug else {
            let message = "`steps` is read step by step";
            let diagnostic = Diagnostic::error(codes::UNKNOWN_REFERENCE, message);
            self.say(diagnostic.help("name a step: `steps.<slug>.output`"), place);
            return;
        };
        let definition = self.known.definition;
        let Some(target) = self.known.names.get(slug).copied() else {
            if !definition.refused.iter().any(|refused| refused == slug) {
                let near = near(slug, self.known.names.keys().map(String::as_str));
                let message = format!("there is no step `{slug}`");
                let diagnostic = Diagnostic::error(codes::UNKNOWN_REFERENCE, message);
                self.say(diagnostic.perhaps_meant(slug, near), place);
            }
            return;
        };
        self.reads.steps.insert(slug.to_owned());
        let Some((reader, step)) = self.step else {
            let message =
                format!("no step has run when variables get their first value, `{slug}` neither");
            self.say(Diagnostic::error(codes::NEVER_RAN, message), place);
            return;
        };
        // A trigger has run before everything else; intake leaves its record.
        let is_trigger = |step: &crate::definition::Step| step.kind == Kind::Trigger;
        if is_trigger(step) {
            let message = format!("no step has run when the run begins, `{slug}` neither");
            let help = "read `input`";
            let diagnostic = Diagnostic::error(codes::NEVER_RAN, message).help(help);
            self.say(diagnostic, place);
            return;
        }
        if definition.steps.get(target).is_some_and(is_trigger)
            || !self.known.is_whole
            || !self.known.order.is_reachable(reader)
        {
            return;
        }
        // A step that may be skipped has had its turn where the condition in front of it has.
        let front = self.known.fronts.get(slug).copied();
        let may_fail = definition.steps.get(target).is_some_and(|step| {
            let error = step.ports.get("error");
            // How it stands is known of a step that failed as well.
            let is_of_any = matches!(name_at(reference, 2), Some("status" | "visits" | "error"));
            front.is_some() && error.is_some() && !is_of_any
        });
        if let Some(front) = front.filter(|_| !may_fail)
            && self.known.strands.apart(target, reader).is_none()
            && self.known.order.ever(target, Event::Ran, reader)
            && self.known.order.always(front, Event::Ran, reader)
        {
            return;
        }
        if let Some(diagnostic) = self.timing(target, slug, reader, reference, place) {
            self.say(diagnostic, place);
        }
    }

    /// What there is to say of a step that runs beside the one that refers to it.
    fn apart(&self, apart: Apart, slug: &str) -> Option<Diagnostic> {
        let by = &self.step?.1.slug;
        let slug_of = |id: StepId| self.known.definition.steps.get(id).map(|step| &step.slug);
        let (message, help) = match apart {
            Apart::Branches(owner) => {
                let owner = slug_of(owner)?;
                (
                    format!("steps `{slug}` and `{by}` run side by side, in branches of `{owner}`"),
                    "read it after the branches have come together".to_owned(),
                )
            }
            Apart::Items(owner) => {
                let owner = slug_of(owner)?;
                (
                    format!("step `{slug}` runs once per item of `{owner}`, side by side"),
                    format!(
                        "read what the last step of each iteration gave: `steps.{owner}.output.results`"
                    ),
                )
            }
        };
        Some(Diagnostic::error(codes::NEVER_RAN, message).help(help))
    }

    /// What there is to say about when a step runs that another one refers to.
    fn timing(
        &self,
        target: StepId,
        slug: &str,
        reader: StepId,
        reference: &Reference,
        place: &Place<'_>,
    ) -> Option<Diagnostic> {
        let order = self.known.order;
        let by = &self.step?.1.slug;
        let reads_output = name_at(reference, 2) == Some("output");
        if let Some(apart) = self.known.strands.apart(target, reader) {
            return self.apart(apart, slug);
        }
        if !order.ever(target, Event::Ran, reader) {
            let message = if target == reader {
                format!("step `{slug}` cannot read what it has not done yet")
            } else {
                format!("step `{slug}` cannot have run before step `{by}`")
            };
            let help = "refer to a step that comes earlier";
            return Some(self.never(codes::NEVER_RAN, message, reference).help(help));
        }
        if reference.has_default || self.chooses || self.forgives() {
            return None;
        }
        let together: Vec<StepId> = self.alternatives.iter().copied().chain([target]).collect();
        if together.len() > 1 && order.one_always(&together, reader) {
            return None;
        }
        if self.is_settled(&format!("steps.{slug}"), reader) {
            return None;
        }
        let default = "give a default for when it did not: `... ?: 'none'`";
        if !order.always(target, Event::Ran, reader) {
            let message = format!("step `{slug}` may not have run before step `{by}`");
            return Some(Diagnostic::warning(codes::MAY_NOT_HAVE_RUN, message).help(default));
        }
        if reads_output && !order.ever(target, Event::Succeeded, reader) {
            let message = format!("step `{slug}` has failed where step `{by}` runs");
            let help = format!("read `steps.{slug}.error`");
            return Some(Diagnostic::warning(codes::MAY_NOT_HAVE_RUN, message).help(help));
        }
        // In an expression, the output of a step that failed is null, as every missing member.
        let prints = self.reading == Text::Template && is_bare(place);
        if reads_output && prints && !order.always(target, Event::Succeeded, reader) {
            let message = format!("step `{slug}` may have failed before step `{by}`");
            return Some(Diagnostic::warning(codes::MAY_NOT_HAVE_RUN, message).help(default));
        }
        None
    }
}
