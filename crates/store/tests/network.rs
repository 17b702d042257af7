//! The store over HTTP: a small server on loopback answers as S3, and as a plain web server.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

use pilotlight_store::{S3Access, Store, StoreError, read_url, static_credentials};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Default)]
struct Bucket {
    objects: BTreeMap<String, Vec<u8>>,
    requests: Vec<String>,
    /// Answers this status to everything.
    broken: Option<u16>,
    /// Writes, then closes the connection without an answer.
    lose_answers: usize,
    silent: bool,
}

async fn serve() -> (String, Arc<Mutex<Bucket>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let bucket = Arc::new(Mutex::new(Bucket::default()));
    let shared = Arc::clone(&bucket);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&shared)));
        }
    });
    (url, bucket)
}

/// One request a connection.
async fn answer(mut stream: TcpStream, bucket: Arc<Mutex<Bucket>>) {
    let mut bytes = Vec::new();
    let end = loop {
        let mut buffer = [0; 4096];
        let Ok(length @ 1..) = stream.read(&mut buffer).await else { return };
        bytes.extend_from_slice(&buffer[..length]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let header = |name: &str| {
        head.lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then(|| value.to_owned()))
    };
    let wanted: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < wanted {
        let mut buffer = [0; 4096];
        let Ok(length @ 1..) = stream.read(&mut buffer).await else { return };
        body.extend_from_slice(&buffer[..length]);
    }
    let line = head.lines().next().unwrap().to_owned();
    let (method, target) = line.split_once(' ').map(|(m, rest)| (m, rest.split(' ').next().unwrap())).unwrap();
    let target = target.replace("%3A", ":").replace("%2F", "/");
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    if bucket.lock().unwrap().silent {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    let reply = {
        let mut bucket = bucket.lock().unwrap();
        bucket.requests.push(format!("{method} {path} signed={}", header("authorization").is_some()));
        if let Some(status) = bucket.broken {
            Some((status, b"<Error><Code>Broken</Code></Error>".to_vec()))
        } else if query.contains("list-type=2") {
            let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap_or("");
            let prefix = format!("{path}/{}", prefix);
            let keys: String = bucket
                .objects
                .iter()
                .filter(|(key, _)| key.starts_with(&prefix))
                .map(|(key, bytes)| {
                    let key = key.strip_prefix(&format!("{path}/")).unwrap();
                    format!("<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>e</ETag><Size>{}</Size></Contents>", bytes.len())
                })
                .collect();
            Some((
                200,
                format!("<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>").into_bytes(),
            ))
        } else if method == "PUT" {
            assert_eq!(header("if-none-match").as_deref(), Some("*"), "a write that could replace an object");
            if bucket.objects.contains_key(path) {
                Some((412, b"<Error><Code>PreconditionFailed</Code></Error>".to_vec()))
            } else {
                bucket.objects.insert(path.to_owned(), body);
                if bucket.lose_answers > 0 {
                    bucket.lose_answers -= 1;
                    None
                } else {
                    Some((200, Vec::new()))
                }
            }
        } else {
            Some(bucket.objects.get(path).map_or((404, Vec::new()), |bytes| (200, bytes.clone())))
        }
    };
    let Some((status, body)) = reply else { return };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\netag: \"e\"\r\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
}

fn access(endpoint: &str) -> S3Access {
    S3Access {
        region: "eu-central-1".into(),
        endpoint: Some(endpoint.into()),
        credentials: static_credentials("AKIDEXAMPLE", "very-secret", None),
    }
}

#[tokio::test]
async fn s3_is_written_once_listed_and_read() {
    let (url, bucket) = serve().await;
    let store = Store::open("s3://shop-dr/pilotlight/", Path::new("/"), Some(&access(&url))).unwrap();
    store.create("runs/a/0000000000.json", "one").await.unwrap();
    let again = store.create("runs/a/0000000000.json", "two").await.unwrap_err();
    assert!(matches!(again, StoreError::AlreadyExists { .. }), "{again:?}");
    assert_eq!(store.read("runs/a/0000000000.json").await.unwrap(), "one");
    assert_eq!(store.list("runs/a").await.unwrap(), ["runs/a/0000000000.json"]);
    assert_eq!(store.read_if_exists("runs/a/0000000001.json").await.unwrap(), None);
    let missing = store.read("runs/a/0000000001.json").await.unwrap_err();
    assert_eq!(missing.to_string(), "find s3://shop-dr/pilotlight/runs/a/0000000001.json: it does not exist");
    let bucket = bucket.lock().unwrap();
    assert!(bucket.objects.contains_key("/shop-dr/pilotlight/runs/a/0000000000.json"), "{:?}", bucket.objects.keys());
    assert!(bucket.requests.iter().all(|request| request.ends_with("signed=true")), "{:?}", bucket.requests);
}

#[tokio::test]
async fn a_refusal_is_denied_and_holds_no_secret() {
    let (url, bucket) = serve().await;
    bucket.lock().unwrap().broken = Some(403);
    let store = Store::open("s3://shop-dr", Path::new("/"), Some(&access(&url))).unwrap();
    let error = store.create("k", "v").await.unwrap_err();
    assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
    assert_eq!(error.to_string(), "access s3://shop-dr/k: permission denied");
    assert!(!format!("{error:?} {store:?} {:?}", access(&url)).contains("very-secret"));
    assert!(matches!(store.list("").await, Err(StoreError::Denied { .. })));
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_not_called_a_success() {
    let (url, bucket) = serve().await;
    bucket.lock().unwrap().lose_answers = 1;
    let store = Store::open("s3://shop-dr", Path::new("/"), Some(&access(&url))).unwrap();
    // The client's own second try meets the object of the first: whose it is, the caller must read.
    let error = store.create("k", "v").await.unwrap_err();
    assert!(matches!(error, StoreError::AlreadyExists { .. } | StoreError::Unreachable { .. }), "{error:?}");
    assert_eq!(store.read("k").await.unwrap(), "v");
}

#[tokio::test]
async fn a_server_that_fails_or_is_gone_is_unreachable_within_seconds() {
    let (url, bucket) = serve().await;
    bucket.lock().unwrap().broken = Some(503);
    let begin = Instant::now();
    let store = Store::open("s3://shop-dr", Path::new("/"), Some(&access(&url))).unwrap();
    let error = store.create("k", "v").await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }) && error.is_transient(), "{error:?}");
    let tries = bucket.lock().unwrap().requests.len();
    assert_eq!(tries, 3, "a first try and two more");

    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let store = Store::open("s3://shop-dr", Path::new("/"), Some(&access(&format!("http://{gone}")))).unwrap();
    let error = store.read_if_exists("k").await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_server_that_is_silent_does_not_hold_the_journal_for_minutes() {
    let (url, bucket) = serve().await;
    bucket.lock().unwrap().silent = true;
    let store = Store::open("s3://shop-dr", Path::new("/"), Some(&access(&url))).unwrap();
    let begin = Instant::now();
    let error = store.create("k", "v").await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_state_is_read_over_http_and_from_s3() {
    let (url, bucket) = serve().await;
    bucket.lock().unwrap().objects.insert("/state/network.tfstate".into(), b"{}".to_vec());
    let base = Path::new("/");
    assert_eq!(read_url(&format!("{url}/state/network.tfstate"), base, None).await.unwrap(), "{}");
    let with_user = url.replace("http://", "http://user:secret@");
    let error = read_url(&format!("{with_user}/none?token=secret"), base, None).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
    assert_eq!(error.to_string(), format!("find {url}/none: it does not exist"));
    bucket.lock().unwrap().objects.insert("/state/env:/eu/app.tfstate".into(), b"[]".to_vec());
    let read = read_url("s3://state/env:/eu/app.tfstate", base, Some(&access(&url))).await.unwrap();
    assert_eq!(read, "[]");
    assert!(matches!(Store::open(&url, base, None), Err(StoreError::ReadOnly { .. })));
}
