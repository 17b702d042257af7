//! The lock of a state that another program holds: who that is, by what Terraform prints of it.
//!
//! Terraform and OpenTofu print the lock's fields as text at the end of their diagnostic, and nowhere else.

use pilotlight_findings::Finding;
use std::fmt;
use std::path::Path;

/// The summary of the diagnostic, in both programs.
const SUMMARY: &str = "Error acquiring the state lock";

/// The line before the fields.
const FIELDS: &str = "Lock Info:";

/// A lock as the program that took it wrote it. A field that its store does not keep is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// What `force-unlock` wants to be told.
    pub id: String,
    /// The state.
    pub path: String,
    /// `OperationTypeApply`
    pub operation: String,
    /// User and machine.
    pub who: String,
    /// Since when.
    pub created: String,
}

impl Lock {
    /// From a diagnostic; none where it is about something else, or where the lock could not be taken for another reason
    /// than that somebody has it.
    pub(crate) fn read(summary: &str, detail: &str) -> Option<Self> {
        if summary.trim() != SUMMARY {
            return None;
        }
        let (_, fields) = detail.split_once(FIELDS)?;
        let mut lock = Self::default();
        for line in fields.lines() {
            let Some((name, value)) = line.split_once(':') else { continue };
            let field = match name.trim() {
                "ID" => &mut lock.id,
                "Path" => &mut lock.path,
                "Operation" => &mut lock.operation,
                "Who" => &mut lock.who,
                "Created" => &mut lock.created,
                _ => continue,
            };
            value.trim().clone_into(field);
        }
        (!lock.id.is_empty() || !lock.who.is_empty()).then_some(lock)
    }

    /// What to do about it. A lock that is broken while its owner works costs the state: waiting comes first.
    pub(crate) fn remedy(&self, program: &str, dir: &Path) -> String {
        let who = if self.who.is_empty() { "whoever holds it" } else { &self.who };
        let wait = format!("wait until {who} is done, and run pilotlight again");
        if self.id.is_empty() {
            return wait;
        }
        format!(
            "{wait}; only where that program is certainly gone, remove the lock: run `{program} force-unlock {}` in {}",
            self.id,
            dir.display()
        )
    }
}

/// Whether a finding is Terraform's about a lock.
pub(crate) fn tells_of_one(finding: &Finding) -> bool {
    finding.message.starts_with(SUMMARY)
}

/// Fits after "lock the state: ".
impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.who.is_empty() { "another program" } else { &self.who };
        write!(f, "{who} holds the lock")?;
        let operation = self.operation.trim_start_matches("OperationType").to_lowercase();
        if !operation.is_empty() {
            write!(f, " for {operation}")?;
        }
        if !self.created.is_empty() {
            // Go prints nanoseconds and the zone's name after its offset.
            let until = self.created.find('.').unwrap_or(self.created.len());
            let zone = if self.created.ends_with("UTC") { " UTC" } else { "" };
            write!(f, " since {}{zone}", self.created[..until].trim_end_matches(" +0000 UTC"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Terraform 1.11.4 prints it of a state in a file and of one in S3 with `use_lockfile`.
    const LOCAL: &str = "Error message: resource temporarily unavailable\nLock Info:\n  ID:        70a63ec4-f344-5f70-f2a3-925b1a38543d\n  Path:      terraform.tfstate\n  Operation: OperationTypeApply\n  Who:       ana@laptop\n  Version:   1.11.4\n  Created:   2026-11-21 21:58:11.598995366 +0000 UTC\n  Info:      \n\n\nTerraform acquires a state lock to protect the state from being written\nby multiple users at the same time. Please resolve the issue above and try\nagain.";

    #[test]
    fn the_owner_is_named_and_force_unlock_comes_last() {
        let lock = Lock::read("Error acquiring the state lock", LOCAL).unwrap();
        assert_eq!(lock.to_string(), "ana@laptop holds the lock for apply since 2026-11-21 21:58:11 UTC");
        assert_eq!(
            lock.remedy("tofu", Path::new("standby/net")),
            "wait until ana@laptop is done, and run pilotlight again; only where that program is certainly gone, \
             remove the lock: run `tofu force-unlock 70a63ec4-f344-5f70-f2a3-925b1a38543d` in standby/net"
        );
    }

    #[test]
    fn a_lock_that_could_not_be_asked_for_is_no_owner() {
        let denied = "Error message: operation error S3: PutObject, https response error StatusCode: 403, AccessDenied\n\nTerraform acquires a state lock";
        assert_eq!(Lock::read("Error acquiring the state lock", denied), None);
        assert_eq!(Lock::read("Invalid reference", LOCAL), None);
    }
}
