//! Drills, as a person sees them.

use crate::runs::estate;

const CHECK: &str = "\ncheck \"http\" \"target\" {\n  url  = \"http://198.51.100.9/health\"\n  \
                     side = \"target\"\n  when = [\"before\"]\n}\n";

#[test]
fn a_plan_is_run_in_memory_and_nothing_is_changed() {
    let (sandbox, route53) = estate("");
    let told = sandbox.run(&["drill", "simulate", "plan.hcl", "--seeds", "1"]);
    told.exits(0);
    told.shows("Nothing was changed. Times are simulated");
    told.shows("\nfailover: ").shows("\nfailback: ");
    told.shows("killed after a journal entry").shows("second operator takes the run over");
    told.shows("timed out after its effect: route53 ChangeResourceRecordSets");
    told.shows("The plan survives all ");
    told.shows("\nobjectives\n  failover  RTO none in the plan: simulated ").shows("; never measured\n");
    told.shows("\ndeviations\n  failover  at the slowest ").shows("\nwhat to fix\n  ! warning  plan web  PL-F201\n");
    assert_eq!(route53.changes(), [""; 0], "no request would have changed anything");
    assert!(!sandbox.path(".pilotlight/runs").exists(), "a drill in memory begins no journal");
}

#[test]
fn a_program_reads_it_as_json() {
    let (sandbox, _route53) = estate(CHECK);
    let told = sandbox.run(&["drill", "simulate", "plan.hcl", "--format", "json"]);
    told.exits(0);
    let drill: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(
        (&drill["schema_version"], &drill["simulated"], &drill["survives"]),
        (&1.into(), &true.into(), &true.into())
    );
    assert_eq!(drill["fix"], serde_json::json!([]), "a check looks at the target");
    let courses = drill["courses"].as_array().unwrap();
    assert_eq!((&courses[0]["job"], &courses[1]["job"]), (&"failover".into(), &"failback".into()));
    let trials = courses[0]["trials"].as_array().unwrap();
    let red = trials.iter().find(|trial| trial["fault"] == "check red").expect("a red check");
    assert_eq!((&red["place"], &red["came"]), (&"preflight/check/target".into(), &"rolled_back".into()));
}
