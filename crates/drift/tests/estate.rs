//! A real estate: a state that Terraform 1.11.4 wrote with provider 5.100.0, and what the EC2 and Route 53 APIs
//! of an emulator answered right after that apply.

use pilotlight_drift::{
    DriftInput, DriftOutcome, LiveObject, LiveSnapshot, PlaceLive, Routing, StackState, decide, wanted,
};
use pilotlight_findings::{Code, Evidence, Region, Severity, Subject, Verdict, codes};
use pilotlight_tfstate::State;
use serde_json::{Value, json};

const STATE: &[u8] = include_bytes!("fixtures/estate.tfstate");
const LIVE: &str = include_str!("fixtures/estate-live.json");

fn region(code: &str) -> Region {
    Region::new(code).expect("region")
}

fn live() -> Vec<PlaceLive> {
    let regions: Vec<Value> = serde_json::from_str(LIVE).expect("fixture");
    let object = |object: &Value| {
        LiveObject::new(
            object["resource_type"].as_str().expect("type"),
            object["id"].as_str().expect("id"),
            object["attributes"].as_object().expect("attributes").clone(),
        )
    };
    regions
        .iter()
        .map(|live| {
            PlaceLive::native(
                region(live["region"].as_str().expect("region")),
                LiveSnapshot {
                    objects: live["objects"].as_array().expect("objects").iter().map(object).collect(),
                    ..LiveSnapshot::default()
                },
            )
        })
        .collect()
}

fn state() -> State {
    State::parse("estate.tfstate", STATE).expect("state")
}

fn run(state: &State, live: &[PlaceLive]) -> DriftOutcome {
    let stacks = [StackState::new("estate", region("eu-west-1"), state)];
    decide(&DriftInput::of(&stacks, &Routing::native(), live))
}

/// The id of a resource of the state, by the start of its address.
fn id(address: &str) -> String {
    let state = state();
    let managed = state.managed().find(|managed| managed.address().to_string() == address);
    managed.and_then(|managed| managed.id().map(str::to_owned)).expect(address)
}

fn object<'a>(live: &'a mut [PlaceLive], kind: &str, id: &str) -> &'a mut LiveObject {
    live.iter_mut()
        .flat_map(|live| &mut live.snapshot.objects)
        .find(|object| object.resource_type == kind && object.id == id)
        .unwrap_or_else(|| panic!("no {kind} {id}"))
}

fn remove(live: &mut [PlaceLive], kind: &str, id: &str) {
    object(live, kind, id);
    live.iter_mut()
        .for_each(|live| live.snapshot.objects.retain(|object| object.resource_type != kind || object.id != id));
}

/// What was found: code, severity, address.
fn found(outcome: &DriftOutcome) -> Vec<(Code, Severity, &str)> {
    let address = |subject: &'_ Subject| match subject {
        Subject::Resource { .. } => (),
        other => panic!("{other}"),
    };
    outcome
        .findings
        .iter()
        .map(|finding| {
            address(&finding.subject);
            let Subject::Resource { address, .. } = &finding.subject else { unreachable!("checked") };
            (finding.code, finding.severity, address.as_str())
        })
        .collect()
}

#[test]
fn an_untouched_estate_is_clean() {
    let state = state();
    let outcome = run(&state, &live());
    assert_eq!(found(&outcome), []);
    assert_eq!(outcome.verdict(), Verdict::Clean);
    assert_eq!((outcome.counts.in_sync, outcome.counts.not_in_cloud), (33, 1));
}

#[test]
fn three_changes_behind_terraforms_back_are_found_each_and_no_other() {
    let mut live = live();
    // Port 22 opened to the world on a group whose rules are all resources of their own.
    let group = object(&mut live, "aws_security_group", &id("aws_security_group.ruled"));
    let rules = group.attributes["ingress"].as_array_mut().expect("ingress");
    rules.push(
        json!({"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"], "description": ""}),
    );
    let record =
        object(&mut live, "aws_route53_record", &id("aws_route53_record.app").replace("_app_", "_app.shop.test_"));
    record.attributes["records"] = json!(["198.51.100.9"]);
    let instance = object(&mut live, "aws_instance", &id("aws_instance.web"));
    instance.attributes["instance_state"] = json!("terminated");

    let state = state();
    let outcome = run(&state, &live);
    assert_eq!(
        found(&outcome),
        [
            (codes::D_RECORD_MOVED, Severity::Critical, "aws_route53_record.app"),
            (codes::D_OPENED, Severity::Critical, "aws_security_group.ruled"),
            (codes::D_MISSING, Severity::Error, "aws_instance.web"),
        ]
    );
    assert_eq!(outcome.verdict(), Verdict::Findings);
    assert_eq!((outcome.counts.changed, outcome.counts.missing, outcome.counts.in_sync), (2, 1, 30));
    let [record, group, instance] = &outcome.findings[..] else { panic!("three") };
    assert_eq!(group.message, "it lets the Internet in: tcp 22 from 0.0.0.0/0");
    assert_eq!(group.evidence, [Evidence::change("ingress", Value::Null, json!("tcp 22 from 0.0.0.0/0"))]);
    assert!(group.remedy.as_deref().expect("remedy").contains("--region eu-west-1"));
    assert_eq!(
        record.evidence,
        [Evidence::change("records", json!(["192.0.2.7", "54.214.30.138"]), json!(["198.51.100.9"]))]
    );
    assert!(instance.message.ends_with("does not exist any more"), "{}", instance.message);
}

/// One thing done to the live side, and the one finding that it must give.
type Case = (&'static str, fn(&mut [PlaceLive]), &'static str, Code, &'static str);

fn set(live: &mut [PlaceLive], kind: &str, address: &str, attribute: &str, value: Value) {
    let object = object(live, kind, &id(address));
    assert!(object.attributes.insert(attribute.to_owned(), value).is_some(), "{kind} has no {attribute}");
}

const CASES: &[Case] = &[
    (
        "an inline rule is revoked",
        |live| set(live, "aws_security_group", "aws_security_group.inline", "egress", json!([])),
        "aws_security_group.inline",
        codes::D_CHANGED,
        "egress differs from the state",
    ),
    (
        "the last rule of a default group is opened",
        |live| {
            let rule = json!([{"protocol": "-1", "from_port": 0, "to_port": 0, "ipv6_cidr_blocks": ["::/0"]}]);
            set(live, "aws_security_group", "aws_default_security_group.d", "ingress", rule);
        },
        "aws_default_security_group.d",
        codes::D_OPENED,
        "it lets the Internet in: all traffic from ::/0",
    ),
    (
        "an inline rule's description is changed",
        |live| {
            let group = object(live, "aws_security_group", &id("aws_security_group.inline"));
            for rule in group.attributes["ingress"].as_array_mut().expect("ingress") {
                if rule["self"] != json!(true) && rule["cidr_blocks"] == json!(["10.0.0.0/8"]) {
                    rule["description"] = json!("why");
                }
            }
        },
        "aws_security_group.inline",
        codes::D_CHANGED,
        "ingress is \"tcp 443 from 10.0.0.0/8 (why)\", and \"tcp 443 from 10.0.0.0/8 (https)\" in the state",
    ),
    (
        "one of the two sources of a rule resource is revoked",
        |live| {
            let group = object(live, "aws_security_group", &id("aws_security_group.ruled"));
            let rules = group.attributes["ingress"].as_array_mut().expect("ingress");
            rules.retain(|rule| rule["cidr_blocks"] != json!(["10.9.0.0/16"]));
        },
        "aws_security_group_rule.http",
        codes::D_CHANGED,
        "ingress lacks one: tcp 80 from 10.9.0.0/16",
    ),
    (
        "the source group of a rule resource is revoked",
        |live| {
            let group = object(live, "aws_security_group", &id("aws_security_group.ruled"));
            group.attributes["ingress"].as_array_mut().expect("ingress").retain(|rule| rule["from_port"] != json!(81));
        },
        "aws_security_group_rule.from_sg",
        codes::D_MISSING,
        "sgrule-4059120680 does not exist any more",
    ),
    (
        "a route of a table is moved",
        |live| {
            let table = object(live, "aws_route_table", &id("aws_route_table.public"));
            for route in table.attributes["route"].as_array_mut().expect("routes") {
                if route["cidr_block"] == json!("0.0.0.0/0") {
                    (route["gateway_id"], route["nat_gateway_id"]) = (json!(""), json!("nat-1"));
                }
            }
        },
        "aws_route_table.public",
        codes::D_CHANGED,
        "route is \"0.0.0.0/0 to nat_gateway_id nat-1\", and \"0.0.0.0/0 to gateway_id igw-2b0cb384527d9320f\" in the state",
    ),
    (
        "a route that is a resource is deleted",
        |live| {
            let table = object(live, "aws_route_table", &id("aws_route_table.split"));
            table.attributes["route"]
                .as_array_mut()
                .expect("routes")
                .retain(|route| route["gateway_id"] == json!("local"));
        },
        "aws_route.default",
        codes::D_MISSING,
        "r-rtb-6f0ceb24b197728461080289494 does not exist any more",
    ),
    (
        "a route is added by hand",
        |live| {
            let table = object(live, "aws_route_table", &id("aws_route_table.split"));
            let route =
                json!({"cidr_block": "10.9.0.0/16", "vpc_peering_connection_id": "pcx-1", "origin": "CreateRoute"});
            table.attributes["route"].as_array_mut().expect("routes").push(route);
        },
        "aws_route_table.split",
        codes::D_CHANGED,
        "route has one more: 10.9.0.0/16 to vpc_peering_connection_id pcx-1",
    ),
    (
        "a subnet leaves its table",
        |live| remove(live, "aws_route_table_association", &id("aws_route_table_association.a[\"eu-west-1a\"]")),
        "aws_route_table_association.a[\"eu-west-1a\"]",
        codes::D_MISSING,
        "does not exist any more",
    ),
    (
        "an instance is made bigger",
        |live| set(live, "aws_instance", "aws_instance.web", "instance_type", json!("t3.large")),
        "aws_instance.web",
        codes::D_CHANGED,
        "instance_type is \"t3.large\", and \"t3.micro\" in the state",
    ),
    (
        "an instance's metadata service is changed",
        |live| {
            set(
                live,
                "aws_instance",
                "aws_instance.web",
                "metadata_options",
                json!([{"http_tokens": "required", "http_endpoint": "enabled"}]),
            )
        },
        "aws_instance.web",
        codes::D_CHANGED,
        "metadata_options[0].http_tokens is \"required\", and \"optional\" in the state",
    ),
    (
        "a tag is added",
        |live| {
            set(
                live,
                "aws_vpc",
                "aws_vpc.main",
                "tags_all",
                json!({"Name": "main", "Team": "shop", "Owner": "me", "aws:x": "y"}),
            )
        },
        "aws_vpc.main",
        codes::D_CHANGED,
        "tags_all[\"Owner\"] is \"me\", and not set in the state",
    ),
    (
        "a VPC of another region is gone",
        |live| remove(live, "aws_vpc", &id("aws_vpc.central")),
        "aws_vpc.central",
        codes::D_MISSING,
        "does not exist any more",
    ),
    (
        "an address is given to another instance",
        |live| set(live, "aws_eip", "aws_eip.web", "instance", json!("i-0")),
        "aws_eip.web",
        codes::D_CHANGED,
        "instance is \"i-0\", and \"i-462392601f1d15b2f\" in the state",
    ),
    (
        "a NAT gateway is being deleted",
        |live| set(live, "aws_nat_gateway", "aws_nat_gateway.nat", "state", json!("deleting")),
        "aws_nat_gateway.nat",
        codes::D_MISSING,
        "does not exist any more",
    ),
    (
        "an alias is moved",
        |live| {
            let alias = json!([{"name": "other.shop.test.", "zone_id": "Z1", "evaluate_target_health": true}]);
            set(live, "aws_route53_record", "aws_route53_record.alias", "alias", alias);
        },
        "aws_route53_record.alias",
        codes::D_RECORD_MOVED,
        "it points elsewhere: alias differs from the state",
    ),
    (
        "a weight is changed",
        |live| {
            set(
                live,
                "aws_route53_record",
                "aws_route53_record.w1",
                "weighted_routing_policy",
                json!([{"weight": 200}]),
            )
        },
        "aws_route53_record.w1",
        codes::D_RECORD_MOVED,
        "it divides traffic otherwise: weighted_routing_policy[0].weight is 200, and 10 in the state",
    ),
    (
        "a record is deleted",
        |live| remove(live, "aws_route53_record", &id("aws_route53_record.txt")),
        "aws_route53_record.txt",
        codes::D_MISSING,
        "does not exist any more",
    ),
    (
        "a TXT value is changed",
        |live| set(live, "aws_route53_record", "aws_route53_record.txt", "records", json!(["\"v=spf1 +all\""])),
        "aws_route53_record.txt",
        codes::D_CHANGED,
        "records is",
    ),
    (
        "a health check looks elsewhere",
        |live| set(live, "aws_route53_health_check", "aws_route53_health_check.h", "resource_path", json!("/")),
        "aws_route53_health_check.h",
        codes::D_CHANGED,
        "resource_path is \"/\", and \"/health\" in the state",
    ),
    (
        "a rule resource with an id of its own is opened",
        |live| {
            // The group and the rule are two views of the same thing.
            set(
                live,
                "aws_vpc_security_group_ingress_rule",
                "aws_vpc_security_group_ingress_rule.ssh",
                "cidr_ipv4",
                json!("0.0.0.0/0"),
            );
            let group = object(live, "aws_security_group", &id("aws_security_group.vpcruled"));
            for rule in group.attributes["ingress"].as_array_mut().expect("ingress") {
                if rule["from_port"] == json!(22) {
                    rule["cidr_blocks"] = json!(["0.0.0.0/0"]);
                }
            }
        },
        "aws_vpc_security_group_ingress_rule.ssh",
        codes::D_OPENED,
        "it lets the Internet in: tcp 22 from 0.0.0.0/0",
    ),
];

#[test]
fn each_change_gives_its_own_finding_and_no_other() {
    let state = state();
    for (what, change, address, code, message) in CASES {
        let mut live = live();
        change(&mut live);
        let outcome = run(&state, &live);
        let [finding] = &outcome.findings[..] else { panic!("{what}: {:#?}", outcome.findings) };
        assert_eq!((finding.code, found(&outcome)[0].2), (*code, *address), "{what}");
        assert!(finding.message.contains(message), "{what}: {}", finding.message);
        assert!(finding.remedy.is_some(), "{what}");
    }
}

#[test]
fn echoes_of_other_resources_are_no_drift() {
    let state = state();
    let mut live = live();
    let instance = object(&mut live, "aws_instance", &id("aws_instance.web"));
    instance.attributes["public_ip"] = json!("203.0.113.99");
    instance.attributes["instance_state"] = json!("stopped");
    set(&mut live, "aws_eip", "aws_eip.nat", "network_interface", json!("eni-of-the-gateway"));
    assert_eq!(found(&run(&state, &live)), []);
}

#[test]
fn every_object_is_asked_for_in_its_own_region_and_by_an_id_of_the_cloud() {
    let state = state();
    let stacks = [StackState { side: None, judged: true, ..StackState::new("estate", region("us-east-1"), &state) }];
    let queries = wanted(&stacks, &Routing::native(), false).native;
    let regions: Vec<&str> = queries.iter().map(|query| query.place.region.as_str()).collect();
    assert_eq!(regions, ["eu-central-1", "eu-west-1"], "nothing is left to the default");
    let all: Vec<_> = queries.iter().flat_map(|query| &query.wanted).collect();
    for synthetic in ["aws_route", "aws_security_group_rule", "aws_default_security_group", "terraform_data"] {
        assert!(all.iter().all(|wanted| wanted.resource_type != synthetic), "{synthetic}");
    }
    let zone = id("aws_route53_zone.z");
    let records: Vec<_> = all.iter().filter(|wanted| wanted.resource_type == "aws_route53_record").collect();
    assert_eq!(records.len(), 5);
    assert!(records.iter().all(|wanted| wanted.parent == Some(&zone)));
    let group = id("aws_security_group.vpcruled");
    let rule = all.iter().find(|wanted| wanted.resource_type == "aws_vpc_security_group_egress_rule").expect("rule");
    assert_eq!(rule.parent, Some(group.as_str()));
    assert!(queries[0].wanted.iter().any(|wanted| wanted.id == id("aws_vpc.central")));
    let groups = all.iter().filter(|wanted| wanted.resource_type == "aws_security_group").count();
    assert_eq!(groups, 4, "each group once, however many rules it has");
}
