//! Any text is compiled or refused, in both notations, and every diagnostic has a place in the text.
#![no_main]

use annotate_snippets::Renderer;
use libfuzzer_sys::fuzz_target;
use pawl_compiler::{Diagnostic, Notation, Options, compile, diagnostic};
use pawl_fuzz::places::assert_inside;

fuzz_target!(|text: &str| {
    for notation in [Notation::Json, Notation::Yaml] {
        let compiled = compile(text, notation, Options::default());
        let lines = diagnostic::Lines::of(text);
        for found in &compiled.diagnostics {
            assert_inside(text, &found.span, &found.message);
            for fix in &found.fixes {
                for edit in &fix.edits {
                    assert_inside(text, &edit.span, &fix.title);
                }
            }
            drop(diagnostic::to_json(found, &lines, "workflow"));
        }
        drop(diagnostic::render(
            &compiled.diagnostics,
            text,
            "workflow",
            &Renderer::plain(),
        ));
        let has_error = compiled.diagnostics.iter().any(Diagnostic::is_error);
        assert!(
            has_error == compiled.program.is_none(),
            "a definition compiles unless an error says why not"
        );
    }
});
