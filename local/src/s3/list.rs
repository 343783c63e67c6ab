//! A list of a bucket's objects, a page at a time (`ListObjects` and `ListObjectsV2`).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::answer::escape;
use crate::step_functions::ACCOUNT;

use super::object::Description;
use super::refusal::Refusal;

/// The longest page that S3 gives.
const LONGEST_PAGE: usize = 1000;

/// Which of the two lists is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edition {
    First,
    Second,
}

/// What a list was asked for.
#[derive(Debug)]
pub(super) struct Request {
    edition: Edition,
    prefix: String,
    delimiter: String,
    /// The key or common prefix after which the page begins.
    after: String,
    /// The parameter in which `after` stood, to be said again.
    given: Option<(&'static str, String)>,
    length: usize,
    is_encoded: bool,
    has_owners: bool,
}

/// What stands on a page.
enum Entry<'list> {
    Object(&'list Description),
    Prefix(&'list str),
}

impl Entry<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Object(object) => &object.key,
            Self::Prefix(prefix) => prefix,
        }
    }
}

impl Request {
    /// Reads the query parameters.
    pub(super) fn read(edition: Edition, query: &[(String, String)]) -> Result<Self, Refusal> {
        let mut request = Self {
            edition,
            prefix: String::new(),
            delimiter: String::new(),
            after: String::new(),
            given: None,
            length: LONGEST_PAGE,
            is_encoded: false,
            has_owners: edition == Edition::First,
        };
        let mut token = None;
        for (name, value) in query {
            match (name.as_str(), edition) {
                ("prefix", _) => request.prefix.clone_from(value),
                ("delimiter", _) => request.delimiter.clone_from(value),
                ("marker", Edition::First) => {
                    request.after.clone_from(value);
                    request.given = Some(("Marker", value.clone()));
                }
                ("start-after", Edition::Second) => {
                    request.after.clone_from(value);
                    request.given = Some(("StartAfter", value.clone()));
                }
                ("continuation-token", Edition::Second) => token = Some(value),
                ("max-keys", _) => {
                    let length = value.parse::<usize>().map_err(|_| {
                        Refusal::InvalidArgument(
                            "Provided max-keys not an integer or within integer range".to_owned(),
                        )
                    })?;
                    request.length = length.min(LONGEST_PAGE);
                }
                ("encoding-type", _) if value == "url" => request.is_encoded = true,
                ("encoding-type", _) => {
                    let message = "Invalid Encoding Method specified in Request";
                    return Err(Refusal::InvalidArgument(message.to_owned()));
                }
                ("fetch-owner", Edition::Second) => request.has_owners = value == "true",
                _ => {}
            }
        }
        // Our token is the last entry of the page before, and it counts more than where the list began.
        if let Some(token) = token {
            request.after.clone_from(token);
            request.given = Some(("ContinuationToken", token.clone()));
        }
        Ok(request)
    }

    /// Writes the page of `objects`, which are ordered by key.
    pub(super) fn answer(&self, bucket: &str, objects: &[Description]) -> String {
        let (page, is_truncated) = self.page(objects);
        let mut xml =
            String::from("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
        let mut element = |name: &str, value: &str| {
            write!(xml, "<{name}>{value}</{name}>").expect("writing to a string cannot fail");
        };
        element("Name", &escape(bucket));
        element("Prefix", &self.name(&self.prefix));
        if !self.delimiter.is_empty() {
            element("Delimiter", &self.name(&self.delimiter));
        }
        match (&self.given, self.edition) {
            (Some(("ContinuationToken", token)), _) => element("ContinuationToken", &escape(token)),
            (Some((name, value)), _) => element(name, &self.name(value)),
            (None, Edition::First) => element("Marker", ""),
            (None, Edition::Second) => {}
        }
        if self.is_encoded {
            element("EncodingType", "url");
        }
        if self.edition == Edition::Second {
            element("KeyCount", &page.len().to_string());
        }
        element("MaxKeys", &self.length.to_string());
        element("IsTruncated", &is_truncated.to_string());
        match (page.last().filter(|_| is_truncated), self.edition) {
            (Some(last), Edition::Second) => element("NextContinuationToken", &escape(last.name())),
            // Without a delimiter, the last key is the marker.
            (Some(last), Edition::First) if !self.delimiter.is_empty() => {
                element("NextMarker", &self.name(last.name()));
            }
            _ => {}
        }
        for entry in &page {
            match entry {
                Entry::Object(object) => element("Contents", &self.contents(object)),
                Entry::Prefix(prefix) => {
                    element(
                        "CommonPrefixes",
                        &format!("<Prefix>{}</Prefix>", self.name(prefix)),
                    );
                }
            }
        }
        xml.push_str("</ListBucketResult>");
        xml
    }

    /// The entries of the page, and whether more would follow.
    fn page<'list>(&self, objects: &'list [Description]) -> (Vec<Entry<'list>>, bool) {
        let mut page = Vec::new();
        let mut prefixes = BTreeSet::new();
        for object in objects {
            let key = object.key.as_str();
            let Some(rest) = key.strip_prefix(self.prefix.as_str()) else {
                continue;
            };
            let end = rest
                .find(self.delimiter.as_str())
                .filter(|_| !self.delimiter.is_empty())
                .map(|begin| self.prefix.len() + begin + self.delimiter.len());
            let entry = match end.and_then(|end| key.get(..end)) {
                Some(prefix) if prefix <= self.after.as_str() => continue,
                Some(prefix) if !prefixes.insert(prefix) => continue,
                Some(prefix) => Entry::Prefix(prefix),
                None if key <= self.after.as_str() => continue,
                None => Entry::Object(object),
            };
            if page.len() == self.length {
                return (page, self.length > 0);
            }
            page.push(entry);
        }
        (page, false)
    }

    fn contents(&self, object: &Description) -> String {
        let mut xml = format!(
            "<Key>{}</Key><LastModified>{:.3}</LastModified><ETag>{}</ETag>",
            self.name(&object.key),
            object.modified,
            escape(&object.etag),
        );
        if let Some(checksum) = &object.checksum {
            write!(
                xml,
                "<ChecksumAlgorithm>{}</ChecksumAlgorithm><ChecksumType>{}</ChecksumType>",
                checksum.algorithm.name(),
                checksum.coverage.name(),
            )
            .expect("writing to a string cannot fail");
        }
        write!(xml, "<Size>{}</Size>", object.bytes).expect("writing to a string cannot fail");
        if self.has_owners {
            write!(xml, "<Owner><ID>{ACCOUNT}</ID></Owner>")
                .expect("writing to a string cannot fail");
        }
        xml.push_str("<StorageClass>STANDARD</StorageClass>");
        xml
    }

    /// A key as it stands in the list.
    fn name(&self, name: &str) -> String {
        if !self.is_encoded {
            return escape(name);
        }
        name.bytes().fold(String::new(), |mut text, byte| {
            if byte.is_ascii_alphanumeric() || b"-_.*/".contains(&byte) {
                text.push(char::from(byte));
            } else {
                write!(text, "%{byte:02X}").expect("writing to a string cannot fail");
            }
            text
        })
    }
}
