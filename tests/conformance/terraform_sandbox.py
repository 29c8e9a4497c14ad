"""Terraform with the AWS provider on the sandbox: what is in terraform/*.tf is created, changed and destroyed.

    TERRAFORM_DIRECTORY=DIRECTORY python terraform_sandbox.py URL

URL is that of `rolecall sandbox serve --org examples/acme/organization.yaml` in its first state. DIRECTORY holds a copy of
terraform/*.tf, and `terraform init` was run in it.
"""

import json
import os
import subprocess
import sys
import unittest

import boto3

URL = sys.argv.pop() if len(sys.argv) > 1 else None
DIRECTORY = os.environ.get("TERRAFORM_DIRECTORY", ".")
# The role that organizations makes in new accounts, a member that has it, and a unit of three accounts.
MEMBER_ROLE, MEMBER, UNIT = "OrganizationAccountAccessRole", "222222222222", "ou-acme-security"
INSIDE = ["320000000001", "320000000002", "320000000003"]
FIRST = {"member": MEMBER, "unit": UNIT}
CHANGED = FIRST | {"session": "7200", "team": "security", "actions": '["s3:ListAllMyBuckets","s3:GetBucketLocation"]'}
NO_CHANGES, CHANGES = 0, 2


def client(service, account="anyone"):
    """A client that acts as the administrator of an account, or of the management account."""
    return boto3.client(
        service,
        endpoint_url=URL,
        region_name="us-east-1",
        aws_access_key_id=account,
        aws_secret_access_key="anything",
    )


def terraform(*words, variables=None, exits=(0,)):
    """Runs Terraform and returns its exit code and what it said."""
    environment = os.environ | {"AWS_ENDPOINT_URL": URL, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    given = [f"-var={name}={value}" for name, value in (variables or {}).items()]
    run = subprocess.run(
        ["terraform", *words, *given], cwd=DIRECTORY, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode in exits, f"terraform {words[0]}: exit code {run.returncode}\n{run.stdout}\n{run.stderr}"
    return run.returncode, run.stdout


def apply(variables):
    """Applies the configuration."""
    terraform("apply", "-auto-approve", "-input=false", "-no-color", "-compact-warnings", variables=variables)


def plan(variables):
    """Plans, and returns whether something would change and what."""
    return terraform("plan", "-detailed-exitcode", "-input=false", "-no-color", variables=variables, exits=(0, 2))


def no_changes(variables):
    """The next plan changes nothing."""
    changes, said = plan(variables)
    assert changes == NO_CHANGES, said


def role(account, name):
    """A role with its policies; none when it is not there."""
    iam = client("iam", account)
    try:
        found = iam.get_role(RoleName=name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        return None
    inline = {policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]["Statement"][0]["Action"]
              for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]}
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return {
        "path": found["Path"],
        "session": found["MaxSessionDuration"],
        "external id": found["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"],
        "boundary": found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "tags": {tag["Key"]: tag["Value"] for tag in found.get("Tags", []) if not tag["Key"].startswith("aws:")},
        "inline": inline,
        "attached": sorted(policy["PolicyName"] for policy in attached),
    }


class Terraform(unittest.TestCase):
    """One story, in order: each test stands on those before it."""

    @classmethod
    def setUpClass(cls):
        # Terraform has no resource for it.
        client("cloudformation").activate_organizations_access()
        cls.organizations = client("organizations")
        cls.sets = client("cloudformation")

    def outputs(self):
        """The outputs of the configuration by name."""
        values = json.loads(terraform("output", "-json")[1])
        return {name: output["value"] for name, output in values.items()}

    def assert_roles(self, session, team, actions):
        """The roles are everywhere as the configuration says."""
        common = {"session": session, "external id": "made-with-terraform", "inline": {"additions": actions}}
        plain = {"path": "/", "boundary": None, "attached": ["SecurityAudit"]} | common
        self.assertEqual(role(MEMBER, "TerraformScanner"), plain | {"tags": {}})
        boundary = client("sts").get_caller_identity()["Account"]
        self.assertEqual(
            role("anyone", "TerraformScanner"),
            common
            | {
                "path": "/vendors/",
                "boundary": f"arn:aws:iam::{boundary}:policy/vendors/TerraformBoundary",
                "tags": {"team": team},
                "attached": ["SecurityAudit", "ViewOnlyAccess"],
            },
        )
        for account in [*INSIDE, self.outputs()["account"]]:
            self.assertEqual(role(account, "TerraformStackSetRole"), plain | {"tags": {"team": team}}, account)

    def test_1_everything_is_created_and_the_next_plan_is_empty(self):
        apply(FIRST)
        no_changes(FIRST)
        account = self.outputs()["account"]
        self.assertEqual(sorted(self.outputs()["found"]), sorted([*INSIDE, account]))
        self.assertEqual(self.organizations.list_parents(ChildId=account)["Parents"][0]["Id"], UNIT)
        tags = self.organizations.list_tags_for_resource(ResourceId=account)["Tags"]
        self.assertEqual(tags, [{"Key": "team", "Value": "platform"}])
        delegated = self.organizations.list_delegated_administrators()["DelegatedAdministrators"]
        self.assertEqual([row["Id"] for row in delegated], [MEMBER])
        self.assert_roles(3600, "platform", "s3:ListAllMyBuckets")
        stack_set = self.sets.describe_stack_set(StackSetName="terraform-scanner")["StackSet"]
        self.assertEqual(stack_set["PermissionModel"], "SERVICE_MANAGED")
        self.assertEqual(stack_set["OrganizationalUnitIds"], [UNIT])
        self.assertEqual(stack_set["AutoDeployment"]["Enabled"], True)

    def test_2_what_someone_changed_by_hand_is_planned_and_put_right(self):
        client("iam").update_role(RoleName="TerraformScanner", MaxSessionDuration=43200)
        client("iam", MEMBER).put_role_policy(RoleName="TerraformScanner", PolicyName="by-hand", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        ))
        changes, said = plan(FIRST)
        self.assertEqual(changes, CHANGES)
        self.assertIn("Plan: 0 to add, 2 to change, 0 to destroy.", said)
        apply(FIRST)
        self.assert_roles(3600, "platform", "s3:ListAllMyBuckets")

    def test_3_a_change_arrives_everywhere_and_the_next_plan_is_empty(self):
        self.assertEqual(plan(CHANGED)[0], CHANGES)
        apply(CHANGED)
        no_changes(CHANGED)
        self.assert_roles(7200, "security", ["s3:ListAllMyBuckets", "s3:GetBucketLocation"])
        root = self.organizations.list_roots()["Roots"][0]["Id"]
        units = self.organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
        self.assertIn("Terraform security", [unit["Name"] for unit in units])
        instances = self.sets.list_stack_instances(StackSetName="terraform-scanner")["Summaries"]
        self.assertEqual({instance["Status"] for instance in instances}, {"CURRENT"})
        self.assertEqual(len(instances), len(INSIDE) + 1)

    def test_4_destroyed_it_leaves_nothing(self):
        account = self.outputs()["account"]
        terraform("destroy", "-auto-approve", "-input=false", "-no-color", variables=CHANGED)
        self.assertIsNone(role("anyone", "TerraformScanner"))
        self.assertIsNone(role(MEMBER, "TerraformScanner"))
        for inside in INSIDE:
            self.assertIsNone(role(inside, "TerraformStackSetRole"))
        sets = self.sets.list_stack_sets(Status="ACTIVE")["Summaries"]
        self.assertEqual(sets, [])
        self.assertEqual(self.organizations.list_delegated_administrators()["DelegatedAdministrators"], [])
        state = self.organizations.describe_account(AccountId=account)["Account"]["State"]
        self.assertIn(state, ("PENDING_CLOSURE", "SUSPENDED", "CLOSED"))


if __name__ == "__main__":
    if not (URL or "").startswith("http"):
        sys.exit(__doc__)
    unittest.main(verbosity=2, failfast=True)
