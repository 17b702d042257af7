use crate::{CheckResult, DnsClient};
use pilotlight_findings::with_causes;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Opens one connection and closes it. As any client does, it tries the addresses of a name in order.
pub(crate) async fn probe(dns: &DnsClient, address: &str, limit: Duration) -> CheckResult {
    let begin = Instant::now();
    let Some((host, port)) = split(address) else {
        return CheckResult::unknown(format!("{address:?} is no HOST:PORT"));
    };
    let tried = std::sync::Mutex::new(Vec::<String>::new());
    let attempt = async {
        let addresses = match dns.resolve(host).await {
            Ok(addresses) => addresses,
            Err(error) if error.is_answer() => {
                return CheckResult::red(None, format!("connect to {address}: {}", with_causes(&error)));
            }
            Err(error) => return CheckResult::unknown(format!("connect to {address}: {}", with_causes(&error))),
        };
        for ip in addresses {
            let socket = SocketAddr::new(ip, port);
            push(&tried, format!("{socket}: no answer"));
            match TcpStream::connect(socket).await {
                Ok(_) => {
                    return CheckResult::green(begin.elapsed(), format!("connected to {address} at {socket}"));
                }
                Err(error) => replace_last(&tried, format!("{socket}: {error}")),
            }
        }
        CheckResult::red(Some(begin.elapsed()), format!("connect to {address}: {}", join(&tried)))
    };
    match timeout(limit, attempt).await {
        Ok(result) => result,
        Err(_) if join(&tried).is_empty() => {
            CheckResult::unknown(format!("connect to {address}: DNS gave no answer within {limit:?}"))
        }
        Err(_) => CheckResult::red(None, format!("connect to {address}: not within {limit:?}; {}", join(&tried))),
    }
}

/// `host:port`, `[v6]:port`
pub(crate) fn split(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let whole = !host.is_empty() && (!host.contains(':') || (host.starts_with('[') && host.ends_with(']')));
    Some((host, port.parse().ok()?)).filter(|_| whole)
}

fn push(tried: &std::sync::Mutex<Vec<String>>, text: String) {
    tried.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(text);
}

fn replace_last(tried: &std::sync::Mutex<Vec<String>>, text: String) {
    let mut tried = tried.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    tried.pop();
    tried.push(text);
}

fn join(tried: &std::sync::Mutex<Vec<String>>) -> String {
    tried.lock().unwrap_or_else(std::sync::PoisonError::into_inner).join(", ")
}
