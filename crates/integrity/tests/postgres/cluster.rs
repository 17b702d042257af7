//! Servers in temporary folders, on free ports of the loopback interface, that end with their handle.

use pilotlight_integrity::postgres::{DatabaseUrl, SessionOptions};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// Who the servers are run as where the tests are run as root, which PostgreSQL refuses.
const SYSTEM_USER: &str = "postgres";
/// The database of the tests, and its owner, who is no superuser.
pub(crate) const DATABASE: &str = "orders";
/// Owns the database, as the master user of RDS does.
pub(crate) const OWNER: &str = "shop";
/// Reads and writes.
pub(crate) const APP: &str = "app";
/// The superuser.
pub(crate) const SUPERUSER: &str = "postgres";

/// One server.
pub(crate) struct Server {
    child: Option<Child>,
    pub(crate) port: u16,
    folder: TempDir,
}

impl Server {
    /// A primary with the database, its owner and its application.
    pub(crate) async fn primary() -> Self {
        Self::primary_with("").await
    }

    /// The same, with more settings.
    pub(crate) async fn primary_with(settings: &str) -> Self {
        let folder = folder();
        run(
            "initdb",
            &["-D", &text(&data(&folder)), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"],
        );
        let mut server = Self { child: None, port: free_port(), folder };
        server.configure(settings);
        server.start().await;
        let client = server.client(SUPERUSER, "postgres").await;
        client
            .batch_execute(&format!(
                "CREATE ROLE {OWNER} LOGIN; CREATE ROLE {APP} LOGIN; GRANT pg_signal_backend, pg_monitor TO {OWNER}"
            ))
            .await
            .expect("a server for the test");
        client
            .batch_execute(&format!("CREATE DATABASE {DATABASE} OWNER {OWNER}"))
            .await
            .expect("a server for the test");
        let client = server.client(SUPERUSER, DATABASE).await;
        client
            .batch_execute(&format!(
                "CREATE TABLE orders (id bigint PRIMARY KEY, item text NOT NULL); ALTER TABLE orders OWNER TO {OWNER};
                 GRANT ALL ON ALL TABLES IN SCHEMA public TO {APP}"
            ))
            .await
            .expect("a server for the test");
        server
    }

    /// A standby that streams from this server.
    pub(crate) async fn standby(&self) -> Self {
        let mut server = Self { child: None, port: free_port(), folder: folder() };
        server.follow(self.port).await;
        server
    }

    /// Becomes a standby of the server at this port: what it had is gone.
    pub(crate) async fn follow(&mut self, primary: u16) {
        self.kill();
        let data = data(&self.folder);
        if data.exists() {
            std::fs::remove_dir_all(&data).expect("removed");
        }
        let port = primary.to_string();
        let from = ["-h", "127.0.0.1", "-p", &port, "-U", SUPERUSER, "-D", &text(&data)];
        run("pg_basebackup", &[&from[..], &["-R", "-c", "fast", "--no-sync"]].concat());
        self.configure("");
        self.start().await;
    }

    fn configure(&self, settings: &str) {
        let lines = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = ''\nfsync = off\n\
             max_prepared_transactions = 5\nshared_buffers = 16MB\n{settings}\n",
            self.port
        );
        let file = data(&self.folder).join("postgresql.conf");
        let before = std::fs::read_to_string(&file).expect("a server for the test");
        std::fs::write(&file, format!("{before}\n{lines}")).expect("a server for the test");
    }

    pub(crate) async fn start(&mut self) {
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(self.folder.path().join("log"))
            .expect("a server for the test");
        let mut command = program("postgres", true);
        command.arg("-D").arg(data(&self.folder)).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().expect("a server for the test"));
        let begin = Instant::now();
        while tokio_postgres::connect(&self.text(SUPERUSER, "postgres"), NoTls).await.is_err() {
            assert!(begin.elapsed() < Duration::from_secs(60), "the server does not start: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // SIGQUIT, so that its own children end too; and then it is waited for.
            let _ = Command::new("kill").args(["-QUIT", &child.id().to_string()]).status();
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_secs(10) {
                if matches!(child.try_wait(), Ok(Some(_))) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        data(&self.folder)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    pub(crate) fn text(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// As the owner signs in, and Pilotlight with it.
    pub(crate) fn url(&self) -> DatabaseUrl {
        DatabaseUrl::parse(&self.text(OWNER, DATABASE)).expect("a server for the test")
    }

    pub(crate) async fn client(&self, role: &str, database: &str) -> Client {
        connect(&self.text(role, database)).await
    }

    /// The application's session.
    pub(crate) async fn app(&self) -> Client {
        self.client(APP, DATABASE).await
    }

    /// The superuser's session.
    pub(crate) async fn superuser(&self) -> Client {
        self.client(SUPERUSER, DATABASE).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("log of the server at port {}:\n{}", self.port, self.log());
        }
    }
}

pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a server for the test");
    tokio::spawn(connection);
    client
}

pub(crate) fn limits() -> SessionOptions {
    SessionOptions { statement_timeout: Duration::from_secs(60), ..SessionOptions::default() }
}

fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("pilotlight-postgres-").tempdir().expect("a server for the test");
    if is_root() {
        let status = Command::new("chown").arg(SYSTEM_USER).arg(folder.path()).status().expect("a server for the test");
        assert!(status.success());
    }
    folder
}

fn data(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

fn text(path: &Path) -> String {
    path.to_str().expect("a server for the test").to_owned()
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("a server for the test");
    output.stdout == b"0\n"
}

/// A program of PostgreSQL, found beside the `postgres` that the PATH leads to. With `dies_along`, it is ended when
/// the thread of the test that started it is.
fn program(name: &str, dies_along: bool) -> Command {
    let path = std::env::var_os("PATH").expect("a server for the test");
    let server = std::env::split_paths(&path).map(|folder| folder.join("postgres")).find(|path| path.is_file());
    let server = server.expect("postgres is on the PATH").canonicalize().expect("a server for the test");
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args([&format!("--reuid={SYSTEM_USER}"), &format!("--regid={SYSTEM_USER}"), "--clear-groups"]);
    }
    if dies_along {
        command.args(["--pdeathsig", "QUIT"]);
    }
    command.arg("--").arg(server.with_file_name(name)).current_dir("/");
    command
}

fn run(name: &str, arguments: &[&str]) {
    let output = program(name, false).args(arguments).output().expect("a server for the test");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a server for the test").local_addr().expect("a server for the test").port()
}
