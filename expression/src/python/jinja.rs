//! Reads Jinja templates as Python expressions: a text with values is an f-string, a `for` a comprehension.

mod filter;
mod rounds;
mod test;

use std::ops::Range;

use serde_json::Value;

use super::read::{self, read_at};
use super::syntax::{Clause, Kind, Shape, Tree};
use crate::error::SyntaxError;

pub(super) use filter::filtered;
pub(super) use rounds::LOOP;
use rounds::counted;
pub(super) use test::tested;

type Read<T> = Result<T, SyntaxError>;

/// Reads a template as an expression that is its text.
pub(super) fn read(text: &str) -> Read<Tree> {
    // As in Jinja, one line end at the end of all is none of the text.
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut template = Template {
        text,
        at: 0,
        sets: Vec::new(),
    };
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
    /// What the part that is read has set so far.
    sets: Vec<Set>,
}

/// Names and the values that they are given at once.
type Set = (Vec<String>, Vec<Tree>);

/// A part and what it sets, in order.
struct Choice {
    text: Tree,
    sets: Vec<Set>,
}

/// Tags of Jinja that are refused, and what to write instead.
const INSTEAD: [(&[&str], &str); 5] = [
    (
        &["include", "import", "from", "extends", "block"],
        "a template is one text here: write it out",
    ),
    (
        &["macro", "call"],
        "write the text where it is used, in a `for` where it is used often",
    ),
    (
        &["break", "continue"],
        "choose in the `for`: `{% for x in xs if x.ok %}`, or take a part: `xs[:3]`",
    ),
    (&["do"], "give a value a name by `{% set x = ... %}`"),
    (
        &["filter"],
        "write the filter behind the value: `{{ x|upper }}`",
    ),
];

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
                        "if" => {
                            let choice = self.choice(behind, behind_at, depth)?;
                            parts.push(choice.text);
                            if let Some(sets) = choice.sets.into_iter().next() {
                                return self.with(sets, parts, ends, start, depth);
                            }
                        }
                        "set" => {
                            let set = self.set(behind, behind_at, depth)?;
                            return self.with(set, parts, ends, start, depth);
                        }
                        "with" => parts.push(self.within(behind, behind_at, depth)?),
                        "raw" => parts.push(self.raw(at)?),
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
                            let instead = INSTEAD.iter().find(|(words, _)| words.contains(&word));
                            let error = refuse(&message, word_at, self.text);
                            return Err(match instead {
                                Some((_, help)) => error.help(*help),
                                None => error,
                            });
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
        let Some(end) = end_of(content, close) else {
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
    fn choice(&mut self, condition: &'t str, at: usize, depth: usize) -> Read<Choice> {
        let condition = read_at(condition, at)?;
        let (then, end) = self.block(&["elif", "else", "endif"], depth + 1)?;
        let otherwise = match end {
            Some(("elif", condition, at)) => self.choice(condition, at, depth + 1)?,
            Some(("else", ..)) => {
                let (otherwise, end) = self.block(&["endif"], depth + 1)?;
                self.closed(end, "endif", at)?;
                otherwise
            }
            end => {
                self.closed(end, "endif", at)?;
                Choice {
                    text: literal("", at)?,
                    sets: Vec::new(),
                }
            }
        };
        condition.choose(then, otherwise)
    }

    /// A part, and what it sets for what stands behind it.
    fn block(&mut self, ends: &[&str], depth: usize) -> Read<(Choice, Option<End<'t>>)> {
        let outer = std::mem::take(&mut self.sets);
        let read = self.parts(ends, depth);
        let sets = std::mem::replace(&mut self.sets, outer);
        let (text, end) = read?;
        Ok((Choice { text, sets }, end))
    }

    /// What stands behind values that were set, up to the end of the part.
    fn with(
        &mut self,
        set: Set,
        mut parts: Vec<Tree>,
        ends: &[&str],
        start: usize,
        depth: usize,
    ) -> Read<(Tree, Option<End<'t>>)> {
        self.sets.push(set.clone());
        let (rest, end) = self.parts(ends, depth + 1)?;
        let (names, values) = set;
        let span = rest.span.clone();
        parts.push(Tree::new(Kind::Let(names, values, Box::new(rest)), span)?);
        Ok((joined(parts, start, self.at)?, end))
    }

    /// `set a = b`, or `set a` up to its `endset`.
    fn set(&mut self, behind: &'t str, at: usize, depth: usize) -> Read<Set> {
        let (name, value) = if let Some((name, value)) = behind.split_once('=') {
            let value_at = at + behind.len() - value.len();
            (name.trim(), read_at(value, value_at)?)
        } else {
            let (block, end) = self.block(&["endset"], depth + 1)?;
            self.closed(end, "endset", at)?;
            (behind.trim(), block.text)
        };
        let is_name = name
            .chars()
            .all(|part| part.is_alphanumeric() || part == '_');
        if is_name && !name.is_empty() {
            return Ok((vec![name.to_owned()], vec![value]));
        }
        let message = format!("`set` gives a value to one name here, and `{name}` is none");
        Err(refuse(&message, at, self.text).help(
            "set each name by itself; what a loop adds up is `sum`, what it chooses is `select`",
        ))
    }

    /// `with a = b`, up to its `endwith`.
    fn within(&mut self, behind: &'t str, at: usize, depth: usize) -> Read<Tree> {
        let (names, values) = match behind.trim() {
            "" => (Vec::new(), Vec::new()),
            _ => self.set(behind, at, depth)?,
        };
        let (body, end) = self.block(&["endwith"], depth + 1)?;
        self.closed(end, "endwith", at)?;
        let span = body.text.span.clone();
        Tree::new(Kind::Let(names, values, Box::new(body.text)), span)
    }

    /// What stands between `raw` and `endraw`, as it is.
    fn raw(&mut self, at: usize) -> Read<Tree> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let begins = self.at;
        for (offset, _) in rest.match_indices("{%") {
            let tag = self.tag("{%", begins + offset)?;
            if tag.inside.trim() == "endraw" {
                let text = rest.get(..offset).unwrap_or_default();
                let text = if tag.takes_space {
                    text.trim_end()
                } else {
                    text
                };
                return literal(text, begins);
            }
        }
        Err(refuse("a `endraw` is missing", at, self.text))
    }

    /// `for a in b`, up to its `endfor`.
    fn repeated(&mut self, header: &'t str, at: usize, depth: usize) -> Read<Tree> {
        let (mut names, mut list, mut condition) = read::for_at(header, at)?;
        let begins = self.at;
        // What a loop sets is over with each of its rounds.
        let (body, end) = self.block(&["else", "endfor"], depth + 1)?;
        let body = body.text;
        let inside = self.text.get(begins..self.at).unwrap_or_default();
        if inside.contains("loop.") {
            list = counted(header, at, &names, &list, condition.take())?;
            names.push("loop".to_owned());
        }
        let otherwise = match end {
            Some(("else", _, at)) => {
                let (otherwise, end) = self.block(&["endfor"], depth + 1)?;
                self.closed(end, "endfor", at)?;
                Some(otherwise.text)
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

impl Tree {
    /// The one or the other part; what either sets has the value that it has there.
    fn choose(self, then: Choice, otherwise: Choice) -> Read<Choice> {
        let span = self.span.clone();
        let choice = |then: Tree, otherwise: Tree| {
            let condition = Box::new(self.clone());
            let kind = Kind::Choice(condition, Box::new(then), Box::new(otherwise));
            Tree::new(kind, span.clone())
        };
        let (mut names, mut values): Set = (Vec::new(), Vec::new());
        let sets = then.sets.iter().chain(&otherwise.sets);
        for name in sets.flat_map(|(names, _)| names) {
            if !names.contains(name) {
                names.push(name.clone());
                values.push(choice(
                    then.last(name, &span)?,
                    otherwise.last(name, &span)?,
                )?);
            }
        }
        let set = (!names.is_empty()).then_some((names, values));
        Ok(Choice {
            text: choice(then.text, otherwise.text)?,
            sets: set.into_iter().collect(),
        })
    }
}

impl Choice {
    /// The value that a name has at the end of the part.
    fn last(&self, name: &str, span: &Range<usize>) -> Read<Tree> {
        let value = Tree::new(Kind::Name(name.to_owned()), span.clone())?;
        self.sets
            .iter()
            .rev()
            .try_fold(value, |value, (names, values)| {
                let kind = Kind::Let(names.clone(), values.clone(), Box::new(value));
                Tree::new(kind, span.clone())
            })
    }
}

/// Where a tag ends: not in a text, and not in brackets that stand in it.
fn end_of(content: &str, close: &str) -> Option<usize> {
    if close == "#}" {
        return content.find(close);
    }
    let (mut depth, mut quote) = (0_usize, None);
    let mut is_escaped = false;
    for (at, character) in content.char_indices() {
        if let Some(open) = quote {
            if is_escaped {
                is_escaped = false;
            } else if character == '\\' {
                is_escaped = true;
            } else if character == open {
                quote = None;
            }
            continue;
        }
        if depth == 0
            && content
                .get(at..)
                .is_some_and(|rest| rest.starts_with(close))
        {
            return Some(at);
        }
        match character {
            '\'' | '"' => quote = Some(character),
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// `value|filter|filter(argument)`
fn value(inside: &str, at: usize) -> Read<Tree> {
    let tree = read_at(inside, at)?;
    let span = tree.span.clone();
    Tree::new(Kind::Formatted(Box::new(tree), None, String::new()), span)
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
