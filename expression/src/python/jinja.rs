//! Reads Jinja templates as Python expressions: a text with values is an f-string, a `for` a comprehension.

use serde_json::Value;

use super::read::{self, read_at};
use super::syntax::{Clause, Kind, Shape, Tree};
use crate::error::SyntaxError;

type Read<T> = Result<T, SyntaxError>;

/// Reads a template as an expression that is its text.
pub(super) fn read(text: &str) -> Read<Tree> {
    // As in Jinja, one line end at the end of all is none of the text.
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut template = Template { text, at: 0 };
    let (tree, end) = template.parts(&[], 0)?;
    match end {
        None => Ok(tree),
        Some((word, _, at)) => Err(refuse(
            &format!("`{word}` has nothing that it ends"),
            at,
            text,
        )),
    }
}

/// How deep tags may stand in each other.
const DEEPEST: usize = 16;

struct Template<'t> {
    text: &'t str,
    at: usize,
}

/// A tag that ends a part: its word, what stands behind it, and where.
type End<'t> = (&'t str, &'t str, usize);

/// A tag: what stands in it, where that begins, and whether the white space before it goes.
struct Tag<'t> {
    inside: &'t str,
    at: usize,
    takes_space: bool,
}

impl<'t> Template<'t> {
    /// What stands up to one of these tags, and that tag.
    fn parts(&mut self, ends: &[&str], depth: usize) -> Read<(Tree, Option<End<'t>>)> {
        let start = self.at;
        if depth > DEEPEST {
            return Err(refuse(
                &format!("tags stand more than {DEEPEST} deep"),
                start,
                self.text,
            ));
        }
        let mut parts = Vec::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some((offset, open)) = ["{{", "{%", "{#"]
                .into_iter()
                .filter_map(|open| Some((rest.find(open)?, open)))
                .min()
            else {
                parts.push(literal(rest, self.at)?);
                self.at = self.text.len();
                return Ok((joined(parts, start, self.at)?, None));
            };
            let before = rest.get(..offset).unwrap_or_default();
            let at = self.at + offset;
            let tag = self.tag(open, at)?;
            let before = if tag.takes_space {
                before.trim_end()
            } else {
                before
            };
            if !before.is_empty() {
                parts.push(literal(before, at - offset)?);
            }
            let (inside, inside_at) = (tag.inside, tag.at);
            match open {
                "{#" => {}
                "{{" => parts.push(value(inside, inside_at)?),
                _ => {
                    let trimmed = inside.trim_start();
                    let word_at = inside_at + inside.len() - trimmed.len();
                    let (word, behind) = trimmed
                        .split_once(char::is_whitespace)
                        .unwrap_or((trimmed.trim_end(), ""));
                    let behind_at = word_at + trimmed.len() - behind.len();
                    match word {
                        "if" => parts.push(self.choice(behind, behind_at, depth)?),
                        "for" => parts.push(self.repeated(behind, behind_at, depth)?),
                        word if ends.contains(&word) => {
                            return Ok((
                                joined(parts, start, at)?,
                                Some((word, behind, behind_at)),
                            ));
                        }
                        _ => {
                            let message = format!(
                                "the tag `{word}` is not part of the Jinja that is read here"
                            );
                            return Err(refuse(&message, word_at, self.text));
                        }
                    }
                }
            }
        }
    }

    /// Reads a tag and goes on behind it.
    fn tag(&mut self, open: &str, at: usize) -> Read<Tag<'t>> {
        let close = match open {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let content = self.text.get(at + 2..).unwrap_or_default();
        let Some(end) = content.find(close) else {
            return Err(refuse(
                &format!("this `{open}` has no `{close}`"),
                at,
                self.text,
            ));
        };
        self.at = at + 2 + end + 2;
        let content = content.get(..end).unwrap_or_default();
        let stripped = content.strip_prefix('-');
        let content = stripped.unwrap_or(content);
        let inside = content.strip_suffix('-');
        if inside.is_some() {
            let rest = self.text.get(self.at..).unwrap_or_default();
            self.at += rest.len() - rest.trim_start().len();
        }
        Ok(Tag {
            inside: inside.unwrap_or(content),
            at: at + 2 + usize::from(stripped.is_some()),
            takes_space: stripped.is_some(),
        })
    }

    /// `if a`, up to its `endif`.
    fn choice(&mut self, condition: &'t str, at: usize, depth: usize) -> Read<Tree> {
        let condition = read_at(&with_loop(condition), at)?;
        let (then, end) = self.parts(&["elif", "else", "endif"], depth + 1)?;
        let otherwise = match end {
            Some(("elif", condition, at)) => self.choice(condition, at, depth + 1)?,
            Some(("else", ..)) => {
                let (otherwise, end) = self.parts(&["endif"], depth + 1)?;
                self.closed(end, "endif", at)?;
                otherwise
            }
            end => {
                self.closed(end, "endif", at)?;
                literal("", at)?
            }
        };
        let span = condition.span.clone();
        Tree::new(
            Kind::Choice(Box::new(condition), Box::new(then), Box::new(otherwise)),
            span,
        )
    }

    /// `for a in b`, up to its `endfor`.
    fn repeated(&mut self, header: &'t str, at: usize, depth: usize) -> Read<Tree> {
        let (mut names, mut list, mut condition) = read::for_at(header, at)?;
        let begins = self.at;
        let (body, end) = self.parts(&["else", "endfor"], depth + 1)?;
        let inside = self.text.get(begins..self.at).unwrap_or_default();
        if inside.contains("loop.") {
            list = counted(header, at, &names, &list, condition.take())?;
            names.push("loop".to_owned());
        }
        let otherwise = match end {
            Some(("else", _, at)) => {
                let (otherwise, end) = self.parts(&["endfor"], depth + 1)?;
                self.closed(end, "endfor", at)?;
                Some(otherwise)
            }
            end => {
                self.closed(end, "endfor", at)?;
                None
            }
        };
        let span = list.span.clone();
        let clause = Clause {
            names,
            list: list.clone(),
            conditions: condition.into_iter().collect(),
        };
        let texts = Tree::new(
            Kind::Comprehension(Shape::List, vec![body], vec![clause]),
            span.clone(),
        )?;
        let all = method(literal("", at)?, "join", vec![texts])?;
        match otherwise {
            None => Ok(all),
            Some(otherwise) => Tree::new(
                Kind::Choice(Box::new(list), Box::new(all), Box::new(otherwise)),
                span,
            ),
        }
    }

    fn closed(&self, end: Option<End<'_>>, word: &str, at: usize) -> Read<()> {
        match end {
            Some((found, ..)) if found == word => Ok(()),
            _ => Err(refuse(&format!("a `{word}` is missing"), at, self.text)),
        }
    }
}

/// What `loop` has inside of a `for`.
const LOOP: [&str; 7] = [
    "index0",
    "index",
    "revindex0",
    "revindex",
    "first",
    "last",
    "length",
];

/// A text of Python in which `loop.index` is the member of a dict, as which `for` binds it.
fn with_loop(text: &str) -> String {
    LOOP.iter().fold(text.to_owned(), |text, name| {
        text.replace(&format!("loop.{name}"), &format!("loop['{name}']"))
    })
}

/// The list of a `for` whose body asks where it is: each element with a dict beside it that says so.
fn counted(
    header: &str,
    at: usize,
    names: &[String],
    list: &Tree,
    condition: Option<Tree>,
) -> Read<Tree> {
    let part = |tree: &Tree| {
        let from = tree.span.start.saturating_sub(at);
        header
            .get(from..tree.span.end.saturating_sub(at))
            .unwrap_or_default()
            .to_owned()
    };
    let mut all = part(list);
    if let Some(condition) = condition {
        let names = names.join(", ");
        let condition = header
            .get(condition.span.start.saturating_sub(at)..)
            .unwrap_or_default()
            .to_owned();
        all = format!("[({names}) for {names} in {all} if {condition}]");
    }
    let elements = if let [_] = names {
        "one, ".to_owned()
    } else {
        let elements = (0..names.len()).map(|number| format!("one[{number}]"));
        elements.collect::<Vec<_>>().join(", ") + ", "
    };
    let counted = format!(
        "[({elements}{{'index0': at, 'index': at + 1, 'revindex0': len({all}) - at - 1, \
         'revindex': len({all}) - at, 'first': at == 0, 'last': at == len({all}) - 1, \
         'length': len({all})}}) for at, one in enumerate({all})]"
    );
    read_at(&counted, list.span.start)
}

/// `value|filter|filter(argument)`
fn value(inside: &str, at: usize) -> Read<Tree> {
    let inside = &with_loop(inside);
    let mut pieces = split(inside).into_iter();
    let (first, offset) = pieces.next().unwrap_or_default();
    let mut tree = read_at(first, at + offset)?;
    for (filter, offset) in pieces {
        tree = filtered(tree, filter, at + offset)?;
    }
    let span = tree.span.clone();
    Tree::new(Kind::Formatted(Box::new(tree), None, String::new()), span)
}

/// Splits at the `|` that stand in no brackets and no quotes.
fn split(inside: &str) -> Vec<(&str, usize)> {
    let (mut depth, mut quote, mut start) = (0, None, 0);
    let mut pieces = Vec::new();
    for (at, character) in inside.char_indices() {
        if quote.is_some() {
            if quote == Some(character) {
                quote = None;
            }
            continue;
        }
        match character {
            '\'' | '"' => quote = Some(character),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '|' if depth == 0 => {
                pieces.push((inside.get(start..at).unwrap_or_default(), start));
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push((inside.get(start..).unwrap_or_default(), start));
    pieces
}

/// A filter, as a function or a method of Python.
fn filtered(value: Tree, filter: &str, at: usize) -> Read<Tree> {
    let (name, arguments) = filter.split_once('(').unwrap_or((filter, ""));
    let offset = filter.len() - arguments.len();
    let arguments = match arguments.trim_end().strip_suffix(')') {
        Some(arguments) if !arguments.trim().is_empty() => {
            let tree = read_at(arguments, at + offset)?;
            match tree.kind {
                Kind::Tuple(arguments) => arguments,
                _ => vec![tree],
            }
        }
        _ => Vec::new(),
    };
    let name = name.trim();
    let span = value.span.clone();
    let called = |name: &str, value: Tree, more: Vec<Tree>| {
        let function = Tree::new(Kind::Name(name.to_owned()), span.clone())?;
        let arguments = std::iter::once(value).chain(more).collect();
        Tree::new(
            Kind::Call(Box::new(function), arguments, Vec::new()),
            span.clone(),
        )
    };
    match (name, arguments.as_slice()) {
        ("upper" | "lower" | "title" | "capitalize", []) => method(value, name, Vec::new()),
        ("trim", []) => method(value, "strip", Vec::new()),
        ("replace", [_, _]) => method(value, "replace", arguments),
        ("length" | "count", []) => called("len", value, Vec::new()),
        ("string", []) => called("str", value, Vec::new()),
        ("int" | "float" | "abs" | "list" | "sum" | "round" | "min" | "max", []) => called(name, value, Vec::new()),
        ("round", [_]) => called("round", value, arguments),
        ("sort", []) => called("sorted", value, Vec::new()),
        ("safe" | "e" | "escape", []) => Ok(value),
        ("first" | "last", []) => {
            let index = if name == "first" { 0 } else { -1 };
            let index = Tree::new(Kind::Literal(index.into()), span.clone())?;
            Tree::new(Kind::Item(Box::new(value), Box::new(index)), span)
        }
        ("join", [] | [_]) => {
            let separator = match arguments.into_iter().next() {
                Some(separator) => separator,
                None => literal("", at)?,
            };
            let function = Tree::new(Kind::Name("str".to_owned()), span.clone())?;
            let map = Tree::new(Kind::Name("map".to_owned()), span.clone())?;
            let texts = Tree::new(Kind::Call(Box::new(map), vec![function, value], Vec::new()), span)?;
            method(separator, "join", vec![texts])
        }
        ("default" | "d", [_] | [_, _]) => {
            let default = arguments.into_iter().next();
            Tree::new(Kind::Or(std::iter::once(value).chain(default).collect()), span)
        }
        ("tojson", []) => {
            Tree::new(Kind::Json(Box::new(value)), span)
        }
        _ => Err(SyntaxError::new(
            format!("the filter `{name}` is not part of the Jinja that is read here"),
            at..at + filter.len(),
        )
        .help("there are upper, lower, title, capitalize, trim, replace, length, join, first, last, sort, sum, min, max, round, int, float, string, list, default and tojson")),
    }
}

fn method(object: Tree, name: &str, arguments: Vec<Tree>) -> Read<Tree> {
    let span = object.span.clone();
    let member = Tree::new(
        Kind::Member(Box::new(object), name.to_owned()),
        span.clone(),
    )?;
    Tree::new(Kind::Call(Box::new(member), arguments, Vec::new()), span)
}

fn literal(text: &str, at: usize) -> Read<Tree> {
    Tree::new(Kind::Literal(Value::from(text)), at..at + text.len())
}

fn joined(parts: Vec<Tree>, start: usize, end: usize) -> Read<Tree> {
    Tree::new(Kind::Joined(parts), start..end)
}

fn refuse(message: &str, at: usize, text: &str) -> SyntaxError {
    SyntaxError::new(message, at.min(text.len())..text.len())
}
