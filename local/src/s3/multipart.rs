//! Objects that come in parts.
//!
//! An upload is kept like a bucket of its own: its parts by number, and under [`TARGET`] what they will become.

use std::fmt::Write as _;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use jiff::Timestamp;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use crate::answer::escape;
use crate::random::fresh_id;

use super::checksum::{Algorithm, Checksum, Coverage, check};
use super::conditions;
use super::object::{Description, hex};
use super::objects::{Condition, Objects};
use super::refusal::Refusal;

/// The key of the upload's own description.
const TARGET: &str = "target";

/// The smallest part, the last one excepted.
const SMALLEST_PART: usize = 5 * 1024 * 1024;

/// The highest number of a part.
const MOST_PARTS: u32 = 10_000;

/// What the parts will become.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    bucket: String,
    description: Description,
    algorithm: Algorithm,
    coverage: Coverage,
}

/// A part that a client names when it puts the object together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) number: u32,
    pub(super) etag: String,
}

/// Begins an upload: its id.
pub(super) fn begin(
    uploads: &Objects,
    bucket: &str,
    key: &str,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<String, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let algorithm = match text("x-amz-checksum-algorithm") {
        None => Algorithm::Crc64Nvme,
        Some(name) => Algorithm::named(name).ok_or(Refusal::InvalidRequest(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
        ))?,
    };
    let coverage = match (text("x-amz-checksum-type"), algorithm) {
        (Some("FULL_OBJECT"), _) | (None, Algorithm::Crc64Nvme) => Coverage::FullObject,
        (Some("COMPOSITE"), Algorithm::Crc64Nvme) => {
            return Err(Refusal::InvalidRequest(
                "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.",
            ));
        }
        _ => Coverage::Composite,
    };
    let target = Target {
        bucket: bucket.to_owned(),
        description: Description::of(key, headers, b"", now),
        algorithm,
        coverage,
    };
    let id = fresh_id().replace('-', "");
    uploads.create_bucket(&id, now)?;
    let target = Bytes::from(serde_json::to_vec(&target).map_err(std::io::Error::from)?);
    let description = Description::of(TARGET, &HeaderMap::new(), &target, now);
    uploads.put(&id, description, &target, &Condition::Always)?;
    Ok(id)
}

/// Takes a part: its description.
pub(super) fn take_part(
    uploads: &Objects,
    place: (&str, &str),
    id: &str,
    number: &str,
    (headers, body): (&HeaderMap, &Bytes),
    now: Timestamp,
) -> Result<Description, Refusal> {
    let number = number
        .parse::<u32>()
        .ok()
        .filter(|number| (1..=MOST_PARTS).contains(number))
        .ok_or_else(|| {
            let message = "Part number must be an integer between 1 and 10000, inclusive";
            Refusal::InvalidArgument(message.to_owned())
        })?;
    let target = find(uploads, place, id)?;
    let sent = check(headers, body)?;
    let mut description = Description::of(&part_key(number), headers, body, now);
    description.checksum = Some(if sent.algorithm == target.algorithm {
        sent
    } else {
        target.algorithm.of(body)
    });
    uploads.put(id, description.clone(), body, &Condition::Always)?;
    Ok(description)
}

/// Puts the parts together: the object's description.
pub(super) fn complete(
    (uploads, objects): (&Objects, &Objects),
    place: (&str, &str),
    id: &str,
    named: &[Named],
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Description, Refusal> {
    let target = find(uploads, place, id)?;
    if named.is_empty() {
        return Err(Refusal::MalformedXml);
    }
    if !named.is_sorted_by(|one, next| one.number < next.number) {
        return Err(Refusal::InvalidPartOrder);
    }
    let mut whole = BytesMut::new();
    let mut etags = Md5::new();
    let mut checksums: Vec<Checksum> = Vec::new();
    let mut lengths = Vec::new();
    for (place, part) in named.iter().enumerate() {
        let found = uploads.whole(id, &part_key(part.number));
        let (description, body) = found.map_err(|_| Refusal::InvalidPart)?;
        if !description.has_etag(&part.etag) {
            return Err(Refusal::InvalidPart);
        }
        if body.len() < SMALLEST_PART && place + 1 < named.len() {
            return Err(Refusal::EntityTooSmall);
        }
        etags.update(Md5::digest(&body));
        checksums.extend(description.checksum);
        lengths.push(body.len());
        whole.extend_from_slice(&body);
    }
    let whole = whole.freeze();
    let mut description = target.description;
    description.modified = now;
    description.bytes = whole.len();
    description.etag = format!("\"{}-{}\"", hex(&etags.finalize()), named.len());
    description.checksum = Some(match target.coverage {
        Coverage::FullObject => target.algorithm.of(&whole),
        Coverage::Composite => target.algorithm.of_parts(&checksums),
    });
    description.parts = lengths;
    let condition = conditions::of_write(headers)?;
    objects.put(&target.bucket, description.clone(), &whole, &condition)?;
    uploads.remove(id)?;
    Ok(description)
}

/// Gives an upload up.
pub(super) fn abort(uploads: &Objects, place: (&str, &str), id: &str) -> Result<(), Refusal> {
    find(uploads, place, id)?;
    uploads.remove(id)
}

/// The parts that have come so far.
pub(super) fn list_parts(
    uploads: &Objects,
    (bucket, key): (&str, &str),
    id: &str,
    query: &[(String, String)],
) -> Result<String, Refusal> {
    find(uploads, (bucket, key), id)?;
    let number = |name: &str| {
        let found = query.iter().find(|(other, _)| other == name);
        found.and_then(|(_, value)| value.parse::<usize>().ok())
    };
    let (after, length) = (number("part-number-marker"), number("max-parts"));
    let (after, length) = (after.unwrap_or(0), length.unwrap_or(1000).min(1000));
    let parts = uploads.list(id)?;
    let mut parts = parts.iter().filter_map(|part| {
        let number = part.key.parse::<usize>().ok()?;
        (number > after).then_some((number, part))
    });
    let page: Vec<_> = parts.by_ref().take(length).collect();
    let is_truncated = parts.next().is_some();
    let last = page.last().map_or(after, |(number, _)| *number);
    let mut xml = format!(
        "<ListPartsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>{}</Bucket><Key>{}</Key>\
         <UploadId>{}</UploadId><PartNumberMarker>{after}</PartNumberMarker>\
         <NextPartNumberMarker>{last}</NextPartNumberMarker><MaxParts>{length}</MaxParts>\
         <IsTruncated>{is_truncated}</IsTruncated><StorageClass>STANDARD</StorageClass>",
        escape(bucket),
        escape(key),
        escape(id),
    );
    for (number, part) in page {
        write!(
            xml,
            "<Part><PartNumber>{number}</PartNumber><LastModified>{:.3}</LastModified><ETag>{}</ETag><Size>{}</Size></Part>",
            part.modified,
            escape(&part.etag),
            part.bytes,
        )
        .expect("writing to a string cannot fail");
    }
    xml.push_str("</ListPartsResult>");
    Ok(xml)
}

/// The uploads into a bucket that are not complete.
pub(super) fn list_uploads(uploads: &Objects, bucket: &str) -> Result<String, Refusal> {
    let mut xml = format!(
        "<ListMultipartUploadsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>{}</Bucket>\
         <KeyMarker/><UploadIdMarker/><MaxUploads>1000</MaxUploads><IsTruncated>false</IsTruncated>",
        escape(bucket)
    );
    for (id, begun) in uploads.bucket_names() {
        let target = read(uploads, &id)?;
        if target.bucket == bucket {
            write!(
                xml,
                "<Upload><Key>{}</Key><UploadId>{id}</UploadId><StorageClass>STANDARD</StorageClass>\
                 <Initiated>{begun:.3}</Initiated></Upload>",
                escape(&target.description.key),
            )
            .expect("writing to a string cannot fail");
        }
    }
    xml.push_str("</ListMultipartUploadsResult>");
    Ok(xml)
}

/// The upload of an id, if it is one for this object.
fn find(uploads: &Objects, (bucket, key): (&str, &str), id: &str) -> Result<Target, Refusal> {
    let target = read(uploads, id)?;
    if target.bucket == bucket && target.description.key == key {
        Ok(target)
    } else {
        Err(Refusal::NoSuchUpload)
    }
}

fn read(uploads: &Objects, id: &str) -> Result<Target, Refusal> {
    let found = uploads.whole(id, TARGET);
    let (_, target) = found.map_err(|_| Refusal::NoSuchUpload)?;
    Ok(serde_json::from_slice(&target).map_err(std::io::Error::from)?)
}

/// Numbers in a width that orders them.
fn part_key(number: u32) -> String {
    format!("{number:05}")
}
