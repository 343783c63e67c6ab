//! SVG, written element by element.

use std::fmt::Write;

use super::super::layout::{Area, Point};

/// An SVG on its way.
pub(super) struct Svg(String);

impl Svg {
    /// Begins a picture of this size, with words for those who do not see it.
    pub(super) fn new(width: f64, height: f64, description: &str) -> Self {
        let (width, height) = (width.ceil(), height.ceil());
        let mut svg = Self(String::new());
        svg.open(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">"
        ));
        svg.tip(description);
        svg
    }

    /// The styles, and a page below everything so that the picture stands on its own ground.
    pub(super) fn style(&mut self, fixed: &str, more: &str) {
        self.open(&format!("<style>\n{fixed}{more}</style>"));
        self.open("<rect class=\"page\" width=\"100%\" height=\"100%\"/>");
    }

    /// Writes an element, or the beginning of one.
    pub(super) fn open(&mut self, element: &str) {
        writeln!(self.0, "{element}").expect("writing to a string cannot fail");
    }

    /// Ends an element.
    pub(super) fn close(&mut self, name: &str) {
        self.open(&format!("</{name}>"));
    }

    /// What is shown to someone who points at the element, and read to someone who does not see it.
    pub(super) fn tip(&mut self, text: &str) {
        self.open(&format!("<title>{}</title>", escaped(text)));
    }

    pub(super) fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        if !text.is_empty() {
            let (x, y, text) = (number(x), number(y), escaped(text));
            self.open(&format!(
                "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>"
            ));
        }
    }

    pub(super) fn rect(&mut self, class: &str, corner: Point, area: Area, round: f64) {
        let [x, y, width, height] = [corner.x, corner.y, area.width, area.height].map(number);
        self.open(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\"/>"
        ));
    }

    pub(super) fn circle(&mut self, class: &str, centre: Point, radius: f64) {
        let (x, y) = (number(centre.x), number(centre.y));
        self.open(&format!(
            "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"
        ));
    }

    /// A path whose numbers are relative to a point.
    pub(super) fn path_at(&mut self, class: &str, at: Point, path: &str) {
        let (x, y) = (number(at.x), number(at.y));
        self.open(&format!(
            "<path class=\"{class}\" transform=\"translate({x} {y})\" d=\"{path}\"/>"
        ));
    }

    pub(super) fn path(&mut self, class: &str, path: &str) {
        self.open(&format!("<path class=\"{class}\" d=\"{path}\"/>"));
    }

    /// The whole text.
    pub(super) fn end(mut self) -> String {
        self.close("svg");
        self.0
    }
}

/// A number with as many digits as anyone can see.
pub(super) fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    // Minus nothing is nothing.
    format!("{}", rounded + 0.0)
}

/// How wide a text is in a sans-serif type of this size; a little too wide rather than too narrow.
pub(super) fn width_of(text: &str, size: f64) -> f64 {
    let width = |character: char| match character {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.31,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '·' | '/' => 0.40,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.94,
        'A'..='Z' | '×' => 0.72,
        // Letters of scripts that are as wide as high.
        '\u{1100}'.. => 1.05,
        _ => 0.60,
    };
    text.chars().map(width).sum::<f64>() * size
}

/// A text as it stands in XML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML has no way to write most of these.
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}
