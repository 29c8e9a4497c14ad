"""What makes AWS hard to reconcile: each behaviour by which a program that is only almost right goes wrong.

    ROLECALL=target/debug/rolecall python behaviours.py

Each test starts sandboxes of its own. Its number is the place of the behaviour in BEHAVIOURS, which are in the order of the
harm they do; a behaviour without a test fails.
"""

import json
import os
import sys
import unittest
from contextlib import contextmanager

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from world import (
    ELSEWHERE, FAST, MANAGEMENT, MEMBERS, NAMED, NESTED, OUTSIDE, REGION, ROOT, SUSPENDED, WORKLOADS, World, policy,
    template, trust,
)

BEHAVIOURS = {
    1: "a stack set does one operation at a time unless its execution is managed; automatic deployment takes the place too",
    2: "an update changes the definition even when its rollout fails; all instances are outdated first",
    3: "failures are tolerated by Region, strictly or softly; the rest is cancelled; a success may hold failures",
    4: "the management account gets nothing, suspended accounts are skipped, a failed delete leaves an inoperable instance",
    5: "automatic deployment follows accounts that come, move and go, blind to filters and overrides",
    6: "a name that is taken fails an instance without a stack; what was added by hand fails its deletion",
    7: "lists of operations and results lag behind, descriptions do not",
    8: "IAM takes its time: what was written is not there yet, for readers, for trust policies and for AssumeRole",
    9: "a trust policy names its principals by unique id, and a principal made again is another one",
    10: "AssumeRole refuses alike whatever the reason, checks durations in order, and sessions die with their role",
    11: "Organizations: pages of 20, empty pages with a token, token buckets, State and Status, Paths",
    12: "throttling has a name in each service; a call that failed may have taken effect",
    13: "drift detection is blind to what the template does not declare",
    14: "templates, units, tags and overrides have their limits and empty is not absent",
    15: "a stack set goes when it is empty, is remembered by its id, and its name is free again",
}
AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"


def shows(number):
    """Marks the test of a behaviour."""
    def mark(test):
        test.number = number
        test.__doc__ = f"{number}. {BEHAVIOURS[number]}"
        return test
    return mark


class Behaviours(unittest.TestCase):
    """A behaviour each."""

    @contextmanager
    def refused(self, code, status, text="."):
        """The call in this block ends with an error of this code, status and text."""
        with self.assertRaises(ClientError) as caught:
            yield
        answer = caught.exception.response
        found = (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"])
        self.assertEqual(found, (code, status), answer["Error"])
        self.assertRegex(answer["Error"]["Message"], text)

    def test_every_behaviour_has_a_test(self):
        numbers = [getattr(getattr(self, name), "number", None) for name in dir(self) if name.startswith("test_")]
        self.assertEqual(sorted(number for number in numbers if number), sorted(BEHAVIOURS))

    @shows(1)
    def test_one_operation_at_a_time(self):
        with World() as world:
            world.stack_set(auto=True)
            first = world.begin("create_stack_instances")
            with self.refused("OperationInProgressException", 409, first):
                world.begin("create_stack_instances", units=[ELSEWHERE])
            world.ended(first)
            world.move(OUTSIDE, ELSEWHERE, WORKLOADS)
            with self.refused("OperationInProgressException", 409, "Another Operation on StackSet arn:.* is in progress"):
                world.begin("update_stack_set", UsePreviousTemplate=True, Capabilities=NAMED, DeploymentTargets={
                    "OrganizationalUnitIds": [NESTED]})
            world.stack_set("managed", template("Managed"), ManagedExecution={"Active": True})
            begun = [world.begin("create_stack_instances", "managed", units=[unit]) for unit in (WORKLOADS, WORKLOADS)]
            self.assertEqual([world.operation(one, "managed")["Status"] for one in begun], ["RUNNING", "QUEUED"])
            self.assertEqual([world.ended(one, "managed")["Status"] for one in begun], ["SUCCEEDED", "SUCCEEDED"])

    @shows(2)
    def test_the_definition_changes_before_the_instances(self):
        changed = template("Scanner", session=7200)
        with World(denied={MEMBERS[0]: ["iam:UpdateRole"]}) as world:
            world.deployed()
            strict = {"FailureToleranceCount": 0, "MaxConcurrentCount": 1}
            update = {"StackSetName": "set", "TemplateBody": changed, "Capabilities": NAMED}
            failing = world.cfn.update_stack_set(**update, OperationPreferences=strict)["OperationId"]
            self.assertEqual(set(world.statuses().values()), {"OUTDATED"})
            self.assertEqual(world.ended(failing)["Status"], "FAILED")
            definition = world.cfn.describe_stack_set(StackSetName="set")["StackSet"]["TemplateBody"]
            self.assertEqual(definition, changed)
            self.assertEqual(world.role(MEMBERS[0])["MaxSessionDuration"], 3600)
            targets = {"OrganizationalUnitIds": [NESTED]}
            canary = world.cfn.update_stack_set(
                **update, OperationPreferences=FAST, DeploymentTargets=targets, Regions=[REGION])["OperationId"]
            self.assertEqual(world.ended(canary)["Status"], "SUCCEEDED")
            current = {account for account, status in world.statuses().items() if status == "CURRENT"}
            self.assertEqual(current, set(MEMBERS[3:]))

    @shows(3)
    def test_failures_are_tolerated_up_to_a_number(self):
        denied = {account: ["iam:CreateRole"] for account in MEMBERS[:3]}
        regions = {"Regions": ["us-east-1", "eu-west-1"]}

        def counts(preferences, **params):
            """How an operation ended, its count of failures, and its results by Region and status."""
            with World(denied=denied) as world:
                world.stack_set(body=template())
                order = {"RegionOrder": ["us-east-1", "eu-west-1"]}
                identifier = world.begin("create_stack_instances", OperationPreferences=preferences | order, **params)
                operation = world.ended(identifier)
                rows = [(row["Region"], row["Status"]) for row in world.results(identifier)]
                found = {row: rows.count(row) for row in rows}
                return operation["Status"], operation["StatusDetails"]["FailedStackInstancesCount"], found

        first, second = regions["Regions"]
        strict = {"MaxConcurrentCount": 5, "FailureToleranceCount": 1}
        status, failed, found = counts(strict | {"ConcurrencyMode": "STRICT_FAILURE_TOLERANCE"}, **regions)
        self.assertEqual((status, failed), ("FAILED", 2))
        self.assertEqual(found[first, "FAILED"], 2)
        self.assertEqual(found[second, "CANCELLED"], 5)
        status, failed, found = counts(strict | {"ConcurrencyMode": "SOFT_FAILURE_TOLERANCE"}, **regions)
        self.assertEqual((status, failed, found[first, "FAILED"]), ("FAILED", 3, 3))
        self.assertEqual(found[second, "CANCELLED"], 5)
        tolerant = {"MaxConcurrentCount": 1, "FailureToleranceCount": 3}
        status, failed, found = counts(tolerant, **regions)
        self.assertEqual((status, failed), ("SUCCEEDED", 6))
        self.assertEqual(found[second, "SUCCEEDED"], 2)

    @shows(4)
    def test_some_accounts_get_nothing_and_some_get_stuck(self):
        with World() as world:
            world.deployed(units=[ROOT])
            self.assertEqual(set(world.statuses()) - {SUSPENDED}, {*MEMBERS, OUTSIDE})
            self.assertIsNone(world.role(MANAGEMENT))
            self.assertIsNone(world.role(SUSPENDED))
            iam = world.iam(OUTSIDE)
            iam.put_role_policy(RoleName="Scanner", PolicyName="by-hand", PolicyDocument=json.dumps(policy()))
            delete = {"units": [ROOT], "accounts": [OUTSIDE]}
            self.assertEqual(world.done("delete_stack_instances", RetainStacks=False, **delete,
                                        OperationPreferences={"FailureToleranceCount": 0}), "FAILED")
            self.assertEqual(world.statuses()[OUTSIDE], "INOPERABLE")
            update = world.cfn.update_stack_set(StackSetName="set", TemplateBody=template("Scanner", 7200),
                                                Capabilities=NAMED, OperationPreferences=FAST)["OperationId"]
            world.ended(update)
            self.assertEqual(world.statuses()[OUTSIDE], "INOPERABLE")
            self.assertEqual(world.role(OUTSIDE)["MaxSessionDuration"], 3600)
            self.assertEqual(world.done("delete_stack_instances", RetainStacks=True, **delete), "SUCCEEDED")
            self.assertNotIn(OUTSIDE, world.statuses())
            self.assertIsNotNone(world.role(OUTSIDE))

    @shows(5)
    def test_automatic_deployment_follows_accounts(self):
        parameters = {"Note": {"Type": "String", "Default": "default"}}
        body = template("Scanner", parameters=parameters, Description={"Ref": "Note"})
        with World() as world:
            world.stack_set(body=body, auto=True)
            override = [{"ParameterKey": "Note", "ParameterValue": "overridden"}]
            world.done("create_stack_instances", accounts=[MEMBERS[0]], filtered="DIFFERENCE", ParameterOverrides=override)
            self.assertEqual(set(world.statuses()) - {SUSPENDED}, set(MEMBERS[1:]))
            account = world.new_account()
            self.assertEqual(world.organizations.list_parents(ChildId=account)["Parents"][0]["Id"], ROOT)
            world.idle()
            self.assertNotIn(account, world.statuses())
            world.move(account, ROOT, WORKLOADS)
            # The account that the filter left out gets its stack when it comes back.
            world.move(MEMBERS[0], WORKLOADS, ELSEWHERE)
            world.idle()
            world.move(MEMBERS[0], ELSEWHERE, WORKLOADS)
            world.idle()
            self.assertEqual(world.role(account)["Description"], "default")
            self.assertEqual(world.role(MEMBERS[0])["Description"], "default")
            self.assertEqual(world.role(MEMBERS[1])["Description"], "overridden")
            world.move(account, WORKLOADS, ELSEWHERE)
            world.idle()
            self.assertNotIn(account, world.statuses())
            self.assertIsNone(world.role(account))

    @shows(6)
    def test_what_is_there_already_is_in_the_way(self):
        with World() as world:
            iam = world.iam(MEMBERS[0])
            iam.create_role(RoleName="Scanner", AssumeRolePolicyDocument=json.dumps(trust()))
            world.stack_set()
            self.assertEqual(world.done("create_stack_instances"), "SUCCEEDED")
            row = world.instances()[MEMBERS[0]]
            self.assertEqual((row["Status"], row["StackInstanceStatus"]["DetailedStatus"]), ("OUTDATED", "FAILED"))
            self.assertRegex(row["StatusReason"], "identifier '?Scanner'? already exists")
            stacks = world.client("cloudformation", MEMBERS[0]).list_stacks()["StackSummaries"]
            self.assertEqual([stack for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"], [])
            world.iam(MEMBERS[1]).attach_role_policy(RoleName="Scanner", PolicyArn=AUDIT)
            world.done("delete_stack_instances", RetainStacks=False, accounts=[MEMBERS[1]])
            row = world.instances()[MEMBERS[1]]
            self.assertEqual(row["Status"], "INOPERABLE")
            self.assertIn("Cannot delete entity, must detach all policies first.", row["StatusReason"])

    @shows(7)
    def test_lists_lag_behind(self):
        with World(results_lag_seconds=120, instances_lag_seconds=600) as world:
            world.stack_set()
            identifier = world.begin("create_stack_instances")
            listed = world.cfn.list_stack_set_operations(StackSetName="set")["Summaries"]
            self.assertEqual(listed, [])
            self.assertEqual(world.operation(identifier)["Status"], "RUNNING")
            self.assertEqual(world.ended(identifier)["Status"], "SUCCEEDED")
            self.assertEqual(world.cfn.describe_stack_set(StackSetName="set")["StackSet"]["OrganizationalUnitIds"],
                             [WORKLOADS])
            self.assertNotEqual(set(world.statuses().values()), {"CURRENT"})
            world.advance(1200)
            listed = world.cfn.list_stack_set_operations(StackSetName="set")["Summaries"]
            self.assertEqual([(row["OperationId"], row["Status"]) for row in listed], [(identifier, "SUCCEEDED")])
            self.assertEqual(set(world.statuses().values()), {"CURRENT"})

    @shows(8)
    def test_what_iam_was_told_is_true_later(self):
        with World(iam_delay_seconds=60) as world:
            iam, sts = world.iam(MANAGEMENT), world.client("sts")
            arn = iam.create_role(RoleName="Fresh", AssumeRolePolicyDocument=json.dumps(trust()))["Role"]["Arn"]
            self.assertIsNone(world.role(MANAGEMENT, "Fresh"))
            new = {"RoleName": "Second", "AssumeRolePolicyDocument": json.dumps(trust(arn))}
            with self.refused("MalformedPolicyDocument", 400, "Invalid principal in policy"):
                iam.create_role(**new)
            with self.refused("AccessDenied", 403):
                sts.assume_role(RoleArn=arn, RoleSessionName="early")
            world.advance(60)
            self.assertIsNotNone(world.role(MANAGEMENT, "Fresh"))
            iam.create_role(**new)
            sts.assume_role(RoleArn=arn, RoleSessionName="late")

    @shows(9)
    def test_a_principal_is_who_it_was(self):
        with World() as world:
            iam = world.iam(MEMBERS[0])

            def make(name, principal):
                return iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust(principal)))["Role"]

            def principal(name="Trusting"):
                return iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"]

            first = make("Trusted", MANAGEMENT)
            self.assertEqual(principal("Trusted"), f"arn:aws:iam::{MANAGEMENT}:root")
            make("Trusting", first["Arn"])
            self.assertEqual(principal(), first["Arn"])
            iam.delete_role(RoleName="Trusted")
            self.assertEqual(principal(), first["RoleId"])
            second = make("Trusted", MANAGEMENT)
            self.assertNotEqual(second["RoleId"], first["RoleId"])
            self.assertEqual(principal(), first["RoleId"])
            iam.update_assume_role_policy(RoleName="Trusting", PolicyDocument=json.dumps(trust(second["Arn"])))
            self.assertEqual(principal(), second["Arn"])

    @shows(10)
    def test_assume_role_tells_nothing(self):
        with World() as world:
            iam, sts = world.iam(MEMBERS[0]), world.client("sts")
            condition = {"sts:ExternalId": "expected"}
            arn = iam.create_role(RoleName="Vendor", MaxSessionDuration=43200, AssumeRolePolicyDocument=json.dumps(
                trust(**condition)))["Role"]["Arn"]
            texts = set()
            for role, given in ((arn, {}), (arn, {"ExternalId": "other"}), (arn + "x", {"ExternalId": "expected"})):
                with self.assertRaises(ClientError) as caught:
                    sts.assume_role(RoleArn=role, RoleSessionName="vendor", **given)
                answer = caught.exception.response
                self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 403)
                texts.add((answer["Error"]["Code"], answer["Error"]["Message"].replace(role, "ROLE")))
            self.assertEqual(len(texts), 1, texts)
            enter = {"RoleArn": arn, "RoleSessionName": "vendor", "ExternalId": "expected"}
            with self.refused("ValidationError", 400, "less than or equal to 43200"):
                sts.assume_role(**enter, DurationSeconds=43201)
            keys = sts.assume_role(**enter, DurationSeconds=43200)["Credentials"]
            member = sts.assume_role(RoleArn=f"arn:aws:iam::{MEMBERS[0]}:role/OrganizationAccountAccessRole",
                                     RoleSessionName="chain")["Credentials"]
            chained = world.client("sts", keys=member)
            document = json.dumps(trust(f"arn:aws:iam::{MEMBERS[0]}:role/OrganizationAccountAccessRole", **condition))
            iam.update_assume_role_policy(RoleName="Vendor", PolicyDocument=document)
            chained.assume_role(**enter, DurationSeconds=3600)
            with self.refused("ValidationError", 400, "1 hour session limit for roles assumed by role chaining"):
                chained.assume_role(**enter, DurationSeconds=3601)
            with self.refused("AccessDenied", 403):
                sts.assume_role(**enter)
            session = world.client("sts", keys=keys)
            self.assertEqual(session.get_caller_identity()["Account"], MEMBERS[0])
            iam.delete_role(RoleName="Vendor")
            with self.refused("InvalidClientTokenId", 403):
                session.get_caller_identity()
            iam.create_role(RoleName="Vendor", AssumeRolePolicyDocument=json.dumps(trust(**condition)))
            with self.refused("InvalidClientTokenId", 403):
                session.get_caller_identity()

    @shows(11)
    def test_organizations_answers_in_small_pieces(self):
        with World(empty_pages="present", status="absent", paths="absent") as world:
            for number in range(25):
                world.organizations.create_organizational_unit(ParentId=ROOT, Name=f"unit-{number:02}")
            pages = list(world.organizations.get_paginator("list_organizational_units_for_parent").paginate(ParentId=ROOT))
            sizes = [len(page["OrganizationalUnits"]) for page in pages]
            self.assertEqual((sum(sizes), max(sizes)), (27, 20))
            self.assertTrue([page for page in pages if not page["OrganizationalUnits"] and "NextToken" in page])
            account = world.organizations.describe_account(AccountId=MEMBERS[0])["Account"]
            self.assertEqual(account["State"], "ACTIVE")
            self.assertEqual(account.keys() & {"Status", "Paths"}, set())
            with self.refused("InvalidInputException", 400):
                world.organizations.list_accounts(MaxResults=21)
        with World(token_buckets="on", token_bucket_percent=10) as world:
            with self.refused("TooManyRequestsException", 400):
                for _ in range(10):
                    world.organizations.describe_organization()
            world.advance(60)
            world.organizations.describe_organization()
        with World(state="absent") as world:
            account = world.organizations.describe_account(AccountId=MEMBERS[0])["Account"]
            self.assertEqual(account["Status"], "ACTIVE")
            self.assertEqual(account["Paths"], [f"o-behaviours/{ROOT}/{WORKLOADS}/{MEMBERS[0]}/"])
            self.assertNotIn("State", account)

    @shows(12)
    def test_a_call_that_failed_may_have_worked(self):
        throttled = {"iam": ("list_roles", "Throttling"), "sts": ("get_caller_identity", "Throttling"),
                     "cloudformation": ("list_stack_sets", "Throttling"),
                     "organizations": ("list_roots", "TooManyRequestsException")}
        with World(*(f"{service}=throttle:1" for service in throttled)) as world:
            for service, (operation, code) in throttled.items():
                with self.refused(code, 400, "Rate exceeded"):
                    getattr(world.client(service), operation)()
                getattr(world.client(service), operation)()
        faults = ["iam:ListRoles=server_error_before:1", "iam:CreateRole=server_error_after:1",
                  "cloudformation:CreateStackInstances=hang_after(3s):1", "iam:DeleteRole=reset_after:1"]
        with World(*faults) as world:
            iam = world.iam(MANAGEMENT)
            with self.refused("InternalFailure", 500):
                iam.list_roles()
            with self.refused("InternalFailure", 500):
                iam.create_role(RoleName="Twice", AssumeRolePolicyDocument=json.dumps(trust()))
            with self.refused("EntityAlreadyExists", 409):
                iam.create_role(RoleName="Twice", AssumeRolePolicyDocument=json.dumps(trust()))
            with self.assertRaises(ConnectionClosedError):
                iam.delete_role(RoleName="Twice")
            self.assertIsNone(world.role(MANAGEMENT, "Twice"))
            world.stack_set()
            hasty = world.client("cloudformation", read_timeout=1)
            targets = {"OrganizationalUnitIds": [WORKLOADS]}
            create = {"StackSetName": "set", "Regions": [REGION], "DeploymentTargets": targets, "OperationId": "mine"}
            with self.assertRaises(ReadTimeoutError):
                hasty.create_stack_instances(**create)
            with self.refused("OperationIdAlreadyExistsException", 409):
                world.cfn.create_stack_instances(**create)
            self.assertEqual(world.ended("mine")["Status"], "SUCCEEDED")

    @shows(13)
    def test_drift_detection_sees_what_is_declared(self):
        def drift(body):
            """What drift detection says after someone widened the role."""
            with World() as world:
                cfn, iam = world.cfn, world.iam(MANAGEMENT)
                cfn.create_stack(StackName="stack", TemplateBody=body, Capabilities=NAMED)
                world.advance(600)
                cfn.get_waiter("stack_create_complete").wait(StackName="stack", WaiterConfig={"Delay": 1})
                iam.attach_role_policy(RoleName="Scanner", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
                detection = cfn.detect_stack_drift(StackName="stack")["StackDriftDetectionId"]
                world.advance(600)
                found = cfn.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
                self.assertEqual(found["DetectionStatus"], "DETECTION_COMPLETE")
                return found["StackDriftStatus"]

        self.assertEqual(drift(template("Scanner")), "IN_SYNC")
        self.assertEqual(drift(template("Scanner", ManagedPolicyArns=[AUDIT])), "DRIFTED")

    @shows(14)
    def test_empty_is_not_absent(self):
        parameters = {"Note": {"Type": "String", "Default": "default"}}
        body = template("Scanner", parameters=parameters, Description={"Ref": "Note"})
        with World() as world:
            create = {"StackSetName": "set", "PermissionModel": "SERVICE_MANAGED", "AutoDeployment": {"Enabled": False}}
            with self.refused("InsufficientCapabilitiesException", 400, "CAPABILITY_NAMED_IAM"):
                world.cfn.create_stack_set(**create, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
            with self.refused("ValidationError", 400, "51200"):
                world.cfn.create_stack_set(**create, TemplateBody=body + " " * 51_200, Capabilities=NAMED)
            tags = [{"Key": "team", "Value": "ops"}]
            world.stack_set(body=body, Tags=tags)
            units = [f"ou-beha-{number:08}" for number in range(51)]
            with self.refused("ValidationError", 400):
                world.begin("create_stack_instances", units=units)
            override = {"ParameterOverrides": [{"ParameterKey": "Note", "ParameterValue": "mine"}]}
            world.done("create_stack_instances", **override)

            def updated(**given):
                identifier = world.cfn.update_stack_set(StackSetName="set", UsePreviousTemplate=True, Capabilities=NAMED,
                                                        OperationPreferences=FAST, **given)["OperationId"]
                world.ended(identifier)
                return world.cfn.describe_stack_set(StackSetName="set")["StackSet"]["Tags"]

            self.assertEqual(updated(), tags)
            self.assertEqual(updated(Tags=[]), [])
            self.assertEqual(world.role(MEMBERS[0])["Description"], "mine")
            world.done("update_stack_instances")
            self.assertEqual(world.role(MEMBERS[0])["Description"], "mine")
            world.done("update_stack_instances", ParameterOverrides=[])
            self.assertEqual(world.role(MEMBERS[0])["Description"], "default")

    @shows(15)
    def test_a_deleted_stack_set_is_remembered(self):
        with World() as world:
            first = world.stack_set()
            world.done("create_stack_instances")
            with self.refused("StackSetNotEmptyException", 409):
                world.cfn.delete_stack_set(StackSetName="set")
            self.assertEqual(world.done("delete_stack_instances", RetainStacks=False), "SUCCEEDED")
            world.cfn.delete_stack_set(StackSetName="set")
            with self.refused("StackSetNotFoundException", 404):
                world.cfn.describe_stack_set(StackSetName="set")
            self.assertEqual(world.cfn.describe_stack_set(StackSetName=first)["StackSet"]["Status"], "DELETED")
            second = world.stack_set()
            self.assertNotEqual(first, second)
            self.assertEqual(world.cfn.describe_stack_set(StackSetName="set")["StackSet"]["StackSetId"], second)


if __name__ == "__main__":
    if "ROLECALL" not in os.environ:
        sys.exit(__doc__)
    unittest.main(verbosity=2)
