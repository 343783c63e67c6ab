//! Comprehensions and quantifiers, and the names that they and lambdas bind.

use std::ops::Range;

use serde_json::Value;

use super::truth::negated;
use super::{Translated, Translator, UNBOUND, apply, literal, node};
use crate::python::syntax::{Clause, Shape, Tree};
use crate::tree::{Base, Form, Node, Operator};

impl Translator<'_> {
    pub(super) fn comprehension(
        &self,
        shape: Shape,
        body: &[Tree],
        clauses: &[Clause],
        span: &Range<usize>,
    ) -> Translated {
        let made = || match (shape, body) {
            (Shape::Dict, _) => self.list(body, span),
            (_, [body, ..]) => self.value(body),
            (_, []) => Ok(literal(Value::Null, span)),
        };
        let list = self.each(clauses, &made, span)?;
        let name = match shape {
            Shape::List => return Ok(list),
            Shape::Set => return Ok(apply("pySet", list, Vec::new(), span)),
            Shape::Dict => "dict",
            Shape::Generator => "iter",
        };
        Ok(apply("pyCall", list, vec![literal(name, span)], span))
    }

    /// The list that `for` clauses make of a body.
    fn each(
        &self,
        clauses: &[Clause],
        body: &dyn Fn() -> Translated,
        span: &Range<usize>,
    ) -> Translated {
        let Some((clause, inner)) = clauses.split_first() else {
            return body();
        };
        let list = self.value(&clause.list)?;
        let names = self.bind_clause(clause, inner);
        let natives = natives(&names);
        let functions = self.binding(names, || {
            let made = self.each(inner, body, span)?;
            let mut functions = vec![node(Form::Function(natives.clone(), Box::new(made)), span)];
            if !clause.conditions.is_empty() {
                let condition = self.all(Operator::And, &clause.conditions, span)?;
                functions.push(node(
                    Form::Function(natives.clone(), Box::new(condition)),
                    span,
                ));
            }
            Ok(functions)
        })?;
        let list = apply("pyEach", list, functions, span);
        Ok(if inner.is_empty() {
            list
        } else {
            apply("flatten", list, Vec::new(), span)
        })
    }

    /// `any` and `all` of what `for` clauses make, which look no further than they must.
    pub(in crate::python) fn quantified(
        &self,
        name: &str,
        clauses: &[Clause],
        body: &dyn Fn() -> Translated,
        span: &Range<usize>,
    ) -> Translated {
        let Some((clause, inner)) = clauses.split_first() else {
            return body();
        };
        let is_any = name == "any";
        let list = self.value(&clause.list)?;
        let names = self.bind_clause(clause, inner);
        let natives = natives(&names);
        let body = self.binding(names, || {
            let made = self.quantified(name, inner, body, span)?;
            if clause.conditions.is_empty() {
                return Ok(made);
            }
            let condition = self.all(Operator::And, &clause.conditions, span)?;
            let (operator, condition) = if is_any {
                (Operator::And, condition)
            } else {
                (Operator::Or, negated(condition, span))
            };
            Ok(node(
                Form::Binary(operator, Box::new(condition), Box::new(made)),
                span,
            ))
        })?;
        let function = node(Form::Function(natives, Box::new(body)), span);
        let name = if is_any { "pyAny" } else { "pyAll" };
        Ok(apply(name, list, vec![function], span))
    }

    /// Names for what a lambda or a comprehension binds, in the expression and in the tree.
    pub(in crate::python) fn bind(&self, names: &[String]) -> Vec<(String, String)> {
        names
            .iter()
            // A name in angle brackets is one that nobody can write.
            .map(|name| (name.clone(), self.fresh(name.trim_matches(['<', '>']))))
            .collect()
    }

    /// The same for a `for`; to what those behind it bind, Python gives no value before.
    fn bind_clause(&self, clause: &Clause, later: &[Clause]) -> Vec<(String, String)> {
        let later = later.iter().flat_map(|clause| &clause.names);
        let unbound = later.map(|name| (name.clone(), UNBOUND.to_owned()));
        unbound.chain(self.bind(&clause.names)).collect()
    }

    /// A name in the tree that hides nothing: what the names are read from, words of the language, what is bound.
    pub(super) fn fresh(&self, name: &str) -> String {
        const WORDS: [&str; 8] = [
            "true",
            "false",
            "null",
            "undefined",
            "in",
            "contains",
            "includes",
            "not",
        ];
        let is_root = |name: &str| {
            mentions(self.names, name)
                || WORDS.contains(&name)
                || self.bound.borrow().iter().any(|(_, bound)| bound == name)
        };
        let mut fresh = name.to_owned();
        while is_root(&fresh) {
            fresh.push('_');
        }
        fresh
    }

    pub(in crate::python) fn binding<T>(
        &self,
        names: Vec<(String, String)>,
        translate: impl FnOnce() -> T,
    ) -> T {
        let count = self.bound.borrow().len();
        self.bound.borrow_mut().extend(names);
        let translated = translate();
        self.bound.borrow_mut().truncate(count);
        translated
    }

    /// Whether a name is bound here, so that it is no function of Python.
    pub(in crate::python) fn is_bound(&self, name: &str) -> bool {
        self.bound.borrow().iter().any(|(known, _)| known == name)
    }
}

/// What bound names are called in the tree.
pub(in crate::python) fn natives(names: &[(String, String)]) -> Vec<String> {
    let natives = names.iter().map(|(_, native)| native);
    natives
        .filter(|native| *native != UNBOUND)
        .cloned()
        .collect()
}

fn mentions(names: &Node, name: &str) -> bool {
    match &names.form {
        Form::Path(Base::Root(root), _) => root == name,
        form => crate::tree::children(form)
            .into_iter()
            .any(|child| mentions(child, name)),
    }
}
