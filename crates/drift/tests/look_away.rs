//! What is ignored of one object: patterns, `ignore_changes` and `ignore_tags` together.

use pilotlight_drift::ignore::{
    Configuration, ConfiguredResource, IgnoreChanges, IgnoreTags, IgnoredBy, IgnoredPath, Ignores, LookAway,
    ProviderConfiguration, ProviderKey, Seen, StackConfiguration,
};
use pilotlight_findings::{Side, Span};
use pilotlight_tfstate::State;
use serde_json::{Value, json};

fn span(line: &str) -> Span {
    Span::of("main.tf", "", 0..line.len())
}

fn state() -> State {
    let resource = |name: &str, id: &str| {
        json!({
            "module": "module.net[\"a\"]", "mode": "managed", "type": "aws_vpc", "name": name,
            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
            "instances": [{"schema_version": 1, "attributes": {"id": id}, "sensitive_attributes": []}]
        })
    };
    let document = json!({
        "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x", "outputs": {},
        "resources": [resource("main", "vpc-1"), resource("all", "vpc-2")]
    });
    State::parse("s", document.to_string().as_bytes()).expect("a state")
}

fn configuration(paths: &[&str]) -> Configuration {
    let key = ProviderKey { module: Vec::new(), name: "aws".to_owned(), alias: None };
    let mut configuration = Configuration::default();
    let paths = paths.iter().map(|path| IgnoredPath { path: path.parse().expect(path), span: span(path) }).collect();
    for (address, ignore_changes) in [
        ("module.net.aws_vpc.main", IgnoreChanges::Paths { paths, unknown: Vec::new() }),
        ("module.net.aws_vpc.all", IgnoreChanges::All(span("all"))),
    ] {
        let resource =
            ConfiguredResource { span: span("block"), arguments: [].into(), ignore_changes, provider: key.clone() };
        configuration.resources.insert(address.parse().expect(address), resource);
    }
    let ignore_tags =
        IgnoreTags { keys: ["Scanned".to_owned()].into(), span: Some(span("ignore_tags")), ..IgnoreTags::default() };
    let provider = ProviderConfiguration { span: span("provider"), ignore_tags, default_tags: Default::default() };
    configuration.providers.insert(key, provider);
    configuration
}

fn stack(side: Option<Side>, paths: &[&str]) -> StackConfiguration {
    StackConfiguration { stack: "net".to_owned(), side, configuration: configuration(paths) }
}

fn rule(seen: &Seen<'_>) -> &'static str {
    match seen {
        Seen::All => "reported",
        Seen::Nothing(by) => by.rule(),
        Seen::Part { .. } => "part",
    }
}

#[test]
fn each_source_says_what_it_ignores() {
    let state = state();
    let configurations = [stack(None, &["tags[\"Team\"]", "enable_dns_support"])];
    let ignores = Ignores::parse(".driftignore", "aws_vpc.*.instance_tenancy\nmodule.net[*].aws_vpc.main.cidr_block\n")
        .expect("patterns");
    let main = state.managed().next().expect("main");
    let away = LookAway::of(&ignores, &configurations, "net", None, &main);
    assert_eq!(away.whole(), None);
    let (old, new) = (json!("a"), json!("b"));
    for (path, want) in [
        ("enable_dns_support", "ignore_changes"),
        ("tags[\"Team\"]", "ignore_changes"),
        ("tags_all[\"Team\"]", "ignore_changes"),
        ("tags[\"Cost\"]", "reported"),
        ("tags_all[\"Scanned\"]", "ignore_tags"),
        ("instance_tenancy", "ignore"),
        ("cidr_block", "ignore"),
        ("ipv6_cidr_block", "reported"),
        // A notation of its own is taken for the attribute that it begins with.
        ("enable_dns_support: odd", "reported"),
        ("enable_dns_support.<computed>", "ignore_changes"),
    ] {
        assert_eq!(rule(&away.see(path, &old, &new)), want, "{path}");
    }
    let Seen::Nothing(by) = away.see("cidr_block", &old, &new) else { panic!("ignored") };
    assert_eq!(by.reason(), "module.net[*].aws_vpc.main.cidr_block at .driftignore:2:1 ignores it");
    let other = LookAway::of(&ignores, &configurations, "other", None, &main);
    assert_eq!(rule(&other.see("enable_dns_support", &old, &new)), "reported", "another stack's HCL");
}

#[test]
fn a_difference_is_ignored_in_part() {
    let state = state();
    let configurations = [stack(None, &["tags[\"Team\"]"])];
    let ignores = Ignores::default();
    let main = state.managed().next().expect("main");
    let away = LookAway::of(&ignores, &configurations, "net", None, &main);
    let part = |old: Value, new: Value| match away.see("tags", &old, &new) {
        Seen::Part { old, new, by } => (old == new, by.rule()),
        seen => panic!("{seen:?}"),
    };
    assert_eq!(part(json!({"Team": "a"}), json!({"Team": "b"})), (true, "ignore_changes"));
    assert_eq!(part(json!({"Team": "a"}), json!({"Team": "b", "Scanned": "1"})), (true, "ignore_tags"));
    assert_eq!(part(json!({"Team": "a", "Cost": "1"}), json!({"Team": "b"})), (false, "ignore_changes"));
}

#[test]
fn all_covers_every_attribute_and_no_deletion() {
    let state = state();
    let configurations = [stack(None, &[])];
    let ignores = Ignores::default();
    let all = state.managed().nth(1).expect("all");
    let away = LookAway::of(&ignores, &configurations, "net", None, &all);
    assert_eq!(rule(&away.see("cidr_block", &json!("a"), &json!("b"))), "ignore_changes");
    assert_eq!(away.whole(), None, "Terraform makes it again");
    let patterns = Ignores::from_list("--ignore", &["module.net".to_owned()]).expect("a pattern");
    let away = LookAway::of(&patterns, &configurations, "net", None, &all);
    assert!(matches!(away.whole(), Some(IgnoredBy::Pattern(..))));
}

#[test]
fn the_configuration_of_the_side_counts_before_that_of_all() {
    let state = state();
    let configurations = [stack(None, &["cidr_block"]), stack(Some(Side::Standby), &["instance_tenancy"])];
    let ignores = Ignores::default();
    let main = state.managed().next().expect("main");
    let seen =
        |side, path| rule(&LookAway::of(&ignores, &configurations, "net", side, &main).see(path, &json!(1), &json!(2)));
    assert_eq!(seen(Some(Side::Primary), "cidr_block"), "ignore_changes");
    assert_eq!(seen(Some(Side::Standby), "cidr_block"), "reported");
    assert_eq!(seen(Some(Side::Standby), "instance_tenancy"), "ignore_changes");
}
