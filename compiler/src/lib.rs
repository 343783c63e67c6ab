//! The compiler: a workflow's definition to a Step Functions machine.
//!
//! `text -> format -> parse -> check -> lower -> prove -> machine`. Pure: no clock, no IO, no AWS.

mod authored;
mod bound;
pub mod check;
pub mod cost;
pub mod definition;
pub mod diagnostic;
pub mod diff;
pub mod enter;
mod fields;
pub mod formats;
pub mod graph;
mod lift;
mod lints;
pub mod lower;
pub mod mocks;
pub mod parse;
pub mod policy;
pub mod prove;
mod schedule;
mod schema;
mod shape;
pub mod source;
pub mod steps;
pub mod subflows;
pub mod triggers;

pub use authored::Authored;
pub use diagnostic::{Diagnostic, Severity};
pub use formats::{Converted, Difference, Format, convert};
pub use lower::{Budgets, Level, Lowered, Options};
pub use source::Notation;

use std::collections::BTreeMap;

use check::Checked;
use definition::Definition;
use lints::Allowances;

/// What came of a definition.
#[derive(Debug)]
pub struct Compiled {
    /// The checked definition and its machine; `None` when a diagnostic is an error.
    pub program: Option<Program>,
    /// Everything that was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The format that it is written in.
    pub format: Format,
    /// Whether its text could be read; nothing is known of the format of one that could not.
    pub is_read: bool,
    /// What means something else here than where the definition was written for, in the order of the text.
    pub differences: Vec<Difference>,
}

impl Compiled {
    /// What came of a text that could not be read.
    pub fn unread(diagnostic: Diagnostic) -> Self {
        Self {
            program: None,
            diagnostics: vec![diagnostic],
            format: Format::Native,
            is_read: false,
            differences: Vec::new(),
        }
    }
}

/// A definition without errors and what it became.
#[derive(Debug, Clone)]
pub struct Program {
    /// The definition and what is known about it.
    pub checked: Checked,
    /// The machine and its plans.
    pub lowered: Lowered,
    /// What begins its runs by itself.
    pub triggers: Vec<triggers::Trigger>,
    /// Which steps are its author's own, and by which names they are known.
    pub authored: Authored,
    /// The workflows that its definition holds beside its own, by identifier: chains of steps that follow a run.
    pub chains: BTreeMap<String, Program>,
}

/// Reads a definition without looking whether it makes sense.
pub fn read(text: &str, notation: Notation) -> Option<Definition> {
    let mut diagnostics = Vec::new();
    let read = formats::read(text, notation, None, &mut diagnostics)?;
    parse::parse(&read.root, &mut diagnostics)
}

/// The identifiers by which other workflows may call one: that of its name, and that of the id that its format gives it.
pub fn identifiers(text: &str, notation: Notation) -> Vec<String> {
    let name = read(text, notation).map(|definition| definition.identifier());
    let id = source::read(text, notation).ok().and_then(|root| {
        let id = source::given(&root, "workflow_id")?.as_str()?;
        (Format::of(&root) == Format::Elevaite).then(|| pawl_contract::identifier(id))
    });
    name.into_iter().chain(id).collect()
}

/// Checks and lowers a definition.
fn build(
    text: &str,
    definition: Definition,
    options: Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Program> {
    let mut checked = check::check(text, definition, diagnostics)?;
    let program = Program {
        lowered: bound::lower_bounded(&mut checked, options, diagnostics),
        triggers: triggers::of(&checked),
        authored: Authored::default(),
        chains: BTreeMap::new(),
        checked,
    };
    prove::prove(&program.lowered, &program.checked, diagnostics);
    Some(program)
}

/// Compiles a definition.
///
/// ```
/// use pawl_compiler::{compile, Notation, Options};
///
/// let text = r#"{
///   "name": "Greet",
///   "steps": [{
///     "stepSlug": "greet",
///     "stepType": "output",
///     "config": { "mapping": { "text": "Hello {{input.name}}" } }
///   }]
/// }"#;
/// let compiled = compile(text, Notation::Json, Options::default());
/// assert!(compiled.diagnostics.is_empty());
/// assert!(compiled.program.is_some());
/// ```
pub fn compile(text: &str, notation: Notation, options: Options) -> Compiled {
    let mut diagnostics = Vec::new();
    let mut read = formats::read(text, notation, options.format, &mut diagnostics);
    let mut authored = read.as_mut().map(|read| std::mem::take(&mut read.authored));
    let own = diagnostics.len();
    // What follows a run as a chain of steps is a workflow of its own, whatever else is wrong.
    let lifted = read.as_mut().map(|read| lift::lift(&mut read.root));
    let root = read.as_ref().map(|read| &read.root);
    let definition = root.and_then(|root| parse::parse(root, &mut diagnostics));
    let allowances = definition.as_ref().map(Allowances::of);
    if let (Some(authored), Some(definition)) = (&mut authored, &definition) {
        authored.complete(definition);
    }
    let mut program =
        definition.and_then(|definition| build(text, definition, options, &mut diagnostics));
    let mut chains = BTreeMap::new();
    for root in lifted.unwrap_or_default() {
        let definition = parse::parse(&root, &mut diagnostics);
        let chain =
            definition.and_then(|definition| build(text, definition, options, &mut diagnostics));
        chains.extend(chain.map(|chain| (chain.checked.definition.identifier(), chain)));
    }
    if let Some(program) = &mut program {
        program.authored = authored.clone().unwrap_or_default();
        program.chains = chains;
        cost::check_budget(program, &mut diagnostics);
    }
    if let Some(allowances) = allowances {
        allowances.apply(&mut diagnostics);
    }
    if let Some(read) = &read
        && let Some(places) = &read.places
    {
        let teller = formats::Teller {
            format: read.format,
            root: &read.root,
            places,
            authored: &authored.unwrap_or_default(),
        };
        teller.tell(&mut diagnostics, own);
        // What could be better is said in the words of the native format, and its fixes write them; other formats have
        // no word for who signs a webhook's deliveries.
        let is_told = |found: &Diagnostic| {
            found.severity != Severity::Note && found.code != diagnostic::codes::OPEN_WEBHOOK
        };
        diagnostics.retain(is_told);
    }
    diagnostic::arrange(&mut diagnostics);
    diagnostic::fix::place(text, notation, &mut diagnostics);
    let shown = |found: &Diagnostic| {
        options.budgets == Budgets::Shown && found.code == diagnostic::codes::OVER_BUDGET
    };
    let is_sound = !diagnostics
        .iter()
        .any(|found| found.is_error() && !shown(found));
    let is_read = read.is_some();
    let (format, mut differences) = read.map_or((Format::Native, Vec::new()), |read| {
        (read.format, read.differences)
    });
    differences.sort_by_key(|difference| (difference.place.span.start, difference.place.span.end));
    Compiled {
        program: program.filter(|_| is_sound),
        diagnostics,
        format,
        is_read,
        differences,
    }
}
