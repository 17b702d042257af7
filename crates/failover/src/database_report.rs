//! What a run's report tells of databases. Part of the persisted format of `run_report.rs`.

use serde::{Deserialize, Serialize};

/// Loss of data: how old the newest commit was that the promoted databases had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryPoint {
    /// The plan's `objectives.rpo`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective_ms: Option<u64>,
    /// At most the writes of this long are lost, over all databases: 0 where none is. Absent where it is not known,
    /// and where no database was promoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_ms: Option<u64>,
    /// The worst of the databases': `none`, `some`, `unknown`, or `pending` where none is promoted yet
    pub lost_writes: String,
}

/// One database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseReport {
    /// Its name in the plan.
    pub name: String,
    /// Whether the old server is kept from writing: `proven`, `failed`, `unknown`, `pending`, or `released` where that
    /// was taken back.
    pub fence: String,
    /// Why it is not proven.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fence_reasons: Vec<String>,
    /// Whether it was fenced only after the switch, as it gave no answer before the promotion.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fenced_late: bool,
    /// Databases of the same server that the run is not about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_databases: Vec<String>,
    /// Whether the new server is a primary by now, as the run saw it.
    pub promoted: bool,
    /// Writes that the server which serves does not have: `none`, `some`, `unknown`, or `pending` where it was not promoted
    /// yet
    pub lost_writes: String,
    /// Rows that were written, changed or deleted at the new server since its promotion, and are there alone, as the run
    /// went back from it. Absent where it did not, and where no count is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_behind_rows: Option<u64>,
    /// Bytes of the old server's log that the new one did not have when it was promoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_bytes: Option<u64>,
    /// At most the writes of this long are lost. Absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_ms: Option<u64>,
    /// The newest commit that the new server had when it was promoted, by the old server's clock, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_commit_at: Option<String>,
    /// How old that commit was right before the promotion, by the new server's clock: no write of before the promotion
    /// that is lost is older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_commit_age_ms: Option<u64>,
    /// What a later run found on the old server alone, where one compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_later: Option<FoundLater>,
    /// `none`: the old server took no writes since its fence, or the run went back and the new one takes none; `writes`: it
    /// did; `unknown`; `pending` where the run has not looked yet
    pub second_writer: String,
    /// Rows that only the server had which was resynchronised, and the file that keeps them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<KeptRowsReport>,
    /// The tables as they were compared after the switch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<TableReport>,
}

/// What a later run found that the promoted server had not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundLater {
    /// The run that compared, and kept them.
    pub run: String,
    /// How many rows.
    pub rows: u64,
    /// Where they are, on the machine that carried that run out.
    pub file: String,
}

/// Rows that were kept before they were discarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptRowsReport {
    /// How many.
    pub rows: u64,
    /// Where, on the machine that carried the run out.
    pub file: String,
    /// Each table as it was compared: *old* is the server that was resynchronised, so `only_old` counts the rows that
    /// were lost with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<TableReport>,
    /// Why rows may have been written there after the comparison; absent where the server was fenced before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_fenced: Option<String>,
}

/// A table on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableReport {
    /// As the plan names it.
    pub table: String,
    /// `equal`, `differs`, `differs_without_keys`, `other_columns` or `missing`
    pub verdict: String,
    /// Rows of the old server; absent where it has no such table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_rows: Option<u64>,
    /// Rows of the new server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_rows: Option<u64>,
    /// Rows that only the old server has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_old: Option<u64>,
    /// Rows that only the new server has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_new: Option<u64>,
    /// Rows that both have, with different values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differing: Option<u64>,
    /// Primary keys of the first of them, as JSON.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}
