//! The buckets: in memory, or one file per object in the state folder.
//!
//! An object's file begins with its description as one line of JSON; the bytes follow.
//! Keys can hold anything, so a file is named after the SHA-256 of its key.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::StatusCode;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::folder::{Folder, failed, replace};

use super::object::{Description, hex};

/// Every bucket with every object in it.
pub(super) struct Objects {
    folder: Option<PathBuf>,
    buckets: Mutex<Buckets>,
}

type Buckets = BTreeMap<String, Bucket>;
type Bucket = BTreeMap<String, Object>;

#[derive(Debug)]
struct Object {
    description: Description,
    /// The bytes, where they are not in a file.
    body: Option<Bytes>,
}

/// Why S3 did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// There is no such bucket.
    #[error("The specified bucket does not exist")]
    NoSuchBucket,
    /// There is no such object.
    #[error("The specified key does not exist.")]
    NoSuchKey,
    /// The object is there already and was not to be.
    #[error("At least one of the pre-conditions you specified did not hold")]
    PreconditionFailed,
    /// The bucket still holds objects.
    #[error("The bucket you tried to delete is not empty")]
    BucketNotEmpty,
    /// The bucket's name would be none on AWS.
    #[error("The specified bucket is not valid.")]
    InvalidBucketName,
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
        match self {
            Self::NoSuchBucket => (StatusCode::NOT_FOUND, "NoSuchBucket"),
            Self::NoSuchKey => (StatusCode::NOT_FOUND, "NoSuchKey"),
            Self::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, "PreconditionFailed"),
            Self::BucketNotEmpty => (StatusCode::CONFLICT, "BucketNotEmpty"),
            Self::InvalidBucketName => (StatusCode::BAD_REQUEST, "InvalidBucketName"),
            Self::InvalidArgument(_) => (StatusCode::BAD_REQUEST, "InvalidArgument"),
            Self::NotImplemented(_) => (StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
            Self::Disk(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        }
    }
}

impl Objects {
    /// Opens the buckets of a state folder, or none in memory.
    pub(super) fn open(folder: Option<&Folder>) -> Result<Self, Error> {
        let folder = folder.map(|folder| folder.folder("s3")).transpose()?;
        let buckets = match &folder {
            Some(folder) => read_buckets(folder)?,
            None => Buckets::new(),
        };
        Ok(Self {
            folder,
            buckets: Mutex::new(buckets),
        })
    }

    /// Makes a bucket. In the first region, which this is, one's own bucket may be made twice.
    pub(super) fn create_bucket(&self, name: &str) -> Result<(), Refusal> {
        if !is_bucket_name(name) {
            return Err(Refusal::InvalidBucketName);
        }
        let mut buckets = self.buckets();
        if let Some(folder) = &self.folder {
            fs::create_dir_all(folder.join(name))?;
        }
        buckets.entry(name.to_owned()).or_default();
        Ok(())
    }

    /// Fails if there is no such bucket.
    pub(super) fn has_bucket(&self, name: &str) -> Result<(), Refusal> {
        if self.buckets().contains_key(name) {
            Ok(())
        } else {
            Err(Refusal::NoSuchBucket)
        }
    }

    /// Removes an empty bucket.
    pub(super) fn delete_bucket(&self, name: &str) -> Result<(), Refusal> {
        let mut buckets = self.buckets();
        let bucket = buckets.get(name).ok_or(Refusal::NoSuchBucket)?;
        if !bucket.is_empty() {
            return Err(Refusal::BucketNotEmpty);
        }
        if let Some(folder) = &self.folder {
            fs::remove_dir_all(folder.join(name))?;
        }
        buckets.remove(name);
        Ok(())
    }

    /// The names of the buckets.
    pub(super) fn bucket_names(&self) -> Vec<String> {
        self.buckets().keys().cloned().collect()
    }

    /// Writes an object; with `only_new` not over another one.
    pub(super) fn put(
        &self,
        bucket: &str,
        description: Description,
        body: &Bytes,
        only_new: bool,
    ) -> Result<(), Refusal> {
        let mut buckets = self.buckets();
        let objects = buckets.get_mut(bucket).ok_or(Refusal::NoSuchBucket)?;
        if only_new && objects.contains_key(&description.key) {
            return Err(Refusal::PreconditionFailed);
        }
        let kept = match &self.folder {
            None => Some(body.clone()),
            Some(folder) => {
                let mut head = serde_json::to_vec(&description).map_err(io::Error::from)?;
                head.push(b'\n');
                replace(
                    &object_file(folder, bucket, &description.key),
                    &[&head, body],
                )?;
                None
            }
        };
        objects.insert(
            description.key.clone(),
            Object {
                description,
                body: kept,
            },
        );
        Ok(())
    }

    /// An object with its bytes.
    pub(super) fn get(&self, bucket: &str, key: &str) -> Result<(Description, Bytes), Refusal> {
        let buckets = self.buckets();
        let object = find(&buckets, bucket, key)?;
        let body = match (&object.body, &self.folder) {
            (Some(body), _) => body.clone(),
            (None, Some(folder)) => {
                let file = Bytes::from(fs::read(object_file(folder, bucket, key))?);
                let head = file
                    .iter()
                    .position(|&byte| byte == b'\n')
                    .map_or(file.len(), |end| end + 1);
                file.slice(head..)
            }
            (None, None) => return Err(Refusal::NoSuchKey),
        };
        Ok((object.description.clone(), body))
    }

    /// An object without its bytes.
    pub(super) fn head(&self, bucket: &str, key: &str) -> Result<Description, Refusal> {
        let buckets = self.buckets();
        Ok(find(&buckets, bucket, key)?.description.clone())
    }

    /// Removes an object, if it is there.
    pub(super) fn delete(&self, bucket: &str, key: &str) -> Result<(), Refusal> {
        let mut buckets = self.buckets();
        let objects = buckets.get_mut(bucket).ok_or(Refusal::NoSuchBucket)?;
        if objects.remove(key).is_some()
            && let Some(folder) = &self.folder
        {
            fs::remove_file(object_file(folder, bucket, key))?;
        }
        Ok(())
    }

    /// Every object of a bucket, by key.
    pub(super) fn list(&self, bucket: &str) -> Result<Vec<Description>, Refusal> {
        let buckets = self.buckets();
        let objects = buckets.get(bucket).ok_or(Refusal::NoSuchBucket)?;
        Ok(objects
            .values()
            .map(|object| object.description.clone())
            .collect())
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find<'buckets>(
    buckets: &'buckets Buckets,
    bucket: &str,
    key: &str,
) -> Result<&'buckets Object, Refusal> {
    buckets
        .get(bucket)
        .ok_or(Refusal::NoSuchBucket)?
        .get(key)
        .ok_or(Refusal::NoSuchKey)
}

/// Whether AWS would take the name for a bucket; it is also safe as the name of a folder then.
fn is_bucket_name(name: &str) -> bool {
    let is_edge = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name
            .bytes()
            .all(|byte| is_edge(&byte) || byte == b'-' || byte == b'.')
        && name.as_bytes().first().is_some_and(is_edge)
        && name.as_bytes().last().is_some_and(is_edge)
        && !name.contains("..")
}

fn object_file(folder: &Path, bucket: &str, key: &str) -> PathBuf {
    folder
        .join(bucket)
        .join(hex(&Sha256::digest(key.as_bytes())))
}

/// Reads the descriptions of all objects in a state folder.
fn read_buckets(folder: &Path) -> Result<Buckets, Error> {
    let mut buckets = Buckets::new();
    for bucket in fs::read_dir(folder).map_err(failed(folder))? {
        let path = bucket.map_err(failed(folder))?.path();
        let Some(name) = path
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| is_bucket_name(name))
        else {
            return Err(Error::Unreadable {
                path,
                reason: "no bucket has such a name".to_owned(),
            });
        };
        buckets.insert(name.to_owned(), read_bucket(&path)?);
    }
    Ok(buckets)
}

fn read_bucket(folder: &Path) -> Result<Bucket, Error> {
    let mut objects = Bucket::new();
    for file in fs::read_dir(folder).map_err(failed(folder))? {
        let path = file.map_err(failed(folder))?.path();
        // A process died while it wrote this one, before anybody was told that it is there.
        if path.extension().is_some() {
            fs::remove_file(&path).map_err(failed(&path))?;
            continue;
        }
        let mut head = Vec::new();
        let mut reader = BufReader::new(fs::File::open(&path).map_err(failed(&path))?);
        reader.read_until(b'\n', &mut head).map_err(failed(&path))?;
        let description: Description =
            serde_json::from_slice(&head).map_err(|error| Error::Unreadable {
                path: path.clone(),
                reason: error.to_string(),
            })?;
        objects.insert(
            description.key.clone(),
            Object {
                description,
                body: None,
            },
        );
    }
    Ok(objects)
}
