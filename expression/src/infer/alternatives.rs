//! Values that stand in for each other: `a ?? b ?: 'none'`.

use super::{Finding, Inference, Mistake};
use crate::tree::{Base, Form, Node};
use crate::value_type::Type;

/// A value of a chain, and what was found in it.
struct Alternative<'n> {
    node: &'n Node,
    found: Type,
    findings: Vec<Finding>,
}

impl Inference<'_, '_> {
    /// The type of the first value of a chain that is there.
    ///
    /// What is missing is what the others are for, so that a member that nothing has is a mistake only where no other
    /// value can stand in for it; or where only a written default does, which may well be meant.
    pub(super) fn alternatives(&mut self, chain: &Node) -> Type {
        let mut all: Vec<Alternative<'_>> = links(chain)
            .into_iter()
            .map(|node| self.alternative(node))
            .collect();
        let is_defaulted = all
            .last()
            .is_some_and(|last| matches!(last.node.form, Form::Literal(_)));
        let looked_up = all.len() - usize::from(is_defaulted);
        let all_lack = all.iter().take(looked_up).all(Alternative::lacks);
        // What is looked up and never there is no part of what stands here.
        let types: Vec<Type> = all
            .iter()
            .enumerate()
            .filter(|(_, one)| all_lack || !one.lacks())
            .map(|(at, one)| {
                let found = one.found.clone();
                let is_last = at + 1 == all.len();
                if is_last { found } else { found.without_null() }
            })
            .collect();
        let last = all.len().saturating_sub(1);
        for (at, one) in all.iter_mut().enumerate() {
            let is_spoken_of = if all_lack {
                at == 0
            } else {
                at == last && !one.is_search()
            };
            for mut finding in one.findings.drain(..) {
                if let Mistake::NoMember {
                    is_defaulted: flag, ..
                } = &mut finding.mistake
                {
                    if !is_spoken_of {
                        continue;
                    }
                    *flag |= is_defaulted;
                }
                self.findings.push(finding);
            }
        }
        Type::either(types)
    }

    fn alternative<'n>(&self, node: &'n Node) -> Alternative<'n> {
        let mut findings = Vec::new();
        let found = Inference {
            findings: &mut findings,
            ..*self
        }
        .node(node);
        Alternative {
            node,
            found,
            findings,
        }
    }
}

impl Alternative<'_> {
    /// Whether it looks something up that is never there.
    fn lacks(&self) -> bool {
        let is_lookup = matches!(self.node.form, Form::Path(..)) || self.is_search();
        is_lookup
            && self
                .findings
                .iter()
                .any(|finding| matches!(finding.mistake, Mistake::NoMember { .. }))
    }

    /// Whether it is `a.b|at('c')`, which looks into what may be a text of data as well.
    fn is_search(&self) -> bool {
        let Form::Transform(subject, transform, _) = &self.node.form else {
            return false;
        };
        transform.info.name == "at" && matches!(&subject.form, Form::Path(Base::Root(_), _))
    }
}

/// The values of a chain in their order, whichever of them brackets hold together.
fn links(node: &Node) -> Vec<&Node> {
    let (Form::Default(left, right) | Form::Elvis(left, right)) = &node.form else {
        return vec![node];
    };
    let mut all = links(left);
    all.extend(links(right));
    all
}
