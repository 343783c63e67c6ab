//! What has to be known of a table to read and write its items.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dynoxide::Database;
use dynoxide::storage::{TableMetadata, compute_hash_prefix};
use dynoxide::types::{
    AttributeDefinition, AttributeValue, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    ProjectionType, ScalarAttributeType,
};

use super::request::{Attribute, Item, is_simple};

/// The longest key that DynamoDB takes, in bytes: the first part and the second.
const LONGEST_KEY: (usize, usize) = (2048, 1024);

/// A table whose keys are texts, and that has nothing more than global indexes.
pub(super) struct Table {
    pub(super) name: String,
    partition_key: String,
    sort_key: Option<String>,
    /// The attributes by which an item stands in an index.
    pub(super) indexed: Vec<String>,
    /// Its indexes; `None` if an item that stands in one is not written here.
    indexes: Option<Vec<Index>>,
    pub(super) select: String,
    pub(super) insert: String,
}

/// A global index that holds whole items, and whose keys are texts as well.
struct Index {
    partition_key: String,
    sort_key: Option<String>,
    insert: String,
}

/// What an item leaves in an index.
pub(super) struct Entry<'table> {
    pub(super) insert: &'table str,
    pub(super) pk: String,
    pub(super) sk: String,
}

/// The tables that were looked up; `None` for one that is not plain.
#[derive(Default)]
pub(super) struct Tables(Mutex<Known>);

#[derive(Default)]
struct Known {
    tables: HashMap<String, Option<Arc<Table>>>,
    /// How often everything was forgotten.
    age: u64,
}

impl Tables {
    /// A table, if it is plain.
    pub(super) fn find(&self, database: &Database, name: &str) -> Option<Arc<Table>> {
        let age = {
            let known = self.known();
            if let Some(table) = known.tables.get(name) {
                return table.clone();
            }
            known.age
        };
        let described = database.get_table_metadata(name).ok()??;
        let table = Table::of(&described).map(Arc::new);
        let mut known = self.known();
        if known.age == age {
            known.tables.insert(name.to_owned(), table.clone());
        }
        table
    }

    /// How often everything was forgotten: a table that was found before may have changed since.
    pub(super) fn age(&self) -> u64 {
        self.known().age
    }

    /// Forgets what it knows.
    pub(super) fn forget(&self) {
        let mut known = self.known();
        known.tables.clear();
        known.age += 1;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn of(described: &TableMetadata) -> Option<Self> {
        let has_more = described.lsi_definitions.is_some()
            || described.vector_index_definitions.is_some()
            || described.stream_enabled;
        if has_more || described.table_status != "ACTIVE" {
            return None;
        }
        let schema: Vec<KeySchemaElement> = serde_json::from_str(&described.key_schema).ok()?;
        let attributes: Vec<AttributeDefinition> =
            serde_json::from_str(&described.attribute_definitions).ok()?;
        let global: Vec<GlobalSecondaryIndex> = match &described.gsi_definitions {
            None => Vec::new(),
            Some(text) => serde_json::from_str(text).ok()?,
        };
        let named = |role| {
            let mut parts = schema.iter().filter(|part| part.key_type == role);
            parts.next().map(|part| part.attribute_name.clone())
        };
        let is_text = |name: &String| {
            let is_it = |one: &&AttributeDefinition| one.attribute_name == *name;
            let found = attributes.iter().find(is_it);
            found.is_some_and(|one| one.attribute_type == ScalarAttributeType::S)
        };
        let (partition_key, sort_key) = (named(KeyType::HASH)?, named(KeyType::RANGE));
        let own = |name: &String| *name == partition_key || sort_key.as_ref() == Some(name);
        // An item without one of an index's own attributes does not stand in it.
        let parts = global.iter().flat_map(|index| &index.key_schema);
        let listed: Vec<_> = parts.map(|part| part.attribute_name.clone()).collect();
        if listed.iter().any(|name| own(name) || !is_simple(name)) {
            return None;
        }
        let are_texts = listed.iter().all(is_text);
        let of_table = |index| Index::of(&described.table_name, index).filter(|_| are_texts);
        let indexes = global.iter().map(of_table).collect();
        if !is_text(&partition_key) || !sort_key.iter().all(is_text) {
            return None;
        }
        let escaped = described.table_name.replace('"', "\"\"");
        Some(Self {
            name: described.table_name.clone(),
            partition_key,
            sort_key,
            indexed: listed,
            indexes,
            select: format!("SELECT item_json FROM \"{escaped}\" WHERE pk = ?1 AND sk = ?2"),
            insert: format!(
                "INSERT OR REPLACE INTO \"{escaped}\" \
                 (pk, sk, item_json, item_size, cached_at, hash_prefix) VALUES (?1, ?2, ?3, ?4, \
                 (SELECT cached_at FROM \"{escaped}\" WHERE pk = ?1 AND sk = ?2), ?5)"
            ),
        })
    }

    /// Where an item lies, by its key and nothing else.
    pub(super) fn place(&self, key: &Item) -> Option<(String, String)> {
        let parts = 1 + usize::from(self.sort_key.is_some());
        (key.len() == parts).then(|| self.place_of(key))?
    }

    /// Where a whole item lies.
    pub(super) fn place_of(&self, item: &Item) -> Option<(String, String)> {
        let part = |name: &String, longest| key(item.get(name)?, longest);
        let pk = part(&self.partition_key, LONGEST_KEY.0)?;
        let sk = match &self.sort_key {
            None => String::new(),
            Some(name) => part(name, LONGEST_KEY.1)?,
        };
        Some((pk, sk))
    }

    /// What an item leaves in the indexes, if that can be told.
    pub(super) fn entries(&self, item: &Item) -> Option<Vec<Entry<'_>>> {
        let mut given = self.indexed.iter().filter_map(|name| item.get(name));
        if given.clone().next().is_none() {
            return Some(Vec::new());
        }
        let indexes = self.indexes.as_ref()?;
        if given.any(|value| key(value, LONGEST_KEY.1).is_none()) {
            return None;
        }
        Some(
            indexes
                .iter()
                .filter_map(|index| index.entry(item))
                .collect(),
        )
    }
}

impl Index {
    fn of(table: &str, index: &GlobalSecondaryIndex) -> Option<Self> {
        let mut keys = index.key_schema.iter();
        let (Some(first), second, None) = (keys.next(), keys.next(), keys.next()) else {
            return None;
        };
        let roles = (&first.key_type, second.map(|part| &part.key_type));
        if !matches!(roles, (KeyType::HASH, None | Some(KeyType::RANGE))) {
            return None;
        }
        let name = format!("{table}::gsi::{}", index.index_name).replace('"', "\"\"");
        if index.projection.projection_type != Some(ProjectionType::ALL) {
            return None;
        }
        Some(Self {
            partition_key: first.attribute_name.clone(),
            sort_key: second.map(|part| part.attribute_name.clone()),
            insert: format!(
                "INSERT OR REPLACE INTO \"{name}\" \
                 (gsi_pk, gsi_sk, table_pk, table_sk, item_json) VALUES (?1, ?2, ?3, ?4, ?5)"
            ),
        })
    }

    /// What an item leaves here; `None` if it lacks a key.
    fn entry(&self, item: &Item) -> Option<Entry<'_>> {
        let part = |name: &String| key(item.get(name)?, LONGEST_KEY.1);
        let pk = part(&self.partition_key)?;
        let sk = match &self.sort_key {
            None => String::new(),
            Some(name) => part(name)?,
        };
        let insert = &self.insert;
        Some(Entry { insert, pk, sk })
    }
}

/// A key as dynoxide keeps it.
fn key(value: &Attribute, longest: usize) -> Option<String> {
    match value {
        Attribute::S(text) if (1..=longest).contains(&text.len()) => Some(format!("S:{text}")),
        Attribute::S(_) | Attribute::N(_) | Attribute::Bool(_) => None,
    }
}

/// What a parallel scan sorts by.
pub(super) fn hash_prefix(pk: &str) -> String {
    let text = pk.strip_prefix("S:").unwrap_or(pk);
    compute_hash_prefix(&AttributeValue::S(text.to_owned()))
}
