//! Servers on loopback, in the test's own process.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, reason = "this is a part of tests")]

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

/// What a DNS server does with a question.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    A(Vec<&'static str>),
    Cname(&'static str),
    Txt(Vec<&'static str>),
    Code(ResponseCode),
    /// Cut over UDP, whole over TCP.
    Cut(Vec<&'static str>),
    Silence,
    /// A wrong id, then a wrong question, then the right answer.
    AfterForgeries(&'static str),
}

#[derive(Clone)]
pub(crate) struct DnsServer {
    pub(crate) address: SocketAddr,
    pub(crate) zone: Arc<Mutex<BTreeMap<String, Reply>>>,
    /// `name TYPE udp|tcp rd=…`
    pub(crate) questions: Arc<Mutex<Vec<String>>>,
}

/// Both sockets of one port. A free UDP port may be taken for TCP: then another one is tried, where any will do.
async fn sockets(ip: IpAddr, port: u16) -> (UdpSocket, TcpListener) {
    loop {
        let udp = UdpSocket::bind((ip, port)).await.unwrap();
        match TcpListener::bind(udp.local_addr().unwrap()).await {
            Ok(tcp) => return (udp, tcp),
            Err(error) if port == 0 && error.kind() == std::io::ErrorKind::AddrInUse => {}
            Err(error) => panic!("{error}"),
        }
    }
}

impl DnsServer {
    pub(crate) async fn start(ip: &str, port: u16) -> Self {
        let (udp, tcp) = sockets(ip.parse().unwrap(), port).await;
        let address = udp.local_addr().unwrap();
        let server = Self { address, zone: Arc::default(), questions: Arc::default() };
        let over_udp = server.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
                for answer in over_udp.answer(&buffer[..length], "udp") {
                    udp.send_to(&answer, from).await.unwrap();
                }
            }
        });
        let over_tcp = server.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = tcp.accept().await {
                let mut question = vec![0; usize::from(stream.read_u16().await.unwrap())];
                stream.read_exact(&mut question).await.unwrap();
                for answer in over_tcp.answer(&question, "tcp") {
                    stream.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
                    stream.write_all(&answer).await.unwrap();
                }
            }
        });
        server
    }

    pub(crate) fn set(&self, name: &str, reply: Reply) {
        self.zone.lock().unwrap().insert(name.to_owned(), reply);
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.questions.lock().unwrap())
    }

    fn answer(&self, question: &[u8], over: &str) -> Vec<Vec<u8>> {
        let question = Message::from_vec(question).unwrap();
        assert!(question.edns.is_none(), "EDNS is off");
        let query = question.queries[0].clone();
        let name = query.name.to_ascii();
        let name = name.trim_end_matches('.');
        let recurse = question.metadata.recursion_desired;
        self.questions.lock().unwrap().push(format!("{name} {} {over} rd={recurse}", query.query_type));
        let mut message = Message::response(question.metadata.id, question.metadata.op_code);
        message.metadata.message_type = MessageType::Response;
        message.metadata.authoritative = !recurse;
        message.add_query(query.clone());
        let owner = query.name.clone();
        let record = |data| Record::from_rdata(owner.clone(), 30, data);
        let a = |ip: &str| RData::A(A(ip.parse().unwrap()));
        let reply = self.zone.lock().unwrap().get(name).cloned();
        match reply.unwrap_or(Reply::Code(ResponseCode::NXDomain)) {
            Reply::Silence => return Vec::new(),
            Reply::Code(code) => message.metadata.response_code = code,
            Reply::Cname(target) => {
                message.add_answer(record(RData::CNAME(CNAME(Name::from_ascii(target).unwrap()))));
            }
            Reply::Txt(texts) if query.query_type == RecordType::TXT => {
                let texts = texts.into_iter().map(str::to_owned).collect();
                message.add_answer(record(RData::TXT(TXT::new(texts))));
            }
            Reply::Cut(_) if over == "udp" => message.metadata.truncation = true,
            Reply::A(ips) | Reply::Cut(ips) if query.query_type == RecordType::A => {
                for ip in ips {
                    message.add_answer(record(a(ip)));
                }
            }
            Reply::AfterForgeries(ip) if query.query_type == RecordType::A => {
                let forged = |id: u16, name: &str| {
                    let mut forged = Message::response(id, question.metadata.op_code);
                    let mut query = query.clone();
                    query.set_name(Name::from_ascii(name).unwrap());
                    forged.add_query(query);
                    forged.add_answer(record(a("127.66.66.66")));
                    forged.to_vec().unwrap()
                };
                let wrong_id = forged(question.metadata.id.wrapping_add(1), &owner.to_ascii());
                let wrong_name = forged(question.metadata.id, "evil.test.");
                message.add_answer(record(a(ip)));
                return vec![wrong_id, b"rubbish".to_vec(), wrong_name, message.to_vec().unwrap()];
            }
            _ => {}
        }
        vec![message.to_vec().unwrap()]
    }
}

/// A web server that answers each request with the same bytes and counts connections.
pub(crate) struct WebServer {
    pub(crate) address: SocketAddr,
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
    pub(crate) connections: Arc<Mutex<usize>>,
}

impl WebServer {
    pub(crate) async fn start(ip: &str, port: u16, answer: &'static str) -> Self {
        let listener = TcpListener::bind((ip.parse::<IpAddr>().unwrap(), port)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, requests: Arc::default(), connections: Arc::default() };
        let (requests, connections) = (Arc::clone(&server.requests), Arc::clone(&server.connections));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                *connections.lock().unwrap() += 1;
                let requests = Arc::clone(&requests);
                tokio::spawn(async move {
                    let mut text = String::new();
                    let mut buffer = [0; 4096];
                    // The connection stays open for more: keeping it is the client's choice.
                    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                        text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
                        if text.ends_with("\r\n\r\n") {
                            requests.lock().unwrap().push(std::mem::take(&mut text));
                            if stream.write_all(answer.as_bytes()).await.is_err() {
                                return;
                            }
                        }
                    }
                });
            }
        });
        server
    }
}

/// A port on which nothing listens.
pub(crate) async fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}
