//! The shop's addresses, asked for anew when the answer's TTL has run out, and not a moment earlier.

use crate::dns::query;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

/// A resolver that knows one name.
#[derive(Debug)]
pub(super) struct Names {
    resolver: SocketAddr,
    name: String,
    cached: tokio::sync::Mutex<Option<Cached>>,
}

#[derive(Debug)]
struct Cached {
    addresses: Vec<Ipv4Addr>,
    until: Instant,
    /// Whose turn it is: customers spread over a name's addresses.
    turn: usize,
}

impl Names {
    pub(super) fn new(resolver: SocketAddr, name: &str) -> Self {
        Self { resolver, name: name.to_owned(), cached: tokio::sync::Mutex::default() }
    }

    /// The next address of the name. Callers at the same time share one question.
    pub(super) async fn next(&self) -> Result<Ipv4Addr, String> {
        let mut cached = self.cached.lock().await;
        if let Some(known) = cached.as_mut()
            && Instant::now() < known.until
        {
            known.turn += 1;
            return Ok(known.addresses[known.turn % known.addresses.len()]);
        }
        let asked = Instant::now();
        let answer = query::ask(self.resolver, &self.name, "A").await.map_err(|error| error.to_string())?;
        let mut addresses: Vec<Ipv4Addr> = answer.values.iter().filter_map(|value| value.parse().ok()).collect();
        // An answer without a TTL is not kept.
        let until = asked + Duration::from_secs(answer.ttl.unwrap_or(0).into());
        addresses.sort();
        let Some(first) = addresses.first().copied() else {
            return Err(format!("{} has no address: {}", self.name, answer.code));
        };
        *cached = Some(Cached { addresses, until, turn: 0 });
        Ok(first)
    }
}
