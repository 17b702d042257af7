//! What names look like that hold an id AWS gave out in a region: hosts, ARNs and paths.

/// Ends of host names whose first label AWS makes up, or who else keeps a customer's accounts and databases in AWS's
/// regions. `{}` is the region, `{short}` its short code.
/// Source: the services' own pages on endpoints.
pub(super) const OWN_HOSTS: [&str; 56] = [
    ".{}.rds.amazonaws.com",
    ".{}.docdb.amazonaws.com",
    ".{}.neptune.amazonaws.com",
    ".{}.redshift.amazonaws.com",
    ".{}.redshift-serverless.amazonaws.com",
    ".{}.elb.amazonaws.com",
    ".elb.{}.amazonaws.com",
    ".{short}.cache.amazonaws.com",
    ".memorydb.{}.amazonaws.com",
    ".execute-api.{}.amazonaws.com",
    ".appsync-api.{}.amazonaws.com",
    ".{}.es.amazonaws.com",
    ".{}.aoss.amazonaws.com",
    ".{}.eks.amazonaws.com",
    ".kafka.{}.amazonaws.com",
    ".kafka-serverless.{}.amazonaws.com",
    ".mq.{}.amazonaws.com",
    ".iot.{}.amazonaws.com",
    ".lambda-url.{}.on.aws",
    ".{}.awsapprunner.com",
    ".{}.elasticbeanstalk.com",
    ".{}.compute.amazonaws.com",
    ".{}.vpce.amazonaws.com",
    ".server.transfer.{}.amazonaws.com",
    ".{}.fsx.amazonaws.com",
    ".dax-clusters.{}.amazonaws.com",
    ".{}.airflow.amazonaws.com",
    ".grafana-workspace.{}.amazonaws.com",
    ".data.mediastore.{}.amazonaws.com",
    ".{}.timestream-influxdb.amazonaws.com",
    ".notebook.{}.sagemaker.aws",
    ".studio.{}.sagemaker.aws",
    ".appsync-realtime-api.{}.amazonaws.com",
    ".{}.cloudsearch.amazonaws.com",
    ".dsql.{}.on.aws",
    ".vpc-lattice-svcs.{}.on.aws",
    ".aos.{}.on.aws",
    ".{}.docdb-elastic.amazonaws.com",
    ".{}.neptune-graph.amazonaws.com",
    ".vfs.cloud9.{}.amazonaws.com",
    ".{}.cs.amazonlightsail.com",
    ".emrstudio-prod.{}.amazonaws.com",
    ".emrappui-prod.{}.amazonaws.com",
    ".mediapackage.{}.amazonaws.com",
    ".mediaconvert.{}.amazonaws.com",
    ".channel-assembly.mediatailor.{}.amazonaws.com",
    ".managedblockchain.{}.amazonaws.com",
    ".gateway.bedrock-agentcore.{}.amazonaws.com",
    ".{}.snowflakecomputing.com",
    ".{}.aws.snowflakecomputing.com",
    ".{}.privatelink.snowflakecomputing.com",
    ".{}.aws.confluent.cloud",
    ".{}.aws.elastic-cloud.com",
    ".{}.aws.found.io",
    ".{}.aws.neon.tech",
    ".aws-{}.cockroachlabs.cloud",
];

/// How every one of them ends, and those of [`OWN_PATHS`].
pub(super) const OWN_ENDS: [&str; 5] = [".com", ".aws", ".cloud", ".io", ".tech"];

/// Services and the beginnings of their resources that have an id in their ARN, at its end.
pub(super) const OWN_ARNS: [(&str, &[&str]); 13] = [
    ("acm", &["certificate/"]),
    ("acm-pca", &["certificate-authority/"]),
    ("autoscaling", &["autoScalingGroup:", "scalingPolicy:", "launchConfiguration:"]),
    ("codestar-connections", &["connection/"]),
    ("codeconnections", &["connection/"]),
    (
        "elasticloadbalancing",
        &["loadbalancer/app/", "loadbalancer/net/", "loadbalancer/gwy/", "targetgroup/", "listener"],
    ),
    ("config", &["config-aggregator/", "config-rule/", "conformance-pack/"]),
    ("kafka", &["cluster/"]),
    ("kms", &["key/"]),
    ("lambda", &["layer:", "event-source-mapping:"]),
    ("mq", &["broker:", "configuration:"]),
    ("secretsmanager", &["secret:"]),
    ("wafv2", &["regional/"]),
];

/// Services and what their resources begin with before the id: what comes after it, as the paths of an API, may be a
/// pattern.
/// Source: Service Authorization Reference, "Resource types" of each service.
pub(super) const LEADING_IDS: [(&str, &[&str]); 31] = [
    ("amplify", &["apps/"]),
    ("aoss", &["collection/"]),
    ("apigateway", &["/restapis/", "/apis/", "/vpclinks/"]),
    ("appconfig", &["application/"]),
    ("appsync", &["apis/"]),
    ("aps", &["workspace/", "scraper/"]),
    ("bedrock", &["agent/", "agent-alias/", "knowledge-base/", "guardrail/"]),
    ("catalog", &["portfolio/", "product/"]),
    ("cognito-identity", &["identitypool/"]),
    ("cognito-idp", &["userpool/"]),
    ("directconnect", &["dxcon/", "dxlag/", "dxvif/"]),
    ("dms", &["endpoint:", "rep:", "task:", "cert:"]),
    ("ds", &["directory/"]),
    ("elasticmapreduce", &["cluster/"]),
    ("elastictranscoder", &["pipeline/"]),
    ("emr-containers", &["/virtualclusters/"]),
    ("emr-serverless", &["/applications/"]),
    ("execute-api", &[""]),
    ("grafana", &["/workspaces/"]),
    ("guardduty", &["detector/"]),
    ("inspector", &["rulespackage/", "target/"]),
    ("ivs", &["channel/", "stream-key/"]),
    ("medialive", &["channel:", "input:"]),
    ("rds", &["db-proxy:"]),
    ("rds-db", &["dbuser:"]),
    ("sagemaker", &["domain/"]),
    ("servicediscovery", &["namespace/", "service/"]),
    ("storagegateway", &["gateway/", "share/"]),
    ("transfer", &["server/", "user/", "connector/"]),
    ("vpc-lattice", &["service/", "servicenetwork/", "targetgroup/"]),
    ("workspaces", &["workspace/", "directory/", "workspacebundle/"]),
];

/// Hosts of a region that have an id in their path, after this.
pub(super) const OWN_PATHS: [(&str, &str); 2] =
    [("oidc.eks.{}.amazonaws.com", "/id/"), ("aps-workspaces.{}.amazonaws.com", "/workspaces/")];
