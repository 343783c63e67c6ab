//! Texts with `*` for any characters; `\*` is a star and `\\` a backslash.

/// A text with holes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wildcard {
    /// The characters; `None` is a hole.
    pieces: Vec<Option<char>>,
}

impl Wildcard {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut characters = text.chars().enumerate();
        while let Some((place, character)) = characters.next() {
            pieces.push(match character {
                '*' if pieces.last() == Some(&None) => {
                    return Err(format!(
                        "Consecutive wildcard characters at pos {}",
                        place - 1
                    ));
                }
                '*' => None,
                '\\' => match characters.next() {
                    Some((_, escaped @ ('*' | '\\'))) => Some(escaped),
                    _ => return Err(format!("Invalid escape character at pos {place}")),
                },
                other => Some(other),
            });
        }
        Ok(Self { pieces })
    }

    /// Whether the text is this one with something in its holes.
    pub(super) fn accepts(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut piece, mut place) = (0, 0);
        // Where to go on when the text does not fit: after the last hole, with one character more in it.
        let mut hole = None;
        while let Some(character) = text.get(place) {
            match self.pieces.get(piece) {
                Some(None) => {
                    piece += 1;
                    hole = Some((piece, place));
                }
                Some(Some(expected)) if expected == character => {
                    piece += 1;
                    place += 1;
                }
                Some(Some(_)) | None => {
                    let Some((after, filled)) = hole else {
                        return false;
                    };
                    piece = after;
                    place = filled + 1;
                    hole = Some((after, place));
                }
            }
        }
        self.pieces.iter().skip(piece).all(Option::is_none)
    }
}
