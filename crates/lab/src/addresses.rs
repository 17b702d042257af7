//! Which loopback addresses are this lab's: Linux has all of 127.0.0.0/8, and each lab takes one
//! `127.N.0.0/16`, so that two labs can live beside each other.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};

/// Where the sample shop's app listens on each instance.
pub(crate) const APP_PORT: u16 = 8080;

/// Below, people put things by hand (127.0.0.1, 127.1.1.1); 127.53 and 127.0.0.53 are resolvers'.
const SECOND_BYTES: std::ops::RangeInclusive<u8> = 64..=250;

/// The name servers' hosts in `127.N.0.0/24` begin here; a delegation has four.
const FIRST_NAME_SERVER: u8 = 2;

/// Behind the name servers.
const FIRST_DATABASE: u8 = 10;

/// A loopback prefix, claimed for as long as this value lives.
#[derive(Debug)]
pub(crate) struct Prefix {
    second: u8,
    /// Held open: another lab that tries to bind it learns that the prefix is taken.
    _claim: TcpListener,
}

/// No prefix is free.
#[derive(Debug, thiserror::Error)]
#[error(
    "claim loopback addresses for the lab: nothing can listen on port {APP_PORT} of 127.{first}.0.1 to 127.{last}.0.1; \
     the lab needs Linux's loopback, and no other program on port {APP_PORT} of every address",
    first = SECOND_BYTES.start(),
    last = SECOND_BYTES.end()
)]
pub struct NoPrefix {
    #[source]
    source: std::io::Error,
}

impl Prefix {
    /// Claims the first free prefix.
    pub(crate) fn claim() -> Result<Self, NoPrefix> {
        let mut refused = None;
        for second in SECOND_BYTES {
            match TcpListener::bind((Ipv4Addr::new(127, second, 0, 1), APP_PORT)) {
                Ok(claim) => return Ok(Self { second, _claim: claim }),
                Err(error) => refused = Some(error),
            }
        }
        Err(NoPrefix { source: refused.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into()) })
    }

    /// `127.64`, as the emulator takes it.
    pub(crate) fn text(&self) -> String {
        format!("127.{}", self.second)
    }

    /// Where the recursive resolver listens.
    pub(crate) fn resolver(&self) -> Ipv4Addr {
        Ipv4Addr::new(127, self.second, 0, 1)
    }

    /// Where the name servers of a delegation listen, in the order of the delegation.
    pub(crate) fn name_servers(&self) -> [Ipv4Addr; 4] {
        [0, 1, 2, 3].map(|n| Ipv4Addr::new(127, self.second, 0, FIRST_NAME_SERVER + n))
    }

    /// Where the databases of both regions listen.
    pub(crate) fn databases(&self) -> [Ipv4Addr; 2] {
        [0, 1].map(|n| Ipv4Addr::new(127, self.second, 0, FIRST_DATABASE + n))
    }

    /// Whether an address is one that this lab may listen on.
    pub(crate) fn contains(&self, address: Ipv4Addr) -> bool {
        let [first, second, third, _] = address.octets();
        first == 127 && second == self.second && third != 0
    }

    /// The app's place on an instance's address.
    pub(crate) fn app(address: Ipv4Addr) -> SocketAddr {
        SocketAddr::V4(SocketAddrV4::new(address, APP_PORT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_labs_have_different_prefixes_and_one_that_ends_gives_its_back() {
        let first = Prefix::claim().expect("prefix");
        let second = Prefix::claim().expect("another prefix");
        assert_ne!(first.text(), second.text());
        assert!(first.contains(Ipv4Addr::new(127, first.second, 1, 10)));
        assert!(!first.contains(Ipv4Addr::new(127, second.second, 1, 10)));
        assert!(!first.contains(first.resolver()), "the lab's own hosts are nobody's instance");
        let resolver = second.resolver();
        assert!(TcpListener::bind((resolver, APP_PORT)).is_err());
        drop(second);
        assert!(TcpListener::bind((resolver, APP_PORT)).is_ok());
    }
}
