//! What transforms need, what they give, and the paths that some of them take as texts.

use serde_json::Value;

use super::path::{either, is_index, known};
use super::{Finding, Inference, Mistake, may_be_number};
use crate::transforms::{braced_paths, condition_path, path_names};
use crate::tree::{Form, Node};
use crate::value_type::{Fields, Others, Type};

/// What stands before a transform or in one of its arguments; null always fits, since it means that nothing is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Anything,
    List,
    ListOrText,
    /// What can be printed.
    Printable,
    /// A text and nothing that would have to become one.
    Text,
    Number,
    Whole,
}

use Need::{Anything, List, ListOrText, Number, Printable, Text, Whole};

/// What each transform needs before it, and for its arguments; those that are not here take anything.
const NEEDS: [(&str, Need, &[Need]); 26] = [
    ("upper", Printable, &[]),
    ("lower", Printable, &[]),
    ("trim", Printable, &[]),
    ("startsWith", Printable, &[Text]),
    ("endsWith", Printable, &[Text]),
    ("matches", Printable, &[Text]),
    ("parseJSON", Printable, &[]),
    ("number", Number, &[]),
    ("length", ListOrText, &[]),
    ("first", List, &[]),
    ("last", List, &[]),
    ("join", List, &[Text]),
    ("at", Anything, &[Text]),
    ("map", List, &[Text]),
    ("filter", List, &[Text]),
    ("find", List, &[Text, Anything]),
    ("filterBy", List, &[Text, Anything]),
    ("flatten", List, &[]),
    ("unique", List, &[]),
    ("concat", List, &[List]),
    ("hasOverlap", List, &[List]),
    ("sort", List, &[Text, Text]),
    ("reverse", List, &[]),
    ("slice", ListOrText, &[Whole, Whole]),
    ("chunk", List, &[Whole]),
    ("formatList", List, &[Text, Text]),
];

/// Names, members and items of expressions that were written in Python.
const PYTHON_MEMBERS: [&str; 3] = ["pyName", "pyMember", "pyItem"];

impl Need {
    fn noun(self) -> &'static str {
        match self {
            Anything => "any value",
            List => "a list",
            ListOrText => "a list or a text",
            Printable | Text => "a text",
            Number => "a number",
            Whole => "a whole number",
        }
    }

    fn fits(self, found: &Type) -> bool {
        let is_text = matches!(found, Type::Text | Type::Words(_));
        let is_list = matches!(found, Type::List(_));
        *found == Type::Null
            || match self {
                Anything => true,
                List => is_list,
                ListOrText => is_list || is_text,
                Printable => !is_list && !matches!(found, Type::Object(_)),
                Text => is_text,
                Number | Whole => may_be_number(found),
            }
    }
}

impl Inference<'_, '_> {
    /// The type of what a transform makes.
    pub(super) fn transform(&mut self, name: &str, subject: &Node, arguments: &[Node]) -> Type {
        let found = self.node(subject);
        let given: Vec<Type> = arguments.iter().map(|one| self.node(one)).collect();
        if let Some((_, need, needs)) = NEEDS.iter().find(|(known, ..)| *known == name) {
            self.needs(name, need.noun(), subject, &found, |one| need.fits(one));
            let places = ["its first argument", "its second argument"];
            for (((need, place), argument), given) in
                needs.iter().zip(places).zip(arguments).zip(&given)
            {
                let noun = format!("{} for {place}", need.noun());
                self.needs(name, noun, argument, given, |one| need.fits(one));
            }
        }
        let at = match arguments {
            [argument] if PYTHON_MEMBERS.contains(&name) => self.named(subject, &found, argument),
            _ => self.written_path(name, subject, &found, arguments.first()),
        };
        result(name, &found, given.first(), at)
    }

    /// The member of an object that Python names; the view of all names is one of them.
    fn named(&mut self, subject: &Node, found: &Type, argument: &Node) -> Type {
        let Form::Literal(Value::String(name)) = &argument.form else {
            return Type::Any;
        };
        let is_object = |one: &Type| matches!(one, Type::Object(_));
        if name == "keys" || !found.present().all(is_object) {
            return Type::Any;
        }
        let members = found
            .present()
            .map(|one| member(one, name, Texts::AsTheyAre));
        if let Some(found) = either(members) {
            return found;
        }
        if *found != Type::Null {
            self.findings.push(Finding {
                mistake: Mistake::NoMember {
                    owner: subject.to_string(),
                    member: name.clone(),
                    found: found.clone(),
                    is_defaulted: false,
                },
                span: argument.span.clone(),
            });
        }
        Type::Any
    }

    /// What stands at the path that a transform is given as a text, where that is written out.
    fn written_path(
        &mut self,
        name: &str,
        subject: &Node,
        found: &Type,
        argument: Option<&Node>,
    ) -> Type {
        let Some(argument) = argument else {
            return Type::Any;
        };
        let Form::Literal(Value::String(text)) = &argument.form else {
            return Type::Any;
        };
        match name {
            "at" => self.along(subject, found, text, argument, Texts::Read),
            "map" | "find" | "filterBy" | "sort" => {
                self.along(subject, &found.element(), text, argument, Texts::AsTheyAre)
            }
            "filter" => {
                let path = condition_path(text).unwrap_or_default();
                self.along(subject, &found.element(), path, argument, Texts::AsTheyAre)
            }
            "formatList" => {
                let element = found.element();
                // What is no object is printed as a whole.
                if element.present().all(|one| matches!(one, Type::Object(_))) {
                    for path in braced_paths(text) {
                        self.along(subject, &element, path, argument, Texts::AsTheyAre);
                    }
                }
                Type::Any
            }
            _ => Type::Any,
        }
    }

    /// Follows a path that is written as a text.
    fn along(
        &mut self,
        subject: &Node,
        from: &Type,
        path: &str,
        argument: &Node,
        texts: Texts,
    ) -> Type {
        // A member whose name has a point in it comes first.
        let whole = from.present().map(|one| known(one, path).cloned());
        if let Some(found) = either(whole) {
            return found;
        }
        let mut found = from.clone();
        let mut walked: Vec<&str> = Vec::new();
        for name in path_names(path) {
            let next = either(found.present().map(|one| member(one, name, texts)));
            let Some(next) = next else {
                if found != Type::Null {
                    let is_element = walked.is_empty() && texts == Texts::AsTheyAre;
                    self.findings.push(Finding {
                        mistake: Mistake::NoMember {
                            owner: if walked.is_empty() {
                                subject.to_string()
                            } else {
                                walked.join(".")
                            },
                            member: name.to_owned(),
                            found: if is_element {
                                Type::List(Box::new(found))
                            } else {
                                found
                            },
                            is_defaulted: false,
                        },
                        span: argument.span.clone(),
                    });
                }
                return Type::Any;
            };
            found = next;
            walked.push(name);
        }
        found
    }
}

/// Whether a path goes on into what a text holds as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Texts {
    Read,
    AsTheyAre,
}

/// What a value has under a name of such a path; none where it never has it.
fn member(owner: &Type, name: &str, texts: Texts) -> Option<Type> {
    match owner {
        Type::Any => Some(Type::Any),
        Type::Given(inner) => either(inner.present().map(|one| member(one, name, texts))),
        Type::Object(Fields { known, others }) => known
            .get(name)
            .cloned()
            .or_else(|| (*others == Others::Maybe).then_some(Type::Any)),
        Type::List(element) if is_index(name) => Some((**element).clone()),
        Type::Text | Type::Words(_) if texts == Texts::Read => Some(Type::Any),
        Type::List(_) | Type::Text | Type::Words(_) if name == "length" => Some(Type::Number),
        Type::Either(types) => either(types.iter().map(|one| member(one, name, texts))),
        Type::Null | Type::Flag | Type::Number | Type::Text | Type::Words(_) | Type::List(_) => {
            None
        }
    }
}

/// What a transform makes of a value, where `at` is what its path leads to.
fn result(name: &str, found: &Type, argument: Option<&Type>, at: Type) -> Type {
    let list = |element: Type| Type::List(Box::new(element));
    match name {
        "upper" | "lower" | "trim" | "string" | "join" | "formatList" | "isoDate" => Type::Text,
        "length" | "epochSeconds" | "daysAgo" | "hoursAgo" | "minutesAgo" => Type::Number,
        "boolean" | "hasOverlap" | "isBefore" | "isAfter" | "startsWith" | "endsWith"
        | "matches" => Type::Flag,
        "slice" if found.present().all(|one| *one == Type::Text) => Type::Text,
        "slice" if !found.is_list() => Type::Any,
        "filter" | "filterBy" | "unique" | "sort" | "reverse" | "slice" => list(found.element()),
        "first" | "last" | "find" => Type::either([found.element(), Type::Null]),
        "map" => list(at),
        "at" => Type::either([at, Type::Null]),
        _ if PYTHON_MEMBERS.contains(&name) => at,
        // A text may be the literal of anything.
        "pyLiteral"
            if matches!(
                found,
                Type::Object(_) | Type::List(_) | Type::Number | Type::Flag
            ) =>
        {
            found.clone()
        }
        "concat" => {
            let other = argument.map_or(Type::Any, Type::element);
            list(Type::either([found.element(), other]))
        }
        "chunk" => list(list(found.element())),
        "flatten" => list(Type::Any),
        _ => Type::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transforms;

    #[test]
    fn every_transform_takes_the_arguments_of_its_row() {
        for (name, _, needs) in &NEEDS {
            let transform = transforms::find(name).expect("a row is of a transform that is there");
            assert_eq!(*transform.arguments.end(), needs.len(), "{name}");
        }
    }
}
