//! Bodies in chunks (`aws-chunked`), as SDKs send what they sign or checksum on the way.
//!
//! `5;chunk-signature=…\r\nhello\r\n0\r\nx-amz-checksum-crc32:…\r\n\r\n` is `hello` and a trailer.

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::refusal::Refusal;

/// Whether a request's body comes in chunks.
pub(super) fn are_in(headers: &HeaderMap) -> bool {
    let begins = |name: &str, start: &[u8]| {
        let value = headers.get(name);
        value.is_some_and(|value| value.as_bytes().starts_with(start))
    };
    begins("content-encoding", b"aws-chunked") || begins("x-amz-content-sha256", b"STREAMING-")
}

/// Puts the chunks together. What stands in the trailer becomes headers, and the encoding is the author's own again.
pub(super) fn join(headers: &mut HeaderMap, body: &Bytes) -> Result<Bytes, Refusal> {
    let mut whole = BytesMut::with_capacity(body.len());
    let mut rest = body.clone();
    loop {
        let line = take_line(&mut rest)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| Refusal::IncompleteBody)?;
        if size == 0 {
            break;
        }
        if rest.len() < size {
            return Err(Refusal::IncompleteBody);
        }
        whole.extend_from_slice(&rest.split_to(size));
        if !take_line(&mut rest)?.is_empty() {
            return Err(Refusal::IncompleteBody);
        }
    }
    while !rest.is_empty() {
        let line = take_line(&mut rest)?;
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let name = HeaderName::try_from(name.trim());
        let value = HeaderValue::from_str(value.trim());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.insert(name, value);
        }
    }
    let encoding = headers.remove(CONTENT_ENCODING);
    let encoding = encoding.as_ref().and_then(|value| value.to_str().ok());
    let own: Vec<&str> = encoding
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty() && *part != "aws-chunked")
        .collect();
    if let Ok(own) = HeaderValue::from_str(&own.join(","))
        && !own.is_empty()
    {
        headers.insert(CONTENT_ENCODING, own);
    }
    let said = headers.get("x-amz-decoded-content-length");
    let said = said.and_then(|said| said.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|said| said != whole.len()) {
        return Err(Refusal::IncompleteBody);
    }
    Ok(whole.freeze())
}

/// Takes the next line, without its end.
fn take_line(rest: &mut Bytes) -> Result<String, Refusal> {
    let end = rest.windows(2).position(|pair| pair == b"\r\n");
    let line = rest.split_to(end.ok_or(Refusal::IncompleteBody)?);
    let _ = rest.split_to(2);
    String::from_utf8(line.to_vec()).map_err(|_| Refusal::IncompleteBody)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_become_the_body_they_were() {
        let rows: [(&str, Option<&str>, Option<&str>); 6] = [
            ("5\r\nhello\r\n0\r\n\r\n", Some("hello"), None),
            (
                "5;chunk-signature=00\r\nhello\r\n1\r\n!\r\n0;chunk-signature=01\r\n\r\n",
                Some("hello!"),
                None,
            ),
            (
                "2\r\n\r\n\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n",
                Some("\r\n"),
                Some("AAAA"),
            ),
            (
                "0\r\nx-amz-checksum-crc32: AAAA\r\n\r\n",
                Some(""),
                Some("AAAA"),
            ),
            ("6\r\nhello\r\n0\r\n\r\n", None, None),
            ("5\r\nhello", None, None),
        ];
        for (body, whole, checksum) in rows {
            let mut headers = HeaderMap::new();
            headers.insert(
                CONTENT_ENCODING,
                HeaderValue::from_static("gzip,aws-chunked"),
            );
            let joined = join(&mut headers, &Bytes::from_static(body.as_bytes())).ok();
            assert_eq!(joined.as_deref(), whole.map(str::as_bytes), "{body:?}");
            if whole.is_some() {
                assert_eq!(
                    headers.get(CONTENT_ENCODING),
                    Some(&HeaderValue::from_static("gzip"))
                );
                let found = headers.get("x-amz-checksum-crc32");
                let found = found.and_then(|value| value.to_str().ok());
                assert_eq!(found, checksum, "{body:?}");
            }
        }
    }
}
