//! S3 as its clients without an SDK ask it.

use pawl_local::Options;
use reqwest::{Method, StatusCode};

use super::{Port, header};

/// Method, address, headers and body of a request to S3; status, headers and body of its answer.
type Exchange = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    u16,
    &'static [(&'static str, &'static str)],
    &'static str,
);

/// In their order, as each depends on those before it. An answer's body is held against what it must contain.
const OBJECTS: &[Exchange] = &[
    (
        "PUT",
        "/photos",
        &[],
        "",
        200,
        &[("location", "/photos")],
        "",
    ),
    (
        "HEAD",
        "/photos",
        &[],
        "",
        200,
        &[("x-amz-bucket-region", "us-east-1")],
        "",
    ),
    // As SDKs send an object by default: in chunks, with a checksum behind them.
    (
        "PUT",
        "/photos/chunks",
        &[
            ("content-encoding", "aws-chunked"),
            ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            ("x-amz-decoded-content-length", "9"),
            ("x-amz-trailer", "x-amz-checksum-crc32"),
            ("cache-control", "no-store"),
        ],
        "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n",
        200,
        &[
            ("x-amz-checksum-crc32", "y/Q5Jg=="),
            ("x-amz-checksum-type", "FULL_OBJECT"),
        ],
        "",
    ),
    (
        "GET",
        "/photos/chunks",
        &[("x-amz-checksum-mode", "ENABLED")],
        "",
        200,
        &[
            ("x-amz-checksum-crc32", "y/Q5Jg=="),
            ("content-length", "9"),
            ("cache-control", "no-store"),
            ("etag", "\"25f9e794323b453885f5181f1b624d0b\""),
        ],
        "123456789",
    ),
    (
        "PUT",
        "/photos/chunks",
        &[("x-amz-checksum-crc32", "AAAAAA==")],
        "123456789",
        400,
        &[],
        "<Code>BadDigest</Code>",
    ),
    (
        "PUT",
        "/photos/plain",
        &[],
        "123456789",
        200,
        &[("x-amz-checksum-crc64nvme", "rosUhgp5mIg=")],
        "",
    ),
    // Parts of the bytes.
    (
        "GET",
        "/photos/plain",
        &[("range", "bytes=2-4")],
        "",
        206,
        &[("content-range", "bytes 2-4/9")],
        "345",
    ),
    (
        "GET",
        "/photos/plain",
        &[("range", "bytes=-2")],
        "",
        206,
        &[("content-range", "bytes 7-8/9")],
        "89",
    ),
    (
        "GET",
        "/photos/plain",
        &[("range", "bytes=7-")],
        "",
        206,
        &[("content-range", "bytes 7-8/9")],
        "89",
    ),
    (
        "GET",
        "/photos/plain",
        &[("range", "bytes=9-")],
        "",
        416,
        &[],
        "<Code>InvalidRange</Code>",
    ),
    (
        "HEAD",
        "/photos/plain",
        &[("range", "bytes=2-4")],
        "",
        206,
        &[("content-length", "3")],
        "",
    ),
    // Conditions.
    (
        "GET",
        "/photos/plain",
        &[("if-none-match", "\"25f9e794323b453885f5181f1b624d0b\"")],
        "",
        304,
        &[],
        "",
    ),
    (
        "GET",
        "/photos/plain",
        &[("if-match", "\"0\"")],
        "",
        412,
        &[],
        "<Code>PreconditionFailed</Code>",
    ),
    (
        "PUT",
        "/photos/plain",
        &[("if-none-match", "*")],
        "x",
        412,
        &[],
        "<Code>PreconditionFailed</Code>",
    ),
    (
        "PUT",
        "/photos/new",
        &[("if-match", "\"0\"")],
        "x",
        404,
        &[],
        "<Code>NoSuchKey</Code>",
    ),
    (
        "GET",
        "/photos/plain?response-content-type=a/b",
        &[],
        "",
        200,
        &[("content-type", "a/b")],
        "1",
    ),
    // Copies.
    (
        "PUT",
        "/photos/copy%20of",
        &[("x-amz-copy-source", "/photos/plain")],
        "",
        200,
        &[],
        "<CopyObjectResult",
    ),
    (
        "PUT",
        "/photos/plain",
        &[("x-amz-copy-source", "photos/plain")],
        "",
        400,
        &[],
        "<Code>InvalidRequest</Code>",
    ),
    (
        "PUT",
        "/photos/copy",
        &[("x-amz-copy-source", "photos/none")],
        "",
        404,
        &[],
        "<Code>NoSuchKey</Code>",
    ),
    // Lists.
    ("PUT", "/photos/dir/a", &[], "x", 200, &[], ""),
    ("PUT", "/photos/dir/b", &[], "x", 200, &[], ""),
    (
        "GET",
        "/photos?list-type=2&delimiter=/&encoding-type=url&max-keys=3",
        &[],
        "",
        200,
        &[],
        "<KeyCount>3</KeyCount><MaxKeys>3</MaxKeys><IsTruncated>true</IsTruncated><NextContinuationToken>dir/</NextContinuationToken><Contents><Key>chunks</Key>",
    ),
    (
        "GET",
        "/photos?list-type=2&delimiter=/&continuation-token=dir/",
        &[],
        "",
        200,
        &[],
        "<Contents><Key>plain</Key>",
    ),
    (
        "GET",
        "/photos?delimiter=/&max-keys=1&marker=chunks&encoding-type=url",
        &[],
        "",
        200,
        &[],
        "<NextMarker>copy%20of</NextMarker>",
    ),
    (
        "GET",
        "/photos?prefix=dir/&marker=dir/a",
        &[],
        "",
        200,
        &[],
        "<IsTruncated>false</IsTruncated><Contents><Key>dir/b</Key>",
    ),
    (
        "POST",
        "/photos?delete",
        &[],
        "<Delete><Object><Key>dir/a</Key></Object></Delete>",
        200,
        &[],
        "<Deleted><Key>dir/a</Key></Deleted>",
    ),
    (
        "POST",
        "/photos?delete",
        &[],
        "<Delete>",
        400,
        &[],
        "<Code>MalformedXML</Code>",
    ),
    (
        "GET",
        "/photos?uploadId=none",
        &[],
        "",
        404,
        &[],
        "<Code>NoSuchUpload</Code>",
    ),
];

#[tokio::test]
async fn objects_answer_as_they_do_on_s3() {
    let port = Port::open(Options::default()).await;
    for (method, address, headers, body, status, expected, contained) in OBJECTS {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let name = format!("{method} {address} {headers:?}");
        let mut request = port.request(method, "s3", address).body(*body);
        for (header, value) in *headers {
            request = request.header(*header, *value);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), *status, "{name}: {answer:?}");
        for (expected, value) in *expected {
            assert_eq!(header(&answer, expected), *value, "{name}: {expected}");
        }
        let said = answer.text().await.expect("text");
        assert!(said.contains(contained), "{name}: {said}");
    }
}

#[tokio::test]
async fn parts_become_an_object_that_survives() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = || Options {
        state: Some(folder.path().to_owned()),
        ..Options::default()
    };
    let element = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>")).expect("it is there");
        rest.split('<').next().unwrap_or_default().to_owned()
    };
    let port = Port::open(options()).await;
    let send = |port: &Port, method: Method, address: &str, body: Vec<u8>| {
        port.request(method, "s3", address).body(body).send()
    };
    let made = send(&port, Method::PUT, "/photos", Vec::new()).await;
    assert_eq!(made.expect("an answer").status(), StatusCode::OK);
    let begun = send(&port, Method::POST, "/photos/whole?uploads", Vec::new()).await;
    let begun = begun.expect("an answer").text().await.expect("text");
    let id = element(&begun, "UploadId");
    let parts = [vec![b'a'; 5 * 1024 * 1024], vec![b'b'; 10]];
    let mut named = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let number = number + 1;
        let address = format!("/photos/whole?partNumber={number}&uploadId={id}");
        let taken = send(&port, Method::PUT, &address, part.clone())
            .await
            .expect("an answer");
        let etag = header(&taken, "etag").to_owned();
        named.push(format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        ));
    }
    // An upload that is not complete outlives the process.
    let Port {
        local,
        stop,
        serving,
        ..
    } = port;
    stop.send(()).expect("it runs");
    serving.await.expect("it ends");
    local.close().await;
    let port = Port::open(options()).await;
    let address = format!("/photos/whole?uploadId={id}");
    let named = named.concat();
    let named = format!("<CompleteMultipartUpload>{named}</CompleteMultipartUpload>");
    let complete = send(&port, Method::POST, &address, named.clone().into_bytes()).await;
    let complete = complete.expect("an answer").text().await.expect("text");
    assert!(
        element(&complete, "ETag").ends_with("-2&quot;"),
        "{complete}"
    );
    let again = send(&port, Method::POST, &address, named.into_bytes()).await;
    assert_eq!(again.expect("an answer").status(), StatusCode::NOT_FOUND);
    let whole = send(&port, Method::GET, "/photos/whole", Vec::new()).await;
    let whole = whole.expect("an answer").bytes().await.expect("bytes");
    assert_eq!(whole, parts.concat());
    let second = send(&port, Method::GET, "/photos/whole?partNumber=2", Vec::new()).await;
    let second = second.expect("an answer");
    assert_eq!(header(&second, "x-amz-mp-parts-count"), "2");
    assert_eq!(second.text().await.expect("text"), "bbbbbbbbbb");
}

#[tokio::test]
async fn a_bucket_may_stand_in_the_host() {
    let port = Port::open(Options::default()).await;
    let made = port.request(Method::PUT, "s3", "/photos").send().await;
    assert_eq!(made.expect("an answer").status(), StatusCode::OK);
    for host in ["photos.localhost", "photos.s3.localhost:4566"] {
        let put = port
            .request(Method::PUT, "s3", "/key")
            .header("host", host)
            .body("x");
        assert_eq!(
            put.send().await.expect("an answer").status(),
            StatusCode::OK
        );
        let got = port.request(Method::GET, "s3", "/photos/key").send().await;
        assert_eq!(
            got.expect("an answer").text().await.expect("text"),
            "x",
            "{host}"
        );
    }
}
