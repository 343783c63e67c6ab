//! Operators, from the loosest to the tightest.

use super::super::syntax::{Kind, Tree};
use super::{Read, Reader};

const COMPARISONS: [&str; 6] = ["==", "!=", "<=", "<", ">=", ">"];

impl Reader {
    pub(super) fn disjunction(&mut self) -> Read {
        self.chain("or", Self::conjunction, Kind::Or)
    }

    fn conjunction(&mut self) -> Read {
        self.chain("and", Self::negation, Kind::And)
    }

    fn chain(
        &mut self,
        word: &str,
        operand: fn(&mut Self) -> Read,
        kind: fn(Vec<Tree>) -> Kind,
    ) -> Read {
        let start = self.start();
        let first = operand(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.eat_word(word) {
            operands.push(operand(self)?);
        }
        self.tree(kind(operands), start)
    }

    fn negation(&mut self) -> Read {
        let start = self.start();
        if !self.eat_word("not") {
            return self.comparison();
        }
        let operand = self.nested(Self::negation)?;
        self.tree(Kind::Not(Box::new(operand)), start)
    }

    fn comparison(&mut self) -> Read {
        let start = self.start();
        let first = self.arithmetic(0)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.comparison_operator()? {
            rest.push((operator, self.arithmetic(0)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        self.tree(Kind::Compare(Box::new(first), rest), start)
    }

    fn comparison_operator(&mut self) -> Read<Option<&'static str>> {
        if let Some(operator) = COMPARISONS.into_iter().find(|symbol| self.eat(symbol)) {
            return Ok(Some(operator));
        }
        if self.eat_word("in") {
            return Ok(Some("in"));
        }
        if self.eat_word("is") {
            let is_not = self.eat_word("not");
            return Ok(Some(if is_not { "is not" } else { "is" }));
        }
        if self.is_word("not") {
            self.at += 1;
            self.expect_word("in", "`not`")?;
            return Ok(Some("not in"));
        }
        for (symbol, help) in [("=", "write `==` to compare"), ("<>", "write `!=`")] {
            if self.is_symbol(symbol) {
                return Err(self.unexpected().help(help));
            }
        }
        Ok(None)
    }

    /// Operators of this level and tighter ones, grouped from the left.
    fn arithmetic(&mut self, level: usize) -> Read {
        let start = self.start();
        let mut left = self.signed()?;
        while let Some((symbol, found)) = self.operator().filter(|(_, found)| *found >= level) {
            if matches!(symbol, "<<" | ">>" | "@") {
                return Err(self.refuse(&format!("the operator `{symbol}`")));
            }
            self.at += 1;
            let right = self.arithmetic(found + 1)?;
            if symbol == "~" {
                left = self.joined(vec![left, right], start)?;
                continue;
            }
            left = self.tree(
                Kind::Calculate(symbol, Box::new(left), Box::new(right)),
                start,
            )?;
        }
        Ok(left)
    }

    /// The operator that comes next, and its level: tighter ones are of a higher one.
    fn operator(&self) -> Option<(&'static str, usize)> {
        const LEVELS: [&[&str]; 6] = [
            &["|"],
            &["^"],
            &["&"],
            &["<<", ">>"],
            &["+", "-"],
            &["*", "//", "/", "%", "@"],
        ];
        const TEMPLATE_LEVELS: [&[&str]; 3] = [&["+", "-"], &["~"], &["*", "//", "/", "%"]];
        let levels: &[&[&str]] = if self.is_template {
            &TEMPLATE_LEVELS
        } else {
            &LEVELS
        };
        levels.iter().enumerate().find_map(|(level, symbols)| {
            let symbol = symbols.iter().find(|symbol| self.is_symbol(symbol))?;
            Some((*symbol, level))
        })
    }

    pub(super) fn signed(&mut self) -> Read {
        let start = self.start();
        for sign in ["-", "+", "~"] {
            if !self.is_symbol(sign) {
                continue;
            }
            if sign == "~" {
                return Err(self.refuse("the operator `~`"));
            }
            if self.is_template {
                break;
            }
            self.at += 1;
            let operand = self.nested(Self::signed)?;
            let sign = if sign == "-" { '-' } else { '+' };
            return self.tree(Kind::Sign(sign, Box::new(operand)), start);
        }
        let base = self.unary()?;
        let base = self.behind(base, start)?;
        if !self.eat("**") {
            return Ok(base);
        }
        let exponent = self.nested(Self::signed)?;
        self.tree(
            Kind::Calculate("**", Box::new(base), Box::new(exponent)),
            start,
        )
    }
}
