//! Expressions and templates over JSON: parse, see what they refer to, evaluate.
//!
//! ```
//! use pawl_expression::{Expression, Template};
//! use serde_json::json;
//!
//! let scope = json!({ "customer": { "name": "Ada", "orders": [{ "total": 30 }, { "total": 12 }] } });
//!
//! let template = Template::parse("Hello {{customer.name}}!").unwrap();
//! assert_eq!(template.render(&scope).unwrap(), json!("Hello Ada!"));
//!
//! let condition = Expression::parse("{{customer.orders.length}} > 1 && 'Ad' in customer.name").unwrap();
//! assert!(condition.is_true(&scope).unwrap());
//! ```
//!
//! # The language
//!
//! Expressions are JEXL, so that workflows written for it mean the same here:
//!
//! | from tightest to loosest | |
//! |---|---|
//! | `a.b` `a[0]` `a['b']` `a[.total > 10]` `a\|join(', ')` | member, element, members by name, filter, transform |
//! | `!a` `-a` | not, minus |
//! | `%` `^` | remainder (sign of the left side), power |
//! | `*` `/` `//` | `//` rounds down |
//! | `+` `-` | `+` joins when one side is text |
//! | `==` `!=` `<` `<=` `>` `>=` `in` `contains` `includes` | `x in list` is `list contains x` |
//! | `&&` `\|\|` | one level, from left to right; the result is the operand that decided |
//! | `a ? b : c` `a ?: b` `a ?? b` | `a ?: b` is `a` if it is true, else `b`; `a ?? b` is `a` unless it is null or missing |
//!
//! All operators of a level group from the left. Literals are `'text'`, `"text"` (with `\\` and the escaped quote), `1.5`, `true`, `null`, `[1, 2]`
//! and `{a: 1}`; a comma may follow the last part. Anywhere in an expression, `{{ a }}` means `( a )`. `transforms()`
//! lists what may stand after `|`.
//!
//! After `steps.`, a name may hold dashes and begin with a digit, as slugs do: `steps.get-customer.output`. A minus
//! there needs spaces around it, which costs nothing, since a step is not a number.
//!
//! # Templates
//!
//! | | |
//! |---|---|
//! | `{{a}}` `{{{a}}}` `{{&a}}` | the value of an expression; nothing is escaped |
//! | `{{#a}}…{{/a}}` | once for each element of a list, or once for anything else that is true |
//! | `{{^a}}…{{/a}}` | once, for what is not true and for an empty list |
//! | `{{! text}}` | a comment |
//!
//! A template that is one tag and nothing else keeps the kind of its value; any other is text. A line on which only
//! sections' tags and comments stand leaves nothing. In a section, a name is first looked for in the item, then in the
//! items of the sections around, then in the scope; `.` is the item.
//!
//! # What differs from JEXL and Mustache, and why
//!
//! Data comes from JSON, and mistakes should be heard, so what JavaScript would turn into `NaN`, `Infinity`,
//! `[object Object]` or `undefined` is an error that names the operand; lists and objects are equal when their content
//! is; whole numbers stay exact; and a name that is not known is an error, unless `?:` gives a default. A missing
//! member of a value that is there is null, but a template that *is* one, or prints one, is an error.
//!
//! `docs/decisions/differences-from-jexl.md` lists every difference; `examples/differential/` compares 20,000 random
//! cases with both and fails on any other.

mod budget;
mod coerce;
mod display;
mod error;
mod evaluate;
mod expression;
mod infer;
mod lexer;
mod limits;
mod member;
mod parse;
mod path;
pub mod python;
mod reference;
mod render;
mod scope;
mod template;
mod transforms;
mod tree;
mod value_type;

pub use budget::Budget;
pub use coerce::total_order;
pub use error::{Cause, EvaluationError, Fix, SyntaxError};
pub use expression::Expression;
pub use infer::{Finding, Mistake, Roots};
pub use path::Path;
pub use reference::{Reference, Segment};
pub use render::{render, render_within};
pub use scope::Scope;
pub use template::Template;
pub use transforms::{TransformInfo, transforms};
pub use value_type::{Fields, Others, Type};
