//! Names that a loop or the run's input gives a meaning.

use pawl_contract::reference::ROOTS;

use super::{Place, Visit, binds};
use crate::diagnostic::{Diagnostic, codes, near};

/// The members of `loop`.
const LOOP: [&str; 6] = ["item", "index", "items", "state", "parent", "ownerStepSlug"];

impl Visit<'_, '_> {
    pub(super) fn loop_reference(&mut self, member: Option<&str>, place: &Place<'_>) {
        let around = self.step.map(|(id, _)| self.known.loops.around(id));
        if around.unwrap_or_default().is_empty() {
            if self.known.is_whole {
                let message = "`loop` is known only inside of a loop";
                let help = "read it in a step that a loop's `next` leads to";
                self.say(
                    Diagnostic::error(codes::OUTSIDE_LOOP, message).help(help),
                    place,
                );
            }
            return;
        }
        match member {
            Some(name) if LOOP.contains(&name) => {
                // A parent's list is under the same member, so any mention of `parent` may need it.
                self.reads.lists |=
                    name == "items" || name == "parent" && place.text().contains("items");
            }
            Some(name) => {
                let message = format!("`loop` has no `{name}`");
                let diagnostic = Diagnostic::error(codes::UNKNOWN_REFERENCE, message)
                    .help(format!("read a field of the item: `loop.item.{name}`"));
                self.say(diagnostic.meant(name, near(name, LOOP)), place);
            }
            None => self.reads.lists = true,
        }
    }

    /// A name that only a loop around the step or the run's input can give.
    pub(super) fn bound_name(&mut self, name: &str, place: &Place<'_>) {
        if self.is_bound(name) {
            return;
        }
        let steps = self.known.definition.steps.iter();
        match steps.into_iter().find(|step| binds(step, name)) {
            Some(head) if self.known.is_whole => {
                let message = format!("`{name}` is known only inside of loop `{}`", head.slug);
                self.say(Diagnostic::error(codes::OUTSIDE_LOOP, message), place);
            }
            Some(_) => {}
            None => self.unknown_name(name, place),
        }
    }

    /// Whether a loop around the step or the run's declared input gives the name a meaning.
    pub(super) fn is_bound(&self, name: &str) -> bool {
        let around = self.step.map(|(id, _)| self.known.loops.around(id));
        let steps = &self.known.definition.steps;
        let heads = around.unwrap_or_default().iter();
        let mut heads = heads.filter_map(|head| steps.get(*head));
        heads.any(|head| binds(head, name))
            || self.known.inputs.contains(name)
            || self
                .step
                .is_some_and(|(_, step)| crate::steps::names(step).any(|own| own == name))
    }

    fn unknown_name(&mut self, name: &str, place: &Place<'_>) {
        let message = format!("there is nothing named `{name}`");
        let diagnostic = Diagnostic::error(codes::UNKNOWN_REFERENCE, message);
        let variables = self.known.variables.keys().map(String::as_str);
        let known = variables.chain(self.known.inputs.iter().copied());
        if let Some(near) = near(name, known.chain(ROOTS)) {
            self.say(diagnostic.perhaps_meant(name, Some(near)), place);
            return;
        }
        let is_own = self.known.names.contains_key(name) || is_compared(place);
        if self.known.is_input_open && !is_own {
            let message = format!("there is nothing named `{name}`, unless the run's input has it");
            let field = format!("input.{name}");
            let diagnostic = Diagnostic::warning(codes::UNKNOWN_REFERENCE, message);
            self.say(diagnostic.perhaps_meant(name, Some(&field)), place);
            return;
        }
        let help = if self.known.names.contains_key(name) {
            format!("write `steps.{name}.output` for the output of that step")
        } else if is_compared(place) {
            format!(
                "write `'{name}'` if it is a text, or `input.{name}` for a field of the run's input"
            )
        } else {
            format!(
                "write `input.{name}` for a field of the run's input, or set a variable `{name}`"
            )
        };
        self.say(diagnostic.help(help), place);
    }
}

/// Whether a name stands right behind a comparison, where authors forget quotes.
fn is_compared(place: &Place<'_>) -> bool {
    let before = place.text().get(..place.inner.start).unwrap_or_default();
    let before = before.trim_end();
    let is_whole = place.text().len() == place.inner.end
        || !place
            .text()
            .get(place.inner.end..)
            .is_some_and(|rest| rest.starts_with(['.', '[']));
    is_whole
        && ["==", "!=", "contains", "includes", " in"]
            .iter()
            .any(|operator| before.ends_with(operator))
}
