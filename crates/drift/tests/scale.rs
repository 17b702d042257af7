//! A comparison takes time in line with the number of resources: nothing looks at every one for every one.

use pilotlight_drift::ignore::Ignores;
use pilotlight_drift::{
    DriftInput, DriftOutcome, LiveObject, LiveSnapshot, PlaceLive, Routing, StackState, decide, wanted,
};
use pilotlight_findings::Region;
use pilotlight_tfstate::State;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

/// Rules of one security group and routes of one table: the most that AWS allows, on request.
const OF_ONE_HOST: usize = 1_000;

/// Resources and their objects: in each ten of them the types whose parts others own, records of one zone, and a
/// secret. Of each hundred one is changed, one is gone, and one object is in no state.
struct Estate {
    resources: Vec<Value>,
    objects: Vec<LiveObject>,
}

impl Estate {
    fn of(resources: usize) -> Self {
        let mut estate = Self { resources: Vec::new(), objects: Vec::new() };
        for ten in 0..resources / 10 {
            estate.ten(ten, &format!("sg-{}", ten * 3 / OF_ONE_HOST), &format!("rtb-{}", ten * 2 / OF_ONE_HOST));
        }
        estate.hosts(resources / 10);
        estate
    }

    /// A group with one rule more than the states know, and a table, for each thousand of their parts.
    fn hosts(&mut self, tens: usize) {
        let all = |n: usize| 0..n;
        let block = |rule| json!({"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": [range(rule)]});
        for (host, rules) in all(tens * 3).collect::<Vec<_>>().chunks(OF_ONE_HOST).enumerate() {
            let ingress: Vec<Value> = rules.iter().map(|rule| block(*rule)).chain([block(1 << 23)]).collect();
            let (id, state) = (format!("sg-{host}"), json!({"name": "g", "ingress": [], "egress": []}));
            self.resource("aws_security_group", &id, &state);
            self.object("aws_security_group", &id, json!({"name": "g", "ingress": ingress, "egress": []}));
        }
        for (host, routes) in all(tens * 2).collect::<Vec<_>>().chunks(OF_ONE_HOST).enumerate() {
            let route = |route: &usize| json!({"cidr_block": range(*route), "gateway_id": "igw-1"});
            let id = format!("rtb-{host}");
            self.resource("aws_route_table", &id, &json!({"route": []}));
            self.object("aws_route_table", &id, json!({"route": routes.iter().map(route).collect::<Vec<_>>()}));
        }
    }

    fn ten(&mut self, ten: usize, group: &str, table: &str) {
        let rule = |of: usize| {
            let (number, range) = (ten * 3 + of, [range(ten * 3 + of)]);
            json!({"security_group_id": format!("sg-{}", number / OF_ONE_HOST), "type": "ingress", "protocol": "tcp", "from_port": 443, "to_port": 443,
                   "cidr_blocks": range})
        };
        for of in 0..3 {
            self.resource("aws_security_group_rule", &format!("sgrule-{}", ten * 3 + of), &rule(of));
        }
        for of in 0..2 {
            let destination = range(ten * 2 + of);
            let route = json!({"route_table_id": table, "destination_cidr_block": destination, "gateway_id": "igw-1"});
            self.resource("aws_route", &format!("r-{}", ten * 2 + of), &route);
        }
        let instance = json!({"instance_type": "t3.micro", "tags_all": {"Name": format!("web-{ten}")},
                              "vpc_security_group_ids": [group, "sg-other"]});
        self.both("aws_instance", &format!("i-{ten}"), &instance, ten);
        for of in 0..2 {
            let name = format!("n{ten}-{of}.shop.test");
            let record = json!({"zone_id": "Z1", "name": name, "fqdn": name, "type": "A", "ttl": 30,
                                "records": ["192.0.2.1", "192.0.2.2"]});
            self.both("aws_route53_record", &format!("Z1_{name}_A"), &record, ten);
        }
        // Names that all of them have, and policies that name each other.
        let role = json!({"name": "app", "arn": format!("arn:aws:iam::1:role/{ten}"), "managed_policy_arns": []});
        self.both("aws_iam_role", &format!("role-{ten}"), &role, ten);
        let parameter = json!({"name": "", "value": format!("a secret of number {ten}"), "type": "SecureString"});
        self.both("aws_ssm_parameter", &format!("/shop/{ten}"), &parameter, ten);
    }

    fn both(&mut self, kind: &str, id: &str, attributes: &Value, ten: usize) {
        self.resource(kind, id, attributes);
        match ten % 100 {
            1 => {
                let mut changed = attributes.clone();
                for (name, value) in [("instance_type", "t3.large"), ("ttl", "60"), ("value", "a secret of nobody")] {
                    if let Some(old) = changed.get_mut(name) {
                        *old = value.into();
                    }
                }
                if let Some(old) = changed.get_mut("managed_policy_arns") {
                    *old = json!([format!("arn:aws:iam::1:policy/{ten}")]);
                }
                self.object(kind, id, changed);
            }
            2 => {}
            3 => {
                self.object(kind, id, attributes.clone());
                self.object(kind, &format!("{id}-by-hand"), attributes.clone());
            }
            _ => self.object(kind, id, attributes.clone()),
        }
    }

    fn resource(&mut self, kind: &str, id: &str, attributes: &Value) {
        let mut attributes = attributes.clone();
        attributes["id"] = id.into();
        let secret = json!([[{"type": "get_attr", "value": "value"}]]);
        let secret = if kind == "aws_ssm_parameter" { secret } else { json!([]) };
        self.resources.push(json!({
            "mode": "managed", "type": kind, "name": format!("n{}", self.resources.len()),
            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
            "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": secret}],
        }));
    }

    fn object(&mut self, kind: &str, id: &str, attributes: Value) {
        let Value::Object(attributes) = attributes else { panic!("attributes: {attributes}") };
        let attributes: Map<String, Value> = attributes;
        self.objects.push(LiveObject::new(kind, id, attributes));
    }

    fn state(&self) -> State {
        let text = json!({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "outputs": {},
                          "resources": self.resources});
        State::parse("scale.tfstate", text.to_string().as_bytes()).expect("state")
    }
}

/// A range of its own for each number.
fn range(number: usize) -> String {
    format!("10.{}.{}.{}/32", number >> 16, (number >> 8) & 255, number & 255)
}

/// The comparison, and the least time that it took: another program on this machine only adds to it.
fn least(resources: usize, times: usize) -> (DriftOutcome, Duration) {
    let estate = Estate::of(resources);
    let state = estate.state();
    let region = Region::new("eu-west-1").expect("region");
    let stacks = [StackState::new("scale", region.clone(), &state)];
    let snapshot = LiveSnapshot { objects: estate.objects, ..LiveSnapshot::default() };
    let live = [PlaceLive { everything: true, ..PlaceLive::native(region, snapshot) }];
    let ignores = Ignores::parse(".driftignore", "aws_instance.i-7\naws_iam_role.*.name\n").expect("patterns");
    let routing = Routing::native();
    let input = DriftInput { ignores: &ignores, ..DriftInput::of(&stacks, &routing, &live) };
    let run = || {
        let began = Instant::now();
        let queries = wanted(&stacks, &routing, true);
        let outcome = decide(&input);
        let took = began.elapsed();
        assert_eq!(queries.native.len(), 1);
        (outcome, took)
    };
    (0..times).map(|_| run()).min_by_key(|(_, took)| *took).expect("one")
}

/// Microseconds a resource.
fn each(took: Duration, resources: usize) -> f64 {
    took.as_secs_f64() * 1e6 / resources as f64
}

/// Compares estates of two sizes: a resource of the large one takes at most `most` times as long.
fn grows_in_line(small: usize, large: usize, most: f64) {
    let (of_small, took_small) = least(small, 5);
    let (of_large, took_large) = least(large, 2);
    for (outcome, resources) in [(&of_small, small), (&of_large, large)] {
        // Five resources of ten are changed, gone or made by hand, in one ten of a hundred. A role's policies and a
        // secret's value are compared as well, and each group has a rule more. A record is known by its name, so that
        // its double is none.
        let (tens, groups) = ((resources / 1_000) as u64, (resources * 3 / 10).div_ceil(OF_ONE_HOST) as u64);
        let counts = outcome.counts;
        assert_eq!((counts.changed, counts.missing, counts.unmanaged), (tens * 5 + groups, tens * 5, tens * 3));
        assert!(!format!("{:?}", outcome.findings).contains("a secret of number"), "a secret is told");
    }
    let (of_small, of_large) = (each(took_small, small), each(took_large, large));
    println!("{of_small:.1} µs a resource of {small}, {of_large:.1} µs a resource of {large}");
    // A thousand resources fit a processor's caches and a hundred thousand do not: that is the difference that is
    // allowed. Quadratic would be as many times as there are more of them.
    assert!(of_large < most * of_small, "{of_small:.1} µs a resource of {small}, {of_large:.1} µs of {large}");
}

#[test]
fn ten_times_the_resources_take_ten_times_as_long() {
    grows_in_line(1_000, 10_000, 3.0);
}

#[test]
#[ignore = "takes a minute without optimisation: run it with --release"]
fn a_hundred_times_the_resources_take_a_hundred_times_as_long() {
    grows_in_line(1_000, 100_000, 8.0);
}
