use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// One check, with every value resolved. Part of a compiled run, so its JSON is persisted with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckSpec {
    /// What to ask, and what is green.
    pub check: CheckKind,
    /// For one whole attempt, in milliseconds: look-up, connection, answer.
    pub timeout_ms: u64,
}

/// What to ask, and what is green.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CheckKind {
    /// One GET request. No redirect is followed: what the URL itself answers is what is checked.
    Http {
        /// `http://` or `https://`
        url: String,
        /// The status code that is green.
        expect_status: u16,
        /// A text that the body has to contain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expect_body: Option<String>,
        /// Request headers.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
    },
    /// One connection.
    Tcp {
        /// `host:port`
        address: String,
    },
    /// One question to DNS.
    Dns {
        /// The name that is asked for.
        name: String,
        /// `A`, `AAAA`, `CNAME`, …
        record_type: String,
        /// The answers that are green, in any order. Empty: any answer with at least one record.
        #[serde(default)]
        expect: Vec<String>,
        /// The server that is asked, `host` or `host:port`; none for the resolver that users would ask.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        server: Option<String>,
    },
    /// A program, without a shell between: exit code 0 is green.
    Command {
        /// The program and its arguments.
        run: Vec<String>,
    },
}

impl CheckSpec {
    /// A check whose attempts take at most `timeout`.
    pub fn new(check: CheckKind, timeout: Duration) -> Self {
        Self { check, timeout_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX) }
    }

    /// For one whole attempt.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

impl CheckKind {
    /// `http`, `tcp`, `dns`, `command`
    pub fn name(&self) -> &'static str {
        match self {
            Self::Http { .. } => "http",
            Self::Tcp { .. } => "tcp",
            Self::Dns { .. } => "dns",
            Self::Command { .. } => "command",
        }
    }
}

/// What one attempt found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckResult {
    /// Green, red or unknown.
    pub status: CheckStatus,
    /// How long the attempt took, where there was an answer; whole milliseconds in JSON.
    #[serde(rename = "latency_ms", with = "milliseconds", default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Duration>,
    /// One line: what was asked, at which address, what was expected and what came back.
    pub detail: String,
}

/// What an attempt says about its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// As expected.
    Green,
    /// The target is not there, or answers something else.
    Red,
    /// It could not be asked, so nothing is known about the target.
    Unknown,
}

impl CheckResult {
    pub(crate) fn green(latency: Duration, detail: String) -> Self {
        Self { status: CheckStatus::Green, latency: Some(latency), detail }
    }

    pub(crate) fn red(latency: Option<Duration>, detail: String) -> Self {
        Self { status: CheckStatus::Red, latency, detail }
    }

    pub(crate) fn unknown(detail: String) -> Self {
        Self { status: CheckStatus::Unknown, latency: None, detail }
    }

    /// Whether the check passed.
    pub fn is_green(&self) -> bool {
        self.status == CheckStatus::Green
    }
}

impl CheckStatus {
    /// `green`, `red`, `unknown`
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Red => "red",
            Self::Unknown => "unknown",
        }
    }
}

mod milliseconds {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};
    use std::time::Duration;

    #[expect(clippy::ref_option, reason = "serde's `with` passes the field by reference")]
    pub(super) fn serialize<S: Serializer>(value: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(|value| u64::try_from(value.as_millis()).unwrap_or(u64::MAX)).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_millis))
    }
}
