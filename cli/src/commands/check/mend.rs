//! Applies the fixes of diagnostics until there is nothing left to apply.

use pawl_compiler::diagnostic::Which;
use pawl_compiler::diagnostic::fix::apply;
use pawl_compiler::{Options, compile, source};

use crate::project::DefinitionFile;

/// How often a definition is checked anew: a fix can uncover the next one, and two must not undo each other forever.
const MOST_ROUNDS: usize = 16;

/// The mended text and how many fixes it took; `None` where nothing can be mended.
pub(super) fn mend(file: &DefinitionFile, which: Which) -> Option<(String, usize)> {
    let mut mended: Option<(String, usize)> = None;
    for _ in 0..MOST_ROUNDS {
        let text = mended.as_ref().map_or(&file.text, |(text, _)| text);
        let diagnostics = match &mended {
            None => file.compile(Options::default()).diagnostics,
            Some((text, _)) => compile(text, file.notation, Options::default()).diagnostics,
        };
        let Some((next, count)) = apply(text, &diagnostics, which) else {
            break;
        };
        // A definition that could be read stays one, whatever a fix wants.
        let could_read = source::read(text, file.notation).is_ok();
        if could_read && source::read(&next, file.notation).is_err() {
            break;
        }
        let before = mended.map_or(0, |(_, count)| count);
        mended = Some((next, before + count));
    }
    mended.filter(|(text, _)| *text != file.text)
}
