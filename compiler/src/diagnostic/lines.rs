//! Where the lines of a text begin, looked up once for all findings in it.

/// A line and a column, both from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    /// The place of a byte. For many places in one text, [`Lines`] is quicker.
    pub fn of(text: &str, byte: usize) -> Self {
        Lines::of(text).place(byte)
    }
}

/// A text and where its lines begin.
#[derive(Debug)]
pub struct Lines<'text> {
    text: &'text str,
    starts: Vec<usize>,
}

impl<'text> Lines<'text> {
    /// Looks for the lines of a text.
    pub fn of(text: &'text str) -> Self {
        let after_newlines = text.match_indices('\n').map(|(newline, _)| newline + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(after_newlines).collect(),
        }
    }

    /// The text.
    pub fn text(&self) -> &'text str {
        self.text
    }

    /// The line of a byte, from 1, and what stands before the byte in this line.
    pub fn before(&self, byte: usize) -> (usize, &'text str) {
        let byte = self.text.floor_char_boundary(byte);
        let line = self.starts.partition_point(|start| *start <= byte);
        let before = self.text.get(self.start_of(line)..byte);
        (line, before.unwrap_or_default())
    }

    /// The place of a byte.
    pub fn place(&self, byte: usize) -> Place {
        let (line, before) = self.before(byte);
        Place {
            line,
            column: before.chars().count() + 1,
        }
    }

    /// Where a line begins; the end of the text for lines that it does not have.
    pub fn start_of(&self, line: usize) -> usize {
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index));
        start.copied().unwrap_or(self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let text = "a\né b\r\n\nlast";
        let rows = [
            (0, 1, 1),
            (1, 1, 2),
            (2, 2, 1),
            (3, 2, 1),
            (4, 2, 2),
            (8, 3, 1),
            (9, 4, 1),
            (13, 4, 5),
            (99, 4, 5),
        ];
        let lines = Lines::of(text);
        for (byte, line, column) in rows {
            assert_eq!(lines.place(byte), Place { line, column }, "byte {byte}");
        }
        assert_eq!(Place::of("", 7), Place { line: 1, column: 1 });
    }
}
