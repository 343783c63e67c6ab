//! Any text is translated from any format, and what it is translated into becomes the same machine.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pawl_compiler::{Format, Notation, Options, compile, convert};
use pawl_fuzz::places::assert_inside;

fuzz_target!(|text: &str| {
    for notation in [Notation::Json, Notation::Yaml] {
        for format in [Format::Elevaite, Format::Codemie] {
            let options = Options {
                format: Some(format),
                ..Options::default()
            };
            let compiled = compile(text, notation, options);
            for difference in &compiled.differences {
                assert_inside(text, &difference.place.span, &difference.message);
            }
            for found in &compiled.diagnostics {
                assert_inside(text, &found.span, &found.message);
            }
            let converted = convert(text, notation, Some(format));
            let Some(program) = compiled.program else {
                continue;
            };
            let definition = converted.definition.expect("it compiled");
            let options = Options {
                format: Some(Format::Native),
                ..Options::default()
            };
            let again = compile(&definition.to_string(), Notation::Json, options);
            let again = again.program.expect("what it is translated into compiles");
            assert_eq!(program.lowered.machine, again.lowered.machine);
        }
    }
});
