//! A size that the real Terraform changes in the standby before traffic moves there: turned up, turned down after the
//! failback, refused where the plan does more, and finished where it was killed in the midst.

use crate::name_server::{NameServer, name_server};
use crate::route53::Route53;
use crate::sandbox::{PLAN, Sandbox, Told};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SCALE: &str = r#"
scale "terraform_data.web" {
  stack   = "app"
  timeout = "2m"
  set { input = 6 }
}
"#;

/// The standby's generated root, as a rebuild writes one.
const ROOT: &str = ".pilotlight/web/standby/app";
const STANDBY: &str = r#"resource "terraform_data" "base" {
  input = "small"
}

resource "terraform_data" "web" {
  input      = 1
  depends_on = [terraform_data.base]
}

output "ips" {
  value = ["198.51.100.10"]
}
"#;

const OVERRIDE: &str = "pilotlight_scale_override.tf.json";

/// Both sides are there, with traffic on the primary. Terraform is a script that stands still where a file says so.
struct Estate {
    sandbox: Sandbox,
    server: NameServer,
    route53: Route53,
}

impl Estate {
    fn new(plan: &str, standby: &str) -> Self {
        let server = name_server("192.0.2.10");
        let route53 = Route53::followed_by(&server, "192.0.2.10");
        let sandbox = Sandbox::new().with_aws(&route53.url);
        let path = std::env::var("PATH").unwrap();
        let bin = sandbox.path("bin");
        let sandbox = sandbox.with_env("PATH", &format!("{}:{path}", bin.display())).with_env("REAL_PATH", &path);
        // `hold` has the command to stand still in, once, and a name: until a file `go` with that name is there.
        let script = "#!/bin/sh\nPATH=$REAL_PATH\nroot=../../../..\ncommand=; read -r command name 2>/dev/null < $root/hold\n\
                      if [ \"$command\" = \"$1\" ]; then\n  rm $root/hold; touch $root/begun$name; left=300\n  \
                      until [ -e $root/go$name ] || [ $left = 0 ]; do sleep 0.2; left=$((left - 1)); done\nfi\n\
                      exec terraform \"$@\"\n";
        sandbox.write("bin/script", script);
        let files = [sandbox.path("bin/script"), sandbox.path("bin/terraform")];
        assert!(Command::new("install").args(["-m", "755"]).args(files).status().unwrap().success());
        sandbox.write("empty.tfrc", "");
        let config = sandbox.path("empty.tfrc").display().to_string();
        let sandbox = sandbox.with_env("TF_CLI_CONFIG_FILE", &config);
        sandbox.write(
            "plan.hcl",
            plan.replace(
                "address = \"${stack.app.output.ips[0]}:80\"\n  side    = \"target\"",
                "address = \"127.0.0.1:1\"",
            ),
        );
        sandbox.write(&format!("{ROOT}/main.tf"), standby);
        let estate = Self { sandbox, server, route53 };
        estate.terraform(&["init", "-input=false"]);
        estate.terraform(&["apply", "-input=false", "-auto-approve"]);
        estate
    }

    fn terraform(&self, arguments: &[&str]) -> i32 {
        let mut terraform = Command::new("terraform");
        terraform.args(arguments).current_dir(self.sandbox.path(ROOT)).stdout(Stdio::null());
        terraform.env("TF_CLI_CONFIG_FILE", self.sandbox.path("empty.tfrc"));
        terraform.status().unwrap().code().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Told {
        self.sandbox.run(&[arguments, &["--resolver", &self.server.address]].concat())
    }

    /// What the standby's state has for the size.
    fn size(&self) -> i64 {
        let state: serde_json::Value =
            serde_json::from_str(&self.sandbox.read(&format!("{ROOT}/terraform.tfstate"))).unwrap();
        let resources = state["resources"].as_array().unwrap();
        let web = resources.iter().find(|resource| resource["name"] == "web").unwrap();
        web["instances"][0]["attributes"]["input"]["value"].as_i64().unwrap()
    }

    /// That neither an override nor a saved plan is left, and Terraform has nothing more to do.
    #[track_caller]
    fn is_clean(&self) {
        let left: Vec<String> = self.sandbox.files();
        let ours = |file: &&String| file.ends_with(OVERRIDE) || file.ends_with(".tfplan");
        assert_eq!(left.iter().find(ours), None);
    }

    fn root_override(&self) -> PathBuf {
        self.sandbox.path(&format!("{ROOT}/{OVERRIDE}"))
    }

    fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = self.sandbox.command();
        command.args(arguments).args(["--resolver", &self.server.address]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn wait_for(&self, file: &str) {
        // Generous: other tests have the processors meanwhile.
        let patience = Instant::now() + Duration::from_secs(60);
        while !self.sandbox.path(file).exists() {
            assert!(Instant::now() < patience, "{file} is not there");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Begins a failover, and kills it while Terraform stands still in a command.
    fn killed_in(&self, command: &str) {
        self.sandbox.write("hold", format!("{command}\n"));
        let mut child = self.spawn(&["failover", "plan.hcl", "--yes"]);
        self.wait_for("begun");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

fn plan() -> String {
    format!("{PLAN}{SCALE}")
}

/// The check after the switch asks what is not there: these plans have none.
fn without_check(plan: &str) -> String {
    let (before, rest) = plan.split_once("check \"tcp\"").unwrap();
    let (_, after) = rest.split_once("\n}\n").unwrap();
    format!("{before}{after}")
}

fn estate() -> Estate {
    Estate::new(&without_check(&plan()), STANDBY)
}

#[test]
fn terraform_turns_the_standby_up_before_the_switch_and_down_after_the_failback() {
    let estate = estate();
    let told = estate.run(&["failover", "plan.hcl", "--dry-run"]);
    told.exits(0)
        .shows("terraform apply  (control plane, eu-central-1)")
        .shows("terraform_data.web of the standby with input = 6");
    told.shows("! terraform_data.web: is turned up until the failback");
    assert_eq!((estate.size(), estate.route53.changes().len()), (1, 0));

    let told = estate.run(&["failover", "plan.hcl", "--yes"]);
    told.exits(0).says("scale/up/app/terraform_data.web: terraform_data.web has input = 6").shows("PL-F282");
    assert_eq!((estate.size(), estate.route53.changes().len()), (6, 1));
    estate.is_clean();
    // The way back is in the HCL alone.
    assert_eq!(estate.terraform(&["plan", "-input=false", "-detailed-exitcode"]), 2);

    let told = estate.run(&["failback", "plan.hcl", "--yes", "--accept-drift"]);
    told.exits(0).says("finish/down/app/terraform_data.web: terraform_data.web has input = 1");
    assert_eq!((estate.size(), estate.route53.changes().len()), (1, 2));
    estate.is_clean();
    assert_eq!(estate.terraform(&["plan", "-input=false", "-detailed-exitcode"]), 0);
}

#[test]
fn a_plan_that_replaces_or_changes_more_is_refused_and_nothing_is_applied() {
    let replaces = plan().replace("set { input = 6 }", "set { triggers_replace = 6 }");
    let standby = STANDBY.replace("input      = 1", "input      = 1\n  triggers_replace = 1");
    let estate = Estate::new(&without_check(&replaces), &standby);
    let told = estate.run(&["failover", "plan.hcl", "--yes"]);
    told.exits(4)
        .says("Terraform wants to replace terraform_data.web for triggers_replace, and not to change it in place");
    assert_eq!(estate.route53.changes(), [""; 0]);
    estate.is_clean();

    // Somebody edited what it depends on, and did not apply that.
    let estate = self::estate();
    estate.sandbox.write(&format!("{ROOT}/main.tf"), STANDBY.replace("\"small\"", "\"large\""));
    let told = estate.run(&["failover", "plan.hcl", "--yes"]);
    told.exits(4).says("Terraform wants to change terraform_data.base as well, so nothing was applied");
    assert_eq!((estate.size(), estate.route53.changes().len()), (1, 0));
    estate.is_clean();
}

#[test]
fn what_could_not_be_turned_up_or_down_is_told_before_anything_is_done() {
    let estate = estate();
    let dry = ["failover", "plan.hcl", "--dry-run"];
    let main = format!("{ROOT}/main.tf");
    estate
        .sandbox
        .write(&main, STANDBY.replace("  depends_on", "  lifecycle { ignore_changes = [input] }\n  depends_on"));
    estate.run(&dry).exits(1).says("PL-F281").says("its lifecycle ignores changes of input").says("main.tf:5");
    estate.sandbox.write(&main, STANDBY.replace("  input      = 1\n", ""));
    estate
        .run(&dry)
        .exits(1)
        .says("does not say what input goes down to")
        .says("set \"terraform_data.web\" { input = ... }");
    estate.sandbox.write(&main, STANDBY);
    let change = |from: &str, to: &str| estate.sandbox.write("plan.hcl", without_check(&plan()).replace(from, to));
    change("set { input = 6 }", "set { inputs = 6 }");
    estate.run(&dry).exits(1).says("PL-F281").says("terraform_data has no attribute inputs").says("plan.hcl:");
    change("terraform_data.web\"", "terraform_data.gone\"");
    estate.run(&dry).exits(1).says("PL-F280").says("find terraform_data.gone of stack app in the standby");
    change("", "");
    std::fs::rename(estate.sandbox.path(ROOT), estate.sandbox.path("elsewhere")).unwrap();
    estate.sandbox.write("app/standby.tfstate", estate.sandbox.read("elsewhere/terraform.tfstate"));
    change(
        "  state  = \"file:app/terraform.tfstate\"\n",
        "  state  = \"file:app/terraform.tfstate\"\n  standby { state = \"file:app/standby.tfstate\" }\n",
    );
    estate
        .run(&dry)
        .exits(1)
        .says("PL-F280")
        .says("its generated root is not here")
        .says("pilotlight rebuild plan.hcl --apply");
    assert_eq!(estate.route53.changes(), [""; 0]);
}

#[test]
fn an_address_that_changes_with_the_size_is_nothing_to_fail_over_to() {
    // As the public address of an instance that is stopped for its new type.
    let standby = STANDBY.replace("\"198.51.100.10\"", "\"198.51.100.${terraform_data.web.output}\"");
    let estate = Estate::new(&without_check(&plan()), &standby);
    let told = estate.run(&["failover", "plan.hcl", "--yes"]);
    told.exits(4).says("output ips of stack app would not stay [\"198.51.100.1\"]");
    assert_eq!((estate.size(), estate.route53.changes().len()), (1, 0));
    estate.is_clean();
}

#[test]
fn a_standby_that_cannot_be_turned_up_is_not_ready() {
    let estate = estate();
    let bad = without_check(&plan()).replace("set { input = 6 }", "set { inputs = 6 }");
    estate.sandbox.write("plan.hcl", bad);
    let told = estate.run(&["validate", "plan.hcl"]);
    told.exits(2).shows("PL-F281").shows("has no attribute inputs");
}

#[test]
fn the_program_is_looked_for_before_the_run_begins() {
    let estate = estate();
    let told = estate.run(&["failover", "plan.hcl", "--yes", "--terraform", "./no-such-program"]);
    told.exits(1).says("PL-T");
    assert!(estate.sandbox.files().iter().all(|file| !file.contains("runs/")), "{:?}", estate.sandbox.files());
    let named = estate.sandbox.path("bin/terraform").display().to_string();
    estate.run(&["failover", "plan.hcl", "--yes", "--terraform", &named]).exits(0);
    assert_eq!(estate.size(), 6);
}

#[test]
fn a_drill_in_memory_turns_it_up_and_down() {
    let estate = estate();
    let told = estate.run(&["drill", "simulate", "plan.hcl", "--seeds", "3"]);
    told.exits(0).shows("terraform apply");
    assert_eq!((estate.size(), estate.route53.changes().len()), (1, 0));
}

#[test]
fn a_kill_while_terraform_plans_leaves_an_override_that_the_resume_takes_away() {
    let estate = estate();
    estate.killed_in("plan");
    let left = std::fs::read_to_string(estate.root_override()).unwrap();
    assert!(left.contains("left by a run that was killed: remove it") && left.contains("\"input\": 6"), "{left}");
    let told = estate.run(&["run", "resume", "plan.hcl"]);
    told.exits(0).says("terraform_data.web has input = 6");
    assert_eq!((estate.size(), estate.route53.changes().len()), (6, 1));
    estate.is_clean();
}

#[test]
fn an_override_that_a_kill_left_is_taken_away_by_an_abort_too() {
    let estate = estate();
    estate.killed_in("plan");
    assert!(estate.root_override().is_file());
    estate.run(&["run", "abort", "plan.hcl", "--reason", "not today", "--yes"]).exits(5);
    estate.is_clean();
    assert_eq!((estate.size(), estate.terraform(&["plan", "-detailed-exitcode"])), (1, 0));
}

#[test]
fn a_kill_while_terraform_applies_is_finished_by_the_resume() {
    let estate = estate();
    estate.killed_in("apply");
    assert_eq!(estate.route53.changes(), [""; 0]);
    let told = estate.run(&["run", "resume", "plan.hcl"]);
    told.exits(0).says("done     scale/up/app/terraform_data.web: terraform_data.web has input = 6");
    assert_eq!((estate.size(), estate.route53.changes().len()), (6, 1));
    estate.is_clean();
}

#[test]
fn who_takes_a_run_over_while_terraform_plans_waits_until_the_other_is_out_of_the_root() {
    let estate = estate();
    estate.sandbox.write("hold", "plan -first\n");
    let mut first = estate.spawn(&["failover", "plan.hcl", "--yes"]);
    estate.wait_for("begun-first");
    // Were it to plan by its own override now, the first one would take that away with its own.
    estate.sandbox.write("hold", "plan -second\n");
    let mut second = estate.spawn(&["run", "resume", "plan.hcl", "--takeover"]);
    std::thread::sleep(Duration::from_secs(3));
    let waits = !estate.sandbox.path("begun-second").exists();
    estate.sandbox.write("go-first", "");
    assert_eq!(first.wait().unwrap().code(), Some(4));
    estate.sandbox.write("go-second", "");
    assert_eq!((second.wait().unwrap().code(), waits), (Some(0), true));
    assert_eq!((estate.size(), estate.route53.changes().len()), (6, 1));
    estate.is_clean();
}

#[test]
fn an_apply_that_fails_is_rolled_back_before_the_switch() {
    let estate = estate();
    // Every apply ends with an error.
    estate.sandbox.write("bin/script", "#!/bin/sh\nPATH=$REAL_PATH\n[ \"$1\" = apply ] && { echo 'no more credits' >&2; exit 3; }\nexec terraform \"$@\"\n");
    let files = [estate.sandbox.path("bin/script"), estate.sandbox.path("bin/terraform")];
    assert!(Command::new("install").args(["-m", "755"]).args(files).status().unwrap().success());
    let told = estate.run(&["failover", "plan.hcl", "--yes"]);
    told.exits(5).says("terraform_data.web has input = 1, and input = 6 is wanted: failed to run terraform apply");
    told.says("no more credits");
    assert_eq!((estate.size(), estate.route53.changes().len()), (1, 0));
    estate.is_clean();
}

#[test]
fn a_lock_that_stays_stops_the_run_with_the_line_that_removes_it() {
    let estate = estate();
    // What a machine that went down leaves of a local state: only a program that lives holds its lock, so one does.
    let mut owner = Command::new("/bin/sh");
    let slow = "resource \"terraform_data\" \"slow\" {\n  provisioner \"local-exec\" { command = \"touch begun; sleep 30\" }\n}\n";
    estate.sandbox.write(&format!("{ROOT}/slow.tf"), slow);
    owner.args(["-c", "exec terraform apply -input=false -auto-approve -target=terraform_data.slow"]);
    owner.current_dir(estate.sandbox.path(ROOT)).env("TF_CLI_CONFIG_FILE", estate.sandbox.path("empty.tfrc"));
    let mut owner = owner.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    while !estate.sandbox.path(&format!("{ROOT}/begun")).exists() {
        assert!(Instant::now() < patience, "the owner did not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    // Its time is over before the lock is.
    estate.sandbox.write("plan.hcl", without_check(&plan()).replace("\"2m\"", "\"5s\""));
    let told = estate.run(&["failover", "plan.hcl", "--yes"]);
    told.exits(6).says("the state of stack app is locked:").says("holds the lock for apply since 20");
    told.says("terraform force-unlock ");
    assert_eq!((estate.size(), estate.route53.changes().len()), (1, 0));
    owner.wait().unwrap();
    std::fs::remove_file(estate.sandbox.path(&format!("{ROOT}/slow.tf"))).unwrap();
    estate.run(&["run", "resume", "plan.hcl"]).exits(0).says("terraform_data.web has input = 6");
}
