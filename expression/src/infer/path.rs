//! What stands at the end of a path, and where on the way there is nothing.

use std::borrow::Cow;

use super::{Finding, Inference, Mistake};
use crate::tree::{Access, Base, Node};
use crate::value_type::{Fields, Others, Type};

impl Inference<'_, '_> {
    pub(super) fn path(&mut self, node: &Node, base: &Base, accesses: &[Access]) -> Type {
        // What all steps give is one object; only what is read of it is copied.
        let roots = self.roots;
        let mut found = match base {
            Base::Root(name) => {
                let root = roots.get(name.as_str());
                root.map_or(Cow::Owned(Type::Any), |root| Cow::Borrowed(root.as_ref()))
            }
            Base::Relative => Cow::Owned(self.element.cloned().unwrap_or(Type::Any)),
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
                Access::Member(name) => match member(&found, name) {
                    Some(next) => next,
                    None if *found == Type::Null => Type::Any,
                    None => {
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
                },
                Access::Index(index) => {
                    let index = self.node(index);
                    Type::either(found.present().map(|one| at_index(one, &index)))
                }
                Access::Filter(condition) => {
                    let element = found.element();
                    self.of_each(&element, condition);
                    Type::List(Box::new(element))
                }
            };
            found = Cow::Owned(next);
        }
        found.into_owned()
    }

    /// A condition that is asked of every element.
    fn of_each(&mut self, element: &Type, condition: &Node) {
        Inference {
            roots: self.roots,
            element: Some(element),
            findings: self.findings,
        }
        .node(condition);
    }
}

/// A member that an object is known to have, as it stands there.
pub(super) fn known<'owner>(owner: &'owner Type, name: &str) -> Option<&'owner Type> {
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
pub(crate) fn member(owner: &Type, name: &str) -> Option<Type> {
    match owner {
        Type::List(_) | Type::Text | Type::Words(_) if name == "length" => Some(Type::Number),
        // `list['0']`, as of an index that came as text.
        Type::List(element) if is_index(name) => Some((**element).clone()),
        // As in JEXL, a member of a list is that of its first element.
        Type::List(element) => either(element.present().map(|one| match one {
            Type::Any | Type::Object(_) | Type::Given(_) => member(one, name),
            Type::Null
            | Type::Flag
            | Type::Number
            | Type::Text
            | Type::Words(_)
            | Type::List(_)
            | Type::Either(_) => None,
        })),
        Type::Any => Some(Type::Any),
        Type::Given(_) if name == "meta" => Some(Type::Any),
        Type::Given(inner) => member(inner, name).or_else(|| match name {
            "data" => Some((**inner).clone()),
            "type" => Some(Type::Text),
            _ => None,
        }),
        Type::Object(Fields { known, others }) => known
            .get(name)
            .cloned()
            .or_else(|| (*others == Others::Maybe || name == "length").then_some(Type::Any)),
        Type::Text | Type::Words(_) if is_index(name) => Some(Type::Text),
        Type::Null | Type::Flag | Type::Number | Type::Text | Type::Words(_) => None,
        Type::Either(types) => either(types.iter().map(|one| member(one, name))),
    }
}

/// Whether a name counts the elements of a list.
pub(super) fn is_index(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_digit())
}

/// What several may be together; none where nothing is.
pub(super) fn either(types: impl Iterator<Item = Option<Type>>) -> Option<Type> {
    let found: Vec<Type> = types.flatten().collect();
    (!found.is_empty()).then(|| Type::either(found))
}

/// What stands at a place of a value.
fn at_index(owner: &Type, index: &Type) -> Type {
    match (owner, index) {
        (Type::List(element), Type::Number) => (**element).clone(),
        (Type::Given(inner), _) => Type::either(inner.present().map(|one| at_index(one, index))),
        (Type::Object(fields), Type::Words(words)) if words.len() == 1 => {
            let found = words.iter().find_map(|word| fields.known.get(word));
            found.cloned().unwrap_or(Type::Any)
        }
        _ => Type::Any,
    }
}
