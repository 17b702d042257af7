//! Just enough of Route 53's API on loopback: one zone with one record. Changes are refused, or taken where a name server
//! follows.

use crate::name_server::NameServer;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// An endpoint that refuses every connection: no program listens on port 1.
pub(crate) const NOBODY: &str = "http://127.0.0.1:1";

const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";

/// The server; it ends with the test program.
pub(crate) struct Route53 {
    pub(crate) url: String,
    /// The value of `app.shop.test A`.
    value: Arc<Mutex<String>>,
    /// `METHOD path` of every request.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Route53 {
    /// A zone `shop.test` whose record `app.shop.test A` has this value.
    pub(crate) fn with(value: &str) -> Self {
        Self::start(value, None)
    }

    /// The same, with changes taken: this name server answers with what the record has.
    pub(crate) fn followed_by(server: &NameServer, value: &str) -> Self {
        server.set(value);
        Self::start(value, Some(server.clone()))
    }

    fn start(value: &str, follower: Option<NameServer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let value = Arc::new(Mutex::new(value.to_owned()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (held, noted) = (Arc::clone(&value), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &held, &noted, follower.as_ref());
            }
        });
        Self { url, value, asked }
    }

    /// Somebody else changes the record.
    pub(crate) fn set(&self, value: &str) {
        *self.value.lock().unwrap() = value.to_owned();
    }

    /// The requests that would have changed something.
    pub(crate) fn changes(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().filter(|request| request.starts_with("POST ")).cloned().collect()
    }
}

/// Answers one request and closes.
fn answer(mut stream: TcpStream, value: &Mutex<String>, asked: &Mutex<Vec<String>>, follower: Option<&NameServer>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut first = String::new();
    let mut length = 0;
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let request = first.rsplit_once(' ').map_or("", |(request, _)| request).to_owned();
    let (status, text) = match follower {
        Some(server) if request.contains("POST ") || request.contains("/change/") => {
            let body = String::from_utf8(body).unwrap();
            // The last value is the one that is created.
            if let Some((_, created)) = body.rsplit_once("<Value>") {
                let created = created.split_once('<').unwrap().0;
                *value.lock().unwrap() = created.to_owned();
                server.set(created);
            }
            (
                "200 OK",
                changed(if request.contains("POST ") {
                    "ChangeResourceRecordSetsResponse"
                } else {
                    "GetChangeResponse"
                }),
            )
        }
        _ => respond(&request, &value.lock().unwrap()),
    };
    asked.lock().unwrap().push(request);
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n", text.len());
    stream.write_all(format!("{head}connection: close\r\n\r\n{text}").as_bytes()).unwrap();
}

fn changed(response: &str) -> String {
    format!(
        "<{response} xmlns=\"{NAMESPACE}\"><ChangeInfo><Id>/change/C1</Id><Status>INSYNC</Status>\
         <SubmittedAt>2026-11-21T03:00:00Z</SubmittedAt></ChangeInfo></{response}>"
    )
}

fn respond(request: &str, value: &str) -> (&'static str, String) {
    let zone = "<HostedZone><Id>/hostedzone/Z1</Id><Name>shop.test.</Name><CallerReference>r</CallerReference>\
                <Config><PrivateZone>false</PrivateZone></Config></HostedZone>";
    let path = request.split_once('?').map_or(request, |(path, _)| path);
    match path {
        "GET /2013-04-01/hostedzonesbyname" => (
            "200 OK",
            format!(
                "<ListHostedZonesByNameResponse xmlns=\"{NAMESPACE}\"><HostedZones>{zone}</HostedZones>\
                 <IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesByNameResponse>"
            ),
        ),
        "GET /2013-04-01/hostedzone/Z1" => (
            "200 OK",
            format!(
                "<GetHostedZoneResponse xmlns=\"{NAMESPACE}\">{zone}<DelegationSet><NameServers>\
                 <NameServer>ns-1.awsdns.test</NameServer></NameServers></DelegationSet></GetHostedZoneResponse>"
            ),
        ),
        "GET /2013-04-01/hostedzone/Z1/rrset" => (
            "200 OK",
            format!(
                "<ListResourceRecordSetsResponse xmlns=\"{NAMESPACE}\"><ResourceRecordSets><ResourceRecordSet>\
                 <Name>app.shop.test.</Name><Type>A</Type><TTL>30</TTL><ResourceRecords><ResourceRecord>\
                 <Value>{value}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></ResourceRecordSets>\
                 <IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>"
            ),
        ),
        "POST /2013-04-01/hostedzone/Z1/rrset" | "POST /2013-04-01/hostedzone/Z1/rrset/" => (
            "403 Forbidden",
            format!(
                "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>AccessDenied</Code>\
                 <Message>User is not authorized to perform: route53:ChangeResourceRecordSets</Message></Error>\
                 <RequestId>r</RequestId></ErrorResponse>"
            ),
        ),
        other => (
            "400 Bad Request",
            format!(
                "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>InvalidInput</Code>\
                 <Message>{other}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
            ),
        ),
    }
}
