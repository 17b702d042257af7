//! States from where teams keep them: folders, globs, S3 with its locks and digests, HTTP, a pipe, terraform.

use crate::aws_states::States;
use crate::sandbox::{PLAN, Sandbox, Told, state};
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

const LOCK: &str =
    r#"{"ID":"5c1f0a6e","Operation":"OperationTypeApply","Who":"ana@build-7","Created":"2026-03-01T10:20:30.5Z"}"#;
const IS_LOCKED: &str = "the state is locked by ana@build-7 since 2026-03-01T10:20:30Z for apply: it may be about to";

fn sandbox() -> Sandbox {
    Sandbox::new().with_env("AWS_REGION", "eu-west-1")
}

/// A sandbox with this server as AWS.
fn with_states() -> (Sandbox, States) {
    let states = States::serve();
    (sandbox().with_aws(&states.url), states)
}

/// Lets a sandbox have a program that answers as terraform does. `pull` is the shell of `state pull`.
fn with_terraform(sandbox: &Sandbox, pull: &str) {
    let script = format!(
        "#!/bin/sh\ncase \"$1\" in\n  version) echo '{{\"terraform_version\": \"1.9.8\"}}' ;;\n  state) {pull} ;;\n  \
         *) echo \"no such command: $*\" >&2; exit 1 ;;\nesac\n"
    );
    sandbox.write("tf.txt", script);
    // A process of its own writes what is executed: a child that another test forks meanwhile would hold this one's
    // open file, and what is open for writing can't be executed (ETXTBSY).
    let files = [sandbox.path("tf.txt"), sandbox.path("tf")];
    let made = std::process::Command::new("install").args(["-m", "755"]).args(files).status();
    assert!(made.is_ok_and(|status| status.success()));
}

/// Runs the program with this on its standard input.
fn piped(sandbox: &Sandbox, arguments: &[&str], input: &str) -> Told {
    let mut command = sandbox.command();
    let mut child =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that ends before it has read all is told by its exit code.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Told {
        exit: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn folders_and_globs_are_all_their_states_each_once() {
    let sandbox = sandbox();
    sandbox.write("app/.terraform/terraform.tfstate", "{\"backend\": {}}");
    sandbox.write("app/terraform.tfstate.backup", "old");
    sandbox.write("net/terraform.tfstate.d/prod/terraform.tfstate", state("192.0.2.20"));
    sandbox.write("net/terraform.tfstate.d/test/terraform.tfstate", state("192.0.2.30"));
    for (arguments, resources) in [
        (&["--state", "app"][..], "1 resource,"),
        (&["--state", "net"], "2 resources,"),
        (&["--state", "."], "3 resources,"),
        (&["--state", "*/**/*.tfstate"], "3 resources,"),
        (&["--state", ".", "--state", "app/terraform.tfstate", "--state", "./app"], "3 resources,"),
        (&["--state", "net", "--workspace", "prod"], "1 resource,"),
        (&["--state", ".", "--workspace", "default"], "1 resource,"),
    ] {
        let told = sandbox.run(&[&["drift"], arguments].concat());
        told.exits(0).shows(&format!("drift: none in {resources}"));
    }
    sandbox.run(&["drift", "--state", "net", "--workspace", "stage"]).is_error(
        1,
        "PL-S121\n\n  × failed to find a state at net: no file that ends in .tfstate is below it in workspace stage\n  \
         help: name a state, or a folder, prefix or glob that holds one\n",
    );
    sandbox.run(&["drift", "--state", "states/**/*.tfstate"]).is_error(
        1,
        "PL-S121\n\n  × failed to find a state at states/**/*.tfstate: no file fits it\n  \
         help: name a state, or a folder, prefix or glob that holds one\n",
    );
}

#[test]
fn one_broken_state_of_a_folder_is_named() {
    let sandbox = sandbox();
    sandbox.write("app/other/broken.tfstate", "{\"version\": 4,");
    let told = sandbox.run(&["drift", "--state", "app"]);
    told.exits(1).says("PL-S101").says("app/other/broken.tfstate:1:");
}

#[test]
fn a_state_on_standard_input() {
    let sandbox = sandbox();
    let told = piped(&sandbox, &["drift", "--state", "-", "-v"], &state("192.0.2.10"));
    told.exits(0).shows("drift: none in 1 resource,");
    told.says("standard input: state serial 3, written by 1.9.8, lineage c7f5a3a0-0b5e-4f0f-9f7e-6d1f4f1c2b11\n");
    let told = piped(&sandbox, &["drift", "--state", "-"], "{");
    told.exits(1).says("PL-S101").says("read state standard input:1:");
    sandbox.run(&["drift", "--state", "-"]).is_error(
        1,
        "PL-S126\n\n  × failed to find a state on standard input: nothing came\n  \
         help: pipe one in, as in: terraform show -json | pilotlight drift --state -\n",
    );
    let told = piped(&sandbox, &["drift", "--state", "-", "--state", "-"], &state("192.0.2.10"));
    told.exits(1).says("PL-S126").says("failed to read two states from standard input");
}

#[test]
fn a_state_that_terraform_is_asked_for() {
    let sandbox = sandbox();
    sandbox.write("plan.hcl", PLAN.replace("file:app/terraform.tfstate", "pull:app"));
    sandbox.write("app/pulled.json", state("192.0.2.10"));
    fs::remove_file(sandbox.path("app/terraform.tfstate")).unwrap();
    with_terraform(&sandbox, "test \"$TF_WORKSPACE\" = prod || cat pulled.json");
    let alone = ["drift", "--state", "pull:app", "--terraform", "./tf"];
    for arguments in [&alone[..], &["drift", "plan.hcl", "--terraform", "./tf"]] {
        sandbox.run(arguments).exits(0).shows("drift: none in 1 resource,");
    }
    // Nothing was applied in that workspace, which the flag and the variable name alike.
    let in_prod = ["drift", "--state", "pull:app", "--terraform", "./tf", "--workspace", "prod"];
    let told = sandbox.run(&in_prod);
    told.exits(1).says("failed to find a state at pull:app").says("set TF_WORKSPACE");
    let sandbox = sandbox.with_env("TF_WORKSPACE", "prod");
    sandbox.run(&alone).exits(1).says("failed to find a state at pull:app");
    sandbox.run(&["drift", "plan.hcl", "--terraform", "./tf"]).exits(1).says("there is none at pull:app");

    sandbox.run(&["drift", "--state", "pull:nowhere", "--terraform", "./tf"]).is_error(
        1,
        "PL-U102\n\n  × failed to ask terraform for the state in nowhere\n  ╰─▶ No such file or directory (os error 2)\n  \
         help: name the folder of a Terraform root module\n",
    );
    with_terraform(
        &sandbox,
        "echo 'Error: Backend initialization required, please run \"terraform init\"' >&2; exit 1",
    );
    sandbox.run(&alone).is_error(
        1,
        "PL-T115\n\n  × failed to run terraform state pull -no-color in app: its backend is not initialized\n  \
         help: run `terraform init` in app\n",
    );
    with_terraform(&sandbox, "echo 'Error: no valid credential sources' >&2; exit 1");
    sandbox.run(&alone).exits(1).says("PL-T113").says("Error: no valid credential sources");
    let without = sandbox.run(&["drift", "--state", "pull:app"]);
    without.exits(1).says("PL-T101").says("find terraform or tofu on PATH");
}

#[test]
fn a_state_over_http_with_a_login_that_is_never_shown() {
    let (sandbox, states) = with_states();
    states.put("/team/app", state("192.0.2.10"));
    let url = format!("{}/team/app", states.url);
    let with_user = url.replace("http://", "http://ci:hunter2@");
    let told = sandbox.run(&["drift", "--state", &format!("{with_user}?token=hunter2"), "-v", "--format", "json"]);
    told.exits(0).says(&format!("{url}: state serial 3"));
    assert!(!format!("{told:?}").contains("hunter2"), "{told:?}");
    // printf ci:hunter2 | base64
    assert_eq!(states.authorizations(), ["Basic Y2k6aHVudGVyMg=="]);

    let missing = with_user.replace("app", "nope");
    let told = sandbox.run(&["drift", "--state", &missing]);
    told.exits(1).says(&format!("failed to find a state at {}/team/nope\n", states.url));
    assert!(!format!("{told:?}").contains("hunter2"), "{told:?}");

    let sandbox = sandbox.with_env("TF_HTTP_USERNAME", "ci").with_env("TF_HTTP_PASSWORD", "hunter2");
    sandbox.write("plan.hcl", PLAN.replace("file:app/terraform.tfstate", &url));
    sandbox.run(&["drift", "plan.hcl"]).exits(0);
    assert_eq!(states.authorizations().last().map(String::as_str), Some("Basic Y2k6aHVudGVyMg=="));
    let told = sandbox.run(&["drift", "--state", &url, "--workspace", "prod"]);
    told.exits(1).says("PL-J111").says("an http URL is one state");
}

#[test]
fn states_on_s3_by_key_workspace_prefix_and_glob() {
    let (sandbox, states) = with_states();
    states.put("/b/app.tfstate", state("192.0.2.10"));
    states.put("/b/env:/prod/app.tfstate", state("192.0.2.20"));
    states.put("/b/env:/prod/net/net.tfstate", state("192.0.2.30"));
    states.put("/b/net/net.tfstate", state("192.0.2.40"));
    for (arguments, resources, names) in [
        (&["--state", "s3://b/app.tfstate"][..], "1 resource,", "s3://b/app.tfstate: state serial 3"),
        (&["--state", "s3://b/app.tfstate?workspace=prod"], "1 resource,", "s3://b/env:/prod/app.tfstate: state"),
        (
            &["--state", "s3://b/app.tfstate", "--workspace", "prod"],
            "1 resource,",
            "s3://b/env:/prod/app.tfstate: state",
        ),
        (&["--state", "s3://b/"], "4 resources,", "s3://b/net/net.tfstate: state"),
        (&["--state", "s3://b/", "--workspace", "prod"], "2 resources,", "s3://b/env:/prod/net/net.tfstate: state"),
        (&["--state", "s3://b/net/**/*.tfstate"], "1 resource,", "s3://b/net/net.tfstate: state"),
    ] {
        let told = sandbox.run(&[&["drift", "-v"], arguments].concat());
        told.exits(0).shows(&format!("drift: none in {resources}")).says(names);
    }
    for (url, code, words) in [
        ("s3://b/none.tfstate", "PL-U101", "failed to find a state at s3://b/none.tfstate\n"),
        ("s3://b/none/", "PL-S121", "no key that ends in .tfstate is below it"),
        ("s3://gone/app.tfstate", "PL-J113", "failed to find s3://gone/app.tfstate: its bucket does not exist"),
        ("s3://b/k?worksapce=x", "PL-J111", "has no parameter \"worksapce\"; did you mean workspace?"),
        ("s3://b/k?region=ireland", "PL-J111", "it cannot read \"ireland\" as an AWS region code"),
    ] {
        let told = sandbox.run(&["drift", "--state", url]);
        told.exits(1).says(words).says("help: ");
        assert!(told.stderr.starts_with(code), "{}", told.stderr);
    }
}

#[test]
fn a_digest_that_fits_one_that_does_not_and_a_lock() {
    let (sandbox, states) = with_states();
    states.put("/b/app.tfstate", "{\"version\": 4, \"serial\": 1, \"lineage\": \"l\", \"resources\": []}");
    // printf of the state above | md5sum
    let digest = "76d7fe25fde94695d1cb8f333f15396c";
    let url = "s3://b/app.tfstate?dynamodb_table=tf-locks";

    states.lock("b/app.tfstate-md5", &format!("{{\"Digest\":{{\"S\":\"{digest}\"}}}}"));
    let told = sandbox.run(&["drift", "--state", url]);
    told.exits(0).shows("drift: none in 0 resources, 2 API calls");
    states.lock("b/app.tfstate", &format!("{{\"Info\":{{\"S\":{LOCK:?}}}}}"));
    let told = sandbox.run(&["drift", "--state", url]);
    told.exits(0).shows(IS_LOCKED).shows("PL-S124").shows("5c1f0a6e");

    states.lock("b/app.tfstate-md5", "{\"Digest\":{\"S\":\"00000000000000000000000000000000\"}}");
    let told = sandbox.run(&["drift", "--state", url]);
    told.exits(1).says("PL-S123").says("failed to trust the state s3://b/app.tfstate: its MD5 is ");
    told.says(&format!("{digest}, and the lock table tf-locks has 00000000000000000000000000000000\n"));
    told.says("terraform state push");
}

#[test]
fn a_state_that_its_table_knows_and_its_bucket_does_not() {
    let (sandbox, states) = with_states();
    states.lock("b/app.tfstate-md5", "{\"Digest\":{\"S\":\"00000000000000000000000000000000\"}}");
    let told = sandbox.run(&["drift", "--state", "s3://b/app.tfstate?dynamodb_table=tf-locks"]);
    told.exits(1).says("PL-S123").says("it is not there, and the lock table tf-locks has its MD5");
}

#[test]
fn locks_beside_the_state() {
    let (sandbox, states) = with_states();
    states.put("/b/app.tfstate", state("192.0.2.10"));
    states.put("/b/app.tfstate.tflock", LOCK);
    sandbox.run(&["drift", "--state", "s3://b/app.tfstate"]).exits(0).shows(IS_LOCKED);
    let told = sandbox.run(&["drift", "plan.hcl"]);
    assert!(told.exits(0).stdout.starts_with("drift: none in 1 resource"), "{}", told.stdout);
    sandbox.write("app/.terraform.tfstate.lock.info", LOCK);
    sandbox.run(&["drift", "plan.hcl"]).exits(0).shows(IS_LOCKED);
    sandbox.run(&["validate", "plan.hcl"]).shows(IS_LOCKED);
}

#[test]
fn the_table_that_the_stacks_own_hcl_names() {
    let (sandbox, states) = with_states();
    sandbox.write("plan.hcl", PLAN.replace("file:app/terraform.tfstate", "s3://b/app.tfstate"));
    let backend = "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    dynamodb_table = \"tf-locks\"\n  }\n}\n";
    sandbox.write("app/state.tf", backend);
    states.put("/b/app.tfstate", state("192.0.2.10"));
    // A table that is out of reach is said, and the state is used.
    let told = sandbox.run(&["drift", "plan.hcl"]);
    told.exits(0).shows("the state's digest and lock could not be read from DynamoDB table tf-locks").shows("PL-S125");
    // The one who asked for the check does not get a report without it.
    let told = sandbox.run(&["drift", "--state", "s3://b/app.tfstate?dynamodb_table=tf-locks"]);
    told.exits(1).says("PL-C103").says("call GetItem of dynamodb in eu-west-1 (access denied");

    states.lock("b/app.tfstate", &format!("{{\"Info\":{{\"S\":{LOCK:?}}}}}"));
    sandbox.run(&["drift", "plan.hcl"]).exits(0).shows(IS_LOCKED);
    // The backend of another bucket says nothing of this state.
    sandbox.write("app/state.tf", backend.replace("\"b\"", "\"other\""));
    let told = sandbox.run(&["drift", "plan.hcl"]);
    assert!(!told.exits(0).stdout.contains("locked"), "{}", told.stdout);
}

#[test]
fn a_stack_is_one_state() {
    let sandbox = sandbox();
    sandbox.write("plan.hcl", PLAN.replace("file:app/terraform.tfstate", "app"));
    sandbox.run(&["drift", "plan.hcl"]).exits(0).shows("drift: none in 1 resource,");
    sandbox.write("app/other.tfstate", state("192.0.2.20"));
    sandbox.run(&["drift", "plan.hcl"]).is_error(
        1,
        "PL-S122\n\n  × failed to find the one state at app: there are 2, app/other.tfstate and app/terraform.tfstate\n  \
         help: name one of them, or write a stack for each\n",
    );
}

#[test]
fn a_role_is_an_arn() {
    let sandbox = sandbox();
    sandbox.run(&["drift", "--state", "app", "--role", "reader"]).is_error(
        1,
        "PL-U101\n\n  × failed to use --role reader: it is no ARN\n  \
         help: write it as in arn:aws:iam::123456789012:role/drift-reader\n",
    );
    let told = sandbox.run(&["drift", "plan.hcl", "--role", "arn:aws:iam::123456789012:role/reader"]);
    told.exits(1).says("the argument '[PLAN]' cannot be used with '--role <ARN>'");
}
