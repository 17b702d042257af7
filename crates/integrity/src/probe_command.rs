use crate::{CheckResult, CommandOutcome, run_command};
use std::path::Path;
use std::time::Duration;

/// Runs the check's program once.
pub(crate) async fn probe(argv: &[String], directory: Option<&Path>, limit: Duration) -> CheckResult {
    let run = run_command(argv, directory, limit).await;
    // Arguments may hold what the environment gave: only the program is named.
    let program = argv.first().map_or("", String::as_str);
    let detail = format!("{program}: {}", run.summary());
    match run.outcome {
        CommandOutcome::Exited(0) => CheckResult::green(run.duration, detail),
        CommandOutcome::Exited(_) | CommandOutcome::Signalled(_) => CheckResult::red(Some(run.duration), detail),
        CommandOutcome::TimedOut => CheckResult::red(None, detail),
        CommandOutcome::NotStarted(_) => CheckResult::unknown(detail),
    }
}
