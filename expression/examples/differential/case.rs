//! One case: a text, the data that it runs over, and what it was made from.

use serde_json::{Map, Value};

use crate::data;
use crate::grow::Grower;
use crate::outcome::Kind;
use crate::production::Production;
use crate::random::Random;
use crate::style::{Break, Loose};
use crate::template::{self, Block, Piece};
use crate::tree::Tree;

/// A case.
pub(crate) struct Case {
    pub(crate) production: Production,
    pub(crate) depth: usize,
    pub(crate) kind: Kind,
    pub(crate) text: String,
    pub(crate) data: Map<String, Value>,
    pub(crate) subject: Subject,
}

/// What a text was made from.
pub(crate) enum Subject {
    Expression(Tree),
    /// An expression whose text was broken on purpose.
    Broken,
    Template(Vec<Piece>),
    Mustache(Vec<Block>),
}

/// How deep a case is nested, out of ten: more than half of them at least three deep.
const DEPTHS: [usize; 10] = [1, 1, 2, 3, 3, 3, 4, 4, 5, 6];

impl Case {
    /// The case of a number: its outermost production comes round, all else is random.
    pub(crate) fn new(seed: u64, number: usize, productions: &[Production]) -> Self {
        let mut random = Random::new(seed, number);
        let production = productions
            .get(number % productions.len())
            .copied()
            .unwrap_or(Production::Name);
        let mut data = data::roots(&mut random);
        let mischief = random.pick(&[0, 0, 0, 0, 20, 100]);
        let wanted = random.pick(&DEPTHS);
        let subject = match production {
            Production::WholeTag
            | Production::MixedTags
            | Production::Comment
            | Production::Config => {
                Subject::Template(template::pieces(production, wanted, mischief, &mut random))
            }
            Production::Section | Production::Inverted | Production::Lines => {
                Subject::Mustache(template::blocks(production, wanted, &mut random))
            }
            _ => {
                let mut grower = Grower::new(&mut random, mischief);
                let kind = grower.any_kind();
                Subject::Expression(grower.build(production, kind, wanted))
            }
        };
        let mut style = Loose(random.clone());
        let (kind, text, depth) = match &subject {
            Subject::Expression(tree) => (Kind::Expression, tree.written(&mut style), tree.depth()),
            Subject::Template(pieces) if production == Production::Config => (
                Kind::Config,
                template::write_config(pieces, &mut style),
                template::depth(pieces),
            ),
            Subject::Template(pieces) => (
                Kind::Template,
                template::write_pieces(pieces, &mut style),
                template::depth(pieces),
            ),
            Subject::Mustache(blocks) => (
                Kind::Mustache,
                template::write_blocks(blocks),
                template::nesting(blocks),
            ),
            Subject::Broken => (Kind::Expression, String::new(), 0),
        };
        keep_used(&subject, &mut data);
        let (text, subject) = match subject {
            Subject::Expression(_) if random.permille(30) => {
                (Break::pick(&mut random).apply(&text), Subject::Broken)
            }
            whole => (text, whole),
        };
        Self {
            production,
            depth,
            kind,
            text,
            data,
            subject,
        }
    }
}

/// Leaves out the names that an expression does not use. Sections may use any.
fn keep_used(subject: &Subject, data: &mut Map<String, Value>) {
    let mut names = vec!["nowMs".to_owned()];
    match subject {
        Subject::Expression(tree) => tree.roots(&mut names),
        Subject::Template(pieces) => pieces
            .iter()
            .filter_map(Piece::tree)
            .for_each(|tree| tree.roots(&mut names)),
        Subject::Mustache(_) | Subject::Broken => return,
    }
    let uses_relative = match subject {
        Subject::Expression(tree) => tree.any(&|tree| matches!(tree, Tree::Relative(_))),
        _ => true,
    };
    if !uses_relative {
        data.retain(|name, _| names.contains(name));
    }
}
