//! Why S3 did not do what it was asked to, in S3's words.

use std::io;

use http::StatusCode;

/// Why S3 did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// There is no such bucket.
    #[error("The specified bucket does not exist")]
    NoSuchBucket,
    /// There is no such object.
    #[error("The specified key does not exist.")]
    NoSuchKey,
    /// There is no such upload in parts.
    #[error(
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    )]
    NoSuchUpload,
    /// A condition of the request does not hold.
    #[error("At least one of the pre-conditions you specified did not hold")]
    PreconditionFailed,
    /// The client has the object already.
    #[error("Not Modified")]
    NotModified,
    /// The bytes asked for are not in the object.
    #[error("The requested range is not satisfiable")]
    InvalidRange,
    /// The bucket still holds objects.
    #[error("The bucket you tried to delete is not empty")]
    BucketNotEmpty,
    /// The bucket's name would be none on AWS.
    #[error("The specified bucket is not valid.")]
    InvalidBucketName,
    /// The key is longer than 1,024 bytes.
    #[error("Your key is too long")]
    KeyTooLong,
    /// The bytes are not those that a checksum was made of.
    #[error("The {0} you specified did not match the calculated checksum.")]
    BadDigest(&'static str),
    /// A part that is to be put together is not there, or is another one.
    #[error(
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."
    )]
    InvalidPart,
    /// The parts are not in order.
    #[error("The list of parts was not in ascending order. Parts must be ordered by part number.")]
    InvalidPartOrder,
    /// A part other than the last is too small.
    #[error("Your proposed upload is smaller than the minimum allowed size")]
    EntityTooSmall,
    /// The body is not the XML that is needed.
    #[error(
        "The XML you provided was not well-formed or did not validate against our published schema"
    )]
    MalformedXml,
    /// The body in chunks ends too early, or is none.
    #[error("The request body terminated unexpectedly")]
    IncompleteBody,
    /// What was asked for makes no sense.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// A parameter has a value that S3 does not take.
    #[error("{0}")]
    InvalidArgument(String),
    /// We do not have this.
    #[error("the local S3 does not have {0}")]
    NotImplemented(String),
    /// The disk failed.
    #[error("the state folder failed: {0}")]
    Disk(#[from] io::Error),
}

impl Refusal {
    /// How S3 says it.
    pub(super) fn status_and_code(&self) -> (StatusCode, &'static str) {
        let bad = StatusCode::BAD_REQUEST;
        match self {
            Self::NoSuchBucket => (StatusCode::NOT_FOUND, "NoSuchBucket"),
            Self::NoSuchKey => (StatusCode::NOT_FOUND, "NoSuchKey"),
            Self::NoSuchUpload => (StatusCode::NOT_FOUND, "NoSuchUpload"),
            Self::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, "PreconditionFailed"),
            Self::NotModified => (StatusCode::NOT_MODIFIED, "NotModified"),
            Self::InvalidRange => (StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange"),
            Self::BucketNotEmpty => (StatusCode::CONFLICT, "BucketNotEmpty"),
            Self::InvalidBucketName => (bad, "InvalidBucketName"),
            Self::KeyTooLong => (bad, "KeyTooLongError"),
            Self::BadDigest(_) => (bad, "BadDigest"),
            Self::InvalidPart => (bad, "InvalidPart"),
            Self::InvalidPartOrder => (bad, "InvalidPartOrder"),
            Self::EntityTooSmall => (bad, "EntityTooSmall"),
            Self::MalformedXml => (bad, "MalformedXML"),
            Self::IncompleteBody => (bad, "IncompleteBody"),
            Self::InvalidRequest(_) => (bad, "InvalidRequest"),
            Self::InvalidArgument(_) => (bad, "InvalidArgument"),
            Self::NotImplemented(_) => (StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
            Self::Disk(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        }
    }
}
