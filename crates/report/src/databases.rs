//! What a run did to databases, in words.

use crate::clean::line;
use crate::words::{count, duration};
use pilotlight_failover::{DatabaseReport, TableReport};

/// `no write was lost`, `at most the last 1.2 s of writes are lost (310 bytes of log)`
pub(crate) fn lost(database: &DatabaseReport) -> String {
    if let Some(rows) = database.left_behind_rows.filter(|rows| *rows > 0) {
        return format!("{}, written there since its promotion, were left behind", count(rows, "row"));
    }
    match (database.lost_writes.as_str(), database.missing_bytes, database.missing_ms) {
        ("none", ..) => "no write was lost".into(),
        ("some", Some(bytes), Some(ms)) => {
            format!("at most the last {} of writes are lost ({} of log)", duration(ms), count(bytes, "byte"))
        }
        ("some", Some(bytes), None) => format!("{} of log are lost", count(bytes, "byte")),
        ("pending", ..) => "is not promoted".into(),
        _ => match &database.last_commit_at {
            Some(at) if database.last_commit_age_ms.is_some() => format!(
                "whether writes were lost is not known; of those before its promotion at most the last {} (its last commit \
                 is of {}), and none is known of after it",
                duration(database.last_commit_age_ms.unwrap_or_default()),
                line(at)
            ),
            Some(at) => format!("whether writes were lost is not known; its last commit is of {}", line(at)),
            None => match database.missing_ms {
                Some(ms) => {
                    format!("whether writes were lost is not known; at most those of the last {}", duration(ms))
                }
                None => "whether writes were lost is not known".into(),
            },
        },
    }
}

/// `on the old server alone, or otherwise than here, run 01a1… found 33 rows, kept in orders.jsonl`; none where nobody compared.
pub(crate) fn found_later(database: &DatabaseReport) -> Option<String> {
    let found = database.found_later.as_ref()?;
    let run = line(&found.run);
    Some(match found.rows {
        0 => format!("run {run} compared the old server later, and found no row that is not here"),
        rows => format!(
            "on the old server alone, or otherwise than here, run {run} found {}, kept in {}",
            count(rows, "row"),
            line(&found.file)
        ),
    })
}

/// `table orders: 33 rows were on the server that was resynchronised alone`; none where it had no row of its own.
pub(crate) fn lost_rows(table: &TableReport) -> Option<String> {
    let only = table.only_old.filter(|rows| *rows > 0);
    let otherwise = table.differing.filter(|rows| *rows > 0);
    let name = line(&table.table);
    let rows = |rows: u64| count(rows, "row");
    Some(match (only, otherwise) {
        (Some(only), None) => format!("table {name}: {} lost", rows(only)),
        (None, Some(other)) => format!("table {name}: {} otherwise than here", rows(other)),
        (Some(only), Some(other)) => format!("table {name}: {} lost, {} otherwise than here", rows(only), rows(other)),
        (None, None) => return None,
    })
}

/// `table orders: equal, 5000 rows`
pub(crate) fn compared(table: &TableReport) -> String {
    let rows = |rows: Option<u64>| rows.map_or_else(|| "no table".to_owned(), |rows| count(rows, "row"));
    let name = line(&table.table);
    match table.verdict.as_str() {
        "equal" => format!("table {name}: the same {} on both", rows(table.new_rows)),
        verdict => {
            let counts = [("only old", table.only_old), ("only new", table.only_new), ("differing", table.differing)];
            let counts: Vec<String> = counts
                .iter()
                .filter_map(|(label, count)| count.filter(|count| *count > 0).map(|count| format!("{count} {label}")))
                .collect();
            let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
            let (old, new) = (rows(table.old_rows), rows(table.new_rows));
            format!("table {name}: {}, old {old}, new {new}{counts}", line(&verdict.replace('_', " ")))
        }
    }
}
