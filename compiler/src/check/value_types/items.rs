//! What the items of loops are, and the names by which the steps in a loop read them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use pawl_contract::Kind;
use pawl_expression::{Others, Roots, Type};

use super::{Known, given};
use crate::check::texts::Text;
use crate::definition::Step;
use crate::graph::StepId;
use crate::source::Node;

/// The type of each loop's items, by the loop's head; one that is not here has items of any type.
pub(super) type Items = BTreeMap<StepId, Type>;

impl<'a> Known<'a> {
    /// Finds what the items of every loop are.
    pub(super) fn find_items(&mut self, texts: &[Text<'_>]) {
        let mut heads: Vec<(StepId, &Step)> = self.definition.steps.iter().enumerate().collect();
        heads.retain(|(_, step)| step.kind == Kind::Loop);
        // What an inner loop goes through may be an item of an outer one.
        heads.sort_by_key(|(id, _)| self.loops.around(*id).len());
        let mut lists: BTreeMap<StepId, &Text<'_>> = BTreeMap::new();
        for text in texts {
            let Some(id) = text.step else { continue };
            let step = self.definition.steps.get(id);
            if step.is_some_and(|step| goes_through(step, &text.node)) {
                lists.insert(id, text);
            }
        }
        for (id, step) in heads {
            let Some(text) = lists.get(&id) else {
                continue;
            };
            let (found, _) = text.parsed.infer(&self.roots_of(id, step, &text.node));
            self.items.insert(id, found.element());
        }
    }

    /// Gives the names that the loops around a step bind the types that their items have.
    pub(super) fn bind(&self, id: StepId, roots: &mut Cow<'_, Roots<'a>>) {
        let around = self.loops.around(id);
        // Where a step stands in loops that are not inside of each other, its item is of either.
        let is_nested = around.windows(2).all(|pair| match pair {
            [outer, inner] => self.loops.around(*inner).contains(outer),
            _ => true,
        });
        let mut innermost: Option<Type> = None;
        for head in around {
            let Some(step) = self.definition.steps.get(*head) else {
                continue;
            };
            let item = self.items.get(head).filter(|_| is_nested);
            let item = item.cloned().unwrap_or(Type::Any);
            for (field, found) in [("indexVariable", &Type::Number), ("itemVariable", &item)] {
                if let Some(name) = step.config.get(field).and_then(Node::as_str) {
                    roots
                        .to_mut()
                        .insert(Cow::Owned(name.to_owned()), Arc::new(found.clone()));
                }
            }
            let mut fields = vec![
                ("items".to_owned(), Type::List(Box::new(item.clone()))),
                ("item".to_owned(), item),
                ("index".to_owned(), Type::Number),
                ("state".to_owned(), given::loop_state()),
            ];
            fields.extend(innermost.take().map(|outer| ("parent".to_owned(), outer)));
            innermost = Some(Type::object(fields, Others::Maybe));
        }
        if let Some(innermost) = innermost {
            roots
                .to_mut()
                .insert(Cow::Borrowed("loop"), Arc::new(innermost));
        }
    }
}

/// Whether a text is the list that a loop goes through.
pub(super) fn goes_through(step: &Step, node: &Node) -> bool {
    step.kind == Kind::Loop && node.pointer == format!("{}/items", step.config.pointer)
}
