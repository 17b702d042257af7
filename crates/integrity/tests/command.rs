//! Programs that are run, and checks of the kind `command`.
#![allow(clippy::unwrap_used, reason = "a test says by its panic what went wrong")]
#![cfg(unix)]

use pilotlight_integrity::{
    CheckKind, CheckSpec, CheckStatus, CommandOutcome, CommandRun, NetworkProber, Prober, run_command,
};
use std::path::Path;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(20);

async fn sh(script: &str, directory: Option<&Path>, limit: Duration) -> CommandRun {
    run_command(&["sh".into(), "-c".into(), script.into()], directory, limit).await
}

/// Whether a process is there and no zombie.
fn alive(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()))
        .is_ok_and(|stat| !stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')))
}

async fn gone(pid: &str) -> bool {
    for _ in 0..100 {
        if !alive(pid) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test]
async fn exit_codes_signals_and_output_are_told() {
    let run = sh("echo one; echo two >&2; exit 0", None, LONG).await;
    assert!(run.succeeded());
    let mut lines: Vec<_> = run.output.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["one", "two"]);
    let run = sh("echo no space left >&2; exit 3", None, LONG).await;
    assert_eq!(run.outcome, CommandOutcome::Exited(3));
    assert_eq!(run.summary(), "exit code 3; last output: no space left");
    assert_eq!(sh("kill -9 $$", None, LONG).await.outcome, CommandOutcome::Signalled(9));
    let run = sh("cat; echo no input", None, LONG).await;
    assert_eq!((run.succeeded(), run.output.as_str()), (true, "no input"));
}

#[tokio::test]
async fn the_end_of_a_long_output_is_kept() {
    let run = sh("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; printf '%0900d' 7", None, LONG).await;
    let lines: Vec<_> = run.output.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[18]), (20, "line 4981", "line 4999"));
    assert_eq!(lines[19].len(), 500);
}

/// Lays a program `here` into the directory that tells its working directory. A script that this process writes
/// could not be executed while a child that another test forks still has the file open (ETXTBSY).
fn place_pwd(dir: &Path) {
    std::os::unix::fs::symlink("/bin/pwd", dir.join("here")).unwrap();
}

#[tokio::test]
async fn a_program_is_found_from_its_directory_and_one_that_is_not_there_is_not_started() {
    let dir = tempfile::tempdir().unwrap();
    place_pwd(dir.path());
    let run = run_command(&["./here".into()], Some(dir.path()), LONG).await;
    assert!(run.succeeded(), "{}", run.summary());
    assert_eq!(Path::new(&run.output).canonicalize().unwrap(), dir.path().canonicalize().unwrap());
    for argv in [vec!["./none.sh".to_owned()], vec!["pilotlight-no-such-program".into()], vec![]] {
        let run = run_command(&argv, Some(dir.path()), LONG).await;
        assert!(matches!(run.outcome, CommandOutcome::NotStarted(_)), "{run:?}");
    }
}

#[tokio::test]
async fn when_the_time_is_over_the_program_and_what_it_started_are_ended() {
    let dir = tempfile::tempdir().unwrap();
    let begin = Instant::now();
    let run = sh("sleep 60 & echo $! > child; echo working; wait", Some(dir.path()), Duration::from_secs(1)).await;
    assert_eq!((run.outcome.clone(), run.output.as_str()), (CommandOutcome::TimedOut, "working"));
    assert!(begin.elapsed() < Duration::from_secs(10));
    assert!(gone(&std::fs::read_to_string(dir.path().join("child")).unwrap()).await);
}

#[tokio::test]
async fn a_program_that_ignores_the_request_to_end_is_made_to() {
    let begin = Instant::now();
    let run = sh("trap '' TERM; while :; do sleep 0.1; done", None, Duration::from_millis(500)).await;
    assert_eq!(run.outcome, CommandOutcome::TimedOut);
    assert!((Duration::from_secs(3)..Duration::from_secs(12)).contains(&begin.elapsed()), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_caller_that_gives_up_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("child");
    {
        let run = sh("sleep 60 & echo $! > child; wait", Some(dir.path()), LONG);
        tokio::pin!(run);
        let written = async {
            while std::fs::read_to_string(&path).map_or(true, |pid| pid.trim().is_empty()) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            run = &mut run => panic!("{run:?}"),
            () = written => {}
        }
    }
    assert!(gone(&std::fs::read_to_string(&path).unwrap()).await);
}

#[tokio::test]
async fn a_service_that_a_program_leaves_behind_does_not_hold_it() {
    let dir = tempfile::tempdir().unwrap();
    let begin = Instant::now();
    let run = sh("sleep 30 & echo $! > child; echo started", Some(dir.path()), LONG).await;
    assert_eq!((run.succeeded(), run.output.as_str()), (true, "started"));
    assert!(begin.elapsed() < Duration::from_secs(10));
    let pid = std::fs::read_to_string(dir.path().join("child")).unwrap();
    assert!(alive(&pid), "a program may leave a service at work");
    assert!(std::process::Command::new("kill").arg(pid.trim()).status().unwrap().success());
}

#[tokio::test]
async fn only_exit_code_zero_is_green() {
    let prober = NetworkProber::new(None);
    let probe = async |script: &str, limit| {
        let run = vec!["sh".to_owned(), "-c".into(), script.into()];
        prober.probe(&CheckSpec::new(CheckKind::Command { run }, limit)).await
    };
    let green = probe("echo ready", LONG).await;
    assert_eq!((green.status, green.detail.as_str()), (CheckStatus::Green, "sh: exit code 0; last output: ready"));
    let red = probe("echo lag 90 s; exit 1", LONG).await;
    assert_eq!((red.status, red.detail.as_str()), (CheckStatus::Red, "sh: exit code 1; last output: lag 90 s"));
    assert_eq!(probe("sleep 30", Duration::from_millis(300)).await.status, CheckStatus::Red);
    let run = vec!["pilotlight-no-such-program".to_owned(), "secret".into()];
    let unknown = prober.probe(&CheckSpec::new(CheckKind::Command { run }, LONG)).await;
    assert_eq!(unknown.status, CheckStatus::Unknown);
    assert!(
        unknown.detail.starts_with("pilotlight-no-such-program: not started:") && !unknown.detail.contains("secret")
    );
}

#[tokio::test]
async fn a_relative_directory_is_where_the_program_is_found_and_starts() {
    let dir = tempfile::tempdir().unwrap();
    place_pwd(dir.path());
    // The same directory, as a plan beside the shell's own folder names it.
    let up = std::env::current_dir().unwrap().components().skip(1).map(|_| "..").collect::<std::path::PathBuf>();
    let relative = up.join(dir.path().strip_prefix("/").unwrap());
    let run = run_command(&["./here".to_owned()], Some(&relative), LONG).await;
    assert!(run.succeeded(), "{}", run.summary());
    assert_eq!(run.output.trim(), dir.path().canonicalize().unwrap().to_str().unwrap());
}
