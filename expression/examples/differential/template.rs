//! Templates: texts and tags that hold expressions, and sections that hold names.

use crate::grow::Grower;
use crate::production::{Kind, Production};
use crate::random::Random;
use crate::tree::{Style, Tree};

/// A part of a template whose tags hold expressions.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Text(&'static str),
    Tag(Tag, Tree),
    Comment(&'static str),
}

/// How a tag is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tag {
    Double,
    Triple,
    Ampersand,
    /// `{{a}}`, close to its braces.
    Close,
}

/// A part of a template whose tags hold names.
#[derive(Debug, Clone)]
pub(crate) enum Block {
    Text(&'static str),
    Name(Tag, &'static str),
    Section(Mode, &'static str, Vec<Block>),
    Comment(&'static str),
    /// Something that is not in its place.
    Stray(&'static str),
}

/// `#` or `^`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    Each,
    Otherwise,
}

const TEXTS: [&str; 12] = [
    " ",
    "Dear ",
    "\n",
    " and ",
    "<b>&amp;</b>",
    "{",
    "ü🦀",
    "  \n",
    "\r\n",
    "}} ",
    "100% ",
    "\t",
];

const COMMENTS: [&str; 4] = ["a remark", " over\nlines ", "{{a", "!#^"];

impl Piece {
    pub(crate) fn tree(&self) -> Option<&Tree> {
        match self {
            Self::Tag(_, tree) => Some(tree),
            Self::Text(_) | Self::Comment(_) => None,
        }
    }
}

/// The pieces of a template with expressions.
pub(crate) fn pieces(
    production: Production,
    depth: usize,
    mischief: usize,
    random: &mut Random,
) -> Vec<Piece> {
    if production == Production::WholeTag {
        return vec![tag(depth, mischief, random)];
    }
    let count = random.below(3) + 1;
    let is_key = |at| production == Production::Config && at == 1;
    let mut pieces = Vec::new();
    for at in 0..count {
        if random.permille(800) || at == 0 {
            pieces.push(Piece::Text(random.pick(&TEXTS)));
        }
        if production == Production::Comment && (at == 0 || random.permille(300)) {
            pieces.push(Piece::Comment(random.pick(&COMMENTS)));
            pieces.push(Piece::Text(random.pick(&TEXTS)));
        }
        if is_key(at) && random.permille(600) {
            // Most keys are texts, and some are texts that are there already.
            let key = random.pick(&["name", "customer.name", "count", "yes", "key"]);
            pieces.push(Piece::Tag(Tag::Double, Grower::new(random, 0).path(&[key])));
            continue;
        }
        pieces.push(tag(
            if at == 0 { depth } else { random.below(2) },
            mischief,
            random,
        ));
    }
    pieces
}

fn tag(depth: usize, mischief: usize, random: &mut Random) -> Piece {
    let tag = random.pick(&[
        Tag::Double,
        Tag::Double,
        Tag::Double,
        Tag::Triple,
        Tag::Ampersand,
        Tag::Close,
    ]);
    let mut grower = Grower::new(random, mischief);
    if grower.random.permille(40) {
        return Piece::Tag(
            tag,
            grower.build(Production::Object, Kind::Record, depth.min(2)),
        );
    }
    let kind = grower.any_kind();
    Piece::Tag(tag, grower.grow(kind, depth))
}

/// Templates in a value: some in texts, one in a key.
pub(crate) fn write_config(pieces: &[Piece], style: &mut dyn Style) -> String {
    let mut texts = pieces
        .iter()
        .filter(|piece| piece.tree().is_some())
        .map(|piece| write_pieces(std::slice::from_ref(piece), style));
    let first = texts.next().unwrap_or_default();
    let mut config =
        serde_json::json!({ "to": first, "plain": [1, null, true, { "deep": "no tag" }] });
    if let (Some(members), Some(second)) = (config.as_object_mut(), texts.next()) {
        members.insert(second, "by key".into());
        members.insert(
            "list".to_owned(),
            texts.map(|text| format!("is {text}")).collect(),
        );
    }
    config.to_string()
}

/// The deepest expression.
pub(crate) fn depth(pieces: &[Piece]) -> usize {
    pieces
        .iter()
        .filter_map(Piece::tree)
        .map(Tree::depth)
        .max()
        .unwrap_or(0)
}

pub(crate) fn write_pieces(pieces: &[Piece], style: &mut dyn Style) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(own) => text.push_str(own),
            Piece::Comment(remark) => {
                text.push_str("{{!");
                text.push_str(remark);
                text.push_str("}}");
            }
            Piece::Tag(tag, tree) => {
                let mut inside = tree.written(style);
                // At the beginning of a tag, `!` would make it a comment.
                if inside.starts_with('!') {
                    inside = format!("({inside})");
                }
                text.push_str(&written(*tag, &inside));
            }
        }
    }
    text
}

fn written(tag: Tag, inside: &str) -> String {
    match tag {
        Tag::Double => format!("{{{{ {inside} }}}}"),
        Tag::Triple => format!("{{{{{{ {inside} }}}}}}"),
        Tag::Ampersand => format!("{{{{& {inside} }}}}"),
        Tag::Close => format!("{{{{{inside}}}}}"),
    }
}

/// The blocks of a template with sections.
pub(crate) fn blocks(production: Production, depth: usize, random: &mut Random) -> Vec<Block> {
    let mut blocks = vec![text(random)];
    let inner = inside(depth.min(4).saturating_sub(1), random);
    let mode = match production {
        Production::Section => Mode::Each,
        Production::Inverted => Mode::Otherwise,
        _ => random.pick(&[Mode::Each, Mode::Otherwise]),
    };
    if production == Production::Lines {
        blocks.push(Block::Text(random.pick(&["\n", "\n  ", "", "x\n\t"])));
    }
    blocks.push(Block::Section(mode, section_name(random), inner));
    if production == Production::Lines {
        blocks.push(Block::Text(
            random.pick(&["\n", "  \n", "", "\r\n", " x\n"]),
        ));
        blocks.extend(inside(1, random));
    }
    blocks.push(text(random));
    if random.permille(90) {
        let strays = [
            "{{}}",
            "{{/orders}}",
            "{{#orders}}",
            "{{> part}}",
            "{{=<% %>=}}",
            "{{}}",
            "{{",
            "{{^no}}",
        ];
        blocks.push(Block::Stray(random.pick(&strays)));
    }
    blocks
}

fn inside(depth: usize, random: &mut Random) -> Vec<Block> {
    let mut blocks = Vec::new();
    for _ in 0..=random.below(3) {
        blocks.push(match random.below(8) {
            0 | 1 => text(random),
            2 => Block::Comment(random.pick(&COMMENTS)),
            3 => Block::Text(random.pick(&["\n", " \n", "\n\n"])),
            _ => Block::Name(
                random.pick(&[Tag::Double, Tag::Close, Tag::Triple, Tag::Ampersand]),
                name(random),
            ),
        });
    }
    if depth > 0 {
        let mode = random.pick(&[Mode::Each, Mode::Each, Mode::Otherwise]);
        let at = random.below(blocks.len() + 1);
        blocks.insert(
            at,
            Block::Section(mode, section_name(random), inside(depth - 1, random)),
        );
    }
    blocks
}

fn text(random: &mut Random) -> Block {
    Block::Text(random.pick(&TEXTS))
}

fn name(random: &mut Random) -> &'static str {
    random.pick(&[
        "name",
        "total",
        "count",
        "customer.name",
        "customer.age",
        "price",
        "title",
        "customer.tags",
        "yes",
        "nothing",
        "city",
        ".",
        "big",
        "customer.address.city",
        "digits",
        "words.length",
        "title.length",
        "orders.total",
        "numbers.0",
        "items",
        "id",
        "customer",
    ])
}

fn section_name(random: &mut Random) -> &'static str {
    random.pick(&[
        "orders",
        "orders",
        "items",
        "words",
        "numbers",
        "mixed",
        "mixed",
        "mixed",
        "pairs",
        "customer",
        "customer.address",
        "yes",
        "no",
        "nothing",
        "none",
        "empty",
        "zero",
        "count",
        "name",
        "paid",
        "customer.tags",
        "customer.nickname",
        "unknown",
        "total",
        ".",
    ])
}

pub(crate) fn write_blocks(blocks: &[Block]) -> String {
    blocks.iter().map(write_block).collect()
}

fn write_block(block: &Block) -> String {
    match block {
        Block::Text(text) | Block::Stray(text) => (*text).to_owned(),
        Block::Comment(remark) => format!("{{{{! {remark}}}}}"),
        Block::Name(tag, name) => written(*tag, name),
        Block::Section(mode, name, inner) => {
            let sigil = match mode {
                Mode::Each => '#',
                Mode::Otherwise => '^',
            };
            format!(
                "{{{{{sigil}{name}}}}}{}{{{{/{name}}}}}",
                write_blocks(inner)
            )
        }
    }
}

/// How deep sections stand in each other.
pub(crate) fn nesting(blocks: &[Block]) -> usize {
    let below = |block: &Block| match block {
        Block::Section(_, _, inner) => 1 + nesting(inner),
        Block::Text(_) | Block::Name(..) | Block::Comment(_) | Block::Stray(_) => 0,
    };
    blocks.iter().map(below).max().unwrap_or(0)
}

/// Whether a name is used.
pub(crate) fn has_name(blocks: &[Block], is_so: &dyn Fn(&str) -> bool) -> bool {
    blocks.iter().any(|block| match block {
        Block::Name(_, name) => is_so(name),
        Block::Section(_, name, inner) => is_so(name) || has_name(inner, is_so),
        Block::Text(_) | Block::Comment(_) | Block::Stray(_) => false,
    })
}
