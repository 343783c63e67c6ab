//! What type an expression has, and what in it can never be: a member that nothing has, a comparison that never holds.

mod alternatives;
mod equal;
mod path;
mod transform;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use equal::can_be_equal;
pub(crate) use path::member as member_of;

use crate::lexer::parse_number;
use crate::tree::{Form, Node, Operator};
use crate::value_type::{Others, Type};

/// Something that cannot be.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it is.
    pub mistake: Mistake,
    /// The bytes of the expression where it stands.
    pub span: Range<usize>,
}

/// What cannot be.
#[derive(Debug, Clone, PartialEq)]
pub enum Mistake {
    /// A member that its owner does not have.
    NoMember {
        /// The owner, as it is written.
        owner: String,
        /// The member.
        member: String,
        /// What the owner is.
        found: Type,
        /// Whether a written default stands in for it.
        is_defaulted: bool,
    },
    /// A name in a section that its item does not have, and that is not known outside.
    NoName {
        /// The name.
        name: String,
        /// What the section goes through, as it is written.
        list: String,
        /// What the item is.
        item: Type,
    },
    /// Two values that are never equal.
    NeverEqual {
        /// What the left side is.
        left: Type,
        /// What the right side is.
        right: Type,
        /// What the comparison always gives.
        gives: bool,
    },
    /// An operand that an operator or a transform cannot use.
    Misfit {
        /// What cannot use it, as it is written.
        operation: String,
        /// What it needs.
        needs: Cow<'static, str>,
        /// What it gets.
        found: Type,
    },
    /// `true` or `false` where an order is asked for, which counts as 1 or 0.
    FlagInOrder {
        /// The operator.
        operation: &'static str,
        /// What the other side is.
        other: Type,
    },
}

/// The types of root names; what is not among them may be anything.
pub type Roots<'t> = BTreeMap<Cow<'t, str>, Arc<Type>>;

/// The type of a tree, and what is wrong with it.
pub(crate) fn infer(node: &Node, roots: &Roots<'_>, findings: &mut Vec<Finding>) -> Type {
    infer_within(node, roots, None, findings)
}

/// The same where `.` is the item of a section.
pub(crate) fn infer_within(
    node: &Node,
    roots: &Roots<'_>,
    element: Option<&Type>,
    findings: &mut Vec<Finding>,
) -> Type {
    Inference {
        roots,
        element,
        findings,
    }
    .node(node)
}

struct Inference<'a, 't> {
    roots: &'a Roots<'t>,
    /// What the elements are at which the filter around looks.
    element: Option<&'a Type>,
    findings: &'a mut Vec<Finding>,
}

impl Inference<'_, '_> {
    fn node(&mut self, node: &Node) -> Type {
        match &node.form {
            Form::Literal(value) => Type::of(value),
            // Its parameters are names that nothing is known of.
            Form::Function(..) => Type::Any,
            Form::Array(elements) => {
                let elements: Vec<Type> = elements.iter().map(|one| self.node(one)).collect();
                Type::List(Box::new(Type::either(elements)))
            }
            Form::Object(members) => {
                let fields: Vec<(String, Type)> = members
                    .iter()
                    .map(|(key, member)| (key.clone(), self.node(member)))
                    .collect();
                Type::object(fields, Others::Never)
            }
            Form::Path(base, accesses) => self.path(node, base, accesses),
            Form::Not(inner) => {
                let known = self.findings.len();
                self.node(inner);
                // What never holds always holds the other way round.
                for finding in self.findings.iter_mut().skip(known) {
                    if let Mistake::NeverEqual { gives, .. } = &mut finding.mistake
                        && finding.span == inner.span
                    {
                        *gives = !*gives;
                    }
                }
                Type::Flag
            }
            Form::Negate(inner) => {
                let found = self.node(inner);
                self.number("-", inner, &found);
                Type::Number
            }
            Form::Binary(operator, left, right) => self.binary(*operator, node, left, right),
            Form::Elvis(..) | Form::Default(..) => self.alternatives(node),
            Form::Ternary(condition, then, otherwise) => {
                self.node(condition);
                Type::either([self.node(then), self.node(otherwise)])
            }
            Form::Transform(subject, transform, arguments) => {
                self.transform(transform.info.name, subject, arguments)
            }
        }
    }

    fn binary(&mut self, operator: Operator, node: &Node, left: &Node, right: &Node) -> Type {
        let (found_left, found_right) = (self.node(left), self.node(right));
        match operator {
            Operator::And | Operator::Or => Type::either([found_left, found_right]),
            Operator::Equal | Operator::NotEqual => {
                if !can_be_equal(&found_left, &found_right) {
                    self.findings.push(Finding {
                        mistake: Mistake::NeverEqual {
                            left: found_left,
                            right: found_right,
                            gives: operator == Operator::NotEqual,
                        },
                        span: node.span.clone(),
                    });
                }
                Type::Flag
            }
            Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => {
                for (side, found) in [(left, &found_left), (right, &found_right)] {
                    self.needs(
                        operator.symbol(),
                        "a number or a text",
                        side,
                        found,
                        is_scalar,
                    );
                }
                for (side, found, other) in [
                    (left, &found_left, &found_right),
                    (right, &found_right, &found_left),
                ] {
                    self.flag_in_order(operator, side, found, other);
                    self.word_in_order(operator, side, found, other);
                }
                Type::Flag
            }
            Operator::In => self.among(node, &found_left, right, &found_right, "in"),
            Operator::Contains => self.among(node, &found_right, left, &found_left, "contains"),
            Operator::Add => {
                for (side, found) in [(left, &found_left), (right, &found_right)] {
                    self.needs("+", "a number or a text", side, found, is_scalar);
                }
                let is_text = |found: &Type| matches!(found, Type::Text | Type::Words(_));
                if is_text(&found_left) || is_text(&found_right) {
                    Type::Text
                } else if found_left == Type::Number && found_right == Type::Number {
                    Type::Number
                } else {
                    Type::Any
                }
            }
            Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
            | Operator::FloorDivide
            | Operator::Remainder
            | Operator::Power => {
                self.number(operator.symbol(), left, &found_left);
                self.number(operator.symbol(), right, &found_right);
                Type::Number
            }
        }
    }

    /// A value looked for in a list or a text.
    fn among(&mut self, node: &Node, value: &Type, holder: &Node, held: &Type, word: &str) -> Type {
        let holds = |one: &Type| {
            matches!(
                one,
                Type::List(_) | Type::Text | Type::Words(_) | Type::Null
            )
        };
        self.needs(word, "a list or a text", holder, held, holds);
        if let Type::List(element) = held
            && !can_be_equal(value, element)
        {
            self.findings.push(Finding {
                mistake: Mistake::NeverEqual {
                    left: value.clone(),
                    right: (**element).clone(),
                    gives: false,
                },
                span: node.span.clone(),
            });
        }
        Type::Flag
    }

    /// A flag that is compared with a number, such as the first comparison of `1 < n < 3`.
    fn flag_in_order(&mut self, operator: Operator, side: &Node, found: &Type, other: &Type) {
        let is_flag = |found: &Type| {
            let mut present = found.present().peekable();
            present.peek().is_some() && present.all(|one| *one == Type::Flag)
        };
        let is_scalar = |one: &Type| matches!(one, Type::Number | Type::Text | Type::Words(_));
        if is_flag(found) && other.present().any(is_scalar) {
            self.findings.push(Finding {
                mistake: Mistake::FlagInOrder {
                    operation: operator.symbol(),
                    other: other.clone(),
                },
                span: side.span.clone(),
            });
        }
    }

    /// A text that is no number and is compared with one, which it neither precedes nor follows.
    fn word_in_order(&mut self, operator: Operator, side: &Node, found: &Type, other: &Type) {
        let is_number = |one: &Type| *one == Type::Number;
        let mut others = other.present().peekable();
        if others.peek().is_some() && others.all(is_number) {
            let fits = |one: &Type| !matches!(one, Type::Words(_)) || may_be_number(one);
            let needs = "a number where the other side is one";
            self.needs(operator.symbol(), needs, side, found, fits);
        }
    }

    fn number(&mut self, symbol: &str, side: &Node, found: &Type) {
        self.needs(symbol, "a number", side, found, may_be_number);
    }

    fn needs(
        &mut self,
        operation: &str,
        needs: impl Into<Cow<'static, str>>,
        side: &Node,
        found: &Type,
        fits: impl Fn(&Type) -> bool,
    ) {
        if found.never(fits) {
            self.findings.push(Finding {
                mistake: Mistake::Misfit {
                    operation: operation.to_owned(),
                    needs: needs.into(),
                    found: found.clone(),
                },
                span: side.span.clone(),
            });
        }
    }
}

/// Whether a value is neither a list nor an object.
fn is_scalar(found: &Type) -> bool {
    !matches!(found, Type::List(_) | Type::Object(_))
}

/// Whether a value may stand for a number: a text may be one, and `true` is 1.
fn may_be_number(found: &Type) -> bool {
    if let Type::Words(words) = found {
        return words.iter().any(|word| may_be_read(word));
    }
    !matches!(found, Type::List(_) | Type::Object(_))
}

/// Whether a text is a number; the empty one is 0.
fn may_be_read(word: &str) -> bool {
    let word = crate::coerce::trim(word);
    word.is_empty() || parse_number(word).is_some()
}
