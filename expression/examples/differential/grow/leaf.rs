//! The parts that have nothing below them: literals, names and paths.

use super::Grower;
use crate::production::Kind;
use crate::tree::Tree;

impl Grower<'_> {
    /// A part of a kind.
    pub(crate) fn leaf(&mut self, kind: Kind) -> Tree {
        if self.filters > 0 && self.random.permille(600) {
            return self.relative(kind);
        }
        if self.random.permille(12) {
            return self.stray();
        }
        match kind {
            Kind::Number => self.number(),
            Kind::Text => self.text(),
            Kind::Truth => self.truth(),
            Kind::Time => self.time(),
            Kind::Numbers => self.path(&["numbers", "numbers", "orders.items.price"]),
            Kind::Words => self.path(&["words", "customer.tags"]),
            Kind::Mixed => self.path(&["mixed", "pairs", "nested", "none"]),
            Kind::Records => self.path(&["orders", "orders", "orders.items"]),
            Kind::Record => self.path(&["customer", "customer.address"]),
        }
    }

    /// What stands after the dot in a filter.
    fn relative(&mut self, kind: Kind) -> Tree {
        let names: &[&str] = match kind {
            Kind::Number => &["total", "id", "price"],
            Kind::Text => &["city", "sku", "name"],
            Kind::Truth => &["paid"],
            Kind::Time => &["at"],
            Kind::Numbers | Kind::Words | Kind::Mixed | Kind::Records => &["items"],
            Kind::Record => &["address"],
        };
        Tree::Relative(Some(self.random.pick(names).to_owned()))
    }

    /// Something that is of no kind: null, or a name that nothing has.
    fn stray(&mut self) -> Tree {
        match self.random.below(6) {
            0 => Tree::Null,
            1 => self.path(&["nothing", "customer.score"]),
            2 => self.path(&[
                "customer.nickname",
                "customer.address.street",
                "customer.nickname.first",
            ]),
            3 => self.path(&["unknown", "unknown.name", "undefined"]),
            4 => self.path(&[
                "steps.find.output.name",
                "steps.find.output.data.name",
                "steps.later.output",
                "steps.find.output.data",
                "steps.find.output.meta.model",
                "lastOutput.data.name",
                "lastOutput.total",
            ]),
            _ => self.path(&[
                "customer.constructor",
                "name.toString",
                "customer.tags.length",
                "name.length",
            ]),
        }
    }

    pub(crate) fn number(&mut self) -> Tree {
        match self.random.below(10) {
            0..=3 => Tree::Number(self.random.between(0, 12).to_string()),
            4 => Tree::Number(
                self.random
                    .pick(&[
                        "0.5", "2.75", ".25", "100", "-3", "-0.5", "1.5", "42", "7.125", "12", "3",
                        "1e3", "1e-3", "2E+2", "007",
                    ])
                    .to_owned(),
            ),
            5 => self.path(&["zero", "big", "big", "big", "digits"]),
            _ => self.path(&[
                "count",
                "price",
                "customer.age",
                "customer.spent",
                "orders.total",
                "total",
                "é1",
            ]),
        }
    }

    pub(crate) fn text(&mut self) -> Tree {
        match self.random.below(10) {
            0..=3 => {
                let texts = [
                    "Ada", "vip", "active", " ", "", "a", "12", "it's", "\"so\"", "ü🦀", "x, y",
                    "London",
                ];
                Tree::Text(self.random.pick(&texts).to_owned())
            }
            4 if self.random.permille(60) => Tree::Text(
                self.random
                    .pick(&["a\\b", "c:\\", "\\'", "\\\\"])
                    .to_owned(),
            ),
            4 => self.path(&["digits", "empty", "json"]),
            _ => self.path(&[
                "name",
                "title",
                "customer.name",
                "customer.email",
                "customer.address.city",
                "orders.city",
            ]),
        }
    }

    pub(crate) fn truth(&mut self) -> Tree {
        if self.random.permille(300) {
            return Tree::Truth(self.random.permille(500));
        }
        self.path(&["yes", "no", "customer.active", "orders.paid"])
    }

    fn time(&mut self) -> Tree {
        match self.random.below(8) {
            0 => Tree::Text(
                self.random
                    .pick(&[
                        "2026-01-31",
                        "2025-06-01T10:00:00Z",
                        "2026-01-31T12:00:00+02:00",
                        "soon",
                        "2025-02-30",
                        "2024",
                    ])
                    .to_owned(),
            ),
            1 => Tree::Number(
                self.random
                    .pick(&[
                        "1769860800",
                        "1769860800000",
                        "0",
                        "99999999999",
                        "100000000000",
                        "-5",
                        "-200000000000",
                        "1.5",
                        "9e15",
                    ])
                    .to_owned(),
            ),
            _ => self.path(&[
                "created",
                "seconds",
                "millis",
                "orders.at",
                "created",
                "nowMs",
            ]),
        }
    }

    pub(crate) fn path(&mut self, paths: &[&str]) -> Tree {
        let path = self.random.pick(paths);
        let mut names = path.split('.');
        let root = Tree::Root(names.next().unwrap_or_default().to_owned());
        names.fold(root, |tree, name| {
            Tree::Member(Box::new(tree), name.to_owned())
        })
    }
}
