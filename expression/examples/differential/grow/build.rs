//! The parts that have others below them.

use super::Grower;
use crate::production::{Kind, OPERATORS, Production, TRANSFORMS};
use crate::tree::{Key, Tree};

impl Grower<'_> {
    /// A production whose value is, where it can choose, of a kind.
    pub(crate) fn build(&mut self, production: Production, kind: Kind, depth: usize) -> Tree {
        let below = depth.saturating_sub(1);
        match production {
            Production::Number => self.number(),
            Production::Text => self.text(),
            Production::Truth => Tree::Truth(self.random.permille(500)),
            Production::Null => Tree::Null,
            Production::Name => self.path(&[
                "count", "name", "yes", "orders", "customer", "nothing", "unknown", "é1",
            ]),
            Production::Relative => self.top_relative(),
            Production::Member => self.member(depth),
            Production::Element => self.element(kind, below),
            Production::Filter => self.filter(kind, below),
            Production::Not => Tree::Not(Box::new(self.loose(below))),
            Production::Minus if self.random.permille(80) => {
                Tree::Minus(Box::new(Tree::Number("-3".to_owned())))
            }
            Production::Minus => Tree::Minus(Box::new(self.grow(Kind::Number, below))),
            Production::Or => self.binary("||", [kind, kind], below),
            Production::And => self.binary("&&", [Kind::Truth, kind], below),
            Production::Operator(symbol) => {
                let operands = OPERATORS
                    .iter()
                    .find(|(own, ..)| *own == symbol)
                    .map_or(&[][..], |(.., operands)| operands);
                let operands = self.random.pick(operands);
                if operands == [Kind::Words, Kind::Text] {
                    let text = self.text();
                    return Tree::Binary(
                        symbol,
                        Box::new(Tree::Array(vec![text.clone()])),
                        Box::new(text),
                    );
                }
                if symbol == "^" && self.random.permille(500) {
                    let [base, exponent] = [self.decimal(), self.decimal()];
                    return Tree::Binary(symbol, Box::new(base), Box::new(exponent));
                }
                self.binary(symbol, operands, below)
            }
            Production::Ternary => {
                let [condition, then, otherwise] = self.grow_all([Kind::Truth, kind, kind], below);
                Tree::Ternary(Box::new(condition), Box::new(then), Box::new(otherwise))
            }
            Production::Elvis => {
                let [left, right] = self.grow_all([kind, kind], below);
                Tree::Elvis(Box::new(left), Box::new(right))
            }
            Production::Array => self.array(kind, below),
            Production::Object => self.object(below),
            Production::Wrapped => Tree::Wrapped(Box::new(self.grow(kind, below))),
            Production::Transform(name) => self.transform(name, kind, below),
            Production::WholeTag
            | Production::MixedTags
            | Production::Section
            | Production::Inverted
            | Production::Comment
            | Production::Lines
            | Production::Config => {
                unreachable!("templates are made elsewhere")
            }
        }
    }

    fn decimal(&mut self) -> Tree {
        Tree::Number(format!(
            "{}.{}",
            self.random.between(0, 99),
            self.random.between(1, 999)
        ))
    }

    fn loose(&mut self, depth: usize) -> Tree {
        let kind = self.random.pick(&[
            Kind::Truth,
            Kind::Truth,
            Kind::Number,
            Kind::Text,
            Kind::Words,
        ]);
        self.grow(kind, depth)
    }

    fn binary(&mut self, symbol: &'static str, kinds: [Kind; 2], depth: usize) -> Tree {
        let [left, right] = self.grow_all(kinds, depth);
        Tree::Binary(symbol, Box::new(left), Box::new(right))
    }

    /// `.name` where there is no filter around, which is `name`.
    fn top_relative(&mut self) -> Tree {
        let name = self
            .random
            .pick(&["count", "name", "total", "yes", "unknown"]);
        Tree::Relative(Some(name.to_owned()))
    }

    fn member(&mut self, depth: usize) -> Tree {
        if depth == 0 {
            return self.path(&[
                "customer.name",
                "customer.age",
                "customer.address.city",
                "orders.total",
                "customer.nickname",
                "none.name",
            ]);
        }
        let kind = if self.random.permille(60) {
            Kind::Truth
        } else {
            Kind::Record
        };
        let subject = match self.grow(kind, depth) {
            truth if kind == Kind::Truth => Tree::Not(Box::new(truth)),
            record => record,
        };
        Tree::Member(
            Box::new(subject),
            self.random
                .pick(&["name", "age", "total", "city"])
                .to_owned(),
        )
    }

    /// `a[b]`: JEXL reads it only after a name, a member, a filter or a transform.
    fn element(&mut self, kind: Kind, depth: usize) -> Tree {
        // With something relative in it, it would be a filter.
        let filters = std::mem::take(&mut self.filters);
        let element = self.element_of(kind, depth);
        self.filters = filters;
        element
    }

    fn element_of(&mut self, kind: Kind, depth: usize) -> Tree {
        let (subject, index) = match kind {
            Kind::Record => {
                let [subject, index] = self.grow_all([Kind::Records, Kind::Number], depth);
                (subject, index)
            }
            Kind::Text => {
                let subject = self.random.pick(&[Kind::Words, Kind::Text, Kind::Record]);
                let index = if subject == Kind::Record {
                    Kind::Text
                } else {
                    Kind::Number
                };
                let [subject, index] = self.grow_all([subject, index], depth);
                (subject, index)
            }
            _ => {
                let [subject, index] = self.grow_all([Kind::Numbers, Kind::Number], depth);
                (subject, index)
            }
        };
        let index = match self.random.below(10) {
            _ if kind == Kind::Record && self.random.permille(120) => {
                Tree::Text(self.random.pick(&["total", "id", "city"]).to_owned())
            }
            0..=4 if depth < 2 => Tree::Number(self.random.below(3).to_string()),
            5 => Tree::Text(
                self.random
                    .pick(&["name", "total", "total", "id", "0", "length"])
                    .to_owned(),
            ),
            6 => self.truth(),
            _ => index,
        };
        Tree::Element(Box::new(self.as_path(subject)), Box::new(index))
    }

    fn filter(&mut self, kind: Kind, depth: usize) -> Tree {
        let subject = match kind {
            Kind::Numbers | Kind::Words | Kind::Mixed | Kind::Record
                if self.random.permille(300) =>
            {
                kind
            }
            _ => Kind::Records,
        };
        let deep_subject = self.random.permille(400);
        let subject = self.grow(subject, if deep_subject { depth } else { 0 });
        self.filters += 1;
        let mut condition = self.grow(Kind::Truth, if deep_subject { 1 } else { depth.max(1) });
        self.filters -= 1;
        if !condition.any(&|tree| matches!(tree, Tree::Relative(_))) {
            let name = self
                .random
                .pick(&["total", "paid", "city", "id"])
                .to_owned();
            condition = Tree::Binary(
                "&&",
                Box::new(Tree::Relative(Some(name))),
                Box::new(condition),
            );
        }
        if self.random.permille(60) {
            condition = Tree::Binary("==", Box::new(Tree::Relative(None)), Box::new(self.text()));
        }
        Tree::Filter(Box::new(self.as_path(subject)), Box::new(condition))
    }

    /// Something that JEXL reads `[` after; now and then left as it is.
    fn as_path(&mut self, tree: Tree) -> Tree {
        if tree.takes_brackets() || self.random.permille(60) {
            return tree;
        }
        Tree::Transform(Box::new(tree), "slice", vec![Tree::Number("0".to_owned())])
    }

    fn array(&mut self, kind: Kind, depth: usize) -> Tree {
        let element = match kind {
            Kind::Words => Kind::Text,
            Kind::Records => Kind::Record,
            Kind::Mixed => self.random.pick(&Kind::ALL),
            _ => Kind::Number,
        };
        match self.random.below(8) {
            0 if depth == 0 => Tree::Array(Vec::new()),
            1 | 2 => Tree::Array(vec![self.grow(element, depth)]),
            3..=5 => Tree::Array(self.grow_all([element; 2], depth).to_vec()),
            _ => Tree::Array(self.grow_all([element; 3], depth).to_vec()),
        }
    }

    fn object(&mut self, depth: usize) -> Tree {
        if depth == 0 && self.random.permille(100) {
            return Tree::Object(Vec::new());
        }
        let kinds = [self.any_kind(), self.any_kind()];
        let [first, second] = self.grow_all(kinds, depth);
        let keys = if self.random.permille(60) {
            [Key::Quoted("a b".to_owned()), Key::Name("total".to_owned())]
        } else {
            [
                Key::Name("name".to_owned()),
                Key::Name(
                    self.random
                        .pick(&["total", "age", "name", "true"])
                        .to_owned(),
                ),
            ]
        };
        Tree::Object(keys.into_iter().zip([first, second]).collect())
    }

    fn transform(&mut self, name: &'static str, kind: Kind, depth: usize) -> Tree {
        let subjects = TRANSFORMS
            .iter()
            .find(|(own, ..)| *own == name)
            .map_or(&[][..], |(.., subjects)| subjects);
        let subject = if subjects.contains(&kind) && self.random.permille(800) {
            kind
        } else {
            self.random.pick(subjects)
        };
        let deep_argument = self.random.permille(150);
        let (first, second) = if deep_argument {
            (0, depth)
        } else {
            (depth, 0)
        };
        let arguments = self.arguments(name, subject, second);
        Tree::Transform(Box::new(self.grow(subject, first)), name, arguments)
    }

    fn arguments(&mut self, name: &str, subject: Kind, depth: usize) -> Vec<Tree> {
        let is_short = self.random.permille(400);
        let is_wrong = self.random.permille(10);
        let mut arguments = match name {
            "join" if is_short => vec![],
            "join" => vec![self.grow(Kind::Text, depth)],
            "map" => vec![self.field(&[
                "total",
                "city",
                "items[0].sku",
                "items.length",
                "city.length",
                "paid",
                "id",
                "name",
            ])],
            "filter" => {
                let conditions = [
                    "total > 40",
                    "total<=40",
                    "id != 2",
                    "id >= 3",
                    "id <= 3",
                    "id > 2",
                    "id < 3",
                    "total >= -1.5",
                    "id == 3",
                    "items.length > 0",
                    "paid == 1",
                    "total",
                    "city > 1",
                ];
                vec![self.field(&conditions)]
            }
            "find" | "filterBy" => match self.random.below(4) {
                0 => vec![self.field(&["id"]), self.grow(Kind::Number, depth)],
                1 => vec![
                    self.field(&["city", "items.0.sku"]),
                    self.grow(Kind::Text, depth),
                ],
                2 => vec![self.field(&["paid"]), self.grow(Kind::Truth, depth)],
                _ => vec![
                    self.field(&["total", "nothing"]),
                    self.grow(Kind::Number, depth),
                ],
            },
            "concat" | "hasOverlap" => vec![self.grow(subject, depth)],
            "sort" if is_short && subject != Kind::Records => vec![],
            "sort" if subject != Kind::Records => vec![Tree::Text(String::new()), self.direction()],
            "sort" if is_short => {
                vec![self.field(&["total", "city", "id", "paid", "items[0].price"])]
            }
            "sort" => vec![self.field(&["total", "city", "id"]), self.direction()],
            "slice" if is_short => vec![self.place(depth)],
            "slice" => vec![self.place(0), self.place(depth)],
            "chunk" => vec![if is_short {
                self.grow(Kind::Number, depth)
            } else {
                Tree::Number(self.random.between(1, 3).to_string())
            }],
            "formatList" => {
                let lines = [
                    "{city}: {total}",
                    "- {id}",
                    "{items[0].sku}",
                    "{city}{missing}",
                    "{ id }{}",
                    "no field",
                ];
                let line = self.field(&lines);
                if is_short {
                    vec![line]
                } else {
                    vec![line, self.grow(Kind::Text, depth)]
                }
            }
            "isBefore" | "isAfter" => vec![self.grow(Kind::Time, depth)],
            _ => vec![],
        };
        if is_wrong && self.random.permille(500) {
            arguments.push(Tree::Null);
        } else if is_wrong {
            arguments.pop();
        }
        arguments
    }

    fn field(&mut self, fields: &[&str]) -> Tree {
        if self.random.permille(15) {
            return self.number();
        }
        Tree::Text(self.random.pick(fields).to_owned())
    }

    fn direction(&mut self) -> Tree {
        Tree::Text(
            self.random
                .pick(&["asc", "asc", "desc", "desc", "desc", "up"])
                .to_owned(),
        )
    }

    fn place(&mut self, depth: usize) -> Tree {
        if depth > 0 || self.random.permille(100) {
            return self.grow(Kind::Number, depth);
        }
        Tree::Number(
            self.random
                .pick(&["0", "1", "2", "-1", "-2", "99"])
                .to_owned(),
        )
    }
}
