//! The `database "rds"` and `database "aurora_global"` blocks.

use crate::content::Fields;
use crate::database::Database;
use crate::fields::Labels;
use crate::managed::{ManagedDatabase, ManagedService, RdsPair};
use crate::reader::Reader;
use crate::table::BlockRow;
use crate::value::Value;
use hcl_edit::structure::Block;
use pilotlight_findings::Span;

/// An identifier of RDS is at most this long.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.Constraints>
const LONGEST_IDENTIFIER: usize = 63;

impl Reader<'_> {
    pub(super) fn managed_database(
        &mut self,
        row: &'static BlockRow,
        block: &Block,
        labels: Labels,
    ) -> Option<ManagedDatabase> {
        let name = labels.names.into_iter().next()?;
        let place = format!("database {name:?}");
        self.children(row, block, &place);
        let mut values = self.attributes(row, block, &place);
        let span = self.span(labels.head);
        let service = match row.kind {
            Some("rds") => ManagedService::Rds(Box::new(self.rds_pair(&name, &mut values, &span)?)),
            _ => ManagedService::AuroraGlobal { global_cluster: self.identifier("global_cluster", &mut values)? },
        };
        Some(ManagedDatabase { name, service, promote_timeout: values.duration("promote_timeout")?, span })
    }

    fn rds_pair(&mut self, name: &str, values: &mut Fields, span: &Span) -> Option<RdsPair> {
        let (primary, standby) = (self.identifier("primary", values), self.identifier("standby", values));
        let range = values.range("failback_replica");
        let failback_replica = values.text("failback_replica");
        if let Some(replica) = &failback_replica {
            let same = primary.as_ref().is_some_and(|primary| known(primary).as_deref() == Some(replica.as_str()));
            let wrong = wrong_with(replica).or(same.then_some("the instance of that name stays as it is"));
            if let Some(reason) = wrong {
                let remedy = "write a name that no instance of the primary region has, as in \"orders-2\"";
                self.wrong("failback_replica", &format!("{replica:?}"), reason, remedy, range);
                return None;
            }
        }
        let sql = self.rds_sql(name, values, span)?;
        Some(RdsPair {
            primary: primary?,
            standby: standby?,
            failback_replica,
            replica_timeout: values.duration("replica_timeout")?,
            sql,
        })
    }

    /// The way by SQL: both URLs or none. None outside where something was wrong and noted.
    fn rds_sql(&mut self, name: &str, values: &mut Fields, span: &Span) -> Option<Option<Database>> {
        let tables_range = values.range("tables");
        let tables: Vec<String> = values.texts("tables")?.into_iter().map(|(table, _)| table).collect();
        let (catch_up_timeout, compare_timeout) =
            (values.duration("catch_up_timeout")?, values.duration("compare_timeout")?);
        match (values.has("primary_url"), values.has("standby_url")) {
            (false, false) => {
                if !tables.is_empty() {
                    let shown = format!("{tables:?}");
                    let reason = "tables are compared by SQL, and the block has no URLs";
                    self.wrong("tables", &shown, reason, "add primary_url and standby_url", tables_range);
                    return None;
                }
                Some(None)
            }
            (true, true) => {
                let primary = self.database_url("primary_url", "ORDERS_PRIMARY_URL", values);
                let standby = self.database_url("standby_url", "ORDERS_STANDBY_URL", values);
                Some(Some(Database {
                    name: name.to_owned(),
                    primary: primary?,
                    standby: standby?,
                    tables,
                    resync: None,
                    resync_standby: None,
                    catch_up_timeout,
                    promote_timeout: compare_timeout,
                    resync_timeout: compare_timeout,
                    compare_timeout,
                    span: span.clone(),
                }))
            }
            (has_primary, _) => {
                let (one, other) =
                    if has_primary { ("primary_url", "standby_url") } else { ("standby_url", "primary_url") };
                let range = values.range(one);
                let remedy = format!("add {other}, or remove {one}");
                self.wrong(one, "this value", "one URL alone proves nothing of the other side", &remedy, range);
                None
            }
        }
    }

    /// An identifier is no secret: it is kept in runs and shown.
    fn identifier(&mut self, attribute: &str, values: &mut Fields) -> Option<Value> {
        let range = values.range(attribute);
        let value = values.value(attribute)?;
        let remedy =
            "write the identifier, as in \"orders\", or an output that has it, as in stack.data.output.orders_id";
        let (shown, reason) = if !value.env_names().is_empty() {
            ("this value".to_owned(), Some("an identifier is kept in runs and shown, and env is for secrets"))
        } else if matches!(value, Value::List(_) | Value::Literal(serde_json::Value::Array(_))) {
            ("this list".to_owned(), Some("it is a list, and one text is wanted"))
        } else {
            let text = known(&value);
            (format!("{:?}", text.as_deref().unwrap_or_default()), text.and_then(|text| wrong_with(&text)))
        };
        match reason {
            Some(reason) => {
                self.wrong(attribute, &shown, reason, remedy, range);
                None
            }
            None => Some(value),
        }
    }
}

/// The text, where it names no output.
fn known(value: &Value) -> Option<String> {
    value.resolve_text(pilotlight_findings::Side::Primary, &()).ok()
}

fn wrong_with(identifier: &str) -> Option<&'static str> {
    let letters = |one: char| one.is_ascii_alphanumeric() || one == '-';
    if identifier.contains('.') {
        Some("it is no identifier: an address of Terraform names nothing to AWS")
    } else if identifier.starts_with("arn:") {
        Some("it is an ARN, and the identifier alone is wanted")
    } else if !identifier.starts_with(|one: char| one.is_ascii_alphabetic())
        || !identifier.chars().all(letters)
        || identifier.ends_with('-')
        || identifier.contains("--")
    {
        Some("an identifier is letters, digits and single hyphens, a letter first and no hyphen last")
    } else {
        (identifier.len() > LONGEST_IDENTIFIER).then_some("an identifier has at most 63 characters")
    }
}
