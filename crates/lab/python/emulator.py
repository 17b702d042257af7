"""Runs moto as the lab's AWS API, with what a rehearsal needs besides.

    python emulator.py --loopback 127.40 --regions eu-west-1,eu-central-1 --log FILE

Listens on 127.0.0.1 at a free port and prints one line of JSON, {"port": N}, when it answers; after it what
managed_databases.py has to tell.
Ends when its standard input closes, so it never outlives the lab.

What is added to moto, and why:
- Public addresses come from the loopback prefix, 127.40.<region>.<n>, so that the address which
  AWS reports for an instance is one that the lab's app can really listen on.
- An instance launched with a network interface specification reports that interface's security
  groups as its own, as EC2 does. Without it Terraform sees a difference that isn't there.
- Route 53 changes are judged by the records that are there now, all or nothing.
- A new zone's SOA record holds the record's text, not a Python dictionary's.
- IAM's policy simulator, by moto's own evaluator of policies; and keys that belong to no user are those of the
  account's root user, who may do everything.
- RDS's read replicas and Aurora's global databases: managed_databases.py. CloudWatch in today's protocol:
  cloudwatch_cbor.py.
- Long answers take a third of the time and say the same: the names that an attribute may have in moto's objects are
  worked out once for each class, an object's tags are looked up, not searched for among those of all objects, and
  EC2's XML is written without a parser's events.
"""

import argparse
import json
import logging
import os
import sys
import threading
from importlib.metadata import version
from xml.sax.saxutils import escape, quoteattr

from moto.core.responses import ActionResult
from moto.core.serialize import AttributePicker, AttributePickerContext, EC2Serializer, ResponseSerializer
from moto.core.utils import MISSING, get_value
from moto.ec2.models import elastic_ip_addresses
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix
from moto.iam.access_control import AssumedRoleAccessKey as RolePolicies
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.access_control import IAMUserAccessKey as AccessKeyPolicies
from moto.iam.responses import IamResponse
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.route53 import models as route53
from moto.route53.exceptions import ResourceRecordAlreadyExists, Route53ClientError
from moto.route53.models import FakeZone
from moto.sts.models import STSBackend
from werkzeug.serving import make_server

import managed_databases
from cloudwatch_cbor import CloudWatchInCbor

# What is patched here was read in this version. Of another one nobody has looked whether each patch still fits, or
# is still needed.
MOTO = "5.2.5"

# Hosts 1 to 9 of a prefix are the lab's own; a region has the rest of its third byte.
FIRST_HOST, LAST_HOST = 10, 250


class PublicAddresses:
    """Hands out public addresses, one third byte of the loopback prefix to each region."""

    def __init__(self, prefix, regions):
        self.prefix = prefix
        self.regions = list(regions)
        self.given = {}
        self.lock = threading.Lock()

    def next(self, backend):
        with self.lock:
            region = backend.region_name
            if region not in self.regions:
                self.regions.append(region)
            third = self.regions.index(region) + 1
            in_use = {eni.public_ip for eni in backend.enis.values()}
            in_use |= {address.public_ip for address in backend.addresses}
            hosts = LAST_HOST - FIRST_HOST + 1
            # Goes round, so that an address that was given back rests before somebody else has it.
            for _ in range(hosts):
                turn = self.given.get(region, 0)
                self.given[region] = turn + 1
                address = f"{self.prefix}.{third}.{FIRST_HOST + turn % hosts}"
                if address not in in_use:
                    return address
            raise RuntimeError(f"all {hosts} public addresses of {region} are in use")


def give_public_addresses(addresses):
    def check_auto_public_ip(self):
        if str(self.public_ip_auto_assign).lower() == "true":
            self.public_ip = addresses.next(self.ec2_backend)

    NetworkInterface.check_auto_public_ip = check_auto_public_ip

    make_address = elastic_ip_addresses.ElasticAddress.__init__

    def init(self, ec2_backend, domain, address=None, tags=None):
        make_address(self, ec2_backend, domain, address or addresses.next(ec2_backend), tags)

    elastic_ip_addresses.ElasticAddress.__init__ = init


def report_interface_groups():
    prep_nics = Instance.prep_nics

    def prep(self, *args, **kwargs):
        prep_nics(self, *args, **kwargs)
        if not self.security_groups and 0 in self.nics:
            self.security_groups = list(self.nics[0]._group_set)

    Instance.prep_nics = prep


def write_soa_as_text():
    add_rrset = FakeZone.add_rrset

    def add(self, record_set):
        if record_set.get("Type") == "SOA":
            record_set["ResourceRecords"] = [
                record["Value"] if isinstance(record, dict) else record
                for record in record_set["ResourceRecords"]
            ]
        return add_rrset(self, record_set)

    FakeZone.add_rrset = add


def judge_changes_by_current_records():
    """Route 53 judges a change by the sets that are there now, all or nothing.

    moto judges it by every change that was ever made: it refuses a CREATE of a set that once was there, so that
    there is no way back, and takes a DELETE of a set that is not there any more.
    """
    change = route53.Route53Backend.change_resource_record_sets

    class Trusting(route53.ChangeList):
        """moto's own check, answered by what was checked here already."""

        def __contains__(self, item):
            return False

        def has_insert_or_update(self, new_rr_set):
            return True

    def key(name, kind, identifier):
        return name.rstrip(".").lower(), kind, identifier

    def is_now(record):
        return record.ttl and int(record.ttl), sorted(record.records or [])

    def as_given(record):
        values = [item["Value"] if isinstance(item, dict) else item for item in record.get("ResourceRecords") or []]
        return record.get("TTL") and int(record["TTL"]), sorted(values)

    def judged(self, zoneid, change_list):
        zone = self.get_hosted_zone(zoneid)
        current = {key(r.name, r.type, r.set_identifier): is_now(r) for r in zone.rrsets}
        for item in change_list:
            record = item["ResourceRecordSet"]
            name, kind = record["Name"].rstrip(".") + ".", record["Type"]
            place = key(name, kind, record.get("SetIdentifier"))
            if item["Action"] == "DELETE":
                if place not in current:
                    raise refused(f"Tried to delete resource record set [name='{name}', type='{kind}'] but it was not found")
                if current.pop(place) != as_given(record):
                    raise refused(
                        f"Tried to delete resource record set [name='{name}', type='{kind}'] "
                        "but the values provided do not match the current values"
                    )
            elif item["Action"] == "CREATE" and place in current:
                raise ResourceRecordAlreadyExists(name=name, _type=kind)
            else:
                current[place] = as_given(record)
        zone.rr_changes = Trusting()
        return change(self, zoneid, change_list)

    def refused(message):
        return Route53ClientError("InvalidChangeBatch", message)

    route53.Route53Backend.change_resource_record_sets = judged


def simulate_policies():
    """SimulatePrincipalPolicy, which moto does not have: what a user's or role's policies say of each action.

    A statement that denies counts above all others; what none allows is denied too. As on AWS, the answer is by
    action and resource, and a principal that is not there is NoSuchEntity.
    """

    def policies(response, arn):
        kind, _, path = arn.split(":", 5)[5].partition("/")
        holder = AccessKeyPolicies.__new__(AccessKeyPolicies) if kind == "user" else RolePolicies.__new__(RolePolicies)
        holder.account_id, holder.partition = response.current_account, response.partition
        name = path.split("/")[-1]
        backend = response.backend
        if kind == "user":
            backend.get_user(name)
            holder._owner_user_name = name
        else:
            backend.get_role(name)
            holder._owner_role_name = name
        return [IAMPolicy(policy) for policy in holder.collect_policies()]

    def decide(policies, action, resource):
        said = [policy.is_action_permitted(action, resource) for policy in policies]
        if PermissionResult.DENIED in said:
            return "explicitDeny"
        return "allowed" if PermissionResult.PERMITTED in said else "implicitDeny"

    def simulate_principal_policy(self):
        arn = self._get_param("PolicySourceArn")
        found = policies(self, arn)
        results = [
            {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decide(found, action, resource)}
            for action in self._get_param("ActionNames", [])
            for resource in self._get_param("ResourceArns", []) or ["*"]
        ]
        return ActionResult({"EvaluationResults": results, "IsTruncated": False})

    IamResponse.simulate_principal_policy = simulate_principal_policy

    identity = STSBackend.get_caller_identity

    def whose(self, access_key_id, region):
        user_id, arn, account = identity(self, access_key_id, region)
        return (account, f"arn:aws:iam::{account}:root", account) if arn.endswith(":user/moto") else (user_id, arn, account)

    STSBackend.get_caller_identity = whose


def remember_attribute_names():
    """Two thirds of the time of a long answer go into the names under which moto's objects may have an attribute.

    They follow from the operation, the class of the object, the attribute and its shape alone.
    """
    look_up = ResponseSerializer.get_value
    known = {}

    def names(self, value, key, shape):
        picker, model = self._value_picker, self.operation_model
        ends = [path.rpartition(".")[2] for path in getattr(picker, "response_transformers", ())]
        if not isinstance(picker, AttributePicker) or any(key.endswith(end) for end in ends):
            # What is transformed besides is left to moto.
            return None
        context = AttributePickerContext(value, key, shape, model, model.service_model, "")
        return tuple(dict.fromkeys(picker.get_possible_keys(context)))

    def look_up_by_known_names(self, value, key, shape):
        place = self.operation_model, type(value), key, shape
        try:
            candidates = known[place]
        except KeyError:
            candidates = known[place] = names(self, value, key, shape)
        if candidates is None:
            return look_up(self, value, key, shape)
        for name in candidates:
            found = get_value(value, name, MISSING)
            if found is not MISSING:
                return found
        return None

    ResponseSerializer.get_value = look_up_by_known_names


def look_up_tags():
    def get_tags(self):
        own = self.ec2_backend.tags.get(self.id) if self.id else None
        if not own:
            return []
        kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(self.id), "")
        return [{"resource_id": self.id, "key": k, "value": v, "resource_type": kind} for k, v in own.items()]

    TaggedEC2Resource.get_tags = get_tags


def write_xml_at_once():
    write = EC2Serializer._serialize_body

    def element(key, value, parts):
        if isinstance(value, (list, tuple)):
            for item in value:
                element(key, item, parts)
            return
        content, attributes = [], ""
        if isinstance(value, dict):
            for name, child in value.items():
                if name.startswith("@"):
                    attributes += f" {name[1:]}={quoteattr(child)}"
                elif name == "#text":
                    raise ValueError("text beside elements")
                else:
                    element(name, child, content)
        elif isinstance(value, bool):
            content.append(str(value).lower())
        elif isinstance(value, (str, int, float)):
            content.append(escape(str(value)))
        elif value is not None:
            raise ValueError(type(value))
        content = "".join(content)
        parts.append(f"<{key}{attributes}>{content}</{key}>" if content else f"<{key}{attributes}/>")

    def write_at_once(self, body):
        parts = ['<?xml version="1.0" encoding="utf-8"?>\n']
        try:
            for key, value in body.items():
                element(key, value, parts)
        except (ValueError, TypeError, AttributeError):
            # What has another form is left to moto.
            return write(self, body)
        return "".join(parts)

    EC2Serializer._serialize_body = write_at_once


class LoggingHandler(MotoRequestHandler):
    """Logs to the log file, and leaves out the lab's own questions, several a second."""

    def log(self, type, message, *args):
        headers = getattr(self, "headers", None) or {}
        if headers.get("User-Agent") != "pilotlight-lab":
            logging.info(message, *args)


def end_with_parent():
    """Ends the process when nobody holds the other end of standard input any more."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--loopback", required=True)
    parser.add_argument("--regions", required=True)
    parser.add_argument("--log", required=True)
    args = parser.parse_args()
    if version("moto") != MOTO:
        sys.exit(f"the emulator's patches are for moto {MOTO}, and this is moto {version('moto')}: look at each of them")

    logging.basicConfig(filename=args.log, level=logging.INFO, format="%(asctime)s %(message)s")
    give_public_addresses(PublicAddresses(args.loopback, args.regions.split(",")))
    report_interface_groups()
    write_soa_as_text()
    judge_changes_by_current_records()
    simulate_policies()
    remember_attribute_names()
    look_up_tags()
    write_xml_at_once()
    managed_databases.replicas_have_two_ends()
    managed_databases.global_databases_change_writers()

    app = CloudWatchInCbor(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=LoggingHandler)
    # moto calls itself for some services and wants to know where.
    os.environ["MOTO_PORT"] = str(server.server_port)
    threading.Thread(target=end_with_parent, daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
