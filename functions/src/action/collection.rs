//! The operations that every collection of business records has.

use pawl_contract::{StepError, code};
use pawl_expression::{Expression, Scope};
use pawl_store::{Business, Version};
use serde_json::{Map, Value};

use super::call::Call;
use super::page;
use super::parameters::Parameters;
use crate::Error;
use crate::work::Acted;

/// A collection of business records.
#[derive(Debug)]
pub(super) struct Collection {
    /// One of them, and the action's type.
    pub noun: &'static str,
    /// All of them, and the field beside `page` in an answer.
    pub plural: &'static str,
    /// The parameter that names one.
    pub id: &'static str,
}

pub(super) const CUSTOMERS: Collection = Collection {
    noun: "customer",
    plural: "customers",
    id: "customerId",
};
pub(super) const PRODUCTS: Collection = Collection {
    noun: "product",
    plural: "products",
    id: "productId",
};
pub(super) const CONVERSATIONS: Collection = Collection {
    noun: "conversation",
    plural: "conversations",
    id: "conversationId",
};
pub(super) const RECOMMENDATIONS: Collection = Collection {
    noun: "recommendation",
    plural: "recommendations",
    id: "recommendationId",
};
pub(super) const ORDERS: Collection = Collection {
    noun: "order",
    plural: "orders",
    id: "orderId",
};
pub(super) const DRAFTS: Collection = Collection {
    noun: "draft",
    plural: "drafts",
    id: "draftId",
};

/// Fields that only we write.
const PROTECTED: [&str; 2] = ["_id", "_creationTime"];

impl Collection {
    /// Creates a record of the given fields.
    pub(super) async fn create(
        &self,
        parameters: &Parameters<'_>,
        call: &Call<'_>,
    ) -> Result<Acted, Error> {
        let id = match parameters.text("_id")? {
            None => call.new_id(self.noun),
            Some(id) => {
                if call.find(self.plural, id).await?.is_some() {
                    let message = format!("{} `{id}` exists already", self.noun);
                    return Err(Error::step(code::TOOL_ERROR, message));
                }
                id.to_owned()
            }
        };
        Ok(self.created(id, parameters.fields(&PROTECTED), call))
    }

    /// A new record, to be written in the step's transaction.
    pub(super) fn created(&self, id: String, fields: Map<String, Value>, call: &Call<'_>) -> Acted {
        let mut value = Map::new();
        value.insert("_id".to_owned(), id.clone().into());
        value.insert(
            "_creationTime".to_owned(),
            call.context.now.milliseconds().into(),
        );
        value.extend(fields);
        self.written(id, value, Version::Absent)
    }

    /// Answers with the record itself.
    pub(super) async fn get_by_id(
        &self,
        parameters: &Parameters<'_>,
        call: &Call<'_>,
    ) -> Result<Acted, Error> {
        let (record, _) = self.find(parameters.required_text(self.id)?, call).await?;
        Ok(Value::Object(record).into())
    }

    /// Answers with a page of the records whose fields have the given values.
    pub(super) async fn query(
        &self,
        parameters: &Parameters<'_>,
        call: &Call<'_>,
    ) -> Result<Acted, Error> {
        let window = page::window(parameters)?;
        let mut wanted = parameters.fields(&page::FIELDS);
        wanted.retain(|_, value| !value.is_null());
        let matches = |record: &Map<String, Value>| -> Result<bool, Error> {
            Ok(wanted
                .iter()
                .all(|(name, value)| is_wanted(record.get(name), value)))
        };
        let page = call.select(self.plural, &window, matches).await?;
        Ok(page::answer(self.plural, page).into())
    }

    /// Merges fields into a record and answers with it.
    pub(super) async fn update(
        &self,
        parameters: &Parameters<'_>,
        call: &Call<'_>,
    ) -> Result<Acted, Error> {
        let id = parameters.required_text(self.id)?;
        let (mut record, version) = self.find(id, call).await?;
        let mut changes = parameters.fields(&[self.id, "updates"]);
        match parameters.get("updates") {
            None => {}
            Some(Value::Object(updates)) => changes.extend(updates.clone()),
            Some(_) => {
                return Err(Error::step(
                    code::VALIDATION_ERROR,
                    "`updates` must be an object",
                ));
            }
        }
        changes.retain(|name, _| !PROTECTED.contains(&name.as_str()));
        record.extend(changes);
        Ok(self.written(id.to_owned(), record, version))
    }

    /// Answers with every record for which an expression over its own fields holds.
    pub(super) async fn filter(
        &self,
        parameters: &Parameters<'_>,
        call: &Call<'_>,
    ) -> Result<Acted, Error> {
        let invalid = |message: String| StepError::new(code::VALIDATION_ERROR, message);
        let text = parameters.required_text("expression")?;
        let expression = Expression::parse(text).map_err(|error| invalid(error.to_string()))?;
        let matches = |record: &Map<String, Value>| -> Result<bool, Error> {
            Ok(expression
                .is_true(&Fields(record))
                .map_err(|error| invalid(error.to_string()))?)
        };
        let page = call.all(self.plural, matches).await?;
        Ok(page::answer(self.plural, page).into())
    }

    /// A record that must be there.
    pub(super) async fn find(
        &self,
        id: &str,
        call: &Call<'_>,
    ) -> Result<(Map<String, Value>, Version), Error> {
        let found = call.find(self.plural, id).await?;
        found.ok_or_else(|| {
            Error::step(
                code::TOOL_ERROR,
                format!("there is no {} `{id}`", self.noun),
            )
        })
    }

    fn written(&self, id: String, value: Map<String, Value>, replaces: Version) -> Acted {
        let output = Value::Object(value.clone());
        let write = Business {
            collection: self.plural.to_owned(),
            id,
            value,
            replaces,
        };
        Acted {
            output,
            meta: None,
            writes: write.into(),
        }
    }
}

/// Whether a field has the wanted value, or one of a list of them.
fn is_wanted(field: Option<&Value>, wanted: &Value) -> bool {
    match (field, wanted) {
        (Some(field), Value::Array(any)) => field == wanted || any.contains(field),
        (field, wanted) => field == Some(wanted),
    }
}

/// A record as a scope: its fields are the roots, and one that it lacks is null.
struct Fields<'record>(&'record Map<String, Value>);

impl Scope for Fields<'_> {
    fn root(&self, name: &str) -> Option<&Value> {
        Some(self.0.get(name).unwrap_or(&Value::Null))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_is_wanted_by_value_or_by_list() {
        let rows = [
            (Some(json!("open")), json!("open"), true),
            (Some(json!("open")), json!("closed"), false),
            (Some(json!("a")), json!(["a", "b"]), true),
            (Some(json!(["a", "b"])), json!(["a", "b"]), true),
            (None, json!("open"), false),
            (None, json!([]), false),
        ];
        for (field, wanted, expected) in rows {
            assert_eq!(
                is_wanted(field.as_ref(), &wanted),
                expected,
                "{field:?} {wanted}"
            );
        }
    }
}
