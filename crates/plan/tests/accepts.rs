//! A plan that is right comes out with every field as it was written.

use pilotlight_findings::Side;
use pilotlight_plan::{
    Approval, CheckKind, CheckSide, DrPlan, Inputs, Method, Outputs, Phase, Shift, Value, Visibility, When, parse,
    reference_markdown,
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SHOP: &str = r#"
plan "shop" {
  description = "Order shop"
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
  objectives {
    rto = "15m"
    rpo = "1m"
  }
  journal = ["s3://shop-dr-${region.standby}/pilotlight", "file:.pilotlight"]
}

stack "app" {
  source     = "../infra/shop/app"
  state      = "s3://shop-tfstate/app.tfstate"
  depends_on = ["network"]
  tier       = var.tier                          # texts of --var become numbers where one is wanted
  standby {
    backend = { bucket = "shop-tfstate-eu-central-1", use_lockfile = true }
    set "aws_autoscaling_group.web" { desired_capacity = 1 }
    set "module.web[\"a\"].aws_instance.app" {
      instance_type = "t3.micro"
      tags          = { Role = "standby-of-${region.primary}" }
    }
    exclude = ["aws_route53_record.app"]
    map     = { "ami-0aaaaaaaaaaaaaaaa" = "ami-0bbbbbbbbbbbbbbbb" }
    allow   = ["pages-eu-west-1"]
  }
}

stack "network" {
  source = "../infra/shop/network"
  state  = "../infra/shop/network/terraform.tfstate"
}

traffic "storefront" {
  zone = "Shop.test."
  record "App.shop.test." "A" {
    primary = stack.app.output.public_ips
    standby = [stack.app.output.public_ips[0], "192.0.2.7"]
    ttl     = "30s"
  }
  record "*.shop.test" "CNAME" {
    primary = "lb-${region.primary}.${stack.app.output.names["lb"]}."
    standby = "lb-${region.standby}.${stack.app.output.names.lb}."
  }
}

check "http" "storefront" {
  url     = "http://app.shop.test/health"
  expect  = { status = 204, body = "ok" }
  headers = { Authorization = "Bearer ${env("TOKEN")}", Accept = "text/plain" }
  when    = ["after"]
  side    = "target"
  timeout = "5s"
}
check "tcp" "port" { address = "${stack.app.output.public_ips[0]}:${8080}" }
check "dns" "mail" {
  name   = "mail.shop.test"
  type   = "AAAA"
  expect = stack.app.output.mail
  server = "192.0.2.53:5353"
}
check "command" "flow" { run = ["./flow.sh", env("TOKEN"), 3] }

step "command" "pause-batch" {
  phase = "freeze"
  run   = ["./scripts/pause-batch.sh"]
  undo  = ["./scripts/resume-batch.sh", "--note", <<-EOT
    two
      lines
    EOT
  ]
}
approval "incident-commander" { before = "switch" }
"#;

fn inputs() -> Inputs {
    Inputs { env: [("TOKEN".to_owned(), "s3cret".to_owned())].into(), vars: [("tier".to_owned(), json!("1"))].into() }
}

fn shop() -> DrPlan {
    match parse("plans/shop.hcl", SHOP, &inputs()) {
        Ok(plan) => plan,
        Err(errors) => panic!("{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>()),
    }
}

/// Outputs by stack and name; the standby's texts end in `-standby`.
struct States(BTreeMap<(Side, &'static str), Json>);

impl States {
    fn new() -> Self {
        Self(
            [
                ((Side::Primary, "public_ips"), json!(["192.0.2.1", "192.0.2.2"])),
                ((Side::Standby, "public_ips"), json!(["198.51.100.1"])),
                ((Side::Primary, "names"), json!({"lb": "primary.example"})),
                ((Side::Standby, "names"), json!({"lb": "standby.example"})),
                ((Side::Primary, "mail"), json!([["2001:db8::1"], ["2001:db8::2"]])),
                ((Side::Primary, "public_ips_by_zone"), json!({"a": null})),
            ]
            .into(),
        )
    }
}

impl Outputs for States {
    fn output(&self, stack: &str, side: Side, name: &str) -> Option<&Json> {
        let found = self.0.iter().find(|((of, output), _)| *of == side && *output == name);
        found.filter(|_| stack == "app").map(|(_, value)| value)
    }
}

#[test]
fn weights_aliases_and_private_zones() {
    let text = SHOP.replace(
        "traffic \"storefront\" {\n",
        "traffic \"inside\" {\n  zone = \"in.test\"\n  zone_id = \"Z2\"\n  visibility = \"private\"\n  method = \"weighted\"\n  \
         shift = [var.tier, 33, 100]\n  hold = \"1m\"\n  record \"lb.in.test\" \"A\" {\n    primary = { name = stack.app.output.names.lb, \
         zone_id = \"Z9\", evaluate_target_health = true }\n    standby = { name = \"b.example\", zone_id = \"Z9\" }\n  }\n}\ntraffic \
         \"storefront\" {\n",
    );
    let inputs = Inputs { vars: [("tier".to_owned(), json!(1))].into(), ..inputs() };
    let plan = parse("plans/shop.hcl", &text, &inputs).unwrap_or_else(|errors| panic!("{errors}"));
    let [inside, storefront] = plan.traffic.as_slice() else { panic!("two sets") };
    assert_eq!((inside.visibility, inside.zone_id.as_deref()), (Visibility::Private, Some("Z2")));
    let shift = Shift { percents: vec![1, 33, 100], hold: Duration::from_secs(60) };
    assert_eq!(inside.method, Method::Weighted(shift));
    let alias = |side| match side {
        Side::Primary => inside.records[0].primary.resolve(side, &States::new()),
        Side::Standby => inside.records[0].standby.resolve(side, &States::new()),
    };
    assert_eq!(
        alias(Side::Primary),
        Ok(json!({ "name": "primary.example", "zone_id": "Z9", "evaluate_target_health": true }))
    );
    assert_eq!(alias(Side::Standby), Ok(json!({ "name": "b.example", "zone_id": "Z9" })));
    assert_eq!((storefront.visibility, storefront.zone_id.as_deref()), (Visibility::Public, None));
}

#[test]
fn a_variable_that_is_not_set_is_an_error_where_its_value_is_needed() {
    let database =
        "database \"postgres\" \"orders\" {\n  primary = env(\"NOT_SET_URL\")\n  standby = env(\"PROBE_TOKEN\")\n}\n";
    let text = format!("{SHOP}\n{database}");
    let mut inputs = inputs();
    inputs.env.insert("PROBE_TOKEN".into(), "postgres://new".into());
    let plan = parse("plans/shop.hcl", &text, &inputs).unwrap_or_else(|errors| panic!("{errors}"));
    let url = |side| plan.databases[0].url(side).resolve_text(side, &());
    assert_eq!(url(Side::Standby), Ok("postgres://new".to_owned()));
    let error = url(Side::Primary).expect_err("not set");
    assert_eq!(error.to_string(), "read the environment variable NOT_SET_URL: it is not set");
    let line = text[..text.find("NOT_SET_URL").expect("there")].lines().count();
    assert_eq!(pilotlight_findings::Explain::span(&error).expect("a line").start.line, line);

    let text = SHOP.replace("rpo = \"1m\"", "rpo = env(\"NOT_SET\")");
    let errors = parse("plans/shop.hcl", &text, &inputs).expect_err("needed at once").to_string();
    assert!(errors.contains("NOT_SET: it is not set"), "{errors}");
}

#[test]
fn the_head() {
    let plan = shop();
    assert_eq!(plan.name, "shop");
    assert_eq!(plan.description.as_deref(), Some("Order shop"));
    assert_eq!(plan.file, PathBuf::from("plans/shop.hcl"));
    assert_eq!(plan.region(Side::Primary).as_str(), "eu-west-1");
    assert_eq!(plan.region(Side::Standby).as_str(), "eu-central-1");
    assert_eq!(plan.objectives.rto, Some(Duration::from_secs(900)));
    assert_eq!(plan.objectives.rpo, Some(Duration::from_secs(60)));
    assert_eq!(plan.journal, ["s3://shop-dr-eu-central-1/pilotlight", "file:.pilotlight"]);
    assert_eq!(plan.span.to_string(), "plans/shop.hcl:2:1");
}

#[test]
fn the_stacks() {
    let plan = shop();
    let app = plan.stack("app").expect("app");
    assert_eq!(app.source, PathBuf::from("../infra/shop/app"));
    assert_eq!(app.state, "s3://shop-tfstate/app.tfstate");
    assert_eq!(app.depends_on, ["network"]);
    assert_eq!(app.tier, 1);
    assert_eq!(json!(app.standby.backend), json!({"bucket": "shop-tfstate-eu-central-1", "use_lockfile": true}));
    assert_eq!(app.standby.exclude, ["aws_route53_record.app"]);
    assert_eq!(app.standby.map["ami-0aaaaaaaaaaaaaaaa"], "ami-0bbbbbbbbbbbbbbbb");
    assert_eq!(app.standby.allow, ["pages-eu-west-1"]);
    let set: Vec<_> = app.standby.set.iter().map(|set| (set.address.as_str(), json!(set.attributes))).collect();
    assert_eq!(
        set,
        [
            ("aws_autoscaling_group.web", json!({"desired_capacity": 1})),
            (
                "module.web[\"a\"].aws_instance.app",
                json!({"instance_type": "t3.micro", "tags": {"Role": "standby-of-eu-west-1"}})
            ),
        ]
    );
    let names: Vec<_> = plan.stacks_in_order().iter().map(|stack| stack.name.as_str()).collect();
    assert_eq!(names, ["network", "app"]);
}

#[test]
fn stacks_in_waves() {
    let mut plan = shop();
    let template = plan.stacks[0].clone();
    let stack = |name: &str, tier, on: &[&str]| pilotlight_plan::Stack {
        name: name.to_owned(),
        tier,
        depends_on: on.iter().map(|on| (*on).to_owned()).collect(),
        ..template.clone()
    };
    plan.stacks = vec![
        stack("web", 1, &["data"]),
        stack("network", 0, &[]),
        stack("audit", 0, &[]),
        stack("data", 0, &["network"]),
        stack("jobs", 1, &[]),
        stack("edge", 1, &["web", "audit"]),
    ];
    let waves: Vec<Vec<&str>> =
        plan.waves().iter().map(|wave| wave.iter().map(|stack| stack.name.as_str()).collect()).collect();
    assert_eq!(waves, [vec!["network", "audit"], vec!["data"], vec!["web", "jobs"], vec!["edge"]]);
    let on = |name: &str, failed: &[&str]| {
        plan.dependency_among(plan.stack(name).expect("a stack"), failed).map(str::to_owned)
    };
    assert_eq!(on("edge", &["network"]).as_deref(), Some("network"), "through web and data");
    assert_eq!(on("jobs", &["network", "audit"]), None);
    assert_eq!(on("edge", &[]), None);
}

#[test]
fn where_states_and_sources_are() {
    let plan = shop();
    let (app, network) = (plan.stack("app").expect("app"), plan.stack("network").expect("network"));
    let url = |stack, side| plan.state_url(stack, side, Path::new("/into")).expect("a state");
    assert_eq!(url(app, Side::Primary), "s3://shop-tfstate/app.tfstate");
    assert_eq!(url(app, Side::Standby), "s3://shop-tfstate-eu-central-1/app.tfstate");
    assert_eq!(url(network, Side::Primary), "../infra/shop/network/terraform.tfstate");
    assert_eq!(url(network, Side::Standby), "file:/into/network/terraform.tfstate");
    assert_eq!(plan.source_of(app), PathBuf::from("plans/../infra/shop/app"));
    assert_eq!(plan.default_into(), PathBuf::from(".pilotlight/shop/standby"));
    assert_eq!(plan.folder(), Path::new("plans"));
}

#[test]
fn the_standby_of_a_state_that_is_kept_elsewhere() {
    let mut plan = shop();
    let app = plan.stacks.iter().position(|stack| stack.name == "app").expect("app");
    let standby =
        |plan: &DrPlan| plan.state_url(&plan.stacks[app], Side::Standby, Path::new("/into")).expect("a state");
    // The bucket's region and table, and the workspace, are the primary's.
    plan.stacks[app].state = "s3://shop-tfstate/app.tfstate?workspace=prod&region=eu-west-1".to_owned();
    assert_eq!(standby(&plan), "s3://shop-tfstate-eu-central-1/app.tfstate");
    plan.stacks[app].state = "pull:../infra/shop/app".to_owned();
    assert_eq!(standby(&plan), "file:/into/app/terraform.tfstate");
    plan.stacks[app].standby.backend.insert("key".to_owned(), json!("app.tfstate"));
    assert_eq!(standby(&plan), "s3://shop-tfstate-eu-central-1/app.tfstate");
    plan.stacks[app].state = "https://states.test/app".to_owned();
    assert_eq!(standby(&plan), "file:/into/app/terraform.tfstate");
}

#[test]
fn both_sides_never_share_a_state() {
    let mut plan = shop();
    plan.stacks[0].standby.backend.clear();
    let error = plan.state_url(&plan.stacks[0], Side::Standby, Path::new("x")).expect_err("one state");
    let sentence = "tell the standby state of stack \"app\" from the primary's: both are s3://shop-tfstate/app.tfstate";
    assert_eq!(error.to_string(), sentence);
}

#[test]
fn the_side_of_a_check_is_the_one_at_its_moment() {
    use Side::{Primary, Standby};
    for (side, failover, failback) in [
        (CheckSide::Active, [Primary, Standby], [Standby, Primary]),
        (CheckSide::Target, [Standby, Standby], [Primary, Primary]),
        (CheckSide::Primary, [Primary, Primary], [Primary, Primary]),
        (CheckSide::Standby, [Standby, Standby], [Standby, Standby]),
    ] {
        let moments = |from| [When::Before, When::After].map(|when| side.at(when, from));
        assert_eq!((moments(Primary), moments(Standby)), (failover, failback), "{side:?}");
    }
}

#[test]
fn the_traffic() {
    let plan = shop();
    let [set] = plan.traffic.as_slice() else { panic!("one set") };
    assert_eq!((set.name.as_str(), set.zone.as_str(), &set.method), ("storefront", "shop.test", &Method::Record));
    let [a, cname] = set.records.as_slice() else { panic!("two records") };
    assert_eq!((a.name.as_str(), a.record_type.as_str(), a.ttl), ("app.shop.test", "A", Some(Duration::from_secs(30))));
    assert_eq!((cname.name.as_str(), cname.ttl), ("*.shop.test", None), "no expectation");
    let states = States::new();
    let texts = |value: &Value, side| value.resolve_texts(side, &states).expect("texts");
    assert_eq!(texts(&a.primary, Side::Primary), ["192.0.2.1", "192.0.2.2"]);
    assert_eq!(texts(&a.standby, Side::Standby), ["198.51.100.1", "192.0.2.7"]);
    assert_eq!(texts(&cname.primary, Side::Primary), ["lb-eu-west-1.primary.example."]);
    assert_eq!(texts(&cname.standby, Side::Standby), ["lb-eu-central-1.standby.example."]);
}

#[test]
fn the_checks() {
    let plan = shop();
    let states = States::new();
    let [http, tcp, dns, command] = plan.checks.as_slice() else { panic!("four checks") };
    assert_eq!((http.when.as_slice(), http.side), ([When::After].as_slice(), CheckSide::Target));
    assert_eq!(http.timeout, Duration::from_secs(5));
    let CheckKind::Http { url, expect_status, expect_body, headers } = &http.kind else { panic!("http") };
    assert_eq!(url.known(), Some(json!("http://app.shop.test/health")));
    assert_eq!((*expect_status, expect_body.as_deref()), (204, Some("ok")));
    assert_eq!(headers["Authorization"].resolve(Side::Primary, &states), Ok(json!("Bearer s3cret")));
    assert_eq!(headers.keys().collect::<Vec<_>>(), ["Authorization", "Accept"]);

    assert_eq!((tcp.when.as_slice(), tcp.side), ([When::Before, When::After].as_slice(), CheckSide::Active));
    assert_eq!(tcp.timeout, Duration::from_secs(30));
    let CheckKind::Tcp { address } = &tcp.kind else { panic!("tcp") };
    assert_eq!(address.resolve_text(Side::Standby, &states), Ok("198.51.100.1:8080".to_owned()));

    let CheckKind::Dns { name, record_type, expect, server } = &dns.kind else { panic!("dns") };
    assert_eq!((name.known(), record_type.as_str()), (Some(json!("mail.shop.test")), "AAAA"));
    let expected: Vec<String> =
        expect.iter().flat_map(|value| value.resolve_texts(Side::Primary, &states).expect("texts")).collect();
    assert_eq!(expected, ["2001:db8::1", "2001:db8::2"]);
    assert_eq!(server.as_ref().and_then(Value::known), Some(json!("192.0.2.53:5353")));

    let CheckKind::Command { run } = &command.kind else { panic!("command") };
    assert_eq!(run[2].known(), Some(json!("3")));
}

#[test]
fn the_steps_and_approvals() {
    let plan = shop();
    let [step] = plan.steps.as_slice() else { panic!("one step") };
    assert_eq!(
        (step.name.as_str(), step.phase, step.timeout),
        ("pause-batch", Phase::Freeze, Duration::from_secs(300))
    );
    assert_eq!(step.run.iter().map(Value::known).collect::<Vec<_>>(), [Some(json!("./scripts/pause-batch.sh"))]);
    let undo = step.undo.as_ref().expect("undo");
    assert_eq!(undo[2].known(), Some(json!("two\n  lines\n")));
    let [Approval { name, before, .. }] = plan.approvals.as_slice() else { panic!("one approval") };
    assert_eq!((name.as_str(), *before), ("incident-commander", Phase::Switch));
}

#[test]
fn a_secret_is_marked_redacted_and_never_in_debug() {
    let plan = shop();
    let CheckKind::Command { run } = &plan.checks[3].kind else { panic!("command") };
    assert!(run[1].is_sensitive() && !run[0].is_sensitive());
    assert_eq!(run[1].env_names(), ["TOKEN"]);
    assert_eq!(run[1].resolve_text(Side::Primary, &()), Ok("s3cret".to_owned()));
    assert_eq!(run[1].resolve_redacted(Side::Primary, &()), Ok(json!("(sensitive value)")));
    assert!(!format!("{plan:?}{:?}", inputs()).contains("s3cret"));
}

#[test]
fn outputs_that_do_not_fit_are_told() {
    let states = States::new();
    let plan = |expression: &str| {
        let text = SHOP.replace("primary = stack.app.output.public_ips", &format!("primary = {expression}"));
        parse("p.hcl", &text, &inputs()).expect("a plan").traffic.remove(0).records.remove(0).primary
    };
    for (expression, sentence) in [
        ("stack.app.output.ips", "find output \"ips\" in the primary state of stack \"app\""),
        ("stack.network.output.names", "find output \"names\" in the primary state of stack \"network\""),
        (
            "stack.app.output.public_ips[2]",
            "take [2] of stack.app.output.public_ips[2]: in the primary state there is a list of 2",
        ),
        (
            "stack.app.output.names[\"db\"]",
            "take [\"db\"] of stack.app.output.names[\"db\"]: in the primary state there is a map with the keys lb",
        ),
        ("\"x-${stack.app.output.names}\"", "use stack.app.output.names as a text: in the primary state it is a map"),
        (
            "stack.app.output.public_ips_by_zone.a",
            "use stack.app.output.public_ips_by_zone[\"a\"] as a text: in the primary state it is null",
        ),
    ] {
        let error = plan(expression).resolve_texts(Side::Primary, &states).expect_err(expression);
        assert_eq!(error.to_string(), sentence);
    }
}

#[test]
fn windows_line_ends_are_read_alike() {
    let plan = parse("plans/shop.hcl", &SHOP.replace('\n', "\r\n"), &inputs()).expect("a plan");
    assert_eq!(plan.stacks.len(), 2);
}

#[test]
fn every_default_and_example_of_the_reference_is_read() {
    // The examples of the blocks make one plan: the first stack that is depended on is added.
    let blocks: String = reference_markdown()
        .split("```hcl\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```").map(|(block, _)| block.to_owned()))
        .collect();
    let text = format!("{blocks}\nstack \"network\" {{\n  source = \"n\"\n  state = \"n.tfstate\"\n}}\n");
    let mut inputs = inputs();
    for name in ["ORDERS_PRIMARY_URL", "ORDERS_STANDBY_URL"] {
        inputs.env.insert(name.to_owned(), "postgres://shop:s3cret@db/orders".to_owned());
    }
    if let Err(errors) = parse("docs/plan.md", &text, &inputs) {
        panic!("{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>());
    }
}

#[test]
fn the_patterns_of_drift_keep_their_places() {
    let text = format!(
        "{SHOP}\ndrift {{\n  ignore = [\n    \"aws_iam_role.*\",\n    \"module.app[\\\"a\\\"].aws_vpc.${{region.primary}}\",\n  ]\n}}\n"
    );
    let plan = parse("plans/shop.hcl", &text, &inputs()).expect("a plan");
    let patterns: Vec<(&str, String)> =
        plan.drift.ignore.iter().map(|pattern| (pattern.text.as_str(), pattern.span.to_string())).collect();
    let first = SHOP.lines().count() + 4;
    assert_eq!(
        patterns,
        [
            ("aws_iam_role.*", format!("plans/shop.hcl:{first}:5")),
            ("module.app[\"a\"].aws_vpc.eu-west-1", format!("plans/shop.hcl:{}:5", first + 1)),
        ]
    );
    assert!(parse("plans/shop.hcl", SHOP, &inputs()).expect("a plan").drift.ignore.is_empty());
}

#[test]
fn a_database_has_its_servers_by_name_and_its_limits() {
    let text = format!(
        "{SHOP}\n{}",
        r#"database "postgres" "orders" {
  primary = "postgres://shop:${env("TOKEN")}@${stack.app.output.public_ips[0]}/orders"
  standby = env("TOKEN")
  tables  = ["orders", "shop.payments"]
  promote_timeout = "5m"
}
"#
    );
    let plan = parse("plans/shop.hcl", &text, &inputs()).expect("a plan");
    let [database] = plan.databases.as_slice() else { panic!("{:?}", plan.databases) };
    assert_eq!((database.name.as_str(), database.tables.len()), ("orders", 2));
    assert_eq!(database.primary.env_names(), ["TOKEN"]);
    assert_eq!(database.url(Side::Standby).env_names(), ["TOKEN"]);
    assert_eq!(database.promote_timeout, Duration::from_secs(300));
    assert_eq!(database.catch_up_timeout, Duration::from_secs(60));
    assert_eq!(database.resync, None);
}
