//! Which operation is meant by a word that is near none by its letters, and yet clear: `send_email` is `email_send`.

use std::collections::BTreeSet;

use super::operation::{Operation, Readiness};
use super::{find, operations};

/// The words of a name, without their order, each in the one form that stands for its synonyms.
type Words = BTreeSet<String>;

/// Words that mean the same, the one that stands for them first.
const SYNONYMS: &[&[&str]] = &[
    &["query", "list", "search", "find", "lookup", "browse"],
    &["get", "read", "fetch", "load", "show", "view", "retrieve"],
    &["create", "add", "new", "insert", "make"],
    &["update", "edit", "change", "modify", "patch", "set"],
    &["email", "mail"],
    &["document", "doc"],
    &["variable", "var"],
];

/// Words that do not tell one operation from another.
const FILLERS: &[&str] = &["a", "all", "an", "by", "id", "of", "one", "the"];

/// Verbs that only say that something is looked at.
const LOOKING: [&str; 2] = ["get", "query"];

/// The name of the operation that a word means, where its parts leave no doubt.
///
/// ```
/// use pawl_contract::catalogue::similar;
///
/// assert_eq!(similar("send_email").as_deref(), Some("email_send"));
/// assert_eq!(similar("listCustomers").as_deref(), Some("customer.query"));
/// assert_eq!(similar("make_coffee"), None);
/// ```
pub fn similar(name: &str) -> Option<String> {
    let asked = words(name);
    same(&asked)
        .or_else(|| about_the_same(&asked))
        .or_else(|| without_action(&asked))
        .map(Operation::name)
        .filter(|name| find(name, None).is_some())
}

/// An operation of the same words.
fn same(asked: &Words) -> Option<&'static Operation> {
    operations()
        .filter(|row| words(&row.name()) == *asked)
        .min_by_key(|row| row.readiness == Readiness::Later)
}

/// The one operation that looks at the same thing: `get_customer_orders` is `customer.orders`.
fn about_the_same(asked: &Words) -> Option<&'static Operation> {
    let things = |words: Words| -> Words {
        let mut words = words;
        words.retain(|word| !LOOKING.contains(&word.as_str()));
        words
    };
    let asked = things(asked.clone());
    if asked.len() < 2 {
        return None;
    }
    only(operations().filter(|row| things(words(&row.name())) == asked))
}

/// The one operation whose own words are asked for, without all of its action's: `upload_text` is `rag.upload_text`.
fn without_action(asked: &Words) -> Option<&'static Operation> {
    if asked.len() < 2 {
        return None;
    }
    only(operations().filter(|row| {
        words(row.operation).is_subset(asked) && asked.is_subset(&words(&row.name()))
    }))
}

/// The first, if there is no second.
fn only<Item>(mut items: impl Iterator<Item = Item>) -> Option<Item> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// The words of a name in snake, dotted, kebab or camel case.
fn words(name: &str) -> Words {
    let mut parts: Vec<String> = vec![String::new()];
    let mut is_after_small = false;
    for character in name.chars() {
        let is_new = !character.is_alphanumeric() || (character.is_uppercase() && is_after_small);
        if is_new {
            parts.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(part) = parts.last_mut()
        {
            part.extend(character.to_lowercase());
        }
        is_after_small = character.is_lowercase();
    }
    parts.retain(|part| !part.is_empty());
    let asks_by_id = parts.iter().any(|part| part == "id");
    let has_plural = parts.iter().any(|part| singular(part) != part);
    parts
        .iter()
        .map(|part| canonical(singular(part)))
        .filter(|word| !FILLERS.contains(word))
        // Whoever gets customers rather than a customer looks for them.
        .map(|word| match word {
            "get" if has_plural && !asks_by_id => "query",
            other => other,
        })
        .map(str::to_owned)
        .collect()
}

/// A word without the ending of its plural.
fn singular(word: &str) -> &str {
    let is_singular = word.len() < 4 || ["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    if is_singular {
        return word;
    }
    word.strip_suffix('s').unwrap_or(word)
}

/// The word that stands for a word and its synonyms.
fn canonical(word: &str) -> &str {
    let group = SYNONYMS.iter().find(|group| group.contains(&word));
    group.and_then(|group| group.first()).unwrap_or(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clear_word_means_its_operation() {
        let rows = [
            ("customer_list", "customer.query"),
            ("customer_find", "customer.query"),
            ("find_customers", "customer.query"),
            ("get_customers", "customer.query"),
            ("get_all_customers", "customer.query"),
            ("customers", ""),
            ("listCustomers", "customer.query"),
            ("get_customer", "customer.get_by_id"),
            ("customer.read", "customer.get_by_id"),
            ("fetch-customer", "customer.get_by_id"),
            ("customers.get_by_id", "customer.get_by_id"),
            ("getCustomerById", "customer.get_by_id"),
            ("update_customer", "customer.update"),
            ("edit_customer", "customer.update"),
            ("filter_customers", "customer.filter"),
            ("get_customer_orders", "customer.orders"),
            ("delete_customer", ""),
            ("create_product", "product.create"),
            ("product_add", "product.create"),
            ("new_product", "product.create"),
            ("send_email", "email_send"),
            ("sendMail", "email_send"),
            ("send_sms", ""),
            ("create_draft", "conversation.create_draft"),
            ("draft", ""),
            ("conversation_messages", "conversation.query_messages"),
            ("get_conversation_messages", "conversation.query_messages"),
            ("upload_text", "rag.upload_text"),
            ("doc_find", "document.query"),
            ("create_approval", "approval.create_approval"),
            ("website_pages_bulk_upsert", "websitePages.bulk_upsert"),
            ("set_variable", "set_variables"),
            ("create", ""),
            ("make_coffee", ""),
            ("", ""),
            ("___", ""),
        ];
        for (word, expected) in rows {
            let found = similar(word);
            assert_eq!(found.as_deref().unwrap_or_default(), expected, "{word}");
        }
    }

    #[test]
    fn every_operation_is_similar_to_one_of_the_same_words() {
        for row in operations() {
            let found = similar(&row.name()).and_then(|name| find(&name, None));
            let found = found.map(|found| words(&found.name()));
            assert_eq!(found, Some(words(&row.name())), "{}", row.name());
        }
    }
}
