//! What the standby's databases, volumes and buckets have in them: the plan's `data`.

mod world;

use pilotlight_findings::{Severity, codes};
use pilotlight_plan::DataFrom;
use pilotlight_rebuild::{ParityInput, ResidueInput, Retargeted, Rule, SourceTree, parity, residue, retarget};
use pilotlight_tfstate::{PlanJson, State};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use world::World;

fn plan(standby: &str) -> World {
    World::of(&format!(
        "plan \"t\" {{\n  primary {{ region = \"eu-west-1\" }}\n  standby {{ region = \"eu-central-1\" }}\n}}\n\
         stack \"app\" {{\n  source = \"../app\"\n  state = \"file:../app/terraform.tfstate\"\n  standby {{\n{standby}\n  }}\n}}\n"
    ))
}

fn tree(files: &[(&str, &str)]) -> SourceTree {
    let files = files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()));
    SourceTree::from_files("app", files).expect("valid HCL")
}

fn object(address: (&str, &str), instances: &[(Option<Value>, Value)]) -> Value {
    let instances: Vec<Value> = instances
        .iter()
        .map(|(key, attributes)| {
            let mut instance = json!({"schema_version": 0, "attributes": attributes});
            if let Some(key) = key {
                instance["index_key"] = key.clone();
            }
            instance
        })
        .collect();
    json!({"mode": "managed", "type": address.0, "name": address.1,
           "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]", "instances": instances})
}

fn one_object(address: (&str, &str), attributes: Value) -> Value {
    object(address, &[(None, attributes)])
}

fn state(objects: &[Value]) -> State {
    world::state(&Value::Array(objects.to_vec()).to_string())
}

fn run(world: &World, main: &str, state: &State) -> (String, Retargeted) {
    let result = retarget(&tree(&[("main.tf", main)]), &world.input("app", Some(state))).expect("valid HCL");
    (String::from_utf8(result.files[Path::new("main.tf")].clone()).expect("UTF-8"), result)
}

fn asked(result: &Retargeted) -> Vec<(String, Option<String>)> {
    result.open.iter().map(|question| (question.what.clone(), question.plan_line.clone())).collect()
}

const INSTANCE: &str = r#"resource "aws_db_instance" "main" {
  identifier     = "orders-eu-west-1"
  engine         = "postgres"
  instance_class = "db.t4g.medium"

  db_name  = "orders"
  username = "orders" # the owner
  password = var.password

  storage_encrypted = true
  kms_key_id        = aws_kms_key.main.arn
}
"#;

const ARN: &str = "arn:aws:rds:eu-west-1:123456789012:db:orders-eu-west-1";

fn instance() -> State {
    state(&[one_object(("aws_db_instance", "main"), json!({"arn": ARN, "id": "db-1", "storage_encrypted": true}))])
}

#[test]
fn nothing_that_holds_data_is_made_silently() {
    let main = "resource \"aws_db_instance\" \"main\" {\n  instance_class = \"a\"\n}\n\
                resource \"aws_ebs_volume\" \"v\" {\n  size = 1\n}\n\
                resource \"aws_dynamodb_table\" \"t\" {\n  name = \"t\"\n}\n\
                resource \"aws_elasticache_replication_group\" \"cache\" {\n  description = \"x\"\n}\n\
                resource \"aws_elasticache_replication_group\" \"kept\" {\n  snapshot_retention_limit = 5\n}\n\
                resource \"aws_sqs_queue\" \"q\" {}\n";
    let (text, result) = run(&plan(""), main, &state(&[]));
    assert_eq!(text, main);
    let lines: Vec<String> = asked(&result).into_iter().map(|(_, line)| line.unwrap()).collect();
    assert_eq!(
        lines,
        [
            "data \"aws_db_instance.main\" { from = \"replica\" }",
            "data \"aws_ebs_volume.v\" { from = \"snapshot\" }",
            "data \"aws_dynamodb_table.t\" { from = \"empty\" }",
            "data \"aws_elasticache_replication_group.kept\" { from = \"empty\" }",
        ]
    );
    assert_eq!(
        result.open[1].needs,
        "choose snapshot (the newest copy in the standby region), empty, elsewhere (filled by other means)"
    );
    // Each answer as it is offered is one that the plan takes.
    let world = plan("data \"*\" { from = \"empty\" }\ndata \"aws_dynamodb_table.t\" { from = \"elsewhere\" }");
    let (text, result) = run(&world, main, &state(&[]));
    assert_eq!((text.as_str(), result.open.len()), (main, 0));
    let told: Vec<_> = result.data.iter().map(|one| (one.address.as_str(), one.from)).collect();
    assert_eq!(
        told,
        [
            ("aws_db_instance.main", DataFrom::Empty),
            ("aws_dynamodb_table.t", DataFrom::Elsewhere),
            ("aws_ebs_volume.v", DataFrom::Empty),
            ("aws_elasticache_replication_group.kept", DataFrom::Empty),
        ]
    );
    let notes = result.notes.iter().filter(|note| note.code == codes::R_DATA && note.severity == Severity::Info);
    assert_eq!(notes.count(), 4, "the report lists each");
}

#[test]
fn what_is_left_out_needs_no_choice_and_a_choice_for_nothing_is_an_error() {
    let main = "resource \"aws_ebs_volume\" \"v\" {\n  size = 1\n}\n";
    let world = plan("exclude = [\"aws_ebs_volume.v\"]");
    assert_eq!(asked(&run(&world, main, &state(&[])).1), []);
    let world = plan("data \"aws_ebs_volume.w\" { from = \"empty\" }\ndata \"*\" { from = \"empty\" }");
    let (_, result) = run(&world, main, &state(&[]));
    let unused: Vec<_> = result.notes.iter().filter(|note| note.code == codes::R_OPTION_UNUSED).collect();
    assert_eq!(
        unused[0].message,
        "data names aws_ebs_volume.w, which the source does not have: what holds data there is aws_ebs_volume.v"
    );
    assert_eq!((unused.len(), unused[0].severity), (1, Severity::Error));
}

#[test]
fn an_instance_becomes_a_replica_of_the_primarys() {
    let world = plan("data \"aws_db_instance.main\" { from = \"replica\" }");
    let (text, result) = run(&world, INSTANCE, &instance());
    assert_eq!(
        text,
        r#"resource "aws_db_instance" "main" {
  replicate_source_db = "arn:aws:rds:eu-west-1:123456789012:db:orders-eu-west-1"

  identifier     = "orders-eu-central-1"
  engine         = "postgres"
  instance_class = "db.t4g.medium"

  storage_encrypted = true
  kms_key_id        = aws_kms_key.main.arn

  lifecycle {
    ignore_changes = [replicate_source_db]
  }
}
"#
    );
    assert!(result.open.is_empty(), "{:#?}", result.open);
    let edits: Vec<_> = result.edits.iter().filter(|edit| edit.rule == Rule::Data).collect();
    assert_eq!(edits.len(), 5);
    assert!(edits.iter().any(|edit| edit.reason == "username: a replica has it from its source" && edit.line == 7));
    // The result is its own result.
    let (again, second) = run(&world, &text, &instance());
    assert_eq!((again, second.edits), (text, Vec::new()));
}

#[test]
fn an_encrypted_replica_needs_a_key_of_its_region() {
    let main = INSTANCE.replace("  kms_key_id        = aws_kms_key.main.arn\n", "");
    let (_, result) = run(&plan("data \"aws_db_instance.main\" { from = \"replica\" }"), &main, &instance());
    let line = "data \"aws_db_instance.main\" {\n  from       = \"replica\"\n  kms_key_id = \"arn:aws:kms:eu-central-1:…:key/…\"\n}";
    assert_eq!(
        asked(&result),
        [("aws_db_instance.main is encrypted, and its source names no key".to_owned(), Some(line.to_owned()))]
    );
    let (text, result) = run(&plan(&line.replace('…', "1")), &main, &instance());
    assert!(text.contains("kms_key_id          = \"arn:aws:kms:eu-central-1:1:key/1\""), "{text}");
    assert!(result.open.is_empty());
}

#[test]
fn without_the_primarys_record_it_is_asked() {
    let world = plan("data \"aws_db_instance.main\" { from = \"replica\" }");
    let (text, result) = run(&world, INSTANCE, &state(&[]));
    assert_eq!(text, INSTANCE.replace("orders-eu-west-1", "orders-eu-central-1"));
    assert_eq!(
        result.open[0].what,
        "aws_db_instance.main is to be made from the primary's, and the primary's state does not have it"
    );
}

#[test]
fn instances_with_keys_have_a_source_each() {
    let world = plan(
        "data \"aws_db_instance.main\" { from = \"replica\" }\ndata \"aws_db_instance.by\" { from = \"replica\" }",
    );
    let main = "resource \"aws_db_instance\" \"main\" {\n  count          = 2\n  instance_class = \"a\"\n}\n\
                resource \"aws_db_instance\" \"by\" {\n  for_each       = local.zones\n  instance_class = \"a\"\n}\n";
    let state = state(&[
        object(
            ("aws_db_instance", "main"),
            &[(Some(json!(1)), json!({"arn": "arn:b"})), (Some(json!(0)), json!({"arn": "arn:a"}))],
        ),
        object(("aws_db_instance", "by"), &[(Some(json!("eu-west-1a")), json!({"arn": "arn:c"}))]),
    ]);
    let (text, result) = run(&world, main, &state);
    assert!(result.open.is_empty(), "{:#?}", result.open);
    assert!(text.contains("replicate_source_db = [\"arn:a\", \"arn:b\"][count.index]\n"), "{text}");
    assert!(text.contains("replicate_source_db = { eu-central-1a = \"arn:c\" }[each.key]\n"), "{text}");
}

#[test]
fn a_restore_takes_the_newest_copy_or_the_one_that_is_named() {
    let mut world = plan("data \"aws_db_instance.main\" { from = \"snapshot\" }");
    let (_, result) = run(&world, INSTANCE, &instance());
    assert_eq!(
        result.open[0].what,
        "aws_db_instance.main is to be restored, and eu-central-1 has no copy of its snapshots"
    );
    world.copies.insert(ARN.to_owned(), "orders-copy".to_owned());
    let main = INSTANCE
        .replace("\n}\n", "\n\n  lifecycle {\n    prevent_destroy = true\n    ignore_changes  = [password]\n  }\n}\n");
    let (text, result) = run(&world, &main, &instance());
    assert!(result.open.is_empty());
    assert!(text.contains("  snapshot_identifier = \"orders-copy\"\n"), "{text}");
    assert!(text.contains("  username = \"orders\" # the owner\n"), "what the copy has as well stays: {text}");
    assert!(text.contains("ignore_changes  = [password, snapshot_identifier, kms_key_id]\n"), "{text}");
    let named = plan("data \"aws_db_instance.main\" {\n  from = \"snapshot\"\n  snapshot = \"mine\"\n}");
    assert!(run(&named, &main, &state(&[])).0.contains("snapshot_identifier = \"mine\""));
}

const CLUSTER: &str = "resource \"aws_rds_cluster\" \"c\" {\n  engine          = \"aurora-mysql\"\n  database_name   = \"d\"\n  master_username = \"u\"\n  master_password = var.p\n}\n";

#[test]
fn a_cluster_follows_by_replication_or_in_its_global_cluster() {
    let world = plan("data \"aws_rds_cluster.c\" { from = \"replica\" }");
    let plain = state(&[one_object(("aws_rds_cluster", "c"), json!({"arn": "arn:aws:rds:eu-west-1:1:cluster:c"}))]);
    let (text, _) = run(&world, CLUSTER, &plain);
    assert_eq!(
        text,
        "resource \"aws_rds_cluster\" \"c\" {\n  replication_source_identifier = \"arn:aws:rds:eu-west-1:1:cluster:c\"\n\n  engine = \"aurora-mysql\"\n\n  lifecycle {\n    ignore_changes = [replication_source_identifier]\n  }\n}\n"
    );
    let (_, result) = run(&world, &CLUSTER.replace("aurora-mysql", "aurora-postgresql"), &plain);
    assert_eq!(result.open[0].what, "aws_rds_cluster.c is to be a replica, and is in no global cluster");
    // A global cluster is one for all regions: its block goes, and the secondary names it.
    let main = CLUSTER
        .replace("  database_name", "  global_cluster_identifier = aws_rds_global_cluster.g.id\n  database_name");
    let main =
        format!("resource \"aws_rds_global_cluster\" \"g\" {{\n  global_cluster_identifier = \"g\"\n}}\n\n{main}");
    let global = state(&[
        one_object(("aws_rds_global_cluster", "g"), json!({"id": "orders-global"})),
        one_object(("aws_rds_cluster", "c"), json!({"arn": "a", "global_cluster_identifier": "orders-global"})),
    ]);
    let (text, result) = run(&world, &main, &global);
    assert!(result.open.is_empty(), "{:#?}", result.open);
    assert!(!text.contains("aws_rds_global_cluster") && !text.contains("master_"), "{text}");
    assert!(text.contains("global_cluster_identifier = \"orders-global\"\n"), "{text}");
    // What is made empty is in no global cluster.
    let (text, _) = run(&plan("data \"*\" { from = \"empty\" }"), &main, &global);
    assert!(!text.contains("global_cluster_identifier") && text.contains("master_username"), "{text}");
}

#[test]
fn a_volume_is_made_from_its_copied_snapshot() {
    let mut world = plan("data \"aws_ebs_volume.v\" { from = \"snapshot\" }");
    world.copies.insert("vol-1".to_owned(), "snap-0c".to_owned());
    let main =
        "resource \"aws_ebs_volume\" \"v\" {\n  availability_zone = \"eu-west-1a\"\n  size              = 8\n}\n";
    let state = state(&[one_object(("aws_ebs_volume", "v"), json!({"id": "vol-1"}))]);
    let (text, _) = run(&world, main, &state);
    assert_eq!(
        text,
        "resource \"aws_ebs_volume\" \"v\" {\n  snapshot_id = \"snap-0c\"\n\n  availability_zone = \"eu-central-1a\"\n  size              = 8\n\n  lifecycle {\n    ignore_changes = [snapshot_id]\n  }\n}\n"
    );
}

const BUCKETS: &str = r#"resource "aws_s3_bucket" "b" {
  bucket = "assets-eu-west-1"
}

resource "aws_s3_bucket_versioning" "b" {
  bucket = aws_s3_bucket.b.id
  versioning_configuration {
    status = "Enabled"
  }
}

# To the standby.
resource "aws_s3_bucket_replication_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  role   = "arn:aws:iam::1:role/r"
  rule {
    status = "Enabled"
    destination {
      bucket = "arn:aws:s3:::assets-eu-central-1"
    }
  }
}
"#;

fn buckets(replicated: bool) -> State {
    let mut objects =
        vec![one_object(("aws_s3_bucket", "b"), json!({"id": "assets-eu-west-1", "bucket": "assets-eu-west-1"}))];
    if replicated {
        objects.push(one_object(
            ("aws_s3_bucket_versioning", "b"),
            json!({"bucket": "assets-eu-west-1", "versioning_configuration": [{"status": "Enabled"}]}),
        ));
        objects.push(one_object(
            ("aws_s3_bucket_replication_configuration", "b"),
            json!({"bucket": "assets-eu-west-1", "rule": [{"status": "Enabled", "destination": [{"bucket": "arn:aws:s3:::assets-eu-central-1"}]}]}),
        ));
    }
    state(&objects)
}

#[test]
fn a_bucket_is_replicated_by_the_primary_and_never_to_itself() {
    let world = plan("data \"aws_s3_bucket.b\" { from = \"replica\" }");
    let (text, result) = run(&world, BUCKETS, &buckets(true));
    let (kept, _) = BUCKETS.split_once("\n# To the standby.").unwrap();
    assert_eq!(text, kept.replace("assets-eu-west-1", "assets-eu-central-1"));
    assert_eq!(result.data[0].detail, "assets-eu-west-1 is replicated to assets-eu-central-1");
    assert_eq!(result.globals[0].rule, Rule::Data);
    assert!(!result.notes.iter().any(|note| note.code == codes::R_NOT_REPLICATED));
    // Both states agree: the standby lacks the replication on purpose.
    let standby = state(&[
        one_object(("aws_s3_bucket", "b"), json!({"id": "assets-eu-central-1", "bucket": "assets-eu-central-1"})),
        one_object(
            ("aws_s3_bucket_versioning", "b"),
            json!({"bucket": "assets-eu-central-1", "versioning_configuration": [{"status": "Enabled"}]}),
        ),
    ]);
    let primary = buckets(true);
    let input = ParityInput { retarget: world.input("app", Some(&primary)), retargeted: &result };
    let parity = parity(&primary, &standby, &input);
    assert!(parity.holds(), "{:#?}", parity.findings);
    assert_eq!(parity.explained.get("data"), Some(&1));
}

#[test]
fn a_bucket_that_is_not_replicated_says_what_to_add() {
    let (main, _) = BUCKETS.split_once("\nresource \"aws_s3_bucket_versioning\"").unwrap();
    let (_, result) = run(&plan("data \"aws_s3_bucket.b\" { from = \"replica\" }"), main, &buckets(false));
    let finding = result.notes.iter().find(|note| note.code == codes::R_NOT_REPLICATED).expect("a finding");
    assert_eq!(finding.severity, Severity::Warning, "the standby's bucket has to be there first");
    let json = serde_json::to_string(&finding.evidence).unwrap();
    for part in
        ["aws_s3_bucket_versioning", "arn:aws:s3:::assets-eu-central-1", "aws_s3_bucket_replication_configuration"]
    {
        assert!(json.contains(part), "{json}");
    }
}

#[test]
fn a_replica_of_two_calls_of_one_module_is_asked_and_its_address_is_the_modules() {
    let files = |main: &str| {
        tree(&[
            ("main.tf", main),
            ("m/main.tf", "resource \"aws_db_instance\" \"db\" {\n  instance_class = \"a\"\n}\n"),
        ])
    };
    let call = |name: &str| format!("module \"{name}\" {{\n  source = \"./m\"\n}}\n");
    let world = plan("data \"module.a.aws_db_instance.db\" { from = \"replica\" }\ndata \"*\" { from = \"empty\" }");
    let mut recorded = one_object(("aws_db_instance", "db"), json!({"arn": "arn:a"}));
    recorded["module"] = json!("module.a");
    let state = state(&[recorded]);
    let one = retarget(&files(&call("a")), &world.input("app", Some(&state))).unwrap();
    let text = String::from_utf8_lossy(&one.files[Path::new("m/main.tf")]).into_owned();
    assert!(one.open.is_empty() && text.contains("replicate_source_db = \"arn:a\""), "{text}");
    let two = retarget(&files(&(call("a") + &call("b"))), &world.input("app", Some(&state))).unwrap();
    assert!(two.open[0].what.contains("called more than once"), "{:#?}", two.open);
}

#[test]
fn a_source_that_is_a_replica_itself_follows_its_own() {
    let main = "resource \"aws_db_instance\" \"read\" {\n  instance_class      = \"a\"\n  replicate_source_db = aws_db_instance.main.identifier\n}\n";
    let (text, result) = run(&plan(""), main, &state(&[]));
    assert_eq!((text.as_str(), result.open.len()), (main, 0));
}

#[test]
fn a_module_of_databases_and_replicas_is_asked_for_what_is_no_replica() {
    let module = r#"variable "copy_of" {
  default = null
}

resource "aws_db_instance" "db" {
  instance_class      = "a"
  replicate_source_db = var.copy_of
  username            = var.copy_of == null ? "owner" : null
}

output "arn" {
  value = aws_db_instance.db.arn
}
"#;
    let first = "module \"first\" {\n  source = \"./wrap\"\n}\n";
    let read = "module \"read\" {\n  source  = \"./wrap\"\n  copy_of = module.first.arn\n}\n";
    let wrap = r#"variable "copy_of" {
  type    = string
  default = ""
}

module "inner" {
  source  = "../db"
  copy_of = var.copy_of
}

output "arn" {
  value = module.inner.arn
}
"#;
    let made = |main: &str, world: &World, state: &State| {
        let files = tree(&[("main.tf", main), ("wrap/main.tf", wrap), ("db/main.tf", module)]);
        retarget(&files, &world.input("app", Some(state))).expect("valid HCL")
    };
    let both = made(&format!("{first}{read}"), &plan(""), &state(&[]));
    assert_eq!(
        asked(&both),
        [(
            "module.first.module.inner.aws_db_instance.db holds data, and the plan does not say what the standby's has in it"
                .to_owned(),
            Some("data \"module.first.module.inner.aws_db_instance.db\" { from = \"replica\" }".to_owned())
        )]
    );
    // The block is the replica's too.
    let choice = plan("data \"module.first.module.inner.aws_db_instance.db\" { from = \"replica\" }");
    let shared = made(&format!("{first}{read}"), &choice, &state(&[]));
    assert!(shared.open[0].what.contains("called more than once"), "{:#?}", shared.open);
    let mut recorded = one_object(("aws_db_instance", "db"), json!({"arn": ARN}));
    recorded["module"] = json!("module.first.module.inner");
    let alone = made(first, &choice, &state(&[recorded]));
    let text = String::from_utf8_lossy(&alone.files[Path::new("db/main.tf")]).into_owned();
    assert!(alone.open.is_empty() && text.contains(&format!("  replicate_source_db = \"{ARN}\"\n")), "{text}");
    // Each that is made empty is told.
    let empty = made(&format!("{first}{read}"), &plan("data \"*\" { from = \"empty\" }"), &state(&[]));
    let told: Vec<_> = empty.data.iter().map(|data| data.address.as_str()).collect();
    assert_eq!(told, ["module.first.module.inner.aws_db_instance.db"]);
}

#[test]
fn the_source_of_a_replica_is_no_residue_and_its_differences_are_explained() {
    let world = plan("data \"aws_db_instance.main\" { from = \"replica\" }");
    let primary = state(&[one_object(
        ("aws_db_instance", "main"),
        json!({"arn": ARN, "id": "db-AAAA", "storage_encrypted": true, "username": "orders", "password": "p", "replicate_source_db": ""}),
    )]);
    let (_, retargeted) = run(&world, INSTANCE, &primary);
    let planned = |attribute: &str| {
        let values = json!({attribute: ARN, "instance_class": "db.t4g.medium"});
        let resource = json!({"address": "aws_db_instance.main", "mode": "managed", "type": "aws_db_instance", "name": "main",
                              "values": values, "sensitive_values": {}});
        let json = json!({"format_version": "1.2", "planned_values": {"root_module": {"resources": [resource]}}});
        PlanJson::parse("plan", json.to_string().as_bytes()).unwrap()
    };
    let found = |attribute: &str| {
        let input = ResidueInput { retarget: world.input("app", None), primary_states: &[&primary] };
        residue(&planned(attribute), &input).into_iter().map(|one| (one.code, one.message)).collect::<Vec<_>>()
    };
    assert_eq!(
        found("replicate_source_db"),
        [(
            codes::R_RESIDUE_ALLOWED,
            "replicate_source_db names the primary region, as the source of a replica does".to_owned()
        )]
    );
    assert_eq!(found("monitoring_role_arn")[0].0, codes::R_RESIDUE);

    let standby = state(&[one_object(
        ("aws_db_instance", "main"),
        json!({"arn": ARN.replace("eu-west-1", "eu-central-1"), "id": "db-BBBB", "storage_encrypted": true, "username": "orders",
               "password": null, "replicate_source_db": ARN}),
    )]);
    let input = ParityInput { retarget: world.input("app", Some(&primary)), retargeted: &retargeted };
    let parity = parity(&primary, &standby, &input);
    assert!(parity.holds(), "{:#?}", parity.findings);
    assert_eq!(parity.explained.get("data"), Some(&1));
    assert!(parity.findings[0].message.starts_with("its data: a replica of"), "{:#?}", parity.findings);
}
