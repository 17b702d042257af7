//! The sample estate of this repository, from its plan.

mod world;

use pilotlight_rebuild::{Rule, SourceTree, retarget, unified_diff};
use std::path::Path;
use world::World;

fn shop(stack: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/shop").join(stack)
}

#[test]
fn the_network_follows_its_region() {
    let world = World::shop();
    let tree = SourceTree::load(&shop("network")).unwrap();
    let result = retarget(&tree, &world.input("network", None)).unwrap();
    assert!(result.open.is_empty(), "{:#?}", result.open);
    let diff = unified_diff("network", &tree, &result);
    println!("{diff}");
    for line in [
        "+    bucket = \"shop-tfstate-eu-central-1\"",
        "+    region = \"eu-central-1\"",
        "+    \"eu-central-1a\" = \"10.20.0.0/20\"",
        "+    \"eu-central-1b\" = \"10.20.16.0/20\"",
        "+  tags = { Name = \"shop-eu-central-1\" }",
    ] {
        assert!(diff.contains(line), "{line} is missing in\n{diff}");
    }
    let residue: Vec<_> =
        result.files.values().filter(|bytes| String::from_utf8_lossy(bytes).contains("\"eu-west-1")).collect();
    assert!(residue.is_empty());
}

#[test]
fn the_app_refers_to_the_zone_and_leaves_out_the_traffic_record() {
    let world = World::shop();
    let state = world::state(
        r#"[{"mode": "managed", "type": "aws_route53_zone", "name": "shop",
             "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
             "instances": [{"schema_version": 0, "attributes": {"id": "Z0123456789ABC", "zone_id": "Z0123456789ABC", "name": "shop.test"}}]}]"#,
    );
    let tree = SourceTree::load(&shop("app")).unwrap();
    let result = retarget(&tree, &world.input("app", Some(&state))).unwrap();
    assert!(result.open.is_empty(), "{:#?}", result.open);
    let diff = unified_diff("app", &tree, &result);
    println!("{diff}");
    for line in [
        "-resource \"aws_route53_zone\" \"shop\" {",
        "-resource \"aws_route53_record\" \"app\" {",
        "+  zone_id = \"Z0123456789ABC\"",
        "+  value       = \"Z0123456789ABC\"",
        "+  name    = \"eu-central-1.app.shop.test\"",
        "+  instance_type               = \"t3.micro\"",
        "+    bucket = \"shop-tfstate-eu-central-1\"",
        "+  tags = { Name = \"shop-app-eu-central-1\" }",
    ] {
        assert!(diff.contains(line), "{line} is missing in\n{diff}");
    }
    assert!(diff.contains("ami-027198f65e9f969f8"));
    let globals: Vec<_> = result.globals.iter().map(|global| (global.address.as_str(), global.rule)).collect();
    assert_eq!(globals, [("aws_route53_record.app", Rule::Exclude), ("aws_route53_zone.shop", Rule::Global)]);
}

#[test]
fn without_the_primarys_state_the_zone_is_an_open_question() {
    let world = World::shop();
    let tree = SourceTree::load(&shop("app")).unwrap();
    let result = retarget(&tree, &world.input("app", None)).unwrap();
    assert!(
        result.open.iter().any(|question| question.what.contains("aws_route53_zone.shop.zone_id")),
        "{:#?}",
        result.open
    );
}
