//! S3: buckets and objects behind S3's own protocol, as far as single objects and lists go.

mod list;
mod object;
mod objects;
mod task;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, LAST_MODIFIED};
use http::{HeaderValue, Request, StatusCode};
use jiff::Timestamp;

use crate::Error;
use crate::answer::{Answer, answer, escape, refuse};
use crate::folder::Folder;
use crate::network::Service;
use crate::route::{object_path, query};

use object::Description;
use objects::{Objects, Refusal};

/// The buckets of this AWS.
pub(crate) struct S3 {
    objects: Objects,
}

/// What a request can ask for that would change the answer and that we do not do: refused, never ignored.
const NOT_DONE: [&str; 8] = [
    "range",
    "if-match",
    "if-modified-since",
    "if-unmodified-since",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-write-offset-bytes",
    "x-amz-tagging",
    "x-amz-object-lock-mode",
];

impl S3 {
    /// Opens the buckets in a state folder, or in memory.
    pub(crate) fn open(folder: Option<&Folder>) -> Result<Self, Error> {
        Ok(Self {
            objects: Objects::open(folder)?,
        })
    }

    /// Answers one request. It blocks on the disk.
    pub(crate) fn answer(
        &self,
        operation: &str,
        request: &Request<Bytes>,
        now: Timestamp,
    ) -> Answer {
        let mut answer = match self.perform(operation, request, now) {
            Ok(answer) => answer,
            Err(refusal) => {
                let (status, code) = refusal.status_and_code();
                refuse(Service::S3, status, code, &refusal.to_string())
            }
        };
        if request.method() == http::Method::HEAD {
            answer.body_mut().clear();
        }
        answer
    }

    fn perform(
        &self,
        operation: &str,
        request: &Request<Bytes>,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let (bucket, key) = object_path(request);
        let headers = request.headers();
        if let Some(name) = NOT_DONE.iter().find(|name| headers.contains_key(**name)) {
            return Err(Refusal::NotImplemented(format!("the header `{name}`")));
        }
        if headers
            .get("content-encoding")
            .is_some_and(|encoding| encoding.as_bytes().starts_with(b"aws-chunked"))
        {
            return Err(Refusal::NotImplemented(
                "a body in chunks (aws-chunked)".to_owned(),
            ));
        }
        match operation {
            "ListBuckets" => Ok(self.list_buckets()),
            "CreateBucket" => {
                self.objects.create_bucket(&bucket)?;
                Ok(empty(StatusCode::OK))
            }
            "HeadBucket" => {
                self.objects.has_bucket(&bucket)?;
                Ok(empty(StatusCode::OK))
            }
            "DeleteBucket" => {
                self.objects.delete_bucket(&bucket)?;
                Ok(empty(StatusCode::NO_CONTENT))
            }
            "PutObject" => {
                let description = Description::of(&key, headers, request.body(), now);
                let only_new = headers
                    .get("if-none-match")
                    .is_some_and(|value| value == "*");
                let etag = description.etag.clone();
                self.objects
                    .put(&bucket, description, request.body(), only_new)?;
                let mut answer = empty(StatusCode::OK);
                insert(answer.headers_mut(), ETAG, &etag);
                Ok(answer)
            }
            "GetObject" => {
                let (description, body) = self.objects.get(&bucket, &key)?;
                Ok(described(&description, body))
            }
            "HeadObject" => Ok(described(&self.objects.head(&bucket, &key)?, Bytes::new())),
            "DeleteObject" => {
                self.objects.delete(&bucket, &key)?;
                Ok(empty(StatusCode::NO_CONTENT))
            }
            "ListObjectsV2" => {
                let list = list::Request::read(&query(request))?;
                Ok(xml(&list.answer(&bucket, &self.objects.list(&bucket)?)))
            }
            unknown => Err(Refusal::NotImplemented(format!(
                "the operation `{unknown}`"
            ))),
        }
    }

    fn list_buckets(&self) -> Answer {
        let names = self.objects.bucket_names();
        let entry = |name: &String| format!("<Bucket><Name>{}</Name></Bucket>", escape(name));
        let buckets: String = names.iter().map(entry).collect();
        xml(&format!(
            "<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Buckets>{buckets}</Buckets></ListAllMyBucketsResult>"
        ))
    }
}

/// An answer without a body.
fn empty(status: StatusCode) -> Answer {
    let mut answer = Answer::new(Bytes::new());
    *answer.status_mut() = status;
    answer
}

/// An answer in XML.
fn xml(body: &str) -> Answer {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
    answer(StatusCode::OK, "application/xml", body)
}

/// An object with its description as headers.
fn described(description: &Description, body: Bytes) -> Answer {
    let mut answer = Answer::new(body);
    let headers = answer.headers_mut();
    insert(headers, ETAG, &description.etag);
    insert(headers, LAST_MODIFIED, &description.http_date());
    insert(headers, CONTENT_TYPE, &description.content_type);
    insert(
        headers,
        http::header::CONTENT_LENGTH,
        &description.bytes.to_string(),
    );
    for (name, value) in &description.metadata {
        if let Ok(name) = HeaderName::try_from(format!("x-amz-meta-{name}")) {
            insert(headers, name, value);
        }
    }
    answer
}

/// Sets a header. The values were headers before, so that they can be headers again.
fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
