//! A graph as a Mermaid flowchart, for READMEs and wikis that draw it themselves.

use std::fmt::Write;

use pawl_contract::Kind;

use super::{Graph, Look, Passed, Standing, StateType, Step, Way, palette};

/// The graph as Mermaid text.
pub fn mermaid(graph: &Graph) -> String {
    let mut text = String::new();
    let title = match &graph.run {
        Some(run) => format!("{}: {run}", graph.title),
        None => graph.title.clone(),
    };
    let title = serde_json::to_string(&title).expect("a text is JSON");
    line(&mut text, 0, &format!("---\ntitle: {title}\n---"));
    line(&mut text, 0, "flowchart TD");
    scope(&mut text, graph, None, 1);
    for (number, way) in graph.ways.iter().enumerate() {
        self::way(&mut text, number, way);
    }
    styles(&mut text, graph);
    text
}

/// The steps and loops of one loop, or of none.
fn scope(text: &mut String, graph: &Graph, inside: Option<usize>, depth: usize) {
    for (number, step) in graph.steps.iter().enumerate() {
        if step.inside == inside {
            line(text, depth, &self::step(number, step));
        }
    }
    for (number, found) in graph.loops.iter().enumerate() {
        if found.inside == inside {
            let title = escaped(&graph.name_of(found));
            line(text, depth, &format!("subgraph loop{number} [\"{title}\"]"));
            scope(text, graph, Some(number), depth + 1);
            line(text, depth, "end");
        }
    }
}

/// ```text
/// s3{"✔ is_last_page<br/>condition · 9 visits"}:::condition
/// ```
fn step(number: usize, step: &Step) -> String {
    let (open, close) = shape(step.look);
    let mark = step.passed.map_or("", |passed| match passed.standing {
        Standing::NotReached => "",
        Standing::Completed => "✔ ",
        Standing::Running => "▶ ",
        Standing::Failed => "✖ ",
    });
    let mut said = vec![step.look.name().to_owned()];
    said.extend(step.detail.clone());
    said.extend(step.passed.and_then(visits));
    let slug = escaped(&step.slug);
    let said = escaped(&said.join(" · "));
    let class = step.passed.map_or_else(
        || step.look.name().to_owned(),
        |passed| class(passed.standing).to_owned(),
    );
    format!("s{number}{open}\"{mark}{slug}<br/>{said}\"{close}:::{class}")
}

/// What stands before and behind the text of a box.
fn shape(look: Look) -> (&'static str, &'static str) {
    match look {
        Look::Step(Kind::Trigger) | Look::State(StateType::Start) => ("([", "])"),
        Look::Step(Kind::Llm) | Look::State(StateType::Succeed | StateType::Fail) => ("(", ")"),
        Look::Step(Kind::Action) | Look::State(StateType::Task) => ("[", "]"),
        Look::Step(Kind::Request) => ("[/", "\\]"),
        Look::Step(Kind::Condition | Kind::Switch) | Look::State(StateType::Choice) => ("{", "}"),
        Look::Step(Kind::Loop) | Look::State(StateType::Map) => ("{{", "}}"),
        Look::Step(Kind::Transform | Kind::Merge) | Look::State(StateType::Pass) => ("[/", "/]"),
        Look::Step(Kind::Approval) => ("[\\", "/]"),
        Look::Step(Kind::Signal) => (">", "]"),
        Look::Step(Kind::Subflow | Kind::Parallel) | Look::State(StateType::Parallel) => {
            ("[[", "]]")
        }
        Look::Step(Kind::Delay) | Look::State(StateType::Wait) => ("((", "))"),
    }
}

/// How often a step was visited, where that says more than its mark.
pub(super) fn visits(passed: Passed) -> Option<String> {
    let failed = match (passed.failures, passed.visits) {
        (0, _) | (1, 1) => String::new(),
        (failures, _) => format!(", {failures} failed"),
    };
    (passed.visits > 1).then(|| format!("{} visits{failed}", passed.visits))
}

fn way(text: &mut String, number: usize, way: &Way) {
    let to = way.to.map(|to| format!("s{to}"));
    // Each step that ends the run has an end of its own.
    let to = to.unwrap_or_else(|| format!("end{}(((end)))", way.from));
    let arrow = match (way.is_error, way.taken) {
        (_, Some(taken)) if taken > 0 => "==>",
        (true, _) => "-.->",
        (false, _) => "-->",
    };
    let times = way.taken.filter(|taken| *taken > 1);
    let times = times.map_or_else(String::new, |taken| format!(" ×{taken}"));
    let label = match way.port.as_ref() {
        "" => String::new(),
        port => format!("|\"{}{times}\"|", escaped(port)),
    };
    line(text, 1, &format!("s{} {arrow}{label} {to}", way.from));
    if way.is_error && way.taken.is_some_and(|taken| taken > 0) {
        let colour = palette::standing(Standing::Failed);
        let style = format!("linkStyle {number} stroke:{colour},stroke-width:4px");
        line(text, 1, &style);
    }
}

/// The word for a standing in a class's name.
fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::NotReached => "notReached",
        Standing::Completed => "completed",
        Standing::Running => "running",
        Standing::Failed => "failed",
    }
}

fn styles(text: &mut String, graph: &Graph) {
    let looks = graph.looks().into_iter().map(|look| {
        let style = format!("stroke:{},stroke-width:2px", palette::look(look));
        (look.name(), style)
    });
    let standings = Standing::ALL.into_iter().map(|standing| {
        let border = match standing {
            Standing::NotReached => "stroke-width:1px,stroke-dasharray:2 3",
            Standing::Completed => "stroke-width:2px",
            Standing::Running => "stroke-width:3px,stroke-dasharray:8 4",
            Standing::Failed => "stroke-width:4px",
        };
        let style = format!("stroke:{},{border}", palette::standing(standing));
        (class(standing), style)
    });
    let known: Vec<(&str, String)> = if graph.run.is_some() {
        standings.collect()
    } else {
        looks.collect()
    };
    for (name, style) in known {
        line(text, 1, &format!("classDef {name} {style}"));
    }
}

/// A text as it stands in quotes: Mermaid writes characters that mean something to it by their numbers.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if "\"#<>&`|\\;".contains(character) {
            write!(escaped, "#{};", u32::from(character)).expect("writing to a string cannot fail");
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn line(text: &mut String, depth: usize, line: &str) {
    let indent = "  ".repeat(depth);
    writeln!(text, "{indent}{line}").expect("writing to a string cannot fail");
}
