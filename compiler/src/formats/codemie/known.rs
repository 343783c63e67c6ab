//! What is known of what states give, and so of the names that later ones read.
//!
//! A state gives what its `output_schema` says, or the fields of its mappings. Its own condition reads that alone. The
//! context has what every state on the way has brought into it, and what the user's input has, of which nothing is
//! known: so a name that no state gives is spoken of only where it is nearly one that is given.

mod conditions;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use pawl_expression::{Expression, Fields, Mistake, Others, Roots, Type};

use super::super::Translation;
use super::parts::{Part, Parts};
use super::states::{Next, State};
use super::{given, word};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::{Data, Node};

/// Names and what they are.
type Names = BTreeMap<String, Type>;

/// What the states of a definition give.
pub(super) struct Known<'s, 'a> {
    states: &'s [State<'a>],
    /// None of a state that may give anything.
    gives: Vec<Option<Type>>,
    /// The states that lead to each.
    sources: Vec<Vec<usize>>,
}

impl<'s, 'a> Known<'s, 'a> {
    pub(super) fn of(states: &'s [State<'a>], parts: &Parts<'_>) -> Self {
        let gives = states.iter().map(|state| gives(state, parts)).collect();
        let mut sources: Vec<Vec<usize>> = vec![Vec::new(); states.len()];
        for (from, state) in states.iter().enumerate() {
            for to in state.targets() {
                if let Some(sources) = sources.get_mut(to) {
                    sources.push(from);
                }
            }
        }
        Self {
            states,
            gives,
            sources,
        }
    }

    /// Whether a state is known to give something under a name.
    pub(super) fn has(&self, at: usize, name: &str) -> bool {
        let names = self
            .gives
            .get(at)
            .and_then(|gives| members(gives.as_ref()?));
        names.is_some_and(|names| names.contains_key(name))
    }

    /// Says which of the names that a state reads of the context no state before it gives.
    pub(super) fn reads(&self, at: usize, translation: &mut Translation<'_>) {
        let Some(state) = self.states.get(at) else {
            return;
        };
        let mut read = Vec::new();
        let texts = [given(state.node, "task"), given(state.node, "tool_args")];
        for node in texts.into_iter().flatten() {
            node.each_string(&mut |node, text| {
                read.extend(paths(text).into_iter().map(|span| (node, text, span)));
            });
        }
        let divides = matches!(state.next, Next::Each(..));
        // What is in the context is asked only where something is read of it.
        let Some(before) = (divides || !read.is_empty())
            .then(|| self.before(at))
            .flatten()
        else {
            return;
        };
        for (node, text, span) in read {
            let path = text.get(span.clone()).unwrap_or_default();
            let message = format!(
                "no state before `{}` gives `{path}`, so that only the run's input could",
                state.id
            );
            missing(message, path, &before, node, span, translation);
        }
        if divides {
            self.goes_through(at, state, before, translation);
        }
    }

    /// The key that a state goes through is one of its own result, or of the context behind it.
    fn goes_through(
        &self,
        at: usize,
        state: &State<'_>,
        before: Names,
        translation: &mut Translation<'_>,
    ) {
        let (Some(node), Some(key)) = (state.rule("iter_key"), state.key()) else {
            return;
        };
        let (Some(Some(result)), Some(own)) = (self.gives.get(at), self.brings(at)) else {
            return;
        };
        // A list is what it goes through itself, whatever the key is.
        let Some(members) = members(result).filter(|_| !matches!(result, Type::List(_))) else {
            return;
        };
        let mut all = before;
        for (name, found) in own.into_iter().chain(members) {
            add(&mut all, name, found);
        }
        let path = key.trim_start_matches('/').replace('/', ".");
        let message = format!(
            "neither `{}` nor a state before it gives `{key}`, so that only the run's input could",
            state.id
        );
        missing(message, &path, &all, node, 0..key.len(), translation);
    }

    /// What is in the context before a state, besides the user's input; none where that may be anything.
    fn before(&self, at: usize) -> Option<Names> {
        let mut names = Names::new();
        let mut seen = BTreeSet::new();
        let mut open = self.sources_of(at).to_vec();
        while let Some(state) = open.pop() {
            if !seen.insert(state) {
                continue;
            }
            open.extend(self.sources_of(state));
            let brought = self.brings(state)?.into_iter().chain(self.spread(state)?);
            for (name, found) in brought {
                add(&mut names, name, found);
            }
        }
        Some(names)
    }

    fn sources_of(&self, at: usize) -> &[usize] {
        self.sources.get(at).map_or(&[], Vec::as_slice)
    }

    /// What a state brings into the context; none where that may be anything.
    fn brings(&self, at: usize) -> Option<Names> {
        let state = self.states.get(at)?;
        let given = self.gives.get(at)?;
        // Whoever is asked first may write anything instead of what was there.
        if state.asks_first() {
            return None;
        }
        let is_kept = state.rule("store_in_context").map(|node| &node.data);
        if is_kept == Some(&Data::Bool(false)) {
            return Some(Names::new());
        }
        let key = state.output_key();
        let key = key.map(|key| (key.to_owned(), given.clone().unwrap_or(Type::Any)));
        let mut names = match given {
            // A list that has a key stands under it alone, and so do most answers that no schema asks to be a dict.
            None | Some(Type::List(_)) if key.is_some() => Names::new(),
            given => members(given.as_ref()?)?,
        };
        names.extend(key);
        Some(names)
    }

    /// The names that the items bring, through which a state goes; none where they may be anything.
    fn spread(&self, at: usize) -> Option<Names> {
        let state = self.states.get(at)?;
        let Some(key) = state.key().filter(|_| matches!(state.next, Next::Each(..))) else {
            return Some(Names::new());
        };
        let result = self.gives.get(at)?.as_ref()?;
        if matches!(result, Type::List(_)) {
            return members(result);
        }
        let Type::Object(result) = result else {
            return None;
        };
        members(&result.known.get(key)?.element())
    }
}

/// What a state gives; none where that may be anything.
fn gives(state: &State<'_>, parts: &Parts<'_>) -> Option<Type> {
    match parts.of(state.node)? {
        Part::Assistant(_) => {
            let schema = given(state.node, "output_schema")?;
            let schema = match schema.as_str() {
                Some(written) => serde_json::from_str(written).ok()?,
                None => schema.to_json(),
            };
            Some(Type::of_schema(&schema))
        }
        Part::Custom(node) if word(node, "custom_node_id") == Some("transform_node") => {
            let config = given(node, "config")?;
            let mappings = given(config, "mappings")?.elements();
            let fields = mappings.iter().map(|mapping| word(mapping, "output_field"));
            // What cannot be made is left out, or something else is given instead.
            let instead = match word(config, "on_error") {
                Some("default") => Some(given(config, "default_output")?),
                _ => None,
            };
            if instead.is_some_and(|instead| !instead.is_object()) {
                return None;
            }
            let instead = instead.map(Node::entries).unwrap_or_default();
            let instead = instead.iter().map(|entry| Some(entry.key.as_str()));
            let fields: Option<Vec<(String, Type)>> = fields
                .chain(instead)
                .map(|name| Some((name?.to_owned(), Type::Any)))
                .collect();
            Some(Type::object(fields?, Others::Undeclared))
        }
        Part::Custom(_) | Part::Tool(_) => None,
    }
}

/// The names that a result brings: those of a dict, or of every dict of a list; none where it may bring any.
fn members(result: &Type) -> Option<Names> {
    match result {
        Type::Object(Fields { known, others }) => (*others != Others::Maybe).then(|| known.clone()),
        Type::List(element) => members(element),
        Type::Number | Type::Flag => Some(Names::new()),
        Type::Any | Type::Null | Type::Text | Type::Words(_) | Type::Given(_) | Type::Either(_) => {
            None
        }
    }
}

fn add(names: &mut Names, name: String, found: Type) {
    let known = names.remove(&name);
    let found = Type::either(known.into_iter().chain([found]));
    names.insert(name, found);
}

/// The paths of a text that stand in double braces, without those that the context has no part in.
fn paths(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("{{") {
        let Some(inside) = text
            .get(start + 2..)
            .and_then(|rest| rest.split("}}").next())
        else {
            continue;
        };
        let path = inside.trim();
        let begins = start + 2 + (inside.len() - inside.trim_start().len());
        if path != "task" && !path.starts_with("secrets.") {
            found.push(begins..begins + path.len());
        }
    }
    found
}

/// Says that a path leads to nothing that is known, where it nearly leads to something.
fn missing(
    message: String,
    path: &str,
    names: &Names,
    node: &Node,
    span: Range<usize>,
    translation: &mut Translation<'_>,
) {
    let Ok(read) = Expression::parse(&format!("context.{path}")) else {
        return;
    };
    let context = Type::object(names.clone(), Others::Undeclared);
    let roots = Roots::from([(Cow::Borrowed("context"), Arc::new(context))]);
    for finding in read.infer(&roots).1 {
        let Mistake::NoMember { member, found, .. } = &finding.mistake else {
            continue;
        };
        let near = near(member, found.member_names()).filter(|near| !is_another(member, near));
        if near.is_some() {
            say(message, member, near, node, span, translation);
            return;
        }
    }
}

/// Whether two names may well be names of two things: one thing and several, or things that are numbered.
fn is_another(one: &str, other: &str) -> bool {
    let stem = |name: &str| {
        let is_ending = |last: char| last == 's' || last == '_' || last.is_ascii_digit();
        name.trim_end_matches(is_ending).to_owned()
    };
    stem(one) == stem(other)
}

fn say(
    message: String,
    member: &str,
    near: Option<&str>,
    node: &Node,
    span: Range<usize>,
    translation: &mut Translation<'_>,
) {
    let span = node.inner_span(translation.text, span);
    let diagnostic = Diagnostic::warning(codes::UNKNOWN_REFERENCE, message)
        .perhaps_meant(member, near)
        .at(node.pointer.clone(), span);
    translation.say(diagnostic);
}
