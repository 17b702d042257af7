//! A server on loopback that is S3 and DynamoDB, as far as a reader of states asks them, and a plain web server.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What it holds, and what it was asked.
#[derive(Default)]
struct Held {
    /// By `/bucket/key`, which is also a path of the web server.
    objects: BTreeMap<String, String>,
    /// Items of the lock table, as DynamoDB's JSON, by lock id. None is a table that may not be read.
    locks: Option<BTreeMap<String, String>>,
    /// The `Authorization` header of each request that had one.
    authorizations: Vec<String>,
}

/// The server. It ends with the process of the test.
#[derive(Clone)]
pub(crate) struct States {
    pub(crate) url: String,
    held: Arc<Mutex<Held>>,
}

impl States {
    pub(crate) fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let states = Self { url, held: Arc::default() };
        let held = Arc::clone(&states.held);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let held = Arc::clone(&held);
                thread::spawn(move || answer(stream, &held));
            }
        });
        states
    }

    pub(crate) fn put(&self, path: &str, body: impl Into<String>) {
        self.held.lock().unwrap().objects.insert(path.to_owned(), body.into());
    }

    /// Lets the table be read; `item` is DynamoDB's JSON.
    pub(crate) fn lock(&self, lock_id: &str, item: &str) {
        let mut held = self.held.lock().unwrap();
        held.locks.get_or_insert_default().insert(lock_id.to_owned(), item.to_owned());
    }

    pub(crate) fn authorizations(&self) -> Vec<String> {
        self.held.lock().unwrap().authorizations.clone()
    }
}

/// One request a connection.
fn answer(stream: TcpStream, held: &Mutex<Held>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap_or(0) <= 2 {
            break;
        }
        let (name, value) = header.split_once(':').unwrap();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "authorization" => authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.replace("%3A", ":");
    let (status, answer) = {
        let mut held = held.lock().unwrap();
        held.authorizations.extend(authorization);
        match (method, &held.locks) {
            ("POST", None) => (400, r#"{"__type":"x#AccessDeniedException","message":"not for you"}"#.to_owned()),
            ("POST", Some(locks)) => {
                assert!(body.contains("\"TableName\":\"tf-locks\""), "{body}");
                let item = locks.iter().find(|(id, _)| body.contains(&format!("{{\"S\":\"{id}\"}}")));
                (200, item.map_or("{}".to_owned(), |(_, item)| format!("{{\"Item\":{item}}}")))
            }
            _ if query.contains("list-type=2") => {
                let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap_or_default();
                let wanted = format!("{path}/{}", prefix.replace("%2F", "/").replace("%3A", ":"));
                let keys: String = held
                    .objects
                    .keys()
                    .filter(|key| key.starts_with(&wanted))
                    .map(|key| {
                        let key = key.strip_prefix(&format!("{path}/")).unwrap();
                        format!(
                            "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>\
                             <ETag>e</ETag><Size>1</Size></Contents>"
                        )
                    })
                    .collect();
                (200, format!("<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>"))
            }
            _ if path.starts_with("/gone/") => (404, "<Error><Code>NoSuchBucket</Code></Error>".to_owned()),
            _ => match held.objects.get(&path) {
                Some(body) => (200, body.clone()),
                None => (404, "<Error><Code>NoSuchKey</Code></Error>".to_owned()),
            },
        }
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\netag: \"e\"\r\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
         connection: close\r\n\r\n",
        answer.len()
    );
    // Who asked may be gone.
    let _ = reader.get_mut().write_all(&[head.as_bytes(), answer.as_bytes()].concat());
}
