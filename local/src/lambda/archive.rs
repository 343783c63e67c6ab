//! Uploaded code: an archive, unpacked once into a folder of its own.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Cursor};
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::folder::{sync, sync_all};
use crate::s3::hex;

use super::function::Code;
use super::refusal::Refusal;

/// How much an archive may hold when it is unpacked, as on AWS.
const LARGEST: u64 = 262_144_000;

/// Removes the folders of archives that no function needs any more, and what was left half unpacked.
pub(super) fn tidy(root: &Path, needed: &BTreeSet<String>) -> io::Result<()> {
    for folder in fs::read_dir(root)? {
        let path = folder?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if !name.is_some_and(|name| needed.contains(name)) {
            fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}

/// Unpacks an archive into a folder of `root`; the same archive is the same folder.
pub(super) fn unpack(root: &Path, archive: &[u8]) -> Result<Code, Refusal> {
    let hash = Sha256::digest(archive);
    let folder = hex(&hash);
    let code = Code::Archive {
        sha256: BASE64_STANDARD.encode(hash),
        bytes: archive.len(),
        folder: folder.clone(),
    };
    let path = root.join(&folder);
    if path.is_dir() {
        return Ok(code);
    }
    let unreadable = || {
        Refusal::invalid(
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        )
    };
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|_| unreadable())?;
    if archive.is_empty() {
        return Err(Refusal::invalid("Uploaded file must be a non-empty zip"));
    }
    if archive
        .decompressed_size()
        .is_some_and(|size| size > u128::from(LARGEST))
    {
        return Err(Refusal::invalid(format!(
            "Unzipped size must be smaller than {LARGEST} bytes"
        )));
    }
    // Unpacked beside it first: a process that dies in between leaves no half of it under its name.
    let unfinished = root.join(format!("{folder}.new"));
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    fs::create_dir_all(&unfinished)?;
    archive.extract(&unfinished).map_err(|_| unreadable())?;
    sync_all(&unfinished)?;
    match fs::rename(&unfinished, &path) {
        // Somebody else has unpacked the same at the same time.
        Err(_) if path.is_dir() => fs::remove_dir_all(&unfinished)?,
        renamed => renamed?,
    }
    sync(root)?;
    Ok(code)
}
