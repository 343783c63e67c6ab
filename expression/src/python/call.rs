//! The functions that may be called.

use std::ops::Range;

use serde_json::Value;

use super::syntax::{Clause, Kind, Shape, Tree};
use super::translate::{Translated, Translator, apply, literal, node};
use crate::error::SyntaxError;
use crate::tree::{Form, Node};

/// Functions of one value, which stands for the empty one where it may be left out.
const OF_ONE: [(&str, Option<Empty>); 12] = [
    ("len", None),
    ("abs", None),
    ("reversed", None),
    ("repr", None),
    ("str", Some(Empty::Text)),
    ("int", Some(Empty::Zero)),
    ("float", Some(Empty::Fraction)),
    ("bool", Some(Empty::False)),
    ("list", Some(Empty::List)),
    ("tuple", Some(Empty::List)),
    ("set", Some(Empty::List)),
    ("dict", Some(Empty::List)),
];

/// What a function makes something of when it gets nothing.
#[derive(Clone, Copy)]
enum Empty {
    Text,
    Zero,
    Fraction,
    False,
    List,
}

/// The others.
const FUNCTIONS: [&str; 12] = [
    "min",
    "max",
    "sum",
    "any",
    "all",
    "isinstance",
    "round",
    "sorted",
    "enumerate",
    "zip",
    "map",
    "filter",
];

const TYPES: [&str; 8] = [
    "int", "float", "str", "bool", "list", "dict", "set", "tuple",
];

impl Translator<'_> {
    pub(super) fn call(
        &self,
        function: &Tree,
        arguments: &[Tree],
        named: &[(String, Tree)],
        span: &Range<usize>,
    ) -> Translated {
        match &function.kind {
            Kind::Member(object, name) => self.method(object, name, arguments, named, span),
            Kind::Name(name) if !self.is_bound(name) => {
                self.function(name, function, arguments, named, span)
            }
            Kind::Lambda(..) => Err(SyntaxError::new(
                "a lambda that is called at once is not part of the Python that is read here",
                span.clone(),
            )),
            _ => Err(SyntaxError::new(
                "only functions that Python has by name can be called here",
                function.span.clone(),
            )),
        }
    }

    fn function(
        &self,
        name: &str,
        function: &Tree,
        arguments: &[Tree],
        named: &[(String, Tree)],
        span: &Range<usize>,
    ) -> Translated {
        let takes = |least, most| {
            if (least..=most).contains(&arguments.len()) {
                Ok(())
            } else {
                Err(wrong_count(name, least, most, arguments.len(), span))
            }
        };
        if !matches!(
            name,
            "sorted" | "min" | "max" | "round" | "sum" | "enumerate" | "dict"
        ) && let Some((argument, value)) = named.first()
        {
            return Err(unknown_argument(name, argument, value));
        }
        if let Some((_, empty)) = OF_ONE.iter().find(|(known, _)| *known == name) {
            takes(usize::from(empty.is_none()), 1)?;
            if name == "dict" && !named.is_empty() {
                return self.dict_of_names(arguments, named, span);
            }
            let value = match (arguments.first(), empty) {
                (Some(argument), _) => self.value(argument)?,
                (None, Some(Empty::Text)) => return Ok(literal("", span)),
                (None, Some(Empty::Zero)) => return Ok(literal(0, span)),
                (None, Some(Empty::Fraction)) => return Ok(literal(0.0, span)),
                (None, Some(Empty::False)) => return Ok(literal(false, span)),
                (None, Some(Empty::List) | None) => node(Form::Array(Vec::new()), span),
            };
            return Ok(match name {
                "set" => apply("pySet", value, Vec::new(), span),
                "bool" => apply("pyTruth", value, Vec::new(), span),
                _ => python(name, value, Vec::new(), span),
            });
        }
        match (name, arguments) {
            ("any" | "all", [argument]) => self.any_or_all(name, argument, span),
            ("isinstance", [value, types]) => {
                let types = self.types(types)?;
                Ok(python(name, self.value(value)?, vec![types], span))
            }
            ("round" | "sum" | "enumerate", [value, rest @ ..]) if rest.len() < 2 => {
                let wanted = if name == "round" { "ndigits" } else { "start" };
                let mut second = rest.first();
                for (argument, value) in named {
                    if argument != wanted || second.is_some() {
                        return Err(unknown_argument(name, argument, value));
                    }
                    second = Some(value);
                }
                let second = second.map(|tree| self.value(tree)).transpose()?;
                Ok(python(
                    name,
                    self.value(value)?,
                    second.into_iter().collect(),
                    span,
                ))
            }
            ("sorted", [list]) => self.sorted(list, named, span),
            ("min" | "max", [_, ..]) => self.best(name, arguments, named, span),
            ("zip", _) => Ok(python(name, self.list(arguments, span)?, Vec::new(), span)),
            ("map", [function, lists @ ..]) if !lists.is_empty() => {
                let list = self.each_of(function, lists, span)?;
                Ok(python("iter", list, Vec::new(), span))
            }
            ("filter", [function, list]) => self.filtered(function, list, span),
            ("any" | "all" | "sorted", _) => Err(wrong_count(name, 1, 1, arguments.len(), span)),
            ("isinstance" | "filter", _) => Err(wrong_count(name, 2, 2, arguments.len(), span)),
            ("round" | "sum" | "enumerate", _) => {
                Err(wrong_count(name, 1, 2, arguments.len(), span))
            }
            ("min" | "max" | "map", _) => Err(SyntaxError::new(
                format!("`{name}` needs more arguments"),
                span.clone(),
            )),
            _ => Err(unknown_function(name, function)),
        }
    }

    fn any_or_all(&self, name: &str, argument: &Tree, span: &Range<usize>) -> Translated {
        if let Kind::Comprehension(Shape::Generator, body, clauses) = &argument.kind {
            let truth = || match body.first() {
                Some(body) => self.truth(body),
                None => Ok(literal(true, span)),
            };
            return self.quantified(name, clauses, &truth, span);
        }
        if let Kind::Call(called, arguments, _) = &argument.kind
            && matches!(&called.kind, Kind::Name(name) if name == "map" && !self.is_bound(name))
            && let [function, list] = arguments.as_slice()
        {
            let (names, body) = function_of(function, 1)?;
            let clause = Clause {
                names,
                list: list.clone(),
                conditions: Vec::new(),
            };
            return self.quantified(name, &[clause], &|| self.truth(&body), span);
        }
        Ok(python(name, self.value(argument)?, Vec::new(), span))
    }

    /// The names of types, for `isinstance`.
    fn types(&self, types: &Tree) -> Translated {
        let trees = match &types.kind {
            Kind::Tuple(types) => types.as_slice(),
            _ => std::slice::from_ref(types),
        };
        let names = trees.iter().map(|tree| match &tree.kind {
            Kind::Name(name) if TYPES.contains(&name.as_str()) && !self.is_bound(name) => {
                Ok(literal(name.as_str(), &tree.span))
            }
            _ => Err(SyntaxError::new(
                "`isinstance` needs one of int, float, str, bool, list, dict, set and tuple, or several of them in a tuple",
                tree.span.clone(),
            )),
        });
        Ok(node(
            Form::Array(names.collect::<Result<_, _>>()?),
            &types.span,
        ))
    }

    fn dict_of_names(
        &self,
        arguments: &[Tree],
        named: &[(String, Tree)],
        span: &Range<usize>,
    ) -> Translated {
        if let Some(argument) = arguments.first() {
            return Err(SyntaxError::new(
                "`dict` takes either a value or names",
                argument.span.clone(),
            ));
        }
        let members = named
            .iter()
            .map(|(name, value)| Ok((name.clone(), self.value(value)?)));
        Ok(node(Form::Object(members.collect::<Result<_, _>>()?), span))
    }

    fn sorted(&self, list: &Tree, named: &[(String, Tree)], span: &Range<usize>) -> Translated {
        let (mut reverse, mut key) = (literal(false, span), None);
        for (argument, value) in named {
            match argument.as_str() {
                "reverse" => reverse = self.truth(value)?,
                "key" => key = self.key(value)?,
                _ => return Err(unknown_argument("sorted", argument, value)),
            }
        }
        let arguments = std::iter::once(reverse).chain(key).collect();
        Ok(python("sorted", self.value(list)?, arguments, span))
    }

    /// `min` and `max`, of the values or of the elements of the only one.
    fn best(
        &self,
        name: &str,
        arguments: &[Tree],
        named: &[(String, Tree)],
        span: &Range<usize>,
    ) -> Translated {
        let list = if let [list] = arguments {
            self.value(list)?
        } else {
            self.list(arguments, span)?
        };
        let (mut default, mut key) = (Vec::new(), None);
        for (argument, value) in named {
            match argument.as_str() {
                "default" if arguments.len() == 1 => default.push(self.value(value)?),
                "key" => key = self.key(value)?,
                _ => return Err(unknown_argument(name, argument, value)),
            }
        }
        let mut more = vec![node(Form::Array(default), span)];
        more.extend(key);
        Ok(python(name, list, more, span))
    }

    fn key(&self, function: &Tree) -> Result<Option<Node>, SyntaxError> {
        if matches!(function.kind, Kind::Literal(Value::Null)) {
            return Ok(None);
        }
        let (names, body) = function_of(function, 1)?;
        self.lambda(&names, &body, &function.span).map(Some)
    }

    fn lambda(&self, names: &[String], body: &Tree, span: &Range<usize>) -> Translated {
        let names = self.bind(names);
        let natives = names.iter().map(|(_, native)| native.clone()).collect();
        let body = self.binding(names, || self.value(body))?;
        Ok(node(Form::Function(natives, Box::new(body)), span))
    }

    /// What a function makes of each element of a list, or of those that stand at the same place in several.
    fn each_of(&self, function: &Tree, lists: &[Tree], span: &Range<usize>) -> Translated {
        let (names, body) = function_of(function, lists.len())?;
        let list = if let [list] = lists {
            self.value(list)?
        } else {
            python("zip", self.list(lists, span)?, Vec::new(), span)
        };
        Ok(apply(
            "pyEach",
            list,
            vec![self.lambda(&names, &body, span)?],
            span,
        ))
    }

    fn filtered(&self, function: &Tree, list: &Tree, span: &Range<usize>) -> Translated {
        let (names, body) = if matches!(function.kind, Kind::Literal(Value::Null)) {
            let tree = Tree::new(Kind::Name("x".to_owned()), function.span.clone())?;
            (vec!["x".to_owned()], tree)
        } else {
            function_of(function, 1)?
        };
        let list = self.value(list)?;
        let names = self.bind(&names);
        let natives = names
            .iter()
            .map(|(_, native)| native.clone())
            .collect::<Vec<_>>();
        let element = names
            .first()
            .map(|(name, _)| name.clone())
            .unwrap_or_default();
        let functions = self.binding(names, || {
            let element = Tree::new(Kind::Name(element), span.clone())?;
            let function = |body| node(Form::Function(natives.clone(), Box::new(body)), span);
            Ok(vec![
                function(self.value(&element)?),
                function(self.truth(&body)?),
            ])
        })?;
        let list = apply("pyEach", list, functions, span);
        Ok(python("iter", list, Vec::new(), span))
    }
}

/// The names and the body of a lambda, or of a function or a method that is named.
fn function_of(function: &Tree, count: usize) -> Result<(Vec<String>, Tree), SyntaxError> {
    let span = &function.span;
    match &function.kind {
        Kind::Lambda(names, body) => {
            if names.len() != count {
                return Err(wrong_count("lambda", names.len(), names.len(), count, span));
            }
            Ok((names.clone(), (**body).clone()))
        }
        Kind::Name(name)
            if OF_ONE.iter().any(|(known, _)| known == name)
                || FUNCTIONS.contains(&name.as_str()) =>
        {
            let names = ["x", "y", "z"]
                .into_iter()
                .map(str::to_owned)
                .take(count)
                .collect::<Vec<_>>();
            let arguments = names
                .iter()
                .map(|name| Tree::new(Kind::Name(name.clone()), span.clone()));
            let arguments = arguments.collect::<Result<_, _>>()?;
            let call = Kind::Call(Box::new(function.clone()), arguments, Vec::new());
            Ok((names, Tree::new(call, span.clone())?))
        }
        Kind::Member(object, method)
            if matches!(&object.kind, Kind::Name(name) if name == "str") && count == 1 =>
        {
            let element = Tree::new(Kind::Name("x".to_owned()), span.clone())?;
            let member = Tree::new(
                Kind::Member(Box::new(element), method.clone()),
                span.clone(),
            )?;
            let call = Kind::Call(Box::new(member), Vec::new(), Vec::new());
            Ok((vec!["x".to_owned()], Tree::new(call, span.clone())?))
        }
        _ => Err(SyntaxError::new(
            "a lambda or the name of a function is needed here",
            span.clone(),
        )),
    }
}

fn python(name: &str, subject: Node, arguments: Vec<Node>, span: &Range<usize>) -> Node {
    let arguments = std::iter::once(literal(name, span))
        .chain(arguments)
        .collect();
    apply("pyCall", subject, arguments, span)
}

pub(super) fn unknown_argument(function: &str, argument: &str, value: &Tree) -> SyntaxError {
    SyntaxError::new(
        format!(
            "the argument `{argument}` of `{function}` is not part of the Python that is read here"
        ),
        value.span.clone(),
    )
}

pub(super) fn wrong_count(
    name: &str,
    least: usize,
    most: usize,
    count: usize,
    span: &Range<usize>,
) -> SyntaxError {
    let takes = match (least, most) {
        (0, 0) => "no arguments".to_owned(),
        (1, 1) => "1 argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    };
    SyntaxError::new(format!("`{name}` takes {takes}, not {count}"), span.clone())
}

fn unknown_function(name: &str, function: &Tree) -> SyntaxError {
    let error = SyntaxError::new(
        format!("the function `{name}` is not part of the Python that is read here"),
        function.span.clone(),
    );
    let all = OF_ONE.iter().map(|(name, _)| *name).chain(FUNCTIONS);
    let near = all
        .map(|known| (strsim::osa_distance(known, name), known))
        .filter(|(distance, known)| *distance <= 2 && distance * 2 < known.len())
        .min();
    match near {
        Some((_, near)) => error.help(format!("did you mean `{near}`?")),
        None => error.help("there are len, min, max, sum, abs, str, int, float, bool, list, dict, set, tuple, any, all, isinstance, round, sorted, reversed, enumerate, zip, map and filter"),
    }
}
