//! A rebuild that is killed or interrupted while the real Terraform works, and one that finds a state locked: the next
//! one comes to the same end, and nobody else's stack is harmed.

use crate::sandbox::{Sandbox, state};
use crate::waves::zones;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const PLAN: &str = r#"plan "shop" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}

stack "slow" {
  source = "slow"
  state  = "file:slow/terraform.tfstate"
}

stack "web" {
  source     = "web"
  state      = "file:web/terraform.tfstate"
  depends_on = ["slow"]
}

stack "audit" {
  source = "audit"
  state  = "file:audit/terraform.tfstate"
}
"#;

/// Takes the time that a file in the sandbox says, when it is made and when it is destroyed, and tells that it has begun.
fn source(sandbox: &Sandbox) -> String {
    let folder = sandbox.path(".").display().to_string();
    let command = format!("pause=$(cat {folder}/pause); touch {folder}/begun; sleep $pause");
    format!(
        "resource \"terraform_data\" \"release\" {{\n  provisioner \"local-exec\" {{ command = \"{command}\" }}\n  \
         provisioner \"local-exec\" {{\n    when    = destroy\n    command = \"{command}\"\n  }}\n}}\n"
    )
}

fn sandbox() -> Sandbox {
    let path = std::env::var("PATH").unwrap();
    let sandbox = Sandbox::new().with_aws(&zones()).with_env("PATH", &path);
    sandbox.write("plan.hcl", PLAN);
    sandbox.write("empty.tfrc", "");
    sandbox.write("pause", "0");
    for stack in ["slow", "web", "audit"] {
        let plain = "resource \"terraform_data\" \"release\" {}\n".to_owned();
        let text = if stack == "slow" { source(&sandbox) } else { plain };
        sandbox.write(&format!("{stack}/main.tf"), text);
        let outputs = "{ \"ips\": { \"value\": [\"192.0.2.10\"], \"type\": [\"list\", \"string\"] } }";
        sandbox.write(&format!("{stack}/terraform.tfstate"), state("192.0.2.10").replace(outputs, "{}"));
    }
    let config = sandbox.path("empty.tfrc").display().to_string();
    sandbox.with_env("TF_CLI_CONFIG_FILE", &config)
}

fn has_release(sandbox: &Sandbox, stack: &str) -> bool {
    let state = sandbox.path(&format!(".pilotlight/shop/standby/{stack}/terraform.tfstate"));
    std::fs::read_to_string(state).is_ok_and(|state| state.contains("\"release\""))
}

/// Starts a rebuild and waits until Terraform is in the middle of the slow stack.
fn begun(sandbox: &Sandbox, mode: &str) -> Child {
    sandbox.write("pause", "60");
    let _ = std::fs::remove_file(sandbox.path("begun"));
    let mut command = sandbox.command();
    command.args(["rebuild", "plan.hcl", mode, "--yes"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    wait_for(|| sandbox.path("begun").exists(), "the slow stack did not begin");
    sandbox.write("pause", "0");
    child
}

fn wait_for(done: impl Fn() -> bool, what: &str) {
    // Generous: other tests have the processors meanwhile.
    let patience = Instant::now() + Duration::from_secs(40);
    while !done() {
        assert!(Instant::now() < patience, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(child: &Child, signal: &str) {
    let sent = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Until the Terraform that outlived its Pilotlight has saved its state and let go of the lock.
fn wait_for_the_lock(sandbox: &Sandbox) {
    let lock = sandbox.path(".pilotlight/shop/standby/slow/.terraform.tfstate.lock.info");
    wait_for(|| !lock.exists(), "the lock was not let go of");
}

#[test]
fn a_killed_apply_is_finished_by_the_next_one() {
    let sandbox = sandbox();
    let mut child = begun(&sandbox, "--apply");
    signal(&child, "-KILL");
    assert_eq!(child.wait().unwrap().code(), None, "it was killed");
    wait_for_the_lock(&sandbox);
    assert!(!has_release(&sandbox, "web"), "nothing was begun after the end");
    sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]).exits(0).says("web: apply, 1 of 1 done");
    assert!(["slow", "web", "audit"].iter().all(|stack| has_release(&sandbox, stack)));
    sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]).exits(0).says("slow: nothing to apply");
}

#[test]
fn a_killed_destroy_is_finished_by_the_next_one() {
    let sandbox = sandbox();
    sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]).exits(0);
    let mut child = begun(&sandbox, "--destroy");
    signal(&child, "-KILL");
    child.wait().unwrap();
    wait_for_the_lock(&sandbox);
    assert!(has_release(&sandbox, "slow"), "it was killed before the slow one was gone");
    sandbox.run(&["rebuild", "plan.hcl", "--destroy", "--yes"]).exits(0);
    assert!(["slow", "web", "audit"].iter().all(|stack| !has_release(&sandbox, stack)));
}

#[test]
fn an_interrupt_ends_terraform_and_says_what_is_left_to_do() {
    let sandbox = sandbox();
    let child = begun(&sandbox, "--apply");
    let since = Instant::now();
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert!(since.elapsed() < Duration::from_secs(30), "it waited for the slow stack");
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(2), "{stdout}{stderr}");
    assert!(stdout.contains("it was not built: the rebuild was interrupted before it"), "{stdout}");
    assert!(stderr.contains("PL-T112") && stderr.contains("it goes on from there"), "{stderr}");
    sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]).exits(0);
    assert!(["slow", "web", "audit"].iter().all(|stack| has_release(&sandbox, stack)));
}

#[test]
fn a_second_interrupt_ends_it_at_once_and_says_what_may_be_left() {
    let sandbox = sandbox();
    // A Terraform that heeds no interrupt, as one that waits for a provider.
    let script = "#!/bin/sh\ncase \"$1\" in\n  apply) trap '' INT; touch \"$BEGUN\"; exec sleep 60 ;;\n  \
                  *) exec terraform \"$@\" ;;\nesac\n";
    sandbox.write("deaf.txt", script);
    let files = [sandbox.path("deaf.txt"), sandbox.path("deaf")];
    assert!(std::process::Command::new("install").args(["-m", "755"]).args(files).status().unwrap().success());
    let mut command = sandbox.command();
    command.args(["rebuild", "plan.hcl", "--apply", "--yes", "--terraform", "./deaf"]);
    command.env("BEGUN", sandbox.path("begun")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    wait_for(|| sandbox.path("begun").exists(), "the apply did not begin");
    signal(&child, "-INT");
    std::thread::sleep(Duration::from_secs(2));
    assert!(child.try_wait().unwrap().is_none(), "the first one lets Terraform end what it does");
    let since = Instant::now();
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert!(since.elapsed() < Duration::from_secs(15), "it waited for the slow stack");
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(2), "{stdout}{stderr}");
    assert!(stdout.contains("it was not built: the rebuild was interrupted before it"), "{stdout}");
    assert!(stderr.contains("it was killed") && stderr.contains("can be there and not in the state"), "{stderr}");
    sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]).exits(0);
    assert!(["slow", "web", "audit"].iter().all(|stack| has_release(&sandbox, stack)));
}

#[test]
fn a_state_that_somebody_works_on_is_left_alone_and_its_owner_named() {
    let sandbox = sandbox();
    sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]).exits(0);
    // A colleague's Terraform, in the same root.
    sandbox.write("pause", "60");
    let _ = std::fs::remove_file(sandbox.path("begun"));
    let mut colleague = sandbox.command();
    colleague.args(["-c", "cd .pilotlight/shop/standby/slow && exec terraform apply -auto-approve -input=false -replace=terraform_data.release"]);
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(colleague.get_args()).current_dir(sandbox.path("."));
    for (name, value) in colleague.get_envs() {
        value.map(|value| shell.env(name, value));
    }
    let mut colleague = shell.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(|| sandbox.path("begun").exists(), "the colleague did not begin");
    // Something to do for the stack beside it.
    std::fs::remove_file(sandbox.path(".pilotlight/shop/standby/audit/terraform.tfstate")).unwrap();
    for (mode, exit) in [("--apply", 2), ("--destroy", 1)] {
        let told = sandbox.run(&["rebuild", "plan.hcl", mode, "--yes"]);
        told.exits(exit).says("PL-T116").says("holds the lock for apply since 20").says("terraform force-unlock");
        let remedy = told.stderr.lines().find(|line| line.contains("force-unlock")).unwrap();
        assert!(remedy.contains("wait until"), "waiting comes first: {remedy}");
        assert!(has_release(&sandbox, "audit"), "{mode}: the stack beside it");
    }
    sandbox.write("pause", "0");
    signal(&colleague, "-INT");
    colleague.wait().unwrap();
    sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]).exits(0);
}

#[test]
fn a_standby_state_of_a_newer_format_is_left_alone_and_says_what_reads_it() {
    let sandbox = sandbox();
    sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]).exits(0);
    let path = ".pilotlight/shop/standby/web/terraform.tfstate";
    let state = std::fs::read_to_string(sandbox.path(path)).unwrap();
    let newer = state.replacen("\"version\": 4", "\"version\": 5", 1);
    assert_ne!(newer, state);
    sandbox.write(path, &newer);
    let told = sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]);
    told.exits(2);
    let said = told.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("name a Terraform that reads the state of stack web's standby with --terraform"), "{said}");
    assert_eq!(std::fs::read_to_string(sandbox.path(path)).unwrap(), newer);
}
