//! Changes of files: whole or not at all, and as a diff.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use similar::TextDiff;

/// Replaces a file's content. A reader sees the old text or the new one, never half of it.
pub fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let write = || -> std::io::Result<()> {
        // A link stays a link: what it leads to is replaced.
        let target = path.canonicalize()?;
        let folder = target.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file()
            .set_permissions(std::fs::metadata(&target)?.permissions())?;
        file.as_file().sync_all()?;
        file.persist(&target)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write `{}`", path.display()))
}

/// The change of a file's text, as `patch` and people read it.
pub fn diff(path: &Path, before: &str, after: &str) -> String {
    let name = path.display();
    // `patch -p1` and `git apply` take one folder off; a path from the root stays as it is.
    let (old, new) = if path.is_absolute() {
        (name.to_string(), name.to_string())
    } else {
        (format!("a/{name}"), format!("b/{name}"))
    };
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(&old, &new)
        .to_string()
}
