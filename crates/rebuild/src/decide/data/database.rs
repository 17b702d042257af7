//! RDS instances and clusters: replicas across regions, and what is restored from a snapshot.
//!
//! Source: the AWS provider's `aws_db_instance` and `aws_rds_cluster` (5.100.0), and the RDS API's
//! `CreateDBInstanceReadReplica`, `CreateDBCluster` and `RestoreDBInstanceFromDBSnapshot`.

use super::super::retarget::Work;
use super::super::syntax::{attribute, literal};
use super::block::{Change, change};
use super::recorded_values::{Missing, expression};
use super::{DataResource, Holder, block_of, has, recorded};
use hcl_edit::expr::Expression;
use pilotlight_plan::{DataChoice, DataFrom};
use pilotlight_tfstate::ManagedInstance;
use serde_json::Value;
use std::collections::BTreeSet;

/// A replica has them from its source. The provider refuses the first two and warns of the size; AWS refuses the others,
/// or a change of them, as long as it is a replica.
const NOT_OF_A_REPLICA: [&str; 13] = [
    "username",
    "db_name",
    "allocated_storage",
    "name",
    "password",
    "password_wo",
    "password_wo_version",
    "manage_master_user_password",
    "master_user_secret_kms_key_id",
    "character_set_name",
    "nchar_character_set_name",
    "snapshot_identifier",
    "restore_to_point_in_time",
];

/// The same for a cluster.
const NOT_OF_A_REPLICA_CLUSTER: [&str; 11] = [
    "master_username",
    "master_password",
    "master_password_wo",
    "master_password_wo_version",
    "manage_master_user_password",
    "master_user_secret_kms_key_id",
    "database_name",
    "snapshot_identifier",
    "restore_to_point_in_time",
    "s3_import",
    "replication_source_identifier",
];

/// What a restore replaces.
const NOT_OF_A_RESTORE: [&str; 5] = [
    "replicate_source_db",
    "replication_source_identifier",
    "global_cluster_identifier",
    "restore_to_point_in_time",
    "s3_import",
];

const INHERITED: &str = "a replica has it from its source";

fn text(managed: &ManagedInstance<'_>, name: &str) -> Option<String> {
    managed.attributes().get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn arn(managed: &ManagedInstance<'_>) -> Option<String> {
    text(managed, "arn")
}

/// Asks where the primary's state does not tell what is needed.
fn ask_for_record(work: &mut Work<'_>, holder: &Holder, why: Missing) {
    let address = holder.addresses.join(" and ");
    let (reason, needs) = match why {
        Missing::NotRecorded => (
            "the primary's state does not have it",
            "apply the stack in the primary first, so that its state has its ARN",
        ),
        Missing::Value => (
            "the primary's state has no ARN of it",
            "apply the stack in the primary first, so that its state has its ARN",
        ),
        Missing::Keys => (
            "its instances have keys that one expression cannot tell apart",
            "give its module a variable for its source, and let each call pass its own; or choose empty or elsewhere",
        ),
    };
    let what = format!("{address} is to be made from the primary's, and {reason}");
    work.ask(&holder.file, holder.range.clone(), what, needs, None);
}

/// The key of an encrypted replica: the source's own attribute, or the plan's. AWS wants one of the replica's region.
enum Key {
    /// Nothing to do.
    Fine,
    /// The plan's.
    Given(String),
    /// Nobody named one.
    Asked,
}

fn key_of(work: &mut Work<'_>, holder: &Holder, choice: &DataChoice, objects: &[ManagedInstance<'_>]) -> Key {
    if let Some(key) = &choice.kms_key_id {
        return Key::Given(super::super::literal::expression(&Value::String(key.clone())));
    }
    let recorded = objects.iter().any(|one| one.attributes().get("storage_encrypted") == Some(&Value::Bool(true)));
    let Some(block) = block_of(work, holder) else { return Key::Fine };
    let written = attribute(&block.body, "storage_encrypted")
        .is_some_and(|value| matches!(value, Expression::Bool(value) if *value.value()));
    if !(recorded || written) || has(&block.body, "kms_key_id") {
        return Key::Fine;
    }
    let address = holder.addresses.join(" and ");
    let line = format!(
        "data \"{address}\" {{\n  from       = \"replica\"\n  kms_key_id = \"arn:aws:kms:{}:…:key/…\"\n}}",
        work.input.standby
    );
    let what = format!("{address} is encrypted, and its source names no key");
    let needs = "name a key of the standby region: AWS encrypts a replica in another region with no other";
    work.ask(&holder.file, holder.range.clone(), what, needs, Some(line));
    Key::Asked
}

fn made(holder: &Holder, choice: &DataChoice, detail: String, attributes: BTreeSet<String>) -> Vec<DataResource> {
    let made = holder.addresses.iter().map(|address| DataResource {
        address: address.clone(),
        from: choice.from,
        detail: detail.clone(),
        attributes: attributes.clone(),
    });
    made.collect()
}

/// `replicate_source_db` with the primary's ARN.
pub(super) fn replica_of_instance(work: &mut Work<'_>, holder: &Holder, choice: &DataChoice) -> Vec<DataResource> {
    let objects = recorded(work, &holder.addresses[0]);
    let source = match expression(&objects, &work.words, arn) {
        Ok(source) => source,
        Err(why) => {
            ask_for_record(work, holder, why);
            return Vec::new();
        }
    };
    let mut give = vec![("replicate_source_db", source.clone())];
    match key_of(work, holder, choice, &objects) {
        Key::Fine => {}
        Key::Given(key) => give.push(("kms_key_id", key)),
        Key::Asked => return Vec::new(),
    }
    let mut without = NOT_OF_A_REPLICA.to_vec();
    without.push("s3_import");
    let attributes = change(
        work,
        holder,
        Change {
            give,
            without: &without,
            ignore: vec!["replicate_source_db"],
            reason: "the plan makes it a replica of the primary's".to_owned(),
            unwanted: INHERITED,
        },
    );
    made(holder, choice, format!("a replica of {source}"), attributes)
}

/// A member of the primary's global cluster, or a replica of its cluster.
pub(super) fn replica_of_cluster(work: &mut Work<'_>, holder: &Holder, choice: &DataChoice) -> Vec<DataResource> {
    let objects = recorded(work, &holder.addresses[0]);
    let (in_source, engine) = match block_of(work, holder) {
        Some(block) => (
            attribute(&block.body, "global_cluster_identifier")
                .is_some_and(|value| !matches!(value, Expression::Null(_))),
            attribute(&block.body, "engine").and_then(literal).map(str::to_owned),
        ),
        None => return Vec::new(),
    };
    let global = expression(&objects, &work.words, |one| text(one, "global_cluster_identifier")).ok();
    let engine = engine.or_else(|| objects.first().and_then(|one| text(one, "engine")));
    let mut give: Vec<(&str, String)> = Vec::new();
    let mut without = NOT_OF_A_REPLICA_CLUSTER.to_vec();
    let (detail, ignore);
    if in_source || global.is_some() {
        // A reference to the global cluster gets its value as that of any object which serves every region.
        if let (false, Some(global)) = (in_source, &global) {
            give.push(("global_cluster_identifier", global.clone()));
        }
        detail = format!("a secondary of the global cluster {}", global.as_deref().unwrap_or("of the source"));
        ignore = vec!["global_cluster_identifier", "replication_source_identifier"];
    } else if engine.as_deref() == Some("aurora-postgresql") {
        let what = format!("{} is to be a replica, and is in no global cluster", holder.addresses.join(" and "));
        let needs = "add an aws_rds_global_cluster to the primary's source and its global_cluster_identifier to the \
                     cluster: Aurora PostgreSQL follows another region as a global database only";
        work.ask(&holder.file, holder.range.clone(), what, needs, None);
        return Vec::new();
    } else {
        let source = match expression(&objects, &work.words, arn) {
            Ok(source) => source,
            Err(why) => {
                ask_for_record(work, holder, why);
                return Vec::new();
            }
        };
        detail = format!("a replica of {source}");
        give.push(("replication_source_identifier", source));
        without.retain(|name| *name != "replication_source_identifier");
        ignore = vec!["replication_source_identifier"];
    }
    match key_of(work, holder, choice, &objects) {
        Key::Fine => {}
        Key::Given(key) => give.push(("kms_key_id", key)),
        Key::Asked => return Vec::new(),
    }
    let reason = "the plan makes it a replica of the primary's".to_owned();
    let mut attributes = change(work, holder, Change { give, without: &without, ignore, reason, unwanted: INHERITED });
    attributes.insert("global_cluster_identifier".to_owned());
    made(holder, choice, detail, attributes)
}

/// `snapshot_identifier` with the newest copy, or the plan's.
pub(super) fn from_snapshot(work: &mut Work<'_>, holder: &Holder, choice: &DataChoice) -> Vec<DataResource> {
    let Some(snapshot) = snapshot(work, holder, choice, arn) else { return Vec::new() };
    let has_key = block_of(work, holder).is_some_and(|block| has(&block.body, "kms_key_id"));
    let mut ignore = vec!["snapshot_identifier"];
    // What is restored keeps the key of the copy, whatever the source says of the primary's.
    ignore.extend(has_key.then_some("kms_key_id"));
    let mut attributes = change(
        work,
        holder,
        Change {
            give: vec![("snapshot_identifier", snapshot.clone())],
            without: &NOT_OF_A_RESTORE,
            ignore,
            reason: "the plan restores it from a snapshot".to_owned(),
            unwanted: "what is restored is on its own",
        },
    );
    attributes.extend(["kms_key_id", "storage_encrypted"].map(str::to_owned));
    made(holder, choice, format!("restored from {snapshot}"), attributes)
}

/// The snapshot of every instance, as one expression; asked for where none is known.
pub(super) fn snapshot(
    work: &mut Work<'_>,
    holder: &Holder,
    choice: &DataChoice,
    object: impl Fn(&ManagedInstance<'_>) -> Option<String>,
) -> Option<String> {
    if let Some(snapshot) = &choice.snapshot {
        return Some(super::super::literal::expression(&Value::String(snapshot.clone())));
    }
    let objects = recorded(work, &holder.addresses[0]);
    let copies = work.input.copies;
    let found = expression(&objects, &work.words, |one| copies.get(&object(one)?).cloned());
    match found {
        Ok(found) => Some(found),
        Err(Missing::Value) => {
            let address = &holder.addresses[0];
            let line = format!("data \"{address}\" {{\n  from     = \"snapshot\"\n  snapshot = \"…\"\n}}");
            let what = format!("{address} is to be restored, and {} has no copy of its snapshots", work.input.standby);
            let needs = "copy a snapshot there (AWS Backup copies on a schedule), or name one";
            work.ask(&holder.file, holder.range.clone(), what, needs, Some(line));
            None
        }
        Err(why) => {
            ask_for_record(work, holder, why);
            None
        }
    }
}

/// What is made empty, or filled by others, is in no global cluster: there it would be a secondary.
pub(super) fn alone(work: &mut Work<'_>, holder: &Holder) -> BTreeSet<String> {
    if holder.resource_type != "aws_rds_cluster" {
        return BTreeSet::new();
    }
    let without = ["global_cluster_identifier"];
    let unwanted = "it would be a secondary of the primary's global cluster";
    let (give, ignore, reason) = (Vec::new(), Vec::new(), String::new());
    change(work, holder, Change { give, without: &without, ignore, reason, unwanted })
}

/// Attributes of a replica that name its source, which is the primary's by its nature.
pub(crate) const SOURCE_ATTRIBUTES: [&str; 3] =
    ["replicate_source_db", "replication_source_identifier", "global_cluster_identifier"];

/// Whether a planned value is the source of a replica that the plan has chosen.
pub(crate) fn is_source_of_replica(choice: Option<&DataChoice>, attribute: &str) -> bool {
    choice.is_some_and(|choice| choice.from == DataFrom::Replica) && SOURCE_ATTRIBUTES.contains(&attribute)
}
