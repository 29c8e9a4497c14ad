"""Sandboxes that a test starts for itself, with the switches and faults that it needs."""

import json
import os
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from urllib.request import Request, urlopen

import boto3
import yaml
from botocore.config import Config

MANAGEMENT, ROOT, REGION = "111111111111", "r-beha", "us-east-1"
WORKLOADS, NESTED, ELSEWHERE = "ou-beha-workload", "ou-beha-nested00", "ou-beha-elsewher"
MEMBERS = [f"22222222222{n}" for n in range(5)]
SUSPENDED, OUTSIDE = "333333333333", "444444444444"
NAMED = ["CAPABILITY_NAMED_IAM"]
FAST = {"MaxConcurrentPercentage": 100, "FailureTolerancePercentage": 100, "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE"}
OVER = ("SUCCEEDED", "FAILED", "STOPPED")
NUMBERS = count()


def organization(switches, denied):
    """Five members and a suspended account below one unit, two of the members in a nested one; one account elsewhere."""

    def account(number, **more):
        denials = {"deny": denied[number]} if number in denied else {}
        return {"id": number, "name": f"account-{number[-3:]}"} | more | denials

    nested = {"name": "Nested", "id": NESTED, "accounts": [account(number) for number in MEMBERS[3:]]}
    direct = [account(number) for number in MEMBERS[:3]] + [account(SUSPENDED, state="SUSPENDED")]
    return {
        "organization": "o-behaviours",
        "management_account": MANAGEMENT,
        "root": ROOT,
        "trusted_access": True,
        "switches": switches,
        "accounts": [account(MANAGEMENT)],
        "units": [
            {"name": "Workloads", "id": WORKLOADS, "accounts": direct, "units": [nested]},
            {"name": "Elsewhere", "id": ELSEWHERE, "accounts": [account(OUTSIDE)]},
        ],
    }


def trust(principal=MANAGEMENT, **condition):
    """A trust policy as an object."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    conditions = {"Condition": {"StringEquals": condition}} if condition else {}
    return {"Version": "2012-10-17", "Statement": [statement | conditions]}


def policy(action="s3:List*"):
    """A policy as an object."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def template(name=None, session=3600, parameters=None, **properties):
    """A template of one role, as text."""
    role = {"AssumeRolePolicyDocument": trust(), "MaxSessionDuration": session} | properties
    role |= {"RoleName": name} if name else {}
    body = {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}}
    return json.dumps(body | ({"Parameters": parameters} if parameters else {}))


class World:
    """A running sandbox with faults, actions that are denied by account, and switches. Every request takes a second."""

    def __init__(self, *faults, denied=None, **switches):
        self.directory = tempfile.TemporaryDirectory()
        file = Path(self.directory.name) / "organization.yaml"
        file.write_text(yaml.safe_dump(organization(switches, denied or {})))
        words = [os.environ["ROLECALL"], "sandbox", "serve", "--listen", "127.0.0.1:0", "--org", str(file)]
        words += ["--clock", "1-seconds-per-request", "--quiet"]
        words += [word for fault in faults for word in ("--fault", fault)]
        if "ROLECALL_RECORDS" in os.environ:
            words += ["--record", os.path.join(os.environ["ROLECALL_RECORDS"], f"behaviour-{next(NUMBERS)}.jsonl")]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.clients = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.directory.cleanup()

    def client(self, service, account=MANAGEMENT, keys=None, **config):
        """A client of an account's administrator, or of a session."""
        keys = keys or {"AccessKeyId": account, "SecretAccessKey": "anything"}
        found = (service, keys["AccessKeyId"], *config.items())
        if found not in self.clients:
            self.clients[found] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name=REGION,
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys.get("SessionToken"),
                config=Config(**({"retries": {"total_max_attempts": 1}} | config)),
            )
        return self.clients[found]

    @property
    def cfn(self):
        """CloudFormation of the management account."""
        return self.client("cloudformation")

    @property
    def organizations(self):
        """Organizations."""
        return self.client("organizations")

    def iam(self, account):
        """IAM of an account."""
        return self.client("iam", account)

    def page(self, path, body=b""):
        """Posts to one of the sandbox's own pages."""
        with urlopen(Request(f"{self.url}/_sandbox/{path}", data=body, headers={"Content-Type": "application/json"})):
            pass

    def advance(self, seconds):
        """Lets simulated time pass."""
        self.page(f"advance?seconds={seconds}")

    def stack_set(self, name="set", body=None, auto=False, **params):
        """Creates a stack set."""
        deployment = {"Enabled": auto} | ({"RetainStacksOnAccountRemoval": False} if auto else {})
        return self.cfn.create_stack_set(
            StackSetName=name, TemplateBody=body or template("Scanner"), PermissionModel="SERVICE_MANAGED",
            AutoDeployment=deployment, Capabilities=NAMED, **params,
        )["StackSetId"]

    def begin(self, action, name="set", units=(WORKLOADS,), accounts=None, filtered="INTERSECTION", **params):
        """Starts an operation on the instances of a unit, or of some of its accounts, and returns its id."""
        targets = {"OrganizationalUnitIds": list(units)}
        if accounts is not None:
            targets |= {"Accounts": accounts, "AccountFilterType": filtered}
        given = {"Regions": [REGION], "DeploymentTargets": targets, "OperationPreferences": FAST} | params
        return getattr(self.cfn, action)(StackSetName=name, **given)["OperationId"]

    def operation(self, identifier, name="set"):
        """An operation as it is."""
        return self.cfn.describe_stack_set_operation(StackSetName=name, OperationId=identifier)["StackSetOperation"]

    def ended(self, identifier, name="set"):
        """An operation once it is over."""
        for _ in range(200):
            operation = self.operation(identifier, name)
            if operation["Status"] in OVER:
                return operation
            self.advance(30)
        raise AssertionError(f"{identifier} does not end: {operation}")

    def done(self, action, name="set", **params):
        """Does an operation to its end and returns how it ended."""
        return self.ended(self.begin(action, name, **params), name)["Status"]

    def deployed(self, name="set", body=None, auto=False, units=(WORKLOADS,)):
        """Creates a stack set with its instances."""
        self.stack_set(name, body, auto)
        assert self.done("create_stack_instances", name, units=units) == "SUCCEEDED"

    def instances(self, name="set"):
        """The instances by account."""
        pages = self.cfn.get_paginator("list_stack_instances").paginate(StackSetName=name)
        return {row["Account"]: row for page in pages for row in page["Summaries"]}

    def statuses(self, name="set"):
        """The status of each instance by account."""
        return {account: row["Status"] for account, row in self.instances(name).items()}

    def results(self, identifier, name="set"):
        """What came of each account and Region in an operation, once that is to be seen."""
        self.advance(600)
        pages = self.cfn.get_paginator("list_stack_set_operation_results").paginate(
            StackSetName=name, OperationId=identifier)
        return [row for page in pages for row in page["Summaries"]]

    def idle(self, name="set"):
        """Waits until no operation is under way, those that AWS began by itself included."""
        for _ in range(100):
            self.advance(60)
            listed = self.cfn.list_stack_set_operations(StackSetName=name)["Summaries"]
            if all(row["Status"] in OVER for row in listed):
                return listed
        raise AssertionError(f"{name} does not come to rest")

    def role(self, account, name="Scanner"):
        """A role, or none."""
        iam = self.iam(account)
        try:
            return iam.get_role(RoleName=name)["Role"]
        except iam.exceptions.NoSuchEntityException:
            return None

    def new_account(self, email="new@example.com"):
        """Creates an account and waits for it."""
        status = self.organizations.create_account(AccountName="new", Email=email)["CreateAccountStatus"]
        while status["State"] == "IN_PROGRESS":
            self.advance(30)
            status = self.organizations.describe_create_account_status(CreateAccountRequestId=status["Id"])
            status = status["CreateAccountStatus"]
        return status["AccountId"]

    def move(self, account, source, destination):
        """Moves an account."""
        self.organizations.move_account(AccountId=account, SourceParentId=source, DestinationParentId=destination)
