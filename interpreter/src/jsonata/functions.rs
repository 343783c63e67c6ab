//! The functions that Step Functions adds to JSONata, and those whose answer has to come from the world.

use std::cell::{OnceCell, RefCell};
use std::fmt::Write;
use std::rc::Rc;

use jiff::Timestamp;
use jsonata_core::evaluator::{Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::value::JValue;
use md5::{Digest as _, Md5};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::random::{JavaRandom, Mixer};
use super::uses::Uses;
use crate::context::moment;
use crate::query::Scope;

/// A function that the engine can call.
type Function = dyn Fn(&[JValue]) -> HostFnResult;

/// The longest list that `$range` builds: AWS accepts this many and refuses one more.
const RANGE: usize = 360_145;

/// Makes the functions that an expression mentions known to an evaluator. Chance is drawn only where it is mentioned.
pub(super) fn register(evaluator: &mut Evaluator, uses: &Uses, scope: &Scope) {
    let now = scope.now;
    let mixer = OnceCell::new();
    let mixer = || {
        let new = || Rc::new(RefCell::new(Mixer::new(scope.world.borrow_mut().random())));
        Rc::clone(mixer.get_or_init(new))
    };
    for name in uses.keys() {
        let function: Box<Function> = match name.as_str() {
            "partition" => Box::new(partition),
            "range" => Box::new(range),
            "hash" => Box::new(hash),
            "parse" => Box::new(parse),
            "encodeUrl" => Box::new(|arguments| encode(arguments, &URL, "encodeUrl")),
            "encodeUrlComponent" => {
                Box::new(|arguments| encode(arguments, &COMPONENT, "encodeUrlComponent"))
            }
            "eval" => Box::new(|_| Err(refused("T1006: The function eval is not supported"))),
            "millis" => Box::new(move |_| Ok(millis(now))),
            "now" => Box::new(move |arguments| self::now(now, arguments)),
            "random" => {
                let mixer = mixer();
                Box::new(move |arguments| random(&mixer, arguments))
            }
            "uuid" => {
                let mixer = mixer();
                Box::new(move |_| Ok(JValue::from(mixer.borrow_mut().uuid())))
            }
            "shuffle" => {
                let mixer = mixer();
                Box::new(move |arguments| Ok(shuffle(&mixer, arguments)))
            }
            _ => continue,
        };
        // Some of these replace a function of the engine's, the others are new; one call does for both.
        evaluator
            .register_fn_override(name.as_str(), function)
            .expect("the engine lets these functions be replaced");
    }
}

fn refused(message: impl Into<String>) -> EvaluatorError {
    EvaluatorError::EvaluationError(message.into())
}

/// A numeric argument, rounded towards zero; `None` where it is absent.
fn whole(
    arguments: &[JValue],
    index: usize,
    function: &str,
) -> Result<Option<i64>, EvaluatorError> {
    match arguments.get(index) {
        None | Some(JValue::Undefined) => Ok(None),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounding towards zero is the rule, and a cast saturates"
        )]
        Some(JValue::Number(number)) => Ok(Some(*number as i64)),
        Some(_) => Err(type_error(index, function)),
    }
}

fn type_error(index: usize, function: &str) -> EvaluatorError {
    refused(format!(
        "T0410: Argument {} of function \"{function}\" does not match function signature",
        index + 1
    ))
}

/// What JavaScript's `encodeURIComponent` leaves as it is, beside letters and digits.
const COMPONENT: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// What JavaScript's `encodeURI` leaves as it is beside that.
const URL: AsciiSet = COMPONENT
    .remove(b';')
    .remove(b',')
    .remove(b'/')
    .remove(b'?')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b'#');

/// `$encodeUrl(text)` and `$encodeUrlComponent(text)`, which encode what JavaScript encodes.
fn encode(arguments: &[JValue], kept: &'static AsciiSet, function: &str) -> HostFnResult {
    match arguments {
        [JValue::String(text)] => Ok(JValue::from(utf8_percent_encode(text, kept).to_string())),
        [] | [JValue::Undefined] => Ok(JValue::Undefined),
        _ => Err(type_error(0, function)),
    }
}

/// `$partition(list, size)`: the list in pieces.
fn partition(arguments: &[JValue]) -> HostFnResult {
    let items = match arguments.first() {
        None | Some(JValue::Undefined) => return Ok(JValue::Undefined),
        Some(JValue::Array(items)) => items.to_vec(),
        Some(single) => vec![single.clone()],
    };
    let Some(size) = whole(arguments, 1, "partition")? else {
        return Ok(JValue::Undefined);
    };
    let Some(size) = usize::try_from(size)
        .ok()
        .filter(|size| *size > 0 && !items.is_empty())
    else {
        return Ok(JValue::Undefined);
    };
    Ok(JValue::array(
        items
            .chunks(size)
            .map(|piece| JValue::array(piece.to_vec()))
            .collect(),
    ))
}

/// `$range(first, last, step)`: the numbers, `last` included where a step meets it. One number stands alone.
fn range(arguments: &[JValue]) -> HostFnResult {
    let (Some(first), Some(last), Some(step)) = (
        whole(arguments, 0, "range")?,
        whole(arguments, 1, "range")?,
        whole(arguments, 2, "range")?,
    ) else {
        return Ok(JValue::Undefined);
    };
    if step == 0 || (last > first && step < 0) || (last < first && step > 0) {
        return Ok(JValue::Undefined);
    }
    let count = last.abs_diff(first) / step.unsigned_abs() + 1;
    let Some(count) = usize::try_from(count).ok().filter(|count| *count <= RANGE) else {
        return Err(refused("Expression evaluation memory limit exceeded"));
    };
    let numbers = std::iter::successors(Some(first), |number| number.checked_add(step));
    let numbers: Vec<JValue> = numbers.take(count).map(JValue::from).collect();
    Ok(match numbers.as_slice() {
        [single] => single.clone(),
        _ => JValue::sequence(numbers),
    })
}

/// `$hash(text, algorithm)`: the digest in hexadecimal.
fn hash(arguments: &[JValue]) -> HostFnResult {
    let (text, algorithm) = match (arguments.first(), arguments.get(1)) {
        (Some(JValue::String(text)), Some(JValue::String(algorithm))) => (text, algorithm),
        (None | Some(JValue::Undefined), _) | (_, None | Some(JValue::Undefined)) => {
            return Ok(JValue::Undefined);
        }
        (Some(JValue::String(_)), Some(_)) => return Err(type_error(1, "hash")),
        (Some(_), Some(_)) => return Err(type_error(0, "hash")),
    };
    let digest = match &**algorithm {
        "MD5" => Md5::digest(text.as_bytes()).to_vec(),
        "SHA-1" => Sha1::digest(text.as_bytes()).to_vec(),
        "SHA-256" => Sha256::digest(text.as_bytes()).to_vec(),
        "SHA-384" => Sha384::digest(text.as_bytes()).to_vec(),
        "SHA-512" => Sha512::digest(text.as_bytes()).to_vec(),
        unknown => {
            return Err(refused(format!(
                "The hash algorithm '{unknown}' is not supported"
            )));
        }
    };
    Ok(JValue::from(hexadecimal(&digest)))
}

/// Bytes as lower-case hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text can be written to");
        text
    })
}

/// `$parse(text)`: the JSON value in a text.
fn parse(arguments: &[JValue]) -> HostFnResult {
    match arguments.first() {
        None | Some(JValue::Undefined) => Ok(JValue::Undefined),
        Some(JValue::String(text)) => JValue::from_json_str(text)
            .map_err(|error| refused(format!("The text cannot be parsed as JSON: {error}"))),
        Some(_) => Err(type_error(0, "parse")),
    }
}

/// `$random()`, or `$random(seed)`, which gives the same number for the same seed.
fn random(mixer: &RefCell<Mixer>, arguments: &[JValue]) -> HostFnResult {
    let number = match whole(arguments, 0, "random")? {
        Some(seed) => JavaRandom::new(seed).number(),
        None => mixer.borrow_mut().number(),
    };
    Ok(JValue::from(number))
}

/// `$shuffle(list)`: the list in another order.
fn shuffle(mixer: &RefCell<Mixer>, arguments: &[JValue]) -> JValue {
    let mut items = match arguments.first() {
        None | Some(JValue::Undefined) => return JValue::Undefined,
        Some(JValue::Array(items)) => items.to_vec(),
        Some(single) => vec![single.clone()],
    };
    for last in (1..items.len()).rev() {
        items.swap(mixer.borrow_mut().below(last + 1), last);
    }
    JValue::sequence(items)
}

fn millis(now: Timestamp) -> JValue {
    JValue::from(now.as_millisecond())
}

/// `$now()`, or `$now(picture, timezone)` as `$fromMillis` writes it.
fn now(now: Timestamp, arguments: &[JValue]) -> HostFnResult {
    if arguments.is_empty() {
        return Ok(JValue::from(moment(now)));
    }
    let mut context = jsonata_core::evaluator::Context::new();
    context.bind("millis".to_owned(), millis(now));
    for (name, argument) in ["picture", "timezone"].iter().zip(arguments) {
        context.bind((*name).to_owned(), argument.clone());
    }
    let call = jsonata_core::parser::parse("$fromMillis($millis, $picture, $timezone)")
        .expect("it is a valid call");
    Evaluator::with_context(context).evaluate(&call, &JValue::Undefined)
}
