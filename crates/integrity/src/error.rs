use pilotlight_findings::{Code, Explain, codes};
use std::net::SocketAddr;

/// Why a DNS question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The text is no domain name.
    #[error("read {name:?} as a domain name: {reason}")]
    BadName {
        /// As given.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The text is no record type.
    #[error("read {record_type:?} as a DNS record type such as A or CNAME")]
    BadType {
        /// As given.
        record_type: String,
    },
    /// This machine's resolver configuration cannot be read, or names no server.
    #[error("find this machine's DNS server: {reason}")]
    NoResolver {
        /// Why.
        reason: String,
    },
    /// The name does not exist (`NXDOMAIN`), or has no address.
    #[error("resolve {name}: {answer}")]
    NotFound {
        /// The name.
        name: String,
        /// `it does not exist (NXDOMAIN)`, `it has no address`
        answer: &'static str,
    },
    /// The name server's own name could not be resolved.
    #[error("find name server {server}")]
    Server {
        /// Its name.
        server: String,
        /// Why.
        source: Box<LookupError>,
    },
    /// The server gave no usable answer, after all attempts.
    #[error("get an answer from DNS server {server} for {name} {record_type}: {reason}")]
    NoAnswer {
        /// Its address.
        server: SocketAddr,
        /// The name.
        name: String,
        /// The type.
        record_type: String,
        /// The last attempt's failure.
        reason: String,
    },
    /// The server answered that it will not or cannot tell.
    #[error("get an answer from DNS server {server} for {name} {record_type}: it says {rcode}")]
    Refused {
        /// Its address.
        server: SocketAddr,
        /// The name.
        name: String,
        /// The type.
        record_type: String,
        /// `SERVFAIL`, `REFUSED`, …
        rcode: String,
    },
}

impl LookupError {
    /// Whether the DNS itself answered, and the answer is that the name leads nowhere. Everything else
    /// says nothing about the name.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

impl Explain for LookupError {
    fn code(&self) -> Code {
        match self {
            Self::NotFound { .. } => codes::I_NAME,
            Self::BadName { .. } | Self::BadType { .. } => codes::I_QUESTION,
            _ => codes::I_DNS_SERVER,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::BadName { .. } | Self::BadType { .. } => "correct the name or type in the plan".into(),
            Self::NoResolver { .. } => "name a DNS server with --resolver HOST:PORT".into(),
            Self::NotFound { .. } => "check the name for a typing error, and that its record exists".into(),
            Self::Server { .. } | Self::NoAnswer { .. } | Self::Refused { .. } => {
                "check that the DNS server can be reached from here, or name another with --resolver HOST:PORT".into()
            }
        })
    }
}
