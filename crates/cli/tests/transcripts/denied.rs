//! An AWS that denies one call: what that leaves unknown is said with the action to allow, and the rest is told.

use crate::sandbox::{PLAN, Sandbox, Told};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

const SOURCE: &str = "resource \"terraform_data\" \"release\" {\n  input = \"m5.large in eu-west-1\"\n}\n\n\
                      output \"ips\" {\n  value = [\"192.0.2.10\"]\n}\n";

/// An AWS that knows each region's zones and has empty buckets, denies these actions, and has nothing else.
fn denying(actions: &[&str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let actions: Vec<String> = actions.iter().map(|action| (*action).to_owned()).collect();
    std::thread::spawn(move || listener.incoming().for_each(|stream| answer(stream.unwrap(), &actions)));
    url
}

fn answer(mut stream: TcpStream, denied: &[String]) {
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
    let body = String::from_utf8_lossy(&body).into_owned();
    let other = if head.contains("list-type=2") { "ListBucket" } else { "Other" };
    let action = body.split('&').find_map(|part| part.strip_prefix("Action=")).unwrap_or(other).to_owned();
    let (status, text) = if denied.contains(&action) || action == "Other" {
        let error = "<Code>UnauthorizedOperation</Code><Message>You are not authorized.</Message>";
        let text = format!(
            "<Response><Errors><Error>{error}</Error></Errors><Error>{error}</Error><RequestID>r</RequestID></Response>"
        );
        ("403 Forbidden", text)
    } else if action == "ListBucket" {
        ("200 OK", "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>".to_owned())
    } else {
        let region = if head.contains("/eu-central-1/") { "eu-central-1" } else { "eu-west-1" };
        let zones = ["a", "b"].map(|zone| {
            format!(
                "<item><zoneName>{region}{zone}</zoneName><zoneState>available</zoneState>\
                 <zoneType>availability-zone</zoneType></item>"
            )
        });
        let zones = zones.concat();
        let text = format!(
            "<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId>\
             <availabilityZoneInfo>{zones}</availabilityZoneInfo></{action}Response>"
        );
        ("200 OK", text)
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n", text.len());
    // Whoever has hung up asks again.
    let _ = stream.write_all(format!("{head}connection: close\r\n\r\n{text}").as_bytes());
}

fn sandbox() -> Sandbox {
    let path = std::env::var("PATH").unwrap();
    let sandbox = Sandbox::new().with_env("PATH", &path);
    sandbox.write("app/main.tf", SOURCE);
    sandbox.write("empty.tfrc", "");
    let config = sandbox.path("empty.tfrc").display().to_string();
    sandbox.with_env("TF_CLI_CONFIG_FILE", &config)
}

/// The text in one line, however it was wrapped.
fn unwrapped(told: &Told) -> String {
    [&told.stdout, &told.stderr].map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).join("\n")
}

#[test]
fn a_denied_look_at_what_is_offered_names_the_action_to_allow() {
    for (action, exit, words) in [
        ("DescribeInstanceTypeOfferings", 0, "not all machine types are looked up"),
        ("DescribeInstanceTypes", 0, "not all machine types are looked up"),
        ("DescribeAvailabilityZones", 1, "learn what the regions offer"),
    ] {
        let told = sandbox().with_aws(&denying(&[action])).run(&["rebuild", "plan.hcl", "--diff"]);
        told.exits(exit);
        let said = unwrapped(&told);
        let remedy = format!("allow ec2:{action} to this identity");
        assert!(said.contains(words) && said.contains(&remedy), "{action}: {said}");
    }
}

#[test]
fn without_the_standbys_zones_validate_tells_all_that_does_not_need_them() {
    let sandbox = sandbox().with_aws(&denying(&[]));
    sandbox.write("app/main.tf", SOURCE.replace("  input = \"m5.large in eu-west-1\"\n", ""));
    sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]).exits(0);
    let told = sandbox.with_aws(&denying(&["DescribeAvailabilityZones"])).run(&["validate", "plan.hcl"]);
    told.exits(3);
    let said = unwrapped(&told);
    for words in [
        "not looked at: what eu-central-1 offers is not known",
        "allow ec2:DescribeAvailabilityZones to this identity",
        "allow route53:ListHostedZonesByName, GetHostedZone",
        "no resources of a cloud on either side",
        "is writable",
    ] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
}

#[test]
fn a_journal_that_these_credentials_may_not_see_is_unknown_and_neither_ready_nor_broken() {
    let mut sandbox = sandbox().with_env("AWS_REGION", "eu-central-1").with_aws(&denying(&[]));
    sandbox.write("app/main.tf", SOURCE.replace("  input = \"m5.large in eu-west-1\"\n", ""));
    sandbox.run(&["rebuild", "plan.hcl", "--apply", "--yes"]).exits(0);
    sandbox.write("plan.hcl", PLAN.replacen('{', "{\n  journal = [\"s3://runs/pilotlight\"]", 1));
    for (denied, words, remedy) in [
        ("ListBucket", "whether runs can be read and written there is not known", "grant s3:GetObject, s3:PutObject"),
        // `HeadBucket` is denied always.
        ("Nothing", "which region it is in is not known", "allow s3:ListBucket on runs to this identity"),
    ] {
        sandbox = sandbox.with_aws(&denying(&[denied]));
        let told = sandbox.run(&["validate", "plan.hcl"]);
        told.exits(3);
        let said = unwrapped(&told);
        assert!(said.contains(words) && said.contains(remedy) && said.contains("? journal"), "{denied}: {said}");
        assert!(!said.contains("cannot be written"), "{denied}: {said}");
    }
}
