//! Read replicas and global databases: what RDS says while they are made, promoted and switched, and that an instance
//! whose data is the lab's PostgreSQL is what its server is.

use crate::rehearsal::{PRIMARY, STANDBY, aws, eventually, lab};
use pilotlight_lab::Lab;
use serde_json::{Value, json};

const REPLICA: [&str; 2] = ["--db-instance-identifier", "orders-replica"];
const GLOBAL: [&str; 2] = ["--global-cluster-identifier", "ledger"];

fn instance(lab: &Lab, region: &str, identifier: &str) -> Value {
    let describe = ["rds", "describe-db-instances", "--region", region, "--db-instance-identifier", identifier];
    aws(lab, &describe)["DBInstances"][0].clone()
}

fn status(lab: &Lab) -> Value {
    instance(lab, STANDBY, REPLICA[1])["DBInstanceStatus"].clone()
}

/// The code of AWS's refusal.
fn refused(lab: &Lab, arguments: &[&str]) -> String {
    let output = lab.command("aws").args(arguments).output().expect("aws");
    assert!(!output.status.success(), "{arguments:?} is not refused");
    let said = String::from_utf8(output.stderr).expect("text");
    let code = said.split_once("error occurred (").and_then(|(_, rest)| rest.split_once(')'));
    code.unwrap_or_else(|| panic!("no code: {said}")).0.to_owned()
}

/// Has a state stay until another one is named: how long a test takes to look is the machine's affair.
fn stays(lab: &Lab, region: &str, arn: &str, state: &str) {
    let tag = format!("Key=lab:stays,Value={state}");
    aws(lab, &["rds", "add-tags-to-resource", "--region", region, "--resource-name", arn, "--tags", &tag]);
}

/// No state's name.
const NONE: &str = "-";

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_promoted_as_rds_does_it_and_its_server_with_it() {
    let folder = tempfile::tempdir().expect("folder");
    let lab = lab(folder.path()).await;
    let create = ["rds", "create-db-instance", "--region", PRIMARY, "--db-instance-identifier", "orders"];
    let more = ["--engine", "postgres", "--db-instance-class", "db.t3.micro", "--allocated-storage", "20"];
    let account = ["--master-username", "shop", "--master-user-password", "not-a-secret"];
    aws(&lab, &[&create[..], &more, &account, &["--tags", "Key=lab:postgres,Value=orders"]].concat());
    let source = instance(&lab, PRIMARY, "orders")["DBInstanceArn"].as_str().expect("an ARN").to_owned();
    let replicate = ["rds", "create-db-instance-read-replica", "--region", STANDBY];
    let replicate = [&replicate[..], &REPLICA, &["--source-db-instance-identifier", &source]].concat();
    let replicate = [&replicate[..], &["--tags", "Key=lab:stays,Value=creating"]].concat();
    assert_eq!(aws(&lab, &replicate)["DBInstance"]["DBInstanceStatus"], "creating");
    let promote = [&["rds", "promote-read-replica", "--region", STANDBY][..], &REPLICA].concat();
    assert_eq!(refused(&lab, &promote), "InvalidDBInstanceState");
    assert_eq!(refused(&lab, &replicate), "DBInstanceAlreadyExists");

    let arn = instance(&lab, STANDBY, REPLICA[1])["DBInstanceArn"].as_str().expect("an ARN").to_owned();
    stays(&lab, STANDBY, &arn, "modifying");
    eventually("the replica is available", async || status(&lab) == "available").await;
    let (primary, replica) = (instance(&lab, PRIMARY, "orders"), instance(&lab, STANDBY, REPLICA[1]));
    assert_eq!(replica["ReadReplicaSourceDBInstanceIdentifier"], *source);
    assert_eq!(primary["ReadReplicaDBInstanceIdentifiers"], json!([arn]));
    assert_eq!(replica["StatusInfos"][0]["Status"], "replicating");
    assert_ne!(primary["DbiResourceId"], replica["DbiResourceId"], "Terraform tells instances by it");
    assert_eq!(lag(&lab), [0.0]);
    let tag = ["rds", "add-tags-to-resource", "--region", STANDBY, "--tags", "Key=lab:replica-lag-seconds,Value=42"];
    aws(&lab, &[&tag[..], &["--resource-name", &arn]].concat());
    assert_eq!(lag(&lab), [42.0]);

    aws(&lab, &promote);
    eventually("it is modified", async || status(&lab) == "modifying").await;
    assert_eq!(refused(&lab, &promote), "InvalidDBInstanceState");
    stays(&lab, STANDBY, &arn, NONE);
    eventually("it is available", async || status(&lab) == "available").await;
    assert!(instance(&lab, STANDBY, REPLICA[1])["ReadReplicaSourceDBInstanceIdentifier"].is_null());
    assert_eq!(instance(&lab, PRIMARY, "orders")["ReadReplicaDBInstanceIdentifiers"], json!([]));
    assert_eq!(refused(&lab, &promote), "InvalidDBInstanceState");
    let roles: Vec<String> = lab.status().await.expect("status").databases.into_iter().map(|one| one.role).collect();
    assert_eq!(roles, ["primary", "primary"], "the promoted instance's server takes writes, and the old one too");
    lab.stop().await.expect("ended");
}

/// The replica's lag as CloudWatch has it, each value once.
fn lag(lab: &Lab) -> Vec<f64> {
    let told = aws(
        lab,
        &[
            &["cloudwatch", "get-metric-statistics", "--region", STANDBY, "--namespace", "AWS/RDS"][..],
            &["--metric-name", "ReplicaLag", "--dimensions", "Name=DBInstanceIdentifier,Value=orders-replica"],
            &["--statistics", "Maximum", "--period", "60"],
            &["--start-time", "2020-01-01T00:00:00Z", "--end-time", "2100-01-01T00:00:00Z"],
        ]
        .concat(),
    );
    let points = told["Datapoints"].as_array().expect("points");
    let mut values: Vec<f64> = points.iter().map(|point| point["Maximum"].as_f64().expect("a number")).collect();
    values.dedup();
    values
}

#[tokio::test(flavor = "multi_thread")]
async fn a_global_database_changes_its_writer() {
    let folder = tempfile::tempdir().expect("folder");
    let lab = lab(folder.path()).await;
    let aurora = ["--engine", "aurora-postgresql"];
    let account = ["--master-username", "shop", "--master-user-password", "not-a-secret"];
    let cluster = |region| ["rds", "create-db-cluster", "--region", region, "--db-cluster-identifier", "ledger"];
    // From a cluster that was there, and not in the region where the emulator keeps what spans regions.
    let first = aws(&lab, &[&cluster(PRIMARY)[..], &aurora, &account].concat())["DBCluster"]["DBClusterArn"].clone();
    let first = first.as_str().expect("an ARN");
    let create = [&["rds", "create-global-cluster", "--source-db-cluster-identifier", first][..], &GLOBAL].concat();
    aws(&lab, &create);
    assert_eq!(refused(&lab, &create), "GlobalClusterAlreadyExistsFault");
    let second = aws(&lab, &[&cluster(STANDBY)[..], &aurora, &GLOBAL].concat())["DBCluster"]["DBClusterArn"].clone();
    let second = second.as_str().expect("an ARN");
    let described = |region| {
        let describe = ["rds", "describe-global-clusters", "--region", region];
        aws(&lab, &[&describe[..], &GLOBAL].concat())["GlobalClusters"][0].clone()
    };
    let members = || {
        let told = described(STANDBY);
        let member = |index: usize| told["GlobalClusterMembers"][index].clone();
        let each = [0, 1].map(member).map(|one| (one["IsWriter"] == true, one["SynchronizationStatus"] == "connected"));
        (told["Status"].as_str().expect("a status").to_owned(), each)
    };
    let nobody = ["rds", "describe-global-clusters", "--global-cluster-identifier", "nobody"];
    assert_eq!(refused(&lab, &nobody), "GlobalClusterNotFoundFault");
    assert_eq!(members(), ("available".to_owned(), [(true, true), (false, true)]));

    let to = |action: &'static str, region, target| {
        let call = ["rds", action, "--region", region, "--target-db-cluster-identifier", target];
        [&call[..], &GLOBAL].concat()
    };
    stays(&lab, STANDBY, second, "switching-over");
    aws(&lab, &to("switchover-global-cluster", PRIMARY, second));
    let state = described(PRIMARY);
    assert_eq!(
        (&state["Status"], &state["FailoverState"]["ToDbClusterArn"]),
        (&"switching-over".into(), &second.into())
    );
    assert_eq!(refused(&lab, &to("switchover-global-cluster", PRIMARY, first)), "InvalidGlobalClusterStateFault");
    stays(&lab, STANDBY, second, "pending-resync");
    eventually("the roles are swapped", async || members() == ("available".into(), [(false, true), (true, true)]))
        .await;
    assert_eq!(refused(&lab, &to("switchover-global-cluster", PRIMARY, second)), "InvalidDBClusterStateFault");

    aws(&lab, &[&to("failover-global-cluster", PRIMARY, first)[..], &["--allow-data-loss"]].concat());
    eventually("the old writer resynchronises", async || members().1 == [(true, true), (false, false)]).await;
    assert_eq!(refused(&lab, &to("switchover-global-cluster", PRIMARY, second)), "InvalidDBClusterStateFault");
    let leave = |region, member| {
        let leave = ["rds", "remove-from-global-cluster", "--region", region, "--db-cluster-identifier", member];
        [&leave[..], &GLOBAL].concat()
    };
    assert_eq!(refused(&lab, &leave(PRIMARY, first)), "InvalidGlobalClusterStateFault");
    aws(&lab, &leave(STANDBY, second));
    assert_eq!(described(PRIMARY)["GlobalClusterMembers"].as_array().map(Vec::len), Some(1));
    lab.stop().await.expect("ended");
}
