use crate::{CheckResult, DnsClient};
use pilotlight_findings::with_causes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, Response, redirect};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};
use url::Url;

/// Time to open one connection. A healthy target in another region opens in 0.3 s, and what is left of the
/// check's own time-out must do for the next address.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of a body is searched for the expected text: health pages are small, and a check must not
/// download a file.
const MAX_BODY: usize = 1024 * 1024;
/// How much of a body that lacks the text is shown.
const SHOWN_BODY: usize = 120;

/// What is green.
#[derive(Clone, Copy)]
pub(crate) struct Expect<'a> {
    pub(crate) status: u16,
    pub(crate) body: Option<&'a str>,
}

/// Sends one GET on a connection of its own, to an address that was looked up for it.
pub(crate) async fn probe(
    dns: &DnsClient,
    url: &str,
    headers: &BTreeMap<String, String>,
    expect: Expect<'_>,
    limit: Duration,
) -> CheckResult {
    let begin = Instant::now();
    let (url, shown, headers) = match read_question(url, headers) {
        Ok(question) => question,
        Err(reason) => return CheckResult::unknown(reason),
    };
    let Some(host) = url.host_str() else {
        return CheckResult::unknown(format!("GET {shown}: the URL names no host"));
    };
    let asked = format!("GET {shown}");
    let addresses = match tokio::time::timeout(limit, dns.resolve(host)).await {
        Ok(Ok(addresses)) => addresses,
        Ok(Err(error)) if error.is_answer() => {
            return CheckResult::red(None, format!("{asked}: {}", with_causes(&error)));
        }
        Ok(Err(error)) => return CheckResult::unknown(format!("{asked}: {}", with_causes(&error))),
        Err(_) => return CheckResult::unknown(format!("{asked}: DNS gave no answer within {limit:?}")),
    };
    let port = url.port_or_known_default().unwrap_or(80);
    let sockets: Vec<SocketAddr> = addresses.iter().map(|address| SocketAddr::new(*address, port)).collect();
    let client = match client(host, &sockets, headers) {
        Ok(client) => client,
        Err(error) => return CheckResult::unknown(format!("{asked}: {}", with_causes(&error))),
    };
    let at = join(&addresses);
    let attempt = async {
        let response = client.get(url).send().await?;
        judge(response, expect).await
    };
    match tokio::time::timeout(limit.saturating_sub(begin.elapsed()), attempt).await {
        Ok(Ok(Judged { green, at, text })) => {
            let at = at.map_or_else(|| join(&addresses), |at| at.to_string());
            let detail = format!("{asked} at {at}: {text}");
            if green {
                CheckResult::green(begin.elapsed(), detail)
            } else {
                CheckResult::red(Some(begin.elapsed()), detail)
            }
        }
        // The URL is shown already, and there without what is secret in it.
        Ok(Err(error)) => CheckResult::red(None, format!("{asked} at {at}: {}", with_causes(&error.without_url()))),
        Err(_) => CheckResult::red(None, format!("{asked} at {at}: no answer within {limit:?}")),
    }
}

struct Judged {
    green: bool,
    at: Option<SocketAddr>,
    text: String,
}

async fn judge(mut response: Response, expect: Expect<'_>) -> Result<Judged, reqwest::Error> {
    let at = response.remote_addr();
    let status = response.status().as_u16();
    if status != expect.status {
        let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
        let to = to.map(|to| format!(", a redirect to {to}")).unwrap_or_default();
        return Ok(Judged { green: false, at, text: format!("expected status {}, got {status}{to}", expect.status) });
    }
    let Some(wanted) = expect.body else {
        return Ok(Judged { green: true, at, text: format!("status {status}, as expected") });
    };
    let mut body = Vec::new();
    while body.len() < MAX_BODY {
        let Some(chunk) = response.chunk().await? else { break };
        body.extend_from_slice(&chunk);
    }
    body.truncate(MAX_BODY);
    let body = String::from_utf8_lossy(&body);
    if body.contains(wanted) {
        return Ok(Judged {
            green: true,
            at,
            text: format!("status {status} and a body with {wanted:?}, as expected"),
        });
    }
    let begins: String = body.chars().take(SHOWN_BODY).collect();
    let text = format!("status {status}, but expected a body with {wanted:?}, got one that begins {begins:?}");
    Ok(Judged { green: false, at, text })
}

fn client(host: &str, sockets: &[SocketAddr], headers: HeaderMap) -> Result<Client, reqwest::Error> {
    let mut builder = Client::builder()
        // What DNS names is what is asked: no proxy between, no redirect, no connection kept.
        .no_proxy()
        .redirect(redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!("pilotlight/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers);
    if host.parse::<IpAddr>().is_err() {
        builder = builder.resolve_to_addrs(host, sockets);
    }
    builder.build()
}

/// The URL, the URL as it may be shown, and the headers; the error says what is wrong with the check.
fn read_question(url: &str, headers: &BTreeMap<String, String>) -> Result<(Url, String, HeaderMap), String> {
    let parsed = Url::parse(url).map_err(|error| format!("read the check's URL: {error}"))?;
    let mut shown = parsed.clone();
    shown.set_query(None);
    // A URL that cannot carry a user has none to hide.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(format!("GET {shown}: a check's URL is http:// or https://"));
    }
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        // The value may be a secret, so it is not shown.
        let bad = || format!("GET {shown}: {name:?} is no request header");
        let header = HeaderName::try_from(name).map_err(|_| bad())?;
        map.insert(header, HeaderValue::try_from(value).map_err(|_| bad())?);
    }
    Ok((parsed, shown.to_string(), map))
}

fn join(addresses: &[IpAddr]) -> String {
    addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ")
}
