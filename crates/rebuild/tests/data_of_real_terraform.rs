//! What the plan's `data` makes of databases, volumes and buckets, as the real AWS provider sees it: formatted, and
//! valid. It needs terraform on PATH and the AWS provider in a mirror on this machine.

mod real;
mod world;

use pilotlight_rebuild::{SourceTree, retarget};
use real::{terraform, words, write};
use std::path::Path;
use world::World;

const MAIN: &str = r#"terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

variable "password" {
  type      = string
  sensitive = true
}

resource "aws_kms_key" "main" {}

resource "aws_db_instance" "replica" {
  identifier          = "orders"
  engine              = "postgres"
  engine_version      = "16.3"
  instance_class      = "db.t4g.medium"
  allocated_storage   = 20
  storage_encrypted   = true
  kms_key_id          = aws_kms_key.main.arn
  skip_final_snapshot = true

  db_name                     = "orders"
  username                    = "orders"
  manage_master_user_password = true

  backup_retention_period = 7
}

resource "aws_db_instance" "restored" {
  count = 2

  identifier          = "reports-${count.index}"
  engine              = "mysql"
  instance_class      = "db.t4g.medium"
  allocated_storage   = 20
  username            = "reports"
  password            = var.password
  skip_final_snapshot = true

  lifecycle {
    ignore_changes = [password]
  }
}

resource "aws_rds_cluster" "replica" {
  cluster_identifier  = "cart"
  engine              = "aurora-mysql"
  database_name       = "cart"
  master_username     = "cart"
  master_password     = var.password
  skip_final_snapshot = true
}

resource "aws_rds_global_cluster" "main" {
  global_cluster_identifier = "stock"
  engine                    = "aurora-postgresql"
  engine_version            = "16.3"
}

resource "aws_rds_cluster" "secondary" {
  cluster_identifier        = "stock"
  engine                    = "aurora-postgresql"
  engine_version            = "16.3"
  global_cluster_identifier = aws_rds_global_cluster.main.id
  master_username           = "stock"
  master_password           = var.password
  skip_final_snapshot       = true
}

resource "aws_rds_cluster" "restored" {
  cluster_identifier  = "past"
  engine              = "aurora-mysql"
  master_username     = "past"
  master_password     = var.password
  skip_final_snapshot = true
}

resource "aws_ebs_volume" "data" {
  for_each = toset(["eu-west-1a", "eu-west-1b"])

  availability_zone = each.key
  size              = 8
}

resource "aws_s3_bucket" "assets" {
  bucket = "assets-eu-west-1"
}

resource "aws_s3_bucket_replication_configuration" "assets" {
  bucket = aws_s3_bucket.assets.id
  role   = "arn:aws:iam::123456789012:role/replication"

  rule {
    id     = "standby"
    status = "Enabled"

    destination {
      bucket = "arn:aws:s3:::assets-eu-central-1"
    }
  }
}
"#;

const PLAN: &str = r#"plan "t" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}
stack "app" {
  source = "../app"
  state  = "file:../app/terraform.tfstate"
  standby {
    data "aws_db_instance.replica" { from = "replica" }
    data "aws_db_instance.restored" { from = "snapshot" }
    data "aws_rds_cluster.replica" { from = "replica" }
    data "aws_rds_cluster.secondary" { from = "replica" }
    data "aws_rds_cluster.restored" {
      from     = "snapshot"
      snapshot = "past-2026"
    }
    data "aws_ebs_volume.data" { from = "snapshot" }
    data "aws_s3_bucket.assets" { from = "replica" }
  }
}
"#;

const PROVIDER: &str = r#""provider": "provider[\"registry.terraform.io/hashicorp/aws\"]""#;

fn state() -> String {
    let object = |kind: &str, name: &str, instances: &str| {
        format!(r#"{{"mode": "managed", "type": "{kind}", "name": "{name}", {PROVIDER}, "instances": [{instances}]}}"#)
    };
    let one = |attributes: &str| format!(r#"{{"schema_version": 0, "attributes": {{{attributes}}}}}"#);
    let keyed = |key: &str, attributes: &str| {
        format!(r#"{{"index_key": {key}, "schema_version": 0, "attributes": {{{attributes}}}}}"#)
    };
    let objects = [
        object(
            "aws_db_instance",
            "replica",
            &one(r#""arn": "arn:aws:rds:eu-west-1:123456789012:db:orders", "storage_encrypted": true"#),
        ),
        object(
            "aws_db_instance",
            "restored",
            &[keyed("0", r#""arn": "arn:0""#), keyed("1", r#""arn": "arn:1""#)].join(", "),
        ),
        object("aws_rds_cluster", "replica", &one(r#""arn": "arn:aws:rds:eu-west-1:123456789012:cluster:cart""#)),
        object("aws_rds_global_cluster", "main", &one(r#""id": "stock""#)),
        object("aws_rds_cluster", "secondary", &one(r#""arn": "a", "global_cluster_identifier": "stock""#)),
        object(
            "aws_ebs_volume",
            "data",
            &[keyed(r#""eu-west-1a""#, r#""id": "vol-a""#), keyed(r#""eu-west-1b""#, r#""id": "vol-b""#)].join(", "),
        ),
        object("aws_s3_bucket", "assets", &one(r#""id": "assets-eu-west-1", "bucket": "assets-eu-west-1""#)),
        object(
            "aws_s3_bucket_replication_configuration",
            "assets",
            &one(
                r#""bucket": "assets-eu-west-1", "rule": [{"destination": [{"bucket": "arn:aws:s3:::assets-eu-central-1"}]}]"#,
            ),
        ),
    ];
    format!("[{}]", objects.join(", "))
}

#[test]
fn each_choice_is_formatted_and_valid() {
    let mut world = World::of(PLAN);
    for (source, copy) in [("arn:0", "copy-0"), ("arn:1", "copy-1"), ("vol-a", "snap-0a"), ("vol-b", "snap-0b")] {
        world.copies.insert(source.to_owned(), copy.to_owned());
    }
    let state = world::state(&state());
    let source = SourceTree::from_files("app", [("main.tf".into(), MAIN.as_bytes().to_vec())]).unwrap();
    let result = retarget(&source, &world.input("app", Some(&state))).unwrap();
    assert!(result.open.is_empty(), "{:#?}", result.open);
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in &result.files {
        write(folder.path(), path, bytes);
    }
    let text = String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned();
    for arguments in [
        &["fmt", "-check", "-diff"][..],
        &["init", "-backend=false", "-input=false", "-no-color"],
        &["validate", "-no-color"],
    ] {
        let output = terraform(folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}\n{text}", words(&output));
    }
    for line in [
        "replicate_source_db = \"arn:aws:rds:eu-west-1:123456789012:db:orders\"",
        "snapshot_identifier = [\"copy-0\", \"copy-1\"][count.index]",
        "ignore_changes = [password, snapshot_identifier]",
        "replication_source_identifier = \"arn:aws:rds:eu-west-1:123456789012:cluster:cart\"",
        "global_cluster_identifier = \"stock\"",
        "snapshot_identifier = \"past-2026\"",
        "snapshot_id = { eu-central-1a = \"snap-0a\", eu-central-1b = \"snap-0b\" }[each.key]",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    assert!(
        !text.contains("aws_s3_bucket_replication_configuration") && !text.contains("aws_rds_global_cluster"),
        "{text}"
    );
    // Twice is once.
    let again = SourceTree::from_files("app", result.files.clone()).unwrap();
    let second = retarget(&again, &world.input("app", Some(&state))).unwrap();
    assert_eq!(String::from_utf8_lossy(&second.files[Path::new("main.tf")]), text);
}
