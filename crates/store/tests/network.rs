//! The store over HTTP: a small server on loopback answers as S3, and as a plain web server.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

use pilotlight_findings::Explain as _;
use pilotlight_store::{HttpLogin, S3Access, StateAccess, StateUrl, Store, StoreError, static_credentials};
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
    /// The code in the answer of a broken server.
    code: &'static str,
    /// The last `Authorization` header.
    authorization: Option<String>,
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
        bucket.authorization = header("authorization");
        if let Some(status) = bucket.broken {
            Some((status, format!("<Error><Code>{}</Code></Error>", bucket.code).into_bytes()))
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
        refused: None,
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
async fn who_has_to_know_of_each_request_asks_once() {
    let (url, bucket) = serve().await;
    let store = Store::open("s3://shop-dr", Path::new("/"), Some(&access(&url))).unwrap().asked_once().unwrap();
    for broken in [None, Some(503)] {
        bucket.lock().unwrap().requests.clear();
        match broken {
            None => bucket.lock().unwrap().lose_answers = 1,
            broken => bucket.lock().unwrap().broken = broken,
        }
        let created = store.create("k", "v").await.unwrap_err();
        assert!(matches!(created, StoreError::Unreachable { .. }), "{created:?}");
        assert_eq!(bucket.lock().unwrap().requests.len(), 1, "{broken:?}");
        let removed = store.remove("k").await.map(|()| "removed");
        assert!(broken.is_none() || matches!(removed, Err(StoreError::Unreachable { .. })), "{removed:?}");
        assert_eq!(bucket.lock().unwrap().requests.len(), 2, "{broken:?}");
    }
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

fn on_s3(endpoint: &str) -> StateAccess {
    StateAccess { s3: Some(access(endpoint)), http: None }
}

/// The names of the states at a URL.
async fn found(url: &str, access: &StateAccess) -> Result<Vec<String>, StoreError> {
    let objects = StateUrl::parse(url, Path::new("/"), None)?.find(access).await?;
    Ok(objects.iter().map(|object| object.url().to_owned()).collect())
}

async fn read(url: &str, access: &StateAccess) -> Result<String, StoreError> {
    let objects = StateUrl::parse(url, Path::new("/"), None)?.find(access).await?;
    assert_eq!(objects.len(), 1, "{objects:?}");
    Ok(String::from_utf8(objects[0].read(access).await?.to_vec()).unwrap())
}

#[tokio::test]
async fn a_state_over_http_with_the_login_of_its_url_or_of_the_environment() {
    let (url, bucket) = serve().await;
    bucket.lock().unwrap().objects.insert("/state/network".into(), b"{}".to_vec());
    let login = HttpLogin { user: "ci".into(), password: Some("hunter2".into()) };
    let access = StateAccess { s3: None, http: Some(login) };
    assert!(!format!("{access:?}").contains("hunter2"));

    assert_eq!(read(&format!("{url}/state/network"), &StateAccess::default()).await.unwrap(), "{}");
    assert_eq!(bucket.lock().unwrap().authorization, None);
    read(&format!("{url}/state/network"), &access).await.unwrap();
    // printf ci:hunter2 | base64
    assert_eq!(bucket.lock().unwrap().authorization.as_deref(), Some("Basic Y2k6aHVudGVyMg=="));
    let with_user = url.replace("http://", "http://user:secret@");
    read(&format!("{with_user}/state/network"), &access).await.unwrap();
    // printf user:secret | base64
    assert_eq!(bucket.lock().unwrap().authorization.as_deref(), Some("Basic dXNlcjpzZWNyZXQ="));

    let error = read(&format!("{with_user}/none?token=secret"), &access).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
    assert_eq!(error.to_string(), format!("find {url}/none: it does not exist"));
    for (status, code) in [(401, "PL-J112"), (403, "PL-J112"), (204, "PL-J113"), (500, "PL-J115")] {
        bucket.lock().unwrap().broken = Some(status);
        let error = read(&format!("{with_user}/state/network"), &access).await.unwrap_err();
        assert_eq!(error.code().as_str(), code, "{status}: {error:?}");
        assert!(!format!("{error:?} {error}").contains("secret"), "{error:?}");
    }
    assert!(matches!(Store::open(&url, Path::new("/"), None), Err(StoreError::ReadOnly { .. })));
}

#[tokio::test]
async fn a_state_on_s3_with_its_workspace_and_its_lock() {
    let (url, bucket) = serve().await;
    for (key, body) in [
        ("app.tfstate", "default"),
        ("env:/prod/app.tfstate", "prod"),
        ("env:/prod/app.tfstate.tflock", "{\"ID\":\"1\"}"),
        ("teams/prod/app.tfstate", "teams"),
    ] {
        bucket.lock().unwrap().objects.insert(format!("/state/{key}"), body.into());
    }
    let access = on_s3(&url);
    for (url, content) in [
        ("s3://state/app.tfstate", "default"),
        ("s3://state/app.tfstate?workspace=default", "default"),
        ("s3://state/app.tfstate?workspace=prod", "prod"),
        ("s3://state/env:/prod/app.tfstate", "prod"),
        ("s3://state/app.tfstate?workspace=prod&workspace_key_prefix=teams", "teams"),
    ] {
        assert_eq!(read(url, &access).await.unwrap(), content, "{url}");
    }
    let lock_of = async |url: &str| {
        let objects = StateUrl::parse(url, Path::new("/"), None).unwrap().find(&access).await.unwrap();
        objects[0].lock(&access).await.unwrap()
    };
    assert_eq!(lock_of("s3://state/app.tfstate").await, None);
    assert_eq!(lock_of("s3://state/app.tfstate?workspace=prod").await.unwrap(), "{\"ID\":\"1\"}");
}

#[tokio::test]
async fn a_prefix_and_a_glob_on_s3_list_states_alone() {
    let (url, bucket) = serve().await;
    for key in [
        "a/net.tfstate",
        "a/net.tfstate.tflock",
        "a/deep/er/app.tfstate",
        "a/deep/app.tfstate.backup",
        "ab/other.tfstate",
        "env:/prod/a/net.tfstate",
    ] {
        bucket.lock().unwrap().objects.insert(format!("/state/{key}"), b"{}".to_vec());
    }
    let access = on_s3(&url);
    for (url, names) in [
        ("s3://state/a/", vec!["s3://state/a/deep/er/app.tfstate", "s3://state/a/net.tfstate"]),
        ("s3://state/a/?workspace=prod", vec!["s3://state/env:/prod/a/net.tfstate"]),
        ("s3://state/a/**/*.tfstate", vec!["s3://state/a/deep/er/app.tfstate", "s3://state/a/net.tfstate"]),
        ("s3://state/a/*.tfstate", vec!["s3://state/a/net.tfstate"]),
        (
            "s3://state/a*/",
            vec!["s3://state/a/deep/er/app.tfstate", "s3://state/a/net.tfstate", "s3://state/ab/other.tfstate"],
        ),
        ("s3://state/{a,ab}/*.tfstate", vec!["s3://state/a/net.tfstate", "s3://state/ab/other.tfstate"]),
    ] {
        assert_eq!(found(url, &access).await.unwrap(), names, "{url}");
    }
    assert_eq!(found("s3://state", &access).await.unwrap().len(), 4);
    for (url, message) in [
        ("s3://state/none/", "find a state at s3://state/none/: no key that ends in .tfstate is below it"),
        ("s3://state/a/*.json", "find a state at s3://state/a/*.json: no key of bucket state fits a/*.json"),
    ] {
        let error = found(url, &access).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.code().as_str()), (message, "PL-S121"));
    }
    let error = found("s3://state/a/[x/", &access).await.unwrap_err();
    assert!(error.to_string().starts_with("open s3://state/a/[x/: it is no glob: "), "{error}");
}

#[tokio::test]
async fn what_s3_refuses_is_told_apart() {
    let (url, bucket) = serve().await;
    let access = on_s3(&url);
    for (status, code, words) in [
        (404, "NoSuchBucket", "find s3://state/k: its bucket does not exist"),
        (404, "NoSuchKey", "find s3://state/k: it does not exist"),
        (403, "AccessDenied", "access s3://state/k: permission denied"),
        (301, "PermanentRedirect", "find s3://state/k in this region: its bucket is in another one"),
        (400, "AuthorizationHeaderMalformed", "find s3://state/k in this region: its bucket is in another one"),
        (503, "SlowDown", "reach s3://state/k"),
    ] {
        {
            let mut bucket = bucket.lock().unwrap();
            (bucket.broken, bucket.code) = (Some(status), code);
        }
        let error = read("s3://state/k", &access).await.unwrap_err();
        assert_eq!(error.to_string(), words, "{error:?}");
        // A list is answered in the same words.
        let error = found("s3://state/k/", &access).await.unwrap_err();
        assert_eq!(error.to_string(), words.replace("s3://state/k", "s3://state/k/"), "{error:?}");
    }
    let error = read("s3://state/k", &StateAccess::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "open s3://state/k: no AWS region and credentials are configured");
}
