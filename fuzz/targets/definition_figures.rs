//! Whatever compiles has triggers, a cost and a policy, in both notations and at both levels, and does not differ from
//! itself; nothing that it costs is negative or more than at the worst.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pawl_compiler::cost::{self, Assumptions};
use pawl_compiler::{Level, Notation, Options, compile, diff, policy};

fuzz_target!(|text: &str| {
    for notation in [Notation::Json, Notation::Yaml] {
        let programs = [Level::O0, Level::O1].map(|level| {
            let options = Options {
                level,
                ..Options::default()
            };
            compile(text, notation, options).program
        });
        let [Some(apart), Some(together)] = &programs else {
            continue;
        };
        for program in [apart, together] {
            let cost = cost::of(program, &Assumptions::default());
            let most = cost.worst.map_or(f64::INFINITY, |worst| worst.transitions);
            assert!(cost.typical.transitions >= 0.0 && cost.typical.transitions.is_finite());
            assert!(cost.typical.transitions <= most + 1e-6, "{cost:?}");
            assert!(cost.usd.total.typical >= 0.0);
            assert!(cost.payload.most <= cost.payload.limit);
            serde_json::to_value(&cost).expect("figures are JSON");
        }
        // What a workflow may touch does not depend on how it is lowered.
        assert_eq!(policy::of(apart).steps, policy::of(together).steps);
        assert_eq!(apart.triggers, together.triggers);
        assert!(diff::of(together, together).is_empty());
    }
});
