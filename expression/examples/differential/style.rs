//! The ways in which the same expression may be written, and the ways in which it may be broken.

use crate::random::Random;
use crate::tree::{Style, write_quoted};

/// Chooses at random.
pub(crate) struct Loose(pub Random);

impl Style for Loose {
    fn space(&mut self, text: &mut String) {
        text.push_str(self.0.pick(&[" ", " ", " ", "  ", "\n\t"]));
    }

    fn brackets(&mut self) -> bool {
        self.0.permille(15)
    }

    fn pipe(&mut self) -> &'static str {
        self.0.pick(&["|", "|", "|", " | "])
    }

    fn is_bold(&mut self) -> bool {
        self.0.permille(30)
    }

    fn quote(&mut self, value: &str, text: &mut String) {
        let quote = self.0.pick(&['\'', '\'', '"']);
        write_quoted(quote, value, text);
    }
}

/// A mistake that makes a text no expression.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Break {
    Before(&'static str),
    After(&'static str),
    /// So many brackets around it, which is no mistake to everybody.
    Deep(usize),
    /// So many operators after it.
    Long(usize),
}

impl Break {
    pub(crate) fn pick(random: &mut Random) -> Self {
        let mistakes = [
            Self::Before("("),
            Self::Before("a b "),
            Self::Before("* "),
            Self::Before("["),
            Self::Before("not "),
            Self::After(" +"),
            Self::After(")"),
            Self::After(" 'open"),
            Self::After(" b"),
            Self::After(" === 1"),
            Self::After(" and a"),
            Self::After(" = 1"),
            Self::After("|noSuch"),
            Self::After(" ? 1"),
            Self::After(" & a"),
            Self::After("."),
            Self::After("|"),
            Self::After("["),
            Self::After(" @"),
            Self::After(" || 1|noSuch"),
            Self::After(" == '"),
            Self::After(" == 2nd"),
            Self::After(" == '{{a}}'"),
            Self::After(" || max(1)"),
            Self::After(" || 5e"),
            Self::After(" or b"),
            Self::After("|uper"),
            Self::Deep(70),
            Self::Long(300),
            Self::After(" ~ 1"),
        ];
        random.pick(&mistakes)
    }

    pub(crate) fn apply(self, text: &str) -> String {
        match self {
            Self::Before(mistake) => format!("{mistake}{text}"),
            Self::After(mistake) => format!("{text}{mistake}"),
            Self::Deep(count) => format!("{}{text}{}", "(".repeat(count), ")".repeat(count)),
            Self::Long(count) => format!("({text}){}", " || false".repeat(count)),
        }
    }
}
