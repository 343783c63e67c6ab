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
pub(super) const APPROVALS: Collection = Collection {
    noun: "approval",
    plural: "approvals",
    id: "approvalId",
};
pub(super) const MESSAGES: Collection = Collection {
    noun: "message",
    plural: "messages",
    id: "messageId",
};
/// Which records a workflow has taken to work on.
pub(super) const CLAIMS: Collection = Collection {
    noun: "claim",
    plural: "workflowProcessingRecords",
    id: "claimId",
};
/// Where synchronisations of mails have come to.
pub(super) const SYNC_CURSORS: Collection = Collection {
    noun: "cursor",
    plural: "emailSyncCursors",
    id: "cursorId",
};
pub(super) const DRAFTS: Collection = Collection {
    noun: "draft",
    plural: "drafts",
    id: "draftId",
};

/// Fields that only we write.
const PROTECTED: [&str; 4] = ["_id", "_creationTime", "organizationId", "updatedAt"];

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
        Ok(done(self.made(id, parameters.fields(&[]), call)))
    }

    /// A new record, to be written in the step's transaction.
    pub(super) fn made(
        &self,
        id: String,
        mut fields: Map<String, Value>,
        call: &Call<'_>,
    ) -> Business {
        fields.retain(|name, _| !PROTECTED.contains(&name.as_str()));
        let now = call.context.now.milliseconds();
        let mut value = Map::new();
        value.insert("_id".to_owned(), id.clone().into());
        value.insert("_creationTime".to_owned(), now.into());
        value.insert("organizationId".to_owned(), call.context.org().into());
        value.insert("updatedAt".to_owned(), now.into());
        value.extend(fields);
        Business {
            collection: self.plural.to_owned(),
            id,
            events: self.events(None, &value),
            value,
            replaces: Version::Absent,
        }
    }

    /// A record with some of its fields changed, to be written in the step's transaction.
    pub(super) fn changed(
        &self,
        id: &str,
        (before, replaces): (Map<String, Value>, Version),
        mut changes: Map<String, Value>,
        call: &Call<'_>,
    ) -> Business {
        changes.retain(|name, _| !PROTECTED.contains(&name.as_str()));
        let mut value = before.clone();
        value.extend(changes);
        let now = call.context.now.milliseconds();
        value.insert("updatedAt".to_owned(), now.into());
        Business {
            collection: self.plural.to_owned(),
            id: id.to_owned(),
            events: self.events(Some(&before), &value),
            value,
            replaces,
        }
    }

    /// What the bus is told of a record that was not there before, or was like this.
    fn events(
        &self,
        before: Option<&Map<String, Value>>,
        after: &Map<String, Value>,
    ) -> Vec<&'static str> {
        let has = |record: &Map<String, Value>, field: &str, word: &str| {
            record.get(field).and_then(Value::as_str) == Some(word)
        };
        let is_closed = |record| has(record, "status", "closed");
        let event = match (self.noun, before) {
            ("customer", None) => "customer.created",
            ("customer", Some(_)) => "customer.updated",
            ("product", None) => "product.created",
            ("product", Some(_)) => "product.updated",
            ("approval", None) => "approval.created",
            ("approval", Some(_)) => "approval.updated",
            ("conversation", None) => "conversation.created",
            ("conversation", Some(before)) if is_closed(after) && !is_closed(before) => {
                "conversation.closed"
            }
            ("message", None) if has(after, "direction", "inbound") => {
                "conversation.message_received"
            }
            _ => return Vec::new(),
        };
        vec![event]
    }

    /// Answers with one record.
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
        let page = call
            .select(self.plural, &window, |record| Ok(has_all(record, &wanted)))
            .await?;
        Ok(page::answer(self.plural, page).into())
    }

    /// Changes fields of a record and answers with it.
    pub(super) async fn update(
        &self,
        parameters: &Parameters<'_>,
        call: &Call<'_>,
    ) -> Result<Acted, Error> {
        let id = parameters.required_text(self.id)?;
        let found = self.find(id, call).await?;
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
        Ok(done(self.changed(id, found, changes, call)))
    }

    /// Answers with every record for which an expression holds, or with a page of them where a limit is given.
    pub(super) async fn filter(
        &self,
        parameters: &Parameters<'_>,
        call: &Call<'_>,
    ) -> Result<Acted, Error> {
        let holds = condition(parameters.required_text("expression")?)?;
        let window = page::window_of(parameters, usize::MAX)?;
        let page = call.select(self.plural, &window, holds).await?;
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
}

/// The result of a step that writes one record and answers with it.
pub(super) fn done(write: Business) -> Acted {
    Acted {
        output: Value::Object(write.value.clone()),
        meta: None,
        writes: write.into(),
    }
}

/// A test of records by an expression over their fields.
pub(super) fn condition(
    text: &str,
) -> Result<impl Fn(&Map<String, Value>) -> Result<bool, Error> + use<>, StepError> {
    let invalid = |message: String| StepError::new(code::VALIDATION_ERROR, message);
    let expression = Expression::parse(text).map_err(|error| invalid(error.to_string()))?;
    Ok(move |record: &Map<String, Value>| {
        let holds = expression.is_true(&Fields(record));
        Ok(holds.map_err(|error| invalid(error.to_string()))?)
    })
}

/// Whether a record has all the wanted values.
pub(super) fn has_all(record: &Map<String, Value>, wanted: &Map<String, Value>) -> bool {
    wanted
        .iter()
        .all(|(name, value)| is_wanted(record.get(name), value))
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
