//! Graphs of workflows: the same from a definition and from its machine, readable as pictures, and as committed.

use std::collections::BTreeSet;

use pawl::graph::{Graph, Way, from_definition, from_machine, from_states, mermaid, svg};
use pawl_compiler::{Compiled, Level, Notation, Options, Program, compile};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use roxmltree::{Document, Node};
use serde_json::{Value, json};

use crate::command_line::{pawl, text};
use crate::corpus::{cases, root, same};
use crate::levels::{definitions, seed};

/// The examples whose graphs are committed.
const COMMITTED: [&str; 3] = [
    "examples/error-port-in-loop",
    "examples/nested-loops",
    "examples/paging",
];

#[test]
fn a_definition_and_its_machines_give_the_same_graph() {
    for case in cases() {
        for level in [Level::O0, Level::O1] {
            let options = Options {
                level,
                hand_over_after: Some(5),
                ..Options::default()
            };
            let Compiled { program, .. } = case.project.compile(options);
            if let Some(program) = program {
                assert_same_graph(&program, &format!("{} at {level:?}", case.name));
            }
        }
    }
}

#[test]
fn graphs_are_as_committed() {
    for case in cases() {
        if COMMITTED.contains(&case.name.as_str()) {
            let program = case.project.compile(Options::default()).program;
            let graph = from_definition(&program.expect("an example").checked);
            same(&case, "graph.mmd", Some(mermaid(&graph)));
        }
    }
}

#[test]
fn pictures_of_all_cases_are_readable() {
    for case in cases() {
        if let Some(program) = case.project.compile(Options::default()).program {
            assert_readable(&from_definition(&program.checked), &case.name);
        }
    }
}

/// Every state of a machine has a box, those inside of others too, and nothing covers anything.
#[test]
fn machines_of_all_cases_are_readable_state_by_state() {
    for case in cases() {
        if let Some(program) = case.project.compile(Options::default()).program {
            let machine = &program.lowered.machine;
            let graph = from_states(&case.name, machine).expect("a machine that is whole");
            let count = states(&serde_json::to_value(machine).expect("JSON"));
            assert_eq!(graph.steps.len(), count + 1, "{}", case.name);
            assert_readable(&graph, &format!("the machine of {}", case.name));
        }
    }
}

#[test]
fn the_picture_in_the_documentation_is_that_of_the_machine() {
    let name = "infra/machines/auto-reply-to-conversations.asl.json";
    let drawn = pawl(&root(), &["graph", name, "-o", "-", "--format", "svg"]);
    let committed = std::fs::read_to_string(root().join("docs/plots/machine.svg"));
    let is_same = committed.expect("a picture") == text(&drawn.stdout);
    assert!(is_same, "`make generate` draws it anew");
}

/// How many states a part of a machine holds.
fn states(part: &Value) -> usize {
    match part {
        Value::Object(fields) => {
            let own = fields.get("States").and_then(Value::as_object);
            own.map_or(0, serde_json::Map::len) + fields.values().map(states).sum::<usize>()
        }
        Value::Array(parts) => parts.iter().map(states).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

#[test]
fn a_machine_is_drawn_as_step_functions_shows_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let ends = |kind: &str| json!({ "Type": kind, "End": true });
    let invoked = "arn:aws:lambda:eu-west-1:1:function:tell:3";
    let machine = json!({
        "StartAt": "both",
        "States": {
            "both": { "Type": "Parallel", "Next": "which", "Branches": [
                { "StartAt": "tell", "States": {
                    "tell": { "Type": "Task", "Resource": invoked, "End": true },
                } },
                { "StartAt": "all", "States": { "all": { "Type": "Map", "End": true, "ItemProcessor": {
                    "StartAt": "each", "States": { "each": ends("Pass") },
                } } } },
            ], "Catch": [{ "ErrorEquals": ["A", "B"], "Next": "broken" }] },
            "which": { "Type": "Choice", "Default": "good", "Choices": [
                { "Condition": "{% $x %}", "Next": "both" },
                { "Comment": "nothing is left", "Condition": "{% $y %}", "Next": "broken" },
            ] },
            "good": { "Type": "Succeed" },
            "broken": { "Type": "Fail", "Error": "BROKEN" },
        },
    });
    let path = folder.path().join("order.asl.json");
    std::fs::write(&path, machine.to_string()).expect("a file");
    let drawn = pawl(folder.path(), &["graph", "order.asl.json"]);
    let expected = r#"---
title: "order"
---
flowchart TD
  s0(["Start<br/>beginning"]):::beginning
  s5{"which<br/>Choice"}:::Choice
  s6("broken<br/>Fail · BROKEN"):::Fail
  s7("good<br/>Succeed"):::Succeed
  subgraph loop0 ["Parallel both"]
    s1[["both<br/>Parallel"]]:::Parallel
    s2["tell<br/>Task · tell:3"]:::Task
    subgraph loop1 ["Map all"]
      s3{{"all<br/>Map"}}:::Map
      s4[/"each<br/>Pass"/]:::Pass
    end
  end
  s0 --> s1
  s1 -->|"branch 1"| s2
  s1 -->|"branch 2"| s3
  s1 -->|"done"| s5
  s1 -.->|"catch A, B"| s6
  s3 -->|"each item"| s4
  s5 -->|"rule 1"| s1
  s5 -->|"nothing is left"| s6
  s5 -->|"default"| s7
  s6 --> end6(((end)))
  s7 --> end7(((end)))
"#;
    let drawn = text(&drawn.stdout);
    assert!(drawn.starts_with(expected), "{drawn}");
    let rows = [
        ("/StartAt", json!("nowhere"), "`Start` goes on to `nowhere`"),
        (
            "/States/which/Default",
            json!("nowhere"),
            "`which` goes on to `nowhere`",
        ),
        ("/States/good", json!(7), "`order.asl.json` is no machine"),
    ];
    for (place, value, said) in rows {
        let mut broken = machine.clone();
        *broken.pointer_mut(place).expect("a place") = value;
        std::fs::write(&path, broken.to_string()).expect("a file");
        let drawn = pawl(folder.path(), &["graph", "order.asl.json"]);
        let complained = text(&drawn.stderr);
        assert_eq!(drawn.status.code(), Some(2), "{complained}");
        assert!(complained.contains(said), "{complained}");
    }
}

proptest! {
    // The same workflows every time; PAWL_SEED asks for others.
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed()),
        ..ProptestConfig::default()
    })]

    #[test]
    fn pictures_of_random_workflows_are_readable(text in definitions()) {
        let program = compile(&text, Notation::Json, Options::default()).program.expect("it compiles");
        assert_same_graph(&program, &text);
        assert_readable(&from_definition(&program.checked), &text);
    }
}

#[test]
fn a_graph_is_written_where_and_as_it_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let example = root().join("workflows/examples/paging");
    let example = example.display().to_string();
    let broken = root().join("cases/check/ports-that-lead-nowhere");
    let broken = broken.display().to_string();
    let rows: &[(&[&str], i32, &str)] = &[
        (&[&example], 0, "flowchart TD"),
        (&[&example, "-o", "-"], 0, "flowchart TD"),
        (&[&example, "-o", "-", "--format", "svg"], 0, "<svg"),
        (&[&example, "-o", "x.svg"], 0, ""),
        (&[&example, "-o", "x.mmd"], 0, ""),
        (&[&example, "-o", "x.png"], 2, "`.svg` or `.mmd`"),
        (&[&example, "-o", "missing/x.svg"], 1, "missing/x.svg"),
        (&["missing.json"], 2, "does not exist"),
        (&["missing"], 2, "no state folder"),
        (&[&broken], 1, "missing-port"),
    ];
    for (arguments, code, said) in rows {
        let arguments: Vec<&str> = ["graph"].iter().chain(*arguments).copied().collect();
        let output = pawl(folder.path(), &arguments);
        let all = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {all}");
        assert!(
            all.contains(said),
            "{arguments:?} does not say `{said}`: {all}"
        );
        assert!(!all.contains("panicked"), "{arguments:?}: {all}");
    }
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a file");
    assert!(read("x.svg").starts_with("<svg"));
    assert!(read("x.mmd").starts_with("---\ntitle:"));
}

/// Odd definitions give pictures that stay readable: well-formed, and no wider than what they show.
#[test]
fn odd_definitions_are_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    let step = |slug: &str, next: Option<String>| {
        let next = next.map_or_else(|| json!({}), |next| json!({ "success": next }));
        json!({
            "stepSlug": slug, "name": slug, "stepType": "action", "nextSteps": next,
            "config": { "type": "set_variables", "parameters": { "x": 1 } },
        })
    };
    let chain = |count: usize| -> Vec<Value> {
        let next = |number: usize| (number + 1 < count).then(|| format!("s{}", number + 1));
        (0..count)
            .map(|number| step(&format!("s{number}"), next(number)))
            .collect()
    };
    // As long as a name and a slug may be.
    let (long, slug) = ("w".repeat(200), "w".repeat(56));
    let rows = [
        ("One", chain(1)),
        ("Five hundred", chain(500)),
        ("Say \"hello\" & <b>bye</b> 'now' 🎈", chain(2)),
        (long.as_str(), vec![step(&slug, None)]),
    ];
    for (name, steps) in rows {
        let count = steps.len();
        let definition = json!({ "name": name, "steps": steps }).to_string();
        std::fs::write(folder.path().join("odd.json"), definition).expect("a file");
        let output = pawl(folder.path(), &["graph", "odd.json", "--format", "svg"]);
        let (picture, complained) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{name}: {complained}");
        let picture = Document::parse(&picture).expect("it is XML");
        let root = picture.root_element();
        let width = root.attribute("width").and_then(|width| width.parse().ok());
        assert!(width.is_some_and(|width: f64| width < 1_500.0), "{name}");
        let title = root.descendants().find(|node| node.has_tag_name("title"));
        let title = title.and_then(|title| title.text()).unwrap_or_default();
        assert!(
            title.starts_with(&format!("{name}, {} steps", count + 1)),
            "{title}"
        );
    }
}

/// A machine has every step that a run can come to, and no others.
fn assert_same_graph(program: &Program, what: &str) {
    let machine = from_machine(&program.lowered.machine).expect("a machine of ours");
    let mut definition = from_definition(&program.checked);
    // Steps that no run comes to are the last ones.
    let count = machine.steps.len();
    definition.steps.truncate(count);
    definition.ways.retain(|way| way.from < count);
    definition.loops.retain(|found| found.head < count);
    assert_eq!(definition, machine, "{what}");
}

/// A box in a picture.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Area {
    fn of(rect: Node<'_, '_>) -> Self {
        let [left, top, width, height] =
            ["x", "y", "width", "height"].map(|name| number(rect, name));
        Self {
            left,
            top,
            right: left + width,
            bottom: top + height,
        }
    }

    /// Where a label of so many letters lies around a point.
    fn of_label(label: Node<'_, '_>) -> Self {
        let (x, y) = (number(label, "x"), number(label, "y"));
        let letters = label.text().unwrap_or_default().chars().count();
        let half = f64::from(u32::try_from(letters).expect("few")) * 5.5 / 2.0;
        Self {
            left: x - half,
            top: y - 9.0,
            right: x + half,
            bottom: y + 2.0,
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn holds(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && self.right >= other.right
            && self.bottom >= other.bottom
    }

    fn point(x: f64, y: f64) -> Self {
        Self {
            left: x,
            top: y,
            right: x,
            bottom: y,
        }
    }

    /// The box without its outermost points, so that a line that ends at its border is not in it.
    fn inner(&self) -> Self {
        Self {
            left: self.left + 3.0,
            top: self.top + 3.0,
            right: self.right - 3.0,
            bottom: self.bottom - 3.0,
        }
    }
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    let text = node.attribute(name).expect(name);
    text.parse().expect("a number")
}

/// Nothing covers anything else, and everything is there.
fn assert_readable(graph: &Graph, what: &str) {
    let picture = svg(graph);
    let document = Document::parse(&picture).expect("well-formed XML");
    let of_class = |class: &'static str| {
        let nodes = document.descendants();
        nodes.filter(move |node| {
            let classes = node.attribute("class").unwrap_or_default();
            classes.split(' ').any(|found| found == class)
        })
    };
    let boxes: Vec<Area> = of_class("box").map(Area::of).collect();
    let loops: Vec<Area> = of_class("around").map(Area::of).collect();
    let labels: Vec<Area> = of_class("port").map(Area::of_label).collect();
    assert_eq!(boxes.len(), graph.steps.len(), "{what}");
    let is_labelled = |way: &&Way| !way.port.is_empty();
    let labelled: Vec<&Way> = graph.ways.iter().filter(is_labelled).collect();
    assert_eq!(labels.len(), labelled.len(), "{what}");
    assert_eq!(loops.len(), graph.loops.len(), "{what}");
    let slugs: BTreeSet<&str> = of_class("slug").filter_map(|node| node.text()).collect();
    assert_eq!(slugs.len(), boxes.len(), "{what}: {slugs:?}");
    assert_apart(&boxes, &boxes, &format!("steps of {what}"));
    assert_apart(&labels, &labels, &format!("labels of {what}"));
    for (label, way) in labels.iter().zip(labelled) {
        for area in &boxes {
            assert!(!label.overlaps(area), "{what}: label {way:?} at {label:?}");
        }
    }
    for (step, area) in graph.steps.iter().zip(&boxes) {
        for (number, around) in loops.iter().enumerate() {
            let stands_in = stands_in(graph, step.inside, number);
            assert_eq!(
                around.holds(area),
                stands_in,
                "{what}: {} in loop {number}",
                step.slug
            );
            assert_eq!(
                around.overlaps(area),
                stands_in,
                "{what}: {} and loop {number}",
                step.slug
            );
        }
    }
    for (number, (found, around)) in graph.loops.iter().zip(&loops).enumerate() {
        // Where a loop goes on lies below it, unless that is where the run has been before.
        let done = graph
            .ways
            .iter()
            .find(|way| way.from == found.head && way.port == "done");
        let is_outside = |to: &usize| {
            let inside = graph.steps.get(*to).and_then(|step| step.inside);
            *to > found.head && !stands_in(graph, inside, number)
        };
        let target = done.and_then(|way| way.to).filter(is_outside);
        if let Some(target) = target.and_then(|to| boxes.get(to)) {
            assert!(
                target.top >= around.bottom,
                "{what}: {target:?} is not below {around:?}"
            );
        }
    }
    for line in of_class("way").filter(|node| node.attribute("transform").is_none()) {
        for point in points(line.attribute("d").expect("a line")) {
            let through = boxes.iter().find(|area| point.overlaps(&area.inner()));
            assert!(through.is_none(), "{what}: a line goes through {through:?}");
        }
    }
}

fn stands_in(graph: &Graph, inside: Option<usize>, number: usize) -> bool {
    let mut around = inside;
    while let Some(found) = around {
        if found == number {
            return true;
        }
        around = graph.loops.get(found).and_then(|found| found.inside);
    }
    false
}

fn assert_apart(areas: &[Area], others: &[Area], what: &str) {
    for (place, area) in areas.iter().enumerate() {
        for other in others.iter().skip(place + 1) {
            assert!(!area.overlaps(other), "{what}: {area:?} covers {other:?}");
        }
    }
}

/// Points along a line, corners cut off or not.
fn points(path: &str) -> Vec<Area> {
    let numbers = path.split(|letter: char| letter.is_ascii_alphabetic() || letter == ' ');
    let numbers = numbers.filter(|text| !text.is_empty());
    let numbers: Vec<f64> = numbers
        .map(|text| text.parse().expect("a number"))
        .collect();
    let corners: Vec<(f64, f64)> = numbers
        .chunks(2)
        .filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)))
        .collect();
    let mut points = Vec::new();
    for ((x, y), (to_x, to_y)) in corners.iter().zip(corners.iter().skip(1)) {
        for part in 0..=20 {
            let part = f64::from(part) / 20.0;
            points.push(Area::point(x + (to_x - x) * part, y + (to_y - y) * part));
        }
    }
    points
}
