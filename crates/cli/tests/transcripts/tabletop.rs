//! A tabletop drill without a terminal: the sheet, and answers that were prepared.

use crate::owners;
use crate::sandbox::Sandbox;

const ASKED: &str = "\napproval \"commander\" { before = \"switch\" }\n";

/// An estate whose failover compiles.
fn estate() -> (Sandbox, [String; 2]) {
    let (sandbox, server, _route53) = owners::estate();
    let plan = sandbox.read("plan.hcl");
    sandbox.write("plan.hcl", format!("{plan}{ASKED}"));
    (sandbox, ["--resolver".into(), server.address])
}

fn tabletop(sandbox: &Sandbox, resolver: &[String; 2], more: &[&str]) -> crate::sandbox::Told {
    let resolver = resolver.each_ref().map(String::as_str);
    sandbox.run(&[&["drill", "tabletop", "plan.hcl"][..], more, &resolver].concat())
}

#[test]
fn without_a_terminal_and_without_answers_it_is_a_sheet_to_fill_in() {
    let (sandbox, resolver) = estate();
    let before = sandbox.files();
    let told = tabletop(&sandbox, &resolver, &[]);
    told.exits(0)
        .shows("# Tabletop drill of web\n")
        .shows("\n## Switch\n")
        .shows("Who says yes to commander before switch");
    told.shows("- [ ] yes  - [ ] no  - [ ] later: ___").shows("`approval/commander`");
    told.shows("the TTL is 30s").shows("its next apply sets it back");
    assert_eq!(sandbox.files(), before, "nothing is written");
    let again = tabletop(&sandbox, &resolver, &["--sheet", "--out", "sheet.md"]);
    again.exits(0);
    assert_eq!(sandbox.read("sheet.md"), told.stdout);
    // A format is a report's, and every question of it is open.
    let told = tabletop(&sandbox, &resolver, &["--format", "json"]);
    told.exits(2);
    let report: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert!(report["questions"].as_array().unwrap().iter().all(|asked| asked["answer"].is_null()), "{report}");
    tabletop(&sandbox, &resolver, &["--format", "json", "--sheet"]).exits(1).says("cannot be used with");
}

#[test]
fn prepared_answers_make_the_report() {
    let (sandbox, resolver) = estate();
    let json = |more: &[&str]| -> serde_json::Value {
        serde_json::from_str(&tabletop(&sandbox, &resolver, &[more, &["--format", "json"]].concat()).stdout).unwrap()
    };
    sandbox.write("answers.json", r#"{ "version": 1, "plan": "web", "answers": [] }"#);
    let open = json(&["--answers", "answers.json"]);
    let questions = open["questions"].as_array().unwrap();
    let answers: Vec<serde_json::Value> = questions
        .iter()
        .map(|asked| {
            let said = if asked["id"] == "approval/commander" { "no" } else { "yes" };
            serde_json::json!({ "id": asked["id"], "question": asked["question"], "answer": said, "note": "Ann",
                "by": "ana@bastion", "at": "2026-11-21T03:00:00Z" })
        })
        .collect();
    let count = answers.len();
    let file = serde_json::json!({ "version": 1, "plan": "web", "answers": answers }).to_string();
    sandbox.write("answers.json", &file);
    let told = tabletop(&sandbox, &resolver, &["--answers", "answers.json"]);
    told.exits(2)
        .shows(&format!("tabletop of web: {} of {count} questions are answered, 1 with no, 0 are open", count - 1));
    told.shows("✗ no    Who says yes to commander").shows("Ann (ana@bastion, 2026-11-21)").shows("PL-F258");
    sandbox.write("answers.json", file.replace("\"no\"", "\"yes\""));
    let told = tabletop(&sandbox, &resolver, &["--answers", "answers.json"]);
    told.exits(0).shows(&format!("all {count} questions are answered")).shows("what to fix\n  nothing\n");
    // Where nobody names it, it is beside the plan.
    sandbox.write(".pilotlight/web/tabletop.json", file);
    tabletop(&sandbox, &resolver, &["--format", "markdown"]).exits(2).shows("### ! Tabletop drill of web: ");
    tabletop(&sandbox, &resolver, &["--format", "html", "--out", "t.html"]).exits(2);
    assert!(sandbox.read("t.html").starts_with("<!DOCTYPE html>"));
}

#[test]
fn without_aws_the_plan_alone_is_walked_and_it_says_so() {
    let sandbox = Sandbox::new();
    let told = sandbox.run(&["drill", "tabletop", "plan.hcl"]);
    told.exits(0)
        .shows("so the questions come from the plan alone: failed to ")
        .shows("**Who decides that eu-west-1 is given up");
    told.says("warning: the failover does not compile now");
}

#[test]
fn bad_answers_are_one_error() {
    let sandbox = Sandbox::new();
    let run = |file: &str| sandbox.run(&["drill", "tabletop", "plan.hcl", "--answers", file]);
    run("gone.json").exits(1).says("read the answers gone.json: there is no such file");
    sandbox.write("bad.json", "{ \"version\": 1, ");
    run("bad.json").exits(1).says("PL-F259").says("bad.json").says("line 1");
    sandbox.write("other.json", r#"{ "version": 1, "plan": "shop", "answers": [] }"#);
    run("other.json").exits(1).says("use answers of plan shop for plan web");
}
