//! Files: bytes that a step was given, once in S3 under their hash.

use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;

use crate::value::sha256;
use crate::{Error, Store};

impl Store {
    /// Keeps a file, and answers with its hash: the same bytes are the same file, whoever keeps them how often.
    pub async fn keep_file(
        &self,
        org: &str,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> Result<String, Error> {
        let hash = sha256(&bytes);
        let put = self
            .s3()
            .put_object()
            .bucket(&self.bucket)
            .key(place(org, &hash))
            .content_type(content_type);
        put.body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(Error::call("PutObject"))?;
        Ok(hash)
    }

    /// The file with a hash, if an organisation has it.
    pub async fn file(&self, org: &str, hash: &str) -> Result<Option<Vec<u8>>, Error> {
        // What is no hash could lead elsewhere in the bucket.
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let get = self.s3().get_object().bucket(&self.bucket);
        let object = match get.key(place(org, hash)).send().await {
            Ok(object) => object,
            Err(failed) => {
                let is_absent = failed
                    .as_service_error()
                    .is_some_and(GetObjectError::is_no_such_key);
                return if is_absent {
                    Ok(None)
                } else {
                    Err(Error::call("GetObject")(failed))
                };
            }
        };
        let bytes = object.body.collect().await;
        let bytes = bytes.map_err(Error::call("GetObject"))?;
        Ok(Some(bytes.into_bytes().to_vec()))
    }
}

fn place(org: &str, hash: &str) -> String {
    format!("{org}/files/{hash}")
}
