//! JSONata's sentences by their codes, as AWS gives them.

use jsonata_core::value::JValue;

use super::operand;
use super::signature::Signature;
use crate::jsonata::convert::shown;

/// Too many calls in each other.
pub(super) const STACK: &str = "Stack overflow error: Check for non-terminating recursive function. \
                                Consider rewriting as tail-recursive.";
pub(in crate::jsonata) const TIME: &str = "Expression evaluation timeout: Check for infinite loop";
/// Too long a list or text.
pub(in crate::jsonata) const MEMORY: &str =
    "Expression evaluation memory limit exceeded: Check for excessive memory usage";

/// The sentences; what stands in braces is filled in.
const SENTENCES: [(&str, &str); 58] = [
    ("D1001", "Number out of range: {value}"),
    ("D1002", "Cannot negate a non-numeric value: {value}"),
    ("D1004", "Regular expression matches zero length string"),
    (
        "D1009",
        "Multiple key definitions evaluate to same key: {value}",
    ),
    (
        "D2014",
        "The size of the sequence allocated by the range operator (..) must not exceed 1e6.  Attempted to allocate {value}.",
    ),
    (
        "D3001",
        "Attempting to invoke string function on Infinity or NaN",
    ),
    (
        "D3010",
        "Second argument of replace function cannot be an empty string",
    ),
    (
        "D3011",
        "Fourth argument of replace function must evaluate to a positive number",
    ),
    (
        "D3012",
        "Attempted to replace a matched string with a non-string value",
    ),
    (
        "D3020",
        "Third argument of split function must evaluate to a positive number",
    ),
    ("D3030", "Unable to cast value to a number: {value}"),
    (
        "D3040",
        "Third argument of match function must evaluate to a positive number",
    ),
    (
        "D3050",
        "The second argument of reduce function must be a function with at least two arguments",
    ),
    (
        "D3060",
        "The sqrt function cannot be applied to a negative number: {value}",
    ),
    (
        "D3061",
        "The power function has resulted in a value that cannot be represented as a JSON number: base={value}, exponent={second}",
    ),
    (
        "D3070",
        "The single argument form of the sort function can only be applied to an array of strings or an array of numbers.  Use the second argument to specify a comparison function",
    ),
    (
        "D3080",
        "The picture string must only contain a maximum of two sub-pictures",
    ),
    (
        "D3081",
        "The sub-picture must not contain more than one instance of the 'decimal-separator' character",
    ),
    (
        "D3082",
        "The sub-picture must not contain more than one instance of the 'percent' character",
    ),
    (
        "D3083",
        "The sub-picture must not contain more than one instance of the 'per-mille' character",
    ),
    (
        "D3084",
        "The sub-picture must not contain both a 'percent' and a 'per-mille' character",
    ),
    (
        "D3085",
        "The mantissa part of a sub-picture must contain at least one character that is either an 'optional digit character' or a member of the 'decimal digit family'",
    ),
    (
        "D3086",
        "The sub-picture must not contain a passive character that is preceded by an active character and that is followed by another active character",
    ),
    (
        "D3087",
        "The sub-picture must not contain a 'grouping-separator' character that appears adjacent to a 'decimal-separator' character",
    ),
    (
        "D3088",
        "The sub-picture must not contain a 'grouping-separator' at the end of the integer part",
    ),
    (
        "D3089",
        "The sub-picture must not contain two adjacent instances of the 'grouping-separator' character",
    ),
    (
        "D3090",
        "The integer part of the sub-picture must not contain a member of the 'decimal digit family' that is followed by an instance of the 'optional digit character'",
    ),
    (
        "D3091",
        "The fractional part of the sub-picture must not contain an instance of the 'optional digit character' that is followed by a member of the 'decimal digit family'",
    ),
    (
        "D3092",
        "A sub-picture that contains a 'percent' or 'per-mille' character must not contain a character treated as an 'exponent-separator'",
    ),
    (
        "D3093",
        "The exponent part of the sub-picture must comprise only of one or more characters that are members of the 'decimal digit family'",
    ),
    (
        "D3100",
        "The radix of the formatBase function must be between 2 and 36.  It was given {value}",
    ),
    (
        "D3110",
        "The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given {value}",
    ),
    (
        "D3130",
        "Formatting or parsing an integer as a sequence starting with {value} is not supported by this implementation",
    ),
    (
        "D3131",
        "In a decimal digit pattern, all digits must be from the same decimal group",
    ),
    (
        "D3132",
        "Unknown component specifier {value} in date/time picture string",
    ),
    (
        "D3133",
        "The 'name' modifier can only be applied to months and days in the date/time picture string, not {value}",
    ),
    (
        "D3134",
        "The timezone integer format specifier cannot have more than four digits",
    ),
    (
        "D3135",
        "No matching closing bracket ']' in date/time picture string",
    ),
    (
        "D3136",
        "The date/time picture string is missing specifiers required to parse the timestamp",
    ),
    (
        "D3138",
        "The $single() function expected exactly 1 matching result.  Instead it matched more.",
    ),
    (
        "D3139",
        "The $single() function expected exactly 1 matching result.  Instead it matched 0.",
    ),
    (
        "T0410",
        "Argument {index} of function {token} does not match function signature",
    ),
    (
        "T0412",
        "Argument {index} of function {token} must be an array of {value}",
    ),
    (
        "T0411",
        "Context value is not a compatible type with argument {index} of function {token}",
    ),
    (
        "T1003",
        "Key in object structure must evaluate to a string; got: {value}",
    ),
    ("T1006", "Attempted to invoke a non-function"),
    ("T1008", "Attempted to partially apply a non-function"),
    (
        "T2001",
        "The left side of the {token} operator must evaluate to a number",
    ),
    (
        "T2002",
        "The right side of the {token} operator must evaluate to a number",
    ),
    (
        "T2003",
        "The left side of the range operator (..) must evaluate to an integer",
    ),
    (
        "T2004",
        "The right side of the range operator (..) must evaluate to an integer",
    ),
    (
        "T2006",
        "The right side of the function application operator ~> must be a function",
    ),
    (
        "T2007",
        "Type mismatch when comparing values {value} and {second} in order-by clause",
    ),
    (
        "T2008",
        "The expressions within an order-by clause must evaluate to numeric or string values",
    ),
    (
        "T2009",
        "The values {value} and {second} either side of operator {token} must be of the same data type",
    ),
    (
        "T2010",
        "The expressions either side of operator {token} must evaluate to numeric or string values",
    ),
    (
        "T2011",
        "The insert/update clause of the transform expression must evaluate to an object: {value}",
    ),
    (
        "T2012",
        "The delete clause of the transform expression must evaluate to a string or array of strings: {value}",
    ),
];

/// A sentence, and what it names.
#[derive(Default)]
pub(super) struct Sentence {
    code: &'static str,
    token: String,
    index: String,
    value: String,
    second: String,
}

impl Sentence {
    pub(super) fn new(code: &'static str) -> Self {
        Self {
            code,
            ..Self::default()
        }
    }

    /// The operator or function.
    pub(super) fn token(mut self, token: &str) -> Self {
        self.token = format!("\"{token}\"");
        self
    }

    /// A function that has no name.
    pub(super) fn anonymous(mut self) -> Self {
        "undefined".clone_into(&mut self.token);
        self
    }

    /// The argument, counted from zero.
    pub(super) fn index(mut self, index: usize) -> Self {
        self.index = (index + 1).to_string();
        self
    }

    /// The value, as JSON.
    pub(super) fn value(mut self, value: String) -> Self {
        self.value = value;
        self
    }

    /// The other value, as JSON.
    pub(super) fn second(mut self, value: String) -> Self {
        self.second = value;
        self
    }
}

/// A sentence with its code.
pub(super) fn say(sentence: &Sentence) -> String {
    let mut said = format!("{}: ", sentence.code);
    let mut rest = template(sentence.code).unwrap_or_default();
    while let Some((before, after)) = rest.split_once('{') {
        said.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        said.push_str(match name {
            "token" => &sentence.token,
            "index" => &sentence.index,
            "value" => &sentence.value,
            _ => &sentence.second,
        });
        rest = after;
    }
    said.push_str(rest);
    said
}

fn template(code: &str) -> Option<&'static str> {
    let found = SENTENCES.iter().find(|(known, _)| *known == code);
    found.map(|(_, sentence)| *sentence)
}

/// The code that a message begins with: `T2001: ...`.
pub(in crate::jsonata) fn code(message: &str) -> Option<&str> {
    let (code, _) = message.split_once(": ")?;
    let (letter, digits) = code.split_at_checked(1)?;
    let is_code = letter.starts_with(|letter: char| letter.is_ascii_uppercase())
        && digits.len() == 4
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then_some(code)
}

/// AWS's words for a limit that an expression met.
pub(super) fn limit(message: &str) -> Option<&'static str> {
    match code(message)? {
        "D1011" | "U1001" => Some(STACK),
        "D1012" => Some(TIME),
        "D2015" => Some(MEMORY),
        _ => None,
    }
}

/// The error of a function, with the arguments that it names.
pub(super) fn of_function(message: &str, function: &str, arguments: &[JValue]) -> String {
    let argument = |index| shown(operand(arguments, index));
    let sentence = |code| Sentence::new(code).value(argument(0));
    // What a picture holds that is not understood.
    let piece = || {
        let (_, piece) = message.split_once(": ").unwrap_or_default();
        serde_json::Value::from(piece).to_string()
    };
    match code(message) {
        Some("D3030") => say(&sentence("D3030")),
        Some("D3060") => say(&sentence("D3060")),
        Some("D3061") => say(&sentence("D3061").second(argument(1))),
        Some("D3100") => say(&sentence("D3100").value(argument(1))),
        Some("D3110") => say(&sentence("D3110")),
        Some("D3130") => say(&sentence("D3130").value(piece())),
        Some("D3132") => say(&sentence("D3132").value(piece())),
        Some("D3133") => say(&sentence("D3133").value(piece())),
        Some("D3140") => format!(
            "D3140: Malformed URL passed to ${function}(): {}",
            argument(0)
        ),
        _ => named(message, Some(function)),
    }
}

/// The engine's message about arguments, of a function that may have taken the context item or is the expression's own.
pub(super) fn named(message: &str, function: Option<&str>) -> String {
    if message.contains(" of function \"") {
        return message.to_owned();
    }
    let about = message
        .strip_prefix("T0410: Argument ")
        .or_else(|| message.strip_prefix("T0412: Argument "));
    let index = about.and_then(|about| about.split(' ').next()?.parse::<usize>().ok());
    let given = message
        .strip_prefix("T0410: Argument count mismatch: ")
        .and_then(|counts| counts.rsplit(' ').next()?.parse::<usize>().ok());
    let sentence = match (code(message), index, given) {
        (Some("T0411"), ..) => Sentence::new("T0411").index(0),
        (Some("T0410"), Some(index), _) => Sentence::new("T0410").index(index.saturating_sub(1)),
        (Some("T0410"), None, Some(given)) => Sentence::new("T0410").index(given),
        (Some("T0412"), Some(index), _) => {
            let items = message
                .rsplit(' ')
                .next()
                .unwrap_or_default()
                .to_lowercase();
            Sentence::new("T0412")
                .index(index.saturating_sub(1))
                .value(format!("\"{items}s\""))
        }
        _ => return reworded(message),
    };
    let after = message
        .split_once(" of function ")
        .map(|(_, after)| after.split(' ').next().unwrap_or_default());
    let function = match after {
        Some(name) => Signature::function(name.trim_start_matches('$')),
        None => function,
    };
    // A function without a name has this in its place.
    say(&match function {
        Some(function) => sentence.token(function),
        None => sentence.anonymous(),
    })
}

/// The engine's message in JSONata's words, as far as they name nothing that it does not say.
pub(super) fn reworded(message: &str) -> String {
    if let Some(limit) = limit(message) {
        return limit.to_owned();
    }
    let known = code(message).and_then(|code| Some((code, template(code)?)));
    match known {
        Some((code, sentence)) if !sentence.contains('{') => format!("{code}: {sentence}"),
        _ => message.to_owned(),
    }
}
