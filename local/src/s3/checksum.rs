//! The checksums of objects: checked where the client sends one, made where it does not.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crc_fast::CrcAlgorithm;
use http::HeaderMap;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::Sha256;

use super::refusal::Refusal;

/// The ways to make a checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

/// Whether a checksum is one of the bytes, or one of the checksums of the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Coverage {
    FullObject,
    Composite,
}

/// A checksum as S3 gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checksum {
    pub(super) algorithm: Algorithm,
    pub(super) coverage: Coverage,
    /// In base 64; a composite one ends with the number of parts.
    pub(super) value: String,
}

impl Algorithm {
    const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    /// Its name in headers' values and, behind `Checksum`, in XML.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The header that carries it.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The algorithm of a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|algorithm| algorithm.name() == name)
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        let crc = |algorithm| crc_fast::checksum(algorithm, bytes).to_be_bytes();
        // A checksum of 32 bits is the lower half.
        let lower = |algorithm| crc(algorithm).into_iter().skip(4).collect();
        match self {
            Self::Crc32 => lower(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => lower(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => crc(CrcAlgorithm::Crc64Nvme).to_vec(),
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => <Sha256 as sha2::Digest>::digest(bytes).to_vec(),
        }
    }

    /// The checksum of bytes.
    pub(super) fn of(self, bytes: &[u8]) -> Checksum {
        Checksum {
            algorithm: self,
            coverage: Coverage::FullObject,
            value: BASE64_STANDARD.encode(self.digest(bytes)),
        }
    }

    /// The checksum of the checksums of parts.
    pub(super) fn of_parts(self, parts: &[Checksum]) -> Checksum {
        let digests: Vec<u8> = parts
            .iter()
            .flat_map(|part| BASE64_STANDARD.decode(&part.value).unwrap_or_default())
            .collect();
        let digest = BASE64_STANDARD.encode(self.digest(&digests));
        Checksum {
            algorithm: self,
            coverage: Coverage::Composite,
            value: format!("{digest}-{}", parts.len()),
        }
    }
}

impl Coverage {
    /// Its name in headers and in XML.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }
}

/// Checks what the headers say of the bytes; the checksum that they carry, or else the usual one.
pub(super) fn check(headers: &HeaderMap, bytes: &[u8]) -> Result<Checksum, Refusal> {
    let md5 = headers.get("content-md5");
    if md5.is_some_and(|md5| md5 != BASE64_STANDARD.encode(Md5::digest(bytes)).as_str()) {
        return Err(Refusal::BadDigest("Content-MD5"));
    }
    let sent = Algorithm::ALL
        .into_iter()
        .find_map(|algorithm| Some((algorithm, headers.get(algorithm.header())?)));
    let Some((algorithm, value)) = sent else {
        return Ok(Algorithm::Crc64Nvme.of(bytes));
    };
    let checksum = algorithm.of(bytes);
    if value != checksum.value.as_str() {
        return Err(Refusal::BadDigest(algorithm.name()));
    }
    Ok(checksum)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the algorithms' own definitions, over `123456789`.
    #[test]
    fn checksums_are_those_of_the_standards() {
        let rows = [
            (Algorithm::Crc32, "y/Q5Jg=="),
            (Algorithm::Crc32c, "4waSgw=="),
            (Algorithm::Crc64Nvme, "rosUhgp5mIg="),
            (Algorithm::Sha1, "98O8HYCOBHMq32eZZczDTKeuNEE="),
            (
                Algorithm::Sha256,
                "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
            ),
        ];
        for (algorithm, value) in rows {
            assert_eq!(algorithm.of(b"123456789").value, value, "{algorithm:?}");
        }
    }
}
