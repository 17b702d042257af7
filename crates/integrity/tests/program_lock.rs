//! Programs that run one at a time, also beside one whose starter was killed.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]
#![cfg(unix)]

use pilotlight_integrity::{CommandOutcome, CommandRun, ProgramLock};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const DIRECTORY: &str = "PILOTLIGHT_TEST_PROGRAM_DIRECTORY";
const LONG: Duration = Duration::from_secs(20);

async fn sh(lock: &ProgramLock, directory: &Path, script: &str) -> CommandRun {
    lock.run(&["sh".into(), "-c".into(), script.into()], Some(directory), LONG).await
}

async fn until(what: impl Fn() -> bool) {
    let begin = Instant::now();
    while !what() {
        assert!(begin.elapsed() < LONG);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
#[ignore = "the other test starts it as a process of its own, to kill it"]
async fn starter() {
    let directory = std::env::var(DIRECTORY).unwrap();
    let directory = Path::new(&directory);
    // It ends when it is told to, so that nothing here goes by the time that a loaded machine takes.
    sh(&ProgramLock::at(directory.join("lock")), directory, "touch began; while [ ! -e end ]; do sleep 0.02; done")
        .await;
}

#[tokio::test]
async fn a_program_that_outlives_its_starter_keeps_the_lock_until_it_ends() {
    let directory = tempfile::tempdir().unwrap();
    let lock = ProgramLock::at(directory.path().join("lock"));
    let mut starter = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "starter", "--ignored"])
        .env(DIRECTORY, directory.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until(|| directory.path().join("began").exists()).await;
    starter.kill().unwrap();
    starter.wait().unwrap();
    let who = lock.holder().unwrap();
    assert!(who.starts_with("sh, process ") && who.contains("(it holds "), "{who}");
    let beside = sh(&lock, directory.path(), "touch beside").await;
    assert!(
        matches!(&beside.outcome, CommandOutcome::NotStarted(cause) if cause.starts_with("sh, process ")),
        "{beside:?}"
    );
    assert!(!directory.path().join("beside").exists());
    std::fs::write(directory.path().join("end"), "").unwrap();
    until(|| lock.holder().is_none()).await;
    assert!(sh(&lock, directory.path(), "touch beside").await.succeeded());
}

#[tokio::test]
async fn what_a_program_leaves_at_work_on_purpose_keeps_nobody_waiting() {
    let directory = tempfile::tempdir().unwrap();
    let lock = ProgramLock::at(directory.path().join("lock"));
    assert_eq!(lock.holder(), None);
    // A shell gives what it leaves in the background no input of its own accord.
    let run =
        sh(&lock, directory.path(), "exec 3<&0; (while [ ! -e end ]; do sleep 0.02; done) <&3 >/dev/null 2>&1 &").await;
    assert!(run.succeeded(), "{run:?}");
    assert_eq!(lock.holder(), None);
    std::fs::write(directory.path().join("end"), "").unwrap();
}

#[tokio::test]
async fn it_reads_no_input() {
    let directory = tempfile::tempdir().unwrap();
    let lock = ProgramLock::at(directory.path().join("lock"));
    for _ in 0..2 {
        let run = sh(&lock, directory.path(), "cat; echo no input").await;
        assert_eq!((run.succeeded(), run.output.as_str()), (true, "no input"));
    }
    // Where nothing can be locked, programs run all the same.
    let lock = ProgramLock::at(directory.path().join("no/such/folder/lock"));
    assert!(sh(&lock, directory.path(), "true").await.succeeded());
    assert_eq!(lock.holder(), None);
}
