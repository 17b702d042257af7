//! Who could write past the fence, as the catalogue tells.

use super::PostgresError;
use super::session::Session;

/// Roles whose own setting comes after the database's.
const ROLES: &str = "
SELECT r.rolname::text FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c
WHERE r.rolcanlogin AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND split_part(c, '=', 1) IN ('default_transaction_read_only', 'transaction_read_only')
  AND NOT split_part(c, '=', 2)::bool
ORDER BY 1";

const PREPARED: &str = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY 1";

const SUBSCRIPTIONS: &str = "
SELECT subname::text FROM pg_subscription
WHERE subenabled AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1";

/// One line for each; none where nobody can.
pub(super) async fn holes(session: &Session) -> Result<Vec<String>, PostgresError> {
    let what = "look for ways around the fence";
    let mut holes = Vec::new();
    for (sql, text) in [
        (ROLES, "role # overrides the fence with its own default_transaction_read_only = off"),
        (PREPARED, "prepared transaction # can still be committed"),
        (SUBSCRIPTIONS, "subscription # writes when read only: disable it"),
    ] {
        for row in session.query(what, sql, &[]).await? {
            let name: String = session.value(what, &row, 0)?;
            holes.push(text.replace('#', &name));
        }
    }
    Ok(holes)
}
