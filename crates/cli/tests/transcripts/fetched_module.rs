//! A root whose module `terraform init` fetches from a repository: retargeted, applied and proven by the real Terraform.

use crate::sandbox::Sandbox;
use crate::waves::zones;
use std::path::Path;
use std::process::Command;

const PLAN: &str = r#"plan "shop" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}

stack "app" {
  source = "app"
  state  = "file:app/terraform.tfstate"
}
"#;

/// What the repository holds: a module below its top, which calls another one beside it.
const WEB: &str = r#"variable "name" {
  type = string
}

module "label" {
  source = "../label"
  name   = var.name
}

resource "terraform_data" "queue" {
  input = "https://sqs.eu-west-1.amazonaws.com/1/${module.label.name}"
}

output "queue" {
  value = terraform_data.queue.output
}
"#;

const LABEL: &str = r#"variable "name" {
  type = string
}

output "name" {
  value = "${var.name}-v1"
}
"#;

/// Runs a program that has to succeed.
fn run(sandbox: &Sandbox, folder: &Path, program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    let like = sandbox.command();
    command.args(arguments).current_dir(folder).env_clear();
    command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {out}{err}");
    out.into_owned()
}

fn sandbox() -> Sandbox {
    let path = std::env::var("PATH").unwrap();
    let sandbox = Sandbox::new().with_aws(&zones()).with_env("PATH", &path);
    sandbox.write("empty.tfrc", "");
    let config = sandbox.path("empty.tfrc").display().to_string();
    let sandbox = sandbox.with_env("TF_CLI_CONFIG_FILE", &config);
    sandbox.write("plan.hcl", PLAN);
    sandbox.write("modules/web/main.tf", WEB);
    sandbox.write("modules/label/main.tf", LABEL);
    let repository = sandbox.path("modules");
    run(&sandbox, &repository, "git", &["init", "--quiet", "--initial-branch=main"]);
    run(&sandbox, &repository, "git", &["add", "."]);
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    run(&sandbox, &repository, "git", &[&identity[..], &["commit", "--quiet", "-m", "first"]].concat());
    run(&sandbox, &repository, "git", &["tag", "v1"]);
    let source = format!(
        "module \"web\" {{\n  source = \"git::file://{}//web?ref=v1\"\n  name   = \"jobs\"\n}}\n\noutput \"queue\" {{\n  \
         value = module.web.queue\n}}\n",
        repository.display()
    );
    sandbox.write("app/main.tf", source);
    std::fs::remove_file(sandbox.path("app/terraform.tfstate")).unwrap();
    let root = sandbox.path("app");
    run(&sandbox, &root, "terraform", &["init", "-input=false"]);
    run(&sandbox, &root, "terraform", &["apply", "-input=false", "-auto-approve"]);
    sandbox
}

#[test]
fn what_init_fetches_is_retargeted_applied_and_proven() {
    let sandbox = sandbox();
    let told = sandbox.run(&["rebuild", "plan.hcl", "--diff"]);
    told.exits(0).shows("-  input = \"https://sqs.eu-west-1").shows("+  input = \"https://sqs.eu-central-1");
    let told = sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]);
    told.exits(0).says("app: apply, 1 of 1 done").shows("rebuild: clean in 1 resource");
    // The repository is not needed for it any more: the standby root has what it changed of it.
    std::fs::remove_dir_all(sandbox.path("modules")).unwrap();
    let root = sandbox.path(".pilotlight/shop/standby/app");
    let state = run(&sandbox, &root, "terraform", &["output", "-raw", "queue"]);
    assert_eq!(state, "https://sqs.eu-central-1.amazonaws.com/1/jobs-v1");
    run(&sandbox, &root, "terraform", &["plan", "-input=false", "-detailed-exitcode"]);
    sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]).exits(0).says("app: nothing to apply in eu-central-1");
    let told = sandbox.run(&["validate", "plan.hcl"]);
    told.shows("1 of 1 stacks are what a rebuild would write now").shows("1 of 1 resources in parity");
    // A change of the module that nobody has rebuilt since is seen.
    let module = ".terraform/modules/web/web/main.tf";
    let changed = sandbox.read(&format!("app/{module}")).replace("amazonaws.com/1/", "amazonaws.com/2/");
    sandbox.write(&format!("app/{module}"), changed);
    sandbox.run(&["validate", "plan.hcl"]).shows("0 of 1 stacks are what a rebuild would write now");
}
