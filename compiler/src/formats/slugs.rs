//! Slugs for the names that authors of other formats give.

use std::collections::BTreeSet;

/// A slug for an id, of at most so many characters: what a slug cannot hold becomes `_`.
pub(crate) fn slug(id: &str, taken: &BTreeSet<String>, longest: usize) -> String {
    let fits = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    let mut slug: String = id
        .chars()
        .map(|character| if fits(character) { character } else { '_' })
        .collect();
    if !slug.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        slug.insert_str(0, "step");
    }
    slug.truncate(longest);
    if slug != id {
        slug.truncate(slug.trim_end_matches('_').len());
    }
    // Two steps of one id stay two of one slug: that is refused, and has been said.
    if slug == id {
        slug
    } else {
        free(&slug, taken, longest)
    }
}

/// A name that is not taken, of at most so many characters.
pub(crate) fn free(base: &str, taken: &BTreeSet<String>, longest: usize) -> String {
    let numbered = |number: usize| {
        let suffix = format!("_{number}");
        let room = longest - suffix.len();
        let end = base.floor_char_boundary(room);
        format!("{}{suffix}", base.get(..end).unwrap_or_default())
    };
    if !taken.contains(base) && base.len() <= longest {
        return base.to_owned();
    }
    // So many names cannot all be taken.
    let numbers = 2..=taken.len() + 2;
    let mut names = numbers.map(numbered);
    let free = names.find(|name| !taken.contains(name));
    free.expect("there are more numbers than names")
}
