//! A lab with nothing in it, and the ways to look at it.

use pilotlight_lab::{Host, Lab, LabError, Options};
use serde_json::Value;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// An image that the emulator has in eu-west-1.
const IMAGE: &str = "ami-0d31d4f8d69d7977a";

pub(crate) use pilotlight_lab::{PRIMARY_REGION as PRIMARY, STANDBY_REGION as STANDBY};

/// The lab notices an instance within a third of a second; a check turns after three probes. A lab starts in two seconds,
/// and on a machine that compiles besides in many more.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn lab(folder: &Path) -> Lab {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target");
    let options = Options {
        folder: folder.join("lab"),
        // The same that `cargo xtask` keeps, so that it is made once.
        cache: target.join("lab/cache"),
        repository: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../.."),
        environment: std::env::vars().collect(),
        host: Host::ThisProcess,
    };
    let lab = Lab::start(&options, &|_| ()).await.expect("a lab");
    let again = Lab::start(&options, &|_| ()).await.expect_err("one is up");
    assert!(matches!(again, LabError::AlreadyUp { .. }), "{again}");
    lab
}

pub(crate) fn aws(lab: &Lab, arguments: &[&str]) -> Value {
    let output = lab.command("aws").args(arguments).args(["--output", "json"]).output().expect("aws");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    if output.stdout.is_empty() { Value::Null } else { serde_json::from_slice(&output.stdout).expect("json") }
}

pub(crate) async fn eventually(what: &str, mut seen: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !seen().await {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The status of `/health`, or nothing where nobody listens.
pub(crate) async fn health(address: Ipv4Addr) -> Option<u16> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build().expect("client");
    Some(client.get(format!("http://{address}:8080/health")).send().await.ok()?.status().as_u16())
}

/// Runs an instance, and gives its id and public address.
pub(crate) fn instance(lab: &Lab, region: &str) -> (String, Ipv4Addr) {
    let run = ["ec2", "run-instances", "--region", region, "--image-id", IMAGE, "--associate-public-ip-address"];
    let id = aws(lab, &run)["Instances"][0]["InstanceId"].as_str().expect("id").to_owned();
    let told = aws(lab, &["ec2", "describe-instances", "--region", region, "--instance-ids", &id]);
    let address = told["Reservations"][0]["Instances"][0]["PublicIpAddress"].as_str().expect("address");
    (id, address.parse().expect("an IPv4 address"))
}
