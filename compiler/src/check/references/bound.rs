//! Names that a loop or the run's input gives a meaning.

use pawl_contract::reference::ROOTS;
use pawl_expression::{Reference, Segment};

use super::{Place, Visit, binds};
use crate::diagnostic::{Diagnostic, codes, near};

impl Visit<'_, '_> {
    pub(super) fn loop_reference(
        &mut self,
        member: Option<&str>,
        reference: &Reference,
        place: &Place<'_>,
    ) {
        // A parent's list is under the same member, so any mention of `parent` may need it.
        self.reads.lists |= match member {
            Some("parent") => place.text().contains("items"),
            member => member.is_none_or(|member| member == "items"),
        };
        let Some((id, step)) = self.step.filter(|_| self.known.is_whole) else {
            return;
        };
        let around = self.known.loops.around(id);
        let parents = reference.path.iter().skip(1);
        let parent = Segment::Name("parent".to_owned());
        let parents = parents.take_while(|segment| **segment == parent).count();
        if around.is_empty() {
            let message = "`loop` is known only inside of a loop";
            let help = "read it in a step that a loop's `next` leads to";
            let diagnostic = Diagnostic::error(codes::OUTSIDE_LOOP, message).help(help);
            self.say(diagnostic, place);
        } else if parents >= around.len() {
            let loops = if around.len() == 1 { "loop" } else { "loops" };
            let message = format!(
                "step `{}` stands in only {} {loops}, and this asks for one further out",
                step.slug,
                around.len()
            );
            let diagnostic = Diagnostic::error(codes::OUTSIDE_LOOP, message);
            self.say(diagnostic.help("`loop` itself is the innermost one"), place);
        } else if self.known.loops.is_shared(id) && !reference.has_default && !self.chooses {
            let message = format!(
                "step `{}` runs outside of the loop, too, where `loop` is not known",
                step.slug
            );
            let help = "use one copy of the step inside of the loop and another outside";
            let diagnostic = Diagnostic::warning(codes::OUTSIDE_LOOP, message).help(help);
            self.say(diagnostic, place);
        }
    }

    /// A name that only a loop around the step or the run's input can give.
    pub(super) fn bound_name(&mut self, name: &str, reference: &Reference, place: &Place<'_>) {
        if self.is_of_step(name, place) || self.is_of_loop(name) {
            return;
        }
        if self.known.inputs.contains_key(name) {
            self.bare_input(name, reference, place);
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
    pub(super) fn is_bound(&self, name: &str, place: &Place<'_>) -> bool {
        self.is_of_loop(name)
            || self.known.inputs.contains_key(name)
            || self.is_of_step(name, place)
    }

    fn is_of_loop(&self, name: &str) -> bool {
        let around = self.step.map(|(id, _)| self.known.loops.around(id));
        let steps = &self.known.definition.steps;
        let heads = around.unwrap_or_default().iter();
        let mut heads = heads.filter_map(|head| steps.get(*head));
        heads.any(|head| binds(head, name))
    }

    /// Whether the step itself gives the name a meaning, before the place that reads it.
    fn is_of_step(&self, name: &str, place: &Place<'_>) -> bool {
        let Some((_, step)) = self.step else {
            return false;
        };
        let mut own =
            crate::steps::names(step).take_while(|(_, node)| !node.holds(&place.node.pointer));
        own.any(|(own, _)| own == name)
    }

    fn unknown_name(&mut self, name: &str, place: &Place<'_>) {
        let message = format!("there is nothing named `{name}`");
        let diagnostic = Diagnostic::error(codes::UNKNOWN_REFERENCE, message);
        let variables = self.known.variables.keys().map(String::as_str);
        let known = variables.chain(self.known.inputs.keys().copied());
        let given = self.given(place).iter().copied();
        if let Some(near) = near(name, known.chain(ROOTS).chain(given)) {
            self.say(diagnostic.perhaps_meant(name, Some(near)), place);
            return;
        }
        let of_step = self.step.into_iter();
        let mut of_step = of_step.flat_map(|(_, step)| crate::steps::names(step));
        let is_own = self.known.names.contains_key(name)
            || is_compared(place)
            || of_step.any(|(own, _)| own == name);
        if self.known.is_input_open && !is_own {
            let message = format!("there is nothing named `{name}`, unless the run's input has it");
            let help = format!("write `input.{name}`, or declare it in the trigger's `inputs`");
            let diagnostic = Diagnostic::warning(codes::UNKNOWN_REFERENCE, message);
            let diagnostic = diagnostic.perhaps_meant(name, Some(&format!("input.{name}")));
            self.say(diagnostic.help(help), place);
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
