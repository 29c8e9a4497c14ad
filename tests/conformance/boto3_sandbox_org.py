"""boto3 on the sandbox: Organizations, limits and faults, the answers checked against the model.

    python boto3_sandbox_org.py URL

URL is that of `rolecall sandbox serve`; time passes in it and switches are set, so that it must be this script's own.
"""

import json
import sys
import time
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError


URL = sys.argv[1]
SCP = "SERVICE_CONTROL_POLICY"


def client(service, account="000", **config):
    made = boto3.client(
        service,
        endpoint_url=URL,
        region_name="us-east-1",
        aws_access_key_id=account,
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}, **config),
    )
    return made


def page(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(URL + path, data)) as answer:
        return json.loads(answer.read() or b"{}")


def refused(code, call, reason=None, **params):
    try:
        call(**params)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert reason is None or error.response.get("Reason") == reason, error.response
        return
    raise AssertionError(f"{code} was expected")


org = client("organizations")


def tree():
    root = org.list_roots()["Roots"][0]["Id"]
    unit = org.create_organizational_unit(ParentId=root, Name="Conformance")["OrganizationalUnit"]["Id"]
    refused("DuplicateOrganizationalUnitException", org.create_organizational_unit, ParentId=root, Name="Conformance")
    status = org.create_account(Email="conformance@example.com", AccountName="conformance")["CreateAccountStatus"]
    assert status["State"] == "IN_PROGRESS", status
    page("/_sandbox/advance?seconds=60", {})
    status = org.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
    assert status["State"] == "SUCCEEDED", status
    account = status["AccountId"]
    parents = org.list_parents(ChildId=account)["Parents"]
    assert parents == [{"Id": root, "Type": "ROOT"}], parents
    org.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
    refused("SourceParentNotFoundException", org.move_account, AccountId=account, SourceParentId=root, DestinationParentId=unit)
    refused("ConstraintViolationException", org.remove_account_from_organization, "WAIT_PERIOD_ACTIVE", AccountId=account)
    refused("OrganizationalUnitNotEmptyException", org.delete_organizational_unit, OrganizationalUnitId=unit)
    return root, unit, account


def paging():
    pages = list(org.get_paginator("list_accounts").paginate())
    assert all(len(one["Accounts"]) <= 20 for one in pages)
    ids = [row["Id"] for one in pages for row in one["Accounts"]]
    page("/_sandbox/switches", {"empty_pages": "present"})
    empty = list(org.get_paginator("list_accounts").paginate())
    assert any(not one["Accounts"] for one in empty)
    assert [row["Id"] for one in empty for row in one["Accounts"]] == ids
    page("/_sandbox/switches", {"empty_pages": "absent", "paths": "absent", "status": "absent"})
    account = org.describe_account(AccountId=ids[0])["Account"]
    assert "Paths" not in account and "Status" not in account and account["State"] == "ACTIVE", account
    page("/_sandbox/switches", {"paths": "present", "status": "present"})


def policies(root, unit, account):
    refused("PolicyTypeNotEnabledException", org.attach_policy, PolicyId="p-FullAWSAccess", TargetId=unit)
    org.enable_policy_type(RootId=root, PolicyType=SCP)
    content = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}]}
    made = org.create_policy(Name="no-users", Description="", Type=SCP, Content=json.dumps(content))
    policy = made["Policy"]["PolicySummary"]["Id"]
    org.attach_policy(PolicyId=policy, TargetId=unit)
    refused("AccessDenied", client("iam", account).create_user, UserName="me")
    client("iam", account).list_users()
    targets = [row["TargetId"] for one in org.get_paginator("list_targets_for_policy").paginate(PolicyId=policy) for row in one["Targets"]]
    assert targets == [unit], targets
    assert len(org.list_policies_for_target(TargetId=unit, Filter=SCP)["Policies"]) == 2
    refused("PolicyInUseException", org.delete_policy, PolicyId=policy)
    org.detach_policy(PolicyId=policy, TargetId=unit)
    org.update_policy(PolicyId=policy, Name="renamed")
    assert org.describe_policy(PolicyId=policy)["Policy"]["PolicySummary"]["Name"] == "renamed"
    org.delete_policy(PolicyId=policy)
    org.disable_policy_type(RootId=root, PolicyType=SCP)


def invitations():
    outsider = client("organizations", "999999999999")
    refused("AWSOrganizationsNotInUseException", outsider.describe_organization)
    invited = org.invite_account_to_organization(Target={"Id": "999999999999", "Type": "ACCOUNT"}, Notes="join")
    handshake = invited["Handshake"]["Id"]
    assert [row["Id"] for row in outsider.list_handshakes_for_account()["Handshakes"]] == [handshake]
    assert outsider.accept_handshake(HandshakeId=handshake)["Handshake"]["State"] == "ACCEPTED"
    assert outsider.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    outsider.leave_organization()
    refused("AWSOrganizationsNotInUseException", outsider.describe_organization)
    assert org.list_handshakes_for_organization()["Handshakes"]


def closing(account):
    org.close_account(AccountId=account)
    assert org.describe_account(AccountId=account)["Account"]["Status"] == "PENDING_CLOSURE"
    refused("AccountAlreadyClosedException", org.close_account, AccountId=account)
    page("/_sandbox/advance?seconds=120", {})
    assert org.describe_account(AccountId=account)["Account"]["Status"] == "SUSPENDED"
    page(f"/_sandbox/advance?seconds={91 * 24 * 3600}", {})
    refused("AccountNotFoundException", org.describe_account, AccountId=account)


def limits():
    page("/_sandbox/switches", {"token_buckets": "on", "token_bucket_percent": 1})
    org.list_accounts()
    refused("TooManyRequestsException", org.list_accounts)
    page("/_sandbox/switches", {"token_buckets": "off"})
    org.list_accounts()


def faults():
    iam, member = client("iam"), "222222222222"
    rule = {"service": "iam", "operation": "ListRoles"}
    for effect, code in [("throttle", "Throttling"), ("deny", "AccessDenied"), ("server_error_before", "InternalFailure"),
                         ({"error": {"code": "ServiceUnavailable"}}, "ServiceUnavailable")]:
        page("/_sandbox/faults", [{**rule, "when": {"times": 1}, "effect": effect}])
        refused(code, iam.list_roles)
        iam.list_roles()
    page("/_sandbox/faults", [{"service": "iam", "operation": "CreateGroup", "when": {"times": 1}, "effect": {"hang_after_ms": 3000}}])
    slow = client("iam", member, read_timeout=1)
    try:
        slow.create_group(GroupName="late")
        raise AssertionError("a timeout was expected")
    except ReadTimeoutError:
        pass
    refused("EntityAlreadyExists", iam_of(member).create_group, GroupName="late")
    calls = [{"service": "iam", "operation": "DeleteGroup", "account": member, "params": {"GroupName": "late"}}]
    page("/_sandbox/faults", [{"service": "iam", "operation": "GetGroup", "when": {"times": 1}, "effect": {"calls": calls}}])
    refused("NoSuchEntity", iam_of(member).get_group, GroupName="late")
    page("/_sandbox/faults", [])
    audit = page("/_sandbox/audit")
    assert [(row["operation"], row["source"]) for row in audit[-2:]] == [("DeleteGroup", "fault"), ("GetGroup", "client")], audit[-2:]


def iam_of(account):
    return client("iam", account)


def main():
    begun = time.monotonic()
    root, unit, account = tree()
    paging()
    policies(root, unit, account)
    invitations()
    closing(account)
    org.delete_organizational_unit(OrganizationalUnitId=unit)
    limits()
    faults()
    print(f"Organizations, limits and faults: all as expected in {time.monotonic() - begun:.1f} s")


main()
