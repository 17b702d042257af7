use super::*;
use crate::replay::{Replay, Reply, region};
use pilotlight_rebuild::{CapacityCatalog, DatabaseEngine, ImageCopier, ImageCopy, QuotaValues, Stock, Told};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

fn catalog(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (AwsCatalog, Replay) {
    let replay = Replay::new(reply);
    (replay.aws().catalog(), replay)
}

fn offers(names: &[(&str, &str)], next: Option<&str>) -> Reply {
    let items: String = names
        .iter()
        .map(|(name, zone)| format!("<item><instanceType>{name}</instanceType><location>{zone}</location></item>"))
        .collect();
    let next = next.map(|next| format!("<nextToken>{next}</nextToken>")).unwrap_or_default();
    Reply::ok(format!(
        "<DescribeInstanceTypeOfferingsResponse><instanceTypeOfferingSet>{items}</instanceTypeOfferingSet>{next}\
         </DescribeInstanceTypeOfferingsResponse>"
    ))
}

#[tokio::test]
async fn offers_are_read_page_by_page_and_by_zone() {
    let (catalog, replay) = catalog(|asked| match asked.contains("NextToken=two") {
        false => offers(&[("m5.large", "eu-west-1b"), ("c5.large", "eu-west-1a")], Some("two")),
        true => offers(&[("m5.large", "eu-west-1a")], None),
    });
    let names = ["m5.large".to_owned(), "c5.large".to_owned()];
    let found = catalog.machines_offered(&region(), Some(&names)).await.expect("offers");
    assert_eq!(found["m5.large"], ["eu-west-1a", "eu-west-1b"]);
    assert_eq!(found["c5.large"], ["eu-west-1a"]);
    let asked = replay.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].contains("LocationType=availability-zone"), "{}", asked[0]);
    assert!(asked[0].contains("Filter.1.Name=instance-type&Filter.1.Value.1=m5.large"), "{}", asked[0]);
}

#[tokio::test]
async fn a_throttled_list_is_asked_again_and_one_that_stays_so_is_an_error() {
    let tries = AtomicU32::new(0);
    let machine = "<item><instanceType>g4dn.xlarge</instanceType><vCpuInfo><defaultVCpus>4</defaultVCpus></vCpuInfo>\
                   <memoryInfo><sizeInMiB>16384</sizeInMiB></memoryInfo><processorInfo><supportedArchitectures>\
                   <item>x86_64</item></supportedArchitectures><manufacturer>Intel</manufacturer></processorInfo>\
                   <instanceStorageInfo><totalSizeInGB>125</totalSizeInGB></instanceStorageInfo><gpuInfo><gpus><item>\
                   <manufacturer>NVIDIA</manufacturer><count>1</count><memoryInfo><sizeInMiB>16384</sizeInMiB>\
                   </memoryInfo></item></gpus></gpuInfo></item>";
    let (once, replay) = catalog(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::ec2_error(503, "RequestLimitExceeded", "Request limit exceeded."),
        _ => Reply::ok(format!(
            "<DescribeInstanceTypesResponse><instanceTypeSet>{machine}</instanceTypeSet></DescribeInstanceTypesResponse>"
        )),
    });
    let facts = once.machine_facts(&region(), None).await.expect("facts");
    assert_eq!(replay.asked().len(), 2);
    assert_eq!((facts[0].vcpus, facts[0].memory_mib, facts[0].disk_gb), (4, 16_384, 125));
    assert_eq!((facts[0].accelerators[0].kind.as_str(), facts[0].accelerators[0].memory_mib), ("gpu", 16_384));
    let (always, _) = catalog(|_| Reply::ec2_error(503, "RequestLimitExceeded", "Request limit exceeded."));
    let error = always.machine_facts(&region(), None).await.expect_err("throttled");
    assert_eq!(
        error.to_string(),
        "ask eu-west-1 for its machine types: throttled: RequestLimitExceeded: Request limit exceeded."
    );
}

fn quotas(values: &str) -> Reply {
    Reply::ok(format!("{{\"Quotas\": [{values}]}}"))
}

#[tokio::test]
async fn what_applies_to_the_account_stands_over_the_default() {
    let (told, replay) =
        catalog(|asked| match (asked.contains("\"NextToken\":\"two\""), asked.contains("\"MaxResults\":100")) {
            (true, _) => quotas("{\"QuotaCode\": \"L-0263D0A3\", \"Value\": 20.0}"),
            (false, true) => Reply::ok(
                "{\"Quotas\": [{\"QuotaCode\": \"L-1216C47A\", \"Value\": 5.0}, {\"QuotaCode\": \"L-0263D0A3\", \
                 \"Value\": 5.0}], \"NextToken\": \"two\"}",
            ),
            _ => Reply::Lost,
        });
    let values = BTreeMap::from([("L-1216C47A".to_owned(), 5.0), ("L-0263D0A3".to_owned(), 20.0)]);
    let answer = told.quotas(&region(), "ec2").await.expect("quotas");
    assert_eq!(answer, Told::Answer(QuotaValues { values, only_defaults: None }));
    assert_eq!(replay.asked().len(), 4, "two pages of each list");
}

#[tokio::test]
async fn an_endpoint_without_quotas_is_no_failure_and_a_denial_is_one() {
    let none = Reply::json_error;
    let (unknown, _) = catalog(move |_| none(400, "NoSuchResourceException", "no such service"));
    assert!(matches!(unknown.quotas(&region(), "s3").await, Ok(Told::NotHere(_))));
    // An emulator that has the defaults, and breaks on the other operation. The replay does not tell the headers
    // that name it, so that the second question is known by its number.
    let asked = AtomicU32::new(0);
    let (half, _) = catalog(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => quotas("{\"QuotaCode\": \"L-F678F1CE\", \"Value\": 5.0}"),
        _ => Reply::Answer(500, "<!doctype html>".to_owned()),
    });
    let Ok(Told::Answer(told)) = half.quotas(&region(), "vpc").await else { panic!("defaults") };
    assert_eq!(told.values, BTreeMap::from([("L-F678F1CE".to_owned(), 5.0)]));
    assert!(told.only_defaults.is_some());
    let (denied, _) = catalog(move |_| none(400, "AccessDeniedException", "not authorized"));
    let error = denied.quotas(&region(), "vpc").await.expect_err("denied");
    assert_eq!(
        error.to_string(),
        "ask eu-west-1 for its default quotas: access denied: AccessDeniedException: not authorized"
    );
}

#[tokio::test]
async fn instances_that_are_spot_or_on_hosts_are_counted_elsewhere() {
    let instance = |kind: &str, more: &str| format!("<item><instanceType>{kind}</instanceType>{more}</item>");
    let all = [
        instance("m5.large", ""),
        instance("m5.large", "<placement><tenancy>default</tenancy></placement>"),
        instance("c5.large", "<instanceLifecycle>spot</instanceLifecycle>"),
        instance("r5.large", "<placement><tenancy>host</tenancy></placement>"),
    ]
    .concat();
    let (catalog, replay) = catalog(move |_| {
        Reply::ok(format!(
            "<DescribeInstancesResponse><reservationSet><item><instancesSet>{all}</instancesSet></item></reservationSet>\
             </DescribeInstancesResponse>"
        ))
    });
    let used = catalog.in_use(&region(), Stock::Instances).await.expect("instances");
    assert_eq!(used, BTreeMap::from([("m5.large".to_owned(), 2)]));
    assert!(replay.asked()[0].contains("Filter.1.Value.1=pending&Filter.1.Value.2=running"));
}

#[tokio::test]
async fn a_database_class_is_offered_where_an_option_says() {
    let option = |class: &str, zone: &str| {
        format!(
            "<OrderableDBInstanceOption><DBInstanceClass>{class}</DBInstanceClass><AvailabilityZones><AvailabilityZone>\
             <Name>{zone}</Name></AvailabilityZone></AvailabilityZones></OrderableDBInstanceOption>"
        )
    };
    let options =
        [option("db.r5.large", "eu-west-1b"), option("db.r5.large", "eu-west-1a"), option("db.t3.micro", "eu-west-1a")];
    let (catalog, replay) = catalog(move |_| {
        Reply::ok(format!(
            "<DescribeOrderableDBInstanceOptionsResponse><DescribeOrderableDBInstanceOptionsResult>\
             <OrderableDBInstanceOptions>{}</OrderableDBInstanceOptions></DescribeOrderableDBInstanceOptionsResult>\
             </DescribeOrderableDBInstanceOptionsResponse>",
            options.concat()
        ))
    });
    let engine = DatabaseEngine { name: "postgres".to_owned(), version: Some("16.4".to_owned()) };
    let found = catalog.database_classes(&region(), &engine, Some("db.r5.large")).await.expect("options");
    let zones = vec!["eu-west-1a".to_owned(), "eu-west-1b".to_owned()];
    assert_eq!(found, Told::Answer(BTreeMap::from([("db.r5.large".to_owned(), zones)])));
    assert!(replay.asked()[0].contains("Engine=postgres&EngineVersion=16.4&DBInstanceClass=db.r5.large"));
}

#[tokio::test]
async fn a_copy_is_asked_for_with_everything_that_it_is_to_have() {
    let (catalog, replay) = catalog(|_| Reply::ok("<CopyImageResponse><imageId>ami-2</imageId></CopyImageResponse>"));
    let image = Image {
        id: "ami-1".to_owned(),
        name: "web-42".to_owned(),
        owner: "123456789012".to_owned(),
        architecture: "x86_64".to_owned(),
        state: ImageState::Available,
        description: Some("the web".to_owned()),
        encrypted: vec!["snap-1".to_owned()],
    };
    let copy = ImageCopy {
        image,
        from: Region::new("eu-central-1").expect("a region"),
        to: region(),
        key: Some("arn:aws:kms:eu-west-1:1:key/9f".to_owned()),
        begun: None,
    };
    assert_eq!(catalog.copy_image(&copy).await.expect("a copy"), "ami-2");
    let asked = &replay.asked()[0];
    for part in [
        "Action=CopyImage",
        &format!("ClientToken={}", copy.token()),
        "SourceImageId=ami-1",
        "SourceRegion=eu-central-1",
        "Name=web-42",
        "Description=the%20web",
        "CopyImageTags=true",
        "Encrypted=true",
        "KmsKeyId=arn%3Aaws%3Akms%3Aeu-west-1%3A1%3Akey%2F9f",
    ] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
}
