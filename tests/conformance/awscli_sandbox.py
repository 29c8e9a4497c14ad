"""The AWS CLI on the sandbox: what someone does who looks around in it, from an empty unit to a stack set's instances.

    python awscli_sandbox.py URL

URL is that of `rolecall sandbox serve`, whose organization is changed by this. `aws` is taken from the search path.
"""

import json
import os
import subprocess
import sys
import time
import unittest

URL = sys.argv.pop() if len(sys.argv) > 1 else None
ROLE = "OrganizationAccountAccessRole"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::232136659152:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "made-with-the-cli"}},
        }
    ],
}
TEMPLATE = {
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"RoleName": "CliStackSetRole", "AssumeRolePolicyDocument": TRUST, "MaxSessionDuration": 7200},
        }
    }
}


class Refused(Exception):
    """`aws` ended with an error; the text is what it said."""


def aws(*words, credentials=None):
    """Runs the AWS CLI against the sandbox and reads its answer."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"AWS_ENDPOINT_URL": URL, "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": ""}
    environment |= {"AWS_ACCESS_KEY_ID": "anyone", "AWS_SECRET_ACCESS_KEY": "anything", "AWS_MAX_ATTEMPTS": "1"}
    environment |= credentials or {}
    run = subprocess.run(
        ["aws", *words, "--output", "json"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    if run.returncode != 0:
        raise Refused(run.stderr.strip())
    return json.loads(run.stdout) if run.stdout.strip() else None


def eventually(condition, what):
    """Waits until something that the sandbox does over its own time has come about."""
    for _ in range(120):
        value = condition()
        if value:
            return value
        time.sleep(0.25)
    raise AssertionError(f"did not come about: {what}")


def create_account(name):
    """Creates an account and waits for it, as one must: CreateAccount only starts it."""
    request = aws("organizations", "create-account", "--account-name", name, "--email", f"{name}@example.com")
    request = request["CreateAccountStatus"]
    assert request["State"] == "IN_PROGRESS", request

    def created():
        status = aws("organizations", "describe-create-account-status", "--create-account-request-id", request["Id"])
        status = status["CreateAccountStatus"]
        assert status["State"] in ("IN_PROGRESS", "SUCCEEDED"), status
        return status.get("AccountId") if status["State"] == "SUCCEEDED" else None

    return eventually(created, f"account {name}")


def assume(account, session="cli"):
    """The member role's credentials, as environment variables."""
    answer = aws("sts", "assume-role", "--role-arn", f"arn:aws:iam::{account}:role/{ROLE}", "--role-session-name", session)
    keys = answer["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


class AwsCli(unittest.TestCase):
    """One story, in order: each test stands on those before it."""

    @classmethod
    def setUpClass(cls):
        cls.root = aws("organizations", "list-roots")["Roots"][0]["Id"]
        cls.unit = cls.create_unit(cls.root, "CliUnit")
        cls.nested = cls.create_unit(cls.unit, "CliNested")
        cls.accounts = [create_account("cli-one"), create_account("cli-two")]
        for account, unit in zip(cls.accounts, (cls.unit, cls.nested), strict=True):
            aws("organizations", "move-account", "--account-id", account, "--source-parent-id", cls.root,
                "--destination-parent-id", unit)

    @staticmethod
    def create_unit(parent, name):
        return aws("organizations", "create-organizational-unit", "--parent-id", parent, "--name", name)[
            "OrganizationalUnit"
        ]["Id"]

    def test_1_units_and_accounts_are_found_where_they_were_put(self):
        """Moved accounts are in their units, and only there."""
        for account, unit in zip(self.accounts, (self.unit, self.nested), strict=True):
            parents = aws("organizations", "list-parents", "--child-id", account)["Parents"]
            self.assertEqual([parent["Id"] for parent in parents], [unit])
        direct = aws("organizations", "list-accounts-for-parent", "--parent-id", self.unit)["Accounts"]
        self.assertEqual([account["Id"] for account in direct], self.accounts[:1])
        units = aws("organizations", "list-organizational-units-for-parent", "--parent-id", self.unit)
        self.assertEqual([unit["Id"] for unit in units["OrganizationalUnits"]], [self.nested])
        listed = {account["Id"] for account in aws("organizations", "list-accounts")["Accounts"]}
        self.assertLessEqual(set(self.accounts), listed)

    def test_2_assumed_credentials_act_in_the_member(self):
        """AssumeRole leads into the account, and a role that is not there is refused without saying so."""
        session = assume(self.accounts[0], session="who-am-i")
        caller = aws("sts", "get-caller-identity", credentials=session)
        self.assertEqual(caller["Account"], self.accounts[0])
        self.assertEqual(caller["Arn"], f"arn:aws:sts::{self.accounts[0]}:assumed-role/{ROLE}/who-am-i")
        arn = f"arn:aws:iam::{self.accounts[0]}:role/NobodyMadeThis"
        with self.assertRaisesRegex(Refused, "AccessDenied.*not authorized to perform: sts:AssumeRole"):
            aws("sts", "assume-role", "--role-arn", arn, "--role-session-name", "cli")

    def test_3_roles_are_created_read_changed_and_deleted(self):
        """A role's whole life, through the member role."""
        member = assume(self.accounts[0])

        def iam(*words):
            return aws("iam", *words, credentials=member)

        name = ("--role-name", "CliRole")
        iam("create-role", *name, "--path", "/cli/", "--description", "by hand", "--tags", "Key=team,Value=ops",
            "--assume-role-policy-document", json.dumps(TRUST))
        role = iam("get-role", *name)["Role"]
        self.assertEqual(role["Arn"], f"arn:aws:iam::{self.accounts[0]}:role/cli/CliRole")
        self.assertEqual(role["AssumeRolePolicyDocument"], TRUST)
        self.assertEqual((role["Description"], role["MaxSessionDuration"]), ("by hand", 3600))
        self.assertEqual(role["Tags"], [{"Key": "team", "Value": "ops"}])

        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}]}
        iam("put-role-policy", *name, "--policy-name", "list", "--policy-document", json.dumps(document))
        iam("attach-role-policy", *name, "--policy-arn", "arn:aws:iam::aws:policy/SecurityAudit")
        iam("update-role", *name, "--description", "changed", "--max-session-duration", "7200")
        iam("tag-role", *name, "--tags", "Key=team,Value=security")
        self.assertEqual(iam("get-role-policy", *name, "--policy-name", "list")["PolicyDocument"], document)
        attached = iam("list-attached-role-policies", *name)["AttachedPolicies"]
        self.assertEqual([policy["PolicyName"] for policy in attached], ["SecurityAudit"])
        role = iam("get-role", *name)["Role"]
        self.assertEqual((role["Description"], role["MaxSessionDuration"]), ("changed", 7200))
        self.assertEqual(role["Tags"], [{"Key": "team", "Value": "security"}])
        self.assertIn("CliRole", [role["RoleName"] for role in iam("list-roles", "--path-prefix", "/cli/")["Roles"]])

        with self.assertRaisesRegex(Refused, "DeleteConflict"):
            iam("delete-role", *name)
        iam("detach-role-policy", *name, "--policy-arn", "arn:aws:iam::aws:policy/SecurityAudit")
        iam("delete-role-policy", *name, "--policy-name", "list")
        iam("delete-role", *name)
        with self.assertRaisesRegex(Refused, "NoSuchEntity.*CliRole cannot be found"):
            iam("get-role", *name)

    def test_4_a_stack_set_puts_its_role_into_the_accounts_of_a_unit(self):
        """A service-managed stack set over a unit reaches the nested unit too, and its instances are listed."""
        def cfn(*words):
            return aws("cloudformation", *words, "--stack-set-name", "cli-set")

        if aws("cloudformation", "describe-organizations-access")["Status"] != "ENABLED":
            with self.assertRaisesRegex(Refused, "You must enable organizations access"):
                self.create_stack_set(cfn)
            aws("cloudformation", "activate-organizations-access")
        self.create_stack_set(cfn)
        targets = f"OrganizationalUnitIds={self.unit}"
        operation = cfn("create-stack-instances", "--regions", "us-east-1", "--deployment-targets", targets)["OperationId"]
        status = lambda: cfn("describe-stack-set-operation", "--operation-id", operation)["StackSetOperation"]["Status"]
        eventually(lambda: status() == "SUCCEEDED", "the operation")
        instances = cfn("list-stack-instances")["Summaries"]
        self.assertEqual(sorted(instance["Account"] for instance in instances), sorted(self.accounts))
        self.assertEqual({instance["Status"] for instance in instances}, {"CURRENT"})
        for account in self.accounts:
            role = aws("iam", "get-role", "--role-name", "CliStackSetRole", credentials=assume(account))["Role"]
            self.assertEqual((role["AssumeRolePolicyDocument"], role["MaxSessionDuration"]), (TRUST, 7200))
        with self.assertRaisesRegex(Refused, "StackSetNotEmpty"):
            cfn("delete-stack-set")

        gone = cfn("delete-stack-instances", "--regions", "us-east-1", "--deployment-targets", targets,
                   "--no-retain-stacks")["OperationId"]
        operation = gone
        eventually(lambda: status() == "SUCCEEDED", "the deletion")
        self.assertEqual(cfn("list-stack-instances")["Summaries"], [])
        cfn("delete-stack-set")
        with self.assertRaisesRegex(Refused, "NoSuchEntity"):
            aws("iam", "get-role", "--role-name", "CliStackSetRole", credentials=assume(self.accounts[0]))

    @staticmethod
    def create_stack_set(cfn):
        cfn("create-stack-set", "--permission-model", "SERVICE_MANAGED", "--template-body", json.dumps(TEMPLATE),
            "--auto-deployment", "Enabled=true,RetainStacksOnAccountRemoval=false", "--capabilities",
            "CAPABILITY_NAMED_IAM")

    def test_5_what_is_not_simulated_says_so(self):
        """An operation that the sandbox does not know is an error that names it, never an empty success."""
        with self.assertRaisesRegex(Refused, "ListServerCertificates"):
            aws("iam", "list-server-certificates")
        with self.assertRaisesRegex(Refused, "DescribeResourcePolicy"):
            aws("organizations", "describe-resource-policy")


if __name__ == "__main__":
    if not (URL or "").startswith("http"):
        sys.exit(__doc__)
    unittest.main(verbosity=2)
