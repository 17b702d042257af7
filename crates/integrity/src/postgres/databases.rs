//! Databases as a run acts on them: by URL, each call by itself, nothing remembered in between.

use super::{
    CompareOptions, DatabaseUrl, FenceReport, FenceState, FormerPrimary, Handover, Lsn, Position, PostgresError,
    Promotion, Released, RowDifference, SessionOptions, TableComparison, Watched, WriteCount, compare_tables,
    end_former_sessions, end_of_writes, fence, fence_stands, first_write, handover, position, promote, release,
    takes_writes, writes_since,
};
use async_trait::async_trait;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Acts on databases that are named by URL. A URL is a secret: no answer holds it.
#[async_trait]
pub trait Databases: Send + Sync {
    /// Where a server stands in the log.
    async fn position(&self, url: &str) -> Result<Position, PostgresError>;

    /// Makes sure that a database takes no writes.
    async fn fence(&self, url: &str) -> FenceReport;

    /// Whether the fence's setting stands.
    async fn fence_stands(&self, url: &str) -> Result<bool, PostgresError>;

    /// Takes the fence back.
    async fn release(&self, url: &str) -> Result<Released, PostgresError>;

    /// Rows written since a count; none where it cannot be told.
    async fn writes_since(&self, url: &str, writes: &WriteCount) -> Result<Option<u64>, PostgresError>;

    /// The end of a primary's log, all of it on disk.
    async fn end_of_writes(&self, url: &str) -> Result<Lsn, PostgresError>;

    /// Ends what an executor before this one has open there. Gives how many sessions are left.
    async fn end_former_sessions(&self, url: &str) -> Result<u64, PostgresError>;

    /// Promotes a standby and waits for it.
    async fn promote(&self, url: &str, former: &FormerPrimary, within: Duration) -> Result<Promotion, PostgresError>;

    /// Writes, and leaves nothing behind. Returns the number of its transaction, where it could be made.
    async fn takes_writes(&self, url: &str) -> Result<Option<u64>, PostgresError>;

    /// Where the log of a server that was promoted and opened changed hands.
    async fn handover(&self, url: &str) -> Result<Handover, PostgresError>;

    /// The first write of somebody else since [`Handover::next_transaction`], without those in `own`.
    async fn first_write(
        &self,
        url: &str,
        since: u64,
        own: &[u64],
        writes: Option<&WriteCount>,
    ) -> Result<Watched, PostgresError>;

    /// Compares tables, each statement at most `within`.
    async fn compare(
        &self,
        a: &str,
        b: &str,
        tables: &[String],
        within: Duration,
    ) -> Result<Vec<TableComparison>, PostgresError>;

    /// Keeps the rows that only `lost` has, or has otherwise than `kept`, in a file of this name; what is there by
    /// that name is written anew.
    async fn keep_rows(
        &self,
        lost: &str,
        kept: &str,
        tables: &[String],
        name: &str,
        within: Duration,
    ) -> Result<KeptRows, PostgresError>;
}

/// Rows that were kept in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRows {
    /// The file: one JSON object a line, `{"table":…,"key":{…},"lost":{…},"kept":{…} or null}`.
    pub file: PathBuf,
    /// How many.
    pub rows: u64,
    /// What was found, table by table.
    pub tables: Vec<TableComparison>,
}

/// The real ones.
#[derive(Debug, Clone)]
pub struct PostgresDatabases {
    limits: SessionOptions,
    folder: PathBuf,
}

impl PostgresDatabases {
    /// With these limits a session; rows are kept in `folder`, which is made where it is not there.
    pub fn new(limits: SessionOptions, folder: impl Into<PathBuf>) -> Self {
        Self { limits, folder: folder.into() }
    }

    fn within(&self, within: Duration) -> SessionOptions {
        SessionOptions { statement_timeout: within, ..self.limits.clone() }
    }
}

#[async_trait]
impl Databases for PostgresDatabases {
    async fn position(&self, url: &str) -> Result<Position, PostgresError> {
        position(&DatabaseUrl::parse(url)?, &self.limits).await
    }

    async fn fence(&self, url: &str) -> FenceReport {
        match DatabaseUrl::parse(url) {
            Ok(url) => fence(&url, &self.limits).await,
            Err(error) => FenceReport {
                state: FenceState::Unknown,
                reasons: vec![error.to_string()],
                touched: false,
                sessions_ended: 0,
                written: None,
                writes: None,
                fenced_at: None,
                other_databases: Vec::new(),
            },
        }
    }

    async fn fence_stands(&self, url: &str) -> Result<bool, PostgresError> {
        fence_stands(&DatabaseUrl::parse(url)?, &self.limits).await
    }

    async fn release(&self, url: &str) -> Result<Released, PostgresError> {
        release(&DatabaseUrl::parse(url)?, &self.limits).await
    }

    async fn writes_since(&self, url: &str, writes: &WriteCount) -> Result<Option<u64>, PostgresError> {
        writes_since(&DatabaseUrl::parse(url)?, &self.limits, writes).await
    }

    async fn end_of_writes(&self, url: &str) -> Result<Lsn, PostgresError> {
        end_of_writes(&DatabaseUrl::parse(url)?, &self.limits).await
    }

    async fn end_former_sessions(&self, url: &str) -> Result<u64, PostgresError> {
        end_former_sessions(&DatabaseUrl::parse(url)?, &self.limits).await
    }

    async fn promote(&self, url: &str, former: &FormerPrimary, within: Duration) -> Result<Promotion, PostgresError> {
        promote(&DatabaseUrl::parse(url)?, former, within, &self.limits).await
    }

    async fn takes_writes(&self, url: &str) -> Result<Option<u64>, PostgresError> {
        takes_writes(&DatabaseUrl::parse(url)?, &self.limits).await
    }

    async fn handover(&self, url: &str) -> Result<Handover, PostgresError> {
        handover(&DatabaseUrl::parse(url)?, &self.limits).await
    }

    async fn first_write(
        &self,
        url: &str,
        since: u64,
        own: &[u64],
        writes: Option<&WriteCount>,
    ) -> Result<Watched, PostgresError> {
        first_write(&DatabaseUrl::parse(url)?, since, own, writes, &self.limits).await
    }

    async fn compare(
        &self,
        a: &str,
        b: &str,
        tables: &[String],
        within: Duration,
    ) -> Result<Vec<TableComparison>, PostgresError> {
        let (a, b) = (DatabaseUrl::parse(a)?, DatabaseUrl::parse(b)?);
        compare_tables(&a, &b, tables, &CompareOptions::default(), &self.within(within), &mut |_| Ok(())).await
    }

    async fn keep_rows(
        &self,
        lost: &str,
        kept: &str,
        tables: &[String],
        name: &str,
        within: Duration,
    ) -> Result<KeptRows, PostgresError> {
        let (lost, kept) = (DatabaseUrl::parse(lost)?, DatabaseUrl::parse(kept)?);
        let file = self.folder.join(format!("{name}.jsonl"));
        // Written beside it and then renamed: a file of that name is always whole.
        let mut unfinished = create(&self.folder, &file).map_err(PostgresError::Keep)?;
        let options = CompareOptions { with_rows: true, ..CompareOptions::default() };
        let mut rows = 0;
        let mut keep = |row: &RowDifference| {
            if let Some(lost) = &row.row_a {
                rows += 1;
                let kept = row.row_b.as_deref().unwrap_or("null");
                let table = serde_json::to_string(&row.table)?;
                writeln!(unfinished, r#"{{"table":{table},"key":{},"lost":{lost},"kept":{kept}}}"#, row.key)?;
            }
            Ok(())
        };
        let tables = compare_tables(&lost, &kept, tables, &options, &self.within(within), &mut keep).await?;
        finish(unfinished, &file).map_err(PostgresError::Keep)?;
        Ok(KeptRows { file, rows, tables })
    }
}

fn unfinished(file: &Path) -> PathBuf {
    file.with_extension("jsonl.unfinished")
}

/// Rows of a business are nobody else's to read.
fn create(folder: &Path, file: &Path) -> std::io::Result<std::io::BufWriter<std::fs::File>> {
    std::fs::create_dir_all(folder)?;
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(std::io::BufWriter::new(options.open(unfinished(file))?))
}

fn finish(writer: std::io::BufWriter<std::fs::File>, file: &Path) -> std::io::Result<()> {
    writer.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    std::fs::rename(unfinished(file), file)
}
