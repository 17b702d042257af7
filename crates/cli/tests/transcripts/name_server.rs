//! Just enough of a DNS server on loopback: every name server is here, and every other A question has one answer.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::{Arc, Mutex};

/// The server; it ends with the test program.
#[derive(Clone)]
pub(crate) struct NameServer {
    pub(crate) address: String,
    answer: Arc<Mutex<Ipv4Addr>>,
}

impl NameServer {
    pub(crate) fn set(&self, address: &str) {
        *self.answer.lock().unwrap() = address.parse().unwrap();
    }
}

/// A server that answers with this address.
pub(crate) fn name_server(address: &str) -> NameServer {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = NameServer {
        address: socket.local_addr().unwrap().to_string(),
        answer: Arc::new(Mutex::new(address.parse().unwrap())),
    };
    let answer = Arc::clone(&server.answer);
    std::thread::spawn(move || {
        let mut buffer = [0; 1500];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).unwrap();
            let reply = reply(&buffer[..length], *answer.lock().unwrap());
            socket.send_to(&reply, from).unwrap();
        }
    });
    server
}

/// RFC 1035, 4.1: the header, the question again, and one answer where an address is asked for.
fn reply(question: &[u8], answer: Ipv4Addr) -> Vec<u8> {
    const HEADER: usize = 12;
    let name: usize = question[HEADER..].iter().position(|byte| *byte == 0).unwrap();
    let end = HEADER + name + 5;
    let is_address = question[end - 4..end] == [0, 1, 0, 1];
    let is_server = question[HEADER + 1..].starts_with(b"ns-");
    let mut reply = question[..2].to_vec();
    // A response, authoritative, no error; one question, maybe one answer.
    reply.extend([0x84, 0, 0, 1, 0, u8::from(is_address), 0, 0, 0, 0]);
    reply.extend(&question[HEADER..end]);
    if is_address {
        // The name at offset 12, A, IN, 30 seconds, 4 bytes.
        reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4]);
        reply.extend(if is_server { Ipv4Addr::LOCALHOST.octets() } else { answer.octets() });
    }
    reply
}
