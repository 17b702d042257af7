//! Where output goes: data to stdout or `--out`, everything else to stderr.

use crate::failure::Failure;
use anstream::{AutoStream, ColorChoice};
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

/// `--color`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Both streams, with what they can show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    choice: ColorChoice,
}

impl Screen {
    pub(crate) fn new(color: Color) -> Self {
        let choice = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { choice }
    }

    /// Whether stdout shows colour.
    pub(crate) fn stdout_color(&self) -> bool {
        shows_color(self.choice, &std::io::stdout())
    }

    /// Whether stderr shows colour.
    pub(crate) fn stderr_color(&self) -> bool {
        shows_color(self.choice, &std::io::stderr())
    }

    /// Whether a person sees progress.
    pub(crate) fn interactive(&self) -> bool {
        std::io::stderr().is_terminal()
    }

    /// Columns to lay text out for.
    pub(crate) fn width(&self) -> usize {
        // 100 is what a log or a pipe's reader can show without wrapping.
        console_width().unwrap_or(100)
    }

    /// Data for stdout.
    pub(crate) fn data(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            // `pilotlight … | head` is no failure.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            result => result.map_err(|error| Failure::io("write to standard output", error)),
        }
    }

    /// A line for the person.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        // Nobody to tell where stderr is closed.
        let _ = writeln!(AutoStream::new(std::io::stderr(), self.choice), "{}", text.as_ref());
    }

    /// An error, laid out already.
    pub(crate) fn error(&self, text: &str) {
        let _ = write!(std::io::stderr(), "{text}");
    }
}

fn shows_color<S: anstream::stream::RawStream>(choice: ColorChoice, stream: &S) -> bool {
    match choice {
        ColorChoice::Auto => AutoStream::choice(stream) != ColorChoice::Never,
        ColorChoice::Never => false,
        _ => true,
    }
}

fn console_width() -> Option<usize> {
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size()?;
    // Narrower cannot hold an address, wider cannot be read at a glance.
    Some(usize::from(columns).clamp(40, 140))
}

/// Whether a file could be written there, found out before the work that it would tell of. Leaves nothing.
pub(crate) fn check_writable(path: &Path) -> Result<(), Failure> {
    let doing = || format!("write {}", path.display());
    if path.is_dir() {
        let error = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(Failure::io(doing(), error).with_remedy("name a file in it"));
    }
    let absolute = std::path::absolute(path).map_err(|error| Failure::io(doing(), error))?;
    // Folders that are not there yet are made with the file.
    let folder = absolute.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let probe = folder.join(format!(".pilotlight.{}.part", std::process::id()));
    let tried = std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe));
    tried.map_err(|error| {
        Failure::io(doing(), error)
            .with_remedy(format!("name a file that can be written; {} takes none", folder.display()))
    })
}

/// Writes a file whole or not at all: beside its place, then renamed.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let doing = || format!("write {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| Failure::io(doing(), error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = folder.join(format!(".{name}.{}.part", std::process::id()));
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        Failure::io(doing(), error)
    })
}

/// Diagnostics of the program itself go to stderr; `-v` and `-vv` raise them, `PILOTLIGHT_LOG` decides.
pub(crate) fn init_logging(verbose: u8) {
    let default = match verbose {
        0 => "warn,aws_config=error",
        1 => "info,aws_config=warn,hyper=warn",
        _ => "debug,hyper=info,h2=info,rustls=info",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("PILOTLIGHT_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}
