//! A secret that a plan takes from the environment is used, and is nowhere to be read afterwards.

use crate::Shop;
use pilotlight_tests::{Ended, Rehearsal};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What must not be seen.
const SECRET: &str = "s3cr3t-Kestrel-4711";

/// A service behind a token. While it is unwell it answers 500 with what it was sent, as badly made ones do.
struct Service {
    address: SocketAddr,
    /// How often the right token came.
    opened: Arc<AtomicUsize>,
    unwell: Arc<AtomicBool>,
}

pub(crate) fn is_nowhere(lab: &Rehearsal, shop: &Shop) {
    let service = Service::start();
    let check = format!(
        "check \"http\" \"behind-a-token\" {{\n  url     = \"http://{}/health\"\n  headers = {{ X-Token = env(\"SHOP_TOKEN\") }}\n  expect  = {{ status = 200, body = \"well\" }}\n  side    = \"target\"\n  timeout = \"2s\"\n  when    = [\"before\", \"after\"]\n}}\n\n# Batch jobs write",
        service.address
    );
    let plan = lab.plan_like("secret", &[("# Batch jobs write", &check)]);
    let said: Mutex<Vec<Ended>> = Mutex::default();
    let run = |arguments: &[&str], code: i32| {
        let mut command = lab.command(arguments);
        command.env("SHOP_TOKEN", SECRET);
        let ended = Ended::of(command).expect(code);
        said.lock().unwrap_or_else(PoisonError::into_inner).push(ended);
    };

    service.unwell.store(true, Ordering::SeqCst);
    run(&["validate", &plan], 2);
    run(&["failover", &plan, "--yes", "-vv"], 4);
    lab.expect_dns(&shop.addresses.primary);
    service.unwell.store(false, Ordering::SeqCst);
    run(&["validate", &plan, "--format", "json"], 0);
    run(&["failover", &plan, "--dry-run"], 0);
    run(&["failover", &plan, "--dry-run", "--format", "json"], 0);
    run(&["failover", &plan, "--save", "secret-run.json"], 0);
    run(&["failover", "--run", "secret-run.json", "--yes", "-vv"], 0);
    lab.expect_dns(&shop.addresses.standby);
    for format in ["text", "json", "html"] {
        run(&["run", "report", &plan, "--format", format, "--out", &format!("secret-report.{format}")], 0);
    }
    run(&["run", "show", &plan, "--format", "json"], 0);
    run(&["failback", &plan, "--yes"], 0);
    lab.expect_dns(&shop.addresses.primary);
    // Twice a run that went through, and once where it was red or only asked.
    let opened = service.opened.load(Ordering::SeqCst);
    assert!(opened >= 7, "the token was used, or this proves nothing: {opened} times");

    for ended in said.into_inner().unwrap_or_else(PoisonError::into_inner) {
        assert!(!ended.output().contains(SECRET), "the secret is in the output of this:\n{}", ended.story());
    }
    // The copies of the journal in the other store, beside what is in the lab's folder already.
    let copies = ["s3", "cp", "--recursive", "s3://shop-dr-eu-central-1/pilotlight", "journal-copies"];
    Ended::of(lab.other("aws", &copies)).expect(0);
    for place in ["plans", "journal-copies", "secret-run.json"] {
        expect_without_secret(&lab.path(place));
    }
    for format in ["text", "json", "html"] {
        expect_without_secret(&lab.path(format!("secret-report.{format}")));
    }
    let read = count(&lab.path("journal-copies"));
    assert!(read > 30, "the journal's copies are there: {read} files");
}

/// No file below `path`, Terraform's plugins aside, holds the secret.
fn expect_without_secret(path: &Path) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).expect("a folder") {
            let path = entry.expect("an entry").path();
            if !path.ends_with(".terraform") {
                expect_without_secret(&path);
            }
        }
        return;
    }
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{} can't be read: {error}", path.display()));
    let here = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
    assert!(!here, "the secret is in {}", path.display());
}

fn count(path: &Path) -> usize {
    let entries = std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
}

impl Service {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let (opened, unwell) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counter, sick) = (Arc::clone(&opened), Arc::clone(&unwell));
        // It ends with the test's process.
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A client that goes away is its own affair.
                let _ = answer(client, &counter, sick.load(Ordering::SeqCst));
            }
        });
        Self { address, opened, unwell }
    }
}

fn answer(mut client: TcpStream, opened: &AtomicUsize, unwell: bool) -> std::io::Result<()> {
    let mut request = String::new();
    let mut reader = BufReader::new(client.try_clone()?);
    while reader.read_line(&mut request)? > 2 {}
    let known = request.contains(SECRET);
    opened.fetch_add(usize::from(known), Ordering::SeqCst);
    let (status, body) = match (known, unwell) {
        (true, false) => ("200 OK", "all is well".to_owned()),
        (true, true) => ("500 Internal Server Error", format!("failed on {request}")),
        (false, _) => ("403 Forbidden", "who are you?".to_owned()),
    };
    write!(client, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}
