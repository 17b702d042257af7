//! The DNS server: one port on five loopback addresses, UDP and TCP.

use crate::aws::{Aws, AwsError};
use crate::dns::answer::{Answer, Role, World, answer};
use crate::health::HealthBook;
use crate::route53::{View, canonical};
use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::DNSClass;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;

/// A change must be seen at once by a person; a burst of queries should be one read.
const VIEW_AGE: Duration = Duration::from_millis(100);

/// Without EDNS an answer over UDP has at most this many bytes (RFC 1035).
const PLAIN_UDP: usize = 512;

/// What the server takes over UDP, and tells its clients (the DNS flag day's size).
const OUR_UDP: u16 = 1232;

/// How long a TCP connection may be silent (RFC 7766 asks for seconds).
const TCP_IDLE: Duration = Duration::from_secs(5);

/// How often a free port is looked for: five sockets must be free on the same one, twice.
const PORT_TRIES: usize = 50;

/// Zones and health as the server knows them.
#[derive(Debug)]
pub(crate) struct Zones {
    aws: Aws,
    cached: tokio::sync::Mutex<Option<(Instant, Arc<View>)>>,
    pub(crate) health: Mutex<HealthBook>,
    /// Addresses for the servers of a delegation, in its order.
    servers: [Ipv4Addr; 4],
}

impl Zones {
    pub(crate) fn new(aws: Aws, servers: [Ipv4Addr; 4]) -> Self {
        Self { aws, cached: tokio::sync::Mutex::default(), health: Mutex::default(), servers }
    }

    /// Whether anybody can read an object, `/BUCKET/KEY`; none where the emulator does not say.
    pub(crate) async fn object_is_there(&self, path: &str) -> Option<bool> {
        self.aws.object_is_there(path).await.ok()
    }

    /// The zones as they are now, or were a moment ago. Callers at the same time share one read.
    pub(crate) async fn view(&self) -> Result<Arc<View>, AwsError> {
        let mut cached = self.cached.lock().await;
        if let Some((read, view)) = &*cached
            && read.elapsed() < VIEW_AGE
        {
            return Ok(Arc::clone(view));
        }
        let view = Arc::new(self.aws.route53().await?);
        *cached = Some((Instant::now(), Arc::clone(&view)));
        Ok(view)
    }

    /// The name servers of all zones' delegations with the addresses where the lab answers for them.
    fn name_servers(&self, view: &View) -> BTreeMap<String, Ipv4Addr> {
        let delegations = view
            .zones
            .iter()
            .flat_map(|zone| zone.sets.iter().filter(|set| set.record_type == "NS" && set.name == zone.name));
        delegations
            .flat_map(|set| set.values.iter().zip(self.servers.iter().cycle()))
            .map(|(name, address)| (canonical(name), *address))
            .collect()
    }

    /// Answers one query, or says why not with a response code.
    pub(crate) async fn answer(&self, role: Role, name: &str, record_type: hickory_proto::rr::RecordType) -> Answer {
        let view = match self.view().await {
            Ok(view) => view,
            Err(error) => {
                tracing::warn!(%error, "the zones could not be read");
                return Answer::of(ResponseCode::ServFail, false);
            }
        };
        let book = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let world =
            World { view: &view, healthy: &|id| book.healthy(&view, id), name_servers: &self.name_servers(&view) };
        answer(&world, role, name, record_type, &mut random_below).unwrap_or_else(|error| {
            tracing::warn!(%error, name, "no answer");
            Answer::of(ResponseCode::ServFail, false)
        })
    }

    async fn respond(&self, role: Role, query: &[u8], most: Option<usize>) -> Option<Vec<u8>> {
        let request = match Message::from_vec(query) {
            Ok(request) if request.metadata.message_type == MessageType::Query => request,
            // A response to us is nothing to answer: two servers would talk for ever.
            Ok(_) => return None,
            Err(_) => {
                let id = u16::from_be_bytes([*query.first()?, *query.get(1)?]);
                return Message::error_msg(id, OpCode::Query, ResponseCode::FormErr).to_vec().ok();
            }
        };
        let mut response = Message::response(request.metadata.id, request.metadata.op_code);
        response.metadata.recursion_desired = request.metadata.recursion_desired;
        response.metadata.recursion_available = role == Role::Resolver;
        response.add_queries(request.queries.iter().cloned());
        let answer = match (request.metadata.op_code, &request.queries[..]) {
            (OpCode::Query, [query]) if query.query_class() == DNSClass::IN => {
                self.answer(role, &query.name().to_ascii(), query.query_type()).await
            }
            (OpCode::Query, [_]) => Answer::of(ResponseCode::Refused, false),
            (OpCode::Query, _) => Answer::of(ResponseCode::FormErr, false),
            _ => Answer::of(ResponseCode::NotImp, false),
        };
        response.metadata.response_code = answer.code;
        response.metadata.authoritative = answer.authoritative;
        response.add_answers(answer.answers);
        response.add_authorities(answer.authorities);
        let mut room = PLAIN_UDP;
        if let Some(edns) = &request.edns {
            room = usize::from(edns.max_payload().min(OUR_UDP)).max(PLAIN_UDP);
            let mut ours = Edns::new();
            ours.set_max_payload(OUR_UDP).set_version(0);
            response.set_edns(ours);
        }
        let bytes = response.to_vec().ok()?;
        if bytes.len() > most.unwrap_or(room) { response.truncate().to_vec().ok() } else { Some(bytes) }
    }
}

/// A number below `limit`, or 0. The standard library's hasher is seeded by the system.
fn random_below(limit: u64) -> u64 {
    RandomState::new().build_hasher().finish().checked_rem(limit).unwrap_or(0)
}

/// The server's sockets, all on one port.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(crate) port: u16,
    bound: Vec<(Role, UdpSocket, TcpListener)>,
}

impl Sockets {
    /// Finds a port that is free, for UDP and TCP, on the resolver's and the name servers' addresses.
    pub(crate) async fn bind(resolver: Ipv4Addr, name_servers: [Ipv4Addr; 4]) -> std::io::Result<Self> {
        let mut refused = None;
        for _ in 0..PORT_TRIES {
            match Self::bind_once(resolver, name_servers).await {
                Ok(sockets) => return Ok(sockets),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into()))
    }

    async fn bind_once(resolver: Ipv4Addr, name_servers: [Ipv4Addr; 4]) -> std::io::Result<Self> {
        let first = UdpSocket::bind((resolver, 0)).await?;
        let port = first.local_addr()?.port();
        let mut bound = vec![(Role::Resolver, first, TcpListener::bind((resolver, port)).await?)];
        for address in name_servers {
            let (udp, tcp) = (UdpSocket::bind((address, port)).await?, TcpListener::bind((address, port)).await?);
            bound.push((Role::Authority, udp, tcp));
        }
        Ok(Self { port, bound })
    }

    /// Answers until the future is dropped.
    pub(crate) async fn serve(self, zones: Arc<Zones>) {
        let mut servers = JoinSet::new();
        for (role, udp, tcp) in self.bound {
            servers.spawn(serve_udp(role, Arc::new(udp), Arc::clone(&zones)));
            servers.spawn(serve_tcp(role, tcp, Arc::clone(&zones)));
        }
        while servers.join_next().await.is_some() {}
    }
}

async fn serve_udp(role: Role, socket: Arc<UdpSocket>, zones: Arc<Zones>) {
    let mut queries = JoinSet::new();
    let mut buffer = vec![0; usize::from(OUR_UDP)];
    loop {
        tokio::select! {
            received = socket.recv_from(&mut buffer) => {
                // ICMP's "nobody listens" of an earlier answer comes back here; it concerns no query.
                let Ok((length, client)) = received else { continue };
                queries.spawn(respond_udp(role, Arc::clone(&socket), Arc::clone(&zones), buffer[..length].to_vec(), client));
            }
            Some(_) = queries.join_next() => {}
        }
    }
}

async fn respond_udp(role: Role, socket: Arc<UdpSocket>, zones: Arc<Zones>, query: Vec<u8>, client: SocketAddr) {
    if let Some(response) = zones.respond(role, &query, None).await {
        // A client that has gone needs no answer.
        let _ = socket.send_to(&response, client).await;
    }
}

async fn serve_tcp(role: Role, listener: TcpListener, zones: Arc<Zones>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(role, stream, Arc::clone(&zones)));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Queries and answers with their length before them, until the client is silent or leaves.
async fn converse(role: Role, mut stream: TcpStream, zones: Arc<Zones>) {
    let mut length = [0; 2];
    while let Ok(Ok(_)) = tokio::time::timeout(TCP_IDLE, stream.read_exact(&mut length)).await {
        let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
        let Ok(Ok(_)) = tokio::time::timeout(TCP_IDLE, stream.read_exact(&mut query)).await else { return };
        let most = usize::from(u16::MAX);
        let Some(response) = zones.respond(role, &query, Some(most)).await else { return };
        let Ok(length) = u16::try_from(response.len()) else { return };
        if stream.write_all(&[&length.to_be_bytes()[..], &response].concat()).await.is_err() {
            return;
        }
    }
}
