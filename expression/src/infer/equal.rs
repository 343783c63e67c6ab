//! Whether two values may ever be equal.

use super::may_be_read;
use crate::value_type::Type;

/// Whether two values may ever be equal.
pub(super) fn can_be_equal(left: &Type, right: &Type) -> bool {
    // Whatever is missing is null; that it may be makes no other comparison more likely.
    let is_null = |found: &Type| *found == Type::Null;
    if is_null(left) || is_null(right) {
        return true;
    }
    left.present()
        .any(|left| right.present().any(|right| can_equal(left, right)))
}

#[expect(
    clippy::match_same_arms,
    reason = "each arm is a claim of its own about two types"
)]
fn can_equal(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Any, _) | (_, Type::Any) => true,
        (Type::Given(inner), other) | (other, Type::Given(inner)) => can_be_equal(inner, other),
        (Type::Either(_), _) | (_, Type::Either(_)) => can_be_equal(left, right),
        (Type::Null, _) | (_, Type::Null) => true,
        (Type::Words(left), Type::Words(right)) => !left.is_disjoint(right),
        (Type::Text, Type::Text | Type::Words(_)) | (Type::Words(_), Type::Text) => true,
        (Type::Number | Type::Flag, Type::Text) | (Type::Text, Type::Number | Type::Flag) => true,
        (Type::Number | Type::Flag, Type::Words(words))
        | (Type::Words(words), Type::Number | Type::Flag) => {
            words.iter().any(|word| may_be_read(word))
        }
        (Type::Number | Type::Flag, Type::Number | Type::Flag) => true,
        (Type::List(_), Type::List(_)) | (Type::Object(_), Type::Object(_)) => true,
        (Type::List(_) | Type::Object(_), _) | (_, Type::List(_) | Type::Object(_)) => false,
    }
}
