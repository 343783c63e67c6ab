//! Variables: the name exists, and has a value before it is read.

use pawl_contract::Kind;
use pawl_expression::Reference;

use super::{Place, Visit, name_at};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::graph::{Apart, Event, StepId};

impl Visit<'_, '_> {
    /// `variables` or `config`, with the name of a variable behind it.
    pub(super) fn variables_reference(
        &mut self,
        member: Option<&str>,
        reference: &Reference,
        place: &Place<'_>,
    ) {
        match member {
            Some(name) if self.known.variables.contains_key(name) => {
                self.variable(name, reference, place);
            }
            Some(name) => {
                let message = format!("there is no variable `{name}`");
                let help = "declare it: `\"config\": { \"variables\": { ... } }`, or set it in a step before";
                let near = near(name, self.known.variables.keys().map(String::as_str));
                let diagnostic = Diagnostic::error(codes::UNKNOWN_REFERENCE, message).help(help);
                self.say(diagnostic.perhaps_meant(name, near), place);
            }
            None => {
                let all = self.known.variables.keys().cloned();
                self.reads.variables.extend(all);
            }
        }
    }

    /// A variable that exists.
    pub(super) fn variable(&mut self, name: &str, reference: &Reference, place: &Place<'_>) {
        self.reads.variables.insert(name.to_owned());
        if self.known.definition.settings.variables.contains_key(name) || !self.known.is_whole {
            return;
        }
        let setters = self.known.variables.get(name);
        // What an iteration beside others sets is its own.
        let reader = self.step.map(|(reader, _)| reader);
        let is_seen = |setter: &&StepId| {
            let apart = reader.and_then(|reader| self.known.strands.apart(**setter, reader));
            !matches!(apart, Some(Apart::Items(_)))
        };
        let setters: Vec<StepId> = setters
            .into_iter()
            .flatten()
            .filter(is_seen)
            .copied()
            .collect();
        let Some((reader, step)) = self.step else {
            let message = format!("`{name}` is set by a step, and no step has run here");
            self.say(Diagnostic::error(codes::NEVER_SET, message), place);
            return;
        };
        if step.kind == Kind::Trigger {
            let message = format!("`{name}` has no value yet when the run begins");
            self.say(Diagnostic::error(codes::NEVER_SET, message), place);
            return;
        }
        // A step that sets variables reads those that it has set itself, one after the other.
        let set = crate::steps::variables_set(step).into_iter();
        let mut before = set.take_while(|(_, node)| !node.holds(&place.node.pointer));
        if before.any(|(own, _)| own == name) || !self.known.order.is_reachable(reader) {
            return;
        }
        let order = self.known.order;
        let mut possible = setters.iter();
        let is_possible = possible.any(|setter| order.ever(*setter, Event::Succeeded, reader));
        let is_always = order.one_always(&setters, reader);
        // Without a value, the name alone is that of the run's input.
        let is_bare = name_at(reference, 0) == Some(name);
        let is_answered = reference.has_default || self.chooses;
        if is_bare && !is_always && self.known.inputs.contains_key(name) {
            self.bare_input(name, reference, place);
        } else if is_bare && !is_possible && self.known.is_input_open {
            if is_answered {
                return;
            }
            let message = format!(
                "variable `{name}` has no value before step `{}`, unless the run's input has one",
                step.slug
            );
            let diagnostic = Diagnostic::warning(codes::MAY_NOT_BE_SET, message);
            let help = format!(
                "write `input.{name}` for a field of the run's input, or declare the variable in `config.variables`"
            );
            self.say(diagnostic.help(help), place);
        } else if !is_possible {
            let message = format!(
                "variable `{name}` cannot have a value before step `{}`",
                step.slug
            );
            let help = "set it in a step that comes earlier, or declare it in `config.variables`";
            self.say(
                self.never(codes::NEVER_SET, message, reference).help(help),
                place,
            );
        } else if !is_answered && !self.forgives() && !is_always && !self.is_settled(name, reader) {
            let message = format!(
                "variable `{name}` may have no value before step `{}`",
                step.slug
            );
            let help = "declare it in `config.variables`, or give a default: `... ?: 'none'`";
            self.say(
                Diagnostic::warning(codes::MAY_NOT_BE_SET, message).help(help),
                place,
            );
        }
    }
}
