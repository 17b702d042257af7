//! Which bucket and region a state has.

use super::*;

#[test]
fn a_bucket_that_stays_keeps_its_region_and_the_plans_region_wins() {
    let main = format!("{BACKEND}\nlocals {{\n  r = \"eu-west-1\"\n}}\n").replace("\"states\"", "\"states-eu-west-1\"");
    let world = |backend: &str| {
        let plan = PLAN.replace("backend = { bucket = \"states-eu-central-1\", dynamodb_table = \"locks\" }", backend);
        World::of(&plan.replace("s3://states/app", "s3://states-eu-west-1/app"))
    };
    let text = |backend: &str| {
        let result = retarget(&tree(&[("main.tf", &main)]), &world(backend).input("app", None)).unwrap();
        assert!(result.open.is_empty(), "{:#?}", result.open);
        String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned()
    };
    let expected = |bucket: &str, key: &str, region: &str| {
        format!("    bucket = \"{bucket}\"\n    key    = \"{key}\"\n    region = \"{region}\"\n")
    };
    for (backend, bucket, key, region) in [
        ("backend = { key = \"standby/app.tfstate\" }", "states-eu-west-1", "standby/app.tfstate", "eu-west-1"),
        ("backend = { bucket = \"other\" }", "other", "app.tfstate", "eu-central-1"),
        ("backend = { bucket = \"other\", region = \"eu-west-1\" }", "other", "app.tfstate", "eu-west-1"),
        ("backend = { bucket = \"other\", region = \"eu-north-1\" }", "other", "app.tfstate", "eu-north-1"),
    ] {
        let text = text(backend);
        assert!(text.contains(&expected(bucket, key, region)), "{backend}: {text}");
        assert!(text.contains("  r = \"eu-central-1\"\n"), "{text}");
    }
}

#[test]
fn another_stacks_region_is_the_one_that_the_plan_says() {
    let source = "data \"terraform_remote_state\" \"n\" {\n  backend = \"s3\"\n  config = {\n    bucket = \"states\"\n    key    = \"network.tfstate\"\n    region = \"eu-west-1\"\n  }\n}\n";
    for (backend, region) in [
        ("bucket = \"other\"", "eu-central-1"),
        ("bucket = \"other\", region = \"eu-north-1\"", "eu-north-1"),
        ("bucket = \"other\", region = \"eu-west-1\"", "eu-west-1"),
    ] {
        let world = World::of(&PLAN.replace("key = \"standby/network.tfstate\"", backend));
        let files = tree(&[("backend.tf", BACKEND), ("main.tf", source)]);
        let result = retarget(&files, &world.input("app", None)).unwrap();
        let text = String::from_utf8_lossy(&result.files[Path::new("main.tf")]).into_owned();
        assert!(
            text.contains(&format!(
                "    bucket = \"other\"\n    key    = \"network.tfstate\"\n    region = \"{region}\"\n"
            )),
            "{text}"
        );
    }
}
