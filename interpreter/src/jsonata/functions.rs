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

use super::complaint::MEMORY;
use super::random::{JavaRandom, Mixer};
use super::uses::Uses;
use super::{mend, text};
use crate::context::moment;
use crate::query::Scope;

/// A function that the engine can call.
type Function = dyn Fn(&[JValue]) -> HostFnResult;

/// The longest list that `$range` builds: AWS accepts this many and refuses one more.
const RANGE: usize = 360_145;

/// The functions that an expression mentions. Chance is drawn only where it is mentioned.
#[derive(Clone)]
pub(super) struct Given {
    functions: Rc<Vec<(String, Rc<Function>)>>,
    /// The chance that they share, and the number that it began with.
    chance: Option<(f64, Rc<RefCell<Mixer>>)>,
}

impl Given {
    pub(super) fn of(uses: &Uses, scope: &Scope) -> Self {
        let now = scope.now;
        let chance = OnceCell::new();
        let mixer = || {
            let new = || {
                let first = scope.world.borrow_mut().random();
                (first, Rc::new(RefCell::new(Mixer::new(first))))
            };
            let (_, mixer) = chance.get_or_init(new);
            Rc::clone(mixer)
        };
        let function = |name: &str| -> Option<Rc<Function>> {
            Some(match name {
                "partition" => Rc::new(partition),
                "range" => Rc::new(range),
                "hash" => Rc::new(hash),
                "parse" => Rc::new(text::parse),
                "clone" => Rc::new(clone),
                "base64decode" => Rc::new(text::base64_decode),
                "decodeUrlComponent" => Rc::new(text::decode_url_component),
                "encodeUrl" => Rc::new(|arguments| encode(arguments, &URL, "encodeUrl")),
                "encodeUrlComponent" => {
                    Rc::new(|arguments| encode(arguments, &COMPONENT, "encodeUrlComponent"))
                }
                "eval" => Rc::new(|_| Err(refused("T1006: Attempted to invoke a non-function"))),
                "millis" => Rc::new(move |arguments| {
                    at_most(arguments, 0, "millis")?;
                    Ok(millis(now))
                }),
                "now" => Rc::new(move |arguments| self::now(now, arguments)),
                "random" => {
                    let mixer = mixer();
                    Rc::new(move |arguments| random(&mixer, arguments))
                }
                "uuid" => {
                    let mixer = mixer();
                    Rc::new(move |arguments| {
                        at_most(arguments, 0, "uuid")?;
                        Ok(JValue::from(mixer.borrow_mut().uuid()))
                    })
                }
                "shuffle" => {
                    let mixer = mixer();
                    Rc::new(move |arguments| shuffle(&mixer, arguments))
                }
                _ => Rc::new(mend::function(name)?),
            })
        };
        let functions = uses
            .keys()
            .filter_map(|name| Some((name.clone(), function(name)?)));
        let functions = Rc::new(functions.collect());
        Self {
            functions,
            chance: chance.into_inner(),
        }
    }

    /// Has the functions give what they gave before.
    pub(super) fn rewind(&self) {
        if let Some((first, mixer)) = &self.chance {
            mixer.replace(Mixer::new(*first));
        }
    }

    /// Makes the functions known to an evaluator.
    pub(super) fn register(&self, evaluator: &mut Evaluator) {
        for (name, function) in &*self.functions {
            let function = Rc::clone(function);
            // Some of these replace a function of the engine's, the others are new; one call does for both.
            evaluator
                .register_fn_override(name.as_str(), move |arguments: &[JValue]| {
                    function(arguments)
                })
                .expect("the engine lets these functions be replaced");
        }
    }
}

pub(super) fn refused(message: impl Into<String>) -> EvaluatorError {
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

pub(super) fn type_error(index: usize, function: &str) -> EvaluatorError {
    refused(format!(
        "T0410: Argument {} of function \"{function}\" does not match function signature",
        index + 1
    ))
}

/// Refuses an argument that is one too many.
pub(super) fn at_most(
    arguments: &[JValue],
    count: usize,
    function: &str,
) -> Result<(), EvaluatorError> {
    match arguments.get(count) {
        None | Some(JValue::Undefined) => Ok(()),
        Some(_) if is_handed_on(arguments) => Ok(()),
        Some(_) => Err(type_error(count, function)),
    }
}

/// Whether the arguments are those that `$map` and the like give: an item, its index or name, and what it is from.
fn is_handed_on(arguments: &[JValue]) -> bool {
    match arguments {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index, or it finds nothing"
        )]
        [item, JValue::Number(index), JValue::Array(items)] => {
            items.get(*index as usize) == Some(item)
        }
        [item, JValue::String(name), JValue::Object(members)] => members.get(&**name) == Some(item),
        _ => false,
    }
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

/// `$partition(list, size)`: the list in pieces; without a size it is one piece.
fn partition(arguments: &[JValue]) -> HostFnResult {
    at_most(arguments, 2, "partition")?;
    let items = match arguments.first() {
        None | Some(JValue::Undefined) => return Ok(JValue::Undefined),
        Some(JValue::Array(items)) => items.to_vec(),
        Some(_) => {
            return Err(refused(
                "T0412: Argument 1 of function \"partition\" must be an array of undefined",
            ));
        }
    };
    let size = match whole(arguments, 1, "partition")? {
        Some(size) if size < 0 => {
            return Err(refused("D3137: Second argument must be zero or greater"));
        }
        Some(size) => usize::try_from(size).unwrap_or(usize::MAX),
        None => items.len(),
    };
    if size == 0 || items.is_empty() {
        return Ok(JValue::Undefined);
    }
    Ok(JValue::array(
        items
            .chunks(size)
            .map(|piece| JValue::array(piece.to_vec()))
            .collect(),
    ))
}

/// `$range(first, last, step)`: the numbers, `last` included where a step meets it. One number stands alone.
fn range(arguments: &[JValue]) -> HostFnResult {
    at_most(arguments, 3, "range")?;
    let required =
        |index| whole(arguments, index, "range")?.ok_or_else(|| type_error(index, "range"));
    let (first, last) = (required(0)?, required(1)?);
    let Some(step) = whole(arguments, 2, "range")? else {
        return Ok(JValue::Undefined);
    };
    if step == 0 || (last > first && step < 0) || (last < first && step > 0) {
        return Ok(JValue::Undefined);
    }
    let count = last.abs_diff(first) / step.unsigned_abs() + 1;
    let Some(count) = usize::try_from(count).ok().filter(|count| *count <= RANGE) else {
        return Err(refused(MEMORY));
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
    at_most(arguments, 2, "hash")?;
    let text = match arguments.first() {
        Some(JValue::String(text)) => text,
        Some(JValue::Undefined) => return Ok(JValue::Undefined),
        None | Some(_) => return Err(type_error(0, "hash")),
    };
    let algorithm = match arguments.get(1) {
        None => return Ok(JValue::Undefined),
        // Java's word for what is not there.
        Some(JValue::Undefined) => "null",
        Some(JValue::String(algorithm)) => algorithm,
        Some(_) => return Err(type_error(1, "hash")),
    };
    let digest = match algorithm {
        "MD5" => Md5::digest(text.as_bytes()).to_vec(),
        "SHA-1" => Sha1::digest(text.as_bytes()).to_vec(),
        "SHA-256" => Sha256::digest(text.as_bytes()).to_vec(),
        "SHA-384" => Sha384::digest(text.as_bytes()).to_vec(),
        "SHA-512" => Sha512::digest(text.as_bytes()).to_vec(),
        unknown => {
            return Err(refused(format!(
                "D3137: Hash algorithm '{unknown}' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5"
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

/// `$clone(value)`: the same object or list.
fn clone(arguments: &[JValue]) -> HostFnResult {
    at_most(arguments, 1, "clone")?;
    match arguments.first() {
        None | Some(JValue::Undefined) => Ok(JValue::Undefined),
        Some(value @ (JValue::Object(_) | JValue::Array(_))) => Ok(value.clone()),
        Some(_) => Err(type_error(0, "clone")),
    }
}

/// `$random()`, or `$random(seed)`, which gives the same number for the same seed.
fn random(mixer: &RefCell<Mixer>, arguments: &[JValue]) -> HostFnResult {
    at_most(arguments, 1, "random")?;
    let number = match whole(arguments, 0, "random")? {
        Some(seed) => JavaRandom::new(seed).number(),
        None => mixer.borrow_mut().number(),
    };
    Ok(JValue::from(number))
}

/// `$shuffle(list)`: the list in another order.
fn shuffle(mixer: &RefCell<Mixer>, arguments: &[JValue]) -> HostFnResult {
    at_most(arguments, 1, "shuffle")?;
    let mut items = match arguments.first() {
        None | Some(JValue::Undefined) => return Ok(JValue::Undefined),
        Some(JValue::Array(items)) => items.to_vec(),
        Some(single) => vec![single.clone()],
    };
    for last in (1..items.len()).rev() {
        items.swap(mixer.borrow_mut().below(last + 1), last);
    }
    // A list, also of one item.
    Ok(JValue::array(items))
}

fn millis(now: Timestamp) -> JValue {
    JValue::from(now.as_millisecond())
}

/// `$now()`, or `$now(picture, timezone)` as `$fromMillis` writes it.
fn now(now: Timestamp, arguments: &[JValue]) -> HostFnResult {
    if arguments.is_empty() {
        return Ok(JValue::from(moment(now)));
    }
    at_most(arguments, 2, "now")?;
    let is_text = |value: &JValue| matches!(value, JValue::String(_) | JValue::Undefined);
    if let Some(index) = arguments.iter().position(|argument| !is_text(argument)) {
        return Err(type_error(index, "now"));
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
