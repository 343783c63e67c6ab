//! What a run found, for people and machines.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the report is what this program is for"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::case::Case;
use crate::compare::{Compared, Verdict};
use crate::production::Production;
use crate::rules;

/// The counts of a run.
pub(crate) struct Report {
    seed: u64,
    cases: usize,
    same_value: usize,
    both_fail: usize,
    explained: usize,
    failing: usize,
    rules: BTreeMap<&'static str, usize>,
    unexplained: Vec<String>,
    productions: BTreeMap<Production, usize>,
    depths: BTreeMap<usize, usize>,
    seconds: f64,
}

impl Report {
    pub(crate) fn new(seed: u64, cases: &[Case], compared: &[Compared], elapsed: Duration) -> Self {
        let mut report = Self {
            seed,
            cases: cases.len(),
            same_value: 0,
            both_fail: 0,
            explained: 0,
            failing: 0,
            rules: rules::all().map(|rule| (rule.name, 0)).collect(),
            unexplained: Vec::new(),
            productions: Production::all()
                .into_iter()
                .map(|production| (production, 0))
                .collect(),
            depths: BTreeMap::new(),
            seconds: elapsed.as_secs_f64(),
        };
        for (number, (case, compared)) in cases.iter().zip(compared).enumerate() {
            *report.productions.entry(case.production).or_default() += 1;
            *report.depths.entry(case.depth).or_default() += 1;
            if compared.ours.failure().is_some() || compared.reference.failure().is_some() {
                report.failing += 1;
            }
            report.count(number, case, compared);
        }
        report
    }

    fn count(&mut self, number: usize, case: &Case, compared: &Compared) {
        match &compared.verdict {
            Verdict::SameValue => self.same_value += 1,
            Verdict::BothFail => self.both_fail += 1,
            Verdict::Explained(rules) => {
                self.explained += 1;
                let mut rules = rules.clone();
                rules.sort_unstable();
                rules.dedup();
                for rule in rules {
                    *self.rules.entry(rule).or_default() += 1;
                }
            }
            Verdict::Unexplained(why) => self.unexplained.push(format!(
                "case {number}: {}\n  ours       {}\n  reference  {}\n  comes from {why}",
                case.text,
                compared.ours.show(),
                compared.reference.show()
            )),
        }
    }

    fn stale(&self) -> Vec<&'static str> {
        self.rules
            .iter()
            .filter(|(name, count)| **count == 0 && **name != rules::MAY_REST)
            .map(|(name, _)| *name)
            .collect()
    }

    /// Nothing is unexplained. A run of the usual size also needs every rule, and cases enough of each sort.
    pub(crate) fn is_good(&self) -> bool {
        self.unexplained.is_empty() && (self.cases < 20_000 || self.shortfalls().is_empty())
    }

    fn shortfalls(&self) -> Vec<String> {
        let mut shortfalls = self
            .stale()
            .into_iter()
            .map(|rule| format!("rule `{rule}` explains nothing"))
            .collect::<Vec<_>>();
        shortfalls.extend(rules::at_odds_with_page());
        let few = self.productions.iter().filter(|(_, count)| **count < 200);
        shortfalls.extend(
            few.map(|(production, count)| format!("only {count} cases of {}", production.name())),
        );
        if self.deep() * 2 < self.cases {
            shortfalls.push("less than half of the cases are nested three deep".to_owned());
        }
        if self.failing * 5 < self.cases {
            shortfalls.push("less than a fifth of the cases fail".to_owned());
        }
        shortfalls
    }

    fn deep(&self) -> usize {
        self.depths.range(3..).map(|(_, count)| count).sum()
    }

    fn least(&self, is_so: impl Fn(&Production) -> bool) -> usize {
        self.productions
            .iter()
            .filter(|(production, _)| is_so(production))
            .map(|(_, count)| *count)
            .min()
            .unwrap_or(0)
    }

    pub(crate) fn print(&self, as_json: bool) {
        if as_json {
            println!("{:#}", self.json());
        } else {
            self.print_text();
        }
    }

    fn json(&self) -> serde_json::Value {
        let productions = self
            .productions
            .iter()
            .map(|(production, count)| (production.name(), json!(count)));
        json!({
            "seed": self.seed, "cases": self.cases, "same_value": self.same_value, "both_fail": self.both_fail, "explained": self.explained,
            "unexplained": self.unexplained, "rules": self.rules, "failing": self.failing, "nested_three_deep": self.deep(),
            "depths": self.depths.iter().map(|(depth, count)| (depth.to_string(), json!(count))).collect::<serde_json::Map<_, _>>(),
            "productions": productions.collect::<serde_json::Map<_, _>>(), "shortfalls": self.shortfalls(), "seconds": self.seconds,
        })
    }

    fn print_text(&self) {
        println!(
            "seed {}: {} cases in {:.1} s",
            self.seed, self.cases, self.seconds
        );
        println!("  same value            {:>6}", self.same_value);
        println!("  both fail             {:>6}", self.both_fail);
        println!("  explained by a rule   {:>6}", self.explained);
        println!("  unexplained           {:>6}", self.unexplained.len());
        println!(
            "  failing in either     {:>6} ({} %)",
            self.failing,
            self.failing * 100 / self.cases.max(1)
        );
        println!(
            "  nested three deep     {:>6} ({} %)",
            self.deep(),
            self.deep() * 100 / self.cases.max(1)
        );
        let depths = self
            .depths
            .iter()
            .map(|(depth, count)| format!("{depth}: {count}"));
        println!(
            "  depths                {}",
            depths.collect::<Vec<_>>().join(", ")
        );
        let is_transform = |production: &Production| matches!(production, Production::Transform(_));
        println!(
            "  productions           {}, at least {} cases each; transforms at least {}",
            self.productions.len(),
            self.least(|production| !is_transform(production)),
            self.least(is_transform)
        );
        println!("  rules                 {}", self.rules.len());
        for (rule, count) in &self.rules {
            println!("    {count:>6}  {rule}");
        }
        for shortfall in self.shortfalls() {
            println!("shortfall: {shortfall}");
        }
        for unexplained in &self.unexplained {
            println!("\nunexplained {unexplained}");
        }
    }
}

/// Says why there is no report.
pub(crate) fn complain(message: &str) {
    eprintln!("differential: {message}");
}
