//! Wrong command lines: exit 1, never 2, which says that findings were made.

use crate::sandbox::Sandbox;

#[test]
fn a_wrong_command_line_is_exit_1_and_says_what_is_wrong() {
    let sandbox = Sandbox::new();
    let cases: [(&[&str], &str); 18] = [
        (&[], "Usage: pilotlight [OPTIONS] <COMMAND>"),
        (&["bogus"], "unrecognized subcommand 'bogus'"),
        (&["drfit", "plan.hcl"], "some similar subcommands exist: 'drill', 'drift'"),
        (&["drift"], "required arguments were not provided"),
        (&["drift", "plan.hcl", "--sdie", "both"], "a similar argument exists: '--side'"),
        (&["drift", "plan.hcl", "--side", "x"], "[possible values: primary, standby, both]"),
        (&["drift", "plan.hcl", "--state", "x"], "cannot be used with"),
        (&["drift", "--state", "x", "--stack", "app"], "cannot be used with"),
        (&["failover"], "required arguments were not provided"),
        (&["failover", "plan.hcl", "--dry-run", "--yes"], "cannot be used with"),
        (&["failover", "plan.hcl", "--run", "run.json"], "cannot be used with"),
        (&["rebuild", "plan.hcl", "--yes"], "required arguments were not provided"),
        (&["run", "skip", "plan.hcl", "--step", "x"], "--reason <TEXT>"),
        (&["run", "list", "plan.hcl", "--format", "html"], "[possible values: text, json]"),
        (&["drift", "plan.hcl", "--format", "xml"], "[possible values: text, json, sarif, junit, markdown, html]"),
        (&["failover", "plan.hcl", "--format", "sarif"], "[possible values: text, json, html]"),
        (&["run", "report", "plan.hcl", "--format", "junit"], "[possible values: text, json, html]"),
        (&["run", "resume", "plan.hcl", "--format", "markdown"], "[possible values: text, json, html]"),
    ];
    for (arguments, words) in cases {
        let told = sandbox.run(arguments);
        told.exits(1).says(words);
        assert_eq!(told.stdout, "", "{arguments:?}");
    }
}

#[test]
fn an_unknown_stack_is_named_with_those_that_there_are() {
    Sandbox::new()
        .run(&["drift", "plan.hcl", "--stack", "nope"])
        .is_error(1, "PL-U101\n\n  × failed to find stack \"nope\" in plan.hcl\n  help: the plan has the stacks app\n");
}

#[test]
fn variables_that_cannot_be_used() {
    let sandbox = Sandbox::new();
    sandbox.write("vars.json", "{\"a\":");
    sandbox
        .run(&["drift", "plan.hcl", "--var", "x"])
        .is_error(1, "PL-U101\n\n  × failed to read --var x\n  help: write it as --var NAME=VALUE\n");
    let told = sandbox.run(&["drift", "plan.hcl", "--var-file", "vars.json"]);
    told.exits(1).says("failed to read the variables in vars.json").says("write one JSON object");
    let told = sandbox.run(&["drift", "plan.hcl", "--var-file", "none.json"]);
    told.exits(1).says("failed to read the variables in none.json").says("No such file or directory");
}

#[test]
fn a_compiled_run_has_no_page() {
    let told = Sandbox::new().run(&["failover", "plan.hcl", "--dry-run", "--format", "html"]);
    told.is_error(
        1,
        "PL-U101\n\n  × failed to show a compiled run as html: a page tells of a run that was carried out\n  \
         help: leave --format out, or use --format json\n",
    );
}
