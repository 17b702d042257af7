//! A fault as it is written down: which calls it is for, and what becomes of them.

use crate::tap::Call;
use serde::{Deserialize, Serialize};

/// A fault. What is left out holds for every call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The region that the call is signed for; global services count as us-east-1.
    #[serde(default)]
    pub region: Option<String>,
    /// The service that it is signed for: `ec2`, `route53`, `s3`.
    #[serde(default)]
    pub service: Option<String>,
    /// The operation, with `*` for any text: `ChangeResourceRecordSets`, `Describe*`, `PUT /bucket/*`.
    #[serde(default)]
    pub action: Option<String>,
    /// What becomes of it.
    pub effect: Effect,
    /// How many calls meet it; all, where it is left out.
    #[serde(default)]
    pub times: Option<u32>,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// It is carried out later.
    Latency {
        /// By so much.
        milliseconds: u32,
    },
    /// The service's own throttling error, in its own protocol.
    Throttle,
    /// An error of the service's.
    Error {
        /// `500` to `599`
        status: u16,
    },
    /// It is carried out, and the connection ends before the answer.
    Drop,
    /// The connection ends at once.
    Refuse,
    /// It is not carried out, and no answer ever comes.
    Silence,
}

/// A fault that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// By this it is cleared.
    pub id: u64,
    /// How many calls met it.
    pub hits: u64,
    /// The fault.
    pub fault: Fault,
}

impl Fault {
    /// What is wrong with it.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.effect {
            Effect::Error { status } if !(500..=599).contains(&status) => {
                Err(format!("an error of the service's has a status from 500 to 599, not {status}"))
            }
            _ => Ok(()),
        }
    }

    /// `region` is the one that the call is for.
    pub(super) fn is_for(&self, call: &Call, region: &str, operation: &str) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        is(&self.region, region)
            && is(&self.service, &call.service)
            && self.action.as_ref().is_none_or(|pattern| matches(pattern, operation))
    }
}

/// Services whose control plane is in us-east-1 for the whole partition (AWS Fault Isolation Boundaries, "Global
/// services"). With an endpoint of one's own, an SDK signs even their calls for the region that it is set to.
const GLOBAL: [&str; 4] = ["route53", "iam", "cloudfront", "organizations"];

/// The region whose API a call needs.
pub(super) fn region(call: &Call) -> &str {
    if GLOBAL.contains(&call.service.as_str()) { "us-east-1" } else { &call.region }
}

/// Whether the text fits the pattern, in which `*` is any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| matches(after, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text, fits) in [
            ("GetChange", "GetChange", true),
            ("GetChange", "GetChanges", false),
            ("Describe*", "DescribeInstances", true),
            ("Describe*", "Describe", true),
            ("*Record*", "ChangeResourceRecordSets", true),
            ("PUT /a/*/c", "PUT /a/b/c", true),
            ("PUT /a/*/c", "PUT /a/b/d", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_fault_is_read_as_it_is_written_and_no_other() {
        let fault: Fault = serde_json::from_str(r#"{"effect": {"kind": "error", "status": 503}}"#).expect("a fault");
        assert_eq!(fault.effect, Effect::Error { status: 503 });
        assert!(fault.check().is_ok());
        let told = Fault { effect: Effect::Error { status: 404 }, ..fault }.check().expect_err("no server's error");
        assert!(told.contains("404"), "{told}");
        for text in [r#"{}"#, r#"{"effect": {"kind": "melt"}}"#, r#"{"effect": {"kind": "drop"}, "zone": "a"}"#] {
            assert!(serde_json::from_str::<Fault>(text).is_err(), "{text}");
        }
    }
}
