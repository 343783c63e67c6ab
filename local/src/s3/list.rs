//! A list of a bucket's objects, a page at a time (`ListObjectsV2`).

use std::fmt::Write as _;

use crate::answer::escape;

use super::object::Description;
use super::objects::Refusal;

/// The longest page that S3 gives.
const LONGEST_PAGE: usize = 1000;

/// What a list was asked for.
#[derive(Debug)]
pub(super) struct Request {
    prefix: String,
    /// The key after which the page begins.
    after: String,
    length: usize,
}

impl Request {
    /// Reads the query parameters.
    pub(super) fn read(query: &[(String, String)]) -> Result<Self, Refusal> {
        let mut request = Self {
            prefix: String::new(),
            after: String::new(),
            length: LONGEST_PAGE,
        };
        for (name, value) in query {
            match name.as_str() {
                "prefix" => request.prefix.clone_from(value),
                // Our token is the last key of the page before, and it counts more than where the list began.
                "continuation-token" => request.after.clone_from(value),
                "start-after" if request.after.is_empty() => request.after.clone_from(value),
                "max-keys" => {
                    let length = value.parse::<usize>().map_err(|_| {
                        Refusal::InvalidArgument(
                            "Provided max-keys not an integer or within integer range".to_owned(),
                        )
                    })?;
                    request.length = length.min(LONGEST_PAGE);
                }
                "delimiter" | "encoding-type" | "fetch-owner" if !value.is_empty() => {
                    return Err(Refusal::NotImplemented(format!("`{name}` in a list")));
                }
                _ => {}
            }
        }
        Ok(request)
    }

    /// Writes the page of `objects`, which are ordered by key.
    pub(super) fn answer(&self, bucket: &str, objects: &[Description]) -> String {
        let mut matching = objects.iter().filter(|object| {
            object.key.starts_with(&self.prefix) && object.key.as_str() > self.after.as_str()
        });
        let page: Vec<&Description> = matching.by_ref().take(self.length).collect();
        let next = page.last().filter(|_| matching.next().is_some());
        let mut xml = format!(
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{}</Name><Prefix>{}</Prefix>\
             <KeyCount>{}</KeyCount><MaxKeys>{}</MaxKeys><IsTruncated>{}</IsTruncated>",
            escape(bucket),
            escape(&self.prefix),
            page.len(),
            self.length,
            next.is_some(),
        );
        for object in &page {
            write!(
                xml,
                "<Contents><Key>{}</Key><LastModified>{:.3}</LastModified><ETag>{}</ETag><Size>{}</Size>\
                 <StorageClass>STANDARD</StorageClass></Contents>",
                escape(&object.key),
                object.modified,
                escape(&object.etag),
                object.bytes,
            )
            .expect("writing to a string cannot fail");
        }
        if let Some(last) = next {
            let token = escape(&last.key);
            write!(
                xml,
                "<NextContinuationToken>{token}</NextContinuationToken>"
            )
            .expect("writing to a string cannot fail");
        }
        xml.push_str("</ListBucketResult>");
        xml
    }
}
