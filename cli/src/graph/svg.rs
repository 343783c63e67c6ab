//! A graph as a picture: SVG that reads well on a light page, on a dark one, and in print without colours.

mod icon;
mod legend;
mod line;
mod style;
mod write;

use super::layout::{Area, END, Point, Size, lay_out};
use super::mermaid::visits;
use super::{Graph, Passed, Standing, Step, Way};
use icon::ICON;
use write::{Svg, width_of};

/// Room around everything.
const MARGIN: f64 = 24.0;
/// The height of the title, and of the line below it that says what run is shown.
const TITLE: f64 = 46.0;
const SUBTITLE: f64 = 14.0;
/// The height of a step.
const STEP: f64 = 46.0;
/// The room for a step's icon.
const ICON_ROOM: f64 = 36.0;
/// The size of a slug, and of what stands below it.
const SLUG: f64 = 13.0;
const DETAIL: f64 = 11.0;
/// The most characters of a slug that are shown; the rest is in its tool tip.
const WIDEST_SLUG: usize = 44;

/// The longest title; what is longer would make the page wider than what it shows.
const WIDEST_TITLE: usize = 80;

/// A text of so many letters at most.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// The graph as SVG.
pub fn svg(graph: &Graph) -> String {
    let captions: Vec<Caption> = graph.steps.iter().map(Caption::of).collect();
    let sizes: Vec<Size> = captions.iter().map(Caption::size).collect();
    let labels: Vec<Size> = graph.ways.iter().map(label_size).collect();
    let layout = lay_out(graph, &sizes, &labels);
    let subtitle = graph.run.as_deref().unwrap_or_default();
    let title = cut(&graph.title, WIDEST_TITLE);
    let titles = width_of(&title, 18.0).max(width_of(subtitle, 12.0));
    let width = layout.size.width.max(titles).max(300.0);
    let legend = legend::Legend::of(graph, width);
    let top = if graph.run.is_some() {
        TITLE + SUBTITLE
    } else {
        TITLE
    };
    let height = top + layout.size.height + legend.height();
    let mut svg = Svg::new(
        width + 2.0 * MARGIN,
        height + 2.0 * MARGIN,
        &describe(graph),
    );
    svg.style(style::STYLE, &style::looks(graph));
    svg.open(&format!("<g transform=\"translate({MARGIN} {MARGIN})\">"));
    svg.text("title", 0.0, 18.0, &title);
    svg.text("subtitle", 0.0, 36.0, subtitle);
    let left = ((width - layout.size.width) / 2.0).round();
    svg.open(&format!("<g transform=\"translate({left} {top})\">"));
    for (number, area) in layout.loops.iter().enumerate() {
        draw_loop(&mut svg, graph, number, *area);
    }
    let drawn = || graph.ways.iter().zip(&layout.lines);
    // What a run went lies on top of what it did not go.
    let is_taken = |way: &Way| way.taken.is_some_and(|taken| taken > 0);
    for (way, found) in drawn().filter(|(way, _)| !is_taken(way)) {
        line::draw(&mut svg, way, found);
    }
    for (way, found) in drawn().filter(|(way, _)| is_taken(way)) {
        line::draw(&mut svg, way, found);
    }
    for (way, found) in drawn() {
        line::label(&mut svg, way, found.label);
    }
    for area in &layout.ends {
        draw_end(&mut svg, *area);
    }
    for ((step, caption), area) in graph.steps.iter().zip(&captions).zip(&layout.steps) {
        draw_step(&mut svg, step, caption, *area);
    }
    svg.close("g");
    legend.draw(&mut svg, top + layout.size.height);
    svg.close("g");
    svg.end()
}

/// What stands in a step's box.
struct Caption {
    slug: String,
    detail: String,
    visits: Option<String>,
}

impl Caption {
    fn of(step: &Step) -> Self {
        let detail = match &step.detail {
            Some(detail) => format!("{} · {detail}", step.look.name()),
            None => step.look.name().to_owned(),
        };
        Self {
            slug: cut(&step.slug, WIDEST_SLUG),
            detail,
            visits: step.passed.and_then(visits),
        }
    }

    fn size(&self) -> Size {
        let visits = self.visits.as_ref();
        let visits = visits.map_or(0.0, |visits| width_of(visits, DETAIL) + 12.0);
        let first = width_of(&self.slug, SLUG) * 1.06 + 20.0;
        let second = width_of(&self.detail, DETAIL) + visits;
        Size {
            width: (ICON_ROOM + first.max(second) + 12.0).max(120.0).ceil(),
            height: STEP,
        }
    }
}

fn label_size(way: &Way) -> Size {
    Size {
        width: width_of(&line::label_text(way), DETAIL) + 8.0,
        height: 16.0,
    }
}

/// What someone hears who does not see the picture.
fn describe(graph: &Graph) -> String {
    let count = graph.steps.len();
    match &graph.run {
        Some(run) => format!("{}, {count} steps, {run}", graph.title),
        None => format!("{}, {count} steps", graph.title),
    }
}

fn corner(area: Area) -> Point {
    Point {
        x: area.centre.x - area.width / 2.0,
        y: area.centre.y - area.height / 2.0,
    }
}

fn draw_loop(svg: &mut Svg, graph: &Graph, number: usize, area: Area) {
    let found = graph.loops.get(number);
    let name = found.map_or_else(String::new, |found| graph.name_of(found));
    let Point { x, y } = corner(area);
    svg.rect("around", Point { x, y }, area, 10.0);
    svg.text("around-name", x + 10.0, y + 15.0, &name);
}

fn draw_end(svg: &mut Svg, area: Area) {
    svg.circle("end", area.centre, END / 2.0 - 1.0);
    svg.circle("end-dot", area.centre, END / 2.0 - 5.0);
}

fn draw_step(svg: &mut Svg, step: &Step, caption: &Caption, area: Area) {
    let at = corner(area);
    let standing = step.passed.map(|passed| passed.standing);
    let class = standing.map_or("plain", class);
    svg.open(&format!("<g class=\"step {class}\">"));
    svg.tip(&tip(step));
    // A trigger begins and nothing comes before it; its shape says so.
    let round = if step.look.is_beginning() {
        STEP / 2.0
    } else {
        7.0
    };
    svg.rect(&format!("box {}", step.look.name()), at, area, round);
    let icon_at = Point {
        x: at.x + 9.0,
        y: at.y + (STEP - ICON) / 2.0,
    };
    icon::look(svg, step.look, icon_at);
    let x = at.x + ICON_ROOM;
    svg.text("slug", x, at.y + 20.0, &caption.slug);
    svg.text("detail", x, at.y + 36.0, &caption.detail);
    if let Some(visits) = &caption.visits {
        let x = at.x + area.width - 10.0;
        svg.text("visits", x, at.y + 36.0, visits);
    }
    if let Some(standing) = standing {
        let badge = Point {
            x: at.x + area.width - 14.0,
            y: at.y + 14.0,
        };
        icon::standing(svg, standing, badge);
    }
    svg.close("g");
}

/// All that is known of a step, for whoever points at it.
fn tip(step: &Step) -> String {
    let mut words = vec![step.slug.clone()];
    words.extend(step.name.clone());
    words.push(step.look.name().to_owned());
    words.extend(step.detail.clone());
    words.extend(step.passed.map(|passed| passed.standing.name().to_owned()));
    words.extend(step.passed.and_then(|passed: Passed| visits(passed)));
    words.join(" · ")
}

/// The class of what stands so.
fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::NotReached => "not-reached",
        Standing::Completed => "completed",
        Standing::Running => "running",
        Standing::Failed => "failed",
    }
}
