//! The formats in which definitions are written: the native one, and those that are translated into it.
//!
//! A format is a translation of one tree into another: what its author wrote goes in, a definition in the native format
//! comes out, and every value keeps the place where the author wrote it. So everything behind it, from the checks to the
//! machine, knows one format only, and what it has to say is still said of the author's own text.
//!
//! Where a meaning cannot be kept exactly, the translation says so by a [`Difference`], whose rule has a row in
//! `docs/formats.md`.

pub(crate) mod build;
mod codemie;
mod elevaite;
mod literal;
mod places;
mod seconds;
mod slugs;
mod told;
mod tools;

use crate::Authored;
use crate::definition::Place;
use crate::diagnostic::Diagnostic;
use crate::parse;
use crate::source::{self, Data, Node, Notation};
pub(crate) use places::Places;
pub(crate) use told::Teller;

/// A format of definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Steps with `stepSlug`, `stepType` and `nextSteps`.
    Native,
    /// Steps with `step_id`, `step_type` and `next_steps` or `dependencies`.
    Elevaite,
    /// Assistants, tools and states.
    Codemie,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Native, Self::Elevaite, Self::Codemie];

    /// The format's name, as it is given on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Elevaite => "elevaite",
            Self::Codemie => "codemie",
        }
    }

    /// The format that a text is written in, by the fields that only one of them has.
    pub fn of(root: &Node) -> Self {
        let has = |fields: &[&str]| fields.iter().any(|field| root.get(field).is_some());
        let steps = root.get("steps");
        let listed = steps.map(Node::elements).unwrap_or_default().iter();
        // Steps by name are none of a definition, and yet they say whose it was meant to be.
        let named = steps.map(Node::entries).unwrap_or_default().iter();
        let steps: Vec<&Node> = listed.chain(named.map(|entry| &entry.node)).collect();
        let is_step_of = |fields: &[&str]| {
            steps
                .iter()
                .any(|step| fields.iter().any(|field| step.get(field).is_some()))
        };
        let is_native = has(&["stepsConfig", "workflowConfig"])
            || is_step_of(&["stepSlug", "stepType", "nextSteps", "dependsOn"]);
        if is_native {
            Self::Native
        } else if has(&["states", "execution_config", "yaml_config", "assistants"]) {
            Self::Codemie
        } else if has(&[
            "connections",
            "workflow_id",
            "global_config",
            "execution_pattern",
        ]) || is_step_of(&["step_id", "step_type", "next_steps", "dependencies"])
        {
            Self::Elevaite
        } else {
            Self::Native
        }
    }
}

/// The fields of which every definition has one, whatever its format.
pub const TELLING_FIELDS: [&str; 6] = [
    "steps",
    "stepsConfig",
    "workflowConfig",
    "states",
    "execution_config",
    "yaml_config",
];

/// The rules by which something means another thing here, each with a row in `docs/formats.md`.
pub const RULES: [&str; 32] = [
    "a-schedule-that-is-off",
    "a-step-has-14-minutes",
    "agents-by-id",
    "assistants-are-plain",
    "assistants-by-id",
    "branches-run-at-once",
    "choices-side-by-side",
    "choices-stay-in-iterations",
    "ends-beside-others",
    "ends-of-lines",
    "fields-that-do-nothing",
    "interrupted-runs-are-approved",
    "linear-backoff",
    "loops-that-gather",
    "loops-without-a-list",
    "merges-wait",
    "messages-are-cut",
    "messages-come-by-webhook",
    "messages-in-the-prompt",
    "no-final-summary",
    "only-what-succeeded",
    "pure-steps-run-once",
    "retried-by-default",
    "runs-give-what-acted",
    "several-inputs",
    "states-are-counted",
    "steps-that-are-skipped",
    "steps-without-edges",
    "tools-are-plain",
    "tools-of-others",
    "tried-ten-times",
    "words-in-mappings",
];

/// Something that means another thing here than where it was written for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The row of `docs/formats.md` that says more.
    pub rule: &'static str,
    /// What it means here.
    pub message: String,
    /// Where it stands.
    pub place: Place,
}

/// What came of a text: a tree of the native format.
pub(crate) struct Read {
    /// The format that it was written in.
    pub(crate) format: Format,
    /// The definition in the native format, with pointers of its own and places in the author's text.
    pub(crate) root: Node,
    /// What means something else here.
    pub(crate) differences: Vec<Difference>,
    /// The author's own pointers, where they are others.
    pub(crate) places: Option<Places>,
    /// Which steps are the author's own.
    pub(crate) authored: Authored,
}

/// Reads a text and translates it into the native format.
pub(crate) fn read(
    text: &str,
    notation: Notation,
    format: Option<Format>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Read> {
    let root = source::read(text, notation)
        .map_err(|diagnostic| diagnostics.push(*diagnostic))
        .ok()?;
    parse::duplicates(&root, diagnostics);
    let format = format.unwrap_or_else(|| Format::of(&root));
    let mut translation = Translation {
        text,
        differences: Vec::new(),
        authored: Authored::default(),
        diagnostics,
    };
    let translated = match format {
        Format::Native => None,
        Format::Codemie => Some(codemie::translate(&root, &mut translation)),
        Format::Elevaite => Some(elevaite::translate(&root, &mut translation)),
    };
    let Translation {
        differences,
        authored,
        ..
    } = translation;
    let Some(translated) = translated.filter(|_| matches!(root.data, Data::Object(_))) else {
        return Some(Read {
            format,
            root,
            differences,
            places: None,
            authored,
        });
    };
    Some(Read {
        format,
        places: Some(Places::of(&root)),
        root: places::numbered(translated),
        differences,
        authored,
    })
}

/// What other formats have no words for stands in a `config` as of the native one: agents, secrets, a budget and so on.
fn native_settings(root: &Node, config: &mut build::Object) {
    let given = root.get("config").map(Node::entries).unwrap_or_default();
    for entry in given.iter().filter(|entry| entry.key != "variables") {
        config.rename(entry, entry.key.clone());
    }
}

/// What a translation has to say beside the tree that it makes.
pub(crate) struct Translation<'a> {
    /// What is translated.
    pub(crate) text: &'a str,
    pub(crate) differences: Vec<Difference>,
    /// Which steps are the author's own.
    pub(crate) authored: Authored,
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
}

/// What a translation had to say so far.
pub(crate) struct Mark {
    differences: usize,
    diagnostics: usize,
    authored: Authored,
}

impl Translation<'_> {
    /// What there was to say so far.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            differences: self.differences.len(),
            diagnostics: self.diagnostics.len(),
            authored: self.authored.clone(),
        }
    }

    /// Whether something was said by a rule since.
    pub(crate) fn has_said(&self, rule: &str, mark: &Mark) -> bool {
        let said = self.differences.iter().skip(mark.differences);
        said.into_iter().any(|difference| difference.rule == rule)
    }

    /// Takes back what was said since.
    pub(crate) fn back_to(&mut self, mark: Mark) {
        self.differences.truncate(mark.differences);
        self.diagnostics.truncate(mark.diagnostics);
        self.authored = mark.authored;
    }

    /// Says that something means another thing here.
    pub(crate) fn differs(&mut self, rule: &'static str, node: &Node, message: impl Into<String>) {
        debug_assert!(RULES.contains(&rule), "`{rule}` is no rule");
        let difference = Difference {
            rule,
            message: message.into(),
            place: Place::from(node),
        };
        if !self.differences.contains(&difference) {
            self.differences.push(difference);
        }
    }

    /// Notes which of the steps that one became are made for it: all but its own.
    pub(crate) fn owns(&mut self, natives: &[Node], slug: Option<&str>, id: Option<&str>) {
        let slugs = natives
            .iter()
            .filter_map(|native| native.get("stepSlug")?.as_str());
        for made in slugs.filter(|made| slug != Some(made)) {
            self.authored.made(made, id);
        }
    }

    /// Says what is wrong.
    pub(crate) fn say(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// Which steps of a text are its author's own, and by which names they are known: mocks may use either.
pub fn authored(text: &str, notation: Notation) -> Authored {
    let read = read(text, notation, None, &mut Vec::new());
    read.map(|read| read.authored).unwrap_or_default()
}

/// A definition in the native format.
#[derive(Debug)]
pub struct Converted {
    /// The format that it was written in.
    pub format: Format,
    /// The definition; none where its text could not be read.
    pub definition: Option<serde_json::Value>,
    /// What means something else in the native format.
    pub differences: Vec<Difference>,
}

/// Translates a definition into the native format; what is wrong with it `compile` says.
pub fn convert(text: &str, notation: Notation, format: Option<Format>) -> Converted {
    let read = read(text, notation, format, &mut Vec::new());
    let Some(read) = read else {
        return Converted {
            format: format.unwrap_or(Format::Native),
            definition: None,
            differences: Vec::new(),
        };
    };
    Converted {
        format: read.format,
        definition: Some(read.root.to_json()),
        differences: read.differences,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_rule_is_documented() {
        let page = include_str!("../../docs/formats.md");
        for rule in super::RULES {
            assert!(page.contains(&format!("| `{rule}` |")), "{rule}");
        }
    }
}
