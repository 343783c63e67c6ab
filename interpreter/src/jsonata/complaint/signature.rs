//! What arguments the functions of JSONata take, and which argument does not fit.

use jsonata_core::value::JValue;

use super::words::{Sentence, say};

/// The functions that check their arguments, each with its signature in JSONata's notation, without what it gives.
const SIGNATURES: [(&str, &str); 59] = [
    ("abs", "n-"),
    ("append", "xx"),
    ("assert", "bs?"),
    ("average", "a<n>"),
    ("base64decode", "s-"),
    ("base64encode", "s-"),
    ("boolean", "x-"),
    ("ceil", "n-"),
    ("contains", "s-(sf)"),
    ("count", "a"),
    ("decodeUrl", "s-"),
    ("decodeUrlComponent", "s-"),
    ("distinct", "x"),
    ("each", "o-f"),
    ("encodeUrl", "s-"),
    ("encodeUrlComponent", "s-"),
    ("error", "s?"),
    ("exists", "x"),
    ("filter", "af"),
    ("floor", "n-"),
    ("formatBase", "n-n?"),
    ("formatInteger", "n-s"),
    ("formatNumber", "n-so?"),
    ("fromMillis", "n-s?s?"),
    ("join", "a<s>s?"),
    ("keys", "x-"),
    ("length", "s-"),
    ("lookup", "x-s"),
    ("lowercase", "s-"),
    ("map", "af"),
    ("match", "s-f<s:o>n?"),
    ("max", "a<n>"),
    ("merge", "a<o>"),
    ("min", "a<n>"),
    ("not", "x-"),
    ("number", "(nsb)-"),
    ("pad", "s-ns?"),
    ("parseInteger", "s-s"),
    ("power", "n-n"),
    ("reduce", "afj?"),
    ("replace", "s-(sf)(sf)n?"),
    ("reverse", "a"),
    ("round", "n-n?"),
    ("sift", "o-f?"),
    ("single", "af?"),
    ("sort", "af?"),
    ("split", "s-(sf)n?"),
    ("spread", "x-"),
    ("sqrt", "n-"),
    ("string", "x-b?"),
    ("substring", "s-nn?"),
    ("substringAfter", "s-s"),
    ("substringBefore", "s-s"),
    ("sum", "a<n>"),
    ("toMillis", "s-s?"),
    ("trim", "s-"),
    ("type", "x"),
    ("uppercase", "s-"),
    ("zip", "a+"),
];

/// The parameters of a function.
pub(super) struct Signature {
    parameters: Vec<Parameter>,
    /// Whether the last may come any number of times; it takes anything then.
    repeats: bool,
}

/// One parameter: the kinds of values that it takes, by their letters.
struct Parameter {
    kinds: String,
    /// Whether it may be absent.
    is_optional: bool,
    /// Whether the context item stands in where it is absent.
    is_context: bool,
    /// What the items of its list must be; a list is made of any other value.
    items: Option<char>,
}

/// An argument that does not fit.
pub(super) enum Problem {
    /// It is of the wrong kind, or one too many.
    Kind(usize),
    /// Its items are not of this kind.
    Items(usize, char),
}

impl Signature {
    /// The signature of a function that checks its arguments.
    pub(super) fn of(function: &str) -> Option<Self> {
        let index = SIGNATURES.binary_search_by_key(&function, |(name, _)| name);
        let (_, text) = SIGNATURES.get(index.ok()?)?;
        Some(Self::parse(text))
    }

    /// The function of a name, where it checks its arguments.
    pub(super) fn function(name: &str) -> Option<&'static str> {
        let index = SIGNATURES.binary_search_by_key(&name, |(name, _)| name);
        SIGNATURES.get(index.ok()?).map(|(name, _)| *name)
    }

    fn parse(text: &str) -> Self {
        const ALL: &str = "asnblfom";
        let mut parameters: Vec<Parameter> = Vec::new();
        let repeats = text.ends_with('+');
        let mut letters = text.trim_end_matches('+').chars();
        while let Some(letter) = letters.next() {
            let kinds = match letter {
                '?' | '-' => {
                    if let Some(parameter) = parameters.last_mut() {
                        parameter.is_optional = true;
                        parameter.is_context = letter == '-';
                    }
                    continue;
                }
                '<' => {
                    let kind = letters.by_ref().take_while(|letter| *letter != '>');
                    let kind = kind.collect::<String>();
                    if let Some(parameter) = parameters.last_mut()
                        && parameter.kinds == ALL
                    {
                        parameter.items = kind.chars().next();
                    }
                    continue;
                }
                '(' => {
                    let choice = letters.by_ref().take_while(|letter| *letter != ')');
                    choice.chain(['m']).collect()
                }
                'a' | 'x' => ALL.to_owned(),
                'j' => "asnblom".to_owned(),
                'f' => "f".to_owned(),
                kind => format!("{kind}m"),
            };
            parameters.push(Parameter {
                kinds,
                is_optional: false,
                is_context: false,
                items: None,
            });
        }
        Self {
            parameters,
            repeats,
        }
    }

    /// Whether a call with so many arguments leaves nothing to the context item.
    pub(super) fn is_complete(&self, arguments: usize) -> bool {
        let leads = self
            .parameters
            .first()
            .is_some_and(|first| first.is_context);
        let needed = self.parameters.iter().filter(|one| !one.is_optional);
        !leads || arguments > needed.count()
    }

    /// The first argument that does not fit.
    pub(super) fn problem(&self, arguments: &[JValue]) -> Option<Problem> {
        let most = if self.repeats {
            self.parameters.len()
        } else {
            arguments.len()
        };
        let kinds: Vec<char> = arguments.iter().take(most).map(kind).collect();
        let Some(taken) = take(&self.parameters, &kinds, true) else {
            return Some(Problem::Kind(self.misfit(&kinds)));
        };
        let mut index = 0;
        for (parameter, has_argument) in self.parameters.iter().zip(taken) {
            if !has_argument {
                continue;
            }
            if let (Some(items), Some(argument)) = (parameter.items, arguments.get(index))
                && !has_items(argument, items)
            {
                return Some(Problem::Items(index, items));
            }
            index += 1;
        }
        None
    }

    /// The first argument that no way of handing them out brings to a parameter.
    fn misfit(&self, kinds: &[char]) -> usize {
        let mut fitting = 0;
        for count in 1..=self.parameters.len() {
            let parameters = self.parameters.get(..count).unwrap_or_default();
            match take(parameters, kinds, false) {
                None => return fitting,
                Some(taken) => fitting = taken.into_iter().filter(|taken| *taken).count(),
            }
        }
        fitting
    }
}

impl Problem {
    /// What JSONata says of it.
    pub(super) fn message(&self, function: &str) -> String {
        let token = |code, index: &usize| Sentence::new(code).token(function).index(*index);
        match self {
            Self::Kind(index) => say(&token("T0410", index)),
            Self::Items(index, items) => {
                say(&token("T0412", index).value(format!("\"{}\"", name(*items))))
            }
        }
    }
}

/// Which parameters get an argument, first come first served; `None` if they cannot be handed out in order.
fn take(parameters: &[Parameter], kinds: &[char], all: bool) -> Option<Vec<bool>> {
    let Some((parameter, others)) = parameters.split_first() else {
        return (kinds.is_empty() || !all).then(Vec::new);
    };
    let with = kinds
        .split_first()
        .filter(|(kind, _)| parameter.kinds.contains(**kind));
    let with = with.and_then(|(_, rest)| Some((true, take(others, rest, all)?)));
    let (taken, rest) = with.or_else(|| {
        let without = parameter.is_optional.then(|| take(others, kinds, all));
        Some((false, without??))
    })?;
    Some([taken].into_iter().chain(rest).collect())
}

/// The letter of a value's kind.
fn kind(value: &JValue) -> char {
    match value {
        JValue::Undefined => 'm',
        JValue::Null => 'l',
        JValue::Bool(_) => 'b',
        JValue::Number(_) => 'n',
        JValue::String(_) => 's',
        JValue::Array(_) => 'a',
        JValue::Object(_) => 'o',
        JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => 'f',
    }
}

/// Whether a value is a list of such items, or one such item.
fn has_items(value: &JValue, items: char) -> bool {
    if let JValue::Array(found) = value {
        return found.iter().all(|item| kind(item) == items);
    }
    [items, 'm'].contains(&kind(value))
}

/// What items are called.
fn name(items: char) -> &'static str {
    match items {
        'n' => "numbers",
        's' => "strings",
        _ => "objects",
    }
}

#[cfg(test)]
mod tests {
    use super::SIGNATURES;

    #[test]
    fn functions_stand_in_order() {
        assert!(SIGNATURES.is_sorted_by_key(|(name, _)| name));
    }
}
