//! Which copied snapshot a restore takes.

mod world;

use pilotlight_findings::{Region, codes};
use pilotlight_rebuild::{
    CatalogError, DatabaseId, SnapshotCatalog, SnapshotCopy, SnapshotSource, observe_copies, wants_copies,
};
use pilotlight_tfstate::State;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use world::World;

const PLAN: &str = r#"plan "t" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}
stack "app" {
  source = "../app"
  state  = "file:../app/terraform.tfstate"
  standby {
    data "aws_db_instance.main" { from = "snapshot" }
    data "aws_ebs_volume.data" { from = "snapshot" }
    data "aws_rds_cluster.named" {
      from     = "snapshot"
      snapshot = "mine"
    }
  }
}
stack "web" {
  source = "../web"
  state  = "file:../web/terraform.tfstate"
  standby {
    data "*" { from = "empty" }
  }
}
"#;

/// Copies by what they are of; a region without any entry does not answer.
struct Catalog(Option<Vec<(SnapshotSource, &'static str, i64)>>);

#[async_trait::async_trait]
impl SnapshotCatalog for Catalog {
    async fn copies(
        &self,
        from: &Region,
        to: &Region,
        source: &SnapshotSource,
    ) -> Result<Vec<SnapshotCopy>, CatalogError> {
        assert_eq!((from.as_str(), to.as_str()), ("eu-west-1", "eu-central-1"));
        let Some(known) = &self.0 else {
            return Err(CatalogError {
                region: to.clone(),
                what: "snapshots of databases",
                reason: "denied".to_owned(),
                remedy: None,
            });
        };
        let of = known.iter().filter(|(of, ..)| of == source);
        Ok(of.map(|(_, id, taken)| SnapshotCopy { id: (*id).to_owned(), taken: *taken }).collect())
    }
}

fn state(objects: &[(&str, &str, Option<&str>, Value)]) -> State {
    let objects: Vec<Value> = objects
        .iter()
        .map(|(kind, name, key, attributes)| {
            let mut instance = json!({"schema_version": 0, "attributes": attributes});
            if let Some(key) = key {
                instance["index_key"] = json!(key);
            }
            json!({"mode": "managed", "type": kind, "name": name,
                   "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]", "instances": [instance]})
        })
        .collect();
    world::state(&Value::Array(objects).to_string())
}

fn primary() -> State {
    state(&[
        ("aws_db_instance", "main", None, json!({"arn": "arn:db", "identifier": "orders", "resource_id": "db-A"})),
        ("aws_ebs_volume", "data", Some("eu-west-1a"), json!({"id": "vol-1"})),
        ("aws_rds_cluster", "named", None, json!({"arn": "arn:c", "cluster_identifier": "c"})),
    ])
}

async fn found(catalog: &Catalog, standby: Option<&State>) -> (BTreeMap<String, String>, Vec<String>) {
    let world = World::of(PLAN);
    let (stack, mut copies) = (world.plan.stack("app").expect("the stack"), BTreeMap::new());
    let regions = (&world.plan.primary, &world.plan.standby);
    let notes = observe_copies(catalog, regions, stack, &primary(), standby, &mut copies).await;
    assert!(notes.iter().all(|note| note.code == codes::R_COPIES));
    (copies, notes.into_iter().map(|note| note.message).collect())
}

fn catalog() -> Catalog {
    let orders = || {
        SnapshotSource::Instance(DatabaseId { identifier: "orders".to_owned(), resource_id: Some("db-A".to_owned()) })
    };
    Catalog(Some(vec![
        (orders(), "older", 1),
        (orders(), "newest", 3),
        (orders(), "old", 2),
        (SnapshotSource::Volume("vol-1".to_owned()), "snap-0c", 1),
    ]))
}

#[tokio::test]
async fn the_newest_is_taken_and_only_what_the_plan_restores_is_asked() {
    let (copies, notes) = found(&catalog(), None).await;
    let expected = [("arn:db", "newest"), ("vol-1", "snap-0c")].map(|(of, id)| (of.to_owned(), id.to_owned()));
    assert_eq!((copies, notes), (BTreeMap::from(expected), Vec::new()));
    let world = World::of(PLAN);
    assert!(wants_copies(world.plan.stack("app").unwrap()) && !wants_copies(world.plan.stack("web").unwrap()));
}

#[tokio::test]
async fn a_standby_keeps_what_it_was_made_from() {
    let standby = state(&[
        ("aws_db_instance", "main", None, json!({"arn": "arn:standby", "snapshot_identifier": "older"})),
        ("aws_ebs_volume", "data", Some("eu-central-1a"), json!({"id": "vol-2", "snapshot_id": "snap-0a"})),
    ]);
    let (copies, _) = found(&catalog(), Some(&standby)).await;
    assert_eq!((copies["arn:db"].as_str(), copies["vol-1"].as_str()), ("older", "snap-0a"));
    // One that was made empty before has none of its own.
    let empty = state(&[("aws_db_instance", "main", None, json!({"arn": "arn:standby", "snapshot_identifier": null}))]);
    assert_eq!(found(&catalog(), Some(&empty)).await.0["arn:db"], "newest");
}

#[tokio::test]
async fn a_region_that_does_not_say_is_a_finding() {
    let (copies, notes) = found(&Catalog(None), None).await;
    assert!(copies.is_empty());
    assert_eq!(
        notes[0],
        "copies of the snapshots of aws_db_instance.main are not known: failed to ask eu-central-1 for its snapshots of databases: denied"
    );
}
