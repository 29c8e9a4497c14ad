"""The same calls of Organizations, IAM and STS on the sandbox and on a moto server: the same results, or a known difference.

    python moto_sandbox.py SANDBOX MOTO

What is compared is the result, or the code and the HTTP status of an error: the texts of moto's errors are mostly its own.
SANDBOX is the URL of `rolecall sandbox serve --org tests/conformance/organization.yaml` in its first state, MOTO that of a
fresh moto server (moto_serve.py). Ids, times and secrets are masked. A difference that is not in moto_differences.py fails, and so does one that
is there and is none any more.
"""

import json
import re
import sys
import time
from datetime import datetime

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from moto_differences import KNOWN, MEMBERS

MEMBER_ROLE = "OrganizationAccountAccessRole"
VENDOR = "232136659152"
SERVICE = "access-analyzer.amazonaws.com"
AUDIT, VIEW = "arn:aws:iam::aws:policy/SecurityAudit", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
MISSING_POLICY = "arn:aws:iam::aws:policy/NobodyMadeThis"
MASKS = [
    (re.compile(r"\b(AROA|AIDA|AGPA|ANPA|AIPA|ANVA|ASCA|APKA)[A-Z0-9]{12,}"), r"<\1>"),
    (re.compile(r"\b(AKIA|ASIA|LSIA)[A-Z0-9]{12,}"), r"<\1>"),
    (re.compile(r"\bou-[a-z0-9]{4,32}-[a-z0-9]{8,32}\b"), "<unit>"),
    (re.compile(r"\bo-[a-z0-9]{10,32}\b"), "<organization>"),
    (re.compile(r"\br-[a-z0-9]{4,32}\b"), "<root>"),
    (re.compile(r"\bcar-[a-z0-9]{8,32}\b"), "<request>"),
    (re.compile(r"\b[0-9]{12}\b"), "<account>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
]
SECRETS = {"SecretAccessKey", "SessionToken", "Marker", "NextToken", "Base32StringSeed", "QRCodePNG", "ServicePassword"}


def document(effect="Allow", action="s3:Get*", resource="*"):
    """A policy as text."""
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal=f"arn:aws:iam::{VENDOR}:root", condition=None):
    """A trust policy as text."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    statement |= {"Condition": condition} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def masked(value, name=""):
    """A result without what differs from run to run; lists in a fixed order, as AWS promises none."""
    if name in SECRETS:
        return f"<{name}>"
    if isinstance(value, dict):
        return {key: masked(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return sorted((masked(member) for member in value), key=lambda member: json.dumps(member, sort_keys=True))
    if isinstance(value, datetime):
        return "<time>"
    if isinstance(value, str):
        for pattern, mask in MASKS:
            value = pattern.sub(mask, value)
    return value


class Side:
    """One of the two servers, and what it answered to each call of the story."""

    def __init__(self, url):
        self.url = url
        self.results = {}
        self.clients = {}

    def client(self, service, keys=None):
        """A client of the management account's administrator, or of a session or user."""
        keys = keys or {"AccessKeyId": "anyone", "SecretAccessKey": "anything"}
        found = (service, keys["AccessKeyId"])
        if found not in self.clients:
            self.clients[found] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name="us-east-1",
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys.get("SessionToken"),
                config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
            )
        return self.clients[found]

    def call(self, label, service, operation, keys=None, **params):
        """Calls an operation, keeps its result under a label, and returns the raw one; an empty one for an error."""
        assert label not in self.results, f"{label} is told twice"
        answer = {}
        try:
            answer = getattr(self.client(service, keys), operation)(**params)
            result = {key: value for key, value in answer.items() if key != "ResponseMetadata"}
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            result = {"error": error.response["Error"]["Code"], "status": status}
        except ResponseParserError:
            # moto answers what it does not do, or trips over, with a page of HTML.
            result = {"error": "no answer of AWS's", "status": 500}
        self.results[label] = masked(result)
        return answer

    def quietly(self, service, operation, keys=None, **params):
        """Calls an operation whose result is not compared, and which must succeed."""
        return getattr(self.client(service, keys), operation)(**params)


def tree(side):
    """Organizations: units, accounts and where they are."""
    call = side.call
    call("organization", "organizations", "describe_organization")
    root = call("roots", "organizations", "list_roots")["Roots"][0]["Id"]
    missing = f"ou-{root[2:]}-abcdefgh"
    unit = call("unit", "organizations", "create_organizational_unit", ParentId=root, Name="Workloads")
    unit = unit["OrganizationalUnit"]["Id"]
    nested = call("nested unit", "organizations", "create_organizational_unit", ParentId=unit, Name="Prod",
                  Tags=[{"Key": "stage", "Value": "prod"}])["OrganizationalUnit"]["Id"]
    call("unit of a name that is taken", "organizations", "create_organizational_unit", ParentId=root, Name="Workloads")
    call("unit below nothing", "organizations", "create_organizational_unit", ParentId=missing, Name="Lost")
    call("unit read", "organizations", "describe_organizational_unit", OrganizationalUnitId=nested)
    call("unit that is not there", "organizations", "describe_organizational_unit", OrganizationalUnitId=missing)
    call("unit renamed", "organizations", "update_organizational_unit", OrganizationalUnitId=nested, Name="Production")
    call("unit renamed that is not there", "organizations", "update_organizational_unit", OrganizationalUnitId=missing,
         Name="Other")
    call("units below the unit", "organizations", "list_organizational_units_for_parent", ParentId=unit)
    call("units below nothing", "organizations", "list_organizational_units_for_parent", ParentId=missing)
    call("children that are units", "organizations", "list_children", ParentId=unit, ChildType="ORGANIZATIONAL_UNIT")
    call("children of nothing", "organizations", "list_children", ParentId=missing, ChildType="ACCOUNT")
    call("children of no kind", "organizations", "list_children", ParentId=unit, ChildType="SERVER")
    call("parent of a unit", "organizations", "list_parents", ChildId=nested)
    full = side.quietly("organizations", "create_organizational_unit", ParentId=root, Name="Full")
    full = full["OrganizationalUnit"]["Id"]
    side.quietly("organizations", "create_organizational_unit", ParentId=full, Name="Inside")
    call("unit that holds another", "organizations", "delete_organizational_unit", OrganizationalUnitId=full)
    empty = side.quietly("organizations", "create_organizational_unit", ParentId=root, Name="Empty")
    empty = empty["OrganizationalUnit"]["Id"]
    call("empty unit deleted", "organizations", "delete_organizational_unit", OrganizationalUnitId=empty)
    call("unit deleted that is not there", "organizations", "delete_organizational_unit", OrganizationalUnitId=missing)
    return root, unit, missing


def created(side, name):
    """A new account, once it is there."""
    status = side.quietly("organizations", "create_account", AccountName=name, Email=f"{name}@example.com")
    status = status["CreateAccountStatus"]
    while status["State"] == "IN_PROGRESS":
        time.sleep(0.1)
        status = side.quietly(
            "organizations", "describe_create_account_status", CreateAccountRequestId=status["Id"]
        )["CreateAccountStatus"]
    return status["AccountId"]


def accounts(side, root, unit, missing):
    """Organizations: accounts, and the services that may look at them."""
    call = side.call
    call("account begun", "organizations", "create_account", AccountName="first", Email="first@example.com")
    account, other = created(side, "second"), created(side, "third")
    status = side.quietly("organizations", "list_create_account_status")["CreateAccountStatuses"][0]["Id"]
    call("creation looked at", "organizations", "describe_create_account_status", CreateAccountRequestId=status)
    call("creation that is not there", "organizations", "describe_create_account_status",
         CreateAccountRequestId="car-abcdefgh12345678")
    call("account read", "organizations", "describe_account", AccountId=account)
    call("account that is not there", "organizations", "describe_account", AccountId="999999999999")
    call("parent of an account", "organizations", "list_parents", ChildId=account)
    call("parent of nothing", "organizations", "list_parents", ChildId="999999999999")
    move = {"AccountId": account, "SourceParentId": root, "DestinationParentId": unit}
    call("account moved", "organizations", "move_account", **move)
    call("account moved from where it is not", "organizations", "move_account", **move)
    call("account moved to nothing", "organizations", "move_account",
         **(move | {"AccountId": other, "DestinationParentId": missing}))
    call("account moved that is not there", "organizations", "move_account", **(move | {"AccountId": "999999999999"}))
    call("accounts of a unit", "organizations", "list_accounts_for_parent", ParentId=unit)
    call("accounts of nothing", "organizations", "list_accounts_for_parent", ParentId=missing)
    call("children that are accounts", "organizations", "list_children", ParentId=unit, ChildType="ACCOUNT")
    call("one account of a page", "organizations", "list_accounts", MaxResults=1)
    call("page of a made-up token", "organizations", "list_accounts", NextToken="made-up")
    call("page too large", "organizations", "list_accounts", MaxResults=21)
    tags = [{"Key": "team", "Value": "payments"}, {"Key": "empty", "Value": ""}]
    call("account tagged", "organizations", "tag_resource", ResourceId=account, Tags=tags)
    call("tags of an account", "organizations", "list_tags_for_resource", ResourceId=account)
    call("account untagged", "organizations", "untag_resource", ResourceId=account, TagKeys=["empty", "never"])
    call("tags left", "organizations", "list_tags_for_resource", ResourceId=account)
    call("tags of nothing", "organizations", "list_tags_for_resource", ResourceId="999999999999")
    call("nothing tagged", "organizations", "tag_resource", ResourceId=missing, Tags=tags)
    call("tags of a unit", "organizations", "list_tags_for_resource", ResourceId=unit)
    services(side, account)
    call("account closed", "organizations", "close_account", AccountId=other)
    call("account closed again", "organizations", "close_account", AccountId=other)
    call("account closed that is not there", "organizations", "close_account", AccountId="999999999999")
    return account


def services(side, account):
    """Organizations: trusted access and delegated administrators."""
    call = side.call
    delegate = {"AccountId": account, "ServicePrincipal": SERVICE}
    call("services, none", "organizations", "list_aws_service_access_for_organization")
    call("delegated before the service", "organizations", "register_delegated_administrator", **delegate)
    call("service let in", "organizations", "enable_aws_service_access", ServicePrincipal=SERVICE)
    call("service let in that is none", "organizations", "enable_aws_service_access", ServicePrincipal="nobody.example.com")
    call("services", "organizations", "list_aws_service_access_for_organization")
    call("delegated", "organizations", "register_delegated_administrator", **delegate)
    call("delegated twice", "organizations", "register_delegated_administrator", **delegate)
    call("delegated to nobody", "organizations", "register_delegated_administrator",
         **(delegate | {"AccountId": "999999999999"}))
    call("delegated to the management account", "organizations", "register_delegated_administrator",
         **(delegate | {"AccountId": "123456789012"}))
    call("delegates", "organizations", "list_delegated_administrators")
    call("delegates of a service", "organizations", "list_delegated_administrators", ServicePrincipal=SERVICE)
    call("services of a delegate", "organizations", "list_delegated_services_for_account", AccountId=account)
    call("services of no delegate", "organizations", "list_delegated_services_for_account", AccountId="123456789012")
    call("delegate dismissed", "organizations", "deregister_delegated_administrator", **delegate)
    call("delegate dismissed twice", "organizations", "deregister_delegated_administrator", **delegate)
    call("service shut out", "organizations", "disable_aws_service_access", ServicePrincipal=SERVICE)
    call("services after that", "organizations", "list_aws_service_access_for_organization")


def sessions(side, account):
    """STS: who calls, and how another account is entered."""
    call = side.call
    role = f"arn:aws:iam::{account}:role/{MEMBER_ROLE}"
    enter = {"RoleArn": role, "RoleSessionName": "story"}
    call("who calls", "sts", "get_caller_identity")
    member = call("member entered", "sts", "assume_role", **enter)["Credentials"]
    call("who calls in the member", "sts", "get_caller_identity", member)
    call("member entered for an hour", "sts", "assume_role", **enter, DurationSeconds=3600)
    call("member entered for a minute", "sts", "assume_role", **enter, DurationSeconds=60)
    call("member entered for longer than the role allows", "sts", "assume_role", **enter, DurationSeconds=7200)
    call("member entered without a name", "sts", "assume_role", RoleArn=role)
    call("member entered under a wrong name", "sts", "assume_role", **(enter | {"RoleSessionName": "a b"}))
    call("role entered that is not there", "sts", "assume_role", **(enter | {"RoleArn": role + "x"}))
    call("role entered that is no role", "sts", "assume_role", **(enter | {"RoleArn": "arn:aws:iam::1:user/x"}))
    call("member entered with tags", "sts", "assume_role", **enter, Tags=[{"Key": "team", "Value": "payments"}])
    return member


def roles(side, keys):
    """IAM in a member: a role's whole life."""
    call = side.call

    def iam(label, operation, **params):
        return call(label, "iam", operation, keys, **params)

    name = {"RoleName": "Scanner"}
    iam("role made", "create_role", **name, Path="/vendors/", Description="for a scan", MaxSessionDuration=7200,
        AssumeRolePolicyDocument=trust(condition={"StringEquals": {"sts:ExternalId": "story"}}),
        Tags=[{"Key": "team", "Value": "ops"}, {"Key": "empty", "Value": ""}], PermissionsBoundary=VIEW)
    iam("role made again", "create_role", **name, AssumeRolePolicyDocument=trust())
    iam("role read", "get_role", **name)
    iam("role read that is not there", "get_role", RoleName="Nobody-Made-This")
    iam("roles below a path", "list_roles", PathPrefix="/vendors/")
    iam("roles below another path", "list_roles", PathPrefix="/nobody/")
    iam("role changed", "update_role", **name, Description="changed", MaxSessionDuration=3600)
    iam("role changed that is not there", "update_role", RoleName="Nobody-Made-This")
    iam("role described", "update_role_description", **name, Description="described")
    iam("trust changed", "update_assume_role_policy", **name, PolicyDocument=trust("123456789012"))
    iam("role after the changes", "get_role", **name)
    iam("role tagged", "tag_role", **name, Tags=[{"Key": "team", "Value": "security"}, {"Key": "more", "Value": "1"}])
    iam("role tagged that is not there", "tag_role", RoleName="Nobody-Made-This", Tags=[{"Key": "a", "Value": "1"}])
    iam("role untagged", "untag_role", **name, TagKeys=["empty", "never"])
    iam("tags of a role", "list_role_tags", **name)
    iam("tags of a role that is not there", "list_role_tags", RoleName="Nobody-Made-This")
    iam("boundary put", "put_role_permissions_boundary", **name, PermissionsBoundary=AUDIT)
    iam("boundary taken", "delete_role_permissions_boundary", **name)
    iam("role without boundary", "get_role", **name)
    role_policies(iam, name)
    role_refusals(iam, {"RoleName": "Other"})


def role_policies(iam, name):
    """IAM: the policies of a role, and how they hold it."""
    for n in range(3):
        iam(f"inline policy {n}", "put_role_policy", **name, PolicyName=f"inline{n}", PolicyDocument=document())
    iam("inline policy of a role that is not there", "put_role_policy", RoleName="Nobody-Made-This", PolicyName="a",
        PolicyDocument=document())
    iam("inline policy read", "get_role_policy", **name, PolicyName="inline1")
    iam("inline policy read that is not there", "get_role_policy", **name, PolicyName="never")
    iam("inline policy replaced", "put_role_policy", **name, PolicyName="inline1", PolicyDocument=document("Deny"))
    iam("inline policy read again", "get_role_policy", **name, PolicyName="inline1")
    iam("inline policies", "list_role_policies", **name)
    iam("two inline policies of a page", "list_role_policies", **name, MaxItems=2)
    iam("inline policies of a role that is not there", "list_role_policies", RoleName="Nobody-Made-This")
    iam("policy attached", "attach_role_policy", **name, PolicyArn=AUDIT)
    iam("policy attached again", "attach_role_policy", **name, PolicyArn=AUDIT)
    iam("policy attached of a path", "attach_role_policy", **name, PolicyArn=VIEW)
    iam("policy attached to a role that is not there", "attach_role_policy", RoleName="Nobody-Made-This", PolicyArn=AUDIT)
    iam("attached policies", "list_attached_role_policies", **name)
    iam("attached policies of a path", "list_attached_role_policies", **name, PathPrefix="/job-function/")
    iam("attached policies of a role that is not there", "list_attached_role_policies", RoleName="Nobody-Made-This")
    iam("everything of the roles", "get_account_authorization_details", Filter=["Role"])
    iam("instance profiles", "list_instance_profiles_for_role", **name)
    iam("role deleted with policies", "delete_role", **name)
    iam("policy detached", "detach_role_policy", **name, PolicyArn=AUDIT)
    iam("policy detached that is not attached", "detach_role_policy", **name, PolicyArn=AUDIT)
    iam("other policy detached", "detach_role_policy", **name, PolicyArn=VIEW)
    iam("role deleted with inline policies", "delete_role", **name)
    iam("inline policy deleted", "delete_role_policy", **name, PolicyName="inline0")
    iam("inline policy deleted that is not there", "delete_role_policy", **name, PolicyName="inline0")
    iam("second inline policy deleted", "delete_role_policy", **name, PolicyName="inline1")
    iam("third inline policy deleted", "delete_role_policy", **name, PolicyName="inline2")
    iam("role deleted", "delete_role", **name)
    iam("role deleted that is not there", "delete_role", **name)


def role_refusals(iam, name):
    """IAM: what a role cannot be. moto takes some of it, so this is about a role of its own, and comes last."""
    iam("other role made", "create_role", **name, AssumeRolePolicyDocument=trust())
    iam("role made in another case", "create_role", RoleName="OTHER", AssumeRolePolicyDocument=trust())
    iam("role made without a name", "create_role", AssumeRolePolicyDocument=trust())
    iam("role made with a wrong name", "create_role", RoleName="a b", AssumeRolePolicyDocument=trust())
    iam("role made with a long name", "create_role", RoleName="x" * 65, AssumeRolePolicyDocument=trust())
    iam("role made with no JSON", "create_role", RoleName="NoJson", AssumeRolePolicyDocument="{")
    iam("role made that nobody may take", "create_role", RoleName="Nobody", AssumeRolePolicyDocument=document())
    iam("role made for a ghost", "create_role", RoleName="Ghost", AssumeRolePolicyDocument=trust(
        "arn:aws:iam::123456789012:role/Ghost"))
    iam("role made for half a day and more", "create_role", RoleName="Long", AssumeRolePolicyDocument=trust(),
        MaxSessionDuration=43201)
    iam("role made with a boundary that is not there", "create_role", RoleName="Bound",
        AssumeRolePolicyDocument=trust(), PermissionsBoundary=MISSING_POLICY)
    iam("role changed for too long", "update_role", **name, MaxSessionDuration=43201)
    iam("trust changed to no JSON", "update_assume_role_policy", **name, PolicyDocument="{")
    iam("trust changed to a text too long", "update_assume_role_policy", **name, PolicyDocument=trust(
        condition={"StringEquals": {"sts:ExternalId": "x" * 4096}}))
    iam("role tagged twice with a key", "tag_role", **name, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    iam("role tagged as AWS", "tag_role", **name, Tags=[{"Key": "aws:mine", "Value": "1"}])
    iam("role tagged too often", "tag_role", **name, Tags=[{"Key": f"k{n}", "Value": "v"} for n in range(51)])
    iam("boundary put that is not there", "put_role_permissions_boundary", **name, PermissionsBoundary=MISSING_POLICY)
    iam("inline policy of no JSON", "put_role_policy", **name, PolicyName="no-json", PolicyDocument="{")
    iam("inline policy without statements", "put_role_policy", **name, PolicyName="none", PolicyDocument="{}")
    iam("inline policy without actions", "put_role_policy", **name, PolicyName="none", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*"}]}))
    iam("inline policy with a principal", "put_role_policy", **name, PolicyName="principal", PolicyDocument=trust())
    iam("inline policy too long", "put_role_policy", **name, PolicyName="long", PolicyDocument=document(
        resource=[f"arn:aws:s3:::{n:0100}" for n in range(110)]))
    iam("policy attached that is not there", "attach_role_policy", **name, PolicyArn=MISSING_POLICY)
    iam("policy attached by no ARN", "attach_role_policy", **name, PolicyArn="SecurityAudit")
    iam("everything of no kind", "get_account_authorization_details", Filter=["Server"])


def policies(side, keys):
    """IAM in a member: a managed policy's whole life."""
    call = side.call

    def iam(label, operation, **params):
        return call(label, "iam", operation, keys, **params)

    arn = iam("policy made", "create_policy", PolicyName="Own", Path="/vendors/", Description="of a customer",
              PolicyDocument=document(), Tags=[{"Key": "team", "Value": "ops"}])["Policy"]["Arn"]
    own = {"PolicyArn": arn}
    iam("policy made again", "create_policy", PolicyName="Own", Path="/vendors/", PolicyDocument=document())
    iam("policy read", "get_policy", **own)
    iam("policy read that is not there", "get_policy", PolicyArn=MISSING_POLICY)
    iam("policy of AWS read", "get_policy", PolicyArn=AUDIT)
    iam("second version", "create_policy_version", **own, PolicyDocument=document("Deny"))
    iam("third version, the default", "create_policy_version", **own, PolicyDocument=document("Deny"), SetAsDefault=True)
    iam("fourth version", "create_policy_version", **own, PolicyDocument=document("Deny"))
    iam("fifth version", "create_policy_version", **own, PolicyDocument=document("Deny"))
    iam("sixth version", "create_policy_version", **own, PolicyDocument=document("Deny"))
    iam("version of a policy that is not there", "create_policy_version", PolicyArn=arn + "x", PolicyDocument=document())
    iam("versions", "list_policy_versions", **own)
    iam("version read", "get_policy_version", **own, VersionId="v3")
    iam("version read that is not there", "get_policy_version", **own, VersionId="v9")
    iam("default version deleted", "delete_policy_version", **own, VersionId="v3")
    iam("default changed", "set_default_policy_version", **own, VersionId="v2")
    iam("default changed to nothing", "set_default_policy_version", **own, VersionId="v9")
    iam("old version deleted", "delete_policy_version", **own, VersionId="v1")
    iam("version deleted that is not there", "delete_policy_version", **own, VersionId="v9")
    iam("policies of the customer", "list_policies", Scope="Local")
    iam("attached policies of the customer", "list_policies", Scope="Local", OnlyAttached=True)
    side.quietly("iam", "create_role", keys, RoleName="User", AssumeRolePolicyDocument=trust())
    side.quietly("iam", "attach_role_policy", keys, RoleName="User", **own)
    iam("who has a policy", "list_entities_for_policy", **own)
    iam("who has a policy that is not there", "list_entities_for_policy", PolicyArn=arn + "x")
    for version in ("v3", "v4", "v5"):
        side.quietly("iam", "delete_policy_version", keys, **own, VersionId=version)
    iam("attached policy deleted", "delete_policy", **own)
    spare = side.quietly("iam", "create_policy", keys, PolicyName="Spare", PolicyDocument=document())["Policy"]["Arn"]
    iam("policy deleted", "delete_policy", PolicyArn=spare)
    iam("policy deleted that is not there", "delete_policy", PolicyArn=spare)
    iam("policy of AWS deleted", "delete_policy", PolicyArn=AUDIT)
    iam("policy made of no JSON", "create_policy", PolicyName="NoJson", PolicyDocument="{")
    iam("policy made with a wrong name", "create_policy", PolicyName="a b", PolicyDocument=document())
    iam("policy made too long", "create_policy", PolicyName="Long", PolicyDocument=document(
        resource=[f"arn:aws:s3:::{n:0100}" for n in range(70)]))
    iam("policies of no kind", "list_policies", Scope="Mine")


def without(value, names):
    """A result without members of some names, at any depth."""
    if isinstance(value, dict):
        return {key: without(member, names) for key, member in value.items() if key not in names}
    return [without(member, names) for member in value] if isinstance(value, list) else value


def compare(sandbox, moto):
    """Prints where the two differ; whether all of that is known, and all that is known is still so."""
    labels = list(sandbox.results)
    surprises = [f"is no call of the story: {label}" for label in KNOWN.keys() - set(labels)]

    def differ(label, names):
        return without(sandbox.results[label], names) != without(moto.results[label], names)

    every = set(MEMBERS)
    same = [label for label in labels if not differ(label, every)]
    for label in labels:
        if label not in same and label not in KNOWN:
            results = (json.dumps(without(side.results[label], every)) for side in (sandbox, moto))
            surprises.append("differs: {}\n    sandbox: {}\n    moto:    {}".format(label, *results))
        if label in same and label in KNOWN:
            surprises.append(f"is no difference any more: {label}")
    for name in every:
        if not any(differ(label, every - {name}) for label in same):
            surprises.append(f"is a member that differs no more: {name}")
    known = len(labels) - len(same)
    print("\n".join([*surprises, f"{len(labels)} calls: {len(same)} with the same result, {known} with another"]))
    return not surprises


def main():
    """Tells the story to both, and compares."""
    sandbox, moto = (Side(url) for url in sys.argv[1:])
    moto.quietly("organizations", "create_organization", FeatureSet="ALL")
    for side in (sandbox, moto):
        root, unit, missing = tree(side)
        account = accounts(side, root, unit, missing)
        member = sessions(side, account)
        roles(side, member)
        policies(side, member)
    sys.exit(0 if compare(sandbox, moto) else "the two differ in another way than is known")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main()
