//! One region's database: its files, its server, and sessions with it.

use crate::postgres::account::Account;
use crate::postgres::guard::{Guard, GuardError, Running};
use crate::postgres::place::Place;
use crate::postgres::programs::Programs;
use crate::postgres::session::{self, SessionError};
use crate::postgres::settings::{self, DATABASE, Passwords, SUPERUSER};
use std::net::SocketAddrV4;
use std::os::unix::fs::{OpenOptionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio_postgres::{Client, Config};

/// A start takes a third of a second; one that replays much, or on a machine that compiles besides, more.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// How often a server that starts is asked.
const POLL: Duration = Duration::from_millis(25);

/// How many of a failed program's last lines are quoted.
const QUOTED_LINES: usize = 8;

/// A database of the lab could not be made, started or asked.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Its files.
    #[error("write {path:?}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// One of PostgreSQL's programs.
    #[error("run {program}: {said}")]
    Program {
        /// `initdb`
        program: &'static str,
        /// Its last lines.
        said: String,
    },
    /// Its process.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// It doesn't answer.
    #[error("start the database of {region}: {said}; its log is {log:?}")]
    NotReady {
        /// Whose.
        region: String,
        /// What happened instead.
        said: String,
        /// Its log.
        log: PathBuf,
    },
    /// A session with it.
    #[error("ask the database of {region}")]
    Session {
        /// Whose.
        region: String,
        /// Why.
        #[source]
        source: SessionError,
    },
    /// A statement.
    #[error("{doing} in the database of {region}: {said}")]
    Statement {
        /// `pause replay`
        doing: &'static str,
        /// Whose.
        region: String,
        /// The server's words.
        said: String,
    },
}

/// The database of one region.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) region: String,
    pub(crate) at: SocketAddrV4,
    /// Where the other region's database is.
    pub(crate) other: SocketAddrV4,
    pub(crate) place: Place,
    pub(crate) programs: Programs,
    pub(crate) account: Option<Account>,
    pub(crate) passwords: Passwords,
    pub(crate) guard: Guard,
    /// The lab's folder, for its log.
    pub(crate) lab: PathBuf,
}

impl Cluster {
    /// Its files.
    pub(crate) fn data(&self) -> PathBuf {
        self.place.folder.join("data")
    }

    /// Makes new, empty files with a superuser. No sync: what the machine loses here was never used.
    pub(crate) async fn initialize(&self) -> Result<(), ClusterError> {
        let password = self.place.folder.join("password");
        self.write(&password, &self.passwords.superuser)?;
        let mut initdb = self.program("initdb");
        initdb.arg("--pgdata").arg(self.data()).arg("--pwfile").arg(&password);
        initdb.args(["--username", SUPERUSER, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"]);
        // Checksums let pg_rewind find what differs, and a damaged page be seen.
        initdb.args(["--data-checksums", "--no-sync", "--no-instructions"]);
        run(initdb, "initdb").await?;
        std::fs::remove_file(&password).map_err(|source| ClusterError::File { path: password, source })
    }

    /// Copies the files of a database that does not run.
    pub(crate) async fn copy_of(&self, stopped: &Self) -> Result<(), ClusterError> {
        // By whoever may write here, and whoever may read there: the same user.
        let mut cp = self.command(Path::new("cp"));
        cp.arg("-R").arg(stopped.data()).arg(self.data());
        run(cp, "cp").await
    }

    /// Writes the configuration, and that it is a standby or not. What `ALTER SYSTEM` said before is no more.
    pub(crate) fn configure(&self, standby: bool) -> Result<(), ClusterError> {
        let data = self.data();
        let conf = settings::postgresql_conf(&self.region, self.at, self.other, &self.passwords);
        self.write(&data.join("postgresql.conf"), &conf)?;
        self.write(&data.join("pg_hba.conf"), &settings::pg_hba_conf())?;
        self.write(&data.join("postgresql.auto.conf"), "")?;
        let signal = data.join("standby.signal");
        if standby {
            return self.write(&signal, "");
        }
        match std::fs::remove_file(&signal) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(ClusterError::File { path: signal, source })
            }
            _ => Ok(()),
        }
    }

    /// Starts the server as its files say, and waits until it takes sessions.
    pub(crate) async fn start(&self) -> Result<(), ClusterError> {
        self.guard.start().await?;
        let deadline = Instant::now() + START_TIMEOUT;
        let not_ready = |said: String| ClusterError::NotReady {
            region: self.region.clone(),
            said,
            log: self.lab.join(format!("postgres-{}.log", self.region)),
        };
        loop {
            let Err(error) = self.superuser("postgres").await else { return Ok(()) };
            if let Running::Ended(status) = self.guard.running() {
                return Err(not_ready(format!("it ended with {status}")));
            }
            if Instant::now() > deadline {
                return Err(not_ready(format!("it takes no session within {START_TIMEOUT:?}: {error}")));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// A session of the superuser with a database of it.
    pub(crate) async fn superuser(&self, database: &str) -> Result<Client, ClusterError> {
        let config = self.config(SUPERUSER, &self.passwords.superuser, database);
        session::open(&config).await.map_err(|source| ClusterError::Session { region: self.region.clone(), source })
    }

    /// How the app reaches it.
    pub(crate) fn app(&self) -> Config {
        self.config(settings::APP, &self.passwords.app, DATABASE)
    }

    fn config(&self, role: &str, password: &str, database: &str) -> Config {
        let mut config = Config::new();
        config.host(self.at.ip().to_string()).port(self.at.port()).user(role).password(password).dbname(database);
        config
    }

    /// Carries out statements as the superuser.
    pub(crate) async fn execute(&self, doing: &'static str, statements: &str) -> Result<(), ClusterError> {
        self.execute_in("postgres", doing, statements).await
    }

    /// Carries out statements as the superuser in a database of it.
    pub(crate) async fn execute_in(
        &self,
        database: &str,
        doing: &'static str,
        statements: &str,
    ) -> Result<(), ClusterError> {
        let client = self.superuser(database).await?;
        client.batch_execute(statements).await.map_err(|error| self.failed(doing, &error))
    }

    /// A statement that failed.
    pub(crate) fn failed(&self, doing: &'static str, error: &tokio_postgres::Error) -> ClusterError {
        ClusterError::Statement { doing, region: self.region.clone(), said: session::words(error) }
    }

    /// One of PostgreSQL's programs, as the user that owns the files.
    pub(crate) fn program(&self, name: &str) -> Command {
        self.command(&self.programs.path(name))
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // Nothing of somebody's PGHOST or locale; a path for `cp`, and for what a shell script of a wrapper calls.
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C");
        command.current_dir(&self.place.folder).stdin(Stdio::null()).kill_on_drop(true);
        if let Some(Account { uid, gid }) = self.account {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Writes a file that the server's user alone reads.
    fn write(&self, path: &Path, text: &str) -> Result<(), ClusterError> {
        let write = || {
            let mut options = std::fs::OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
            std::io::Write::write_all(&mut file, text.as_bytes())?;
            match self.account {
                Some(account) => chown(path, Some(account.uid), Some(account.gid)),
                None => Ok(()),
            }
        };
        write().map_err(|source| ClusterError::File { path: path.to_owned(), source })
    }
}

/// Runs a program to its end; a failure quotes its last lines.
pub(crate) async fn run(mut command: Command, program: &'static str) -> Result<(), ClusterError> {
    let failed = |said: String| ClusterError::Program { program, said };
    let output = command.output().await.map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let all = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&all);
    let lines: Vec<&str> = text.lines().collect();
    Err(failed(format!("{}: {}", output.status, lines[lines.len().saturating_sub(QUOTED_LINES)..].join("\n"))))
}
