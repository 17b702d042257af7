//! Parts of one object that several resources and stacks own, and what could not be read.

use async_trait::async_trait;
use pilotlight_drift::{
    DriftInput, DriftOutcome, LiveObject, LiveQuery, LiveReader, LiveSnapshot, PlaceLive, Readers, Routing, StackState,
    Unread, decide, observe, wanted,
};
use pilotlight_findings::{ApiCalls, Code, Evidence, Region, SENSITIVE, Side, Subject, Verdict, codes};
use pilotlight_tfstate::State;
use serde_json::{Value, json};
use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

fn region(code: &str) -> Region {
    Region::new(code).expect("region")
}

/// A state of managed resources, `(type, name, instance)`.
fn state(resources: &[(&str, &str, Value)]) -> State {
    let resources: Vec<Value> = resources
        .iter()
        .map(|(kind, name, instance)| {
            let provider = kind.split('_').next().expect("type");
            json!({
                "mode": "managed", "type": kind, "name": name, "instances": [instance],
                "provider": format!("provider[\"registry.terraform.io/hashicorp/{provider}\"]"),
            })
        })
        .collect();
    let document =
        json!({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "resources": resources});
    State::parse("x.tfstate", document.to_string().as_bytes()).expect("state")
}

fn resource(attributes: Value) -> Value {
    json!({"schema_version": 1, "attributes": attributes})
}

fn object(kind: &str, id: &str, attributes: Value) -> LiveObject {
    LiveObject::new(kind, id, attributes.as_object().expect("attributes").clone())
}

fn stack<'a>(name: &str, state: &'a State) -> StackState<'a> {
    StackState { side: Some(Side::Primary), judged: true, ..StackState::new(name, region("eu-west-1"), state) }
}

fn live(objects: Vec<LiveObject>, unread: Vec<Unread>) -> Vec<PlaceLive> {
    vec![PlaceLive::native(region("eu-west-1"), LiveSnapshot { objects, unread, ..LiveSnapshot::default() })]
}

fn run(stacks: &[StackState<'_>], live: &[PlaceLive]) -> DriftOutcome {
    decide(&DriftInput::of(stacks, &Routing::native(), live))
}

fn messages(outcome: &DriftOutcome) -> Vec<String> {
    outcome
        .findings
        .iter()
        .map(|finding| format!("{} {}: {}", finding.code, finding.subject, finding.message))
        .collect()
}

#[test]
fn a_refreshed_state_is_clean_as_well() {
    // After a refresh the group itself repeats the rules that other resources own.
    let state = State::parse("refreshed", include_bytes!("fixtures/refreshed.tfstate")).expect("state");
    let regions: Vec<Value> = serde_json::from_str(include_str!("fixtures/estate-live.json")).expect("fixture");
    let mut all: Vec<PlaceLive> = regions
        .iter()
        .map(|live| {
            PlaceLive::native(
                region(live["region"].as_str().expect("region")),
                LiveSnapshot {
                    objects: live["objects"]
                        .as_array()
                        .expect("objects")
                        .iter()
                        .map(|live| {
                            object(
                                live["resource_type"].as_str().expect("type"),
                                live["id"].as_str().expect("id"),
                                live["attributes"].clone(),
                            )
                        })
                        .collect(),
                    ..LiveSnapshot::default()
                },
            )
        })
        .collect();
    let outcome = run(&[stack("estate", &state)], &all);
    assert_eq!(messages(&outcome), Vec::<String>::new());
    assert!(outcome.counts.in_sync > 20);

    // A rule that is gone is its resource's loss, not the group's, though the group's state has it, too.
    let ruled =
        state.managed().find(|managed| managed.address().to_string() == "aws_security_group.ruled").expect("ruled");
    assert_eq!(ruled.attributes()["ingress"].as_array().map(Vec::len), Some(2), "the refresh wrote them there");
    let group = all
        .iter_mut()
        .flat_map(|live| &mut live.snapshot.objects)
        .find(|object| object.resource_type == "aws_security_group" && Some(object.id.as_str()) == ruled.id())
        .expect("group");
    group.attributes.insert("ingress".into(), json!([]));
    let outcome = run(&[stack("estate", &state)], &all);
    let found: Vec<_> = outcome.findings.iter().map(|finding| (finding.code, finding.subject.to_string())).collect();
    assert_eq!(
        found,
        [
            (codes::D_MISSING, "estate: aws_security_group_rule.from_sg".to_owned()),
            (codes::D_MISSING, "estate: aws_security_group_rule.http".to_owned()),
        ]
    );
}

fn rule(port: u16, range: &str) -> Value {
    json!({"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": [range], "self": false, "description": ""})
}

#[test]
fn a_rule_or_route_may_be_owned_by_another_stack() {
    let network = state(&[
        ("aws_security_group", "web", resource(json!({"id": "sg-1", "ingress": [], "egress": []}))),
        ("aws_route_table", "main", resource(json!({"id": "rtb-1", "route": []}))),
    ]);
    let app = state(&[
        (
            "aws_security_group_rule",
            "http",
            resource(json!({
                "id": "sgrule-1", "security_group_id": "sg-1", "type": "ingress", "protocol": "6",
                "from_port": "80", "to_port": "80", "cidr_blocks": ["10.1.2.3/8"], "self": false,
            })),
        ),
        (
            "aws_route",
            "out",
            resource(
                json!({"id": "r-1", "route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}),
            ),
        ),
    ]);
    let objects = || {
        vec![
            object(
                "aws_security_group",
                "sg-1",
                json!({"id": "sg-1", "ingress": [rule(80, "10.0.0.0/8")], "egress": []}),
            ),
            object(
                "aws_route_table",
                "rtb-1",
                json!({"id": "rtb-1", "route": [
                    {"cidr_block": "10.0.0.0/16", "gateway_id": "local"},
                    {"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1", "origin": "CreateRoute"},
                    {"cidr_block": "172.16.0.0/12", "gateway_id": "vgw-1", "origin": "EnableVgwRoutePropagation"},
                    {"destination_prefix_list_id": "pl-1", "vpc_endpoint_id": "vpce-1", "origin": "CreateRoute"},
                ]}),
            ),
        ]
    };
    let both = [stack("network", &network), stack("app", &app)];
    assert_eq!(messages(&run(&both, &live(objects(), vec![]))), Vec::<String>::new());

    // Without the other stack's state nobody is known to own them.
    let alone = run(&both[..1], &live(objects(), vec![]));
    assert_eq!(
        messages(&alone),
        [
            "PL-D101 network: aws_route_table.main: route has one more: 0.0.0.0/0 to gateway_id igw-1",
            "PL-D101 network: aws_security_group.web: ingress has one more: tcp 80 from 10.0.0.0/8",
        ]
    );
    // The route is judged where it is owned.
    let mut moved = objects();
    moved[1].attributes["route"][1]["gateway_id"] = json!("igw-2");
    assert_eq!(
        messages(&run(&both, &live(moved, vec![]))),
        ["PL-D101 app: aws_route.out: gateway_id is \"igw-2\", and \"igw-1\" in the state"]
    );
}

/// Two stacks: the first has a group and a table, the second a rule of each kind and a route in them.
fn shared() -> (State, State) {
    let network = state(&[
        ("aws_security_group", "web", resource(json!({"id": "sg-1", "ingress": [], "egress": []}))),
        ("aws_route_table", "main", resource(json!({"id": "rtb-1", "route": []}))),
    ]);
    let app = state(&[
        (
            "aws_security_group_rule",
            "http",
            resource(json!({
                "id": "sgrule-1", "security_group_id": "sg-1", "type": "ingress", "protocol": "tcp",
                "from_port": 80, "to_port": 80, "cidr_blocks": ["0.0.0.0/0"],
            })),
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            "https",
            resource(json!({
                "id": "sgr-1", "security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 443, "to_port": 443,
                "cidr_ipv4": "10.0.0.0/8",
            })),
        ),
        (
            "aws_route",
            "out",
            resource(
                json!({"id": "r-1", "route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}),
            ),
        ),
        ("aws_instance", "gone", resource(json!({"id": "i-gone"}))),
    ]);
    (network, app)
}

#[test]
fn a_stack_that_is_not_judged_owns_and_gives_no_finding() {
    let (network, app) = shared();
    let objects = |https: &str| {
        vec![
            object(
                "aws_security_group",
                "sg-1",
                json!({"ingress": [rule(80, "0.0.0.0/0"), rule(443, https)], "egress": []}),
            ),
            object(
                "aws_vpc_security_group_ingress_rule",
                "sgr-1",
                json!({"ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": https}),
            ),
            object(
                "aws_route_table",
                "rtb-1",
                json!({"route": [{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1", "origin": "CreateRoute"}]}),
            ),
        ]
    };
    let both = [stack("network", &network), StackState { judged: false, ..stack("app", &app) }];
    // The rule that was opened under its id is the other stack's drift, and is told when that one is judged.
    for https in ["10.0.0.0/8", "0.0.0.0/0"] {
        let outcome = run(&both, &live(objects(https), vec![]));
        assert_eq!(messages(&outcome), Vec::<String>::new(), "{https}");
        assert_eq!((outcome.counts.in_sync, outcome.counts.missing), (2, 0), "only the judged stack is counted");
    }
    let alone = run(&both[..1], &live(objects("10.0.0.0/8"), vec![]));
    assert_eq!(alone.findings[0].code, codes::D_OPENED, "without the owner's state it is a stranger's rule");
    let all = [stack("network", &network), stack("app", &app)];
    let found: Vec<Code> =
        run(&all, &live(objects("0.0.0.0/0"), vec![])).findings.iter().map(|finding| finding.code).collect();
    assert_eq!(found, [codes::D_OPENED, codes::D_MISSING]);
}

#[test]
fn a_stack_that_is_not_judged_is_asked_for_parts_of_judged_objects_only() {
    let (network, app) = shared();
    let asked = |stacks: &[StackState<'_>]| -> Vec<String> {
        wanted(stacks, &Routing::native(), false)
            .native
            .into_iter()
            .flat_map(|query| query.wanted)
            .map(|one| one.id.to_owned())
            .collect()
    };
    let other = StackState { judged: false, ..stack("app", &app) };
    assert_eq!(asked(&[stack("network", &network), other.clone()]), ["rtb-1", "sg-1", "sgr-1"]);
    assert_eq!(asked(&[other]), Vec::<String>::new());
}

#[test]
fn the_name_of_a_zone_may_be_in_a_stack_that_is_not_judged() {
    let zones = state(&[("aws_route53_zone", "z", resource(json!({"id": "Z1", "name": "shop.test"})))]);
    let app = state(&[(
        "aws_route53_record",
        "app",
        resource(json!({"id": "Z1_app_A", "zone_id": "Z1", "name": "app", "type": "A", "records": ["192.0.2.1"]})),
    )]);
    let record = object(
        "aws_route53_record",
        "Z1_app.shop.test_A",
        json!({"zone_id": "Z1", "name": "app.shop.test", "type": "A", "records": ["192.0.2.1"]}),
    );
    let stacks = [StackState { judged: false, ..stack("zones", &zones) }, stack("app", &app)];
    assert_eq!(messages(&run(&stacks, &live(vec![record], vec![]))), Vec::<String>::new());
}

#[test]
fn a_rule_within_one_group_has_two_spellings() {
    let state = state(&[(
        "aws_security_group",
        "web",
        resource(
            json!({"id": "sg-1", "egress": [], "ingress": [{"protocol": "-1", "from_port": 0, "to_port": 0, "self": true}]}),
        ),
    )]);
    let ingress =
        json!([{"protocol": "all", "from_port": -1, "to_port": -1, "security_groups": ["123456789012/sg-1"]}]);
    let group = object("aws_security_group", "sg-1", json!({"ingress": ingress, "egress": []}));
    assert_eq!(messages(&run(&[stack("s", &state)], &live(vec![group], vec![]))), Vec::<String>::new());
}

#[test]
fn a_route_to_an_instance_is_where_its_interface_is() {
    let route = |target: Value| {
        let mut route = json!({"id": "r-1", "route_table_id": "rtb-1", "destination_ipv6_cidr_block": "::/0"});
        route.as_object_mut().expect("route").extend(target.as_object().expect("target").clone());
        state(&[("aws_route", "out", resource(route))])
    };
    let table = object(
        "aws_route_table",
        "rtb-1",
        json!({"route": [{"ipv6_cidr_block": "0::0/0", "network_interface_id": "eni-1", "instance_id": "i-1"}]}),
    );
    for (target, findings) in [
        (json!({"network_interface_id": "eni-1"}), 0),
        (json!({"instance_id": "i-1"}), 0),
        (json!({"network_interface_id": "eni-1", "instance_id": "i-1"}), 0),
        (json!({"network_interface_id": "eni-2"}), 1),
        (json!({"nat_gateway_id": "nat-1"}), 1),
    ] {
        let state = route(target.clone());
        let outcome = run(&[stack("s", &state)], &live(vec![table.clone()], vec![]));
        assert_eq!(outcome.findings.len(), findings, "{target}");
    }
}

#[test]
fn a_relative_record_is_found_by_its_zones_name() {
    let state = state(&[(
        "aws_route53_record",
        "app",
        // As Terraform 0.12 wrote it: no fqdn, a relative name in the id.
        resource(
            json!({"id": "Z1_app_CNAME", "zone_id": "/hostedzone/Z1", "name": "App", "type": "CNAME", "records": ["Other.shop.test."]}),
        ),
    )]);
    let zone = object("aws_route53_zone", "Z1", json!({"name": "shop.test"}));
    let record = object(
        "aws_route53_record",
        "Z1_app.shop.test_CNAME",
        json!({"zone_id": "Z1", "name": "app.shop.test", "type": "CNAME", "records": ["other.shop.test"]}),
    );
    let outcome = run(&[stack("s", &state)], &live(vec![zone, record], vec![]));
    assert_eq!(messages(&outcome), Vec::<String>::new());
}

#[test]
fn what_was_not_read_is_neither_clean_nor_missing() {
    let state = state(&[
        ("aws_vpc", "denied", resource(json!({"id": "vpc-1", "arn": "arn:aws:ec2:eu-west-1:1:vpc/vpc-1"}))),
        (
            "aws_route53_record",
            "zone_denied",
            resource(json!({"id": "Z1_a_A", "zone_id": "Z1", "name": "a", "type": "A", "fqdn": "a.b"})),
        ),
        ("aws_instance", "one", resource(json!({"id": "i-1"}))),
        (
            "aws_security_group_rule",
            "hosted",
            resource(json!({"id": "sgrule-1", "security_group_id": "sg-1", "type": "ingress"})),
        ),
        (
            "aws_subnet",
            "elsewhere",
            resource(json!({"id": "subnet-1", "arn": "arn:aws:ec2:us-east-1:1:subnet/subnet-1"})),
        ),
        ("aws_eip", "nameless", resource(json!({}))),
    ]);
    let unread = |kind: &str, id: Option<&str>, reason: &str| Unread {
        resource_type: kind.to_owned(),
        id: id.map(str::to_owned),
        reason: reason.to_owned(),
    };
    let live = live(
        vec![],
        vec![
            unread("aws_vpc", None, "UnauthorizedOperation"),
            unread("aws_route53_record", Some("Z1"), "AccessDenied"),
            unread("aws_instance", Some("i-1"), "Throttling"),
            unread("aws_security_group", None, "timeout"),
        ],
    );
    let outcome = run(&[stack("s", &state)], &live);
    assert_eq!(
        messages(&outcome),
        [
            "PL-D105 s: aws_eip.nameless: aws_eip was not read: the state has no id to look it up by",
            "PL-D105 s: aws_instance.one: aws_instance was not read: Throttling",
            "PL-D105 s: aws_route53_record.zone_denied: aws_route53_record was not read: AccessDenied",
            "PL-D105 s: aws_security_group_rule.hosted: aws_security_group_rule was not read: timeout",
            "PL-D105 s: aws_subnet.elsewhere: aws_subnet was not read: its region was not read",
            "PL-D105 s: aws_vpc.denied: aws_vpc was not read: UnauthorizedOperation",
        ]
    );
    assert_eq!((outcome.verdict(), outcome.counts.unread), (Verdict::Incomplete, 6));
}

#[test]
fn a_host_that_was_read_without_the_part_tells_nothing_about_it() {
    let state = state(&[(
        "aws_security_group_rule",
        "http",
        resource(
            json!({"id": "sgrule-1", "security_group_id": "sg-1", "type": "ingress", "protocol": "tcp", "from_port": 1, "to_port": 1, "self": true}),
        ),
    )]);
    let outcome =
        run(&[stack("s", &state)], &live(vec![object("aws_security_group", "sg-1", json!({"name": "x"}))], vec![]));
    assert_eq!(outcome.verdict(), Verdict::Incomplete);
}

#[test]
fn a_sensitive_value_is_compared_and_not_shown() {
    let state = state(&[(
        "aws_route53_health_check",
        "h",
        json!({
            "attributes": {"id": "h-1", "search_string": "old secret", "port": 80},
            "sensitive_attributes": [[{"type": "get_attr", "value": "search_string"}]],
        }),
    )]);
    let check = object("aws_route53_health_check", "h-1", json!({"search_string": "new secret", "port": 80}));
    let outcome = run(&[stack("s", &state)], &live(vec![check], vec![]));
    let [finding] = &outcome.findings[..] else { panic!("one") };
    assert_eq!(finding.evidence, [Evidence::change("search_string", json!(SENSITIVE), json!(SENSITIVE))]);
    let shown = serde_json::to_string(finding).expect("json");
    assert!(!shown.contains("old secret") && !shown.contains("new secret"), "{shown}");
}

#[test]
fn a_deposed_object_is_told_and_not_compared() {
    let state = state(&[("aws_instance", "web", json!({"deposed": "0badcafe", "attributes": {"id": "i-old"}}))]);
    let outcome = run(&[stack("s", &state)], &live(vec![], vec![]));
    assert_eq!(outcome.findings[0].code, codes::D_DEPOSED);
    assert_eq!((outcome.counts.deposed, outcome.verdict()), (1, Verdict::Clean));
    assert!(wanted(&[stack("s", &state)], &Routing::native(), false).native.is_empty());
}

/// Knows one type, and remembers what it was asked.
struct OneType(Mutex<Vec<(String, usize)>>);

#[async_trait]
impl LiveReader for OneType {
    fn reads(&self, resource_type: &str) -> bool {
        resource_type == "aws_vpc"
    }

    async fn read(&self, query: &LiveQuery<'_>) -> LiveSnapshot {
        self.0.lock().expect("lock").push((query.place.region.to_string(), query.wanted.len()));
        let objects = query.wanted.iter().map(|wanted| object(wanted.resource_type, wanted.id, json!({}))).collect();
        let call = ApiCalls { service: "ec2".into(), region: "all".into(), operation: "DescribeVpcs".into(), count: 2 };
        LiveSnapshot { objects, calls: vec![call], ..LiveSnapshot::default() }
    }
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here waits"),
    }
}

#[test]
fn a_reader_is_asked_for_what_it_knows_and_the_rest_is_unread() {
    let first = state(&[
        ("aws_vpc", "a", resource(json!({"id": "vpc-1"}))),
        ("aws_vpc", "b", resource(json!({"id": "vpc-2", "region": "eu-central-1"}))),
        ("aws_sqs_queue", "q", resource(json!({"id": "https://queue"}))),
        ("random_id", "r", resource(json!({"id": "r"}))),
    ]);
    let stacks = [stack("first", &first)];
    let reader = OneType(Mutex::new(Vec::new()));
    let readers = Readers { native: Some(&reader), provider: None };
    let routing = Routing::of(&stacks, &readers);
    let live = ready(observe(&readers, &wanted(&stacks, &routing, false)));
    let asked = reader.0.into_inner().expect("lock");
    assert_eq!(
        asked,
        [("eu-central-1".to_owned(), 2)],
        "a resource that does not tell is where the others of its provider configuration are"
    );
    let outcome = run(&stacks, &live);
    assert_eq!(
        messages(&outcome),
        ["PL-D105 first: aws_sqs_queue.q: aws_sqs_queue was not read: no reader knows the type aws_sqs_queue"]
    );
    assert_eq!((outcome.counts.in_sync, outcome.counts.unread, outcome.counts.not_in_cloud), (2, 1, 1));
    assert_eq!(outcome.calls.iter().map(|call| call.count).collect::<Vec<_>>(), [2]);
    let summary: Vec<String> =
        outcome.counts.summary().iter().map(|count| format!("{} {}", count.count, count.name)).collect();
    assert_eq!(summary, ["2 in sync", "0 changed", "0 missing", "1 unread", "1 not in any cloud"]);
    assert!(matches!(&outcome.findings[0].subject, Subject::Resource { side: Some(Side::Primary), .. }));
}
