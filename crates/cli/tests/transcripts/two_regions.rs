//! A server on loopback that is EC2 and S3 in two regions, as far as a rebuild asks them. It keeps what it was asked, by
//! the region that each request was signed for, and a region can be taken away.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

#[derive(Default)]
struct Held {
    /// By `/bucket/key`.
    objects: BTreeMap<String, Vec<u8>>,
    /// Region and what was asked of it.
    asked: Vec<(String, String)>,
    /// A region that gives no answer.
    dead: Option<String>,
}

/// The server. It ends with the process of the test.
#[derive(Clone)]
pub(crate) struct TwoRegions {
    pub(crate) url: String,
    held: Arc<Mutex<Held>>,
}

/// What the primary runs, and what has the same name and owner in the standby.
pub(crate) const IMAGES: [(&str, &str); 2] =
    [("eu-west-1", "ami-0aaaaaaaaaaaaaaaa"), ("eu-central-1", "ami-0bbbbbbbbbbbbbbbb")];

impl TwoRegions {
    pub(crate) fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, held: Arc::default() };
        let held = Arc::clone(&server.held);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let held = Arc::clone(&held);
                thread::spawn(move || answer(stream, &held));
            }
        });
        server
    }

    pub(crate) fn put(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.held.lock().unwrap().objects.insert(path.to_owned(), body.into());
    }

    /// Objects whose path begins so.
    pub(crate) fn objects(&self, beginning: &str) -> BTreeMap<String, Vec<u8>> {
        let held = self.held.lock().unwrap();
        let fits = held.objects.iter().filter(|(path, _)| path.starts_with(beginning));
        fits.map(|(path, body)| (path.clone(), body.clone())).collect()
    }

    /// From now on the region closes every connection without an answer.
    pub(crate) fn kill(&self, region: &str) {
        self.held.lock().unwrap().dead = Some(region.to_owned());
    }

    /// What a region was asked since the last call of this.
    pub(crate) fn asked(&self, region: &str) -> Vec<String> {
        let mut held = self.held.lock().unwrap();
        let (of, others) = std::mem::take(&mut held.asked).into_iter().partition(|(asked, _)| asked == region);
        held.asked = others;
        let of: Vec<(String, String)> = of;
        of.into_iter().map(|(_, what)| what).collect()
    }
}

/// One request a connection.
fn answer(stream: TcpStream, held: &Mutex<Held>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let (mut length, mut region, mut create) = (0, String::new(), false);
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap_or(0) <= 2 {
            break;
        }
        let (name, value) = header.split_once(':').unwrap();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            // AWS4-HMAC-SHA256 Credential=KEY/20260301/eu-west-1/ec2/aws4_request, …
            "authorization" => region = value.split('/').nth(2).unwrap_or_default().to_owned(),
            "if-none-match" => create = true,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let text = String::from_utf8_lossy(&body).into_owned();
    let action = text.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or(path);
    let mut held = held.lock().unwrap();
    held.asked.push((region.clone(), format!("{method} {action}")));
    if held.dead.as_deref() == Some(region.as_str()) {
        return;
    }
    let (status, answer) = match (method, action) {
        ("POST", "DescribeAvailabilityZones") => (200, zones(&region)),
        ("POST", "DescribeImages") => (200, images(&region, &text)),
        ("PUT", _) if create && held.objects.contains_key(path) => {
            (412, b"<Error><Code>PreconditionFailed</Code></Error>".to_vec())
        }
        ("PUT", _) => {
            held.objects.insert(path.to_owned(), body);
            (200, Vec::new())
        }
        ("GET", _) if query.contains("list-type=2") => (200, list(&held, path, query)),
        ("GET", _) => match held.objects.get(path) {
            Some(body) => (200, body.clone()),
            None => (404, b"<Error><Code>NoSuchKey</Code></Error>".to_vec()),
        },
        _ => (400, format!("<Error><Code>Unexpected</Code><Message>{method} {action}</Message></Error>").into_bytes()),
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\netag: \"e\"\r\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
         connection: close\r\n\r\n",
        answer.len()
    );
    // Who asked may be gone.
    let _ = reader.get_mut().write_all(&[head.as_bytes(), &answer].concat());
}

fn ec2(action: &str, content: &str) -> Vec<u8> {
    format!(
        "<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId>{content}</{action}Response>"
    )
    .into_bytes()
}

/// The primary's zones are lettered as an older account's may be: b and c.
fn zones(region: &str) -> Vec<u8> {
    let letters = if region == "eu-west-1" { ["b", "c"] } else { ["a", "b"] };
    let item = |letter| {
        format!(
            "<item><zoneName>{region}{letter}</zoneName><zoneState>available</zoneState>\
             <zoneType>availability-zone</zoneType></item>"
        )
    };
    let items = letters.map(item).concat();
    ec2("DescribeAvailabilityZones", &format!("<availabilityZoneInfo>{items}</availabilityZoneInfo>"))
}

fn images(region: &str, asked: &str) -> Vec<u8> {
    let of_region =
        IMAGES.iter().filter(|(of, id)| *of == region && (asked.contains(id) || asked.contains("web-2026")));
    let items: String = of_region
        .map(|(_, id)| {
            format!(
                "<item><imageId>{id}</imageId><name>web-2026</name><imageOwnerId>137112412989</imageOwnerId>\
                 <architecture>x86_64</architecture></item>"
            )
        })
        .collect();
    ec2("DescribeImages", &format!("<imagesSet>{items}</imagesSet>"))
}

fn list(held: &Held, path: &str, query: &str) -> Vec<u8> {
    let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap_or_default();
    let bucket = format!("{}/", path.trim_end_matches('/'));
    let wanted = format!("{bucket}{}", prefix.replace("%2F", "/"));
    let keys: String = held
        .objects
        .iter()
        .filter(|(key, _)| key.starts_with(&wanted))
        .map(|(key, body)| {
            format!(
                "<Contents><Key>{}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>e</ETag>\
                 <Size>{}</Size></Contents>",
                key.strip_prefix(&bucket).unwrap(),
                body.len()
            )
        })
        .collect();
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>").into_bytes()
}
