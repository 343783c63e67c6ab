//! `input.X`: what a trigger declares, and whether it is always given.

use pawl_expression::Reference;

use super::{Place, Visit, is_bare};
use crate::diagnostic::{Diagnostic, codes};
use crate::steps::Text;

impl Visit<'_, '_> {
    pub(super) fn input_reference(
        &mut self,
        member: Option<&str>,
        reference: &Reference,
        place: &Place<'_>,
    ) {
        let Some(name) = member else { return };
        // What the trigger does not declare is spoken of where types are.
        let Some(is_given) = self.known.inputs.get(name).copied() else {
            return;
        };
        // In an expression, an input that is not given is null, as every missing member.
        let prints = self.reading == Text::Template && is_bare(place);
        if prints && !is_given && !reference.has_default && !self.forgives() {
            self.may_not_be_given(name, place);
        }
    }

    /// An input that is not required and has no default.
    fn may_not_be_given(&mut self, name: &str, place: &Place<'_>) {
        let message = format!("the input `{name}` may not be given");
        let help = "require it, declare a `default`, or give one here: `... ?: 'none'`";
        let diagnostic = Diagnostic::warning(codes::MAY_NOT_BE_SET, message).help(help);
        self.say(diagnostic, place);
    }

    /// A declared input that is read without `input.` before it must be there.
    pub(super) fn bare_input(&mut self, name: &str, reference: &Reference, place: &Place<'_>) {
        let is_given = self.known.inputs.get(name).copied().unwrap_or(true);
        if !is_given && !reference.has_default && !self.chooses && !self.forgives() {
            self.may_not_be_given(name, place);
        }
    }
}
