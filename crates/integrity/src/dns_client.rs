use crate::dns_answer::{DnsAnswer, Rcode, alias_in, host};
use crate::dns_exchange::exchange;
use crate::error::LookupError;
use hickory_proto::op::{Message, Query};
use hickory_proto::rr::{Name, RData, RecordType};
use hickory_resolver::Hosts;
use hickory_resolver::system_conf::read_system_conf;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr as _;

/// Where DNS servers listen (RFC 1035, 4.2).
const DNS_PORT: u16 = 53;
/// CNAMEs that are followed where a resolver answers with the alias alone. Resolvers stop at 8 to 16.
const MAX_ALIASES: usize = 8;

/// Asks DNS servers. Nothing is remembered: each question goes out anew.
#[derive(Debug, Clone, Copy, Default)]
pub struct DnsClient {
    resolver: Option<SocketAddr>,
}

impl DnsClient {
    /// A client that asks `resolver`, or else what this machine is configured with (hosts file included).
    /// Where a resolver is given, name servers are asked at its port also.
    pub fn new(resolver: Option<SocketAddr>) -> Self {
        Self { resolver }
    }

    /// Asks the resolver.
    ///
    /// # Errors
    /// The question is none, or no resolver answers.
    pub async fn query(&self, name: &str, record_type: &str) -> Result<DnsAnswer, LookupError> {
        let query = question(name, record_type)?;
        self.recursive(&query).await.map(|(_, answer)| answer)
    }

    /// Asks one server, given by name or address and maybe a port, past every cache. A name server answers
    /// for its own zones only, so the question does not ask for recursion.
    ///
    /// # Errors
    /// The question is none, the server's name does not resolve, or the server gives no usable answer.
    pub async fn ask(&self, server: &str, name: &str, record_type: &str) -> Result<DnsAnswer, LookupError> {
        let query = question(name, record_type)?;
        let mut last = None;
        for address in self.server_addresses(server).await? {
            match ask_at(address, &query, false).await {
                Ok((_, answer)) => return Ok(answer),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or(LookupError::NotFound { name: server.to_owned(), answer: "it has no address" }))
    }

    /// The addresses of a host: IPv4 first, each in the order of the answer. An address is its own answer.
    ///
    /// # Errors
    /// [`LookupError::NotFound`] where DNS says that there is none; else the resolver gives no answer.
    pub async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, LookupError> {
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        if let Ok(address) = bare.parse() {
            return Ok(vec![address]);
        }
        if host(name) == "localhost" {
            // RFC 6761, 6.3: never a question for DNS.
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let (v4, v6) = futures::join!(self.addresses(name, RecordType::A), self.addresses(name, RecordType::AAAA));
        let addresses = match (v4, v6) {
            (Ok(v4), Ok(v6)) => [v4, v6].concat(),
            // One of the two is enough to go on with.
            (Ok(found), Err(_)) | (Err(_), Ok(found)) if !found.is_empty() => found,
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        if addresses.is_empty() {
            return Err(LookupError::NotFound { name: name.to_owned(), answer: "it has no address" });
        }
        Ok(addresses)
    }

    /// The addresses of one family, following aliases.
    async fn addresses(&self, name: &str, record_type: RecordType) -> Result<Vec<IpAddr>, LookupError> {
        let mut next = name.to_owned();
        for _ in 0..MAX_ALIASES {
            let query = Query::query(domain_name(&next)?, record_type);
            if self.resolver.is_none()
                && let Some(found) = in_hosts_file(&query)
            {
                return Ok(found);
            }
            let (message, answer) = self.recursive(&query).await?;
            if answer.rcode == Rcode::NxDomain {
                let answer = "it does not exist (NXDOMAIN)";
                return Err(LookupError::NotFound { name: name.to_owned(), answer });
            }
            let found: Vec<IpAddr> = message.answers.iter().filter_map(|record| address(&record.data)).collect();
            match alias_in(&message) {
                Some(alias) if found.is_empty() => next = alias,
                _ => return Ok(found),
            }
        }
        Err(LookupError::NotFound { name: name.to_owned(), answer: "its aliases lead to no address" })
    }

    /// Asks the resolvers in turn until one answers.
    async fn recursive(&self, query: &Query) -> Result<(Message, DnsAnswer), LookupError> {
        let mut last = None;
        for server in self.resolvers()? {
            match ask_at(server, query, true).await {
                Ok(answer) => return Ok(answer),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| LookupError::NoResolver { reason: "its configuration names none".into() }))
    }

    /// The resolver given, or this machine's, read each time: DHCP may have changed it.
    fn resolvers(&self) -> Result<Vec<SocketAddr>, LookupError> {
        if let Some(resolver) = self.resolver {
            return Ok(vec![resolver]);
        }
        let (config, _) = read_system_conf().map_err(|error| LookupError::NoResolver { reason: error.to_string() })?;
        Ok(config.name_servers.iter().map(|server| SocketAddr::new(server.ip, DNS_PORT)).collect())
    }

    /// Where a server is asked: at its own port where one is written, else at the resolver's.
    async fn server_addresses(&self, server: &str) -> Result<Vec<SocketAddr>, LookupError> {
        if let Ok(address) = server.parse::<SocketAddr>() {
            return Ok(vec![address]);
        }
        let usual = self.resolver.map_or(DNS_PORT, |resolver| resolver.port());
        let (name, port) = match server.rsplit_once(':') {
            // More than one colon is an IPv6 address.
            Some((name, port)) if !name.contains(':') || name.ends_with(']') => match port.parse() {
                Ok(port) => (name, port),
                Err(_) => {
                    return Err(LookupError::BadName {
                        name: server.to_owned(),
                        reason: format!("{port:?} is no port"),
                    });
                }
            },
            _ => (server, usual),
        };
        let addresses = self
            .resolve(name)
            .await
            .map_err(|source| LookupError::Server { server: name.to_owned(), source: Box::new(source) })?;
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }
}

async fn ask_at(server: SocketAddr, query: &Query, recurse: bool) -> Result<(Message, DnsAnswer), LookupError> {
    let (name, record_type) = (host(&query.name.to_ascii()), query.query_type.to_string());
    match exchange(server, query, recurse).await {
        Ok(message) => match DnsAnswer::of(&message, query.query_type) {
            Ok(answer) => Ok((message, answer)),
            Err(rcode) => Err(LookupError::Refused { server, name, record_type, rcode }),
        },
        Err(reason) => Err(LookupError::NoAnswer { server, name, record_type, reason }),
    }
}

fn question(name: &str, record_type: &str) -> Result<Query, LookupError> {
    let bad_type = || LookupError::BadType { record_type: record_type.to_owned() };
    let record_type = RecordType::from_str(&record_type.to_ascii_uppercase()).map_err(|_| bad_type())?;
    Ok(Query::query(domain_name(name)?, record_type))
}

/// A fully qualified name: no search list is applied, a plan means what it says.
fn domain_name(name: &str) -> Result<Name, LookupError> {
    let bad = |reason: String| LookupError::BadName { name: name.to_owned(), reason };
    if name.is_empty() {
        return Err(bad("it is empty".into()));
    }
    let mut parsed = Name::from_utf8(name).map_err(|error| bad(error.to_string()))?;
    parsed.set_fqdn(true);
    Ok(parsed)
}

fn address(data: &RData) -> Option<IpAddr> {
    match data {
        RData::A(address) => Some(address.0.into()),
        RData::AAAA(address) => Some(address.0.into()),
        _ => None,
    }
}

/// What this machine's hosts file says. A file that cannot be read says nothing.
fn in_hosts_file(query: &Query) -> Option<Vec<IpAddr>> {
    let lookup = Hosts::from_system().ok()?.lookup_static_host(query)?;
    let found: Vec<IpAddr> = lookup.answers().iter().filter_map(|record| address(&record.data)).collect();
    (!found.is_empty()).then_some(found)
}
