//! The control endpoint of a running lab, and its client. On loopback, behind a random token.

use crate::apps::Apps;
use crate::handle::Handle;
use crate::http::{Request, Response};
use serde_json::json;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// The control endpoint answers at once or not at all.
const CONTROL_TIMEOUT: Duration = Duration::from_secs(3);

/// What the control endpoint acts on.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) token: String,
    pub(crate) apps: Arc<Apps>,
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
    /// Answers one request.
    pub(crate) fn answer(&self, request: &Request) -> Response {
        if request.header("authorization") != Some(&format!("Bearer {}", self.token)) {
            return Response::text(401, "the token of lab.json is missing");
        }
        match (request.method.as_str(), request.target.split('/').collect::<Vec<_>>().as_slice()) {
            ("GET", ["", "status"]) => self.status(),
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
            _ => Response::text(404, "GET /status, POST /shutdown, POST /break/ADDRESS, POST /repair/ADDRESS"),
        }
    }

    fn status(&self) -> Response {
        let apps: Vec<_> = self
            .apps
            .serving()
            .into_iter()
            .map(|app| json!({"instance": app.id, "region": app.region, "address": app.address.to_string()}))
            .collect();
        let broken: Vec<_> = self.apps.broken().iter().map(ToString::to_string).collect();
        Response::json(200, &json!({"pid": std::process::id(), "apps": apps, "broken": broken}))
    }
}

/// Calls the control endpoint of the lab behind `handle`.
pub(crate) async fn call(handle: &Handle, method: &str, path: &str) -> Result<String, ControlError> {
    let client = reqwest::Client::builder().no_proxy().timeout(CONTROL_TIMEOUT).build()?;
    let url = format!("http://{}{path}", handle.control);
    let request = if method == "POST" { client.post(url) } else { client.get(url) };
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

    fn ask(control: &Control, method: &str, target: &str, token: &str) -> Response {
        control.answer(&Request {
            method: method.into(),
            target: target.into(),
            headers: vec![("authorization".into(), format!("Bearer {token}"))],
        })
    }

    #[test]
    fn only_the_token_opens_it() {
        let apps = Arc::new(Apps::default());
        let control = Control { token: token(), apps: Arc::clone(&apps), shutdown: Arc::new(Notify::new()) };
        assert_eq!(ask(&control, "GET", "/status", "guess").status, 401);
        assert_eq!(ask(&control, "GET", "/status", &control.token).status, 200);
        assert_eq!(ask(&control, "POST", "/break/127.64.1.10", &control.token).status, 200);
        assert_eq!(apps.broken(), [Ipv4Addr::new(127, 64, 1, 10)]);
        assert_eq!(ask(&control, "POST", "/repair/127.64.1.10", &control.token).status, 200);
        assert_eq!(apps.broken(), [] as [Ipv4Addr; 0]);
        assert_eq!(ask(&control, "POST", "/break/app", &control.token).status, 400);
        assert_eq!(ask(&control, "GET", "/shutdown", &control.token).status, 404);
        assert_ne!(token(), token());
    }
}
