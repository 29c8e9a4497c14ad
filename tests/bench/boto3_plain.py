"""What one would write first: the reads of `rolecall plan`, with boto3 and a pool of 32 threads.

    AWS_ENDPOINT_URL=... python boto3_plain.py ROLE...

Every account gets a client of its own, as every example on the web does it.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

import boto3

MEMBER_ROLE = "OrganizationAccountAccessRole"
WANTED = set(sys.argv[1:])

organizations = boto3.client("organizations")
cloudformation = boto3.client("cloudformation")
sts = boto3.client("sts")


def pages(client, operation, key, **parameters):
    """Everything that a paged operation lists."""
    return [item for page in client.get_paginator(operation).paginate(**parameters) for item in page[key]]


def read_stack_set(name):
    """A stack set's definition and operations, and how many instances it has."""
    cloudformation.describe_stack_set(StackSetName=name)
    cloudformation.list_stack_set_operations(StackSetName=name)
    return len(pages(cloudformation, "list_stack_instances", "Summaries", StackSetName=name))


def read_account(account):
    """How many of the wanted roles an account has, everything about them having been read."""
    if account == MANAGEMENT:
        iam = boto3.client("iam")
    else:
        arn = f"arn:aws:iam::{account}:role/{MEMBER_ROLE}"
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="plain")["Credentials"]
        iam = boto3.client(
            "iam",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
    config = {"PageSize": 1000}
    listed = {role["RoleName"] for role in pages(iam, "list_roles", "Roles", PaginationConfig=config)}
    details = pages(iam, "get_account_authorization_details", "RoleDetailList", Filter=["Role"], PaginationConfig=config)
    return len(WANTED & listed & {role["RoleName"] for role in details})


sts.get_caller_identity()
MANAGEMENT = organizations.describe_organization()["Organization"]["MasterAccountId"]
accounts = [a["Id"] for a in pages(organizations, "list_accounts", "Accounts") if a["State"] == "ACTIVE"]
sets = [s["StackSetName"] for s in pages(cloudformation, "list_stack_sets", "Summaries", Status="ACTIVE")]
with ThreadPoolExecutor(32) as pool:
    instances = sum(pool.map(read_stack_set, [name for name in sets if name.startswith("rolecall-")]))
    roles = sum(pool.map(read_account, accounts))
print(f"{len(accounts)} accounts, {instances} instances, {roles} roles")
