//! What programs meet at the edge of the AWS API, seen by the AWS command line, whose protocols are AWS's own.

use crate::rehearsal::{PRIMARY, STANDBY, aws, lab};
use pilotlight_lab::{Effect, Fault, Lab};
use std::time::{Duration, Instant};

/// What the AWS command line says of a call that fails. It tries once, and waits two seconds at most.
fn fails(lab: &Lab, arguments: &[&str]) -> String {
    let mut command = lab.command("aws");
    command.env("AWS_MAX_ATTEMPTS", "1").args(["--cli-read-timeout", "2"]).args(arguments);
    let output = command.output().expect("aws");
    assert!(!output.status.success(), "{arguments:?} succeeds: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn fault(region: &str, action: &str, effect: Effect) -> Fault {
    Fault { region: Some(region.into()), service: None, action: Some(action.into()), effect, times: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_throttled_failed_dropped_and_delayed_as_told() {
    let folder = tempfile::tempdir().expect("folder");
    let lab = lab(folder.path()).await;
    let describe = ["ec2", "describe-vpcs", "--region", PRIMARY];

    // Each protocol's own word for it, as the SDK reads it.
    lab.add_fault(&Fault { region: None, service: None, action: None, effect: Effect::Throttle, times: None })
        .await
        .expect("a fault");
    for (arguments, word) in [
        (&describe[..], "RequestLimitExceeded"),
        (&["iam", "list-roles"], "(Throttling)"),
        (&["route53", "list-hosted-zones"], "(Throttling)"),
        (&["s3api", "list-buckets"], "SlowDown"),
        (&["dynamodb", "list-tables"], "ThrottlingException"),
        (&["lambda", "list-functions"], "TooManyRequestsException"),
        (&["cloudwatch", "list-metrics"], "Throttling"),
    ] {
        let said = fails(&lab, arguments);
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
    assert_eq!(lab.status().await.expect("status").faults[0].hits, 7);
    lab.clear_faults(None).await.expect("cleared");

    // For one region and one operation, and no other.
    let id = lab.add_fault(&fault(PRIMARY, "DescribeVpcs", Effect::Error { status: 500 })).await.expect("a fault");
    assert!(fails(&lab, &describe).contains("InternalError"));
    aws(&lab, &["ec2", "describe-vpcs", "--region", STANDBY]);
    aws(&lab, &["ec2", "describe-subnets", "--region", PRIMARY]);
    lab.clear_faults(Some(id)).await.expect("cleared");
    aws(&lab, &describe);

    // Carried out, and the answer lost: the caller cannot know.
    lab.add_fault(&fault("us-east-1", "CreateHostedZone", Effect::Drop)).await.expect("a fault");
    fails(&lab, &["route53", "create-hosted-zone", "--name", "lost.test", "--caller-reference", "1"]);
    lab.clear_faults(None).await.expect("cleared");
    let zones = aws(&lab, &["route53", "list-hosted-zones"]);
    assert_eq!(zones["HostedZones"][0]["Name"], "lost.test.");

    // Refused and silent: not carried out.
    for effect in [Effect::Refuse, Effect::Silence] {
        lab.add_fault(&fault("us-east-1", "DeleteHostedZone", effect)).await.expect("a fault");
        let id = zones["HostedZones"][0]["Id"].as_str().expect("an id");
        let said = fails(&lab, &["route53", "delete-hosted-zone", "--id", id]);
        assert!(said.contains("Connection was closed") || said.contains("Read timeout"), "{said}");
        lab.clear_faults(None).await.expect("cleared");
    }
    assert_eq!(aws(&lab, &["route53", "list-hosted-zones"])["HostedZones"][0]["Name"], "lost.test.");

    let began = Instant::now();
    lab.add_fault(&fault(PRIMARY, "*", Effect::Latency { milliseconds: 1500 })).await.expect("a fault");
    aws(&lab, &describe);
    assert!(began.elapsed() > Duration::from_millis(1500));
    let refused = lab.add_fault(&fault(PRIMARY, "*", Effect::Error { status: 200 })).await.expect_err("no error");
    assert!(format!("{refused:?}").contains("500 to 599"), "{refused:?}");

    // A file of a megabyte, which the command line announces before it sends it.
    lab.clear_faults(None).await.expect("cleared");
    let file = folder.path().join("file");
    let bytes: Vec<u8> = (0..1_048_576_u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(&file, &bytes).expect("a file");
    let name = file.to_string_lossy().into_owned();
    aws(&lab, &["s3api", "put-object", "--bucket", "shop-tfstate", "--key", "file", "--body", &name]);
    std::fs::remove_file(&file).expect("removed");
    aws(&lab, &["s3api", "get-object", "--bucket", "shop-tfstate", "--key", "file", &name]);
    assert!(std::fs::read(&file).expect("a file") == bytes, "it came back as it was");
    lab.stop().await.expect("ended");
}
