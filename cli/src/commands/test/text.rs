//! The results of tests, for people.

use super::Tested;

/// Every workflow with its tests and what they cover.
pub(super) fn text(all: &[Tested], least: Option<u64>) -> String {
    let mut lines = Vec::new();
    for tested in all {
        lines.push(format!("{} ({})", tested.workflow, tested.file));
        for test in &tested.tests {
            let mark = if test.passed { "ok    " } else { "FAILED" };
            lines.push(format!("  {mark}  {}", test.name));
            let differences = test.differences.iter().flat_map(|text| text.lines());
            lines.extend(differences.map(|line| format!("          {line}")));
        }
        let coverage = &tested.coverage;
        let (taken, of, percent) = (coverage.taken, coverage.of, coverage.percent());
        let enough = match least {
            Some(least) if !coverage.is_enough(Some(least)) => {
                format!(", which is less than {least} %")
            }
            Some(_) | None => String::new(),
        };
        lines.push(format!(
            "  {taken} of {of} ports taken ({percent} %){enough}"
        ));
        if !coverage.never.is_empty() {
            lines.push(format!("  never: {}", coverage.never.join(", ")));
        }
        lines.push(String::new());
    }
    let tests = || all.iter().flat_map(|tested| &tested.tests);
    let passed = tests().filter(|test| test.passed).count();
    let failed = tests().count() - passed;
    lines.push(format!("{passed} passed, {failed} failed"));
    lines.join("\n") + "\n"
}
