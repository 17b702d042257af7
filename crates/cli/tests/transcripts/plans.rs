//! Plan files that cannot be used: each error names file, line and remedy, and nothing is touched.

use crate::sandbox::{PLAN, Sandbox};

/// Runs a plan with something replaced.
fn drift(from: &str, to: &str) -> crate::sandbox::Told {
    assert!(PLAN.contains(from), "{from}");
    let sandbox = Sandbox::new();
    sandbox.write("plan.hcl", PLAN.replace(from, to));
    let before = sandbox.files();
    let told = sandbox.run(&["drift", "plan.hcl"]);
    assert_eq!(sandbox.files(), before, "a plan that cannot be used leaves nothing behind");
    told
}

#[test]
fn a_file_that_is_none() {
    let sandbox = Sandbox::new();
    sandbox.run(&["validate", "nope.hcl"]).is_error(
        1,
        "PL-U102\n\n  × failed to read the plan nope.hcl\n  ╰─▶ No such file or directory (os error 2)\n  \
         help: name a plan file that is there; docs/plan.md says how to write one\n",
    );
    sandbox.run(&["validate", "app"]).is_error(
        1,
        "PL-U102\n\n  × failed to read the plan app\n  ╰─▶ Is a directory (os error 21)\n  \
         help: name the plan file in this folder, not the folder\n",
    );
    sandbox.write("latin1.hcl", b"plan \"web\" {\n  description = \"caf\xe9\"\n}\n");
    sandbox.run(&["validate", "latin1.hcl"]).is_error(
        1,
        "PL-U101\n\n  × failed to read the plan latin1.hcl:2: this line is not UTF-8\n  help: save the file as UTF-8\n",
    );
}

#[test]
fn an_unknown_block_shows_its_line_and_a_suggestion() {
    drift("traffic \"front\"", "trafic \"front\"").is_error(
        1,
        r#"PL-P102

  × failed to find the block "trafic": the plan language has none of that name
    ╭─[plan.hcl:11:1]
 10 │ 
 11 │ trafic "front" {
    · ──────────────
 12 │   zone = "shop.test"
    ╰────
  help: did you mean "traffic"?
"#,
    );
}

#[test]
fn each_class_of_error_has_its_code_place_and_remedy() {
    let cases = [
        ("plan \"web\" {", "plan \"web\" {{", "PL-P101", "[plan.hcl:1:13]", ""),
        ("  zone = \"shop.test\"\n", "", "PL-P103", "[plan.hcl:11:1]", "write zone = \"shop.test\""),
        ("eu-central-1", "mars-1", "PL-P104", "[plan.hcl:3:22]", "as in eu-central-1"),
        (
            "stack.app.output.ips\n    standby",
            "stack.api.output.ips\n    standby",
            "PL-P106",
            "[plan.hcl:14:15]",
            "did you mean \"app\"?",
        ),
        ("source = \"app\"", "source = \"app\"\n  depends_on = [\"app\"]", "PL-P107", "[plan.hcl:6:1]", "remove"),
        ("eu-central-1", "eu-west-1", "PL-P108", "[plan.hcl:3:22]", "another region"),
        ("\"30s\"", "\"30 parsecs\"", "PL-P109", "[plan.hcl:16:15]", "90s, 15m or 1h30m"),
        ("\"30s\"", "env(\"NOPE\")", "PL-P111", "[plan.hcl:16:15]", "export NOPE=..."),
        ("\"30s\"", "var.ttl", "PL-P112", "[plan.hcl:16:15]", "--var ttl=VALUE"),
    ];
    for (from, to, code, place, remedy) in cases {
        let told = drift(from, to);
        told.exits(1).says(place).says(remedy);
        assert!(told.stderr.starts_with(&format!("{code}\n\n  × failed to ")), "{code}: {}", told.stderr);
        assert_eq!(told.stdout, "");
        assert_eq!(told.stderr.matches("× failed").count(), 1, "one error: {}", told.stderr);
    }
}

#[test]
fn several_errors_are_told_in_the_order_of_the_file() {
    let sandbox = Sandbox::new();
    sandbox.write("plan.hcl", PLAN.replace("\"30s\"", "\"30 parsecs\"").replace("eu-central-1", "mars-1"));
    let told = sandbox.run(&["failover", "plan.hcl"]);
    told.exits(1);
    let codes: Vec<&str> = told.stderr.lines().filter(|line| line.starts_with("PL-")).collect();
    assert_eq!(codes, ["PL-P104", "PL-P109"]);
    assert!(told.stderr.contains("\n\nPL-P109\n"), "a blank line between: {}", told.stderr);
}

#[test]
fn a_value_is_taken_from_the_command_line() {
    let sandbox = Sandbox::new();
    sandbox.write("plan.hcl", PLAN.replace("\"30s\"", "var.ttl"));
    sandbox.run(&["drift", "plan.hcl", "--var", "ttl=30s"]).exits(0);
}
