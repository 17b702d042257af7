//! Both servers' tables, compared where the old one answers. What is found is told, and stops nothing: the new server
//! takes writes meanwhile. That the new one is gone does.

use super::{CRASH_RECOVERY, Patience, Servers, pause};
use crate::engine::{Engine, EngineError, Way};
use crate::steps::{Ending, Performed};
use crate::{DatabaseStep, Step};
use pilotlight_integrity::postgres::{TableComparison, TableVerdict};
use pilotlight_journal::Outcome;
use serde_json::{Value, json};

/// Keys of a table that are kept in the journal.
const KEYS: usize = 20;

pub(super) async fn perform(
    engine: &mut Engine,
    step: &Step,
    database: &DatabaseStep,
    servers: &Servers,
) -> Result<Performed, EngineError> {
    engine.intend(step, Way::Do).await?;
    let Some(old) = &servers.old else {
        return Ok(Ending::new(Outcome::Done, Value::Null, "not compared: the other server is not known").into());
    };
    let within = step.timeout() / 3;
    let until = engine.ports.clock.elapsed() + CRASH_RECOVERY;
    loop {
        let error = match servers.databases.compare(old, &servers.new, &database.tables, within).await {
            Ok(tables) => return Ok(compared(&tables).into()),
            Err(error) => error,
        };
        let gone = match servers.databases.position(&servers.new).await {
            Err(gone) if !gone.is_answer() => servers.tell(&gone),
            _ => {
                let detail = format!("not compared, which stops nothing: {}", servers.tell(&error));
                return Ok(Ending::new(Outcome::Done, Value::Null, detail).into());
            }
        };
        // A run does not end well while the server that it led everybody to is gone.
        match pause(engine, step, until, &gone).await? {
            Patience::Left => {}
            Patience::Stop(reason) => return Ok(Performed::Waits(reason)),
            Patience::Over => {
                let detail = format!("the server that everybody was led to gives no answer any more: {gone}");
                return Ok(Ending::new(Outcome::Unknown, Value::Null, detail).into());
            }
        }
    }
}

fn compared(tables: &[TableComparison]) -> Ending {
    let unlike: Vec<&str> = tables.iter().filter(|table| !table.is_equal()).map(|table| table.table.as_str()).collect();
    let only_left = |table: &&TableComparison| matches!(table.verdict, TableVerdict::Differs { only_on_a: 1.., .. });
    let left: Vec<&str> = tables.iter().filter(only_left).map(|table| table.table.as_str()).collect();
    let detail = match (unlike.as_slice(), left.as_slice()) {
        ([], _) => format!("{} tables have the same rows on both", tables.len()),
        (_, []) => format!("these tables differ, which writes since the switch may explain: {}", unlike.join(", ")),
        _ => format!(
            "these tables differ: {}; the side that was left alone has rows of {}, which no write since the switch explains",
            unlike.join(", "),
            left.join(", ")
        ),
    };
    Ending::new(Outcome::Done, json!({ "tables": observed(tables) }), detail)
}

/// The comparison as the journal keeps it.
pub(super) fn observed(tables: &[TableComparison]) -> Value {
    tables.iter().map(table).collect()
}

fn table(one: &TableComparison) -> Value {
    let mut value = json!({ "table": one.table, "old_rows": one.rows_a, "new_rows": one.rows_b });
    value["verdict"] = match &one.verdict {
        TableVerdict::Equal => "equal".into(),
        TableVerdict::Differs { only_on_a, only_on_b, differing, keys } => {
            value["only_old"] = (*only_on_a).into();
            value["only_new"] = (*only_on_b).into();
            value["differing"] = (*differing).into();
            value["keys"] = keys.iter().take(KEYS).map(|(_, key)| Value::from(key.as_str())).collect();
            "differs".into()
        }
        TableVerdict::DiffersWithoutKeys => "differs_without_keys".into(),
        TableVerdict::OtherColumns { .. } => "other_columns".into(),
        TableVerdict::Missing { .. } => "missing".into(),
    };
    value
}
