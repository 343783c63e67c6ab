//! What stands in an expression: the variables that it reads, and everything that AWS would not take.
//!
//! For AWS there is no context item at an expression's own level, and the dialect is JSONata 2.0.6.

use std::collections::BTreeSet;

use jsonata_core::ast::{AstNode, BinaryOp, Stage};
use jsonata_core::value::with_stack;
use pawl_asl::Survey;

use super::tree::{Under, under};
use super::uses::{Part, uses};
use super::wording::readable;

/// What AWS says of what it can read and does not support.
const UNSUPPORTED: &str = "UNSUPPORTED_JSONATA_EXPRESSION";

/// Looks through an expression.
pub(crate) fn survey(source: &str) -> Survey {
    let node = match super::read(source.trim()) {
        Ok(node) => node,
        Err(message) => {
            return Survey {
                refusals: vec![("INVALID_JSONATA_EXPRESSION", readable(&message))],
                ..Survey::default()
            };
        }
    };
    let mut surveyor = Surveyor::default();
    surveyor.walk(&node, Level::Top);
    let used = uses(&node);
    let variables = used.keys();
    let variables = variables.filter(|name| !surveyor.own.contains(*name) && !is_given(name));
    let reads = |member: &str| match used.get("states") {
        Some(Part::Members(members)) => members.contains_key(member),
        Some(Part::Whole) | None => false,
    };
    Survey {
        variables: variables.cloned().collect(),
        refusals: surveyor.refusals,
        reads_error: reads("errorOutput"),
        reads_result: reads("result"),
    }
}

/// Whether a name is one that AWS gives: `$states`, or a function that is handed on by its name.
fn is_given(name: &str) -> bool {
    name == "states" || name.is_empty() || FUNCTIONS.contains(&name)
}

/// The functions of the language, and those of AWS.
const FUNCTIONS: [&str; 70] = [
    "abs",
    "append",
    "assert",
    "average",
    "base64decode",
    "base64encode",
    "boolean",
    "ceil",
    "contains",
    "count",
    "decodeUrl",
    "decodeUrlComponent",
    "distinct",
    "each",
    "encodeUrl",
    "encodeUrlComponent",
    "error",
    "eval",
    "exists",
    "filter",
    "floor",
    "formatBase",
    "formatInteger",
    "formatNumber",
    "fromMillis",
    "hash",
    "join",
    "keys",
    "length",
    "lookup",
    "lowercase",
    "map",
    "match",
    "max",
    "merge",
    "millis",
    "min",
    "not",
    "now",
    "number",
    "pad",
    "parse",
    "parseInteger",
    "partition",
    "power",
    "random",
    "range",
    "reduce",
    "replace",
    "reverse",
    "round",
    "shuffle",
    "sift",
    "single",
    "sort",
    "split",
    "spread",
    "sqrt",
    "string",
    "substring",
    "substringAfter",
    "substringBefore",
    "sum",
    "toMillis",
    "trim",
    "type",
    "uppercase",
    "uuid",
    "zip",
    "clone",
];

/// What a name means where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// A member of nothing: the expression's own level.
    Top,
    /// A member of what the path before it gives.
    Item,
}

#[derive(Default)]
struct Surveyor {
    refusals: Vec<(&'static str, String)>,
    /// Names that the expression binds itself; one that it also reads from outside is rare, and not told apart.
    own: BTreeSet<String>,
}

impl Surveyor {
    fn refuse(&mut self, message: String) {
        let refusal = (UNSUPPORTED, message);
        if !self.refusals.contains(&refusal) {
            self.refusals.push(refusal);
        }
    }

    fn top_level(&mut self, name: &str) {
        self.refuse(format!(
            "Reference to '{name}' at the top level is not supported."
        ));
    }

    fn walk(&mut self, node: &AstNode, level: Level) {
        with_stack(|| {
            self.look(node, level);
            under(node, &mut |node, place| {
                let level = match place {
                    Under::Beside => level,
                    Under::Each => Level::Item,
                };
                self.walk(node, level);
            });
        });
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "most of the language is neither refused nor binds a name"
    )]
    fn look(&mut self, node: &AstNode, level: Level) {
        match node {
            AstNode::Name(name) if level == Level::Top => self.top_level(name),
            AstNode::Variable(name) if name.is_empty() && level == Level::Top => {
                self.top_level("$");
            }
            AstNode::ParentVariable(_) => {
                self.refuse("Reference to '$$' is not supported.".to_owned());
            }
            AstNode::Binary { op, lhs, .. } => match (op, &**lhs) {
                (BinaryOp::Coalesce | BinaryOp::Default, _) => {
                    self.refuse("The operators '??' and '?:' are not supported.".to_owned());
                }
                (BinaryOp::ColonEqual, AstNode::Variable(name)) => {
                    self.own.insert(name.clone());
                }
                _ => {}
            },
            AstNode::Lambda { params, .. } => self.own.extend(params.iter().cloned()),
            AstNode::Path { steps } => {
                for step in steps {
                    self.own.extend(step.focus.clone());
                    self.own.extend(step.index_var.clone());
                    for stage in &step.stages {
                        if let Stage::Index(name) = stage {
                            self.own.insert(name.clone());
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::survey;

    #[test]
    fn an_expression_is_looked_through() {
        let invalid = |message: &str| format!("INVALID_JSONATA_EXPRESSION: {message}");
        let top = |name: &str| {
            format!(
                "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '{name}' at the top level is not supported."
            )
        };
        let operators = || {
            "UNSUPPORTED_JSONATA_EXPRESSION: The operators '??' and '?:' are not supported."
                .to_owned()
        };
        let rows: Vec<(&str, Vec<String>, &[&str])> = vec![
            (
                "$states.input.items[value > $least].name",
                vec![],
                &["least"],
            ),
            (
                "$map($list, function($x){ $x.b + $y })",
                vec![],
                &["list", "y"],
            ),
            ("($z := $a; $string($z) & $uuid())", vec![], &["a"]),
            ("$map($list, $string)", vec![], &["list"]),
            ("$f(1)", vec![], &["f"]),
            ("aaa + bbb + aaa", vec![top("aaa"), top("bbb")], &[]),
            ("$.phone", vec![top("$")], &[]),
            ("$states.input.items.($.price)", vec![], &[]),
            ("$states.input.items.(price * $rate)", vec![], &["rate"]),
            ("$filter($l, function($v){ $v > 1 })[0]", vec![], &["l"]),
            (
                "$states.input.items^(>price, name){group: $sum(price)}",
                vec![],
                &[],
            ),
            ("$states.input.{'a': b, 'c': $d}", vec![], &["d"]),
            ("$states.input ~> |items|{'x': price}|", vec![], &[]),
            ("{'a': 1, 'b': [true, null, 'c']}", vec![], &[]),
            ("$map($list, function($x){ b })", vec![top("b")], &["list"]),
            ("$x ? a : 1", vec![top("a")], &["x"]),
            ("{'a': b}", vec![top("b")], &[]),
            ("$a ?? 1", vec![operators()], &["a"]),
            ("$a ?: 1", vec![operators()], &["a"]),
            ("1 +", vec![invalid("Unexpected end of expression")], &[]),
            ("a[1,2)", vec![invalid("Expected \"]\", got \",\"")], &[]),
            (
                "\"unterminated",
                vec![invalid(
                    "String literal must be terminated by a matching quote",
                )],
                &[],
            ),
            (
                "{\"a\":}",
                vec![invalid(
                    "The symbol \"}\" cannot be used as a unary operator",
                )],
                &[],
            ),
            (
                "$$.a",
                vec![
                    "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$$' is not supported."
                        .to_owned(),
                ],
                &[],
            ),
        ];
        for (source, refusals, variables) in rows {
            let found = survey(source);
            let said: Vec<String> = found
                .refusals
                .iter()
                .map(|(code, message)| format!("{code}: {message}"))
                .collect();
            assert_eq!(said, refusals, "{source}");
            let read: Vec<&str> = found.variables.iter().map(String::as_str).collect();
            assert_eq!(read, variables, "{source}");
        }
        assert!(survey("$states.errorOutput.Cause").reads_error);
        assert!(survey("1 + $states.result").reads_result);
        assert!(!survey("$states.input").reads_error);
    }
}
