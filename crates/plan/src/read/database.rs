//! The `database` block.

use crate::content::Fields;
use crate::database::Database;
use crate::fields::Labels;
use crate::reader::Reader;
use crate::table::BlockRow;
use crate::value::Value;
use hcl_edit::structure::Block;

impl Reader<'_> {
    pub(super) fn database(&mut self, row: &'static BlockRow, block: &Block, labels: Labels) -> Option<Database> {
        let name = labels.names.into_iter().next()?;
        let place = format!("database {name:?}");
        self.children(row, block, &place);
        let mut values = self.attributes(row, block, &place);
        let primary = self.database_url("primary", "ORDERS_PRIMARY_URL", &mut values);
        let standby = self.database_url("standby", "ORDERS_STANDBY_URL", &mut values);
        let mut program = |name| if values.has(name) { self.command(name, &mut values).map(Some) } else { Some(None) };
        let (resync, resync_standby) = (program("resync")?, program("resync_standby")?);
        let tables = values.texts("tables")?.into_iter().map(|(table, _)| table).collect();
        Some(Database {
            name,
            primary: primary?,
            standby: standby?,
            tables,
            resync,
            resync_standby,
            catch_up_timeout: values.duration("catch_up_timeout")?,
            promote_timeout: values.duration("promote_timeout")?,
            resync_timeout: values.duration("resync_timeout")?,
            compare_timeout: values.duration("compare_timeout")?,
            span: self.span(labels.head),
        })
    }

    /// A URL holds a password, or will: it is never written in the plan.
    pub(super) fn database_url(&mut self, attribute: &str, variable: &str, values: &mut Fields) -> Option<Value> {
        let range = values.range(attribute);
        let url = values.value(attribute)?;
        if url.env_names().is_empty() {
            let reason = "a database's URL is a secret, and this one is written in the plan";
            let remedy = format!("take it from the environment, as in env({variable:?})");
            self.wrong(attribute, "this text", reason, &remedy, range);
            return None;
        }
        Some(url)
    }
}
