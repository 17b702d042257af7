//! A tap on the wire to AWS: writes down every call, and can hold one at the worst moment, or answer in AWS's place.
//!
//! It takes a program's place at the emulator, one call a connection, and knows no more of AWS than how a
//! call names its operation.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One call to AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// `GET`, `POST`, …
    pub method: String,
    /// With its query.
    pub path: String,
    /// The body as text.
    pub body: String,
    /// The region that it is signed for; empty where it is not signed.
    pub region: String,
    /// The service that it is signed for, `ec2`; empty where it is not signed.
    pub service: String,
    /// `ServiceQuotasV20190624.ListServiceQuotas`: the operation in the JSON protocols' own header; else empty.
    pub target: String,
}

/// When a call is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The program has sent it, and AWS does not have it yet.
    Request,
    /// AWS has carried it out, and the program does not know it yet.
    Answer,
}

/// What becomes of a call that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// It goes on.
    Pass,
    /// It goes no further, as long as the program lives.
    Hold,
    /// The connection ends without an answer.
    Close,
    /// It is carried out, and the connection ends without an answer.
    Drop,
    /// It is answered with this, and not carried out.
    Answer(Vec<u8>),
}

/// Looks at a call.
type Look = Box<dyn Fn(&Call, Moment) -> Act + Send + Sync>;

/// The tap. It is closed when this is dropped.
pub struct Tap {
    address: SocketAddr,
    wire: Arc<Wire>,
}

struct Wire {
    upstream: String,
    /// None, where nobody will ask for them.
    calls: Option<Mutex<Vec<Call>>>,
    look: Look,
    closed: AtomicBool,
}

impl Call {
    /// The query APIs name the operation in the body, those of JSON in a header, the REST ones by method and path.
    pub fn operation(&self) -> String {
        let action = self.body.split('&').find_map(|field| field.strip_prefix("Action="));
        // CloudWatch's protocol has it in the path, over a body that is no text.
        let in_path = self.path.strip_prefix("/service/").and_then(|rest| rest.split_once("/operation/"));
        let target = self.target.rsplit_once('.').map(|(_, operation)| operation);
        match action.or(in_path.map(|(_, operation)| operation)).or(target) {
            Some(operation) => operation.to_owned(),
            None => format!("{} {}", self.method, self.path),
        }
    }

    /// Whether it can change nothing, by the naming that AWS keeps to in these APIs.
    pub fn reads(&self) -> bool {
        let operation = self.operation();
        // ListTagsForResources, whose list of ids is too long for a path.
        let lists_tags =
            self.method == "POST" && self.path.starts_with("/2013-04-01/tags/") && self.path.matches('/').count() == 3;
        lists_tags
            || ["GET ", "HEAD ", "Describe", "Get", "List", "SimulatePrincipalPolicy"]
                .iter()
                .any(|start| operation.starts_with(start))
    }

    /// Whether it is Route 53's `ChangeResourceRecordSets`.
    pub fn changes_records(&self) -> bool {
        self.method == "POST" && self.path.contains("/rrset")
    }
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tap").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Tap {
    /// A tap that writes down and lets everything pass.
    ///
    /// # Panics
    /// No port can be had.
    pub fn new(upstream: &str) -> Self {
        Self::looking(upstream, |_, _| true)
    }

    /// A tap that looks at each call before and after; `false` holds it for good.
    ///
    /// # Panics
    /// No port can be had.
    pub fn looking(upstream: &str, look: impl Fn(&Call, Moment) -> bool + Send + Sync + 'static) -> Self {
        let look = move |call: &Call, moment| if look(call, moment) { Act::Pass } else { Act::Hold };
        Self::open(upstream, Some(Mutex::default()), Box::new(look)).expect("a port on loopback")
    }

    /// A tap that decides on each call before AWS has it, and writes nothing down.
    pub(crate) fn deciding(
        upstream: &str,
        decide: impl Fn(&Call) -> Act + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let look = move |call: &Call, moment| match moment {
            Moment::Request => decide(call),
            Moment::Answer => Act::Pass,
        };
        Self::open(upstream, None, Box::new(look))
    }

    fn open(upstream: &str, calls: Option<Mutex<Vec<Call>>>, look: Look) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let wire = Arc::new(Wire {
            upstream: upstream.trim_start_matches("http://").to_owned(),
            calls,
            look,
            closed: AtomicBool::new(false),
        });
        let there = Arc::clone(&wire);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if there.closed.load(Ordering::SeqCst) {
                    break;
                }
                let wire = Arc::clone(&there);
                // A connection that breaks off is the program's to notice.
                std::thread::spawn(move || client.and_then(|client| wire.serve(&client)));
            }
        });
        Ok(Self { address, wire })
    }

    /// What `AWS_ENDPOINT_URL` has to be.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Call> {
        self.wire.calls().map(|calls| calls.clone()).unwrap_or_default()
    }

    /// Takes the calls so far, so that the next ones can be told from them.
    pub fn take_calls(&self) -> Vec<Call> {
        self.wire.calls().map(|mut calls| std::mem::take(&mut *calls)).unwrap_or_default()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.wire.closed.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
    }
}

impl Wire {
    fn serve(&self, client: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(client);
        let Some((call, request)) = read_call(&mut reader, client)? else { return Ok(()) };
        if let Some(mut calls) = self.calls() {
            calls.push(call.clone());
        }
        let act = (self.look)(&call, Moment::Request);
        match &act {
            Act::Pass | Act::Drop => {}
            Act::Hold => return hold(client),
            Act::Close => return client.shutdown(Shutdown::Both),
            Act::Answer(bytes) => return answer(client, bytes),
        }
        let mut upstream = TcpStream::connect(&self.upstream)?;
        upstream.write_all(&request)?;
        let mut answered = Vec::new();
        upstream.read_to_end(&mut answered)?;
        let act = if act == Act::Drop { Act::Close } else { (self.look)(&call, Moment::Answer) };
        match &act {
            Act::Pass => answer(client, &answered),
            Act::Answer(bytes) => answer(client, bytes),
            Act::Hold => hold(client),
            Act::Close | Act::Drop => client.shutdown(Shutdown::Both),
        }
    }

    fn calls(&self) -> Option<MutexGuard<'_, Vec<Call>>> {
        self.calls.as_ref().map(|calls| calls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn answer(mut client: &TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    client.write_all(bytes)?;
    client.shutdown(Shutdown::Both)
}

/// Keeps the connection until the program has gone.
fn hold(mut client: &TcpStream) -> std::io::Result<()> {
    client.read(&mut [0; 1]).map(drop)
}

/// Reads one request, and gives it as it has to be sent on: on a connection that ends with its answer, with its whole
/// body and its length. A client that waits to be told to go on is told so.
fn read_call(reader: &mut impl BufRead, mut client: impl Write) -> std::io::Result<Option<(Call, Vec<u8>)>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut request = line.into_bytes();
    let mut call = Call { method, path, ..Call::default() };
    let (mut length, mut chunked, mut waits) = (0, false, false);
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').unwrap_or((&header, ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => {
                length = value.trim().parse().map_err(std::io::Error::other)?;
                continue;
            }
            "transfer-encoding" => {
                chunked = true;
                continue;
            }
            "expect" => {
                waits = true;
                continue;
            }
            // AWS4-HMAC-SHA256 Credential=KEY/20260301/eu-west-1/ec2/aws4_request, …
            "authorization" => {
                let mut scope = value.split('/').skip(2).map(str::to_owned);
                call.region = scope.next().unwrap_or_default();
                call.service = scope.next().unwrap_or_default();
            }
            "x-amz-target" => value.trim().clone_into(&mut call.target),
            "connection" => continue,
            _ => {}
        }
        request.extend_from_slice(header.as_bytes());
    }
    if waits {
        client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = if chunked { read_chunks(reader)? } else { read_exactly(reader, length)? };
    request.extend_from_slice(format!("Content-Length: {}\r\nConnection: close\r\n\r\n", body.len()).as_bytes());
    request.extend_from_slice(&body);
    call.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some((call, request)))
}

fn read_exactly(reader: &mut impl BufRead, length: usize) -> std::io::Result<Vec<u8>> {
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}

/// Chunks with their length before them, until an empty one and the trailer (RFC 9112, 7.1).
fn read_chunks(reader: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let length = line.split(';').next().unwrap_or_default().trim();
        let length = usize::from_str_radix(length, 16).map_err(std::io::Error::other)?;
        body.extend(read_exactly(reader, length)?);
        if length > 0 {
            read_exactly(reader, 2)?;
            continue;
        }
        let mut trailer = String::new();
        while reader.read_line(&mut trailer)? > 0 && !trailer.trim().is_empty() {
            trailer.clear();
        }
        return Ok(body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(method: &str, path: &str, body: &str) -> Call {
        Call { method: method.into(), path: path.into(), body: body.into(), ..Call::default() }
    }

    #[test]
    fn a_call_that_may_change_something_is_no_read() {
        assert!(call("POST", "/", "Action=DescribeInstances&Version=2016-11-15").reads());
        assert!(call("GET", "/2013-04-01/hostedzone", "").reads());
        assert!(call("POST", "/2013-04-01/tags/hostedzone", "<xml/>").reads());
        assert!(!call("POST", "/2013-04-01/tags/hostedzone/Z", "<xml/>").reads(), "ChangeTagsForResource");
        assert!(!call("POST", "/", "Version=2016-11-15&Action=RunInstances").reads());
        assert!(!call("POST", "/2013-04-01/hostedzone/Z/rrset", "<xml/>").reads());
        assert!(!call("PUT", "/bucket/key", "").reads());
        assert!(call("HEAD", "/bucket", "").reads());
        assert!(call("POST", "/", "Action=SimulatePrincipalPolicy&ActionNames.member.1=s3%3APutObject").reads());
        let cloudwatch = |operation: &str| {
            let path = format!("/service/GraniteServiceVersion20100801/operation/{operation}");
            call("POST", &path, "\u{fffd}")
        };
        let json = |target: &str| Call { target: target.into(), ..call("POST", "/", "{}") };
        assert!(json("ServiceQuotasV20190624.ListServiceQuotas").reads());
        assert!(!json("ServiceQuotasV20190624.RequestServiceQuotaIncrease").reads());
        assert!(cloudwatch("GetMetricStatistics").reads());
        assert!(!cloudwatch("PutMetricData").reads());
    }

    const SIGNED: &str = "POST /x HTTP/1.1\r\nHost: a\r\nAuthorization: AWS4-HMAC-SHA256 \
        Credential=KEY/20260301/eu-west-1/ec2/aws4_request, SignedHeaders=host\r\nContent-Length: 8\r\n\r\nAction=A";

    #[test]
    fn what_passes_is_written_down_and_answered() {
        let server = TcpListener::bind("127.0.0.1:0").expect("a port");
        let upstream = format!("http://{}", server.local_addr().expect("its address"));
        let served = std::thread::spawn(move || {
            let (mut client, _) = server.accept().expect("a connection");
            let (call, _) = read_call(&mut BufReader::new(&client), &client).expect("a request").expect("one");
            client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").expect("answered");
            call
        });
        let tap = Tap::new(&upstream);
        let mut client = TcpStream::connect(tap.address).expect("the tap");
        client.write_all(SIGNED.as_bytes()).expect("sent");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("an answer");
        assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
        assert_eq!(tap.calls(), [served.join().expect("served")]);
        let call = tap.take_calls().remove(0);
        assert_eq!((call.operation().as_str(), call.region.as_str(), call.service.as_str()), ("A", "eu-west-1", "ec2"));
        assert_eq!(tap.calls(), []);
    }

    #[test]
    fn a_body_in_chunks_is_sent_on_whole_and_who_waits_is_told_to_go_on() {
        let sent = "PUT /b/k HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n\
            4;x=y\r\nAct\r\r\n3\r\nion\r\n0\r\nTrailer: t\r\n\r\n";
        let mut told = Vec::new();
        let (call, request) = read_call(&mut sent.as_bytes(), &mut told).expect("a request").expect("one");
        assert_eq!(call.body, "Act\rion");
        assert_eq!(told, b"HTTP/1.1 100 Continue\r\n\r\n");
        let request = String::from_utf8(request).expect("text");
        assert_eq!(request, "PUT /b/k HTTP/1.1\r\nContent-Length: 7\r\nConnection: close\r\n\r\nAct\rion");
    }
}
