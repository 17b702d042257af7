//! A session that reads one snapshot, and in which the same value has the same text on every server.

use crate::postgres::session::Session;
use crate::postgres::{DatabaseUrl, PostgresError, SessionOptions};

/// Without these, a server's or a role's settings would make equal values look different: dates, intervals, floats,
/// byte strings, money, XML. `row_security = off` makes a read fail that would leave rows out silently.
const SETTINGS: &str = "
SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET timezone = 'UTC'; SET extra_float_digits = 3;
SET bytea_output = 'hex'; SET lc_monetary = 'C'; SET xmloption = 'content'; SET quote_all_identifiers = off;
SET row_security = off; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

pub(super) async fn snapshot(url: &DatabaseUrl, limits: &SessionOptions) -> Result<Session, PostgresError> {
    let session = Session::connect(url, limits).await?;
    session.batch("begin a snapshot", SETTINGS).await?;
    Ok(session)
}
