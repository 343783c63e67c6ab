//! S3 through its own SDK client: objects, conditions, lists and errors, in memory and on disk.

use std::path::PathBuf;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use pawl_local::{Local, Options};

async fn open(state: Option<PathBuf>) -> (Local, Client) {
    let local = Local::open(Options {
        state,
        ..Options::default()
    })
    .await
    .expect("it opens");
    let client = Client::new(&local.sdk_config());
    (local, client)
}

async fn read(client: &Client, bucket: &str, key: &str) -> Vec<u8> {
    let object = client
        .get_object()
        .bucket(bucket)
        .key(key)
        .send()
        .await
        .expect("the object is there");
    object.body.collect().await.expect("its bytes").to_vec()
}

#[tokio::test]
async fn objects_come_back_as_they_were() {
    let keys = [
        "a/b.json",
        "a b+c%20d&e=f",
        "..",
        "/",
        "ü/日本",
        "x?y#z",
        "quotes\"<&>'",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for state in [None, Some(folder.path().to_owned())] {
        // A bucket with a dot is written into the path, one without into the host.
        for bucket in ["plain-bucket", "dotted.bucket"] {
            let (mut local, mut client) = open(state.clone()).await;
            client
                .create_bucket()
                .bucket(bucket)
                .send()
                .await
                .expect("the bucket is made");
            for key in keys {
                let body = format!("{key}\n\0{}", "x".repeat(40_000)).into_bytes();
                let put = client
                    .put_object()
                    .bucket(bucket)
                    .key(key)
                    .metadata("kind", "test");
                let put = put.content_type("text/x").body(ByteStream::from(body));
                put.send()
                    .await
                    .unwrap_or_else(|error| panic!("{key}: {error:?}"));
            }
            if state.is_some() {
                local.close().await;
                (local, client) = open(state.clone()).await;
            }
            for key in keys {
                let body = format!("{key}\n\0{}", "x".repeat(40_000)).into_bytes();
                assert_eq!(read(&client, bucket, key).await, body, "{key}");
                let head = client
                    .head_object()
                    .bucket(bucket)
                    .key(key)
                    .send()
                    .await
                    .expect("a head");
                assert_eq!(head.content_length(), i64::try_from(body.len()).ok());
                assert_eq!(head.content_type(), Some("text/x"));
                let kind = head.metadata().and_then(|metadata| metadata.get("kind"));
                assert_eq!(kind.map(String::as_str), Some("test"));
                assert!(head.last_modified().is_some());
            }
            let list = client
                .list_objects_v2()
                .bucket(bucket)
                .send()
                .await
                .expect("a list");
            let mut listed: Vec<&str> = list
                .contents()
                .iter()
                .filter_map(|object| object.key())
                .collect();
            let mut expected = keys.to_vec();
            listed.sort_unstable();
            expected.sort_unstable();
            assert_eq!(listed, expected);
            local.close().await;
        }
    }
}

#[tokio::test]
async fn refusals_have_the_names_of_s3() {
    let (_local, client) = open(None).await;
    let missing = client.get_object().bucket("nowhere").key("x").send().await;
    assert_eq!(
        missing.expect_err("no bucket").into_service_error().code(),
        Some("NoSuchBucket")
    );
    client
        .create_bucket()
        .bucket("things")
        .send()
        .await
        .expect("the bucket is made");
    let missing = client.get_object().bucket("things").key("x").send().await;
    assert!(
        missing
            .expect_err("no object")
            .into_service_error()
            .is_no_such_key()
    );
    let missing = client.head_object().bucket("things").key("x").send().await;
    assert!(
        missing
            .expect_err("no object")
            .into_service_error()
            .is_not_found()
    );

    let put = || {
        client
            .put_object()
            .bucket("things")
            .key("x")
            .if_none_match("*")
            .body(ByteStream::from_static(b"1"))
    };
    put().send().await.expect("it is new");
    let again = put()
        .send()
        .await
        .expect_err("it is not new")
        .into_service_error();
    assert_eq!(again.code(), Some("PreconditionFailed"));

    let full = client.delete_bucket().bucket("things").send().await;
    assert_eq!(
        full.expect_err("not empty").into_service_error().code(),
        Some("BucketNotEmpty")
    );
    for _ in 0..2 {
        client
            .delete_object()
            .bucket("things")
            .key("x")
            .send()
            .await
            .expect("gone, or gone already");
    }
    client
        .delete_bucket()
        .bucket("things")
        .send()
        .await
        .expect("it is empty");

    let bad = client.create_bucket().bucket("Not_A_Bucket").send().await;
    assert_eq!(
        bad.expect_err("no such name").into_service_error().code(),
        Some("InvalidBucketName")
    );
    let copy = client
        .copy_object()
        .bucket("things")
        .key("y")
        .copy_source("things/x")
        .send()
        .await;
    assert_eq!(
        copy.expect_err("not there").into_service_error().code(),
        Some("NoSuchBucket")
    );
    let acl = client.get_bucket_acl().bucket("things").send().await;
    assert_eq!(
        acl.expect_err("not there").into_service_error().code(),
        Some("NotImplemented")
    );
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let (_local, client) = open(None).await;
    client
        .create_bucket()
        .bucket("things")
        .send()
        .await
        .expect("the bucket is made");
    for number in 0..7 {
        for folder in ["a", "b"] {
            let key = format!("{folder}/{number}");
            let put = client
                .put_object()
                .bucket("things")
                .key(key)
                .body(ByteStream::from_static(b"x"));
            put.send().await.expect("it is written");
        }
    }
    let list = client
        .list_objects_v2()
        .bucket("things")
        .prefix("a/")
        .max_keys(3);
    let mut pages = list.into_paginator().send();
    let mut lengths = Vec::new();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.expect("a page");
        lengths.push(page.contents().len());
        keys.extend(
            page.contents()
                .iter()
                .filter_map(|object| object.key().map(str::to_owned)),
        );
    }
    assert_eq!(lengths, [3, 3, 1]);
    assert_eq!(
        keys,
        (0..7)
            .map(|number| format!("a/{number}"))
            .collect::<Vec<_>>()
    );
}
