//! Recovery kits: kept in every store, found again whole, passed over where they are not.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]

use async_trait::async_trait;
use jiff::Timestamp;
use pilotlight_findings::{Finding, Region, Severity};
use pilotlight_journal::{Fault, JournalStores, MemoryStore, Operation};
use pilotlight_plan::{DrPlan, Inputs};
use pilotlight_rebuild::{
    Catalog, CatalogError, Image, Offer, Rebuild, RecoveryKit, RegionCatalog, RegionMap, RememberingCatalog, find_kit,
    keep_kit,
};
use pilotlight_tfstate::State;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

const PLAN: &str = r#"plan "shop" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}

stack "app" {
  source = "app"
  state  = "file:app.tfstate"
}
"#;

fn plan() -> DrPlan {
    pilotlight_plan::parse("plans/shop.hcl", PLAN, &Inputs::default()).unwrap()
}

fn state(serial: u64) -> State {
    let text = format!(
        r#"{{"version": 4, "terraform_version": "1.11.4", "serial": {serial}, "lineage": "3f1c9f0e", "outputs": {{}}, "resources": [], "check_results": null}}"#
    );
    State::parse("s3://shop/app.tfstate", text.as_bytes()).unwrap()
}

fn kit(second: i64, state: &State) -> RecoveryKit {
    let offer = |region: &str| Offer { zones: vec![format!("{region}a")], images: Vec::new() };
    let catalog = Catalog { primary: offer("eu-west-1"), standby: offer("eu-central-1") };
    let zones = BTreeMap::from([("eu-west-1a".to_owned(), "eu-central-1a".to_owned())]);
    let map = RegionMap { zones, ..RegionMap::default() };
    RecoveryKit::take(&plan(), map, catalog, [("app", state)], Timestamp::from_second(second).unwrap())
}

/// Two stores with the kits of these serials, each a second after the one before.
async fn kept(serials: &[u64]) -> (MemoryStore, MemoryStore, JournalStores) {
    let (first, copy) = (MemoryStore::new("first"), MemoryStore::new("copy"));
    let stores = JournalStores::one(first.clone()).with_copy(copy.clone());
    for (second, serial) in (1_000..).zip(serials) {
        let state = state(*serial);
        assert_eq!(keep_kit(&stores, &kit(second, &state), [("app", &state)]).await.findings, []);
    }
    (first, copy, stores)
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

fn kits(store: &MemoryStore) -> Vec<String> {
    store.objects().into_keys().filter(|key| key.ends_with(".json")).collect()
}

fn state_copies(store: &MemoryStore) -> Vec<String> {
    store.objects().into_keys().filter(|key| key.contains("/states/")).collect()
}

/// Changes one byte in the middle of an object.
fn flip(store: &MemoryStore, key: &str) {
    let mut bytes = store.objects()[key].clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    store.tamper(key, Some(bytes));
}

#[tokio::test]
async fn the_newest_kit_comes_back_with_its_states_from_any_store() {
    let (first, copy, stores) = kept(&[3, 3, 4]).await;
    for store in [&first, &copy] {
        assert_eq!(
            kits(store),
            ["recovery/shop/0000000000.json", "recovery/shop/0000000001.json", "recovery/shop/0000000002.json"]
        );
        assert_eq!(state_copies(store).len(), 2, "a state that did not change is there once");
    }
    let search = find_kit(&stores, &plan()).await;
    let found = search.found.unwrap();
    assert_eq!((found.kit.clone(), found.states["app"].serial), (kit(1_002, &state(4)), 4));
    assert_eq!(found.states["app"].bytes(), state(4).bytes());
    assert_eq!((found.url.as_str(), search.findings), ("memory:first/recovery/shop/0000000002.json", vec![]));

    first.set_fault(|_, _| Some(Fault::LoseRequest));
    let search = find_kit(&stores, &plan()).await;
    assert_eq!(search.found.unwrap().url, "memory:copy/recovery/shop/0000000002.json");
    assert_eq!(codes(&search.findings), ["PL-J115"]);
}

#[tokio::test]
async fn a_kit_that_was_changed_is_passed_over_and_the_next_older_one_is_used() {
    let (first, copy, stores) = kept(&[3, 4]).await;
    flip(&first, "recovery/shop/0000000001.json");
    let search = find_kit(&stores, &plan()).await;
    assert_eq!(search.found.unwrap().url, "memory:copy/recovery/shop/0000000001.json", "the copy is as good");
    assert_eq!(search.findings[0].subject.to_string(), "memory:first/recovery/shop/0000000001.json");

    flip(&copy, "recovery/shop/0000000001.json");
    let search = find_kit(&stores, &plan()).await;
    assert_eq!(search.found.unwrap().states["app"].serial, 3);
    assert_eq!(codes(&search.findings), ["PL-R161"; 2]);
    assert!(search.findings.iter().all(|finding| finding.severity == Severity::Warning), "the search goes on");
}

#[tokio::test]
async fn each_byte_of_a_kit_counts() {
    let (first, _, _) = kept(&[3]).await;
    let stores = JournalStores::one(first.clone());
    let key = "recovery/shop/0000000000.json";
    let whole = first.objects()[key].clone();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        first.tamper(key, Some(bytes));
        assert!(find_kit(&stores, &plan()).await.found.is_none(), "byte {at}");
    }
}

#[tokio::test]
async fn a_state_copy_that_is_damaged_or_missing_is_taken_from_another_store() {
    let (first, copy, stores) = kept(&[3, 4]).await;
    let newest = first.objects()["recovery/shop/0000000001.json"].clone();
    let newest = String::from_utf8(newest).unwrap();
    let of_newest = state_copies(&first).into_iter().find(|key| newest.contains(&key[21..85])).unwrap();
    for tampered in [first.objects()[&of_newest].clone(), Vec::new()] {
        match tampered.is_empty() {
            false => flip(&first, &of_newest),
            true => first.tamper(&of_newest, None),
        }
        let search = find_kit(&stores, &plan()).await;
        assert_eq!(search.found.unwrap().states["app"].serial, 4);
        assert_eq!(codes(&search.findings), ["PL-R161"]);
        assert!(search.findings[0].message.contains("the state of app is taken from another store"));
    }
    // With no whole copy left, the kit is none, and the one before it counts.
    flip(&copy, &of_newest);
    let search = find_kit(&stores, &plan()).await;
    assert_eq!(search.found.unwrap().states["app"].serial, 3);
    let last = search.findings.last().unwrap();
    assert!(last.message.contains("is passed over: no copy of the state of app is whole"), "{last:?}");
}

#[tokio::test]
async fn the_next_rebuild_heals_a_state_copy() {
    let (first, copy, stores) = kept(&[3]).await;
    let key = state_copies(&first).remove(0);
    flip(&first, &key);
    copy.tamper(&key, None);
    let state = state(3);
    let findings = keep_kit(&stores, &kit(2_000, &state), [("app", &state)]).await.findings;
    assert_eq!(codes(&findings), ["PL-R161"]);
    assert_eq!(state_copies(&first).len(), 2, "nothing is replaced");
    for store in [first, copy] {
        let search = find_kit(&JournalStores::one(store), &plan()).await;
        assert_eq!(search.found.unwrap().kit.taken_at.as_second(), 2_000);
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_named_and_none_at_all_is_an_error() {
    let (first, copy, stores) = kept(&[3]).await;
    let deny = |operation, _: &str| (operation == Operation::Create).then_some(Fault::Deny);
    copy.set_fault(deny);
    let state = state(4);
    let findings = keep_kit(&stores, &kit(2_000, &state), [("app", &state)]).await.findings;
    let told: Vec<(Severity, String)> =
        findings.iter().map(|finding| (finding.severity, finding.subject.to_string())).collect();
    assert_eq!(told, [(Severity::Warning, "memory:copy".to_owned())]);

    first.set_fault(deny);
    let findings = keep_kit(&stores, &kit(3_000, &state), [("app", &state)]).await.findings;
    assert!(findings.iter().all(|finding| finding.severity == Severity::Error && finding.code.as_str() == "PL-R163"));
    assert_eq!(findings.len(), 2);

    // A store that lagged has fewer kits, and a later one under a lower number is not the older one.
    first.clear_fault();
    copy.clear_fault();
    let lone = JournalStores::one(copy.clone());
    assert_eq!(keep_kit(&lone, &kit(4_000, &state), [("app", &state)]).await.findings, []);
    let search = find_kit(&stores, &plan()).await;
    assert_eq!(search.found.unwrap().url, "memory:copy/recovery/shop/0000000001.json");
}

#[tokio::test]
async fn two_rebuilds_at_once_keep_two_kits() {
    let store = MemoryStore::new("one");
    let stores = JournalStores::one(store.clone());
    let (one, two) = (state(3), state(4));
    let (one, two) = (kit(1_000, &one), kit(1_001, &two));
    let (of_one, of_two) = (state(3), state(4));
    let both =
        futures::future::join(keep_kit(&stores, &one, [("app", &of_one)]), keep_kit(&stores, &two, [("app", &of_two)]));
    let (one, two) = both.await;
    assert_eq!((one.findings, two.findings), (vec![], vec![]));
    assert_eq!(kits(&store), ["recovery/shop/0000000000.json", "recovery/shop/0000000001.json"]);
}

#[tokio::test]
async fn a_kit_of_other_regions_is_none() {
    let (_, _, stores) = kept(&[3]).await;
    let moved = PLAN.replace("eu-central-1", "eu-south-1");
    let moved = pilotlight_plan::parse("plans/shop.hcl", &moved, &Inputs::default()).unwrap();
    let search = find_kit(&stores, &moved).await;
    assert!(search.found.is_none());
    let why = format!("{:?}", search.findings[0].evidence);
    assert!(why.contains("it is of eu-west-1 and eu-central-1"), "{why}");
}

/// Two regions with images; counts what is asked of which.
struct World {
    asked: Mutex<Vec<String>>,
    standby: Vec<Image>,
    standby_zones: Vec<String>,
}

fn image(id: &str, name: &str) -> Image {
    Image {
        id: id.into(),
        name: name.into(),
        owner: "137112412989".into(),
        architecture: "x86_64".into(),
        ..Image::default()
    }
}

const WEB: &str = "ami-0aaaaaaaaaaaaaaaa";

impl World {
    fn new() -> Self {
        let standby_zones = ["a", "b"].map(|letter| format!("eu-central-1{letter}")).to_vec();
        Self { asked: Mutex::default(), standby: vec![image("ami-0bbbbbbbbbbbbbbbb", "web")], standby_zones }
    }

    fn asked_of(&self, region: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == region).count()
    }
}

#[async_trait]
impl RegionCatalog for World {
    async fn zones(&self, region: &Region) -> Result<Vec<String>, CatalogError> {
        self.asked.lock().unwrap().push(region.to_string());
        Ok(match region.as_str() {
            "eu-central-1" => self.standby_zones.clone(),
            // Not in the order of letters: the account has no zone a there.
            _ => vec!["eu-west-1b".into(), "eu-west-1c".into()],
        })
    }

    async fn images(&self, region: &Region, ids: &[String]) -> Result<Vec<Image>, CatalogError> {
        self.asked.lock().unwrap().push(region.to_string());
        let known = if region.as_str() == "eu-central-1" { self.standby.clone() } else { vec![image(WEB, "web")] };
        Ok(known.into_iter().filter(|image| ids.contains(&image.id)).collect())
    }

    async fn images_named(&self, region: &Region, name: &str, _: &str) -> Result<Vec<Image>, CatalogError> {
        self.asked.lock().unwrap().push(region.to_string());
        Ok(self.standby.iter().filter(|image| image.name == name).cloned().collect())
    }
}

#[tokio::test]
async fn the_map_without_the_primary_is_the_one_with_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("app")).unwrap();
    let source = format!("locals {{\n  image = \"{WEB}\"\n  zone = \"eu-west-1c\"\n}}\n");
    std::fs::write(folder.path().join("app/main.tf"), source).unwrap();
    let file = folder.path().join("shop.hcl").display().to_string();
    let plan = pilotlight_plan::parse(&file, PLAN, &Inputs::default()).unwrap();
    let rebuild = Rebuild::new(&plan, PathBuf::from("out"));

    let world = World::new();
    let catalog = RememberingCatalog::new(&world, &plan.primary, &plan.standby);
    let (map, _) = rebuild.region_map(&catalog).await.unwrap();
    assert_eq!(
        (map.zones["eu-west-1c"].as_str(), map.images[WEB].as_str()),
        ("eu-central-1b", "ami-0bbbbbbbbbbbbbbbb")
    );
    let kept = catalog.remembered().unwrap();
    assert_eq!((kept.primary.images.len(), kept.standby.images.len()), (1, 1));

    let dead = World::new();
    let catalog = RememberingCatalog::with_kept(&dead, &plan.primary, &plan.standby, &kept.primary);
    let (again, notes) = rebuild.region_map_as_built(&catalog, Some(&map)).await.unwrap();
    assert_eq!((&again, notes), (&map, vec![]));
    assert_eq!((dead.asked_of("eu-west-1"), catalog.remembered()), (0, None));
    assert!(dead.asked_of("eu-central-1") > 0);

    // What the standby was built with stays, also where another image has the name now; what is gone there does not.
    let changed = World { standby: vec![image("ami-0ccccccccccccccccc", "web")], ..World::new() };
    let catalog = RememberingCatalog::with_kept(&changed, &plan.primary, &plan.standby, &kept.primary);
    let (again, notes) = rebuild.region_map_as_built(&catalog, Some(&map)).await.unwrap();
    assert_eq!(again.images[WEB], "ami-0ccccccccccccccccc");
    assert!(notes[0].message.contains("eu-central-1 does not have ami-0bbbbbbbbbbbbbbbb any more"), "{notes:?}");

    let fewer = World { standby_zones: vec!["eu-central-1b".into(), "eu-central-1c".into()], ..World::new() };
    let catalog = RememberingCatalog::with_kept(&fewer, &plan.primary, &plan.standby, &kept.primary);
    let (again, notes) = rebuild.region_map_as_built(&catalog, Some(&map)).await.unwrap();
    assert_eq!(again.zones["eu-west-1b"], "eu-central-1b");
    assert!(notes[0].message.contains("eu-central-1 does not offer eu-central-1a any more"), "{notes:?}");
}
