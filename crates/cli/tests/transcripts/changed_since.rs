//! `validate --changed-since`: git says which stacks a pull request changes.

use crate::sandbox::Sandbox;
use std::process::Command;

fn git(sandbox: &Sandbox, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(sandbox.path("")).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
    let done = command.args(["-c", "commit.gpgsign=false"]).args(arguments).output().expect("git is there");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "*.tfstate\n");
    git(&sandbox, &["init", "--quiet", "--initial-branch=main"]);
    git(&sandbox, &["add", "."]);
    git(&sandbox, &["commit", "--quiet", "-m", "first"]);
    sandbox
}

#[test]
fn without_a_change_nothing_is_looked_at_and_that_is_said() {
    let told = repository().run(&["validate", "plan.hcl", "--changed-since", "main"]);
    told.exits(0).shows("validate: nothing to judge").shows("not judged  no stack has changed since main");
    assert!(!told.stdout.contains("ready"), "{}", told.stdout);
}

#[test]
fn a_change_of_the_source_a_module_or_the_plan_is_looked_at() {
    for file in ["app/main.tf", "app/new.tf", "modules/m/main.tf", "plan.hcl", ".pilotlight/web/standby/app/main.tf"] {
        let sandbox = Sandbox::new();
        sandbox.write("app/main.tf", "module \"m\" {\n  source = \"../modules/m\"\n}\n");
        sandbox.write("modules/m/main.tf", "resource \"terraform_data\" \"release\" {}\n");
        sandbox.write("elsewhere/main.tf", "# another team's\n");
        git(&sandbox, &["init", "--quiet", "--initial-branch=main"]);
        git(&sandbox, &["add", "."]);
        git(&sandbox, &["commit", "--quiet", "-m", "first"]);
        sandbox.write("elsewhere/main.tf", "# changed\n");
        sandbox.run(&["validate", "plan.hcl", "--changed-since", "main"]).exits(0).shows("nothing to judge");
        let text = if sandbox.path(file).exists() { sandbox.read(file) } else { String::new() };
        sandbox.write(file, format!("{text}# changed\n"));
        // Its standby was never built: it was looked at.
        let told = sandbox.run(&["validate", "plan.hcl", "--changed-since", "main"]);
        assert_eq!(told.exit, 2, "{file}: {}{}", told.stdout, told.stderr);
        told.shows("PL-U105");
    }
}

#[test]
fn a_revision_that_is_not_there_and_no_repository_are_each_one_error() {
    let told = repository().run(&["validate", "plan.hcl", "--changed-since", "release-1"]);
    told.exits(1).says("failed to find the revision \"release-1\"").says("fetch-depth: 0");
    assert_eq!(told.stdout, "");
    // A folder for temporary files is in no repository.
    let told = Sandbox::new().run(&["validate", "plan.hcl", "--changed-since", "main"]);
    told.exits(1).says("failed to find the git repository of the plan").says("leave --changed-since out");
}

#[test]
fn a_principal_is_a_user_or_a_role() {
    for wrong in ["oncall", "arn:aws:sts::123456789012:assumed-role/oncall/ana", "arn:aws:iam::123456789012:root"] {
        let told = Sandbox::new().run(&["validate", "plan.hcl", "--principal", wrong]);
        told.exits(1).says("arn:aws:iam::123456789012:role/NAME");
    }
}
