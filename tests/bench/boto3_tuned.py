"""The same reads as boto3_plain.py by someone who knows botocore: one client and one connection pool for all accounts.

    AWS_ENDPOINT_URL=... python boto3_tuned.py ROLE...

A client's credentials are asked for when a request is signed, so one client serves every account when they are those of
the thread that signs.
"""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials

THREADS = 32
MEMBER_ROLE = "OrganizationAccountAccessRole"
WANTED = set(sys.argv[1:])
CONFIG = Config(max_pool_connections=THREADS, parameter_validation=False)

organizations = boto3.client("organizations", config=CONFIG)
cloudformation = boto3.client("cloudformation", config=CONFIG)
sts = boto3.client("sts", config=CONFIG)
mine = boto3.Session().get_credentials().get_frozen_credentials()


class OfThisThread(Credentials):
    """The credentials that the current thread has set."""

    def __init__(self):
        super().__init__("unused", "unused")
        self.local = threading.local()

    def get_frozen_credentials(self):
        return self.local.credentials


class Provider:
    """Gives a session the credentials above, in place of the ordinary chain."""

    def load_credentials(self):
        return OF_THIS_THREAD


OF_THIS_THREAD = OfThisThread()
session = botocore.session.Session()
session.register_component("credential_provider", Provider())
iam = session.create_client("iam", config=CONFIG)


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
        OF_THIS_THREAD.local.credentials = mine
    else:
        arn = f"arn:aws:iam::{account}:role/{MEMBER_ROLE}"
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="tuned")["Credentials"]
        assumed = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        OF_THIS_THREAD.local.credentials = assumed.get_frozen_credentials()
    config = {"PageSize": 1000}
    listed = {role["RoleName"] for role in pages(iam, "list_roles", "Roles", PaginationConfig=config)}
    details = pages(iam, "get_account_authorization_details", "RoleDetailList", Filter=["Role"], PaginationConfig=config)
    return len(WANTED & listed & {role["RoleName"] for role in details})


sts.get_caller_identity()
MANAGEMENT = organizations.describe_organization()["Organization"]["MasterAccountId"]
with ThreadPoolExecutor(THREADS) as pool:
    listing = pool.submit(pages, cloudformation, "list_stack_sets", "Summaries", Status="ACTIVE")
    accounts = [a["Id"] for a in pages(organizations, "list_accounts", "Accounts") if a["State"] == "ACTIVE"]
    ours = [s["StackSetName"] for s in listing.result() if s["StackSetName"].startswith("rolecall-")]
    instances = [pool.submit(read_stack_set, name) for name in ours]
    roles = sum(pool.map(read_account, accounts))
print(f"{len(accounts)} accounts, {sum(i.result() for i in instances)} instances, {roles} roles")
