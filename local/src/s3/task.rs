//! S3 as a Task of a machine calls it: JSON in, JSON out.

use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::delivery::whole_seconds;
use crate::sdk::Refused;

use super::S3;
use super::checksum::Algorithm;
use super::object::Description;
use super::objects::Condition;
use super::refusal::Refusal;

impl S3 {
    /// Answers a Task's call, or says the error's code and message. It blocks on the disk.
    pub(crate) fn call(
        &self,
        operation: &str,
        arguments: &Value,
        now: Timestamp,
    ) -> Result<Value, Refused> {
        self.called(operation, arguments, now).map_err(|refusal| {
            let (status, code) = refusal.status_and_code();
            Refused {
                status,
                code: code.to_owned(),
                message: refusal.to_string(),
            }
        })
    }

    fn called(&self, operation: &str, arguments: &Value, now: Timestamp) -> Result<Value, Refusal> {
        let text = |name: &str| {
            arguments
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (bucket, key) = (text("Bucket"), text("Key"));
        match operation {
            "GetObject" => {
                let (description, body) = self.objects.whole(bucket, key)?;
                let mut answer = facts(&description);
                if let Some(answer) = answer.as_object_mut() {
                    answer.insert("Body".to_owned(), String::from_utf8_lossy(&body).into());
                }
                Ok(answer)
            }
            "HeadObject" => {
                let (description, _) = self.objects.get(bucket, key, |_| Ok(0..0))?;
                Ok(facts(&description))
            }
            "PutObject" => {
                let body = match arguments.get("Body") {
                    Some(Value::String(text)) => Bytes::from(text.clone()),
                    Some(other) => Bytes::from(other.to_string()),
                    None => Bytes::new(),
                };
                let mut headers = HeaderMap::new();
                if let Ok(content_type) = text("ContentType").parse()
                    && !text("ContentType").is_empty()
                {
                    headers.insert(http::header::CONTENT_TYPE, content_type);
                }
                let mut description = Description::of(key, &headers, &body, now);
                description.checksum = Some(Algorithm::Crc64Nvme.of(&body));
                let etag = description.etag.clone();
                self.objects
                    .put(bucket, description, &body, &Condition::Always)?;
                Ok(json!({ "ETag": etag }))
            }
            "DeleteObject" => {
                self.objects.delete(bucket, key)?;
                Ok(json!({}))
            }
            "ListObjectsV2" => self.listed(bucket, arguments),
            unknown => Err(Refusal::NotImplemented(format!(
                "the operation `{unknown}`"
            ))),
        }
    }

    fn listed(&self, bucket: &str, arguments: &Value) -> Result<Value, Refusal> {
        let text = |name: &str| {
            arguments
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let after = match text("ContinuationToken") {
            "" => text("StartAfter"),
            token => token,
        };
        let length = arguments
            .get("MaxKeys")
            .and_then(Value::as_u64)
            .unwrap_or(1000)
            .min(1000);
        let objects = self.objects.list(bucket)?;
        let mut matching = objects
            .iter()
            .filter(|object| object.key.starts_with(text("Prefix")) && object.key.as_str() > after);
        let page: Vec<&Description> = matching
            .by_ref()
            .take(usize::try_from(length).unwrap_or(usize::MAX))
            .collect();
        let is_truncated = matching.next().is_some();
        let contents: Vec<Value> = page
            .iter()
            .map(|object| {
                json!({
                    "ETag": object.etag,
                    "Key": object.key,
                    "LastModified": whole_seconds(object.modified),
                    "Size": object.bytes,
                    "StorageClass": "STANDARD",
                })
            })
            .collect();
        let mut answer = json!({
            "Contents": contents,
            "IsTruncated": is_truncated,
            "KeyCount": page.len(),
            "MaxKeys": length,
            "Name": bucket,
            "Prefix": text("Prefix"),
        });
        if let (Some(answer), Some(last), true) =
            (answer.as_object_mut(), page.last(), is_truncated)
        {
            answer.insert("NextContinuationToken".to_owned(), last.key.clone().into());
        }
        Ok(answer)
    }
}

/// What is said of an object beside its content.
fn facts(description: &Description) -> Value {
    json!({
        "AcceptRanges": "bytes",
        "ContentLength": description.bytes,
        "ContentType": description.content_type,
        "ETag": description.etag,
        "LastModified": whole_seconds(description.modified),
        "Metadata": description.metadata,
    })
}
