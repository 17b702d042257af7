use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{RData, RecordType};
use std::fmt;

/// What a DNS server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsAnswer {
    /// The values of the records of the asked type, sorted, also where they stand behind a CNAME. Names are
    /// lower case without a trailing dot; texts in quotes, as Route 53 has them.
    pub values: Vec<String>,
    /// Seconds, of the first record of the asked type.
    pub ttl: Option<u32>,
    /// Whether the server answered as an authority (`AA`), not from what it remembers.
    pub authoritative: bool,
    /// Whether the name exists.
    pub rcode: Rcode,
}

/// The answers that tell something about a name. Any other is a `LookupError::Refused`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rcode {
    /// The name exists, though maybe not with this type.
    NoError,
    /// The name does not exist.
    NxDomain,
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoError => "NOERROR",
            Self::NxDomain => "NXDOMAIN",
        })
    }
}

impl DnsAnswer {
    /// Reads a response; the error is the name of the code that says nothing about the name.
    pub(crate) fn of(message: &Message, record_type: RecordType) -> Result<Self, String> {
        let rcode = match message.metadata.response_code {
            ResponseCode::NoError => Rcode::NoError,
            ResponseCode::NXDomain => Rcode::NxDomain,
            ResponseCode::ServFail => return Err("SERVFAIL".into()),
            ResponseCode::Refused => return Err("REFUSED".into()),
            other => return Err(format!("{other} (code {})", u16::from(other))),
        };
        let records = || message.answers.iter().filter(|record| record.record_type() == record_type);
        let mut values: Vec<String> = records().map(|record| value(&record.data)).collect();
        values.sort_unstable();
        Ok(Self {
            values,
            ttl: records().next().map(|record| record.ttl),
            authoritative: message.metadata.authoritative,
            rcode,
        })
    }
}

/// The target of a CNAME in the answer.
pub(crate) fn alias_in(message: &Message) -> Option<String> {
    message.answers.iter().rev().find_map(|record| match &record.data {
        RData::CNAME(target) => Some(host(&target.0.to_ascii())),
        _ => None,
    })
}

/// A value as Route 53 writes it.
fn value(data: &RData) -> String {
    match data {
        RData::CNAME(name) => host(&name.0.to_ascii()),
        RData::NS(name) => host(&name.0.to_ascii()),
        RData::PTR(name) => host(&name.0.to_ascii()),
        RData::MX(mx) => format!("{} {}", mx.preference, host(&mx.exchange.to_ascii())),
        RData::SRV(srv) => format!("{} {} {} {}", srv.priority, srv.weight, srv.port, host(&srv.target.to_ascii())),
        RData::TXT(txt) => {
            let quoted: Vec<String> = txt.txt_data.iter().map(|text| quote(text)).collect();
            quoted.join(" ")
        }
        other => other.to_string(),
    }
}

/// A name without case and trailing dot.
pub(crate) fn host(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// A character string in quotes; bytes that are not printable ASCII as `\ooo`, as Route 53 gives them.
fn quote(text: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for &byte in text {
        match byte {
            b'"' | b'\\' => {
                quoted.push('\\');
                quoted.push(char::from(byte));
            }
            b' '..=b'~' => quoted.push(char::from(byte)),
            _ => quoted.push_str(&format!("\\{byte:03o}")),
        }
    }
    quoted.push('"');
    quoted
}
