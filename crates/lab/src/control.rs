//! The control endpoint of a running lab, and its client. On loopback, behind a random token.

use crate::apps::Apps;
use crate::causes::causes;
use crate::faults::{Fault, Faults};
use crate::handle::Handle;
use crate::http::{Answer, Request, Response};
use crate::postgres::pair::{Databases, Lag};
use crate::postgres::state::GLANCE;
use serde_json::json;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// The control endpoint answers at once, but for what it asks of databases that may be silent; one that is gone
/// refuses at once.
const CONTROL_TIMEOUT: Duration = Duration::from_secs(10);

/// A database that is copied anew or replays much takes its time.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(180);

const ROUTES: &str = "GET /status, POST /shutdown, POST /break/ADDRESS, POST /repair/ADDRESS, \
    POST /blackout/REGION[/silent], POST /restore/REGION[/without-database], \
    GET /faults, POST /fault with a fault as JSON, POST /faults/clear[/NUMBER], POST /database/kill/REGION, POST /database/start/REGION, POST /resync/REGION, POST /lag/pause|block|clear";

/// What the control endpoint acts on.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) token: String,
    pub(crate) apps: Arc<Apps>,
    pub(crate) databases: Option<Arc<Databases>>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) shutdown: Arc<Notify>,
}

/// The control endpoint could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No HTTP answer.
    #[error("reach the lab's control endpoint")]
    Http(#[from] reqwest::Error),
    /// It refused.
    #[error("{doing}: the lab answers {status}: {body}")]
    Refused {
        /// `POST /shutdown`
        doing: String,
        /// HTTP status.
        status: u16,
        /// Its words.
        body: String,
    },
}

/// A token that nobody guesses: 128 bits from hashers that the system seeds.
pub(crate) fn token() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

impl Control {
    /// What the control endpoint's server asks.
    pub(crate) fn answering(self: Arc<Self>) -> Answer {
        Arc::new(move |request| {
            let control = Arc::clone(&self);
            Box::pin(async move { control.answer(&request).await })
        })
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, request: &Request) -> Response {
        if request.header("authorization") != Some(&format!("Bearer {}", self.token)) {
            return Response::text(401, "the token of lab.json is missing");
        }
        match (request.method.as_str(), request.target.split('/').collect::<Vec<_>>().as_slice()) {
            ("GET", ["", "status"]) => self.status().await,
            ("POST", ["", "shutdown"]) => {
                self.shutdown.notify_one();
                Response::text(200, "the lab ends")
            }
            ("POST", ["", action @ ("break" | "repair"), address]) => match address.parse::<Ipv4Addr>() {
                Ok(address) => {
                    self.apps.set_broken(address, *action == "break");
                    Response::text(200, format!("{action}: {address}"))
                }
                Err(_) => Response::text(400, "the path ends in an IPv4 address"),
            },
            ("GET", ["", "faults"]) => Response::json(200, &json!(self.faults.standing())),
            ("POST", ["", "fault"]) => self.fault(&request.body),
            ("POST", ["", "faults", "clear"]) => cleared(self.faults.clear(None)),
            ("POST", ["", "faults", "clear", id]) => match id.parse() {
                Ok(id) => cleared(self.faults.clear(Some(id))),
                Err(_) => Response::text(400, "the path ends in a fault's number"),
            },
            ("POST", ["", "blackout", region]) => self.blackout(region, false).await,
            ("POST", ["", "blackout", region, "silent"]) => self.blackout(region, true).await,
            ("POST", ["", "restore", region]) => self.restore(region, true).await,
            ("POST", ["", "restore", region, "without-database"]) => self.restore(region, false).await,
            ("POST", ["", words @ ..]) => match &self.databases {
                Some(databases) => database(databases, words).await,
                None => Response::text(409, "use a database: this lab was started without"),
            },
            _ => Response::text(404, ROUTES),
        }
    }

    async fn status(&self) -> Response {
        let apps: Vec<_> = self
            .apps
            .serving()
            .into_iter()
            .map(|app| json!({"instance": app.id, "region": app.region, "address": app.address.to_string()}))
            .collect();
        let broken: Vec<_> = self.apps.broken().iter().map(ToString::to_string).collect();
        let databases = match &self.databases {
            Some(databases) => databases.status(GLANCE).await,
            None => Vec::new(),
        };
        let pid = std::process::id();
        let (faults, dark) = (self.faults.standing(), self.faults.dark());
        Response::json(
            200,
            &json!({
                "pid": pid, "apps": apps, "broken": broken, "databases": databases, "dark": dark, "faults": faults,
            }),
        )
    }

    fn fault(&self, body: &[u8]) -> Response {
        let fault = serde_json::from_slice::<Fault>(body).map_err(|error| error.to_string());
        match fault.and_then(|fault| fault.check().map(|()| fault)) {
            Ok(fault) => Response::json(200, &json!({"id": self.faults.add(fault)})),
            Err(refusal) => Response::text(400, refusal),
        }
    }

    /// Everything of a region at once: its API, its apps, its database. The API of us-east-1 is that of the global
    /// services too.
    async fn blackout(&self, region: &str, silent: bool) -> Response {
        if !is_region(region) {
            return Response::text(400, format!("{region:?} is no region's name"));
        }
        self.faults.set_dark(region, Some(silent));
        let apps = self.apps.serving().iter().filter(|app| app.region == region).count();
        self.apps.set_dark(region, true);
        let database = match self.database_of(region) {
            Some(databases) => databases.kill(region).await.map(|()| "its database"),
            None => Ok("no database"),
        };
        match database {
            Ok(database) => Response::text(200, format!("{region} is dark: its API, {apps} apps and {database}")),
            Err(error) => Response::text(409, format!("{error}{}", causes(&error))),
        }
    }

    async fn restore(&self, region: &str, with_database: bool) -> Response {
        if !is_region(region) {
            return Response::text(400, format!("{region:?} is no region's name"));
        }
        self.faults.set_dark(region, None);
        self.apps.set_dark(region, false);
        let database = match self.database_of(region) {
            Some(databases) if with_database => databases.start_again(region).await.map(|()| "its database"),
            _ => Ok("no database"),
        };
        match database {
            Ok(database) => Response::text(200, format!("{region} is back: its API, its apps and {database}")),
            Err(error) => Response::text(409, format!("{error}{}", causes(&error))),
        }
    }

    fn database_of(&self, region: &str) -> Option<&Databases> {
        self.databases.as_deref().filter(|databases| databases.of(region).is_ok())
    }
}

/// `eu-west-1`, `us-gov-east-1`: a mistyped name would leave everything as it is, and say that it is dark.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
    let (Some(last), true) = (parts.last(), parts.len() >= 3) else { return false };
    parts[..parts.len() - 1].iter().all(letters) && last.len() == 1 && last.chars().all(|c| c.is_ascii_digit())
}

fn cleared(count: usize) -> Response {
    Response::text(200, format!("{count} faults are cleared"))
}

/// What is done to the databases.
async fn database(databases: &Databases, words: &[&str]) -> Response {
    let done = match words {
        ["database", "kill", region] => {
            databases.kill(region).await.map(|()| format!("the database of {region} is dead"))
        }
        ["database", "start", region] => {
            databases.start_again(region).await.map(|()| format!("the database of {region} runs"))
        }
        ["resync", region] => databases.resync(region).await.map(|how| format!("the database of {region}: {how}")),
        ["lag", "pause"] => databases.lag(Lag::Pause).await.map(|()| "the standby replays nothing".into()),
        ["lag", "block"] => databases.lag(Lag::Block).await.map(|()| "the standby receives nothing".into()),
        ["lag", "clear"] => databases.lag(Lag::Clear).await.map(|()| "the standby follows".into()),
        _ => return Response::text(404, ROUTES),
    };
    match done {
        Ok(said) => Response::text(200, said),
        Err(error) => Response::text(409, format!("{error}{}", causes(&error))),
    }
}

/// Calls the control endpoint of the lab behind `handle`.
pub(crate) async fn call(handle: &Handle, method: &str, path: &str) -> Result<String, ControlError> {
    call_within(handle, method, path, CONTROL_TIMEOUT).await
}

/// Makes the lab change something that takes its time.
pub(crate) async fn change(handle: &Handle, path: &str) -> Result<String, ControlError> {
    call_within(handle, "POST", path, CHANGE_TIMEOUT).await
}

/// Gives the lab something to keep.
pub(crate) async fn give(handle: &Handle, path: &str, body: String) -> Result<String, ControlError> {
    let client = reqwest::Client::builder().no_proxy().timeout(CONTROL_TIMEOUT).build()?;
    send(handle, "POST", path, client.post(format!("http://{}{path}", handle.control)).body(body)).await
}

async fn call_within(handle: &Handle, method: &str, path: &str, within: Duration) -> Result<String, ControlError> {
    let client = reqwest::Client::builder().no_proxy().timeout(within).build()?;
    let url = format!("http://{}{path}", handle.control);
    let request = if method == "POST" { client.post(url) } else { client.get(url) };
    send(handle, method, path, request).await
}

async fn send(
    handle: &Handle,
    method: &str,
    path: &str,
    request: reqwest::RequestBuilder,
) -> Result<String, ControlError> {
    let response = request.header("Authorization", format!("Bearer {}", handle.token)).send().await?;
    let status = response.status();
    let body = response.text().await?;
    if status.is_success() {
        Ok(body)
    } else {
        Err(ControlError::Refused { doing: format!("{method} {path}"), status: status.as_u16(), body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(control: &Control, method: &str, target: &str, token: &str) -> Response {
        let headers = vec![("authorization".into(), format!("Bearer {token}"))];
        control.answer(&Request { method: method.into(), target: target.into(), headers, body: vec![] }).await
    }

    #[tokio::test]
    async fn only_the_token_opens_it() {
        let apps = Arc::new(Apps::default());
        let shutdown = Arc::new(Notify::new());
        let control =
            Control { token: token(), apps: Arc::clone(&apps), databases: None, faults: Arc::default(), shutdown };
        assert_eq!(ask(&control, "GET", "/status", "guess").await.status, 401);
        assert_eq!(ask(&control, "GET", "/status", &control.token).await.status, 200);
        assert_eq!(ask(&control, "POST", "/break/127.64.1.10", &control.token).await.status, 200);
        assert_eq!(apps.broken(), [Ipv4Addr::new(127, 64, 1, 10)]);
        assert_eq!(ask(&control, "POST", "/repair/127.64.1.10", &control.token).await.status, 200);
        assert_eq!(apps.broken(), [] as [Ipv4Addr; 0]);
        assert_eq!(ask(&control, "POST", "/break/app", &control.token).await.status, 400);
        assert_eq!(ask(&control, "GET", "/shutdown", &control.token).await.status, 404);
        let without = ask(&control, "POST", "/resync/eu-west-1", &control.token).await;
        assert!(without.status == 409 && without.body.contains("started without"), "{without:?}");
        let dark = ask(&control, "POST", "/blackout/eu-west-1/silent", &control.token).await;
        assert!(dark.status == 200 && dark.body.contains("0 apps and no database"), "{dark:?}");
        assert_eq!(control.faults.dark(), ["eu-west-1"]);
        assert_eq!(ask(&control, "POST", "/restore/eu-west-1", &control.token).await.status, 200);
        assert_eq!(control.faults.dark(), [] as [&str; 0]);
        assert_eq!(ask(&control, "POST", "/blackout/eu-west", &control.token).await.status, 400);
        assert!(is_region("us-gov-east-1") && !is_region("eu-west-one") && !is_region("1"));
        assert_ne!(token(), token());
    }
}
