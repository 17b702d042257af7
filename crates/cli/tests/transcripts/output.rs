//! Where output goes: data to stdout or `--out`, the rest to stderr; colour; streams that are closed.

use crate::sandbox::Sandbox;
use std::fs::File;
use std::process::Stdio;

#[test]
fn a_place_that_cannot_be_written_is_found_out_before_the_work() {
    let sandbox = Sandbox::new().with_aws(crate::route53::NOBODY);
    let before = sandbox.files();
    sandbox
        .run(&["failover", "plan.hcl", "--yes", "--out", "app"])
        .is_error(1, "PL-U102\n\n  × failed to write app\n  ╰─▶ is a directory\n  help: name a file in it\n");
    let told = sandbox.run(&["failover", "plan.hcl", "--yes", "--out", "/proc/nope/report.html"]);
    told.exits(1).says("failed to write /proc/nope/report.html").says("/proc takes none");
    let told = sandbox.run(&["drift", "plan.hcl", "--out", "app/main.tf/report.txt"]);
    told.exits(1).says("failed to write app/main.tf/report.txt");
    assert_eq!(sandbox.files(), before);
}

#[test]
fn a_report_goes_whole_into_its_file_and_its_folders_are_made() {
    let sandbox = Sandbox::new();
    let told = sandbox.run(&["drift", "plan.hcl", "--format", "html", "--out", "reports/today/drift.html"]);
    told.exits(0);
    assert_eq!((told.stdout.as_str(), told.stderr.as_str()), ("", "report: reports/today/drift.html\n"));
    assert!(
        sandbox.read("reports/today/drift.html").ends_with("</html>\n")
            || sandbox.read("reports/today/drift.html").ends_with("</html>")
    );
    assert!(!sandbox.files().iter().any(|file| file.ends_with(".part")), "{:?}", sandbox.files());
}

#[test]
fn every_format_is_given_with_the_verdicts_exit_code() {
    let sandbox = Sandbox::new();
    for (format, begins, says) in [
        ("text", "validate: not ready, 1 finding", "PL-U105"),
        ("json", "{\n  \"schema_version\": 1", "\"verdict\": \"findings\""),
        ("sarif", "{\n  \"$schema\"", "\"uri\": \"plan.hcl\""),
        ("junit", "<?xml version=\"1.0\"", "type=\"PL-U105\""),
        ("markdown", "### ✗ Validate: not ready, 1 finding", "<sub>PL-U105</sub>"),
        ("html", "<!DOCTYPE html>", "PL-U105"),
    ] {
        let told = sandbox.run(&["validate", "plan.hcl", "--format", format]);
        told.exits(2);
        assert!(told.stdout.starts_with(begins) && told.stdout.contains(says), "{format}: {}", told.stdout);
        let file = format!("reports/validate.{format}");
        sandbox.run(&["validate", "plan.hcl", "--format", format, "--out", &file]).exits(2);
        assert!(sandbox.read(&file).starts_with(begins), "{format}");
        sandbox.run(&["drift", "plan.hcl", "--format", format]).exits(0);
    }
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let sandbox = Sandbox::new();
    for arguments in [&["explain"][..], &["drift", "plan.hcl"], &["--help"]] {
        let mut child =
            sandbox.command().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{arguments:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_one() {
    let sandbox = Sandbox::new();
    for arguments in [&["explain"][..], &["--help"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = sandbox.command().args(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    }
}

#[test]
fn colour_is_for_terminals_or_who_asks_for_it() {
    let sandbox = Sandbox::new();
    let escape = |text: &str| text.contains('\u{1b}');
    let plain = sandbox.run(&["drift", "nope.hcl"]);
    assert!(!escape(&plain.stderr), "{}", plain.stderr);
    let asked = sandbox.run(&["drift", "nope.hcl", "--color", "always"]);
    assert!(escape(&asked.stderr), "{}", asked.stderr);
    let report = sandbox.run(&["drift", "plan.hcl", "--color", "always"]);
    assert!(escape(&report.stdout), "{}", report.stdout);
    let quiet = Sandbox::new().with_env("NO_COLOR", "1").run(&["drift", "nope.hcl"]);
    assert!(!escape(&quiet.stderr), "{}", quiet.stderr);
    let never = Sandbox::new().with_env("CLICOLOR_FORCE", "1").run(&["drift", "nope.hcl", "--color", "never"]);
    assert!(!escape(&never.stderr), "{}", never.stderr);
}

#[test]
fn verbose_says_more_on_stderr_and_the_same_on_stdout() {
    let sandbox = Sandbox::new();
    let quiet = sandbox.run(&["drift", "plan.hcl", "--format", "json"]);
    for level in ["-v", "-vv"] {
        let told = sandbox.run(&["drift", "plan.hcl", "--format", "json", level]);
        told.exits(0);
        assert_eq!(told.stdout.lines().count(), quiet.stdout.lines().count(), "{level}");
    }
}
