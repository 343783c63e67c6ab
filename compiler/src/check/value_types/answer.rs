//! What an operation of the catalogue answers with, as a type: what its schema says, without writing the schema.

use pawl_contract::Shape;
use pawl_contract::catalogue::{Output, Parameter};
use pawl_expression::{Others, Type};

/// The type of an answer.
pub(super) fn of(output: &Output) -> Type {
    match output {
        Output::Anything => Type::Any,
        // A record may have fields of its own.
        Output::Record(fields) => object(Output::record(fields), Others::Maybe),
        Output::Page(plural, fields) => {
            let record = of(&Output::Record(fields));
            let records = Type::List(Box::new(record));
            let members = [
                ("page", records),
                (*plural, Type::List(Box::new(Type::Any))),
                ("count", Type::Number),
                ("isDone", Type::Flag),
                ("continueCursor", Type::either([Type::Text, Type::Null])),
            ];
            let members = members.map(|(name, found)| (name.to_owned(), found));
            Type::object(members, Others::Undeclared)
        }
        // A row that names no fields says nothing of them.
        Output::Fields([]) => Type::object([], Others::Maybe),
        Output::Fields(fields) => object(fields.iter(), Others::Undeclared),
        Output::OrNull(output) => Type::either([of(output), Type::Null]),
    }
}

/// An object that has these fields.
fn object<'field>(fields: impl Iterator<Item = &'field Parameter>, others: Others) -> Type {
    let fields = fields.map(|field| {
        let found = value(&field.shape);
        let found = if field.required {
            found
        } else {
            Type::either([found, Type::Null])
        };
        (field.name.to_owned(), found)
    });
    Type::object(fields, others)
}

fn value(shape: &Shape) -> Type {
    match shape {
        Shape::Text | Shape::Usually(_) | Shape::Expression => Type::Text,
        Shape::Number
        | Shape::Integer
        | Shape::FromZero
        | Shape::Within(..)
        | Shape::Between(..)
        | Shape::Whole
        | Shape::Count => Type::Number,
        Shape::Flag => Type::Flag,
        Shape::List => Type::List(Box::new(Type::Any)),
        Shape::Texts => Type::List(Box::new(Type::Text)),
        Shape::Object => Type::object([], Others::Maybe),
        Shape::Fields(fields) => object(fields.iter(), Others::Undeclared),
        Shape::Any => Type::Any,
        Shape::OneOf(words) => Type::Words(words.iter().map(|word| (*word).to_owned()).collect()),
        Shape::Either(shapes) => Type::either(shapes.iter().map(value)),
    }
}

#[cfg(test)]
mod tests {
    use pawl_contract::catalogue;
    use pawl_expression::Type;

    #[test]
    fn every_answer_is_what_its_schema_says() {
        for operation in catalogue::operations() {
            let expected = Type::of_schema(&operation.output_schema());
            assert_eq!(
                super::of(&operation.output),
                expected,
                "{}",
                operation.name()
            );
        }
    }
}
