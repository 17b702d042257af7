"""RDS instances, their read replicas and Aurora global databases, as RDS has them where moto does not.

moto keeps them as entries of a dictionary that are there at once. A rehearsal needs the time that a change takes, the
refusals that come meanwhile, and both ends of a replication:

- CreateDBInstanceReadReplica: the replica is `creating` for a while, has an identity of its own, and what its region
  has where the source names something that is another region's. The source has to be available and backed up, and
  the identifier free.
- PromoteReadReplica: available, modifying, rebooting, available; then it follows nobody and the source does not know
  it any more. What is no replica, or is not available, is refused.
- Global databases: made from a cluster of any region, described by identifier, left by RemoveFromGlobalCluster in any
  region; SwitchoverGlobalCluster and FailoverGlobalCluster, which moto does not have.
- A replica tells that it replicates (StatusInfos), and CloudWatch how far it is behind, a point a minute. No data is
  replicated here, so it is behind by what its tag `lab:replica-lag-seconds` says, 0 without one; -1 is a replication
  that has stopped.
- A state lasts seconds, or for as long as the tag `lab:stays` names it: of the instance, of the cluster that a global
  database is moved to (`switching-over`, `failing-over`), of the cluster that is made anew (`pending-resync`).

Sources, all of the Amazon RDS API Reference and the RDS and Aurora User Guides: API_CreateDBInstanceReadReplica,
API_PromoteReadReplica, API_DBInstanceStatusInfo, USER_ReadRepl.Promote ("the DB instance is rebooted before it becomes
available"), API_CreateGlobalCluster, API_DescribeGlobalClusters, API_RemoveFromGlobalCluster,
API_SwitchoverGlobalCluster, API_FailoverGlobalCluster, API_FailoverState, API_GlobalClusterMember,
"Amazon CloudWatch metrics for Amazon RDS" (ReplicaLag) and "for Amazon Aurora" (AuroraGlobalDBReplicationLag).
"""

import copy
import json
import threading
from datetime import timedelta

from moto.cloudwatch.models import MetricDatum
from moto.core.common_models import CloudWatchMetricProvider
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random
from moto.rds import models as rds
from moto.rds.exceptions import (
    DBClusterNotFoundError,
    DBInstanceAlreadyExists,
    InvalidDBClusterStateFault,
    InvalidParameterValue,
    RDSClientError,
)
from moto.rds.responses import RDSResponse

# RDS takes minutes for each of these. A rehearsal waits for all of them many times, so they take seconds: long enough
# that a program which looks every five seconds meets each state, and can be killed in it.
CREATING, UNNOTICED, MODIFYING, REBOOTING = 6.0, 1.0, 3.0, 3.0
PENDING, MOVING, RESYNC = 1.0, 4.0, 15.0

# Measurements are kept for this long here: nobody asks for older ones.
MEASURED = timedelta(hours=1)

LAG_TAG, POSTGRES_TAG, STAYS_TAG = "lab:replica-lag-seconds", "lab:postgres", "lab:stays"

# How soon somebody sees that a state does not stay any more, in seconds.
SOON = 0.2


def later(seconds, act):
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()


def leave(tagged, state, seconds, act):
    """Does it after so many seconds, and not while the tag says that the state stays."""

    def unless_told():
        if said(tagged, STAYS_TAG) == state:
            later(SOON, unless_told)
        else:
            act()

    later(seconds, unless_told)


def said(tagged, key):
    """What the tag says, of an instance or cluster."""
    return next((tag["Value"] for tag in tagged.tags if tag["Key"] == key), None)


def invalid_state(message):
    return RDSClientError("InvalidDBInstanceState", message)


def is_postgres(instance):
    return getattr(instance, "is_labs_postgres", False) or said(instance, POSTGRES_TAG) is not None


def tell(what, instance):
    if is_postgres(instance):
        print(json.dumps({what: instance.region}), flush=True)


def lag(tagged):
    """Seconds behind, by the tag of an instance or cluster; none where it does not replicate."""
    behind = float(said(tagged, LAG_TAG) or 0.0)
    return None if behind < 0 else behind


def replicas_have_two_ends():
    """Read replicas are made and promoted as RDS makes and promotes them."""
    make = rds.DBInstance.__init__

    def init(self, *args, **kwargs):
        make(self, *args, **kwargs)
        # Terraform finds an instance by this id. moto gives all of them the same.
        self.dbi_resource_id = "db-" + mock_random.get_random_hex(26).upper()

    rds.DBInstance.__init__ = init

    def create(self, db_kwargs):
        identifier, named = db_kwargs["db_instance_identifier"], db_kwargs["source_db_instance_identifier"]
        if identifier in self.databases:
            raise DBInstanceAlreadyExists()
        self._validate_db_identifier(identifier)
        source = self.find_db_from_id(named)
        if source.status != "available":
            raise invalid_state(f"Database instance {source.db_instance_identifier} is not in available state.")
        if not source.backup_retention_period:
            raise invalid_state("Automated backups are not enabled for this database instance.")
        replica = copy.copy(source)
        replica.backend = self
        replica.created = replica.instance_create_time = utcnow()
        replica.dbi_resource_id = "db-" + mock_random.get_random_hex(26).upper()
        replica.is_labs_postgres = is_postgres(source)
        # "RDS creates read replicas with backups disabled."
        replica.backup_retention_period = 0
        replica.tags = []
        replica.enabled_cloudwatch_logs_exports = []
        if self.region_name != source.region:
            # Groups and keys are of one region. A replica elsewhere has that region's defaults but for what it is given.
            replica.availability_zone = f"{self.region_name}a"
            replica.db_subnet_group_name = replica.db_parameter_group_name = replica.kms_key_id = None
            ec2 = rds.ec2_backends[self.account_id][self.region_name]
            replica.vpc_security_group_ids = [ec2.get_default_security_group(ec2.default_vpc.id).id]
        replica.update(**db_kwargs)
        replica.source_db_instance_identifier = (
            source.db_instance_identifier if source.region == self.region_name else source.db_instance_arn
        )
        replica.set_as_replica()
        replica.status = "creating"
        self.databases[identifier] = replica
        source.add_replica(replica)
        tell("follows", replica)

        def created():
            replica.replicates_since = utcnow()
            replica.status = "available"

        leave(replica, "creating", CREATING, created)
        return replica

    def promote(self, db_kwargs):
        replica = self.describe_db_instances(db_kwargs["db_instance_identifier"])[0]
        if not replica.is_replica:
            raise invalid_state("DB Instance is not a read replica.")
        if replica.status != "available" or getattr(replica, "is_promoted", False):
            raise invalid_state(f"Database instance {replica.db_instance_identifier} is not in available state.")
        replica.is_promoted = True
        retention, window = db_kwargs.get("backup_retention_period"), db_kwargs.get("preferred_backup_window")

        def modify():
            replica.status = "modifying"
            leave(replica, "modifying", MODIFYING, reboot)

        def reboot():
            source = source_of(replica)
            if source is not None:
                source.remove_replica(replica)
            replica.is_replica = replica.is_promoted = False
            replica.source_db_instance_identifier = None
            # "Default: 1" where backups were off, as they are on a replica that nobody gave any.
            replica.backup_retention_period = (
                int(retention) if retention is not None else replica.backup_retention_period or 1
            )
            replica.preferred_backup_window = window or replica.preferred_backup_window
            replica.status = "rebooting"
            tell("promoted", replica)
            leave(replica, "rebooting", REBOOTING, lambda: setattr(replica, "status", "available"))

        # The call is answered before anything is to be seen of it.
        later(UNNOTICED, modify)
        return replica

    def source_of(replica):
        try:
            return replica.backend.find_db_from_id(replica.source_db_instance_identifier)
        except RDSClientError:
            return None

    def remove(self, replica):
        for name in (replica.db_instance_identifier, replica.db_instance_arn):
            if name in self.replicas:
                self.replicas.remove(name)

    def status_infos(self):
        if not self.is_replica or self.status == "creating":
            return []
        info = {"StatusType": "read replication", "Normal": True, "Status": "replicating"}
        if source_of(self) is None:
            info |= {"Normal": False, "Status": "terminated", "Message": "The source DB instance is gone."}
        elif lag(self) is None:
            info |= {"Normal": False, "Status": "error", "Message": "Replication has stopped."}
        return [info]

    rds.RDSBackend.create_db_instance_read_replica = create
    rds.RDSBackend.promote_read_replica = promote
    rds.DBInstance.remove_replica = remove
    rds.DBInstance.status_infos = property(status_infos)


def global_databases_change_writers():
    """Global databases are one for all regions, and change their writer."""
    create = rds.RDSBackend.create_global_cluster
    members = rds.GlobalCluster.global_cluster_members.fget
    delete_cluster = rds.RDSBackend.delete_db_cluster

    def anywhere(backend):
        # moto keeps what spans regions in us-east-1.
        return rds.rds_backends[backend.account_id]["us-east-1"]

    def found(backend, identifier):
        try:
            return anywhere(backend).global_clusters[identifier]
        except KeyError:
            raise RDSClientError(
                "GlobalClusterNotFoundFault", f"Global cluster {identifier} doesn't refer to an existing global cluster."
            ) from None

    def invalid_global(message):
        return RDSClientError("InvalidGlobalClusterStateFault", message)

    def member(cluster, identifier):
        for one in cluster.members:
            if identifier in (one.db_cluster_arn, one.db_cluster_identifier):
                return one
        raise DBClusterNotFoundError(identifier)

    def create_global_cluster(self, global_cluster_identifier, source_db_cluster_identifier, engine, *rest, **more):
        if global_cluster_identifier in self.global_clusters:
            raise RDSClientError("GlobalClusterAlreadyExistsFault", "The global cluster already exists.")
        source = None
        if source_db_cluster_identifier is not None and engine is None:
            if not source_db_cluster_identifier.startswith("arn:"):
                raise InvalidParameterValue("Malformed db cluster arn dbci")
            # moto looks for it in us-east-1 alone, and makes nobody the writer.
            source = rds.find_cluster(source_db_cluster_identifier)
            engine, source_db_cluster_identifier = source.engine, None
            more["engine_version"] = source.engine_version
        made = create(self, global_cluster_identifier, source_db_cluster_identifier, engine, *rest, **more)
        if source is not None:
            source.global_cluster_identifier = made.global_cluster_identifier
            source.is_writer = True
            made.members.append(source)
        return made

    def describe_global_clusters(self):
        identifier = self.params.get("GlobalClusterIdentifier")
        clusters = (
            [found(self.backend, identifier)] if identifier else list(anywhere(self.backend).global_clusters.values())
        )
        return ActionResult({"GlobalClusters": clusters})

    def remove_from_global_cluster(self, global_cluster_identifier, db_cluster_identifier):
        cluster = found(self, global_cluster_identifier)
        leaves = member(cluster, db_cluster_identifier)
        if leaves.is_writer and len(cluster.members) > 1:
            raise invalid_global("The primary cluster cannot be removed while the global cluster has secondary ones.")
        cluster.members.remove(leaves)
        # It takes writes by itself from now on.
        leaves.global_cluster_identifier, leaves.is_writer = None, False
        return cluster

    def delete_db_cluster(self, cluster_identifier, *rest, **more):
        cluster = self.clusters.get(cluster_identifier)
        if cluster is not None and any(
            cluster in one.members for one in anywhere(self).global_clusters.values()
        ):
            raise InvalidDBClusterStateFault(
                "This cluster is a part of a global cluster, please remove it from globalcluster first"
            )
        return delete_cluster(self, cluster_identifier, *rest, **more)

    def with_synchronization(self):
        told = members(self)
        for item, one in zip(told, self.members):
            stopped = getattr(one, "resyncs", False) or (not one.is_writer and lag(one) is None)
            item["SynchronizationStatus"] = "pending-resync" if stopped else "connected"
        return told

    def change_writer(backend, identifier, target, loses_data):
        cluster = found(backend, identifier)
        new = member(cluster, target)
        old = next((one for one in cluster.members if one.is_writer), None)
        if cluster.status != "available":
            raise invalid_global(f"Global cluster {identifier} is not in available state.")
        if new is old:
            raise InvalidDBClusterStateFault(f"{target} is the primary cluster of the global cluster already.")
        if not loses_data and (getattr(new, "resyncs", False) or lag(new) is None):
            raise InvalidDBClusterStateFault(f"{target} is not synchronized with the primary cluster.")
        status = "failing-over" if loses_data else "switching-over"
        state = {
            "Status": "pending",
            "FromDbClusterArn": old.db_cluster_arn if old else None,
            "ToDbClusterArn": new.db_cluster_arn,
            "IsDataLossAllowed": loses_data,
        }
        cluster.status, cluster.failover_state = status, state

        def move():
            state["Status"] = status
            leave(new, status, MOVING, moved)

        def moved():
            for one in cluster.members:
                one.is_writer = one is new
            if loses_data and old is not None:
                # Its volume is made anew from the new primary's.
                old.resyncs = True
                leave(old, "pending-resync", RESYNC, lambda: setattr(old, "resyncs", False))
            cluster.status, cluster.failover_state = "available", None

        later(PENDING, move)
        return cluster

    def switchover_global_cluster(self):
        params = self.params
        cluster = change_writer(
            self.backend, params["GlobalClusterIdentifier"], params["TargetDbClusterIdentifier"], False
        )
        return ActionResult({"GlobalCluster": cluster})

    def failover_global_cluster(self):
        params = self.params
        loses_data = str(params.get("AllowDataLoss") or "").lower() == "true"
        if loses_data and str(params.get("Switchover") or "").lower() == "true":
            raise RDSClientError(
                "InvalidParameterCombination", "AllowDataLoss can't be specified together with Switchover."
            )
        cluster = change_writer(
            self.backend, params["GlobalClusterIdentifier"], params["TargetDbClusterIdentifier"], loses_data
        )
        return ActionResult({"GlobalCluster": cluster})

    rds.GlobalCluster.failover_state = None
    rds.GlobalCluster.global_cluster_members = property(with_synchronization)
    rds.RDSBackend.create_global_cluster = create_global_cluster
    rds.RDSBackend.remove_from_global_cluster = remove_from_global_cluster
    rds.RDSBackend.delete_db_cluster = delete_db_cluster
    RDSResponse.describe_global_clusters = describe_global_clusters
    RDSResponse.switchover_global_cluster = switchover_global_cluster
    RDSResponse.failover_global_cluster = failover_global_cluster


class ReplicationMetrics(CloudWatchMetricProvider):
    """How far replicas are behind, a point for each minute in which they replicated."""

    @staticmethod
    def get_cloudwatch_metrics(account_id, region):
        backend, now, points = rds.rds_backends[account_id][region], utcnow(), []

        def measure(name, dimension, identifier, value, unit, since):
            at = max(since, now - MEASURED).replace(second=0, microsecond=0)
            while at <= now:
                dimensions = [{"Name": dimension, "Value": identifier}]
                points.append(MetricDatum("AWS/RDS", name, value, dimensions, at, unit))
                at += timedelta(minutes=1)

        for one in backend.databases.values():
            since = getattr(one, "replicates_since", None)
            if one.is_replica and since is not None:
                # "-1 when replication isn't active."
                value = -1.0 if lag(one) is None else lag(one)
                measure("ReplicaLag", "DBInstanceIdentifier", one.db_instance_identifier, value, "Seconds", since)
        for everywhere in rds.rds_backends[account_id]["us-east-1"].global_clusters.values():
            for one in everywhere.members:
                if one.region == region and not one.is_writer and lag(one) is not None:
                    value = lag(one) * 1000
                    name, identifier = "AuroraGlobalDBReplicationLag", one.db_cluster_identifier
                    measure(name, "DBClusterIdentifier", identifier, value, "Milliseconds", one.created)
        return points
