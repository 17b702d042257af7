//! The proofs over what Terraform says: planned values and states.

mod world;

use pilotlight_findings::{Evidence, Finding, SENSITIVE, Severity, codes};
use pilotlight_rebuild::{ParityInput, ResidueInput, SourceTree, collisions, parity, residue, retarget};
use pilotlight_tfstate::{PlanJson, State};
use serde_json::{Value, json};
use world::World;

const PLAN: &str = r#"
plan "t" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}
stack "app" {
  source = "../app"
  state  = "s3://states/app.tfstate"
  standby {
    backend = { bucket = "states-2" }
    set "aws_instance.app" { instance_type = "t3.micro" }
    exclude = ["aws_route53_record.app"]
    map     = { "ami-0aaaaaaaaaaaaaaaa" = "ami-0bbbbbbbbbbbbbbbb" }
    allow   = ["arn:aws:iam::1:role/app-eu-west-1"]
  }
}
"#;

const SOURCE: &str = r#"
locals { addresses = [for z in keys(aws_instance.app) : aws_instance.app[z].public_ip] }
resource "aws_vpc" "main" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "s" {
  for_each          = toset(["eu-west-1a", "eu-west-1b"])
  vpc_id            = aws_vpc.main.id
  availability_zone = each.key
  tags              = { Name = "s-${each.key}" }
}
resource "aws_instance" "app" {
  ami           = "ami-0aaaaaaaaaaaaaaaa"
  instance_type = "t3.large"
  monitoring    = true
  password      = "p"
  subnet_id     = aws_subnet.s["eu-west-1a"].id
}
resource "aws_route53_zone" "main" { name = "shop.test" }
resource "aws_route53_record" "app" { name = "app.shop.test" }
resource "aws_route53_record" "regional" {
  name    = "eu-west-1.shop.test"
  records = local.addresses
}
"#;

fn source() -> SourceTree {
    SourceTree::from_files("app", [("main.tf".into(), SOURCE.as_bytes().to_vec())]).expect("valid HCL")
}

fn resource(resource_type: &str, name: &str, key: Option<&str>, attributes: Value) -> Value {
    let mut instance = json!({"schema_version": 0, "attributes": attributes, "sensitive_attributes": [[{"type": "get_attr", "value": "password"}]]});
    if let Some(key) = key {
        instance["index_key"] = key.into();
    }
    json!({"mode": "managed", "type": resource_type, "name": name,
           "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]", "instances": [instance]})
}

fn state(resources: Vec<Value>) -> State {
    // Instances of one resource stand together.
    let mut merged: Vec<Value> = Vec::new();
    for resource in resources {
        match merged.iter_mut().find(|known| known["type"] == resource["type"] && known["name"] == resource["name"]) {
            Some(known) => known["instances"]
                .as_array_mut()
                .expect("an array")
                .extend(resource["instances"].as_array().expect("an array").clone()),
            None => merged.push(resource),
        }
    }
    world::state(&Value::Array(merged).to_string())
}

/// One side of the estate; `n` makes its ids, `region` its names.
fn side(region: &str, n: char, ami: &str) -> Vec<Value> {
    let id = |kind: &str| format!("{kind}-{}", n.to_string().repeat(17));
    let (vpc, subnet, ip) = (id("vpc"), id("subnet"), format!("54.0.0.{}", n.to_digit(16).expect("a digit")));
    let zone = |letter: char| format!("{region}{letter}");
    let mut resources = vec![
        resource(
            "aws_vpc",
            "main",
            None,
            json!({"id": vpc, "cidr_block": "10.0.0.0/16", "arn": format!("arn:aws:ec2:{region}:1:vpc/{vpc}")}),
        ),
        resource(
            "aws_instance",
            "app",
            None,
            json!({"id": id("i"), "ami": ami, "instance_type": "t3.large", "monitoring": true, "password": "p", "public_ip": ip, "subnet_id": subnet, "private_dns": null}),
        ),
        resource(
            "aws_route53_record",
            "regional",
            None,
            json!({"id": format!("Z_{region}"), "zone_id": "Z", "type": "A", "name": format!("{region}.shop.test"), "records": [ip]}),
        ),
    ];
    for letter in ['a', 'b'] {
        let attributes = json!({"id": if letter == 'a' { subnet.clone() } else { format!("{subnet}b") }, "vpc_id": vpc, "availability_zone": zone(letter), "tags": {"Name": format!("s-{}", zone(letter))}});
        resources.push(resource("aws_subnet", "s", Some(&zone(letter)), attributes));
    }
    resources
}

fn primary() -> Vec<Value> {
    let mut resources = side("eu-west-1", 'a', "ami-0aaaaaaaaaaaaaaaa");
    resources.push(resource("aws_route53_zone", "main", None, json!({"id": "Z", "zone_id": "Z"})));
    resources.push(resource(
        "aws_route53_record",
        "app",
        None,
        json!({"id": "Z_app", "zone_id": "Z", "type": "A", "name": "app.shop.test"}),
    ));
    resources
}

fn standby() -> Vec<Value> {
    let mut resources = side("eu-central-1", 'b', "ami-0bbbbbbbbbbbbbbbb");
    resources[1]["instances"][0]["attributes"]["instance_type"] = "t3.micro".into();
    resources
}

fn compare(standby: Vec<Value>) -> pilotlight_rebuild::Parity {
    let world = World::of(PLAN);
    let primary = state(primary());
    let input = world.input("app", Some(&primary));
    let retargeted = retarget(&source(), &input).expect("valid HCL");
    parity(&primary, &state(standby), &ParityInput { retarget: input, retargeted: &retargeted })
}

fn errors(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.severity >= Severity::Error).collect()
}

#[test]
fn a_rebuilt_standby_is_in_parity_and_says_what_is_explained() {
    let parity = compare(standby());
    assert!(parity.holds(), "{:#?}", parity.findings);
    assert_eq!((parity.in_parity, parity.differing), (5, 0));
    assert_eq!(parity.explained, [("global", 1), ("exclude", 1), ("set", 1)].into());
    assert!(errors(&parity.findings).is_empty());
    let set = parity.findings.iter().find(|finding| finding.message.contains("sets it")).unwrap();
    assert_eq!(set.evidence, [Evidence::change("instance_type", json!("t3.large"), json!("t3.micro"))]);
}

#[test]
fn each_unexplained_difference_is_found_and_no_other() {
    for (index, attribute, value, shown) in [
        (0, "cidr_block", json!("10.9.0.0/16"), [json!("10.0.0.0/16"), json!("10.9.0.0/16")]),
        (1, "monitoring", json!(false), [json!(true), json!(false)]),
        (1, "ami", json!("ami-0cccccccccccccccc"), [json!("ami-0bbbbbbbbbbbbbbbb"), json!("ami-0cccccccccccccccc")]),
        (1, "password", json!("other"), [json!(SENSITIVE), json!(SENSITIVE)]),
        (2, "name", json!("x.shop.test"), [json!("eu-central-1.shop.test"), json!("x.shop.test")]),
        (4, "availability_zone", json!("eu-central-1a"), [json!("eu-central-1b"), json!("eu-central-1a")]),
    ] {
        let mut other = standby();
        other[index]["instances"][0]["attributes"][attribute] = value;
        let parity = compare(other);
        let found = errors(&parity.findings);
        assert_eq!((found.len(), parity.differing), (1, 1), "{attribute}: {:#?}", parity.findings);
        assert_eq!(found[0].code, codes::R_PARITY);
        let [old, new] = shown;
        assert_eq!(found[0].evidence, [Evidence::change(attribute, old, new)]);
    }
    let mut tags = standby();
    tags[3]["instances"][0]["attributes"]["tags"] = json!({"Name": "s-eu-west-1a"});
    let found = compare(tags);
    assert_eq!(
        errors(&found.findings)[0].evidence,
        [Evidence::change("tags.Name", json!("s-eu-central-1a"), json!("s-eu-west-1a"))]
    );
}

#[test]
fn what_one_side_lacks_is_named() {
    let mut other = standby();
    other.remove(4);
    other.push(resource("aws_vpc", "extra", None, json!({"id": "vpc-1"})));
    let parity = compare(other);
    let found: Vec<_> =
        errors(&parity.findings).into_iter().map(|finding| (finding.code, finding.subject.to_string())).collect();
    let missing = (codes::R_PARITY_MISSING, "app: aws_subnet.s[\"eu-west-1b\"]".to_owned());
    let extra = (codes::R_PARITY_EXTRA, "app: aws_vpc.extra".to_owned());
    assert_eq!(found, [missing, extra]);
}

fn planned(resources: Value) -> PlanJson {
    let text = json!({"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {"root_module": {"resources": resources}},
                      "resource_changes": [], "configuration": {}});
    PlanJson::parse("plan", text.to_string().as_bytes()).expect("a plan")
}

fn planned_resource(resource_type: &str, values: Value, sensitive: Value) -> Value {
    json!({"address": format!("{resource_type}.x"), "mode": "managed", "type": resource_type, "name": "x",
           "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0, "values": values, "sensitive_values": sensitive})
}

#[test]
fn residue_is_found_wherever_it_is() {
    let plan = planned(json!([planned_resource(
        "aws_instance",
        json!({
            "clean": "eu-central-1 eu-west-10 54.0.0.1 ami-0bbbbbbbbbbbbbbbb Z 10.0.0.0/16",
            "zone": "eu-west-1c",
            "list": [{"url": "https://sqs.eu-west-1.amazonaws.com"}],
            "tags": {"a b": "in eu-west-1"},
            "tags_all": {"a b": "in eu-west-1", "own": "eu-west-1"},
            "image": "ami-0aaaaaaaaaaaaaaaa",
            "vpc": "vpc-aaaaaaaaaaaaaaaaa",
            "records": ["54.0.0.10"],
            "password": "eu-west-1",
            "role": "arn:aws:iam::1:role/app-eu-west-1",
        }),
        json!({"password": true}),
    )]));
    let world = World::of(PLAN);
    let primary = state(primary());
    let input = ResidueInput { retarget: world.input("app", None), primary_states: &[&primary] };
    let found = residue(&plan, &input);
    let mut texts: Vec<_> = errors(&found).into_iter().map(|finding| finding.message.clone()).collect();
    texts.sort();
    assert_eq!(
        texts,
        [
            "image names ami-0aaaaaaaaaaaaaaaa, which the map replaces",
            "list[0].url names the primary region",
            "password names the primary region",
            "records[0] names 54.0.0.10, which is aws_instance.app of the primary",
            "tags[\"a b\"] names the primary region",
            "tags_all.own names the primary region",
            "vpc names vpc-aaaaaaaaaaaaaaaaa, which is aws_vpc.main of the primary",
            "zone names eu-west-1c, a zone of the primary",
        ]
    );
    let secret = found.iter().find(|finding| finding.message.starts_with("password")).unwrap();
    assert_eq!(secret.evidence, [Evidence::fact("password", SENSITIVE)]);
    let allowed: Vec<_> = found
        .iter()
        .filter(|finding| finding.code == codes::R_RESIDUE_ALLOWED)
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(allowed, ["role names the primary region"]);
}

#[test]
fn what_is_allowed_is_listed_and_protects_nothing_else() {
    let plan = planned(json!([planned_resource(
        "aws_sqs_queue",
        json!({
            "inside": "{\"Resource\": \"arn:aws:iam::1:role/app-eu-west-1\"}",
            "beside": "arn:aws:iam::1:role/app-eu-west-1 eu-west-1",
            "longer": "arn:aws:iam::1:role/app-eu-west-1b",
            "id": "vpc-aaaaaaaaaaaaaaaaa",
            "ids": "vpc-aaaaaaaaaaaaaaaaa subnet-aaaaaaaaaaaaaaaaa",
        }),
        json!({}),
    )]));
    let allow = "\"arn:aws:iam::1:role/app-eu-west-1\"";
    let world = World::of(&PLAN.replace(allow, &format!("{allow}, \"vpc-aaaaaaaaaaaaaaaaa\"")));
    let primary = state(primary());
    let input = ResidueInput { retarget: world.input("app", None), primary_states: &[&primary] };
    let mut found: Vec<_> =
        residue(&plan, &input).into_iter().map(|finding| (finding.severity, finding.message)).collect();
    found.sort();
    let expected = [
        (Severity::Info, "id names vpc-aaaaaaaaaaaaaaaaa, which is aws_vpc.main of the primary"),
        (Severity::Info, "inside names the primary region"),
        (Severity::Error, "beside names the primary region"),
        (Severity::Error, "ids names subnet-aaaaaaaaaaaaaaaaa, which is aws_subnet.s[\"eu-west-1a\"] of the primary"),
        (Severity::Error, "longer names eu-west-1b, a zone of the primary"),
    ];
    assert_eq!(found, expected.map(|(severity, message)| (severity, message.to_owned())));
}

#[test]
fn names_of_a_private_zone_are_the_standbys_own() {
    let zone = |networks: Value| {
        state(vec![resource("aws_route53_zone", "z", None, json!({"name": "eu-west-1.inner.test", "vpc": networks}))])
    };
    let plan =
        planned(json!([planned_resource("aws_route53_record", json!({"name": "eu-west-1.inner.test"}), json!({}))]));
    let world = World::of(PLAN);
    for (networks, found) in [(json!([{"vpc_id": "vpc-1"}]), 1), (json!([]), 0)] {
        let primary = zone(networks);
        let input = ResidueInput { retarget: world.input("app", None), primary_states: &[&primary] };
        assert_eq!(residue(&plan, &input).len(), found);
    }
}

#[test]
fn what_is_in_an_excluded_module_is_explained() {
    let world =
        World::of(&PLAN.replace("[\"aws_route53_record.app\"]", "[\"module.reports\", \"aws_route53_record.app\"]"));
    let mut tree = source();
    let main = format!("{SOURCE}module \"reports\" {{ source = \"terraform-aws-modules/sqs/aws\" }}\n");
    tree.files.insert("main.tf".into(), main.into_bytes());
    let mut resources = primary();
    let mut inside = resource("aws_sqs_queue", "q", None, json!({"id": "q"}));
    inside["module"] = "module.reports".into();
    resources.push(inside);
    let primary = state(resources);
    let input = world.input("app", Some(&primary));
    let retargeted = retarget(&tree, &input).expect("valid HCL");
    let found = parity(&primary, &state(standby()), &ParityInput { retarget: input, retargeted: &retargeted });
    assert!(found.holds(), "{:#?}", found.findings);
    assert_eq!(found.explained["exclude"], 2);
}

#[test]
fn names_that_are_taken_are_found_in_the_plan() {
    let primary = state(primary());
    let record = |name: &str, set: Value| {
        planned_resource(
            "aws_route53_record",
            json!({"zone_id": "Z", "type": "A", "name": name, "set_identifier": set}),
            json!({}),
        )
    };
    for (name, set, taken) in [
        ("App.shop.test.", Value::Null, true),
        ("app.shop.test", json!("standby"), false),
        ("other.shop.test", Value::Null, false),
    ] {
        let found = collisions("app", &planned(json!([record(name, set)])), &[&primary]);
        assert_eq!(found.len(), usize::from(taken), "{name}: {found:#?}");
    }
}
