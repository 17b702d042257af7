//! The AWS API emulator's process.

use crate::python::Python;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The launcher: moto, with what a rehearsal needs besides; and its parts, which it finds beside it.
const LAUNCHER: &str = "emulator.py";
const PROGRAM: [(&str, &str); 3] = [
    (LAUNCHER, include_str!("../python/emulator.py")),
    ("managed_databases.py", include_str!("../python/managed_databases.py")),
    ("cloudwatch_cbor.py", include_str!("../python/cloudwatch_cbor.py")),
];

/// Starting takes one to two seconds; on a machine that compiles besides, many more.
const START_TIMEOUT: Duration = Duration::from_secs(90);

/// What the emulator says after its port.
pub(crate) type Told = Lines<BufReader<ChildStdout>>;

/// A running emulator. It ends when this value is dropped, or when this process dies: it watches its
/// standard input.
#[derive(Debug)]
pub(crate) struct Emulator {
    /// `http://127.0.0.1:PORT`
    pub(crate) endpoint: String,
    pub(crate) process: Child,
    /// What becomes of databases there, a line of JSON each; kept here until somebody listens, as a pipe without a
    /// reader is a failed write for the emulator.
    pub(crate) told: Option<Told>,
    _leash: ChildStdin,
}

/// The emulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// A file of it could not be written.
    #[error("write {path:?}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The program could not be run.
    #[error("run {program:?}")]
    Run {
        /// The Python interpreter.
        program: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It ended, or said nothing in time.
    #[error("start the AWS emulator: {said}; its log is {log:?}")]
    Silent {
        /// What happened instead.
        said: String,
        /// Where it writes.
        log: PathBuf,
    },
}

impl Emulator {
    /// Starts it with public addresses below `prefix`, `127.64`.
    pub(crate) async fn start(
        python: &Python,
        folder: &Path,
        prefix: &str,
        regions: &[String],
    ) -> Result<Self, EmulatorError> {
        let launcher = folder.join(LAUNCHER);
        let log = folder.join("emulator.log");
        let errors = folder.join("emulator.err");
        let write = |path: &PathBuf| {
            let path = path.clone();
            move |source| EmulatorError::Write { path, source }
        };
        for (name, text) in PROGRAM {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(write(&path))?;
        }
        let stderr = std::fs::File::create(&errors).map_err(write(&errors))?;
        let program = python.program();
        let mut process = Command::new(&program)
            .arg(&launcher)
            .args(["--loopback", prefix, "--regions", &regions.join(",")])
            .arg("--log")
            .arg(&log)
            // Settings for somebody's real AWS, or another moto, are none of the emulator's business.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| EmulatorError::Run { program: program.clone(), source })?;
        let silent = |said: String| EmulatorError::Silent { said, log: errors.clone() };
        let (Some(leash), Some(stdout)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(silent("its standard input and output are gone".into()));
        };
        let mut line = String::new();
        let mut stdout = BufReader::new(stdout);
        let read = tokio::time::timeout(START_TIMEOUT, stdout.read_line(&mut line)).await;
        match read {
            Err(_) => return Err(silent(format!("it said nothing within {START_TIMEOUT:?}"))),
            Ok(Err(error)) => return Err(silent(error.to_string())),
            Ok(Ok(0)) => return Err(silent("it ended at once".into())),
            Ok(Ok(_)) => {}
        }
        let port = serde_json::from_str::<serde_json::Value>(&line).ok().and_then(|ready| ready["port"].as_u64());
        let port = port.ok_or_else(|| silent(format!("it said {line:?} instead of its port")))?;
        Ok(Self { endpoint: format!("http://127.0.0.1:{port}"), process, told: Some(stdout.lines()), _leash: leash })
    }
}
