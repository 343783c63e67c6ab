//! Branches and iterations: how each begins, and what follows where they meet.

use super::super::Translation;
use super::super::build::{Object, list, number, text};
use super::super::literal::{literal, quoted};
use super::native::{gives, set, step};
use super::next::ENDS;
use super::states::State;
use super::steps::Writer;
use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::Node;

impl Writer<'_, '_> {
    /// A loop, whose iterations each begin with a flow of their own, and what they bring back.
    pub(super) fn iterate(
        &self,
        at: usize,
        state: &State<'_>,
        head: usize,
        node: &Node,
        translation: &mut Translation<'_>,
    ) -> Vec<Node> {
        self.is_nested_by_mistake(at, state, translation);
        let inner = self.regions.begun(at, head);
        let flow = self.regions.flow(at);
        let key = state.rule("iter_key").unwrap_or(node);
        let [each, item, join] =
            ["each", "item", "join"].map(|suffix| format!("{}_{suffix}", state.slug));
        let mut config = Object::of(key);
        let items = format!(
            "{{{{{flow}|flowItems({}, {}, {})}}}}",
            quoted(key.as_str().unwrap_or_default()),
            quoted(&state.id),
            self.settings.most_items,
        );
        config.put("items", text(key, items));
        config.put("concurrency", number(key, self.settings.concurrency));
        config.put("maxIterations", number(key, self.settings.most_items));
        let mut ports = Object::of(key);
        ports.put("next", text(key, item.as_str()));
        ports.put("done", text(key, join.as_str()));
        let included = state.rule("include_in_iterator_context").map(Node::to_json);
        let included = included
            .map(|keys| format!(", {}", literal(&keys)))
            .unwrap_or_default();
        let begins = format!("{{{{{flow}|flowEach(loop.item{included})}}}}");
        let entry = self.states.get(head).map(State::entry);
        let brought = format!("steps.{each}.output.results|map('{flow}')");
        let last = format!("{}_last", state.slug);
        let again = set(key, &last, flow, &format!("{{{{{flow}}}}}"), Some(&each));
        let mut natives = vec![
            step(key, &each, "loop", config.build(), ports.build()),
            set(key, &item, flow, &begins, entry.as_deref()),
        ];
        natives.extend(self.meet(at, state, key, inner, &brought));
        if self.is_chosen(at) {
            natives.push(again);
        }
        natives
    }

    /// Says of a key that is nearly that of the iterations around it that it begins others.
    fn is_nested_by_mistake(
        &self,
        at: usize,
        state: &State<'_>,
        translation: &mut Translation<'_>,
    ) {
        let (Some(key), Some(node)) = (state.key(), state.rule("iter_key")) else {
            return;
        };
        let outer: Vec<&str> = self
            .regions
            .keys_around(self.regions.region_of(at))
            .collect();
        if self.known.has(at, key) {
            return;
        }
        // So short a name as `x` is no misspelling of `xs`, but it is one thing where the other is several.
        let is_one_of = |outer: &str| {
            let plural = |one: &str, many: &str| many.strip_suffix('s') == Some(one);
            plural(key, outer) || plural(outer, key)
        };
        let near = near(key, outer.iter().copied())
            .or_else(|| outer.iter().copied().find(|outer| is_one_of(outer)));
        // Levels may well be numbered.
        let stem = |key: &str| {
            key.trim_end_matches(|last: char| last.is_ascii_digit())
                .to_owned()
        };
        if let Some(near) = near.filter(|near| stem(near) != stem(key)) {
            let message = format!(
                "`{key}` begins iterations inside of those over `{near}`, instead of going on with them"
            );
            translation.say(
                Diagnostic::warning(codes::UNKNOWN_REFERENCE, message)
                    .on(node)
                    .help(format!("did you mean `{near}`?")),
            );
        }
    }

    /// Where branches or iterations meet, and what follows: at the end of a run what gives their results. Where all may
    /// end before, a condition asks whether any has come.
    fn meet(
        &self,
        at: usize,
        state: &State<'_>,
        of: &Node,
        inner: usize,
        brought: &str,
    ) -> Vec<Node> {
        let flow = self.regions.flow(at);
        let region = self.regions.region_of(at);
        let [join, ended, output] =
            ["join", "ended", "output"].map(|suffix| format!("{}_{suffix}", state.slug));
        let meeting = self.regions.meeting(inner);
        let may_end = self.regions.may_end(at, self.states);
        let is_over = meeting.is_none() && self.stops(region);
        let brings = format!(
            "{{{{{flow}|flowJoin({brought}){}}}}}",
            if is_over { ENDS } else { "" }
        );
        let ends_run = region == 0 && (meeting.is_none() || may_end);
        let behind = if may_end {
            Some(ended.clone())
        } else if ends_run {
            Some(output.clone())
        } else {
            self.slug_of(&self.regions.behind(inner))
        };
        let mut natives = vec![set(of, &join, flow, &brings, behind.as_deref())];
        if may_end {
            let mut config = Object::of(of);
            config.put("expression", text(of, format!("{flow}.ended == true")));
            config.put("description", text(of, "all have ended"));
            let end = if region == 0 {
                output.clone()
            } else {
                self.port(at, state, None)
            };
            let mut ports = Object::of(of);
            ports.put("true", text(of, end));
            ports.put("false", text(of, self.port(at, state, meeting)));
            natives.push(step(of, &ended, "condition", config.build(), ports.build()));
        }
        if ends_run {
            natives.push(gives(of, &output, flow));
        }
        natives
    }

    /// Branches, each of which begins with a flow of its own, and what they bring together.
    pub(super) fn part(&self, at: usize, state: &State<'_>, heads: &[(usize, &Node)]) -> Vec<Node> {
        let of = state.rule("state_ids").unwrap_or(state.node);
        let flow = self.regions.flow(at);
        let (mut begins, mut natives, mut flows) = (Vec::new(), Vec::new(), Vec::new());
        let mut meets = 0;
        for (number, (head, node)) in heads.iter().enumerate() {
            let inner = self.regions.begun(at, *head);
            let own = self.regions.flow_of(inner);
            let slug = format!("{}_begin_{}", state.slug, number + 1);
            begins.push(text(node, slug.as_str()));
            let entry = self.states.get(*head).map(State::entry);
            natives.push(set(
                node,
                &slug,
                own,
                &format!("{{{{{flow}|flowBranch}}}}"),
                entry.as_deref(),
            ));
            flows.push(own.to_owned());
            meets = inner;
        }
        let mut config = Object::of(of);
        config.put("branches", list(of, begins));
        let mut ports = Object::of(of);
        let join = format!("{}_join", state.slug);
        ports.put("success", text(of, join.as_str()));
        let parallel = step(
            of,
            &format!("{}_next", state.slug),
            "parallel",
            config.build(),
            ports.build(),
        );
        natives.insert(0, parallel);
        let brought = format!("[{}]", flows.join(", "));
        natives.extend(self.meet(at, state, of, meets, &brought));
        natives
    }
}
