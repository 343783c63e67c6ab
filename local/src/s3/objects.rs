//! The buckets: in memory, or one file per object in the state folder.
//!
//! An object's file begins with its description as one line of JSON; the bytes follow.
//! Keys can hold anything, so a file is named after the SHA-256 of its key.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::folder::{Folder, failed, replace, sync};
use crate::{Durability, Error};

use super::object::{Description, hex};
use super::refusal::Refusal;

/// The file in a bucket's folder that says when the bucket was made.
const CREATED: &str = "created.txt";

/// The longest key, in bytes.
const LONGEST_KEY: usize = 1024;

/// Every bucket with every object in it.
pub(super) struct Objects {
    folder: Option<PathBuf>,
    durability: Durability,
    buckets: Mutex<Buckets>,
}

type Buckets = BTreeMap<String, Bucket>;

#[derive(Debug)]
struct Bucket {
    created: Timestamp,
    objects: BTreeMap<String, Object>,
}

#[derive(Debug)]
struct Object {
    description: Description,
    /// The bytes, where they are not in a file.
    body: Option<Bytes>,
}

/// What must hold for an object to be written over another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// Nothing.
    Always,
    /// There is no object of that key.
    New,
    /// There is one, with this entity tag.
    Matches(String),
}

impl Objects {
    /// Opens the buckets in a folder of the state folder, or none in memory.
    pub(super) fn open(
        folder: Option<&Folder>,
        name: &str,
        durability: Durability,
    ) -> Result<Self, Error> {
        let folder = folder.map(|folder| folder.folder(name)).transpose()?;
        let buckets = match &folder {
            Some(folder) => read_buckets(folder)?,
            None => Buckets::new(),
        };
        Ok(Self {
            folder,
            durability,
            buckets: Mutex::new(buckets),
        })
    }

    /// Makes a bucket. In the first region, which this is, one's own bucket may be made twice.
    pub(super) fn create_bucket(&self, name: &str, now: Timestamp) -> Result<(), Refusal> {
        if !is_bucket_name(name) {
            return Err(Refusal::InvalidBucketName);
        }
        let mut buckets = self.buckets();
        if buckets.contains_key(name) {
            return Ok(());
        }
        if let Some(folder) = &self.folder {
            let path = folder.join(name);
            fs::create_dir_all(&path)?;
            let text = now.to_string();
            replace(&path.join(CREATED), &[text.as_bytes()], self.durability)?;
            if self.durability == Durability::Fsync {
                sync(folder)?;
            }
        }
        let bucket = Bucket {
            created: now,
            objects: BTreeMap::new(),
        };
        buckets.insert(name.to_owned(), bucket);
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
        if !bucket.objects.is_empty() {
            return Err(Refusal::BucketNotEmpty);
        }
        if let Some(folder) = &self.folder {
            fs::remove_dir_all(folder.join(name))?;
        }
        buckets.remove(name);
        Ok(())
    }

    /// Removes a bucket with everything in it.
    pub(super) fn remove(&self, name: &str) -> Result<(), Refusal> {
        let mut buckets = self.buckets();
        if let Some(folder) = &self.folder {
            fs::remove_dir_all(folder.join(name))?;
        }
        buckets.remove(name);
        Ok(())
    }

    /// The buckets with the moments they were made.
    pub(super) fn bucket_names(&self) -> Vec<(String, Timestamp)> {
        let buckets = self.buckets();
        buckets
            .iter()
            .map(|(name, bucket)| (name.clone(), bucket.created))
            .collect()
    }

    /// Writes an object, if its condition holds.
    pub(super) fn put(
        &self,
        bucket: &str,
        description: Description,
        body: &Bytes,
        condition: &Condition,
    ) -> Result<(), Refusal> {
        if description.key.len() > LONGEST_KEY {
            return Err(Refusal::KeyTooLong);
        }
        let mut buckets = self.buckets();
        let bucket_objects = &mut buckets
            .get_mut(bucket)
            .ok_or(Refusal::NoSuchBucket)?
            .objects;
        match (condition, bucket_objects.get(&description.key)) {
            (Condition::Always, _) | (Condition::New, None) => {}
            (Condition::Matches(etag), Some(object)) if object.description.has_etag(etag) => {}
            (Condition::Matches(_), None) => return Err(Refusal::NoSuchKey),
            (Condition::New | Condition::Matches(_), Some(_)) => {
                return Err(Refusal::PreconditionFailed);
            }
        }
        let kept = match &self.folder {
            None => Some(body.clone()),
            Some(folder) => {
                let mut head = serde_json::to_vec(&description).map_err(io::Error::from)?;
                head.push(b'\n');
                let file = object_file(folder, bucket, &description.key);
                replace(&file, &[&head, body], self.durability)?;
                None
            }
        };
        bucket_objects.insert(
            description.key.clone(),
            Object {
                description,
                body: kept,
            },
        );
        Ok(())
    }

    /// An object with the bytes that `choose` picks once it knows the object.
    pub(super) fn get(
        &self,
        bucket: &str,
        key: &str,
        choose: impl FnOnce(&Description) -> Result<Range<usize>, Refusal>,
    ) -> Result<(Description, Bytes), Refusal> {
        let buckets = self.buckets();
        let object = find(&buckets, bucket, key)?;
        let range = choose(&object.description)?;
        let body = match (&object.body, &self.folder) {
            (Some(body), _) => body.slice(range),
            (None, Some(folder)) => read_range(&object_file(folder, bucket, key), range)?,
            (None, None) => return Err(Refusal::NoSuchKey),
        };
        Ok((object.description.clone(), body))
    }

    /// An object with all its bytes.
    pub(super) fn whole(&self, bucket: &str, key: &str) -> Result<(Description, Bytes), Refusal> {
        self.get(bucket, key, |description| Ok(0..description.bytes))
    }

    /// Removes an object, if it is there.
    pub(super) fn delete(&self, bucket: &str, key: &str) -> Result<(), Refusal> {
        let mut buckets = self.buckets();
        let objects = &mut buckets
            .get_mut(bucket)
            .ok_or(Refusal::NoSuchBucket)?
            .objects;
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
        let bucket = buckets.get(bucket).ok_or(Refusal::NoSuchBucket)?;
        Ok(bucket
            .objects
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
        .objects
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
    let mut bucket = Bucket {
        created: Timestamp::UNIX_EPOCH,
        objects: BTreeMap::new(),
    };
    for file in fs::read_dir(folder).map_err(failed(folder))? {
        let path = file.map_err(failed(folder))?.path();
        if path.ends_with(CREATED) {
            let created = fs::read_to_string(&path).map_err(failed(&path))?;
            bucket.created = created.parse().map_err(unreadable(&path))?;
            continue;
        }
        // A process died while it wrote this one, before anybody was told that it is there.
        if path.extension().is_some() {
            fs::remove_file(&path).map_err(failed(&path))?;
            continue;
        }
        let mut head = Vec::new();
        let mut reader = BufReader::new(fs::File::open(&path).map_err(failed(&path))?);
        reader.read_until(b'\n', &mut head).map_err(failed(&path))?;
        let description: Description = serde_json::from_slice(&head).map_err(unreadable(&path))?;
        let object = Object {
            description,
            body: None,
        };
        bucket
            .objects
            .insert(object.description.key.clone(), object);
    }
    Ok(bucket)
}

fn unreadable<Cause: Display>(path: &Path) -> impl FnOnce(Cause) -> Error {
    let path = path.to_owned();
    move |cause| Error::Unreadable {
        path,
        reason: cause.to_string(),
    }
}

/// Reads a part of an object's bytes out of its file.
fn read_range(file: &Path, range: Range<usize>) -> io::Result<Bytes> {
    let mut reader = BufReader::new(fs::File::open(file)?);
    let head = reader.skip_until(b'\n')?;
    let begin = u64::try_from(head + range.start).unwrap_or(u64::MAX);
    reader.seek(SeekFrom::Start(begin))?;
    let mut bytes = vec![0; range.len()];
    reader.read_exact(&mut bytes)?;
    Ok(bytes.into())
}
