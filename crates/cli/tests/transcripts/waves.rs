//! A rebuild of several stacks, by the real Terraform: what fails stops those that depend on it, and no other.

use crate::sandbox::{Sandbox, Told, state};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// `web` depends on `data`, which `network` does not; `audit` is alone.
pub(crate) const PLAN: &str = r#"plan "shop" {
  primary { region = "eu-west-1" }
  standby { region = "eu-central-1" }
}

stack "network" {
  source = "network"
  state  = "file:network/terraform.tfstate"
}

stack "data" {
  source     = "data"
  state      = "file:data/terraform.tfstate"
  depends_on = ["network"]
}

stack "web" {
  source     = "web"
  state      = "file:web/terraform.tfstate"
  depends_on = ["data"]
  tier       = 1
}

stack "audit" {
  source = "audit"
  state  = "file:audit/terraform.tfstate"
  tier   = 1
}
"#;

const RELEASE: &str = "resource \"terraform_data\" \"release\" {}\n";

/// The same resource, as far as Terraform's plan goes.
const REFUSED: &str =
    "resource \"terraform_data\" \"release\" {\n  provisioner \"local-exec\" { command = \"exit 7\" }\n}\n";

fn sandbox() -> Sandbox {
    let path = std::env::var("PATH").unwrap();
    let sandbox = Sandbox::new().with_aws(&zones()).with_env("PATH", &path);
    sandbox.write("plan.hcl", PLAN);
    // A machine's own CLI configuration must not decide a test.
    sandbox.write("empty.tfrc", "");
    for stack in ["network", "data", "web", "audit"] {
        let source = if stack == "data" { REFUSED } else { RELEASE };
        sandbox.write(&format!("{stack}/main.tf"), source);
        sandbox.write(
            &format!("{stack}/terraform.tfstate"),
            state("192.0.2.10").replace(
                "\"outputs\": { \"ips\": { \"value\": [\"192.0.2.10\"], \"type\": [\"list\", \"string\"] } },",
                "\"outputs\": {},",
            ),
        );
    }
    let config = sandbox.path("empty.tfrc").display().to_string();
    sandbox.with_env("TF_CLI_CONFIG_FILE", &config)
}

fn rebuild(sandbox: &Sandbox) -> Told {
    sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes", "--format", "json"])
}

/// The findings with this code, by what they are about and say.
fn findings(told: &Told, code: &str) -> Vec<String> {
    let json = &told.stdout[told.stdout.find("\n{").map_or(0, |at| at + 1)..];
    let report: serde_json::Value =
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {}", told.stdout));
    let of_code = report["findings"].as_array().unwrap().iter().filter(|finding| finding["code"] == code);
    let mut lines: Vec<String> = of_code
        .map(|finding| {
            format!("{}: {}", finding["subject"]["stack"].as_str().unwrap(), finding["message"].as_str().unwrap())
        })
        .collect();
    lines.sort();
    lines
}

fn is_built(sandbox: &Sandbox, stack: &str) -> bool {
    let state = sandbox.path(&format!(".pilotlight/shop/standby/{stack}/terraform.tfstate"));
    std::fs::read_to_string(state).is_ok_and(|state| state.contains("\"release\""))
}

#[test]
fn what_fails_stops_what_depends_on_it_and_no_other_and_a_second_run_goes_on() {
    let sandbox = sandbox();
    let told = rebuild(&sandbox);
    told.exits(2).says("network: apply, 1 of 1 done").says("audit: apply, 1 of 1 done");
    assert_eq!(findings(&told, "PL-R145"), ["web: it was not built: it depends on data, which failed"]);
    told.shows("run pilotlight rebuild plan.hcl --apply again");
    assert!(!told.stderr.contains("web: apply"), "{}", told.stderr);
    let built = ["network", "audit", "web"].map(|stack| is_built(&sandbox, stack));
    assert_eq!(built, [true, true, false]);

    sandbox.write("data/main.tf", RELEASE);
    let told = rebuild(&sandbox);
    told.exits(0).says("network: nothing to apply in eu-central-1").says("web: apply, 1 of 1 done");
    assert!(["network", "data", "web", "audit"].iter().all(|stack| is_built(&sandbox, stack)));
}

/// An EC2 that knows each region's zones, and nothing else.
pub(crate) fn zones() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap());
        }
    });
    url
}

fn answer(mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    assert!(String::from_utf8_lossy(&body).contains("Action=DescribeAvailabilityZones"));
    // The region that the request is signed for.
    let region = if head.contains("/eu-central-1/ec2/") { "eu-central-1" } else { "eu-west-1" };
    let zones: String = ["a", "b"]
        .map(|zone| {
            format!("<item><zoneName>{region}{zone}</zoneName><zoneState>available</zoneState><zoneType>availability-zone</zoneType></item>")
        })
        .concat();
    let text = format!(
        "<DescribeAvailabilityZonesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId>\
         <availabilityZoneInfo>{zones}</availabilityZoneInfo></DescribeAvailabilityZonesResponse>"
    );
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n", text.len());
    stream.write_all(format!("{head}connection: close\r\n\r\n{text}").as_bytes()).unwrap();
}
