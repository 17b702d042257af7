//! One question, one server: UDP, and TCP where the answer was cut.

use hickory_proto::op::{Message, MessageType, Query};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// Time for an answer over UDP before the question is sent again; the usual resolvers wait 1.5 to 5 s.
const UDP_TIMEOUT: Duration = Duration::from_secs(2);
/// Questions sent over UDP: a single lost packet must not look like a dead server.
const UDP_ATTEMPTS: u32 = 3;
/// Time for a whole answer over TCP.
const TCP_TIMEOUT: Duration = Duration::from_secs(4);
/// A response over UDP without EDNS is at most 512 bytes (RFC 1035, 4.2.1); more is read, so as not to cut
/// the answer of a server that does not keep to it.
const UDP_BUFFER: usize = 4096;

/// Asks `server`; the error is one line about the last attempt.
pub(crate) async fn exchange(server: SocketAddr, query: &Query, recurse: bool) -> Result<Message, String> {
    let mut last = String::new();
    for _ in 0..UDP_ATTEMPTS {
        match timeout(UDP_TIMEOUT, over_udp(server, query, recurse)).await {
            Ok(Ok(message)) if message.metadata.truncation => {
                return match timeout(TCP_TIMEOUT, over_tcp(server, query, recurse)).await {
                    Ok(Ok(message)) => Ok(message),
                    Ok(Err(error)) => Err(format!("the answer was cut, and over TCP: {error}")),
                    Err(_) => Err(format!(
                        "the answer was cut, and over TCP there was none within {} s",
                        TCP_TIMEOUT.as_secs()
                    )),
                };
            }
            Ok(Ok(message)) => return Ok(message),
            Ok(Err(error)) => last = error.to_string(),
            Err(_) => last = format!("no answer within {} s, asked {UDP_ATTEMPTS} times", UDP_TIMEOUT.as_secs()),
        }
    }
    Err(last)
}

async fn over_udp(server: SocketAddr, query: &Query, recurse: bool) -> io::Result<Message> {
    let local: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    // A new socket each time: a new port, and nothing left of an earlier question.
    let socket = UdpSocket::bind(local).await?;
    socket.connect(server).await?;
    let (id, bytes) = request(query, recurse)?;
    socket.send(&bytes).await?;
    let mut buffer = [0; UDP_BUFFER];
    loop {
        let length = socket.recv(&mut buffer).await?;
        // What does not answer this question was not sent by the server we asked: wait on.
        if let Some(message) = response(&buffer[..length], id, query) {
            return Ok(message);
        }
    }
}

async fn over_tcp(server: SocketAddr, query: &Query, recurse: bool) -> io::Result<Message> {
    let mut stream = TcpStream::connect(server).await?;
    let (id, bytes) = request(query, recurse)?;
    let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], &bytes].concat()).await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    response(&answer, id, query).ok_or_else(|| io::Error::other("the answer is for another question"))
}

fn request(query: &Query, recurse: bool) -> io::Result<(u16, Vec<u8>)> {
    let mut message = Message::query();
    message.metadata.recursion_desired = recurse;
    message.add_query(query.clone());
    Ok((message.metadata.id, message.to_vec().map_err(io::Error::other)?))
}

/// The response to this question, where the bytes are one.
fn response(bytes: &[u8], id: u16, query: &Query) -> Option<Message> {
    let message = Message::from_vec(bytes).ok()?;
    let ours = message.metadata.id == id
        && message.metadata.message_type == MessageType::Response
        && matches!(&message.queries[..], [asked]
            if asked.name == query.name && asked.query_type == query.query_type && asked.query_class == query.query_class);
    ours.then_some(message)
}
