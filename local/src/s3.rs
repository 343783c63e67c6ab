//! S3: buckets and objects behind S3's own protocol: objects whole and in parts, copies and lists.

mod answers;
mod asked;
mod body;
mod checksum;
mod chunks;
mod conditions;
mod list;
mod multipart;
mod object;
mod objects;
mod refusal;
mod task;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName};
use http::{Request, StatusCode};
use jiff::Timestamp;

use crate::answer::{Answer, escape, refuse};
use crate::folder::Folder;
use crate::network::Service;
use crate::step_functions::{ACCOUNT, REGION};
use crate::{Durability, Error};

use answers::{copied, described, empty, insert, written, xml};
use asked::Asked;
use checksum::Algorithm;
use object::Description;
pub(crate) use object::hex;
use objects::{Condition, Objects};
use refusal::Refusal;

/// The namespace of every answer.
const XMLNS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

/// The buckets of this AWS.
pub(crate) struct S3 {
    objects: Objects,
    /// Objects that come in parts, before they are whole.
    uploads: Objects,
}

impl S3 {
    /// Opens the buckets in a state folder, or in memory.
    pub(crate) fn open(folder: Option<&Folder>, durability: Durability) -> Result<Self, Error> {
        Ok(Self {
            objects: Objects::open(folder, "s3", durability)?,
            uploads: Objects::open(folder, "uploads", durability)?,
        })
    }

    /// Answers one request. It blocks on the disk.
    pub(crate) fn answer(
        &self,
        operation: &str,
        request: &Request<Bytes>,
        now: Timestamp,
    ) -> Answer {
        let answered = Asked::read(request, now).and_then(|asked| self.perform(operation, &asked));
        let mut answer = match answered {
            Ok(answer) => answer,
            Err(refusal) => {
                let (status, code) = refusal.status_and_code();
                refuse(Service::S3, status, code, &refusal.to_string())
            }
        };
        if request.method() == http::Method::HEAD || answer.status() == StatusCode::NOT_MODIFIED {
            answer.body_mut().clear();
        }
        answer
    }

    /// The bytes of an object, for other services; what is wrong, where there is none.
    pub(crate) fn read(&self, bucket: &str, key: &str) -> Result<Bytes, String> {
        let found = self.objects.whole(bucket, key);
        found
            .map(|(_, body)| body)
            .map_err(|refusal| refusal.to_string())
    }

    fn perform(&self, operation: &str, asked: &Asked) -> Result<Answer, Refusal> {
        match operation {
            "ListBuckets" => Ok(self.list_buckets()),
            "CreateBucket" => {
                self.objects.create_bucket(&asked.bucket, asked.now)?;
                let mut answer = empty(StatusCode::OK);
                let location = format!("/{}", asked.bucket);
                insert(answer.headers_mut(), http::header::LOCATION, &location);
                Ok(answer)
            }
            "HeadBucket" => {
                self.objects.has_bucket(&asked.bucket)?;
                let mut answer = empty(StatusCode::OK);
                let region = HeaderName::from_static("x-amz-bucket-region");
                insert(answer.headers_mut(), region, REGION);
                Ok(answer)
            }
            // The first region is said by saying nothing.
            "GetBucketLocation" => self.element(asked, "LocationConstraint"),
            "GetBucketVersioning" => self.element(asked, "VersioningConfiguration"),
            "DeleteBucket" => {
                self.objects.delete_bucket(&asked.bucket)?;
                Ok(empty(StatusCode::NO_CONTENT))
            }
            "PutObject" => self.put(asked),
            "CopyObject" => self.copy(asked),
            "GetObject" | "HeadObject" => self.get(asked, operation == "GetObject"),
            "DeleteObject" => {
                self.objects.delete(&asked.bucket, &asked.key)?;
                Ok(empty(StatusCode::NO_CONTENT))
            }
            "DeleteObjects" => self.delete(asked),
            "ListObjects" | "ListObjectsV2" => {
                let edition = if operation == "ListObjects" {
                    list::Edition::First
                } else {
                    list::Edition::Second
                };
                let list = list::Request::read(edition, &asked.query)?;
                let objects = self.objects.list(&asked.bucket)?;
                Ok(xml(&list.answer(&asked.bucket, &objects)))
            }
            _ => self.perform_in_parts(operation, asked),
        }
    }

    /// The operations of objects that come in parts.
    fn perform_in_parts(&self, operation: &str, asked: &Asked) -> Result<Answer, Refusal> {
        let place = (asked.bucket.as_str(), asked.key.as_str());
        let (bucket, key) = (escape(&asked.bucket), escape(&asked.key));
        let id = asked.parameter("uploadId");
        match operation {
            "CreateMultipartUpload" => {
                self.objects.has_bucket(&asked.bucket)?;
                let id = multipart::begin(
                    &self.uploads,
                    &asked.bucket,
                    &asked.key,
                    &asked.headers,
                    asked.now,
                )?;
                Ok(xml(&format!(
                    "<InitiateMultipartUploadResult {XMLNS}><Bucket>{bucket}</Bucket><Key>{key}</Key>\
                     <UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
                )))
            }
            "UploadPart" => {
                let number = asked.parameter("partNumber");
                let sent = (&asked.headers, &asked.body);
                let part = multipart::take_part(&self.uploads, place, id, number, sent, asked.now)?;
                Ok(written(&part))
            }
            "UploadPartCopy" => {
                let (from, body) = self.source(asked, Some("x-amz-copy-source-range"))?;
                conditions::check(&asked.headers, "x-amz-copy-source-", &from)?;
                let number = asked.parameter("partNumber");
                let sent = (&HeaderMap::new(), &body);
                let part = multipart::take_part(&self.uploads, place, id, number, sent, asked.now)?;
                Ok(copied("CopyPartResult", &part))
            }
            "CompleteMultipartUpload" => {
                let stores = (&self.uploads, &self.objects);
                let parts = body::parts(&asked.body)?;
                let object =
                    multipart::complete(stores, place, id, &parts, &asked.headers, asked.now)?;
                let checksum = object.checksum.as_ref().map(|checksum| {
                    let name = checksum.algorithm.name();
                    let coverage = checksum.coverage.name();
                    let value = &checksum.value;
                    format!(
                        "<Checksum{name}>{value}</Checksum{name}><ChecksumType>{coverage}</ChecksumType>"
                    )
                });
                Ok(xml(&format!(
                    "<CompleteMultipartUploadResult {XMLNS}><Location>/{bucket}/{key}</Location><Bucket>{bucket}</Bucket>\
                     <Key>{key}</Key><ETag>{}</ETag>{}</CompleteMultipartUploadResult>",
                    escape(&object.etag),
                    checksum.unwrap_or_default(),
                )))
            }
            "AbortMultipartUpload" => {
                multipart::abort(&self.uploads, place, id)?;
                Ok(empty(StatusCode::NO_CONTENT))
            }
            "ListParts" => {
                let parts = multipart::list_parts(&self.uploads, place, id, &asked.query)?;
                Ok(xml(&parts))
            }
            "ListMultipartUploads" => {
                self.objects.has_bucket(&asked.bucket)?;
                let uploads = multipart::list_uploads(&self.uploads, &asked.bucket)?;
                Ok(xml(&uploads))
            }
            unknown => Err(Refusal::NotImplemented(format!(
                "the operation `{unknown}`"
            ))),
        }
    }

    fn put(&self, asked: &Asked) -> Result<Answer, Refusal> {
        let checksum = checksum::check(&asked.headers, &asked.body)?;
        let condition = conditions::of_write(&asked.headers)?;
        let mut description = Description::of(&asked.key, &asked.headers, &asked.body, asked.now);
        description.checksum = Some(checksum);
        let answer = written(&description);
        self.objects
            .put(&asked.bucket, description, &asked.body, &condition)?;
        Ok(answer)
    }

    /// The object that a copy is made of, or the part of it that a header names.
    fn source(&self, asked: &Asked, part: Option<&str>) -> Result<(Description, Bytes), Refusal> {
        let (bucket, key) = asked.source()?;
        let mut headers = HeaderMap::new();
        if let Some(range) = part.and_then(|name| asked.headers.get(name)) {
            headers.insert(http::header::RANGE, range.clone());
        }
        self.objects.get(&bucket, &key, |object| {
            let part = conditions::range(&headers, &[], object)?;
            Ok(part.unwrap_or(0..object.bytes))
        })
    }

    fn copy(&self, asked: &Asked) -> Result<Answer, Refusal> {
        let directive = asked.headers.get("x-amz-metadata-directive");
        let replaces = directive.is_some_and(|directive| directive == "REPLACE");
        if asked.source()? == (asked.bucket.clone(), asked.key.clone()) && !replaces {
            return Err(Refusal::InvalidRequest(
                "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
            ));
        }
        let (from, body) = self.source(asked, None)?;
        conditions::check(&asked.headers, "x-amz-copy-source-", &from)?;
        let algorithm = match &from.checksum {
            Some(checksum) => checksum.algorithm,
            None => Algorithm::Crc64Nvme,
        };
        let mut description = if replaces {
            Description::of(&asked.key, &asked.headers, &body, asked.now)
        } else {
            Description {
                key: asked.key.clone(),
                modified: asked.now,
                ..from
            }
        };
        // A copy is one piece, whatever its source was put together of.
        description.etag = Description::etag_of(&body);
        description.parts.clear();
        description.checksum = Some(algorithm.of(&body));
        let answer = copied("CopyObjectResult", &description);
        self.objects
            .put(&asked.bucket, description, &body, &Condition::Always)?;
        Ok(answer)
    }

    fn get(&self, asked: &Asked, has_body: bool) -> Result<Answer, Refusal> {
        let mut part = None;
        let (description, body) = self.objects.get(&asked.bucket, &asked.key, |object| {
            conditions::check(&asked.headers, "", object)?;
            part = conditions::range(&asked.headers, &asked.query, object)?;
            Ok(match &part {
                _ if !has_body => 0..0,
                Some(range) => range.clone(),
                None => 0..object.bytes,
            })
        })?;
        Ok(described(asked, &description, body, part.as_ref()))
    }

    fn delete(&self, asked: &Asked) -> Result<Answer, Refusal> {
        let delete = body::delete(&asked.body)?;
        let mut deleted = Vec::new();
        for key in &delete.keys {
            self.objects.delete(&asked.bucket, key)?;
            deleted.push(format!("<Deleted><Key>{}</Key></Deleted>", escape(key)));
        }
        if delete.is_quiet {
            deleted.clear();
        }
        let deleted = deleted.concat();
        Ok(xml(&format!(
            "<DeleteResult {XMLNS}>{deleted}</DeleteResult>"
        )))
    }

    /// An empty element, if the bucket is there.
    fn element(&self, asked: &Asked, name: &str) -> Result<Answer, Refusal> {
        self.objects.has_bucket(&asked.bucket)?;
        Ok(xml(&format!("<{name} {XMLNS}/>")))
    }

    fn list_buckets(&self) -> Answer {
        let entry = |(name, created): &(String, Timestamp)| {
            format!(
                "<Bucket><Name>{}</Name><CreationDate>{created:.3}</CreationDate></Bucket>",
                escape(name)
            )
        };
        let buckets: String = self.objects.bucket_names().iter().map(entry).collect();
        xml(&format!(
            "<ListAllMyBucketsResult {XMLNS}><Owner><ID>{ACCOUNT}</ID></Owner>\
             <Buckets>{buckets}</Buckets></ListAllMyBucketsResult>"
        ))
    }
}
