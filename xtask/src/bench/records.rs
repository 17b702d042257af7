//! `bench drift --only records`: a zone of 10,000 records, which one call each would take 20,000 calls to read.

use super::cloud::{Cloud, compared};
use super::figures::{Figures, Limit};
use crate::workspace::{Done, Workspace};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const ROOT: &str = include_str!("roots/records.tf");
/// As the AWS provider 5.100 writes it; its places are those of `state_text.rs`.
const RECORD: &str = include_str!("state_text/aws_route53_record.json");
/// The zone that the template was written for.
const TEMPLATE_ZONE: &str = "VU8STQJ5YH82S2HTOL4YTG";

const RECORDS: usize = 10_000;
/// Issue 3. 34 are pages of 300.
const CALLS: Limit = Limit::AtMost(40.0);
/// What a ChangeResourceRecordSets takes at most. Source: Amazon Route 53's quotas.
const BATCH: usize = 1_000;

pub(super) fn measure(workspace: &Workspace, pilotlight: &Path, figures: &mut Figures) -> Done<()> {
    let cloud = Cloud::start(workspace, pilotlight, "records", ROOT)?;
    let zone =
        cloud.ask("aws", &["route53", "create-hosted-zone", "--name", "shop.test", "--caller-reference", "1"])?;
    let zone: Value = serde_json::from_str(&zone)?;
    let zone = zone["HostedZone"]["Id"].as_str().unwrap_or_default().trim_start_matches("/hostedzone/").to_owned();
    if zone.is_empty() {
        return Err("make a zone: the emulator gave it no id".into());
    }
    let instances: Vec<Value> = (0..RECORDS).map(|number| resource(number, &zone)).collect::<Done<_>>()?;
    let batch_file = cloud.root().join("batch.json");
    for batch in instances.chunks(BATCH) {
        let changes: Vec<Value> = batch.iter().map(creation).collect();
        std::fs::write(&batch_file, json!({ "Changes": changes }).to_string())?;
        let batch = format!("file://{}", batch_file.display());
        cloud.ask(
            "aws",
            &["route53", "change-resource-record-sets", "--hosted-zone-id", &zone, "--change-batch", &batch],
        )?;
    }
    let state = json!({
        "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "5f4dcc3b-5aa7-65d6-1d83-27deb882cf99",
        "outputs": {}, "resources": instances, "check_results": null,
    });
    std::fs::write(cloud.root().join("terraform.tfstate"), state.to_string())?;

    let run = cloud.drift(Duration::ZERO, &[])?;
    let (same, other) = compared(&run)?;
    figures.add("10,000 records: pilotlight drift", run.seconds(), " s", Limit::None);
    figures.add("10,000 records: of it, waiting for answers", run.traffic.waited.as_secs_f64(), " s", Limit::None);
    figures.add("10,000 records: calls", run.calls(), "", CALLS);
    figures.add("10,000 records: found as they were", same as f64, "", Limit::AtLeast(RECORDS as f64));
    figures.add("10,000 records: found otherwise or unread", other as f64, "", Limit::AtMost(0.0));
    Ok(())
}

/// A record as a resource of a state.
fn resource(number: usize, zone: &str) -> Done<Value> {
    let text = RECORD
        .replace(TEMPLATE_ZONE, zone)
        .replace("%N%", &number.to_string())
        .replace("%B%", &(number / 256 % 256).to_string())
        .replace("%C%", &(number % 256).to_string())
        .replace("%G%", &(number % 1000).to_string());
    Ok(serde_json::from_str(&text)?)
}

/// The change that makes it.
fn creation(resource: &Value) -> Value {
    let record = &resource["instances"][0]["attributes"];
    let values: Vec<Value> =
        record["records"].as_array().into_iter().flatten().map(|it| json!({ "Value": it })).collect();
    json!({
        "Action": "CREATE",
        "ResourceRecordSet": {
            "Name": record["name"], "Type": record["type"], "TTL": record["ttl"], "ResourceRecords": values,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_the_state_and_the_change_that_makes_it_are_of_one_mind() {
        let resource = resource(9_999, "ZBENCH").expect("JSON");
        let record = &resource["instances"][0]["attributes"];
        assert_eq!(record["id"], "ZBENCH_app-9999.shop.test_A");
        assert_eq!(record["zone_id"], "ZBENCH");
        let set = &creation(&resource)["ResourceRecordSet"];
        assert_eq!(set["Name"], "app-9999.shop.test");
        assert_eq!(set["ResourceRecords"], json!([{ "Value": "10.1.39.15" }]));
        assert_eq!(set["TTL"], 300);
    }
}
