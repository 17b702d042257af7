//! The words and symbols of every output. A thing is never told by colour alone: each mark has a symbol
//! and a word, the same on the terminal and on the page; the tone is only added to them.

use pilotlight_failover::{DatabaseReport, NextApply, PhaseReport, RecordMove, RunReport};
use pilotlight_findings::{AreaVerdict, Finding, Severity, Verdict, codes};

/// How a mark feels; each output has its own colour for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    Good,
    /// Different, or to be looked at.
    Warn,
    /// Wrong.
    Bad,
    /// Not known.
    Unsure,
    /// Worth knowing.
    Info,
    /// Nothing to look at.
    Quiet,
}

/// A symbol with its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// One column wide.
    pub(crate) symbol: &'static str,
    /// Lower case.
    pub(crate) word: &'static str,
    /// For the colour.
    pub(crate) tone: Tone,
}

const fn mark(symbol: &'static str, word: &'static str, tone: Tone) -> Mark {
    Mark { symbol, word, tone }
}

/// The mark of a job's verdict.
pub(crate) fn of_verdict(verdict: Verdict) -> Mark {
    match verdict {
        Verdict::Clean => mark("✓", "clean", Tone::Good),
        Verdict::Findings => mark("✗", "findings", Tone::Bad),
        Verdict::Incomplete => mark("?", "incomplete", Tone::Unsure),
    }
}

/// The mark of an area of the scorecard.
pub(crate) fn of_area(verdict: AreaVerdict) -> Mark {
    match verdict {
        AreaVerdict::Ready => mark("✓", "ready", Tone::Good),
        AreaVerdict::NotReady => mark("✗", "not ready", Tone::Bad),
        AreaVerdict::Unknown => mark("?", "unknown", Tone::Unsure),
        AreaVerdict::NotApplicable => mark("·", "not judged", Tone::Quiet),
    }
}

/// The mark of a finding: what could not be read is unread, whatever its severity; plain drift says which it is,
/// in the marks of `terraform plan`; all else says how much it matters.
pub(crate) fn of_finding(finding: &Finding) -> Mark {
    match (finding.code, finding.severity) {
        (code, _) if code.is_unread() => mark("?", "unread", Tone::Unsure),
        (code, Severity::Error) if code == codes::D_CHANGED => CHANGED,
        (code, Severity::Error) if code == codes::D_MISSING => MISSING,
        (code, _) if code == codes::D_UNMANAGED => mark("+", "unmanaged", Tone::Warn),
        (_, severity) => of_severity(severity),
    }
}

/// The mark of a severity.
pub(crate) fn of_severity(severity: Severity) -> Mark {
    match severity {
        Severity::Info => mark("i", "note", Tone::Info),
        Severity::Warning => mark("!", "warning", Tone::Warn),
        Severity::Error => mark("✗", "error", Tone::Bad),
        Severity::Critical => mark("✘", "critical", Tone::Bad),
    }
}

/// The mark of a run's outcome. The word of an outcome that this version does not know is its own, so it
/// is not here: see [`word_or`].
pub(crate) fn of_run(run: &RunReport) -> Mark {
    match run.outcome.as_str() {
        "rolled_back" if is_refused(run) => mark("✗", "refused", Tone::Bad),
        "succeeded" => mark("✓", "succeeded", Tone::Good),
        "rolled_back" => mark("↺", "rolled back", Tone::Bad),
        "aborted" => mark("✗", "aborted", Tone::Bad),
        "failed" => mark("✗", "failed", Tone::Bad),
        "stopped" => mark("!", "stopped", Tone::Warn),
        "unfinished" => mark("?", "unfinished", Tone::Unsure),
        _ => OTHER,
    }
}

/// Whether a safety rule stopped the run before the switch. What it had done was undone, as after a failure, so
/// the outcome is the same; the finding tells.
pub(crate) fn is_refused(run: &RunReport) -> bool {
    run.findings.iter().any(|finding| finding.code == codes::F_REFUSED)
}

/// The mark of a step's status.
pub(crate) fn of_step(status: &str) -> Mark {
    match status {
        "done" => mark("✓", "done", Tone::Good),
        "already_done" => mark("✓", "already done", Tone::Good),
        "failed" => mark("✗", "failed", Tone::Bad),
        "unknown" => mark("?", "unknown", Tone::Unsure),
        "in_doubt" => mark("?", "in doubt", Tone::Unsure),
        "skipped" => mark("»", "skipped", Tone::Warn),
        "undone" => mark("↺", "undone", Tone::Info),
        "pending" => mark("·", "pending", Tone::Quiet),
        _ => OTHER,
    }
}

/// The mark of what a phase's steps come to: the worst of them.
pub(crate) fn of_phase(phase: &PhaseReport) -> Mark {
    const WORST_FIRST: &[&str] = &["failed", "in_doubt", "unknown", "undone", "pending"];
    let any = |status: &str| phase.steps.iter().any(|step| step.status == status);
    match WORST_FIRST.iter().find(|status| any(status)) {
        Some(status) => of_step(status),
        None if phase.started_at.is_none() => of_step("pending"),
        None => of_step("done"),
    }
}

/// The mark of what Terraform does next with a moved record.
pub(crate) fn of_owner(next_apply: NextApply) -> Mark {
    match next_apply {
        NextApply::Ignores | NextApply::Unchanged => mark("✓", "left alone", Tone::Good),
        NextApply::Reverts => mark("!", "set back", Tone::Warn),
        NextApply::Unknown => mark("?", "not known", Tone::Unsure),
        NextApply::NotOwned => mark("i", "not owned", Tone::Info),
    }
}

/// The mark of a check's status.
pub(crate) fn of_check(status: &str) -> Mark {
    match status {
        "green" => mark("✓", "green", Tone::Good),
        "red" => mark("✗", "red", Tone::Bad),
        "unknown" => mark("?", "unknown", Tone::Unsure),
        "pending" => mark("·", "pending", Tone::Quiet),
        _ => OTHER,
    }
}

/// The mark of what a person, or a rule in their place, did to a run.
pub(crate) fn of_intervention(what: &str) -> Mark {
    match what {
        "stopped" => mark("!", "stopped", Tone::Warn),
        "resumed" => mark("▸", "resumed", Tone::Info),
        "approved" => mark("✓", "approved", Tone::Good),
        "denied" => mark("✘", "denied", Tone::Bad),
        "skipped" => mark("»", "skipped", Tone::Warn),
        "takeover" => mark("!", "takeover", Tone::Warn),
        "rollback" => mark("↺", "rollback", Tone::Bad),
        "withdrawn" => mark("▸", "withdrawn", Tone::Warn),
        _ => OTHER,
    }
}

/// The mark of a database: whether the new server took over, with everything and alone.
pub(crate) fn of_database(database: &DatabaseReport) -> Mark {
    match (database.promoted, database.lost_writes.as_str(), database.fence.as_str()) {
        (false, ..) => mark("·", "not promoted", Tone::Quiet),
        (true, "none", "proven") if database.second_writer != "writes" => mark("✓", "promoted", Tone::Good),
        _ => mark("!", "promoted", Tone::Warn),
    }
}

/// The mark of a record: whether every name server was seen to answer with the new values.
pub(crate) fn of_record(run: &RunReport, record: &RecordMove) -> Mark {
    match record.moved {
        true => mark("✓", "moved", Tone::Good),
        false if switch_in_doubt(run) => mark("?", "not known", Tone::Unsure),
        false => mark("·", "not moved", Tone::Quiet),
    }
}

/// Whether a step of the switch may have moved records that were not seen to answer.
pub(crate) fn switch_in_doubt(run: &RunReport) -> bool {
    let switch = run.phases.iter().filter(|phase| phase.phase == "switch").flat_map(|phase| &phase.steps);
    let in_doubt = ["in_doubt", "unknown", "undo_in_doubt", "undo_unknown"];
    switch.into_iter().any(|step| in_doubt.contains(&step.status.as_str()))
}

/// How long resolvers keep a record: an alias has no time of its own.
pub(crate) fn ttl(record: &RecordMove) -> String {
    record.ttl.map_or_else(|| "of its alias target".to_owned(), |seconds| format!("{seconds} s"))
}

/// For a word that a later version wrote into a report.
const OTHER: Mark = mark("•", "", Tone::Info);

/// The mark's word, or the report's own where this version does not know it.
pub(crate) fn word_or(mark: Mark, own: &str) -> String {
    if mark.word.is_empty() { own.replace('_', " ") } else { mark.word.to_owned() }
}

/// Whether a line of a diff, or an element of a list, was taken away, added or stayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    /// Only on the old side.
    Removed,
    /// Only on the new side.
    Added,
    /// On both.
    Kept,
    /// A diff's headings: `---`, `+++`, `@@`.
    Heading,
}

/// The mark of an edit, as `diff` writes it.
pub(crate) fn of_edit(edit: Edit) -> Mark {
    match edit {
        Edit::Removed => mark("-", "removed", Tone::Bad),
        Edit::Added => mark("+", "added", Tone::Good),
        Edit::Kept => mark(" ", "same", Tone::Quiet),
        Edit::Heading => mark(" ", "", Tone::Info),
    }
}

/// The mark of an attribute with another value.
pub(crate) const CHANGED: Mark = mark("~", "changed", Tone::Warn);
/// The mark of an attribute that is there and should not be.
pub(crate) const ADDED: Mark = mark("+", "added", Tone::Good);
/// The mark of an attribute, or a resource, that should be there and is not.
pub(crate) const MISSING: Mark = mark("-", "missing", Tone::Bad);
/// What stands for an absent value.
pub(crate) const ABSENT: &str = "(absent)";
/// Between an old and a new value.
pub(crate) const ARROW: &str = "->";
