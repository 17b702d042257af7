//! Makes a read replica of another region's instance, like one that its own region has.

use super::{described, once};
use crate::regional::Regional;
use aws_sdk_rds::types::DbInstance as Described;
use pilotlight_failover::{ApiError, NewReplica};

/// RDS's code where the identifier is taken: an earlier request had its effect.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html>
const EXISTS: &str = "DBInstanceAlreadyExists";

/// Class, network, key, parameters and options are those of the instance `like`: it was the region's primary, and what it
/// has is what the region's applications expect. Data, engine and size come from the source.
pub(super) async fn create(regional: &Regional, replica: &NewReplica) -> Result<(), ApiError> {
    let like = described(regional, &replica.like).await?;
    let like = like.ok_or_else(|| {
        let words = format!("there is no DB instance {} to make it like; make the replica by hand", replica.like);
        ApiError::Refused(words)
    })?;
    let planned = regional.call("rds", "CreateDBInstanceReadReplica");
    let request = regional
        .rds
        .create_db_instance_read_replica()
        .db_instance_identifier(&replica.identifier)
        .source_db_instance_identifier(&replica.source)
        .set_db_instance_class(like.db_instance_class.clone())
        .set_port(like.endpoint().and_then(|endpoint| endpoint.port()))
        .set_multi_az(like.multi_az)
        .set_publicly_accessible(like.publicly_accessible)
        .set_db_subnet_group_name(subnet_group(&like))
        .set_vpc_security_group_ids(Some(security_groups(&like)))
        .set_db_parameter_group_name(parameter_group(&like))
        .set_option_group_name(option_group(&like))
        .set_kms_key_id(like.kms_key_id.clone())
        .set_storage_type(like.storage_type.clone())
        .set_iops(like.iops)
        .set_storage_throughput(like.storage_throughput)
        .set_max_allocated_storage(like.max_allocated_storage)
        .set_auto_minor_version_upgrade(like.auto_minor_version_upgrade)
        .set_copy_tags_to_snapshot(like.copy_tags_to_snapshot)
        .set_monitoring_interval(like.monitoring_interval)
        .set_monitoring_role_arn(like.monitoring_role_arn.clone())
        .set_enable_iam_database_authentication(like.iam_database_authentication_enabled)
        .set_enable_performance_insights(like.performance_insights_enabled)
        .set_performance_insights_kms_key_id(like.performance_insights_kms_key_id.clone())
        .set_performance_insights_retention_period(like.performance_insights_retention_period)
        .set_enable_cloudwatch_logs_exports(like.enabled_cloudwatch_logs_exports.clone())
        .set_ca_certificate_identifier(like.ca_certificate_identifier.clone())
        .set_network_type(like.network_type.clone())
        .set_deletion_protection(like.deletion_protection);
    let request = request.customize().config_override(once());
    match regional.send(&planned, request.send()).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_refused(EXISTS) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn subnet_group(like: &Described) -> Option<String> {
    like.db_subnet_group().and_then(|group| group.db_subnet_group_name()).map(str::to_owned)
}

fn security_groups(like: &Described) -> Vec<String> {
    like.vpc_security_groups().iter().filter_map(|group| group.vpc_security_group_id().map(str::to_owned)).collect()
}

fn parameter_group(like: &Described) -> Option<String> {
    like.db_parameter_groups().first().and_then(|group| group.db_parameter_group_name()).map(str::to_owned)
}

/// A default one is left out: RDS gives a replica that of its own engine version.
fn option_group(like: &Described) -> Option<String> {
    let name = like.option_group_memberships().first().and_then(|group| group.option_group_name())?;
    (!name.starts_with("default:")).then(|| name.to_owned())
}
