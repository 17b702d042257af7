//! A program that is run, and how it ended.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than any run of the program in the lab: one that hangs is a failure, and not a test that never ends.
const LONGEST: Duration = Duration::from_secs(600);

/// How a program ended and what it said.
#[derive(Debug, Clone)]
pub struct Ended {
    /// What was run.
    pub line: String,
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Ended {
    /// Runs a program to its end.
    ///
    /// # Panics
    /// It can't be started, or does not end.
    pub fn of(command: Command) -> Self {
        Running::start(command).end()
    }

    /// The same, if it ended with this exit code.
    ///
    /// # Panics
    /// It ended otherwise.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "the exit code of this is another:\n{}", self.story());
        self
    }

    /// Its standard output as JSON.
    ///
    /// # Panics
    /// It is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON: {error}\n{}", self.story()))
    }

    /// Everything that it wrote.
    pub fn output(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// What was run, how it ended and what it said.
    pub fn story(&self) -> String {
        format!("$ {}\n{}\n{}exit: {:?}", self.line, self.stdout, self.stderr, self.code)
    }
}

/// A program at work. It is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    line: String,
    child: Option<Child>,
    // Read on threads: a full pipe would hold the program up.
    stdout: Option<std::thread::JoinHandle<String>>,
    stderr: Option<std::thread::JoinHandle<String>>,
}

impl Running {
    /// Starts it.
    ///
    /// # Panics
    /// It can't be started.
    pub fn start(mut command: Command) -> Self {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let line = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{line} can't be started: {error}"));
        let stdout = child.stdout.take().map(read);
        let stderr = child.stderr.take().map(read);
        Self { line, child: Some(child), stdout, stderr }
    }

    /// The process, by its number.
    ///
    /// # Panics
    /// It has ended.
    pub fn id(&self) -> u32 {
        self.child.as_ref().expect("it is at work").id()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// It does not end.
    pub fn end(mut self) -> Ended {
        let mut child = self.child.take().expect("it is at work");
        let deadline = Instant::now() + LONGEST;
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child of this process") {
                break status;
            }
            if Instant::now() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                panic!("`{}` was still at work after {LONGEST:?}", self.line);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let text =
            |thread: Option<std::thread::JoinHandle<String>>| thread.and_then(|t| t.join().ok()).unwrap_or_default();
        Ended {
            line: std::mem::take(&mut self.line),
            code: status.code(),
            stdout: text(self.stdout.take()),
            stderr: text(self.stderr.take()),
        }
    }

    /// Whether it has ended by now.
    ///
    /// # Panics
    /// The system does not know it.
    pub fn has_ended(&mut self) -> bool {
        let child = self.child.as_mut().expect("it is at work");
        child.try_wait().expect("a child of this process").is_some()
    }

    /// Ends it with SIGKILL: it can't do anything about it.
    ///
    /// # Panics
    /// The system does not let it.
    pub fn kill(mut self) -> Ended {
        self.child.as_mut().expect("it is at work").kill().expect("a child of this process");
        self.end()
    }

    /// What Ctrl-C in its terminal would send, to it alone.
    ///
    /// # Panics
    /// The system does not let it.
    pub fn interrupt(&self) {
        kill_process(self.pid(), Signal::INT).expect("a child of this process");
    }

    fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().expect("it is at work"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn read(mut pipe: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came until then is what there is to tell.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
