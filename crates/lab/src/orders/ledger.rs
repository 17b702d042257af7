//! Writes an order with its payment, once, and reads it.

use crate::orders::pool::{Held, Pool, PoolError};
use crate::postgres::session::words;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio_postgres::Config;

/// A commit takes milliseconds; one that hangs is a failure that the customer hears of.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

const INSERT_ORDER: &str = "INSERT INTO orders (id, item, cents, region, instance) VALUES ($1, $2, $3, $4, $5) \
                            ON CONFLICT (id) DO NOTHING";
const INSERT_PAYMENT: &str = "INSERT INTO payments (order_id, cents) VALUES ($1, $2)";
const SELECT: &str = "SELECT o.item, o.cents, o.region, o.instance FROM orders o \
                      JOIN payments p ON p.order_id = o.id WHERE o.id = $1";

/// What a customer asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    pub(crate) id: String,
    #[serde(default = "an_item")]
    pub(crate) item: String,
    #[serde(default = "a_price")]
    pub(crate) cents: i64,
}

fn an_item() -> String {
    "lantern".into()
}

fn a_price() -> i64 {
    1990
}

/// An order that is on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) item: String,
    pub(crate) cents: i64,
    /// Who took it.
    pub(crate) region: String,
    pub(crate) instance: String,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Placed {
    /// Written and committed now.
    Created(Order),
    /// It was there already, the same.
    Found(Order),
    /// Another one has its id.
    Taken,
}

/// The database could not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    #[error(transparent)]
    Pool(#[from] PoolError),
    #[error("{0}")]
    Statement(String),
    /// The commit may have been carried out.
    #[error("no answer within {ANSWER_TIMEOUT:?}")]
    Silent,
}

impl From<tokio_postgres::Error> for LedgerError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Statement(words(&error))
    }
}

/// The orders of one region.
#[derive(Debug)]
pub(crate) struct Ledger {
    pool: Pool,
}

impl Ledger {
    /// In the database behind `config`.
    pub(crate) fn new(config: Config) -> Self {
        Self { pool: Pool::new(config) }
    }

    /// Writes the order and its payment in one transaction, unless the order is there. It is committed when this
    /// returns; after an error nobody knows, and the same order may be placed again.
    pub(crate) async fn place(&self, wanted: &Wanted, region: &str, instance: &str) -> Result<Placed, LedgerError> {
        let place = async {
            let mut held = self.pool.take().await?;
            let transaction = held.client.transaction().await?;
            let order = [&wanted.id as &(dyn tokio_postgres::types::ToSql + Sync), &wanted.item, &wanted.cents];
            let created =
                transaction.execute(INSERT_ORDER, &[order[0], order[1], order[2], &region, &instance]).await? == 1;
            if created {
                transaction.execute(INSERT_PAYMENT, &[&wanted.id, &wanted.cents]).await?;
            }
            transaction.commit().await?;
            if created {
                held.give_back();
                let Wanted { id, item, cents } = wanted.clone();
                let (region, instance) = (region.to_owned(), instance.to_owned());
                return Ok(Placed::Created(Order { id, item, cents, region, instance }));
            }
            let found = read(&held, &wanted.id).await?;
            held.give_back();
            Ok(match found {
                Some(found) if found.item == wanted.item && found.cents == wanted.cents => Placed::Found(found),
                _ => Placed::Taken,
            })
        };
        tokio::time::timeout(ANSWER_TIMEOUT, place).await.unwrap_or(Err(LedgerError::Silent))
    }

    /// Reads an order that has been paid.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<Order>, LedgerError> {
        let find = async {
            let held = self.pool.take().await?;
            let found = read(&held, id).await?;
            held.give_back();
            Ok(found)
        };
        tokio::time::timeout(ANSWER_TIMEOUT, find).await.unwrap_or(Err(LedgerError::Silent))
    }
}

async fn read(held: &Held<'_>, id: &str) -> Result<Option<Order>, LedgerError> {
    let row = held.client.query_opt(SELECT, &[&id]).await?;
    Ok(row.map(|row| Order {
        id: id.to_owned(),
        item: row.get(0),
        cents: row.get(1),
        region: row.get(2),
        instance: row.get(3),
    }))
}
