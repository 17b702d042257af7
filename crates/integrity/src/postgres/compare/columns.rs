//! What a table is made of, and how its rows become text.

use crate::postgres::PostgresError;
use crate::postgres::session::Session;

/// A table's columns and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// `schema.table`
    pub(super) name: String,
    /// The same, quoted for SQL.
    pub(super) quoted: String,
    /// Columns by name, each with its type.
    columns: Vec<Column>,
    /// Columns of the primary key, in its order.
    pub(super) key: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    name: String,
    quoted: String,
    kind: String,
}

const FIND: &str = "
SELECT c.oid, n.nspname::text, c.relname::text, format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname = $1 AND c.relname = $2";

/// By name, and not by place: a column that was added later on one side is the same column.
const COLUMNS: &str = "
SELECT a.attname::text, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
       (SELECT array_position(i.indkey::int2[], a.attnum) FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary)
FROM pg_attribute a WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attname COLLATE \"C\"";

/// Reads what a table is made of; none where there is no such table. A name without a schema is one of `public`.
pub(super) async fn shape(session: &Session, table: &str) -> Result<Option<Shape>, PostgresError> {
    let what = format!("read the columns of {table}");
    let (schema, name) = table.split_once('.').unwrap_or(("public", table));
    let Some(row) = session.query(&what, FIND, &[&schema, &name]).await?.into_iter().next() else { return Ok(None) };
    let oid: u32 = session.value(&what, &row, 0)?;
    let (schema, name): (String, String) = (session.value(&what, &row, 1)?, session.value(&what, &row, 2)?);
    let mut columns = Vec::new();
    let mut key: Vec<(i32, Column)> = Vec::new();
    for row in session.query(&what, COLUMNS, &[&oid]).await? {
        let column = Column {
            name: session.value(&what, &row, 0)?,
            quoted: session.value(&what, &row, 1)?,
            kind: session.value(&what, &row, 2)?,
        };
        if let Some(place) = session.value::<Option<i32>>(&what, &row, 3)? {
            key.push((place, column.clone()));
        }
        columns.push(column);
    }
    key.sort_by_key(|(place, _)| *place);
    let key = key.into_iter().map(|(_, column)| column).collect();
    Ok(Some(Shape { name: format!("{schema}.{name}"), quoted: session.value(&what, &row, 3)?, columns, key }))
}

impl Shape {
    /// What each side has that the other has not, or not so; none where both are the same.
    pub(super) fn unlike(&self, other: &Self) -> Option<(Vec<String>, Vec<String>)> {
        let only = |shape: &Self, other: &Self| {
            let missing = shape.columns.iter().filter(|column| !other.columns.contains(column));
            let mut only: Vec<String> = missing.map(|column| format!("{} {}", column.name, column.kind)).collect();
            if shape.key != other.key && only.is_empty() {
                let names: Vec<&str> = shape.key.iter().map(|column| column.name.as_str()).collect();
                only.push(format!("primary key ({})", names.join(", ")));
            }
            only
        };
        (self.columns != other.columns || self.key != other.key).then(|| (only(self, other), only(other, self)))
    }

    /// SHA-256 of the row's text. `ROW(…)::text` tells null from empty, and quotes what separates.
    pub(super) fn row_digest(&self) -> String {
        digest(&self.columns)
    }

    /// SHA-256 of the primary key's text; of the whole row where there is none.
    pub(super) fn key_digest(&self) -> String {
        digest(if self.key.is_empty() { &self.columns } else { &self.key })
    }

    /// The primary key as a JSON object.
    pub(super) fn key_json(&self) -> String {
        json(&self.key)
    }

    /// The row as a JSON object, columns by name.
    pub(super) fn row_json(&self) -> String {
        json(&self.columns)
    }
}

fn digest(columns: &[Column]) -> String {
    // The same bytes, whatever encoding the database is kept in.
    format!("sha256(convert_to({}::text, 'UTF8'))", row(columns))
}

fn row(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.quoted.as_str()).collect();
    format!("ROW({})", names.join(", "))
}

fn json(columns: &[Column]) -> String {
    // A row of a query has names, which ROW(…) has not, and no limit as json_build_object has; `one.*` is that row even
    // where a column is called `one`.
    let names: Vec<&str> = columns.iter().map(|column| column.quoted.as_str()).collect();
    format!("(SELECT row_to_json(one.*)::text FROM (SELECT {}) one)", names.join(", "))
}
