//! The real program, with the built-in `terraform_data` resource alone: no plugin, no network.

use pilotlight_findings::{Explain, Position, Severity, Subject, codes};
use pilotlight_terraform::{
    Cancel, Counts, FindError, InitOptions, OVERRIDE_FILE, Override, PlanOptions, Program, Progress, Root, RunError,
    UnsavedState, cancellation, left_overrides,
};
use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

async fn program() -> Program {
    let path = std::env::var_os("PATH").unwrap_or_default();
    Program::find(None, &path).await.expect("terraform or tofu on PATH")
}

/// A root of its own with this configuration, initialized.
async fn root(configuration: &str) -> (tempfile::TempDir, Root) {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("main.tf"), configuration).expect("written");
    // A machine's own CLI configuration must not decide a test.
    std::fs::write(dir.path().join("empty.tfrc"), "").expect("written");
    let mut root = Root::new(program().await, "app", dir.path());
    root.env.insert("TF_CLI_CONFIG_FILE".to_owned(), dir.path().join("empty.tfrc").display().to_string());
    root.init(&InitOptions::default(), &Cancel::never()).await.expect("init");
    (dir, root)
}

#[tokio::test]
async fn plan_show_apply_output_and_destroy() {
    let (_dir, root) = root(
        r#"
variable "word" { type = string }
resource "terraform_data" "first" { input = var.word }
resource "terraform_data" "second" {
  count = 2
  input = "${terraform_data.first.output}-${count.index}"
}
output "word" { value = terraform_data.first.output }
output "secret" {
  value     = "hidden"
  sensitive = true
}
"#,
    )
    .await;
    let cancel = Cancel::never();
    let options = PlanOptions { vars: [("word".to_owned(), "a b".to_owned())].into(), ..PlanOptions::default() };
    let plan = root.plan(Path::new("next.tfplan"), &options, &cancel, &mut |_| {}).await.expect("plan");
    assert!(plan.changes);
    assert_eq!(plan.counts, Counts { add: 3, ..Counts::default() });
    let mut addresses: Vec<_> =
        plan.resources.iter().map(|change| (change.address.as_str(), change.action.as_str())).collect();
    addresses.sort_unstable();
    assert_eq!(
        addresses,
        [
            ("terraform_data.first", "create"),
            ("terraform_data.second[0]", "create"),
            ("terraform_data.second[1]", "create")
        ]
    );

    let shown: serde_json::Value =
        serde_json::from_str(&root.show(Some(&plan.file), &cancel).await.expect("show")).unwrap();
    assert_eq!(shown["variables"]["word"]["value"], "a b");
    assert!(root.show_text(&plan.file, &cancel).await.expect("show").contains("Plan: 3 to add"));
    assert_eq!(root.state_pull(&cancel).await.expect("pull"), None);

    let mut finished = Vec::new();
    let applied = root
        .apply(&plan.file, &cancel, &mut |progress| {
            if let Progress::Finished { address, action, id, .. } = progress {
                assert_eq!((action.as_str(), id.is_some()), ("create", true));
                finished.push(address);
            }
        })
        .await
        .expect("apply");
    assert_eq!(applied.counts, Counts { add: 3, ..Counts::default() });
    finished.sort();
    assert_eq!(finished, ["terraform_data.first", "terraform_data.second[0]", "terraform_data.second[1]"]);

    let outputs = root.outputs(&cancel).await.expect("outputs");
    assert_eq!((&outputs["word"].value, outputs["word"].sensitive), (&"a b".into(), false));
    assert_eq!((&outputs["secret"].value, outputs["secret"].sensitive), (&"hidden".into(), true));
    let state: serde_json::Value =
        serde_json::from_slice(&root.state_pull(&cancel).await.expect("pull").expect("a state")).unwrap();
    assert_eq!(state["version"], 4);

    let again = root.plan(Path::new("again.tfplan"), &options, &cancel, &mut |_| {}).await.expect("plan");
    assert!(!again.changes && again.resources.is_empty(), "{again:?}");

    let stale = root.apply(&plan.file, &cancel, &mut |_| {}).await.expect_err("the plan is stale");
    assert_eq!(stale.code(), codes::T_DIAGNOSTIC);
    assert!(stale.to_string().contains("stale"), "{stale}");

    let mut root = root;
    root.env.insert("TF_VAR_word".to_owned(), "a b".to_owned());
    let destroyed = root.destroy(&cancel, &mut |_| {}).await.expect("destroy");
    assert_eq!(destroyed.counts, Counts { remove: 3, ..Counts::default() });
}

#[tokio::test]
async fn a_state_that_could_not_be_saved_is_kept_and_nothing_is_planned_over_it() {
    let long = "x".repeat(2_000);
    let (dir, mut root) = root(&format!("resource \"terraform_data\" \"made\" {{\n  input = \"{long}\"\n}}\n")).await;
    let cancel = Cancel::never();
    let plan = root.plan(Path::new("p"), &PlanOptions::default(), &cancel, &mut |_| {}).await.expect("a plan");
    // As on a disk with room for the lock and for nothing more.
    let limited = dir.path().join("limited");
    std::fs::write(&limited, "#!/bin/sh\nulimit -f 1\nexec terraform \"$@\"\n").unwrap();
    std::fs::set_permissions(&limited, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let program = std::mem::replace(&mut root.program.path, limited);
    let error = root.apply(&plan.file, &cancel, &mut |_| {}).await.expect_err("there is no room");
    assert_eq!(error.code(), codes::T_UNSAVED, "{error:?}");
    let RunError::Unsaved { state: UnsavedState::Text(state), .. } = &error else { panic!("{error:?}") };
    let made: serde_json::Value = serde_json::from_str(state).expect("a state");
    assert_eq!(made["resources"][0]["name"], "made");

    // Another plan would make it a second time.
    root.program.path = program;
    let again = async |root: &Root| root.plan(Path::new("q"), &PlanOptions::default(), &cancel, &mut |_| {}).await;
    let refused = again(&root).await.expect_err("refused");
    assert!(matches!(&refused, RunError::Unsaved { state: UnsavedState::Cut(_), .. }), "{refused:?}");
    let left = dir.path().join("errored.tfstate");
    std::fs::write(&left, state).unwrap();
    let refused = again(&root).await.expect_err("refused");
    assert!(refused.remedy().unwrap().contains("state push errored.tfstate"), "{refused:?}");
    // What the remedy says; the state's own file was cut off, too.
    std::fs::remove_file(dir.path().join("terraform.tfstate")).unwrap();
    let pushed = std::process::Command::new("terraform")
        .args(["state", "push", "errored.tfstate"])
        .current_dir(dir.path())
        .envs(&root.env)
        .status()
        .unwrap();
    assert!(pushed.success());
    std::fs::remove_file(left).unwrap();
    assert!(!again(&root).await.expect("a plan").changes, "what was made is in the state");
}

#[tokio::test]
async fn an_error_names_its_place() {
    let (dir, root) = root("resource \"terraform_data\" \"ok\" {}\n").await;
    std::fs::write(dir.path().join("bad.tf"), "resource \"terraform_data\" \"c\" {\n  input = var.nope\n}\n").unwrap();
    let validation = root.validate(&Cancel::never()).await.expect("validate");
    assert!(!validation.valid);
    let error =
        root.plan(Path::new("p"), &PlanOptions::default(), &Cancel::never(), &mut |_| {}).await.expect_err("no plan");
    for finding in [&validation.findings[0], &error.findings()[0]] {
        assert_eq!((finding.code, finding.severity), (codes::T_DIAGNOSTIC, Severity::Error));
        let Subject::File { span } = &finding.subject else { panic!("{finding:?}") };
        assert_eq!(span.file, dir.path().join("bad.tf").display().to_string());
        assert_eq!((span.start, span.bytes), (Position { line: 2, column: 11 }, (42, 50)));
        assert!(finding.message.starts_with("Reference to undeclared input variable: "), "{}", finding.message);
    }
    assert_eq!(error.span().map(|span| span.start.line), Some(2));
    assert!(matches!(&error, RunError::Failed { exit: Some(1), .. }), "{error:?}");
}

#[tokio::test]
async fn files_in_another_format_are_listed() {
    let (dir, root) = root("resource \"terraform_data\" \"ok\" {}\n").await;
    assert_eq!(root.unformatted(&Cancel::never()).await.expect("fmt"), Vec::<String>::new());
    std::fs::write(dir.path().join("wide.tf"), "locals {\n a   = 1\n}\n").unwrap();
    assert_eq!(root.unformatted(&Cancel::never()).await.expect("fmt"), ["wide.tf"]);
}

#[tokio::test]
async fn a_failed_init_tells_terraforms_own_words() {
    let (dir, root) = root("").await;
    std::fs::write(dir.path().join("m.tf"), "module \"m\" {\n  source = \"./missing\"\n}\n").unwrap();
    let error = root.init(&InitOptions::default(), &Cancel::never()).await.expect_err("no module");
    assert!(error.to_string().contains("missing"), "{error}");
}

const SLOW: &str = r#"
resource "terraform_data" "quick" {}
resource "terraform_data" "slow" {
  input = terraform_data.quick.id
  provisioner "local-exec" { command = "trap 'exit 7' INT; echo begun; for i in $(seq 300); do sleep 0.1; done" }
}
resource "terraform_data" "after" { input = terraform_data.slow.id }
"#;

#[tokio::test]
async fn an_interrupt_is_passed_on_once_and_waited_for() {
    let (dir, root) = root(SLOW).await;
    let plan =
        root.plan(Path::new("p.tfplan"), &PlanOptions::default(), &Cancel::never(), &mut |_| {}).await.expect("plan");
    let (canceller, cancel) = cancellation();
    let begun = Instant::now();
    let error = root
        .apply(&plan.file, &cancel, &mut |progress| {
            if progress == Progress::Line("begun".to_owned()) {
                canceller.request();
            }
        })
        .await
        .expect_err("interrupted");
    assert!(begun.elapsed() < Duration::from_secs(20), "it was not waited for to the end");
    assert!(matches!(error, RunError::Interrupted { killed: false, .. }), "{error:?}");
    assert_eq!(error.code(), codes::T_INTERRUPTED);
    // Terraform ended by itself: what was created is in the state, and no lock is left.
    let state = std::fs::read_to_string(dir.path().join("terraform.tfstate")).unwrap();
    assert!(state.contains("quick") && !state.contains("\"after\""), "{state}");
    assert!(!dir.path().join(".terraform.tfstate.lock.info").exists());
}

#[tokio::test]
async fn a_second_request_kills_the_whole_group() {
    // This provisioner ignores interrupts, as a plugin does: Terraform would wait for it.
    let (dir, root) = root(&SLOW.replace("trap 'exit 7' INT;", "trap '' INT; echo $$ > shell.pid;")).await;
    let plan =
        root.plan(Path::new("p.tfplan"), &PlanOptions::default(), &Cancel::never(), &mut |_| {}).await.expect("plan");
    let (canceller, cancel) = cancellation();
    let begun = Instant::now();
    let error = root
        .apply(&plan.file, &cancel, &mut |progress| match progress {
            Progress::Line(line) if line == "begun" => canceller.request(),
            Progress::Interrupting => canceller.request(),
            _ => {}
        })
        .await
        .expect_err("killed");
    assert!(matches!(error, RunError::Interrupted { killed: true, .. }), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(has_ended(dir.path()).await, "the provisioner outlived terraform");
}

#[tokio::test]
async fn a_dropped_run_leaves_nothing_behind() {
    let (dir, root) = root(&SLOW.replace("trap 'exit 7' INT;", "echo $$ > shell.pid;")).await;
    let plan =
        root.plan(Path::new("p.tfplan"), &PlanOptions::default(), &Cancel::never(), &mut |_| {}).await.expect("plan");
    let pid = dir.path().join("shell.pid");
    let cancel = Cancel::never();
    let mut ignore = |_| {};
    tokio::select! {
        ended = root.apply(&plan.file, &cancel, &mut ignore) => panic!("it ended: {ended:?}"),
        () = async { while !is_written(&pid) { tokio::time::sleep(Duration::from_millis(20)).await } } => {}
    }
    assert!(has_ended(dir.path()).await, "the provisioner outlived the dropped run");
}

/// Started by the test below: applies until it is killed.
#[tokio::test]
#[ignore = "it is the host that another test kills"]
async fn plays_the_host() {
    let Some(dir) = std::env::var_os("TERRAFORM_HOST") else { return };
    let root = Root::new(program().await, "app", dir);
    root.apply(Path::new("p.tfplan"), &Cancel::never(), &mut |_| {}).await.expect("it is killed before");
}

#[tokio::test]
async fn a_killed_host_lets_terraform_keep_what_it_made() {
    let provisioner = "echo $$ > shell.pid; while :; do echo at work; sleep 0.05; done";
    let (dir, root) = root(&format!(
        "resource \"terraform_data\" \"first\" {{ input = 1 }}\n\
         resource \"terraform_data\" \"slow\" {{\n  depends_on = [terraform_data.first]\n  \
         provisioner \"local-exec\" {{ command = \"{provisioner}\" }}\n}}\n"
    ))
    .await;
    root.plan(Path::new("p.tfplan"), &PlanOptions::default(), &Cancel::never(), &mut |_| {}).await.expect("plan");
    let mut host = tokio::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "plays_the_host"])
        .envs(&root.env)
        .env("TERRAFORM_HOST", dir.path())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("started");
    let pid = dir.path().join("shell.pid");
    let begun = async {
        while !is_written(&pid) {
            tokio::time::sleep(Duration::from_millis(20)).await
        }
    };
    tokio::time::timeout(Duration::from_secs(60), begun).await.expect("it applies");
    host.kill().await.expect("killed");

    let lock = dir.path().join(".terraform.tfstate.lock.info");
    let ended = async {
        while lock.exists() {
            tokio::time::sleep(Duration::from_millis(50)).await
        }
    };
    tokio::time::timeout(Duration::from_secs(30), ended).await.expect("terraform ends and unlocks its state");
    let state = std::fs::read_to_string(dir.path().join("terraform.tfstate")).expect("a state");
    let state: serde_json::Value = serde_json::from_str(&state).expect("json");
    let names: Vec<&str> =
        state["resources"].as_array().expect("resources").iter().filter_map(|r| r["name"].as_str()).collect();
    assert_eq!(names, ["first", "slow"], "what was made when the host was killed is kept");
    assert_eq!(state["resources"][1]["instances"][0]["status"], "tainted");
    assert!(has_ended(dir.path()).await, "the provisioner outlived terraform");
}

/// Whether the file has its line: a shell makes the file first and writes then.
fn is_written(file: &Path) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| text.ends_with('\n'))
}

/// Whether the process of `shell.pid` ends within five seconds; a zombie that init has not reaped has.
async fn has_ended(dir: &Path) -> bool {
    let pid = std::fs::read_to_string(dir.join("shell.pid")).expect("a pid");
    for _ in 0..50 {
        match std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())) {
            Ok(stat) if !stat.contains(") Z ") => tokio::time::sleep(Duration::from_millis(100)).await,
            _ => return true,
        }
    }
    false
}

#[tokio::test]
async fn programs_are_found_as_a_shell_finds_them() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let path: OsString = dir.path().into();
    assert!(matches!(Program::find(None, &path).await, Err(FindError::NotFound)));

    let script = |name: &str, text: &str| {
        let (source, file) = (dir.path().join(format!("{name}.txt")), dir.path().join(name));
        std::fs::write(&source, text).unwrap();
        // A process of its own writes what is executed: a child that another test forks meanwhile would hold this
        // one's open file, and what is open for writing can't be executed (ETXTBSY).
        let made = std::process::Command::new("install").args(["-m", "755"]).args([&source, &file]).status();
        assert!(made.is_ok_and(|status| status.success()), "{}", file.display());
        file
    };
    let tofu = script("tofu", "#!/bin/sh\necho '{\"terraform_version\":\"1.10.6\",\"platform\":\"linux_amd64\"}'\n");
    let found = Program::find(None, &path).await.expect("tofu alone");
    assert_eq!((found.path.as_path(), found.name(), found.version.as_str()), (tofu.as_path(), "tofu", "1.10.6"));

    let broken = script("terraform", "#!/bin/sh\necho no version is set >&2\nexit 126\n");
    let error = Program::find(None, &path).await.expect_err("terraform comes first and is broken");
    assert_eq!(error.code(), codes::T_VERSION);
    assert!(error.to_string().contains("no version is set"), "{error}");
    std::fs::set_permissions(&broken, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(Program::find(None, &path).await.expect("what may not run is passed over").name(), "tofu");
    let missing = Program::find(Some(Path::new("/nowhere/terraform")), &path).await;
    assert!(matches!(missing, Err(FindError::Start { .. })), "{missing:?}");
}

#[tokio::test]
async fn a_state_is_pulled_from_an_initialized_backend_alone() {
    let (dir, mut root) = root("resource \"terraform_data\" \"x\" { input = 1 }\n").await;
    let cancel = Cancel::never();
    let plan = root.plan(Path::new("x.tfplan"), &PlanOptions::default(), &cancel, &mut |_| {}).await.expect("plan");
    root.apply(&plan.file, &cancel, &mut |_| {}).await.expect("apply");
    let pulled = root.state_pull(&cancel).await.expect("pull").expect("a state");
    let pulled: serde_json::Value = serde_json::from_slice(&pulled).expect("json");
    assert_eq!(pulled["resources"][0]["type"], "terraform_data");
    // Another workspace has a state of its own, and none yet.
    root.env.insert("TF_WORKSPACE".to_owned(), "prod".to_owned());
    assert_eq!(root.state_pull(&cancel).await.expect("pull"), None);
    root.env.remove("TF_WORKSPACE");

    let backend =
        "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    region = \"eu-west-1\"\n  }\n}\n";
    std::fs::write(dir.path().join("backend.tf"), backend).expect("written");
    let error = root.state_pull(&cancel).await.expect_err("not initialized");
    assert_eq!(error.code(), codes::T_NOT_INITIALIZED, "{error}");
    let sentence = format!(
        "run {} state pull -no-color in {}: its backend is not initialized",
        root.program.name(),
        dir.path().display()
    );
    assert_eq!(error.to_string(), sentence);
    let remedy = format!("run `{} init` in {}", root.program.name(), dir.path().display());
    assert_eq!(error.remedy(), Some(remedy));
}

#[tokio::test]
async fn what_the_program_is_told_of_memory_reaches_what_it_starts() {
    let (dir, mut root) = root(
        r#"
resource "terraform_data" "told" {
  provisioner "local-exec" { command = "echo \"$GOGC $GOMEMLIMIT\" > told" }
}
"#,
    )
    .await;
    root.program = root.program.collecting_less(2, Some(16 << 30), |_| false);
    let cancel = Cancel::never();
    let plan = Path::new("next.tfplan");
    root.plan(plan, &PlanOptions::default(), &cancel, &mut |_| {}).await.expect("plan");
    root.apply(plan, &cancel, &mut |_| {}).await.expect("apply");
    let told = std::fs::read_to_string(dir.path().join("told")).expect("written");
    assert_eq!(told, "400 2048MiB\n");
}

/// The changes of a plan of one address, as `show -json` has them.
async fn planned(root: &Root, address: &str) -> Vec<pilotlight_tfstate::ResourceChange> {
    let options = PlanOptions { targets: vec![address.to_owned()], ..PlanOptions::default() };
    let plan = root.plan(Path::new("size.tfplan"), &options, &Cancel::never(), &mut |_| {}).await.expect("plan");
    let json = root.show(Some(&plan.file), &Cancel::never()).await.expect("show");
    pilotlight_tfstate::PlanJson::parse("plan", json.as_bytes()).expect("a plan").resource_changes
}

#[tokio::test]
async fn an_override_lies_beside_the_hcl_while_terraform_plans_and_changes_its_target_alone() {
    let (dir, root) = root(
        r#"
resource "terraform_data" "base" { input = 1 }
resource "terraform_data" "web" {
  for_each = toset(["a", "b"])
  input    = "${terraform_data.base.id}-small"
}
"#,
    )
    .await;
    let inner = dir.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(dir.path().join("module.tf"), "module \"inner\" { source = \"./inner\" }\n").unwrap();
    std::fs::write(inner.join("main.tf"), "resource \"terraform_data\" \"size\" { input = 1 }\n").unwrap();
    let unknown = Override { address: "module.inner.terraform_data.size".parse().unwrap(), arguments: [].into() };
    let early = root.override_with(std::slice::from_ref(&unknown)).expect_err("not initialized");
    assert_eq!(early.to_string(), format!("find module inner in {}: `init` has it not", dir.path().display()));
    // The same is what Terraform says.
    let error = root.plan(Path::new("p"), &PlanOptions::default(), &Cancel::never(), &mut |_| {}).await;
    assert!(error.expect_err("not initialized").wants_init());
    root.init(&InitOptions::default(), &Cancel::never()).await.expect("init");
    let first = root.plan(Path::new("p"), &PlanOptions::default(), &Cancel::never(), &mut |_| {}).await.expect("plan");
    root.apply(&first.file, &Cancel::never(), &mut |_| {}).await.expect("apply");

    let keyed = "terraform_data.web[\"a\"]";
    let to = |address: &str, value: &str| Override {
        address: address.parse().unwrap(),
        arguments: [("input".to_owned(), value.into())].into(),
    };
    let files = root
        .override_with(&[to(keyed, "${not} a %{template}"), to("module.inner.terraform_data.size", "2")])
        .expect("laid");
    assert_eq!(left_overrides(dir.path()).unwrap(), [dir.path().join(OVERRIDE_FILE), inner.join(OVERRIDE_FILE)]);
    let changes = planned(&root, keyed).await;
    let told: Vec<(String, bool)> =
        changes.iter().map(|change| (change.address.to_string(), change.change.is_no_op())).collect();
    // By its override it depends on nothing any more.
    assert_eq!(told, [(keyed.to_owned(), false)]);
    assert_eq!(changes[0].change.after["input"], "${not} a %{template}");
    files.remove().expect("removed");
    assert!(left_overrides(dir.path()).unwrap().is_empty());
    root.apply(Path::new("size.tfplan"), &Cancel::never(), &mut |_| {}).await.expect("apply");
    let changes = planned(&root, keyed).await;
    let told: Vec<(String, bool)> =
        changes.iter().map(|change| (change.address.to_string(), change.change.is_no_op())).collect();
    // What it depends on is planned with it, and told also where nothing happens to it; the HCL wants its value back.
    assert_eq!(told, [("terraform_data.base".to_owned(), true), (keyed.to_owned(), false)]);

    // One that a killed program left is replaced.
    std::fs::write(dir.path().join(OVERRIDE_FILE), "{}").unwrap();
    drop(root.override_with(&[to("module.inner.terraform_data.size", "2")]).expect("laid"));
    assert!(left_overrides(dir.path()).unwrap().is_empty());
    // A module outside of the root is somebody else's.
    let manifest = dir.path().join(".terraform/modules/modules.json");
    let outside = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("\"inner\"}", &format!("\"{}\"}}", outside.path().display()))).unwrap();
    let error = root.override_with(&[to("module.inner.terraform_data.size", "2")]).expect_err("outside");
    assert!(error.to_string().starts_with("override module.inner.terraform_data.size: its module is in"), "{error}");
}
