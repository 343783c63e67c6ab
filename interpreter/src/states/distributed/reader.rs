//! An ItemReader at work: what it asks S3 for, and the items in the answers.
//!
//! ```text
//! getObject                   one text                   ──> its items
//! getObject, MANIFEST         a list of objects          ──> getObject of each ──> their items
//! listObjectsV2               the objects, page by page  ──> an item each
//! listObjectsV2, LOAD_AND_FLATTEN   the objects          ──> getObject of each ──> their items
//! ```

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::formats::Format;
use super::items::Item;

/// What an ItemReader reads, and how far it has come. Errors are causes of `States.ItemReaderFailed`.
#[derive(Debug)]
pub(super) struct Reader {
    /// The ARN of the first call.
    resource: String,
    /// The ARN of the call that reads an object.
    get: String,
    /// What the next call is given.
    arguments: Value,
    kind: Kind,
    format: Format,
    /// The most items.
    most: usize,
    /// The objects still to be read, by bucket and key.
    objects: VecDeque<(String, String)>,
    items: Vec<Item>,
}

/// What the answer to a call holds.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// Items, as a text.
    Text,
    /// The manifest of an S3 inventory.
    Inventory,
    /// The manifest that Athena writes: the address of an object in each line.
    Athena,
    /// The objects of a bucket, each an item.
    List,
    /// The objects of a bucket, each with items in it.
    ListOfTexts,
}

impl Reader {
    /// Understands the fields of an ItemReader once they are resolved.
    pub(super) fn new(resource: &str, arguments: Value, config: &Value) -> Result<Self, String> {
        let text = |name: &str| config.get(name).and_then(Value::as_str);
        let input_type = text("InputType");
        let load = text("Transformation") == Some("LOAD_AND_FLATTEN");
        let (base, action) = resource.rsplit_once(':').unwrap_or((resource, ""));
        let kind = match (action, input_type, load) {
            ("getObject", Some("MANIFEST"), _) => Kind::Inventory,
            ("getObject", _, _) if text("ManifestType") == Some("ATHENA_DATA") => Kind::Athena,
            ("getObject", _, _) if text("ManifestType") == Some("S3_INVENTORY") => Kind::Inventory,
            ("getObject", _, _) => Kind::Text,
            ("listObjectsV2", _, true) => Kind::ListOfTexts,
            ("listObjectsV2", _, false) => Kind::List,
            _ => {
                return Err(format!(
                    "The ItemReader resource '{resource}' is not supported."
                ));
            }
        };
        let format = match kind {
            Kind::List | Kind::Inventory => Format::JsonLines,
            Kind::Text | Kind::Athena | Kind::ListOfTexts => format(config)?,
        };
        Ok(Self {
            get: format!("{base}:getObject"),
            resource: resource.to_owned(),
            arguments,
            kind,
            format,
            most: most(config)?,
            objects: VecDeque::new(),
            items: Vec::new(),
        })
    }

    /// The call to make next: its ARN and arguments.
    pub(super) fn call(&self) -> (String, Value) {
        (self.resource.clone(), self.arguments.clone())
    }

    /// Takes the answer to the last call; the items, once all are there.
    pub(super) fn take(&mut self, answer: &Value) -> Result<Option<Vec<Item>>, String> {
        match self.kind {
            Kind::Text => {
                let text = body(answer)?;
                let mut items = self.format.items(text, &self.source())?;
                self.items.append(&mut items);
            }
            Kind::Inventory => self.take_inventory(body(answer)?)?,
            Kind::Athena => {
                let addresses = body(answer)?.lines().filter(|line| !line.is_empty());
                for address in addresses {
                    let object = address
                        .trim()
                        .strip_prefix("s3://")
                        .and_then(|path| path.split_once('/'))
                        .ok_or_else(|| {
                            format!("The manifest holds '{address}', which is no address in S3.")
                        })?;
                    self.objects
                        .push_back((object.0.to_owned(), object.1.to_owned()));
                }
                self.kind = Kind::Text;
            }
            Kind::List | Kind::ListOfTexts => {
                if self.take_page(answer)? {
                    return Ok(None);
                }
            }
        }
        if self.items.len() < self.most
            && let Some((bucket, key)) = self.objects.pop_front()
        {
            self.resource.clone_from(&self.get);
            self.arguments = json!({ "Bucket": bucket, "Key": key });
            return Ok(None);
        }
        self.items.truncate(self.most);
        Ok(Some(std::mem::take(&mut self.items)))
    }

    /// Takes a page of a list; whether another one follows.
    fn take_page(&mut self, answer: &Value) -> Result<bool, String> {
        let objects = match answer.get("Contents") {
            None | Some(Value::Null) => &[],
            Some(Value::Array(objects)) => objects.as_slice(),
            Some(other) => return Err(format!("The list of objects is no list: {other}")),
        };
        let bucket = self.argument("Bucket");
        let source = format!("S3://{bucket}");
        for object in objects {
            if self.kind == Kind::List {
                self.items.push(Item::new(listed(object), &source));
            } else if let Some(key) = object.get("Key").and_then(Value::as_str) {
                // A name that ends so stands for a folder and holds nothing.
                if !key.ends_with('/') {
                    self.objects.push_back((bucket.clone(), key.to_owned()));
                }
            }
        }
        let next = answer
            .get("NextContinuationToken")
            .filter(|token| token.is_string() && self.items.len() < self.most);
        if let (Some(token), Some(arguments)) = (next, self.arguments.as_object_mut()) {
            arguments.insert("ContinuationToken".to_owned(), token.clone());
            return Ok(true);
        }
        if self.kind == Kind::ListOfTexts {
            self.kind = Kind::Text;
        }
        Ok(false)
    }

    /// Takes the manifest of an inventory: its files are CSV without a header, whose fields it names.
    fn take_inventory(&mut self, text: &str) -> Result<(), String> {
        let manifest: Value = serde_json::from_str(text)
            .map_err(|error| format!("The manifest cannot be read as JSON: {error}"))?;
        let member = |name: &str| {
            manifest
                .get(name)
                .and_then(Value::as_str)
                .ok_or_else(|| format!("The manifest has no '{name}'."))
        };
        let file_format = member("fileFormat")?;
        if file_format != "CSV" {
            return Err(format!(
                "An inventory in the format '{file_format}' is not supported; only CSV is."
            ));
        }
        let bucket = member("destinationBucket")?;
        let bucket = bucket.rsplit(':').next().unwrap_or(bucket).to_owned();
        let headers = member("fileSchema")?
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect();
        let files = manifest.get("files").and_then(Value::as_array);
        for file in files.into_iter().flatten() {
            if let Some(key) = file.get("key").and_then(Value::as_str) {
                self.objects.push_back((bucket.clone(), key.to_owned()));
            }
        }
        self.format = Format::Csv {
            delimiter: b',',
            headers: Some(headers),
        };
        self.kind = Kind::Text;
        Ok(())
    }

    fn argument(&self, name: &str) -> String {
        let argument = self.arguments.get(name).and_then(Value::as_str);
        argument.unwrap_or_default().to_owned()
    }

    /// The address of the object that is being read, as the context object writes it.
    fn source(&self) -> String {
        format!("S3://{}/{}", self.argument("Bucket"), self.argument("Key"))
    }
}

/// The text of an object.
fn body(answer: &Value) -> Result<&str, String> {
    answer
        .get("Body")
        .unwrap_or(answer)
        .as_str()
        .ok_or_else(|| "The object that was read is no text.".to_owned())
}

/// An object of a list as an item: S3's names but for one, and the moment in seconds.
fn listed(object: &Value) -> Value {
    let mut item = Map::new();
    for (theirs, ours) in [
        ("ETag", "Etag"),
        ("Key", "Key"),
        ("LastModified", "LastModified"),
        ("Size", "Size"),
        ("StorageClass", "StorageClass"),
    ] {
        let Some(value) = object.get(theirs) else {
            continue;
        };
        let moment = value
            .as_str()
            .filter(|_| ours == "LastModified")
            .and_then(|text| text.parse::<Timestamp>().ok());
        let value = moment.map_or_else(|| value.clone(), |moment| json!(moment.as_second()));
        item.insert(ours.to_owned(), value);
    }
    Value::Object(item)
}

fn format(config: &Value) -> Result<Format, String> {
    let text = |name: &str| config.get(name).and_then(Value::as_str);
    match text("InputType") {
        Some("JSON") => Ok(Format::Json {
            pointer: text("ItemsPointer").unwrap_or_default().to_owned(),
        }),
        Some("JSONL") => Ok(Format::JsonLines),
        Some("CSV") => Ok(Format::Csv {
            delimiter: delimiter(text("CSVDelimiter"))?,
            headers: headers(config)?,
        }),
        Some(other) => Err(format!("The InputType '{other}' is not supported.")),
        None => Err("The ReaderConfig names no InputType.".to_owned()),
    }
}

fn delimiter(name: Option<&str>) -> Result<u8, String> {
    match name {
        None | Some("COMMA") => Ok(b','),
        Some("PIPE") => Ok(b'|'),
        Some("SEMICOLON") => Ok(b';'),
        Some("SPACE") => Ok(b' '),
        Some("TAB") => Ok(b'\t'),
        Some(other) => Err(format!("The CSVDelimiter '{other}' is not supported.")),
    }
}

fn headers(config: &Value) -> Result<Option<Vec<String>>, String> {
    match config.get("CSVHeaderLocation").and_then(Value::as_str) {
        Some("FIRST_ROW") => Ok(None),
        Some("GIVEN") => {
            let headers = config.get("CSVHeaders").and_then(Value::as_array);
            let names = headers.map(|headers| {
                headers
                    .iter()
                    .map(|header| header.as_str().map(str::to_owned))
                    .collect::<Option<Vec<_>>>()
            });
            match names {
                Some(Some(names)) => Ok(Some(names)),
                Some(None) => Err("CSVHeaders must be a list of texts.".to_owned()),
                None => Err("CSVHeaderLocation is GIVEN, but CSVHeaders are not.".to_owned()),
            }
        }
        Some(other) => Err(format!("The CSVHeaderLocation '{other}' is not supported.")),
        None => Err("The ReaderConfig names no CSVHeaderLocation.".to_owned()),
    }
}

/// The most items to read; 0 means all of them, as where nothing is said.
fn most(config: &Value) -> Result<usize, String> {
    let Some(most) = config.get("MaxItems") else {
        return Ok(usize::MAX);
    };
    match most.as_u64().map(usize::try_from) {
        Some(Ok(0)) => Ok(usize::MAX),
        Some(Ok(most)) => Ok(most),
        _ => Err(format!("field MaxItems must be positive, but was: {most}")),
    }
}
