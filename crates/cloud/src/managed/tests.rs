use super::*;
use crate::replay::{Replay, Reply, region};

const XMLNS: &str = "xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"";

/// An answer of RDS with this in its result.
fn answer(operation: &str, inner: &str) -> Reply {
    Reply::ok(format!(
        "<{operation}Response {XMLNS}><{operation}Result>{inner}</{operation}Result><ResponseMetadata><RequestId>r\
         </RequestId></ResponseMetadata></{operation}Response>"
    ))
}

fn refused(status: u16, code: &str, message: &str) -> Reply {
    Reply::Answer(
        status,
        format!(
            "<ErrorResponse {XMLNS}><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>r</RequestId></ErrorResponse>"
        ),
    )
}

fn rds(replay: &Replay) -> AwsManagedDatabases {
    AwsManagedDatabases::new(replay.aws())
}

const REPLICA: &str = "<DBInstances><DBInstance><DBInstanceIdentifier>orders-replica</DBInstanceIdentifier>\
    <DBInstanceArn>arn:aws:rds:eu-west-1:1:db:orders-replica</DBInstanceArn>\
    <DBInstanceStatus>available</DBInstanceStatus>\
    <ReadReplicaSourceDBInstanceIdentifier>arn:aws:rds:eu-central-1:1:db:orders</ReadReplicaSourceDBInstanceIdentifier>\
    <StatusInfos><DBInstanceStatusInfo><StatusType>read replication</StatusType><Normal>false</Normal>\
    <Status>error</Status><Message>disk full</Message></DBInstanceStatusInfo></StatusInfos>\
    </DBInstance></DBInstances>";

#[tokio::test]
async fn a_replica_is_told_with_its_source_and_how_it_replicates() {
    let replay = Replay::new(|_| answer("DescribeDBInstances", REPLICA));
    let seen = rds(&replay).instance(&region(), "orders-replica").await.expect("an answer");
    let expected = DbInstance {
        identifier: "orders-replica".into(),
        arn: "arn:aws:rds:eu-west-1:1:db:orders-replica".into(),
        status: "available".into(),
        source: Some("arn:aws:rds:eu-central-1:1:db:orders".into()),
        replication: Some(Replication { normal: false, words: "error: disk full".into() }),
    };
    assert_eq!(seen, Some(expected));
    let asked = replay.asked();
    assert!(
        asked[0].contains("Action=DescribeDBInstances") && asked[0].contains("DBInstanceIdentifier=orders-replica")
    );
}

#[tokio::test]
async fn what_is_not_there_is_no_error_and_what_is_forbidden_is() {
    let replay = Replay::new(|asked| match asked.contains("DescribeGlobalClusters") {
        true => refused(404, "GlobalClusterNotFoundFault", "not found"),
        false => refused(404, "DBInstanceNotFound", "DBInstance orders not found."),
    });
    assert_eq!(rds(&replay).instance(&region(), "orders").await, Ok(None));
    assert_eq!(rds(&replay).global_database(&region(), "orders").await, Ok(None));
    let replay = Replay::new(|_| refused(403, "AccessDenied", "not authorized to perform rds:DescribeDBInstances"));
    let error = rds(&replay).instance(&region(), "orders").await.expect_err("denied");
    assert!(matches!(&error, ApiError::Denied(words) if words.contains("not authorized")), "{error:?}");
}

const GLOBAL: &str = "<GlobalClusters><GlobalClusterMember><GlobalClusterIdentifier>orders</GlobalClusterIdentifier>\
    <GlobalClusterArn>arn:aws:rds::1:global-cluster:orders</GlobalClusterArn><Status>switching-over</Status>\
    <GlobalClusterMembers><GlobalClusterMember><DBClusterArn>arn:aws:rds:eu-west-1:1:cluster:orders-a</DBClusterArn>\
    <IsWriter>true</IsWriter><Readers/></GlobalClusterMember><GlobalClusterMember>\
    <DBClusterArn>arn:aws:rds:eu-central-1:1:cluster:orders-b</DBClusterArn><IsWriter>false</IsWriter><Readers/>\
    <SynchronizationStatus>pending-resync</SynchronizationStatus></GlobalClusterMember></GlobalClusterMembers>\
    <FailoverState><Status>switching-over</Status>\
    <FromDbClusterArn>arn:aws:rds:eu-west-1:1:cluster:orders-a</FromDbClusterArn>\
    <ToDbClusterArn>arn:aws:rds:eu-central-1:1:cluster:orders-b</ToDbClusterArn>\
    <IsDataLossAllowed>false</IsDataLossAllowed></FailoverState></GlobalClusterMember></GlobalClusters>";

#[tokio::test]
async fn a_global_database_tells_who_writes_and_where_that_moves() {
    let replay = Replay::new(|_| answer("DescribeGlobalClusters", GLOBAL));
    let seen = rds(&replay).global_database(&region(), "Orders").await.expect("an answer").expect("there");
    assert_eq!((seen.identifier.as_str(), seen.status.as_str()), ("orders", "switching-over"));
    assert_eq!(seen.moving_to.as_deref(), Some("arn:aws:rds:eu-central-1:1:cluster:orders-b"));
    assert_eq!(seen.writer().map(|writer| writer.arn.as_str()), Some("arn:aws:rds:eu-west-1:1:cluster:orders-a"));
    let there = seen.member_in(&Region::new("eu-central-1").expect("region")).expect("a member");
    assert_eq!((there.writer, there.synchronization.as_deref()), (false, Some("pending-resync")));
    assert!(!seen.is_settled());
}

#[tokio::test]
async fn a_switchover_names_its_target_and_a_failover_allows_loss() {
    let replay = Replay::new(|asked| {
        let operation = if asked.contains("Switchover") { "SwitchoverGlobalCluster" } else { "FailoverGlobalCluster" };
        answer(operation, "<GlobalCluster><GlobalClusterIdentifier>orders</GlobalClusterIdentifier></GlobalCluster>")
    });
    let target = "arn:aws:rds:eu-central-1:1:cluster:orders-b";
    rds(&replay).switch_over(&region(), "orders", target).await.expect("accepted");
    rds(&replay).fail_over(&region(), "orders", target).await.expect("accepted");
    let asked = replay.asked();
    assert!(asked[0].contains("Action=SwitchoverGlobalCluster") && asked[0].contains("@rds.eu-west-1.amazonaws.com"));
    assert!(asked[0].contains("TargetDbClusterIdentifier=arn%3Aaws%3Ards%3Aeu-central-1%3A1%3Acluster%3Aorders-b"));
    assert!(!asked[0].contains("AllowDataLoss"), "{}", asked[0]);
    assert!(asked[1].contains("Action=FailoverGlobalCluster") && asked[1].contains("@rds.eu-west-1.amazonaws.com"));
    assert!(asked[1].contains("AllowDataLoss=true") && !asked[1].contains("Switchover="), "{}", asked[1]);
}

#[tokio::test]
async fn a_promotion_whose_answer_is_lost_is_unknown_and_a_wrong_state_is_refused() {
    let replay = Replay::new(|_| Reply::Lost);
    let error = rds(&replay).promote_replica(&region(), "orders-replica").await.expect_err("lost");
    assert!(matches!(error, ApiError::Unknown(_)), "{error:?}");
    let replay = Replay::new(|_| refused(400, "InvalidDBInstanceState", "DB Instance is not a read replica"));
    let error = rds(&replay).promote_replica(&region(), "orders-replica").await.expect_err("refused");
    assert_eq!(error, ApiError::Refused("InvalidDBInstanceState: DB Instance is not a read replica".into()));
}

#[tokio::test]
async fn a_replica_is_made_like_the_instance_beside_it_and_follows_the_other_region() {
    const LIKE: &str = "<DBInstances><DBInstance><DBInstanceIdentifier>orders</DBInstanceIdentifier>\
        <DBInstanceClass>db.r6g.large</DBInstanceClass><MultiAZ>true</MultiAZ><PubliclyAccessible>false</PubliclyAccessible>\
        <Endpoint><Port>5433</Port></Endpoint><KmsKeyId>arn:aws:kms:eu-west-1:1:key/k</KmsKeyId>\
        <DBSubnetGroup><DBSubnetGroupName>data</DBSubnetGroupName></DBSubnetGroup>\
        <VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>sg-1</VpcSecurityGroupId>\
        </VpcSecurityGroupMembership></VpcSecurityGroups><DBParameterGroups><DBParameterGroup>\
        <DBParameterGroupName>orders-pg16</DBParameterGroupName></DBParameterGroup></DBParameterGroups>\
        <OptionGroupMemberships><OptionGroupMembership><OptionGroupName>default:postgres-16</OptionGroupName>\
        </OptionGroupMembership></OptionGroupMemberships></DBInstance></DBInstances>";
    let replay = Replay::new(|asked| match asked.contains("CreateDBInstanceReadReplica") {
        true => answer("CreateDBInstanceReadReplica", "<DBInstance/>"),
        false => answer("DescribeDBInstances", LIKE),
    });
    let replica = NewReplica {
        identifier: "orders-2".into(),
        source: "arn:aws:rds:eu-central-1:1:db:orders-replica".into(),
        like: "orders".into(),
    };
    rds(&replay).create_replica(&region(), &replica).await.expect("accepted");
    let asked = &replay.asked()[1];
    for part in [
        "DBInstanceIdentifier=orders-2",
        "SourceDBInstanceIdentifier=arn%3Aaws%3Ards%3Aeu-central-1%3A1%3Adb%3Aorders-replica",
        "DBInstanceClass=db.r6g.large",
        "Port=5433",
        "MultiAZ=true",
        "DBSubnetGroupName=data",
        "VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-1",
        "DBParameterGroupName=orders-pg16",
        "KmsKeyId=arn%3Aaws%3Akms%3Aeu-west-1%3A1%3Akey%2Fk",
    ] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
    assert!(!asked.contains("OptionGroupName"), "{asked}");

    let replay = Replay::new(|asked| match asked.contains("CreateDBInstanceReadReplica") {
        true => refused(400, "DBInstanceAlreadyExists", "DB instance already exists"),
        false => answer("DescribeDBInstances", LIKE),
    });
    assert_eq!(rds(&replay).create_replica(&region(), &replica).await, Ok(()), "an earlier request had its effect");
}

/// An attempt that got no answer may be carried out later: the engine has to know of each.
#[tokio::test]
async fn what_changes_something_is_sent_once() {
    let replay = Replay::new(|_| Reply::Lost);
    let rds = rds(&replay);
    let errors = [
        rds.promote_replica(&region(), "orders-replica").await.expect_err("lost"),
        rds.switch_over(&region(), "orders", "arn").await.expect_err("lost"),
        rds.fail_over(&region(), "orders", "arn").await.expect_err("lost"),
    ];
    assert!(errors.iter().all(|error| matches!(error, ApiError::Unknown(_))), "{errors:?}");
    assert_eq!(replay.asked().len(), errors.len(), "{:?}", replay.asked());
}
