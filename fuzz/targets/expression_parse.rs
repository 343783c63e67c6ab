//! Any text is read or refused with a place, and what is read and written out again reads back as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pawl_expression::{Expression, Template};
use pawl_fuzz::places::assert_inside;

fuzz_target!(|text: &str| {
    match Expression::parse(text) {
        Ok(expression) => {
            let written = expression.to_string();
            let again = Expression::parse(&written)
                .unwrap_or_else(|error| panic!("{text:?} was written as {written:?}: {error}"));
            assert!(again == expression, "{text:?} was written as {written:?}");
            for reference in expression.references() {
                assert_inside(text, &reference.span, "a reference");
            }
        }
        Err(error) => assert_inside(text, &error.span, &error.message),
    }
    match Template::parse(text) {
        Ok(template) => {
            for reference in template.references() {
                assert_inside(text, &reference.span, "a reference");
            }
        }
        Err(error) => assert_inside(text, &error.span, &error.message),
    }
});
