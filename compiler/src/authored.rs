//! Whose steps a definition's steps are: its author's own, or made for one of them.
//!
//! Where a state of another format, `interruptBefore` or `runIf` becomes several steps, only one of them is the author's.
//! Whoever shows steps to people speaks of that one, by the name that its author gave it.

use std::collections::BTreeMap;

use crate::definition::{Definition, Origin};

/// What is known of every step that its author knows by another name, or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authored {
    /// By slug.
    steps: BTreeMap<String, Whose>,
    /// The author's words for ports, by slug and port.
    ports: BTreeMap<(String, String), String>,
}

/// Whose a step is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    /// The author's own, of this name.
    Own(String),
    /// Made for the step of this name.
    MadeFor(String),
    /// Made for several.
    Nobodys,
}

impl Authored {
    /// Notes the author's name of a step whose slug is another.
    pub(crate) fn name_step(&mut self, slug: &str, id: &str) {
        if slug != id {
            self.steps
                .insert(slug.to_owned(), Whose::Own(id.to_owned()));
        }
    }

    /// Notes that a step was made for another one, or for none in particular.
    pub(crate) fn made(&mut self, slug: &str, id: Option<&str>) {
        let whose = id.map_or(Whose::Nobodys, |id| Whose::MadeFor(id.to_owned()));
        self.steps.insert(slug.to_owned(), whose);
    }

    /// Notes the author's word for a port.
    pub(crate) fn call_port(&mut self, slug: &str, port: &str, word: &str) {
        let port = (slug.to_owned(), port.to_owned());
        self.ports.insert(port, word.to_owned());
    }

    /// Notes the steps that were made of what a native definition says.
    pub(crate) fn complete(&mut self, definition: &Definition) {
        for step in &definition.steps {
            let Some(origin) = &step.origin else { continue };
            match origin {
                Origin::Interrupt(slug) => self.made_of(&step.slug, slug),
                Origin::RunIf(slug) => {
                    self.made_of(&step.slug, slug);
                    self.call_port(&step.slug, "true", "runs");
                    self.call_port(&step.slug, "false", "is skipped");
                }
                Origin::Together(_) | Origin::Level { .. } => self.made(&step.slug, None),
            }
        }
    }

    fn made_of(&mut self, slug: &str, of: &str) {
        let owner = self.owner(of).map(str::to_owned);
        self.made(slug, owner.as_deref());
    }

    /// Whether no author wrote the step.
    pub fn is_made(&self, slug: &str) -> bool {
        let whose = self.steps.get(slug);
        matches!(whose, Some(Whose::MadeFor(_) | Whose::Nobodys))
    }

    /// The author's step that a step is or was made for, by the author's name.
    pub fn owner<'a>(&'a self, slug: &'a str) -> Option<&'a str> {
        match self.steps.get(slug) {
            None => Some(slug),
            Some(Whose::Own(id) | Whose::MadeFor(id)) => Some(id),
            Some(Whose::Nobodys) => None,
        }
    }

    /// What people call a step: by its author's name where it is the author's, else by its slug.
    pub fn name<'a>(&'a self, slug: &'a str) -> &'a str {
        match self.steps.get(slug) {
            Some(Whose::Own(id)) => id,
            None | Some(Whose::MadeFor(_) | Whose::Nobodys) => slug,
        }
    }

    /// The slug of the step that a name means.
    pub fn slug<'a>(&'a self, name: &'a str) -> &'a str {
        let mut steps = self.steps.iter();
        let own = steps.find(|(_, whose)| matches!(whose, Whose::Own(id) if id == name));
        own.map_or(name, |(slug, _)| slug)
    }

    /// What people call a port.
    pub fn port<'a>(&'a self, slug: &str, port: &'a str) -> &'a str {
        let key = (slug.to_owned(), port.to_owned());
        self.ports.get(&key).map_or(port, String::as_str)
    }
}
