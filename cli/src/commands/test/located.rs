//! Values of files as the types of tests, where whatever is wrong has a place and is said in our own words.

use std::fmt::Display;
use std::ops::Range;

use pawl_compiler::diagnostic::{Place, did_you_mean};
use pawl_compiler::source::{Data, Entry, Node};
use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, Expected, IntoDeserializer, MapAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::project::DefinitionFile;

/// What to do where there is nothing better to say.
const PAGE: &str = "docs/testing.md says what a test holds";

/// What is wrong with a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wrong {
    message: String,
    help: Option<String>,
    span: Option<Range<usize>>,
    /// What is wanted instead of what stands there.
    wanted: Option<String>,
}

impl Wrong {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    pub(super) fn help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    pub(super) fn at(mut self, span: Range<usize>) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// Stands at a value, unless it stands inside of it.
    fn on(mut self, node: &Node) -> Self {
        if let Some(wanted) = self.wanted.take() {
            self.message = format!("this is {}, and must be {wanted}", node.noun());
        }
        self.at(node.span.clone())
    }

    /// The lines that people read.
    pub(super) fn lines(&self, file: &DefinitionFile) -> String {
        let place = self.span.as_ref().map(|span| place(file, span.start));
        let place = place.unwrap_or_else(|| file.name());
        let help = self.help.as_deref().unwrap_or(PAGE);
        said(&format!("{place}: {}", self.message), Some(help))
    }
}

/// A message, with what to do below it.
pub(super) fn said(message: &str, help: Option<&str>) -> String {
    match help {
        Some(help) => format!("{message}\n  = help: {help}"),
        None => message.to_owned(),
    }
}

/// A place of a file, as editors read it.
pub(super) fn place(file: &DefinitionFile, offset: usize) -> String {
    let Place { line, column } = Place::of(&file.text, offset);
    format!("{}:{line}:{column}", file.name())
}

/// Reads a value.
pub(super) fn read<T: DeserializeOwned>(node: &Node) -> Result<T, Wrong> {
    T::deserialize(At(node))
}

impl Display for Wrong {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let wanted = wanted.to_string();
        let word = match wanted.as_str() {
            "a map" => "an object",
            "a sequence" => "a list",
            "usize" => "a whole number",
            word if word.starts_with("struct ") => "an object",
            word => word,
        };
        Self {
            wanted: Some(word.to_owned()),
            ..Self::default()
        }
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::invalid_type(found, wanted)
    }

    fn unknown_field(field: &str, fields: &'static [&'static str]) -> Self {
        let help = did_you_mean(field, fields.iter().copied());
        let help = help.unwrap_or_else(|| format!("the fields are {}", words(fields)));
        Self::new(format!("`{field}` is no field of a test here")).help(Some(help))
    }

    fn unknown_variant(word: &str, words_of: &'static [&'static str]) -> Self {
        let help = did_you_mean(word, words_of.iter().copied());
        Self::new(format!("`{word}` is none of {}", words(words_of))).help(help)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("`{field}` is missing here"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        let twice = Self::new(format!("`{field}` stands here twice"));
        twice.help(Some("keep one of them".to_owned()))
    }
}

fn words(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// A value that knows its place.
struct At<'n>(&'n Node);

impl<'de> Deserializer<'de> for At<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let Self(node) = self;
        let read = match &node.data {
            Data::Null => visitor.visit_unit(),
            Data::Bool(flag) => visitor.visit_bool(*flag),
            Data::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (None, Some(number), _) => visitor.visit_i64(number),
                (None, None, number) => visitor.visit_f64(number.unwrap_or_default()),
            },
            Data::String(text) => visitor.visit_str(text),
            Data::Array(elements) => {
                visitor.visit_seq(SeqDeserializer::new(elements.iter().map(At)))
            }
            Data::Object(entries) => {
                let (entries, value) = (entries.iter(), None);
                visitor.visit_map(Fields { entries, value })
            }
        };
        read.map_err(|wrong| wrong.on(node))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.0.is_null() {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let node = self.0;
        let read = visitor.visit_newtype_struct(self);
        read.map_err(|wrong| wrong.on(node))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let Some(word) = self.0.as_str() else {
            return Err(Wrong::invalid_type(Unexpected::Enum, &"a string").on(self.0));
        };
        let word: StrDeserializer<'_, Wrong> = word.into_deserializer();
        let read = visitor.visit_enum(word);
        read.map_err(|wrong| wrong.on(self.0))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, Wrong> for At<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The fields of an object, one after the other.
struct Fields<'n> {
    entries: std::slice::Iter<'n, Entry>,
    /// The value of the key that was read last.
    value: Option<&'n Node>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Wrong> {
        let Some(entry) = self.entries.next() else {
            return Ok(None);
        };
        self.value = Some(&entry.node);
        seed.deserialize(Key(entry)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let value = self.value.take().expect("a value is read after its key");
        seed.deserialize(At(value)).map_err(|wrong| wrong.on(value))
    }
}

/// A key, at which stands what nobody knows it for.
struct Key<'n>(&'n Entry);

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let read = visitor.visit_str(&self.0.key);
        read.map_err(|wrong: Wrong| wrong.at(self.0.key_span.clone()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any option newtype_struct
        enum
    }
}
