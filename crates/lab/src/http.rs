//! The smallest HTTP/1.1 server that the apps and the control endpoint need: one request a
//! connection, a bounded head and body.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A request head is a few hundred bytes; more is not for us.
const MAX_HEAD: usize = 8 * 1024;

/// An order or a fault is a few hundred bytes; more is not for us.
const MAX_BODY: usize = 64 * 1024;

/// How long a client may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// An answer in the making.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What answers requests.
pub(crate) type Answer = Arc<dyn Fn(Request) -> Answering + Send + Sync>;

/// A request with its whole body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With the query, as sent.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The first header with this name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    fn parse(head: &str) -> Option<Self> {
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, target, version) = (first.next()?, first.next()?, first.next()?);
        if !version.starts_with("HTTP/1.") || !target.starts_with('/') {
            return None;
        }
        let headers = lines
            .take_while(|line| !line.is_empty())
            .map(|line| line.split_once(':').map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned())))
            .collect::<Option<_>>()?;
        Some(Self { method: method.to_owned(), target: target.to_owned(), headers, body: Vec::new() })
    }
}

/// A response with a whole body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
}

impl Response {
    /// A line of text.
    pub(crate) fn text(status: u16, line: impl Into<String>) -> Self {
        let mut body = line.into();
        body.push('\n');
        Self { status, content_type: "text/plain; charset=utf-8", body }
    }

    /// A JSON value.
    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Self {
        Self { status, content_type: "application/json", body: format!("{value}\n") }
    }

    fn to_bytes(&self, with_body: bool) -> Vec<u8> {
        let reason = match self.status {
            200 => "OK",
            201 => "Created",
            400 => "Bad Request",
            401 => "Unauthorized",
            404 => "Not Found",
            405 => "Method Not Allowed",
            409 => "Conflict",
            503 => "Service Unavailable",
            _ => "Internal Server Error",
        };
        let head = format!(
            "HTTP/1.1 {} {reason}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.status,
            self.content_type,
            self.body.len()
        );
        let body = if with_body { self.body.as_str() } else { "" };
        [head.as_bytes(), body.as_bytes()].concat()
    }
}

/// Answers requests until the future is dropped; open connections end with it.
pub(crate) async fn serve(listener: TcpListener, answer: Answer) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, Arc::clone(&answer)));
                }
                // Out of file descriptors, say: the next round may have one.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(mut stream: TcpStream, answer: Answer) {
    let Ok(Some(request)) = tokio::time::timeout(REQUEST_TIMEOUT, read(&mut stream)).await else { return };
    let bytes = match request {
        Ok(request) => {
            let with_body = request.method != "HEAD";
            answer(request).await.to_bytes(with_body)
        }
        Err(refusal) => Response::text(400, refusal).to_bytes(true),
    };
    // A client that has gone away needs no answer.
    let _ = stream.write_all(&bytes).await;
    let _ = stream.shutdown().await;
}

/// Nothing, when the client left or sent no end of a head; else the request, or what is wrong with it.
async fn read(stream: &mut TcpStream) -> Option<Result<Request, &'static str>> {
    let (head, mut body) = read_head(stream).await?;
    let Some(mut request) = Request::parse(&head) else { return Some(Err("this is no HTTP request")) };
    let Ok(length) = request.header("content-length").unwrap_or("0").parse::<usize>() else {
        return Some(Err("the Content-Length is no number"));
    };
    if length > MAX_BODY || request.header("transfer-encoding").is_some() {
        return Some(Err("a body has its Content-Length, and at most 65,536 bytes"));
    }
    let mut chunk = [0; 1024];
    while body.len() < length {
        let read = stream.read(&mut chunk).await.ok()?;
        if read == 0 {
            return None;
        }
        body.extend_from_slice(&chunk[..read]);
    }
    body.truncate(length);
    request.body = body;
    Some(Ok(request))
}

/// The head, and what came behind it.
async fn read_head(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 1024];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        let read = stream.read(&mut chunk).await.ok()?;
        if read == 0 || bytes.len() + read > MAX_HEAD {
            return None;
        }
        bytes.extend_from_slice(&chunk[..read]);
    };
    let body = bytes.split_off(end);
    Some((String::from_utf8(bytes).ok()?, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_or_refused() {
        let request =
            Request::parse("GET /a?b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n").expect("request");
        assert_eq!((request.method.as_str(), request.target.as_str()), ("GET", "/a?b"));
        assert_eq!(request.header("authorization"), Some("Bearer t"));
        for head in ["", "GET", "GET / SPDY\r\n\r\n", "GET x HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nbroken\r\n\r\n"] {
            assert_eq!(Request::parse(head), None, "{head:?}");
        }
    }

    #[tokio::test]
    async fn answers_come_whole_and_end_with_the_server() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
        let address = listener.local_addr().expect("address");
        let answer = |request: Request| -> Answering {
            Box::pin(async move {
                Response::text(200, format!("{} {}", request.target, String::from_utf8_lossy(&request.body)))
            })
        };
        let server = tokio::spawn(serve(listener, Arc::new(answer)));
        let client = reqwest::Client::builder().no_proxy().build().expect("client");
        let body = client.get(format!("http://{address}/here")).send().await.expect("answer").text().await;
        assert_eq!(body.expect("body"), "/here \n");
        // Longer than what is read at once, so that it comes in pieces.
        let long = "order ".repeat(500);
        let sent = client.post(format!("http://{address}/there")).body(long.clone()).send().await.expect("answer");
        assert_eq!(sent.text().await.expect("body"), format!("/there {long}\n"));
        let longer = client.post(format!("http://{address}/there")).body(vec![b'x'; MAX_BODY + 1]).send().await;
        // Refused before it was read, so the connection may break under the sender.
        assert!(longer.is_err() || longer.is_ok_and(|answer| answer.status() == 400));
        server.abort();
        let _ = server.await;
        assert!(client.get(format!("http://{address}/here")).send().await.is_err());
    }
}
