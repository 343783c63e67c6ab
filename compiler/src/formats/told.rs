//! Findings in the words of the format that the author wrote.
//!
//! Everything behind a translation knows the native format only, so what it finds names native fields and steps that the
//! translation made. Where a value stands is known, and with it the key under which its author wrote it; a field that
//! is missing is named by the format's table. A step that was made is named by the one that it was made for.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Format, Places, codemie, elevaite};
use crate::Authored;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Node;

/// The end of the pointer of a definition that stands in one text.
const AS_A_TEXT: &str = "/yaml_config";

/// What a format calls a native field: in which type of step (in all without one), its native name, and the author's.
pub(super) type Word = (&'static str, &'static str, &'static str);

/// What is needed to say a finding in its author's words.
pub(crate) struct Teller<'a> {
    pub(crate) format: Format,
    /// The definition in the native format.
    pub(crate) root: &'a Node,
    /// The author's own pointers.
    pub(crate) places: &'a Places,
    pub(crate) authored: &'a Authored,
}

impl Teller<'_> {
    /// Says findings in the author's words; the first `own` of them the translation has found itself.
    pub(crate) fn tell(&self, diagnostics: &mut Vec<Diagnostic>, own: usize) {
        let said: Vec<Range<usize>> = diagnostics
            .iter()
            .take(own)
            .filter(|found| found.is_error())
            .map(|found| found.span.clone())
            .collect();
        // Of what could not be read, nothing that follows is known.
        let is_unread = diagnostics
            .iter()
            .take(own)
            .any(|found| found.code == codes::SYNTAX);
        let mut told = BTreeSet::new();
        let mut at = 0;
        diagnostics.retain_mut(|found| {
            at += 1;
            let native = std::mem::take(&mut found.pointer);
            found.pointer.clone_from(&native);
            self.places.name(found);
            found.without_fixes();
            if at <= own {
                return true;
            }
            if is_unread {
                return false;
            }
            let written = self.written(found, &native);
            // What the translation has refused there leads to more, of which its author need not hear.
            let is_of_field = written.is_some() || native == "/steps";
            let is_echo = |span: &Range<usize>| {
                let is_inside = found.span.start <= span.start && span.end <= found.span.end;
                *span == found.span || (is_of_field && is_inside)
            };
            if !self.is_all_of_a_text(&found.span) && said.iter().any(is_echo) {
                return false;
            }
            let message = found.message.clone();
            self.rewrite(found, &native, written.as_ref());
            let is_of_made = message != found.message && self.names_made(&message);
            // A step and those that were made for it have one thing said of them once.
            told.insert((found.code, found.message.clone())) || !is_of_made
        });
    }

    /// Whether a place stands for everything in a definition that is one text.
    fn is_all_of_a_text(&self, span: &Range<usize>) -> bool {
        let pointer = self.places.exact(span);
        pointer.is_some_and(|pointer| pointer.ends_with(AS_A_TEXT))
    }

    /// Whether a message names a step that nobody wrote.
    fn names_made(&self, message: &str) -> bool {
        let mut tokens = message.split('`').skip(1).step_by(2);
        tokens.any(|token| self.authored.is_made(token))
    }

    fn rewrite(&self, found: &mut Diagnostic, native: &str, written: Option<&(&str, String)>) {
        let words = Words {
            teller: self,
            kind: self.kind(native),
            key: written.map(|(native, own)| (*native, own.as_str())),
        };
        found.message = words.text(&found.message);
        found.help = found.help.as_deref().and_then(|help| words.help(help));
    }

    /// The native key of the value that a finding is about, and its author's.
    fn written<'n>(&self, found: &Diagnostic, native: &'n str) -> Option<(&'n str, String)> {
        self.places.exact(&found.span)?;
        let last = |pointer: &str| {
            let names = pointer.rsplit('/');
            let mut names = names.filter(|name| name.parse::<usize>().is_err());
            names.next().map(str::to_owned)
        };
        let own = last(&found.pointer)?;
        let mut names = native.rsplit('/');
        let native = names.find(|name| name.parse::<usize>().is_err())?;
        // Where the whole step stands for a value that is not there, no key of the author's is it.
        let is_key = !["", "steps", "states", "yaml_config"].contains(&own.as_str());
        is_key.then_some((native, own))
    }

    /// The native type of the step that a pointer leads into.
    fn kind(&self, pointer: &str) -> Option<&str> {
        let at = pointer.strip_prefix("/steps/")?.split('/').next()?;
        let step = self
            .root
            .get("steps")?
            .elements()
            .get(at.parse::<usize>().ok()?)?;
        step.get("stepType")?.as_str()
    }

    /// The words of the format.
    fn words(&self) -> &'static [Word] {
        match self.format {
            Format::Native => &[],
            Format::Elevaite => &elevaite::WORDS,
            Format::Codemie => &codemie::WORDS,
        }
    }

    /// What to do in the format instead of what native help says.
    fn helps(&self) -> &'static [(&'static str, &'static str)] {
        match self.format {
            Format::Native | Format::Elevaite => &[],
            Format::Codemie => &codemie::HELPS,
        }
    }

    /// The nouns of the format.
    fn noun(&self, word: &str) -> Option<&'static str> {
        match (self.format, word) {
            (Format::Native, _) => None,
            (_, "slug") => Some("id"),
            (_, "slugs") => Some("ids"),
            (Format::Codemie, "step") => Some("state"),
            (Format::Codemie, "steps") => Some("states"),
            (Format::Elevaite | Format::Codemie, _) => None,
        }
    }
}

/// The words of one finding.
struct Words<'a> {
    teller: &'a Teller<'a>,
    kind: Option<&'a str>,
    /// The native key of its value, and the author's.
    key: Option<(&'a str, &'a str)>,
}

impl Words<'_> {
    /// A message: what stands in backticks is a name, what stands between them are words.
    fn text(&self, text: &str) -> String {
        let mut parts: Vec<String> = Vec::new();
        for (at, part) in text.split('`').enumerate() {
            if at % 2 == 0 {
                parts.push(self.plain(part));
                continue;
            }
            let before = parts.last().map(String::as_str).unwrap_or_default();
            let token = self.token(part, before);
            // Steps in a row, of which several were made for one.
            let is_again = token != part
                && [", ", " or ", " and "].contains(&before)
                && parts.iter().skip(1).step_by(2).rfind(|told| *told != "\0") == Some(&token);
            if is_again {
                parts.pop();
                parts.push(String::new());
                parts.push("\0".to_owned());
            } else {
                parts.push(token);
            }
        }
        join(&parts)
    }

    /// What to do, where it can be said in the format's words.
    fn help(&self, help: &str) -> Option<String> {
        let mut helps = self.teller.helps().iter();
        if let Some((_, own)) = helps.find(|(native, _)| *native == help) {
            return Some((*own).to_owned());
        }
        let told = self.text(help);
        // Expressions of ours are none of the Python that is read there.
        let is_foreign = self.teller.format == Format::Codemie && told.contains("{{");
        (!is_foreign).then_some(told)
    }

    fn plain(&self, part: &str) -> String {
        let is_letter = |character: char| character.is_alphanumeric() || "_-".contains(character);
        let mut told = String::new();
        let mut rest = part;
        while let Some(start) = rest.find(is_letter) {
            let (before, word) = rest.split_at(start);
            let end = word
                .find(|character| !is_letter(character))
                .unwrap_or(word.len());
            let (word, after) = word.split_at(end);
            told.push_str(before);
            told.push_str(self.teller.noun(word).unwrap_or(word));
            rest = after;
        }
        told + rest
    }

    /// A name, or a piece of a definition.
    fn token(&self, token: &str, before: &str) -> String {
        if token.contains('"') {
            return self.piece(token);
        }
        let is_step = ["step ", "steps ", "state ", "states ", "condition "]
            .iter()
            .any(|noun| before.ends_with(noun));
        if let Some(path) = token.strip_prefix("steps.") {
            return self.path(path).unwrap_or_else(|| token.to_owned());
        }
        let field = || self.field(token).map(str::to_owned);
        let step = || {
            let owner = self.teller.authored.owner(token)?;
            (owner != token).then(|| owner.to_owned())
        };
        let found = if is_step {
            step()
        } else {
            field().or_else(step)
        };
        found.unwrap_or_else(|| token.to_owned())
    }

    /// What a step gave: `steps.ask.output.text` is `ask.output.text`.
    fn path(&self, path: &str) -> Option<String> {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (step, rest) = path.split_at_checked(end)?;
        let owner = self.teller.authored.owner(step)?;
        (!rest.is_empty()).then(|| format!("{owner}{rest}"))
    }

    /// A piece of a definition: its keys are fields, and steps in mocks.
    fn piece(&self, piece: &str) -> String {
        let mut parts: Vec<String> = piece.split('"').map(str::to_owned).collect();
        for at in (1..parts.len()).step_by(2) {
            let is_key = parts
                .get(at + 1)
                .is_some_and(|next| next.trim_start().starts_with(':'));
            let Some(part) = parts.get_mut(at).filter(|_| is_key) else {
                continue;
            };
            let step = self.teller.authored.owner(part);
            let told = self.field(part).or(step).unwrap_or(part);
            *part = told.to_owned();
        }
        parts.join("\"")
    }

    /// What the author calls a native field.
    fn field<'s>(&'s self, native: &str) -> Option<&'s str> {
        if let Some((known, own)) = self.key
            && known == native
        {
            return Some(own);
        }
        let is_it = |(kind, name, _): &&Word| {
            *name == native && (kind.is_empty() || Some(*kind) == self.kind)
        };
        self.teller
            .words()
            .iter()
            .find(is_it)
            .map(|(_, _, own)| *own)
    }
}

/// Puts the parts between backticks together again; a part that is left out has none.
fn join(parts: &[String]) -> String {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        match (at % 2, part.as_str()) {
            (1, "\0") => {}
            (1, token) => {
                text.push('`');
                text.push_str(token);
                text.push('`');
            }
            (_, words) => text.push_str(words),
        }
    }
    text
}
