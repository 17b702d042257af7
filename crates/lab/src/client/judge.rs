//! Asks the surviving database for every order that was acknowledged.

use crate::postgres::pair::DatabaseUrl;
use crate::postgres::session;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio_postgres::{Client, Config};

/// How many ids are asked for at once.
const PAGE: usize = 5_000;

/// A count of some thousand orders takes milliseconds.
const ASK_TIMEOUT: Duration = Duration::from_secs(20);

/// What the databases say at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The regions whose database takes writes. One is right; two are two shops that don't know of each other.
    pub writers: Vec<String>,
    /// What the surviving database has; nothing, where there is not exactly one.
    pub kept: Option<Kept>,
    /// Why it is not known.
    pub unknown: Option<String>,
}

/// What the surviving database has of the customer's orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Orders that the shop promised to keep and has not.
    pub lost: Vec<String>,
    /// Orders that it has without their payment.
    pub unpaid: Vec<String>,
    /// Orders that it has and never acknowledged: written, and the answer was lost.
    pub unacknowledged: usize,
}

/// Looks for the orders, of which some were acknowledged, in the one database that takes writes.
pub(super) async fn judge(
    databases: &[DatabaseUrl],
    acknowledged: &BTreeSet<String>,
    unanswered: &BTreeSet<String>,
) -> Verdict {
    let mut verdict = Verdict { writers: Vec::new(), kept: None, unknown: None };
    let mut silent = Vec::new();
    let mut survivor = None;
    for database in databases {
        match tokio::time::timeout(ASK_TIMEOUT, writer(database)).await {
            Ok(Ok(Some(client))) => {
                verdict.writers.push(database.region.clone());
                survivor = Some(client);
            }
            Ok(Ok(None)) => {}
            Ok(Err(error)) => silent.push(format!("{}: {error}", database.region)),
            Err(_) => silent.push(format!("{}: no answer within {ASK_TIMEOUT:?}", database.region)),
        }
    }
    let (Some(client), 1) = (survivor, verdict.writers.len()) else {
        verdict.unknown = Some(match verdict.writers.len() {
            0 => format!("no database takes writes{}", told(&silent)),
            _ => "two databases take writes, and neither is the shop's alone".into(),
        });
        return verdict;
    };
    match tokio::time::timeout(ASK_TIMEOUT, kept(&client, acknowledged, unanswered)).await {
        Ok(Ok(kept)) => verdict.kept = Some(kept),
        Ok(Err(error)) => verdict.unknown = Some(session::words(&error)),
        Err(_) => verdict.unknown = Some(format!("no answer within {ASK_TIMEOUT:?}")),
    }
    verdict
}

fn told(silent: &[String]) -> String {
    if silent.is_empty() { String::new() } else { format!(": {}", silent.join("; ")) }
}

/// A session, where the database takes writes by default: it is no standby, and no fence stands.
async fn writer(database: &DatabaseUrl) -> Result<Option<Client>, String> {
    // Its own words would hold the address with its password.
    let config: Config = database.url.parse().map_err(|_| "its address can't be read".to_owned())?;
    let client = session::open(&config).await.map_err(|error| match std::error::Error::source(&error) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    })?;
    let row = client
        .query_one("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool", &[])
        .await
        .map_err(|error| session::words(&error))?;
    Ok(if row.get(0) { None } else { Some(client) })
}

async fn kept(
    client: &Client,
    acknowledged: &BTreeSet<String>,
    unanswered: &BTreeSet<String>,
) -> Result<Kept, tokio_postgres::Error> {
    let (found, paid) = find(client, acknowledged).await?;
    let (late, _) = find(client, unanswered).await?;
    let unpaid = found.iter().filter(|id| !paid.contains(*id)).cloned().collect();
    let lost = acknowledged.difference(&found).cloned().collect();
    Ok(Kept { lost, unpaid, unacknowledged: late.len() })
}

/// Of these orders, those that are there, and those that are paid.
async fn find(
    client: &Client,
    ids: &BTreeSet<String>,
) -> Result<(BTreeSet<String>, BTreeSet<String>), tokio_postgres::Error> {
    const QUESTION: &str = "SELECT o.id, p.order_id IS NOT NULL FROM orders o \
                            LEFT JOIN payments p ON p.order_id = o.id WHERE o.id = ANY($1)";
    let ids: Vec<&String> = ids.iter().collect();
    let (mut found, mut paid) = (BTreeSet::new(), BTreeSet::new());
    for page in ids.chunks(PAGE) {
        for row in client.query(QUESTION, &[&page]).await? {
            let id: String = row.get(0);
            if row.get(1) {
                paid.insert(id.clone());
            }
            found.insert(id);
        }
    }
    Ok((found, paid))
}
