//! The name that was probably meant.

use std::cmp::Reverse;

/// The name among `names` that was probably meant.
pub fn near<'name>(word: &str, names: impl IntoIterator<Item = &'name str>) -> Option<&'name str> {
    let bag = Bag::of(word);
    // Thousands of findings may ask among thousands of names, so that most are ruled out by a cheap look at them.
    let mut candidates: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            if !word.is_empty() && word.eq_ignore_ascii_case(name) {
                return Some((0, name));
            }
            let (least, farthest) = bag.bounds(name);
            (least <= farthest).then_some((least, name))
        })
        .collect();
    // The last one comes first, so that what is taken from the end comes in order.
    candidates.sort_unstable_by_key(|candidate| Reverse(*candidate));
    let mut best: Option<(usize, &str)> = None;
    while let Some((least, name)) = candidates.pop() {
        if best.is_some_and(|(distance, _)| distance < least) {
            break;
        }
        // Capitals make no difference.
        let distance = if word.eq_ignore_ascii_case(name) {
            0
        } else {
            strsim::damerau_levenshtein(word, name)
        };
        let (_, farthest) = bag.bounds(name);
        if distance <= farthest && best.is_none_or(|best| (distance, name) < best) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

/// The name among `names` that was probably meant, as a help line.
pub fn did_you_mean<'name>(
    word: &str,
    names: impl IntoIterator<Item = &'name str>,
) -> Option<String> {
    near(word, names).map(|name| format!("did you mean `{name}`?"))
}

/// How often a word has each character; those outside of ASCII are counted as one.
struct Bag {
    length: usize,
    ascii: [u32; 128],
    others: usize,
}

impl Bag {
    fn of(word: &str) -> Self {
        let mut bag = Self {
            length: 0,
            ascii: [0; 128],
            others: 0,
        };
        for character in word.chars() {
            bag.length += 1;
            match bag.ascii.get_mut(character as usize) {
                Some(count) => *count += 1,
                None => bag.others += 1,
            }
        }
        bag
    }

    /// The fewest edits that can lead to a name, and the most with which it still was probably meant.
    ///
    /// Swapping neighbours keeps the characters, every other edit changes one of them.
    fn bounds(&self, name: &str) -> (usize, usize) {
        let (mut length, mut shared) = (0, 0);
        let mut left = self.ascii;
        let mut left_others = 0;
        for character in name.chars() {
            length += 1;
            match left.get_mut(character as usize) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    shared += 1;
                }
                Some(_) => {}
                None => left_others += 1,
            }
        }
        shared += left_others.min(self.others);
        let shorter = self.length.min(length);
        let farthest = (1 + shorter.saturating_sub(1) / 4).min(shorter.saturating_sub(1));
        // A name without characters is never meant.
        let least = if shorter == 0 {
            usize::MAX
        } else {
            self.length.max(length) - shared
        };
        (least, farthest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `near` finds, by looking at every name in full.
    fn slow<'name>(word: &str, names: &[&'name str]) -> Option<&'name str> {
        let found = names.iter().map(|name| {
            // Capitals make no difference.
            let distance = if word.eq_ignore_ascii_case(name) {
                0
            } else {
                strsim::damerau_levenshtein(word, name)
            };
            (distance, *name)
        });
        let close = found.filter(|(distance, name)| {
            let shorter = name.chars().count().min(word.chars().count());
            *distance <= 1 + shorter.saturating_sub(1) / 4 && *distance < shorter
        });
        close.min().map(|(_, name)| name)
    }

    #[test]
    fn the_nearest_name_is_found_as_by_comparing_all() {
        let names = [
            "",
            "a",
            "ab",
            "body",
            "subject",
            "to",
            "customerId",
            "customer",
            "order_1",
            "order_2",
            "order_12",
            "größe",
            "grösse",
            "straße",
            "naïve",
            "fetch_orders",
            "fetch_order",
            "send_email",
            "sned",
            "日本語",
            "日本",
        ];
        let words = [
            "",
            "b",
            "a",
            "ba",
            "bdy",
            "boddy",
            "dboy",
            "subjetc",
            "custmerid",
            "order_3",
            "ordre_1",
            "größer",
            "groesse",
            "strasse",
            "naive",
            "fetch_ordesr",
            "send_mail",
            "send",
            "日本誤",
            "something else",
        ];
        let mut found = 0;
        for word in words {
            assert_eq!(near(word, names), slow(word, &names), "{word}");
            found += usize::from(near(word, names).is_some());
        }
        assert!(
            found > words.len() / 2,
            "only {found} words have a near name"
        );
    }
}
