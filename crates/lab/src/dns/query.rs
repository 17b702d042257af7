//! Asks a DNS server, as a judge that shares no code with the product.

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RecordType};
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// The lab's server answers in milliseconds; a loaded machine may take longer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// A DNS message has at most this many bytes.
const MAX_MESSAGE: usize = 65_535;

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// `NOERROR`, `NXDOMAIN`, `SERVFAIL`, …
    pub code: String,
    /// The values of the asked type, sorted, in presentation form.
    pub values: Vec<String>,
    /// The least TTL among them, in seconds.
    pub ttl: Option<u32>,
    /// Whether the server answers for the zone itself.
    pub authoritative: bool,
}

/// No answer was had.
#[derive(Debug, thiserror::Error)]
#[error("ask {server} for {name} {record_type}: {reason}")]
pub struct QueryError {
    /// Which server.
    pub server: SocketAddr,
    /// The name asked for.
    pub name: String,
    /// `A`, `NS`, …
    pub record_type: String,
    /// What went wrong.
    pub reason: String,
}

/// Asks `server` for `name` and `record_type` over UDP, and over TCP where the answer was cut off.
///
/// # Errors
/// The name or type isn't one, or no answer came within five seconds.
pub async fn ask(server: SocketAddr, name: &str, record_type: &str) -> Result<Answered, QueryError> {
    let failed =
        |reason: String| QueryError { server, name: name.to_owned(), record_type: record_type.to_owned(), reason };
    let wanted = RecordType::from_str(record_type).map_err(|error| failed(error.to_string()))?;
    let mut owner = Name::from_str(name).map_err(|error| failed(error.to_string()))?;
    owner.set_fqdn(true);
    // One socket a query: the port tells answers apart, and so the id may be anything.
    let mut request =
        Message::new(u16::try_from(std::process::id() & 0xffff).unwrap_or(1), MessageType::Query, OpCode::Query);
    request.metadata.recursion_desired = true;
    request.add_query(Query::query(owner, wanted));
    let bytes = request.to_vec().map_err(|error| failed(error.to_string()))?;

    let exchange = async {
        let response = over_udp(server, &bytes).await?;
        if response.metadata.truncation { over_tcp(server, &bytes).await } else { Ok(response) }
    };
    let response = tokio::time::timeout(ANSWER_TIMEOUT, exchange)
        .await
        .map_err(|_| failed(format!("no answer within {ANSWER_TIMEOUT:?}")))?
        .map_err(|error| failed(error.to_string()))?;

    let asked = response.answers.iter().filter(|record| record.record_type() == wanted);
    let mut values: Vec<String> = asked.clone().map(|record| record.data.to_string()).collect();
    values.sort();
    Ok(Answered {
        code: code(response.metadata.response_code),
        values,
        ttl: asked.map(|record| record.ttl).min(),
        authoritative: response.metadata.authoritative,
    })
}

fn code(code: hickory_proto::op::ResponseCode) -> String {
    use hickory_proto::op::ResponseCode;
    match code {
        ResponseCode::NoError => "NOERROR".into(),
        ResponseCode::NXDomain => "NXDOMAIN".into(),
        ResponseCode::ServFail => "SERVFAIL".into(),
        ResponseCode::Refused => "REFUSED".into(),
        ResponseCode::FormErr => "FORMERR".into(),
        ResponseCode::NotImp => "NOTIMP".into(),
        other => format!("RCODE{}", u16::from(other)),
    }
}

async fn over_udp(server: SocketAddr, query: &[u8]) -> std::io::Result<Message> {
    let any: SocketAddr = if server.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0; 16], 0).into() };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    socket.send(query).await?;
    let mut buffer = vec![0; MAX_MESSAGE];
    let length = socket.recv(&mut buffer).await?;
    message(&buffer[..length])
}

async fn over_tcp(server: SocketAddr, query: &[u8]) -> std::io::Result<Message> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(query.len()).map_err(std::io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], query].concat()).await?;
    let mut length = [0; 2];
    stream.read_exact(&mut length).await?;
    let mut buffer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut buffer).await?;
    message(&buffer)
}

fn message(bytes: &[u8]) -> std::io::Result<Message> {
    Message::from_vec(bytes).map_err(std::io::Error::other)
}
