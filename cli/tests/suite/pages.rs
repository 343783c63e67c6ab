//! The documentation is true: every path leads somewhere.

use crate::corpus::root;

#[test]
fn every_path_in_the_documentation_leads_somewhere() {
    let mut paths = 0;
    for page in ["docs/ARCHITECTURE.md", "README.md", "docs/formats.md"] {
        let text = std::fs::read_to_string(root().join(page)).expect(page);
        for code in text.split('`').skip(1).step_by(2) {
            // What holds a slash or ends like a file, and no space or placeholder, is meant as a path.
            let is_path = code.contains('/')
                || [".md", ".yaml", ".rs"]
                    .iter()
                    .any(|end| code.ends_with(end));
            if !is_path || code.contains([' ', '<', '{', '\n', '*']) || code.starts_with(['.', '/'])
            {
                continue;
            }
            paths += 1;
            assert!(
                root().join(code).exists(),
                "{page} names `{code}`, which does not exist"
            );
        }
    }
    assert!(paths > 20, "only {paths} paths were found");
}

#[test]
fn the_architecture_stays_short() {
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("the page");
    assert!(text.lines().count() < 150);
}
