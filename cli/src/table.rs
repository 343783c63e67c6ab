//! Rows of cells as text, each column as wide as its widest cell.

/// Where a column's cells begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// At the left.
    Left,
    /// So that they end at the right.
    Right,
}

/// Rows under their headings. A column without a cell is left out.
pub(crate) fn table<const COLUMNS: usize>(
    headings: [(&str, Side); COLUMNS],
    rows: &[[String; COLUMNS]],
) -> String {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for (width, (heading, _)) in widths.iter_mut().zip(headings) {
        if *width > 0 {
            *width = heading.chars().count().max(*width);
        }
    }
    let names = headings.map(|(heading, _)| heading.to_owned());
    let lines = [&names].into_iter().chain(rows).map(|row| {
        let cells = row.iter().zip(widths).zip(headings);
        let cells = cells.filter(|((_, width), _)| *width > 0);
        let cells = cells.map(|((cell, width), (_, side))| match side {
            Side::Left => format!("{cell:<width$}"),
            Side::Right => format!("{cell:>width$}"),
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        line.trim_end().to_owned() + "\n"
    });
    lines.collect()
}
