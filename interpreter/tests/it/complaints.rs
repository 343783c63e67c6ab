//! What is said of expressions that fail: AWS gives JSONata's own sentences, with the values that they name.

use pawl_interpreter::Status;
use serde_json::json;

use crate::bench::{in_state, pass, run};
use crate::simulation::event_types;

/// How an expression over `{ "n": 5, "text": "abc", "orders": [{ "price": 3 }, { "price": "free" }] }` fails: what
/// stands after "threw an error during evaluation".
fn complaint(source: &str) -> String {
    let input = json!({ "n": 5, "text": "abc", "orders": [{ "price": 3 }, { "price": "free" }] });
    let (execution, world) = run(pass(&json!(format!("{{% {source} %}}"))), input);
    let Status::Failed { error, cause } = execution.status() else {
        panic!("{source}: {:?}", execution.status());
    };
    assert_eq!(error.as_deref(), Some("States.QueryEvaluationError"));
    let types = event_types(world.history());
    let expected = [
        "ExecutionStarted",
        "PassStateEntered",
        "EvaluationFailed",
        "ExecutionFailed",
    ];
    assert_eq!(types, expected, "{source}");
    let said = format!(
        "The JSONata expression '{source}' specified for the field 'Output' threw an error during evaluation"
    );
    let cause = cause.clone().unwrap_or_default();
    let rest = cause.strip_prefix(in_state("a", &said).as_str());
    rest.unwrap_or_else(|| panic!("{source}: {cause}"))
        .to_owned()
}

#[test]
fn a_failed_expression_is_described_as_on_aws() {
    let argument = |index: u8, function: &str| {
        format!(
            ". T0410: Argument {index} of function \"{function}\" does not match function signature"
        )
    };
    let items = |function: &str, kind: &str| {
        format!(". T0412: Argument 1 of function \"{function}\" must be an array of \"{kind}\"")
    };
    let side = |code: &str, side: &str, operator: &str| {
        format!(
            ". {code}: The {side} side of the \"{operator}\" operator must evaluate to a number"
        )
    };
    let said = |text: &str| format!(". {text}");
    let rows = vec![
        // Operators name themselves, and some their operands.
        ("$states.input.n + $states.input.text", side("T2002", "right", "+")),
        ("$states.input.text - 1", side("T2001", "left", "-")),
        ("$states.input.orders.(price * 2)", side("T2001", "left", "*")),
        ("$map([1, 2], function($n){ $n % 'a' })", side("T2002", "right", "%")),
        ("true ? null / 2 : 1", side("T2001", "left", "/")),
        ("-$states.input.text", said("D1002: Cannot negate a non-numeric value: \"abc\"")),
        ("$states.input.n < $states.input.text", said("T2009: The values 5 and \"abc\" either side of operator \"<\" must be of the same data type")),
        ("$states.input.orders[price > 1]", said("T2009: The values \"free\" and 1 either side of operator \">\" must be of the same data type")),
        ("$filter([{}], function($o){ $o >= 1 })", said("T2010: The expressions either side of operator \">=\" must evaluate to numeric or string values")),
        ("['a'..3]", said("T2003: The left side of the range operator (..) must evaluate to an integer")),
        ("[1..$states.input.n / 2]", said("T2004: The right side of the range operator (..) must evaluate to an integer")),
        ("[1..null]", said("T2004: The right side of the range operator (..) must evaluate to an integer")),
        ("[null..$states.input.absent]", said("T2003: The left side of the range operator (..) must evaluate to an integer")),
        ("[0..20000000]", said("D2014: The size of the sequence allocated by the range operator (..) must not exceed 1e6.  Attempted to allocate 20000001.")),
        ("$states.input.orders^(price)", said("T2007: Type mismatch when comparing values 3 and \"free\" in order-by clause")),
        ("$states.input.orders^($)", said("T2008: The expressions within an order-by clause must evaluate to numeric or string values")),
        ("{} ~> |$|5|", said("T2011: The insert/update clause of the transform expression must evaluate to an object: 5")),
        ("{} ~> |$|{}, 5|", said("T2012: The delete clause of the transform expression must evaluate to a string or array of strings: 5")),
        // Functions name themselves, the argument, and what it was.
        ("$abs($states.input.text)", argument(1, "abs")),
        ("$length(1, 2)", argument(1, "length")),
        ("$uppercase('a', 'b')", argument(2, "uppercase")),
        ("$split('a', 'b', 'c')", argument(3, "split")),
        ("$pad(1, 2)", argument(2, "pad")),
        ("[1, 2] ~> $map('x')", argument(2, "map")),
        ("$map(['a', 1], function($v){ $trim($v) })", argument(1, "trim")),
        ("$substring('a')", argument(2, "substring")),
        ("$exists()", argument(1, "exists")),
        ("$zip()", argument(1, "zip")),
        ("$sift({'a': 1})", argument(2, "sift")),
        ("$clone('a')", argument(1, "clone")),
        ("$base64decode(5)", argument(1, "base64decode")),
        ("$sum(['a', 1])", items("sum", "numbers")),
        ("$join([1, 2], ',')", items("join", "strings")),
        ("$merge($states.input.n)", items("merge", "objects")),
        ("$states.input.text.$abs()", said("T0411: Context value is not a compatible type with argument 1 of function \"abs\"")),
        ("(function($x)<n:n>{ $x })('a')", said("T0410: Argument 1 of function undefined does not match function signature")),
        ("$number('12 apples')", said("D3030: Unable to cast value to a number: \"12 apples\"")),
        ("$sqrt(-4)", said("D3060: The sqrt function cannot be applied to a negative number: -4")),
        ("$power(10, 999)", said("D3061: The power function has resulted in a value that cannot be represented as a JSON number: base=10, exponent=999")),
        ("$replace('a', '', 'b')", said("D3010: Second argument of replace function cannot be an empty string")),
        ("$split('a', 'b', -1)", said("D3020: Third argument of split function must evaluate to a positive number")),
        ("$reduce([1, 2], function($a){ $a })", said("D3050: The second argument of reduce function must be a function with at least two arguments")),
        ("$formatBase(7, 99)", said("D3100: The radix of the formatBase function must be between 2 and 36.  It was given 99")),
        ("$formatNumber(1, '0,,0')", said("D3089: The sub-picture must not contain two adjacent instances of the 'grouping-separator' character")),
        ("$formatInteger(5, '#')", said("D3130: Formatting or parsing an integer as a sequence starting with \"#\" is not supported by this implementation")),
        ("$fromMillis(0, '[Yw] [Dw;o]')", said("D3130: Formatting or parsing an integer as a sequence starting with \"w;\" is not supported by this implementation")),
        ("$fromMillis(0.5, '[q]')", said("D3132: Unknown component specifier \"q\" in date/time picture string")),
        ("$fromMillis(0, '[YN]')", said("D3133: The 'name' modifier can only be applied to months and days in the date/time picture string, not \"Y\"")),
        ("$decodeUrlComponent('a%zz')", said("D3140: Malformed URL passed to $decodeUrlComponent(): \"a%zz\"")),
        ("$base64decode('Y!Q=')", ": Illegal base64 character 21".to_owned()),
        ("$toMillis('tomorrow')", said("D3110: The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given \"tomorrow\"")),
        ("$single([1, 2], function($x){ true })", said("D3138: The $single() function expected exactly 1 matching result.  Instead it matched more.")),
        ("$error('out of stock')", said("D3137: out of stock")),
        ("$assert($states.input.n > 9, 'too few')", said("D3141: too few")),
        ("{$states.input.n: 1}", said("T1003: Key in object structure must evaluate to a string; got: 5")),
        ("$states.input.text(1)", said("T1006: Attempted to invoke a non-function")),
        ("$eval('1')", said("T1006: Attempted to invoke a non-function")),
        ("($sum := 5; $sum(1))", said("T1006: Attempted to invoke a non-function")),
        // AWS's own functions.
        ("$parse('{')", said("D3137: Invalid JSON")),
        ("$parse('{\"a\": 1, \"a\": 2}')", said("D3137: Invalid JSON")),
        ("$parse('[NaN]')", said("D3137: Invalid JSON")),
        ("$parse('1e400')", said("D3137: Invalid JSON")),
        ("$parse('1 2')", said("D3137: Invalid JSON")),
        ("$parse(null)", argument(1, "parse")),
        ("$hash('a', 'md5')", said("D3137: Hash algorithm 'md5' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5")),
        ("$hash('a', $states.input.absent)", said("D3137: Hash algorithm 'null' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5")),
        ("$hash()", argument(1, "hash")),
        ("$hash('a', 'MD5', 1)", argument(3, "hash")),
        ("$partition([1, 2], -1)", said("D3137: Second argument must be zero or greater")),
        ("$partition('a', 1)", said("T0412: Argument 1 of function \"partition\" must be an array of undefined")),
        ("$range(1)", argument(2, "range")),
        ("$uuid('seed')", argument(1, "uuid")),
        ("$map(['{', '['], $parse)", said("D3137: Invalid JSON")),
        // Limits are AWS's own: the sentence goes on.
        ("$sum([1..900000])", ": Expression evaluation memory limit exceeded: Check for excessive memory usage".to_owned()),
        ("$range(1, 400000, 1)", ": Expression evaluation memory limit exceeded: Check for excessive memory usage".to_owned()),
        ("($f := function($n){ $n = 0 ? 0 : 1 + $f($n - 1) }; $f(100000))", ": Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive.".to_owned()),
    ];
    for (source, expected) in rows {
        assert_eq!(complaint(source), expected, "{source}");
    }
}
