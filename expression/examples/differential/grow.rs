//! Grows expressions: every part is of the kind that the part around it needs, unless mischief is asked for.

mod build;
mod leaf;

use crate::production::{Kind, OPERATORS, Production, TRANSFORMS};
use crate::random::Random;
use crate::tree::Tree;

/// Grows the trees of one case.
pub(crate) struct Grower<'r> {
    pub(crate) random: &'r mut Random,
    /// How many in a thousand parts are of another kind than the one that is needed.
    pub(crate) mischief: usize,
    /// How many filters stand around.
    filters: usize,
}

impl<'r> Grower<'r> {
    pub(crate) fn new(random: &'r mut Random, mischief: usize) -> Self {
        Self {
            random,
            mischief,
            filters: 0,
        }
    }

    /// A part of a kind, nested so deep.
    pub(crate) fn grow(&mut self, kind: Kind, depth: usize) -> Tree {
        let kind = if self.random.permille(self.mischief) {
            self.random.pick(&Kind::ALL)
        } else {
            kind
        };
        if depth == 0 {
            return self.leaf(kind);
        }
        let production = match self.random.pick(&makers(kind)) {
            // JEXL has neither, so too many of them would leave too little to compare.
            Production::Wrapped | Production::Minus if self.random.permille(900) => {
                Production::Ternary
            }
            other => other,
        };
        self.build(production, kind, depth)
    }

    /// Parts of kinds, one of them nested so deep and the others at most so.
    fn grow_all<const N: usize>(&mut self, kinds: [Kind; N], depth: usize) -> [Tree; N] {
        let deepest = self.random.below(N);
        let mut at = 0;
        kinds.map(|kind| {
            let own = if at == deepest {
                depth
            } else {
                self.random.below(depth.min(2) + 1)
            };
            at += 1;
            self.grow(kind, own)
        })
    }

    /// The kind of any production's value that a whole case may have.
    pub(crate) fn any_kind(&mut self) -> Kind {
        self.random.pick(&[
            Kind::Number,
            Kind::Text,
            Kind::Truth,
            Kind::Numbers,
            Kind::Words,
            Kind::Records,
            Kind::Record,
        ])
    }
}

/// The productions whose value is of a kind, the usual ones more often.
fn makers(kind: Kind) -> Vec<Production> {
    let mut makers = vec![
        Production::Ternary,
        Production::Elvis,
        Production::Or,
        Production::And,
        Production::Wrapped,
    ];
    let operators = OPERATORS.iter().filter(|(_, made, _)| *made == kind);
    makers.extend(operators.map(|(symbol, ..)| Production::Operator(symbol)));
    let transforms = TRANSFORMS
        .iter()
        .filter(|(_, made, ..)| made.contains(&kind));
    makers.extend(
        transforms
            .flat_map(|(name, ..)| [Production::Transform(name), Production::Transform(name)]),
    );
    makers.extend(match kind {
        Kind::Number => vec![Production::Minus, Production::Element, Production::Member],
        Kind::Text => vec![Production::Element, Production::Member],
        Kind::Truth => vec![Production::Not, Production::Not],
        Kind::Numbers | Kind::Words => vec![Production::Array, Production::Filter],
        Kind::Records => vec![Production::Array, Production::Filter, Production::Filter],
        Kind::Record => vec![Production::Object, Production::Element],
        Kind::Time | Kind::Mixed => vec![],
    });
    makers
}
