//! Owners by states and HCL in files, and what is said of them.

use crate::estate::{Stacks, ZONE, plan, run_of};
use pilotlight_failover::*;
use pilotlight_findings::{Finding, Severity, Side, codes};
use pilotlight_tfstate::State;
use serde_json::{Value, json};
use std::path::Path;

const TRAFFIC: &str = "traffic \"front\" {\n  zone = \"shop.test\"\n  record \"app.shop.test\" \"A\" {\n    primary = \"192.0.2.1\"\n    standby = \"198.51.100.1\"\n  }\n}\n";

fn live(value: &str) -> RecordSet {
    let json = json!({ "name": "app.shop.test", "record_type": "A", "ttl": 30, "values": [value] });
    serde_json::from_value(json).expect("a set")
}

/// A state with one record at an address of the root, `app`, or of a module.
fn state(module: Option<&str>, more: Value) -> State {
    let mut attributes = json!({
        "id": "Z1_app.shop.test_A", "zone_id": "Z1", "name": "app", "fqdn": "", "type": "A", "ttl": 30,
        "records": ["192.0.2.1"], "set_identifier": "", "alias": [], "weighted_routing_policy": [],
    });
    let fields = attributes.as_object_mut().expect("fields");
    fields.extend(more.as_object().expect("fields").clone());
    let mut resource = json!({
        "mode": "managed", "type": "aws_route53_record", "name": "app",
        "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
        "instances": [{"schema_version": 2, "attributes": attributes}],
    });
    if let Some(module) = module {
        resource["module"] = module.into();
    }
    let document = json!({
        "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "outputs": {}, "resources": [resource],
    });
    State::parse("x.tfstate", document.to_string().as_bytes()).expect("a state")
}

/// One stack `app` with this HCL and state.
fn stacks(folder: &Path, hcl: &str, state: State) -> Stacks {
    std::fs::write(folder.join("main.tf"), hcl).expect("written");
    let key = || ("app".to_owned(), Side::Primary);
    Stacks { states: [(key(), Ok(state))].into(), folders: [(key(), folder.to_owned())].into() }
}

fn failover(sources: &Stacks) -> Run {
    let plan = plan(&["app", "other"], TRAFFIC);
    with_owners(run_of(&plan, Direction::Failover, "Z1", &[live("192.0.2.1")]), &plan, sources)
}

fn only(run: &Run) -> &RecordOwner {
    let [owner] = &run.owners[..] else { panic!("{:#?}", run.owners) };
    owner
}

fn said(run: &Run, code: pilotlight_findings::Code) -> &Finding {
    run.notes.iter().find(|note| note.code == code).unwrap_or_else(|| panic!("{:#?}", run.notes))
}

const RESOURCE: &str = "\nresource \"aws_route53_record\" \"app\" {\n  name = \"app\"\n}\n";

#[test]
fn without_a_lifecycle_the_lines_to_write_are_told_with_their_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = failover(&stacks(folder.path(), RESOURCE, state(None, json!({}))));
    let owner = only(&run);
    let place = format!("{}/main.tf:2:1", folder.path().display());
    let resource = owner.resource.as_ref().expect("an owner");
    assert_eq!((owner.next_apply, resource.address.as_str()), (NextApply::Reverts, "aws_route53_record.app"));
    assert_eq!((resource.stack.as_str(), resource.place.as_deref()), ("app", Some(place.as_str())));
    assert_eq!(
        owner.to_string(),
        format!(
            "app.shop.test A: aws_route53_record.app of stack app ({place}); its next apply sets it back: no \
             ignore_changes covers records"
        )
    );
    let note = said(&run, codes::F_OWNER_REVERTS);
    assert_eq!(note.severity, Severity::Warning);
    assert_eq!(
        note.remedy.as_deref(),
        Some(&*format!(
            "write into the resource at {}/main.tf:2:  lifecycle {{ ignore_changes = [records] }}",
            folder.path().display()
        ))
    );
    assert_eq!(owners_as_errors(note.clone()).severity, Severity::Error);
    // A run of before has none, and is read all the same.
    let mut old = serde_json::to_value(&run).expect("JSON");
    old.as_object_mut().expect("fields").remove("owners").expect("owners");
    assert_eq!(serde_json::from_value::<Run>(old).expect("an old run").owners, []);
}

#[test]
fn a_list_that_lacks_it_is_told_whole_and_json_as_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let hcl =
        RESOURCE.replace("name = \"app\"\n", "name = \"app\"\n  lifecycle { ignore_changes = [ttl, tags[\"a\"]] }\n");
    let run = failover(&stacks(folder.path(), &hcl, state(None, json!({}))));
    let remedy = only(&run).remedy.clone().expect("a remedy");
    assert!(remedy.ends_with("lifecycle { ignore_changes = [ttl, tags[\"a\"], records] }"), "{remedy}");
    let json = tempfile::tempdir().expect("a folder");
    let text = json!({"resource": {"aws_route53_record": {"app": {"lifecycle": {"ignore_changes": ["ttl"]}}}}});
    std::fs::write(json.path().join("main.tf.json"), text.to_string()).expect("written");
    let mut sources = stacks(folder.path(), &hcl, state(None, json!({})));
    sources.folders.insert(("app".to_owned(), Side::Primary), json.path().to_owned());
    let remedy = only(&failover(&sources)).remedy.clone().expect("a remedy");
    assert!(remedy.ends_with("\"lifecycle\": { \"ignore_changes\": [\"ttl\", \"records\"] }"), "{remedy}");
}

#[test]
fn what_the_hcl_does_not_tell_is_not_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = std::cell::Cell::new(0);
    let sources = |hcl: &str, module| {
        let root = folder.path().join(written.replace(written.get() + 1).to_string());
        std::fs::create_dir(&root).expect("made");
        stacks(&root, hcl, state(module, json!({})))
    };
    for (what, sources, next, detail) in [
        (
            "computed",
            sources(&RESOURCE.replace("name = \"app\"\n", "lifecycle { ignore_changes = var.x }\n"), None),
            NextApply::Unknown,
            "ignore_changes is computed",
        ),
        (
            "not fetched",
            sources("module \"dns\" {\n  source = \"registry.example/dns\"\n}\n", Some("module.dns[\"a\"]")),
            NextApply::Unknown,
            "module.dns was not read: terraform init has not fetched registry.example/dns here",
        ),
        (
            "gone from the HCL",
            sources("locals {}\n", None),
            NextApply::Reverts,
            "the HCL does not have it any more, so that the next apply deletes the record",
        ),
        (
            "moved in the HCL",
            sources(
                "moved {\n  from = aws_route53_record.app\n  to = aws_route53_record.b\n}\nmoved {\n  from = \
                 aws_route53_record.b\n  to = aws_route53_record.c\n}\nresource \"aws_route53_record\" \"c\" {\n  \
                 lifecycle { ignore_changes = all }\n}\n",
                None,
            ),
            NextApply::Ignores,
            "ignore_changes covers records",
        ),
    ] {
        let run = failover(&sources);
        let owner = only(&run);
        assert_eq!(owner.next_apply, next, "{what}: {owner}");
        assert!(owner.detail.starts_with(detail), "{what}: {owner}");
    }
    let mut nowhere = sources("locals {}\n", None);
    nowhere.folders.clear();
    let run = failover(&nowhere);
    assert_eq!((only(&run).next_apply, only(&run).detail.as_str()), (NextApply::Unknown, "its source is not here"));
    assert_eq!(said(&run, codes::F_OWNER_UNKNOWN).severity, Severity::Warning);
}

#[test]
fn a_record_of_no_state_is_not_owned_and_where_a_state_was_not_read_that_is_not_known() {
    let folder = tempfile::tempdir().expect("a folder");
    for other in [
        json!({"zone_id": "Z2"}),
        json!({"name": "www"}),
        json!({"type": "AAAA"}),
        json!({"set_identifier": "home", "weighted_routing_policy": [{"weight": 1}]}),
    ] {
        let mut sources = stacks(folder.path(), RESOURCE, state(None, other.clone()));
        let run = failover(&sources);
        assert_eq!((only(&run).next_apply, &only(&run).resource), (NextApply::NotOwned, &None), "{other}");
        assert_eq!(said(&run, codes::F_NOT_OWNED).severity, Severity::Info);
        sources.states.insert(("other".to_owned(), Side::Standby), Err("no answer".to_owned()));
        let run = failover(&sources);
        assert_eq!(only(&run).next_apply, NextApply::Unknown);
        assert!(only(&run).detail.ends_with("the standby's state of other: no answer"), "{}", only(&run));
        // One reason is told once.
        sources.states.insert(("app".to_owned(), Side::Standby), Err("no answer".to_owned()));
        let run = failover(&sources);
        assert!(only(&run).detail.ends_with("the standby's states of app, other: no answer"), "{}", only(&run));
    }
    for same in
        [json!({"fqdn": "App.shop.test."}), json!({"name": "app.shop.test"}), json!({"zone_id": "/hostedzone/Z1"})]
    {
        let run = failover(&stacks(folder.path(), RESOURCE, state(None, same.clone())));
        assert_eq!(only(&run).next_apply, NextApply::Reverts, "{same}");
    }
}

#[test]
fn a_failback_puts_back_what_the_state_has_and_a_second_owner_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut sources = stacks(folder.path(), RESOURCE, state(None, json!({})));
    let plan = plan(&["app", "other"], TRAFFIC);
    let home = run_of(&plan, Direction::Failback, "Z1", &[live("198.51.100.1")]);
    let run = with_owners(home, &plan, &sources);
    assert_eq!(only(&run).next_apply, NextApply::Unchanged);
    assert!(!run.notes.iter().any(|note| note.code == codes::F_OWNER_REVERTS));
    // The standby was built without leaving the record out.
    let standby = ("app".to_owned(), Side::Standby);
    sources.states.insert(standby.clone(), Ok(state(None, json!({"records": ["198.51.100.1"]}))));
    sources.folders.insert(standby, folder.path().to_owned());
    let run = failover(&sources);
    let next: Vec<NextApply> = run.owners.iter().map(|owner| owner.next_apply).collect();
    assert_eq!(next, [NextApply::Reverts, NextApply::Unchanged]);
    let twice = said(&run, codes::F_OWNED_TWICE);
    assert_eq!(
        twice.message,
        "2 states have it: aws_route53_record.app of stack app, aws_route53_record.app of stack app in the standby"
    );
    assert_eq!(owners_as_errors(twice.clone()).severity, Severity::Error);
}

#[test]
fn the_hcl_of_now_counts_where_it_is_newer_than_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let sources = stacks(folder.path(), RESOURCE, state(None, json!({})));
    let run = failover(&sources);
    let ignoring = RESOURCE.replace("name = \"app\"\n", "lifecycle { ignore_changes = [records] }\n");
    let later = stacks(folder.path(), &ignoring, state(None, json!({})));
    let configuration = later.configuration("app", Side::Primary).expect("HCL");
    let now = only(&run).under(&configuration);
    assert_eq!((now.next_apply, now.remedy), (NextApply::Ignores, None));
    assert_eq!(only(&run).zone, ZONE);
    std::fs::write(folder.path().join("main.tf"), RESOURCE).expect("written");
    let again = only(&failover(&later)).under(&sources.configuration("app", Side::Primary).expect("HCL"));
    assert_eq!(again.next_apply, NextApply::Reverts);
}
