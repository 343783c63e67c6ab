//! What stands in an expression: the variables that it reads, and everything that AWS would not take.

use std::collections::BTreeSet;

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};
use jsonata_core::value::with_stack;
use pawl_asl::Survey;

/// What AWS says of what it can read and does not support.
const UNSUPPORTED: &str = "UNSUPPORTED_JSONATA_EXPRESSION";

/// Looks through an expression.
pub(crate) fn survey(source: &str) -> Survey {
    let mut survey = Survey::default();
    match super::parse(source.trim()) {
        Ok(node) => {
            let mut surveyor = Surveyor {
                survey,
                own: BTreeSet::new(),
            };
            surveyor.walk(&node.node, Level::Top);
            survey = surveyor.survey;
            let own = surveyor.own;
            survey
                .variables
                .retain(|name| !own.contains(name) && !is_given(name));
        }
        Err(message) => {
            let message = in_symbols(without_code(&message));
            survey
                .refusals
                .push(("INVALID_JSONATA_EXPRESSION", message));
        }
    }
    survey
}

/// A message without the code that it begins with: `S0202: Expected ...`.
fn without_code(message: &str) -> &str {
    let message = message.strip_prefix("Parse error: ").unwrap_or(message);
    match message.split_once(": ") {
        Some((code, rest))
            if code.len() == 5
                && code.starts_with(|first: char| first.is_ascii_uppercase())
                && code.bytes().skip(1).all(|byte| byte.is_ascii_digit()) =>
        {
            rest
        }
        _ => message,
    }
}

/// The engine names the symbols of the language; AWS shows them in quotes.
fn in_symbols(message: &str) -> String {
    let words: Vec<String> = message.split(' ').map(symbol).collect();
    words.join(" ")
}

fn symbol(word: &str) -> String {
    let (name, comma) = match word.strip_suffix(',') {
        Some(name) => (name, ","),
        None => (word, ""),
    };
    match SYMBOLS.iter().find(|(known, _)| *known == name) {
        Some((_, symbol)) => format!("\"{symbol}\"{comma}"),
        None => word.to_owned(),
    }
}

/// The engine's names of symbols.
const SYMBOLS: [(&str, &str); 37] = [
    ("Plus", "+"),
    ("Minus", "-"),
    ("Star", "*"),
    ("StarStar", "**"),
    ("Slash", "/"),
    ("Percent", "%"),
    ("Equal", "="),
    ("NotEqual", "!="),
    ("LessThan", "<"),
    ("LessThanOrEqual", "<="),
    ("GreaterThan", ">"),
    ("GreaterThanOrEqual", ">="),
    ("And", "and"),
    ("Or", "or"),
    ("In", "in"),
    ("Ampersand", "&"),
    ("Dot", "."),
    ("DotDot", ".."),
    ("Question", "?"),
    ("QuestionQuestion", "??"),
    ("QuestionColon", "?:"),
    ("Colon", ":"),
    ("ColonEqual", ":="),
    ("TildeArrow", "~>"),
    ("LeftParen", "("),
    ("RightParen", ")"),
    ("LeftBracket", "["),
    ("RightBracket", "]"),
    ("LeftBrace", "{"),
    ("RightBrace", "}"),
    ("Comma", ","),
    ("Semicolon", ";"),
    ("Caret", "^"),
    ("Pipe", "|"),
    ("Hash", "#"),
    ("At", "@"),
    ("Eof", "(end)"),
];

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

struct Surveyor {
    survey: Survey,
    /// Names that the expression binds itself; one that it also reads from outside is rare, and not told apart.
    own: BTreeSet<String>,
}

impl Surveyor {
    fn refuse(&mut self, message: String) {
        let refusal = (UNSUPPORTED, message);
        if !self.survey.refusals.contains(&refusal) {
            self.survey.refusals.push(refusal);
        }
    }

    fn top_level(&mut self, name: &str) {
        self.refuse(format!(
            "Reference to '{name}' at the top level is not supported."
        ));
    }

    fn walk(&mut self, node: &AstNode, level: Level) {
        with_stack(|| match node {
            AstNode::Name(name) if level == Level::Top => self.top_level(name),
            AstNode::Variable(name) if name.is_empty() && level == Level::Top => {
                self.top_level("$");
            }
            AstNode::Variable(name) => {
                self.survey.variables.insert(name.clone());
            }
            AstNode::ParentVariable(_) => {
                self.refuse("Reference to '$$' is not supported.".to_owned());
            }
            AstNode::Path { steps } => self.path(steps, level),
            AstNode::Binary { op, lhs, rhs } => {
                match (op, &**lhs) {
                    (BinaryOp::Coalesce | BinaryOp::Default, _) => {
                        self.refuse("The operators '??' and '?:' are not supported.".to_owned());
                    }
                    (BinaryOp::ColonEqual, AstNode::Variable(name)) => {
                        self.own.insert(name.clone());
                    }
                    _ => {}
                }
                self.walk(lhs, level);
                self.walk(rhs, level);
            }
            // What is applied in a path sees each item; AWS takes a bare name there only as a later step.
            AstNode::Unary { operand: inner, .. } | AstNode::FunctionApplication(inner) => {
                self.walk(inner, level);
            }
            AstNode::Lambda { params, body, .. } => {
                self.own.extend(params.iter().cloned());
                self.walk(body, level);
            }
            AstNode::Function { name, args, .. } => {
                self.survey.variables.insert(name.clone());
                self.all(args, level);
            }
            AstNode::Array(nodes) | AstNode::ArrayGroup(nodes) | AstNode::Block(nodes) => {
                self.all(nodes, level);
            }
            AstNode::Call { procedure, args } => {
                self.walk(procedure, level);
                self.all(args, level);
            }
            AstNode::Object(pairs) => self.pairs(pairs, level),
            AstNode::ObjectTransform { input, pattern } => {
                self.walk(input, level);
                self.pairs(pattern, Level::Item);
            }
            AstNode::Conditional {
                condition,
                then_branch,
                else_branch,
            } => {
                self.walk(condition, level);
                self.walk(then_branch, level);
                if let Some(branch) = else_branch {
                    self.walk(branch, level);
                }
            }
            AstNode::Sort { input, terms } => {
                self.walk(input, level);
                for (term, _) in terms {
                    self.walk(term, Level::Item);
                }
            }
            // A transformation is a function: what it is applied to becomes its context.
            AstNode::Transform {
                location,
                update,
                delete,
            } => {
                self.walk(location, Level::Item);
                self.walk(update, Level::Item);
                if let Some(delete) = delete {
                    self.walk(delete, Level::Item);
                }
            }
            AstNode::Name(_)
            | AstNode::String(_)
            | AstNode::Number(_)
            | AstNode::Boolean(_)
            | AstNode::Null
            | AstNode::Undefined
            | AstNode::Placeholder
            | AstNode::Regex { .. }
            | AstNode::Wildcard
            | AstNode::Descendant
            | AstNode::Parent(_) => {}
        });
    }

    /// Only the first step of a path is at the path's own level.
    fn path(&mut self, steps: &[PathStep], level: Level) {
        if let [first, second, ..] = steps
            && matches!(&first.node, AstNode::Variable(name) if name == "states")
            && matches!(&second.node, AstNode::Name(name) if name == "errorOutput")
        {
            self.survey.reads_error = true;
        }
        for (index, step) in steps.iter().enumerate() {
            self.own.extend(step.focus.clone());
            self.own.extend(step.index_var.clone());
            self.walk(&step.node, if index == 0 { level } else { Level::Item });
            for stage in &step.stages {
                match stage {
                    Stage::Filter(filter) => self.walk(filter, Level::Item),
                    Stage::Index(name) => {
                        self.own.insert(name.clone());
                    }
                    Stage::KeepArray => {}
                }
            }
        }
    }

    fn all(&mut self, nodes: &[AstNode], level: Level) {
        for node in nodes {
            self.walk(node, level);
        }
    }

    fn pairs(&mut self, pairs: &[(AstNode, AstNode)], level: Level) {
        for (key, value) in pairs {
            self.walk(key, level);
            self.walk(value, level);
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
        assert!(!survey("$states.input").reads_error);
    }
}
