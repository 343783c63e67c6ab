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
//! | `a ? b : c` `a ?: b` | `a ?: b` is `a` if it is true, else `b` |
//!
//! All operators of a level group from the left. Literals are `'text'`, `"text"` (with `\\` and the escaped quote), `1.5`, `true`, `null`, `[1, 2]`
//! and `{a: 1}`. Anywhere in an expression, `{{ a }}` means `( a )`.
//!
//! After `steps.`, a name may hold dashes and begin with a digit, as slugs do: `steps.get-customer.output`. A minus
//! there needs spaces around it, which costs nothing, since a step is not a number.
//!
//! # What differs from JEXL, and why
//!
//! Data comes from JSON, and mistakes should be heard, so:
//! - `null`, numbers that are text, `true` in arithmetic and the loose `==` follow JavaScript, but two lists or objects
//!   are equal when their content is, and are never equal to anything else; nothing is smaller or greater than null.
//!   `in` a list compares strictly, as in JEXL: `'1' in [1]` is false.
//! - What JavaScript would turn into `NaN`, `Infinity`, `[object Object]` or `undefined` in a text is an error that
//!   names the operand; so is arithmetic, `+` or an order with a list or an object, and `in` a number.
//! - `a|upper ? b : c` needs no brackets.
//! - Whole numbers stay exact beyond 2^53. A text is made of Unicode characters, not of UTF-16 units.
//! - `.length` of a list or a text counts. A member of a list is that of its first element, as in JEXL.
//! - A root that is not in the scope, a step that has not run and a variable that is not set are errors; `?:` takes
//!   its right side instead. A missing member of a value that is there is null, but a template that *is* a missing
//!   member, or prints one, is an error.

mod coerce;
mod display;
mod error;
mod evaluate;
mod expression;
mod lexer;
mod limits;
mod parse;
mod reference;
mod render;
mod scope;
mod template;
mod transforms;
mod tree;

pub use error::{Cause, EvaluationError, SyntaxError};
pub use expression::Expression;
pub use reference::{Reference, Segment};
pub use render::render;
pub use scope::Scope;
pub use template::Template;
