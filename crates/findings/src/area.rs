//! The scorecard of `validate`: what was looked at, area by area, with a verdict each.

use crate::{Code, Finding, Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// What is judged by itself, in the order of the scorecard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaName {
    /// State against live, on both sides.
    Drift,
    /// Primary against standby, and nothing of the primary left in it.
    Parity,
    /// The standby's HCL: what the primary's would be retargeted to now.
    Source,
    /// Images and quotas: what the standby region has and lets be made.
    Capacity,
    /// The plan's recovery time and recovery point against what is known.
    Objectives,
    /// The checks that a failover would ask before its switch.
    Checks,
    /// The stores of the journal.
    Journal,
    /// A dry run of a failover.
    Failover,
    /// What the identity that fails over may do.
    Permissions,
}

impl AreaName {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Drift,
        Self::Parity,
        Self::Source,
        Self::Capacity,
        Self::Objectives,
        Self::Checks,
        Self::Journal,
        Self::Failover,
        Self::Permissions,
    ];

    /// Its name in reports, `drift`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Parity => "parity",
            Self::Source => "source",
            Self::Capacity => "capacity",
            Self::Objectives => "objectives",
            Self::Checks => "checks",
            Self::Journal => "journal",
            Self::Failover => "failover",
            Self::Permissions => "permissions",
        }
    }
}

impl fmt::Display for AreaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is concluded of one area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaVerdict {
    /// It was looked at, and nothing speaks against a failover.
    Ready,
    /// Something does.
    NotReady,
    /// It could not be found out, or not all of it.
    Unknown,
    /// There is nothing to judge, or nobody asked for it; the facts say which.
    NotApplicable,
}

/// One line of the scorecard. Each finding of a report with areas belongs to exactly one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Which one.
    pub name: AreaName,
    /// The conclusion.
    pub verdict: AreaVerdict,
    /// One line with what was measured and counted, or why it was not.
    pub facts: String,
    /// How many of the report's findings belong to it, warnings and notes included.
    pub findings: u64,
    /// The codes of those that decide its verdict, each once. Absent where nothing speaks against it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Code>,
}

impl Area {
    /// An area that was looked at: `findings` are its own, and `unread` says that some of it could not be read.
    pub fn of(name: AreaName, facts: impl Into<String>, findings: &[Finding], unread: bool) -> Self {
        let against = |finding: &&Finding| finding.severity >= Severity::Error && !finding.code.is_unread();
        let not_known = |finding: &&Finding| finding.code.is_unread();
        let codes_of = |which: &dyn Fn(&&Finding) -> bool| -> Vec<Code> {
            let codes: BTreeSet<Code> = findings.iter().filter(which).map(|finding| finding.code).collect();
            codes.into_iter().collect()
        };
        let (verdict, codes) = if findings.iter().any(|finding| against(&finding)) {
            (AreaVerdict::NotReady, codes_of(&against))
        } else if unread || findings.iter().any(|finding| not_known(&finding)) {
            (AreaVerdict::Unknown, codes_of(&not_known))
        } else {
            (AreaVerdict::Ready, Vec::new())
        };
        Self { name, verdict, facts: facts.into(), findings: findings.len() as u64, codes }
    }

    /// An area with nothing to judge; `why` is its facts.
    pub fn not_applicable(name: AreaName, why: impl Into<String>) -> Self {
        Self { name, verdict: AreaVerdict::NotApplicable, facts: why.into(), findings: 0, codes: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Subject, codes};

    fn finding(code: Code, severity: Severity) -> Finding {
        Finding::new(code, severity, Subject::Plan { name: "shop".into() }, "m")
    }

    #[test]
    fn an_area_is_as_good_as_its_worst_finding() {
        let unread = finding(codes::D_UNREAD, Severity::Warning);
        let warning = finding(codes::D_UNMANAGED, Severity::Warning);
        let missing = finding(codes::D_MISSING, Severity::Error);
        let judged = |findings: &[Finding], not_all| {
            let area = Area::of(AreaName::Drift, "34 resources", findings, not_all);
            (area.verdict, area.findings, area.codes)
        };
        assert_eq!(judged(&[], false), (AreaVerdict::Ready, 0, vec![]));
        assert_eq!(judged(std::slice::from_ref(&warning), false), (AreaVerdict::Ready, 1, vec![]));
        assert_eq!(judged(std::slice::from_ref(&warning), true), (AreaVerdict::Unknown, 1, vec![]));
        assert_eq!(judged(&[unread.clone(), warning], false), (AreaVerdict::Unknown, 2, vec![codes::D_UNREAD]));
        let all = [missing.clone(), unread, missing];
        assert_eq!(judged(&all, true), (AreaVerdict::NotReady, 3, vec![codes::D_MISSING]));
    }

    #[test]
    fn the_scorecard_is_in_one_order_and_its_words_are_those_of_the_json() {
        let mut sorted = AreaName::ALL;
        sorted.sort();
        assert_eq!(sorted, AreaName::ALL);
        for name in AreaName::ALL {
            assert_eq!(serde_json::to_value(name).expect("json"), name.as_str());
        }
    }
}
