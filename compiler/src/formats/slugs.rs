//! Slugs for the names that authors of other formats give.

use std::collections::BTreeSet;

use crate::parse::LONGEST_SLUG;

/// A slug for an id: what a slug cannot hold becomes `_`.
pub(crate) fn slug(id: &str, taken: &BTreeSet<String>) -> String {
    let fits = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    let mut slug: String = id
        .chars()
        .map(|character| if fits(character) { character } else { '_' })
        .collect();
    if !slug.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        slug.insert_str(0, "step");
    }
    slug.truncate(LONGEST_SLUG);
    if slug != id {
        slug.truncate(slug.trim_end_matches('_').len());
    }
    // Two steps of one id stay two of one slug: that is refused, and has been said.
    if slug == id { slug } else { free(&slug, taken) }
}

/// A name that is not taken.
pub(crate) fn free(base: &str, taken: &BTreeSet<String>) -> String {
    let numbered = |number: usize| {
        let suffix = format!("_{number}");
        let room = LONGEST_SLUG - suffix.len();
        let end = base.floor_char_boundary(room);
        format!("{}{suffix}", base.get(..end).unwrap_or_default())
    };
    if !taken.contains(base) && base.len() <= LONGEST_SLUG {
        return base.to_owned();
    }
    // So many names cannot all be taken.
    let numbers = 2..=taken.len() + 2;
    let mut names = numbers.map(numbered);
    let free = names.find(|name| !taken.contains(name));
    free.expect("there are more numbers than names")
}
