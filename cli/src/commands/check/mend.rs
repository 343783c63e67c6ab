//! Applies the fixes of diagnostics until there is nothing left to apply.

use pawl_compiler::diagnostic::fix::{wanted, write};
use pawl_compiler::diagnostic::{Diagnostic, Fix, Which};
use pawl_compiler::{Notation, Options, compile, source};

use crate::project::DefinitionFile;

/// How often a definition is checked anew: a fix can uncover the next one, and two must not undo each other forever.
const MOST_ROUNDS: usize = 16;

/// How many texts are compiled in search of the fixes of one round that do good.
const MOST_TRIES: usize = 200;

/// The mended text and how many fixes it took; `None` where nothing can be mended.
pub(super) fn mend(file: &DefinitionFile, which: Which) -> Option<(String, usize)> {
    let found = file.compile(Options::default()).diagnostics;
    mend_text(&file.text, file.notation, found, which)
}

fn mend_text(
    before: &str,
    notation: Notation,
    mut found: Vec<Diagnostic>,
    which: Which,
) -> Option<(String, usize)> {
    let mut text = before.to_owned();
    let mut count = 0;
    for _ in 0..MOST_ROUNDS {
        let mut round = Round::new(&text, notation, &found);
        round.keep(&wanted(&text, &found, which));
        if round.kept.is_empty() {
            break;
        }
        count += round.kept.len();
        text = write(&text, &round.kept);
        found = compile(&text, notation, Options::default()).diagnostics;
    }
    (text != before).then_some((text, count))
}

/// Fixes of one text, kept as far as they do it good.
struct Round<'text> {
    text: &'text str,
    notation: Notation,
    could_read: bool,
    errors: usize,
    tries: usize,
    kept: Vec<&'text Fix>,
}

impl<'text> Round<'text> {
    fn new(text: &'text str, notation: Notation, found: &[Diagnostic]) -> Self {
        Self {
            text,
            notation,
            could_read: source::read(text, notation).is_ok(),
            errors: errors(found),
            tries: 0,
            kept: Vec::new(),
        }
    }

    /// Keeps these fixes, or those of either half of them that do no harm.
    fn keep(&mut self, fixes: &[&'text Fix]) {
        if fixes.is_empty() || self.tries == MOST_TRIES {
            return;
        }
        self.tries += 1;
        let before = self.kept.len();
        self.kept.extend(fixes);
        if self.is_good() {
            return;
        }
        self.kept.truncate(before);
        if fixes.len() > 1 {
            let (first, second) = fixes.split_at(fixes.len() / 2);
            self.keep(first);
            self.keep(second);
        }
    }

    /// Whether what is kept adds no error, and leaves a text that could be read one that can.
    fn is_good(&self) -> bool {
        let text = write(self.text, &self.kept);
        let can_read = source::read(&text, self.notation).is_ok();
        let found = compile(&text, self.notation, Options::default()).diagnostics;
        (can_read || !self.could_read) && errors(&found) <= self.errors
    }
}

fn errors(diagnostics: &[Diagnostic]) -> usize {
    let errors = diagnostics.iter().filter(|found| found.is_error());
    errors.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fix_that_adds_an_error_is_left_out_and_the_others_are_not() {
        // As an action, the first step would lack more than its kind: what it does, and two of its ports.
        let text = r#"{
            "name": "N",
            "desciption": "D",
            "steps": [
                {"stepSlug": "get", "stepType": "actoin", "config": {},
                 "nextSteps": {"success": "say", "left": "say", "right": "say"}},
                {"stepSlug": "say", "stepType": "output", "config": {"mapping": {"a": "{{input.a === 1}}"}}}
            ]
        }"#;
        let compiled = |text: &str| compile(text, Notation::Json, Options::default()).diagnostics;
        let all = write(text, &wanted(text, &compiled(text), Which::Safe));
        assert!(all.contains(r#""action""#), "{all}");
        assert!(errors(&compiled(&all)) > errors(&compiled(text)));
        let rest = text
            .replace("===", "==")
            .replace("desciption", "description");
        for which in [Which::Safe, Which::All] {
            let found = compiled(text);
            let before = errors(&found);
            let mended = mend_text(text, Notation::Json, found, which);
            let (mended, _) = mended.expect("something to mend");
            assert!(errors(&compiled(&mended)) <= before);
            assert_eq!(mended, rest);
        }
        assert_eq!(
            mend_text(&rest, Notation::Json, compiled(&rest), Which::All),
            None
        );
    }
}
