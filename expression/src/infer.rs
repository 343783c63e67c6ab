//! What type an expression has, and what in it can never be: a member that nothing has, a comparison that never holds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::lexer::parse_number;
use crate::tree::{Access, Base, Form, Node, Operator};
use crate::value_type::{Fields, Others, Type};

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
        needs: &'static str,
        /// What it gets.
        found: Type,
    },
}

/// The types of root names; what is not among them may be anything.
pub type Roots<'t> = BTreeMap<Cow<'t, str>, Cow<'t, Type>>;

/// The type of a tree, and what is wrong with it.
pub(crate) fn infer(node: &Node, roots: &Roots<'_>, findings: &mut Vec<Finding>) -> Type {
    Inference { roots, findings }.node(node)
}

struct Inference<'a, 't> {
    roots: &'a Roots<'t>,
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
                self.node(inner);
                Type::Flag
            }
            Form::Negate(inner) => {
                let found = self.node(inner);
                self.number("-", inner, &found);
                Type::Number
            }
            Form::Binary(operator, left, right) => self.binary(*operator, node, left, right),
            Form::Elvis(left_node, right) | Form::Default(left_node, right) => {
                // What is missing on the left is what the right side is for.
                let mut ignored = Vec::new();
                let left = infer(left_node, self.roots, &mut ignored);
                // One that is never there makes of the right side what always stands here, which may well be meant.
                let is_path = matches!(left_node.form, Form::Path(..));
                let is_written = matches!(right.form, Form::Literal(_));
                for mut finding in ignored {
                    if let Mistake::NoMember { is_defaulted, .. } = &mut finding.mistake {
                        if !is_path || !is_written {
                            continue;
                        }
                        *is_defaulted = true;
                    }
                    self.findings.push(finding);
                }
                Type::either([left.without_null(), self.node(right)])
            }
            Form::Ternary(condition, then, otherwise) => {
                self.node(condition);
                Type::either([self.node(then), self.node(otherwise)])
            }
            Form::Transform(subject, transform, arguments) => {
                let found = self.node(subject);
                for argument in arguments {
                    self.node(argument);
                }
                self.transform(transform.info.name, subject, found)
            }
        }
    }

    fn path(&mut self, node: &Node, base: &Base, accesses: &[Access]) -> Type {
        // What all steps give is one object; only what is read of it is copied.
        let roots = self.roots;
        let mut found = match base {
            Base::Root(name) => {
                let root = roots.get(name.as_str());
                root.map_or(Cow::Owned(Type::Any), |root| Cow::Borrowed(root.as_ref()))
            }
            Base::Relative => Cow::Owned(Type::Any),
            Base::Node(inner) => Cow::Owned(self.node(inner)),
        };
        for (at, access) in accesses.iter().enumerate() {
            if let (Cow::Borrowed(owner), Access::Member(name)) = (&found, access)
                && let Some(inner) = known(owner, name)
            {
                found = Cow::Borrowed(inner);
                continue;
            }
            let next = match access {
                Access::Member(name) => {
                    let missing = |one: &Type| member(one, name).is_none();
                    let misses = found
                        .choices()
                        .iter()
                        .filter(|one| **one != Type::Null)
                        .all(missing);
                    if misses && *found != Type::Null {
                        let owner =
                            crate::display::Path(base, accesses.get(..at).unwrap_or_default());
                        self.findings.push(Finding {
                            mistake: Mistake::NoMember {
                                owner: owner.to_string(),
                                member: name.clone(),
                                found: found.into_owned(),
                                is_defaulted: false,
                            },
                            span: node.span.clone(),
                        });
                        return Type::Any;
                    }
                    Type::either(found.choices().iter().filter_map(|one| member(one, name)))
                }
                Access::Index(index) => {
                    let index = self.node(index);
                    element(&found, &index)
                }
                Access::Filter(_) if matches!(*found, Type::List(_)) => continue,
                Access::Filter(_) => Type::Any,
            };
            found = Cow::Owned(next);
        }
        found.into_owned()
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
                    let scalar = |one: &Type| !matches!(one, Type::List(_) | Type::Object(_));
                    self.needs(operator.symbol(), "a number or a text", side, found, scalar);
                }
                Type::Flag
            }
            Operator::In => self.among(node, &found_left, right, &found_right, "in"),
            Operator::Contains => self.among(node, &found_right, left, &found_left, "contains"),
            Operator::Add => {
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

    fn number(&mut self, symbol: &str, side: &Node, found: &Type) {
        // A text may be a number, and `true` is 1.
        let fits = |one: &Type| {
            if let Type::Words(words) = one {
                words.iter().any(|word| parse_number(word).is_some())
            } else {
                !matches!(one, Type::List(_) | Type::Object(_))
            }
        };
        self.needs(symbol, "a number", side, found, fits);
    }

    fn needs(
        &mut self,
        operation: &str,
        needs: &'static str,
        side: &Node,
        found: &Type,
        fits: impl Fn(&Type) -> bool,
    ) {
        if !found.may(fits) {
            self.findings.push(Finding {
                mistake: Mistake::Misfit {
                    operation: operation.to_owned(),
                    needs,
                    found: found.clone(),
                },
                span: side.span.clone(),
            });
        }
    }

    fn transform(&mut self, name: &str, subject: &Node, found: Type) -> Type {
        const LISTS: [&str; 14] = [
            "first",
            "last",
            "join",
            "map",
            "filter",
            "find",
            "filterBy",
            "flatten",
            "unique",
            "concat",
            "hasOverlap",
            "sort",
            "chunk",
            "formatList",
        ];
        const TEXTS: [&str; 7] = [
            "upper",
            "lower",
            "trim",
            "startsWith",
            "endsWith",
            "matches",
            "parseJSON",
        ];
        if LISTS.contains(&name) {
            let fits = |one: &Type| matches!(one, Type::List(_) | Type::Null);
            self.needs(name, "a list", subject, &found, fits);
        }
        if TEXTS.contains(&name) {
            let fits = |one: &Type| !matches!(one, Type::List(_) | Type::Object(_));
            self.needs(name, "a text", subject, &found, fits);
        }
        match name {
            "upper" | "lower" | "trim" | "string" | "join" | "formatList" | "isoDate" => Type::Text,
            "length" | "epochSeconds" | "daysAgo" | "hoursAgo" | "minutesAgo" => Type::Number,
            "boolean" | "hasOverlap" | "isBefore" | "isAfter" | "startsWith" | "endsWith"
            | "matches" => Type::Flag,
            "filter" | "filterBy" | "unique" | "sort" | "reverse"
                if matches!(found, Type::List(_)) =>
            {
                found
            }
            "first" | "last" => {
                let Type::List(element) = found else {
                    return Type::Any;
                };
                Type::either([*element, Type::Null])
            }
            "map" | "flatten" | "concat" | "chunk" => Type::List(Box::new(Type::Any)),
            _ => Type::Any,
        }
    }
}

/// A member that an object is known to have, as it stands there.
fn known<'owner>(owner: &'owner Type, name: &str) -> Option<&'owner Type> {
    match owner {
        Type::Object(fields) => fields.known.get(name),
        Type::Given(inner) if name != "meta" => known(inner, name),
        Type::Given(_)
        | Type::Any
        | Type::Null
        | Type::Flag
        | Type::Number
        | Type::Text
        | Type::Words(_)
        | Type::List(_)
        | Type::Either(_) => None,
    }
}

/// A member of a value; none where it never has it.
fn member(owner: &Type, name: &str) -> Option<Type> {
    match owner {
        // What a list has, its elements have.
        Type::List(_) if name != "length" => Some(Type::Any),
        Type::Any => Some(Type::Any),
        Type::Given(_) if name == "meta" => Some(Type::Any),
        Type::Given(inner) => {
            let found: Vec<Type> = inner
                .choices()
                .iter()
                .filter_map(|one| member(one, name))
                .collect();
            if found.is_empty() && name == "data" {
                return Some((**inner).clone());
            }
            (!found.is_empty()).then(|| Type::either(found))
        }
        Type::Object(Fields { known, others }) => known
            .get(name)
            .cloned()
            .or_else(|| (*others == Others::Maybe || name == "length").then_some(Type::Any)),
        Type::List(_) => Some(Type::Number),
        Type::Text | Type::Words(_) if name == "length" => Some(Type::Number),
        Type::Null | Type::Flag | Type::Number | Type::Text | Type::Words(_) => None,
        Type::Either(types) => {
            let found: Vec<Type> = types.iter().filter_map(|one| member(one, name)).collect();
            (!found.is_empty()).then(|| Type::either(found))
        }
    }
}

/// What stands at a place of a value.
fn element(owner: &Type, index: &Type) -> Type {
    match (owner, index) {
        (Type::List(element), Type::Number) => (**element).clone(),
        (Type::Given(inner), _) => element(inner, index),
        (Type::Object(fields), Type::Words(words)) if words.len() == 1 => {
            let found = words.iter().find_map(|word| fields.known.get(word));
            found.cloned().unwrap_or(Type::Any)
        }
        _ => Type::Any,
    }
}

/// Whether two values may ever be equal.
fn can_be_equal(left: &Type, right: &Type) -> bool {
    // Whatever is missing is null; that it may be makes no other comparison more likely.
    let is_null = |found: &Type| *found == Type::Null;
    if is_null(left) || is_null(right) {
        return true;
    }
    let choices = |found: &'_ Type| {
        found
            .choices()
            .iter()
            .filter(|one| !is_null(one))
            .cloned()
            .collect::<Vec<_>>()
    };
    let others = choices(right);
    choices(left)
        .iter()
        .any(|left| others.iter().any(|right| can_equal(left, right)))
}

#[expect(
    clippy::match_same_arms,
    reason = "each arm is a claim of its own about two types"
)]
fn can_equal(left: &Type, right: &Type) -> bool {
    let number = |word: &str| parse_number(word).is_some() || word.trim().is_empty();
    match (left, right) {
        (Type::Any, _) | (_, Type::Any) => true,
        (Type::Given(inner), other) | (other, Type::Given(inner)) => can_be_equal(inner, other),
        (Type::Either(_), _) | (_, Type::Either(_)) => can_be_equal(left, right),
        (Type::Null, _) | (_, Type::Null) => true,
        (Type::Words(left), Type::Words(right)) => !left.is_disjoint(right),
        (Type::Text, Type::Text | Type::Words(_)) | (Type::Words(_), Type::Text) => true,
        (Type::Number | Type::Flag, Type::Text) | (Type::Text, Type::Number | Type::Flag) => true,
        (Type::Number | Type::Flag, Type::Words(words))
        | (Type::Words(words), Type::Number | Type::Flag) => words.iter().any(|word| number(word)),
        (Type::Number | Type::Flag, Type::Number | Type::Flag) => true,
        (Type::List(_), Type::List(_)) | (Type::Object(_), Type::Object(_)) => true,
        (Type::List(_) | Type::Object(_), _) | (_, Type::List(_) | Type::Object(_)) => false,
    }
}
