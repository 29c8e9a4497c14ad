"""boto3 on the sandbox's CloudFormation: stacks, change sets, drift and the import of stacks into stack sets.

    python boto3_sandbox_stacks.py URL

URL is that of `rolecall sandbox serve --org examples/acme/organization.yaml` in its first state; its organization is
changed by this. boto3 reads every answer by AWS's service model. Paginators and waiters are used as they come.
"""

import json
import sys
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

URL = sys.argv.pop() if len(sys.argv) > 1 else None
MEMBER, UNIT = "222222222222", "ou-acme-workload"
NAMED = {"Capabilities": ["CAPABILITY_NAMED_IAM"]}
PATIENT = {"WaiterConfig": {"Delay": 1, "MaxAttempts": 60}}
FAST = {"MaxConcurrentPercentage": 100, "FailureTolerancePercentage": 100, "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE"}


def client(service, account="anyone"):
    """A client that acts as the administrator of an account, or of the management account."""
    return boto3.client(
        service,
        endpoint_url=URL,
        region_name="us-east-1",
        aws_access_key_id=account,
        aws_secret_access_key="anything",
        config=Config(retries={"total_max_attempts": 1}),
    )


CFN, IAM = client("cloudformation", MEMBER), client("iam", MEMBER)
ADMINISTRATOR = client("cloudformation")


def document(action="s3:List*"):
    """A policy."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def role(name, **more):
    """A role of a template."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::232136659152:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "made-with-boto3"}},
    }
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Type": "AWS::IAM::Role", "Properties": {"RoleName": name, "AssumeRolePolicyDocument": trust} | more}


def template(resources, **more):
    """A template."""
    return json.dumps({"Resources": resources} | more)


def impossible(first):
    """A template whose second role cannot be made."""
    second = role("Impossible", ManagedPolicyArns=["arn:aws:iam::aws:policy/NoSuchPolicy"]) | {"DependsOn": "Role"}
    return template({"Role": first, "Second": second})


def rows(operation, member, **parameters):
    """All rows of a list, by boto3's own paginator."""
    return [row for page in CFN.get_paginator(operation).paginate(**parameters) for row in page[member]]


def status(name):
    """How a stack stands."""
    return CFN.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]


class Stacks(unittest.TestCase):
    """What all tests here can do."""

    def refused(self, code, call, **parameters):
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error["Message"])
        return error["Message"]

    def create(self, name, body, **more):
        made = CFN.create_stack(StackName=name, TemplateBody=body, **NAMED, **more)
        self.addCleanup(self.delete, name)
        return made["StackId"]

    def delete(self, name):
        if self.is_there(name):
            CFN.update_termination_protection(StackName=name, EnableTerminationProtection=False)
        CFN.delete_stack(StackName=name)

    def is_there(self, name):
        try:
            CFN.describe_stacks(StackName=name)
        except ClientError:
            return False
        return True


class Lifecycle(Stacks):
    def test_every_resource_type_is_made_and_goes_again(self):
        body = template(
            {
                "Role": role("AllRole", Policies=[{"PolicyName": "list", "PolicyDocument": document()}]),
                "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
                "Group": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "AllGroup"}},
                "User": {"Type": "AWS::IAM::User", "Properties": {"UserName": "AllUser", "Path": "/people/"}},
                "In": {
                    "Type": "AWS::IAM::UserToGroupAddition",
                    "Properties": {"GroupName": {"Ref": "Group"}, "Users": [{"Ref": "User"}]},
                },
                "Managed": {
                    "Type": "AWS::IAM::ManagedPolicy",
                    "Properties": {"PolicyDocument": document(), "Roles": [{"Ref": "Role"}], "Users": [{"Ref": "User"}]},
                },
                "Own": {
                    "Type": "AWS::IAM::RolePolicy",
                    "Properties": {"PolicyName": "own", "RoleName": {"Ref": "Role"}, "PolicyDocument": document()},
                },
                "Provider": {
                    "Type": "AWS::IAM::OIDCProvider",
                    "Properties": {"Url": "https://token.actions.githubusercontent.com", "ClientIdList": ["sts.amazonaws.com"]},
                },
            },
            Outputs={"Id": {"Value": {"Fn::GetAtt": ["Role", "RoleId"]}, "Export": {"Name": "all-role-id"}}},
        )
        self.create("all", body, Tags=[{"Key": "team", "Value": "ops"}])
        CFN.get_waiter("stack_create_complete").wait(StackName="all", **PATIENT)
        made = IAM.get_role(RoleName="AllRole")["Role"]
        outputs = CFN.describe_stacks(StackName="all")["Stacks"][0]["Outputs"]
        self.assertEqual([(o["OutputValue"], o["ExportName"]) for o in outputs], [(made["RoleId"], "all-role-id")])
        self.assertIn("all-role-id", [export["Name"] for export in rows("list_exports", "Exports")])
        self.assertEqual(IAM.get_user(UserName="AllUser")["User"]["Path"], "/people/")
        self.assertEqual([g["GroupName"] for g in IAM.list_groups_for_user(UserName="AllUser")["Groups"]], ["AllGroup"])
        listed = rows("list_stack_resources", "StackResourceSummaries", StackName="all")
        self.assertEqual({row["ResourceStatus"] for row in listed}, {"CREATE_COMPLETE"})
        one = CFN.describe_stack_resource(StackName="all", LogicalResourceId="Provider")["StackResourceDetail"]
        arn = f"arn:aws:iam::{MEMBER}:oidc-provider/token.actions.githubusercontent.com"
        self.assertEqual(one["PhysicalResourceId"], arn)
        by_role = CFN.describe_stack_resources(PhysicalResourceId="AllRole")["StackResources"]
        self.assertEqual({row["StackName"] for row in by_role}, {"all"})
        user = template({"Role": role("Importer", Description={"Fn::ImportValue": "all-role-id"})})
        self.create("importer", user)
        self.assertEqual(rows("list_imports", "Imports", ExportName="all-role-id"), ["importer"])
        self.delete("importer")
        CFN.delete_stack(StackName="all")
        CFN.get_waiter("stack_delete_complete").wait(StackName="all", **PATIENT)
        self.refused("NoSuchEntity", IAM.get_user, UserName="AllUser")
        self.refused("NoSuchEntity", IAM.get_role, RoleName="AllRole")

    def test_a_failed_creation_is_rolled_back_kept_or_deleted(self):
        body = impossible(role("HalfWay"))
        self.create("rolled-back", body)
        self.assertEqual(status("rolled-back"), "ROLLBACK_COMPLETE")
        with self.assertRaises(WaiterError):
            CFN.get_waiter("stack_create_complete").wait(StackName="rolled-back", **PATIENT)
        self.create("kept", body, OnFailure="DO_NOTHING")
        self.assertEqual(status("kept"), "CREATE_FAILED")
        IAM.get_role(RoleName="HalfWay")
        CFN.rollback_stack(StackName="kept")
        self.assertEqual(status("kept"), "ROLLBACK_COMPLETE")
        self.refused("NoSuchEntity", IAM.get_role, RoleName="HalfWay")
        gone = self.create("gone", body, OnFailure="DELETE")
        self.refused("ValidationError", CFN.describe_stacks, StackName="gone")
        self.assertEqual(status(gone), "DELETE_COMPLETE")

    def test_a_failed_update_is_rolled_back_or_kept(self):
        self.create("updated", template({"Role": role("Updated", Description="old")}))
        changed = impossible(role("Updated", Description="new"))
        CFN.update_stack(StackName="updated", TemplateBody=changed, **NAMED, ClientRequestToken="first-update")
        with self.assertRaises(WaiterError):
            CFN.get_waiter("stack_update_complete").wait(StackName="updated", **PATIENT)
        CFN.get_waiter("stack_rollback_complete").wait(StackName="updated", **PATIENT)
        self.assertEqual(status("updated"), "UPDATE_ROLLBACK_COMPLETE")
        self.assertEqual(IAM.get_role(RoleName="Updated")["Role"]["Description"], "old")
        events = rows("describe_stack_events", "StackEvents", StackName="updated")
        self.assertEqual({e.get("ClientRequestToken") for e in events}, {None, "first-update"})
        CFN.update_stack(StackName="updated", TemplateBody=changed, **NAMED, DisableRollback=True)
        self.assertEqual(status("updated"), "UPDATE_FAILED")
        self.assertEqual(IAM.get_role(RoleName="Updated")["Role"]["Description"], "new")
        CFN.rollback_stack(StackName="updated")
        self.assertEqual(status("updated"), "UPDATE_ROLLBACK_COMPLETE")
        self.refused("ValidationError", CFN.continue_update_rollback, StackName="updated")
        self.refused("ValidationError", CFN.cancel_update_stack, StackName="updated")

    def test_a_stack_that_cannot_be_deleted_lets_its_resource_be(self):
        self.create("stuck", template({"Role": role("Stuck")}), EnableTerminationProtection=True)
        self.assertIn("TerminationProtection", self.refused("ValidationError", CFN.delete_stack, StackName="stuck"))
        CFN.update_termination_protection(StackName="stuck", EnableTerminationProtection=False)
        IAM.put_role_policy(RoleName="Stuck", PolicyName="by-hand", PolicyDocument=json.dumps(document()))
        CFN.delete_stack(StackName="stuck")
        with self.assertRaises(WaiterError):
            CFN.get_waiter("stack_delete_complete").wait(StackName="stuck", **PATIENT)
        self.assertEqual(status("stuck"), "DELETE_FAILED")
        CFN.delete_stack(StackName="stuck", RetainResources=["Role"])
        self.assertFalse(self.is_there("stuck"))
        IAM.delete_role_policy(RoleName="Stuck", PolicyName="by-hand")
        IAM.delete_role(RoleName="Stuck")

    def test_templates_come_back_and_are_summarized(self):
        body = template({"Role": role("Known")}, Description="one role", Metadata={"By": "us"})
        self.create("known", body)
        self.assertEqual(json.dumps(CFN.get_template(StackName="known", TemplateStage="Original")["TemplateBody"]), body)
        summary = CFN.get_template_summary(StackName="known")
        self.assertEqual((summary["Description"], summary["Metadata"]), ("one role", '{"By":"us"}'))
        self.assertEqual(summary["ResourceIdentifierSummaries"][0]["ResourceIdentifiers"], ["RoleName"])
        self.refused("ValidationError", CFN.validate_template, TemplateBody="Resources: {}")


class ChangeSets(Stacks):
    def test_a_stack_is_created_changed_and_left_alone_by_change_sets(self):
        name = {"StackName": "by-changes", "ChangeSetName": "first"}
        made = CFN.create_change_set(**name, **NAMED, ChangeSetType="CREATE", TemplateBody=template({"Role": role("ByChanges")}))
        self.addCleanup(self.delete, "by-changes")
        CFN.get_waiter("change_set_create_complete").wait(**name, **PATIENT)
        self.assertEqual(status("by-changes"), "REVIEW_IN_PROGRESS")
        CFN.execute_change_set(ChangeSetName=made["Id"])
        CFN.get_waiter("stack_create_complete").wait(StackName="by-changes", **PATIENT)
        self.assertEqual(CFN.describe_change_set(ChangeSetName=made["Id"])["ExecutionStatus"], "EXECUTE_COMPLETE")

        same = {"StackName": "by-changes", "ChangeSetName": "same"}
        CFN.create_change_set(**same, **NAMED, UsePreviousTemplate=True)
        with self.assertRaises(WaiterError):
            CFN.get_waiter("change_set_create_complete").wait(**same, **PATIENT)
        failed = CFN.describe_change_set(**same)
        self.assertEqual((failed["Status"], failed["ExecutionStatus"]), ("FAILED", "UNAVAILABLE"))
        self.assertIn("didn't contain changes", failed["StatusReason"])
        self.refused("InvalidChangeSetStatus", CFN.execute_change_set, **same)
        CFN.delete_change_set(**same)

        changed = {"StackName": "by-changes", "ChangeSetName": "changed"}
        body = template({"Role": role("ByChanges", MaxSessionDuration=7200), "Second": role("SecondByChanges")})
        CFN.create_change_set(**changed, **NAMED, TemplateBody=body)
        CFN.get_waiter("change_set_create_complete").wait(**changed, **PATIENT)
        found = CFN.describe_change_set(**changed, IncludePropertyValues=True)["Changes"]
        changes = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in found}
        self.assertEqual({k: v["Action"] for k, v in changes.items()}, {"Role": "Modify", "Second": "Add"})
        target = changes["Role"]["Details"][0]["Target"]
        self.assertEqual((target["Name"], target["AfterValue"], target["RequiresRecreation"]), ("MaxSessionDuration", "7200", "Never"))
        listed = {s["ChangeSetName"] for s in rows("list_change_sets", "Summaries", StackName="by-changes")}
        self.assertEqual(listed, {"first", "changed"})
        CFN.execute_change_set(**changed)
        CFN.get_waiter("stack_update_complete").wait(StackName="by-changes", **PATIENT)
        self.assertEqual(IAM.get_role(RoleName="ByChanges")["Role"]["MaxSessionDuration"], 7200)
        self.refused("ChangeSetNotFound", CFN.describe_change_set, StackName="by-changes", ChangeSetName="same")


class Drift(Stacks):
    def detect(self, name):
        detection = CFN.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
        found = CFN.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        self.assertEqual(found["DetectionStatus"], "DETECTION_COMPLETE")
        return found["StackDriftStatus"], found["DriftedStackResourceCount"]

    def test_only_declared_properties_drift(self):
        self.create("drifting", template({"Role": role("Drifting", Description="declared")}))
        self.assertEqual(self.detect("drifting"), ("IN_SYNC", 0))
        IAM.attach_role_policy(RoleName="Drifting", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        self.assertEqual(self.detect("drifting"), ("IN_SYNC", 0))
        IAM.update_role(RoleName="Drifting", Description="by hand")
        self.assertEqual(self.detect("drifting"), ("DRIFTED", 1))
        drifts = CFN.describe_stack_resource_drifts(StackName="drifting", StackResourceDriftStatusFilters=["MODIFIED"])
        (difference,) = drifts["StackResourceDrifts"][0]["PropertyDifferences"]
        self.assertEqual(
            difference,
            {"PropertyPath": "/Description", "ExpectedValue": "declared", "ActualValue": "by hand", "DifferenceType": "NOT_EQUAL"},
        )
        one = CFN.detect_stack_resource_drift(StackName="drifting", LogicalResourceId="Role")["StackResourceDrift"]
        self.assertEqual(one["StackResourceDriftStatus"], "MODIFIED")
        IAM.detach_role_policy(RoleName="Drifting", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")


class StackSets(Stacks):
    def ended(self, operation):
        for _ in range(240):
            found = ADMINISTRATOR.describe_stack_set_operation(StackSetName="taken", OperationId=operation)
            if found["StackSetOperation"]["Status"] not in ("RUNNING", "QUEUED", "STOPPING"):
                return found["StackSetOperation"]["Status"]
            time.sleep(0.25)
        raise AssertionError(f"{operation} did not end")

    def test_stacks_are_taken_in_and_their_drift_rolls_up(self):
        body = template({"Role": role("TakenIn", ManagedPolicyArns=["arn:aws:iam::aws:policy/SecurityAudit"])})
        ADMINISTRATOR.activate_organizations_access()
        ADMINISTRATOR.create_stack_set(
            StackSetName="taken", TemplateBody=body, PermissionModel="SERVICE_MANAGED", AutoDeployment={"Enabled": False}, **NAMED
        )
        stack = CFN.create_stack(StackName="taken-in", TemplateBody=body, **NAMED)["StackId"]
        chosen = {"StackSetName": "taken", "OperationPreferences": FAST}
        begun = ADMINISTRATOR.import_stacks_to_stack_set(**chosen, StackIds=[stack], OrganizationalUnitIds=[UNIT])
        self.assertEqual(self.ended(begun["OperationId"]), "SUCCEEDED")
        place = {"StackSetName": "taken", "StackInstanceAccount": MEMBER, "StackInstanceRegion": "us-east-1"}
        instance = ADMINISTRATOR.describe_stack_instance(**place)["StackInstance"]
        self.assertEqual((instance["Status"], instance["StackId"]), ("CURRENT", stack))
        self.refused(
            "StackNotFoundException", ADMINISTRATOR.import_stacks_to_stack_set, **chosen, StackIds=[stack + "0"], OrganizationalUnitIds=[UNIT]
        )

        IAM.attach_role_policy(RoleName="TakenIn", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        detection = ADMINISTRATOR.detect_stack_set_drift(**chosen)["OperationId"]
        self.assertEqual(self.ended(detection), "SUCCEEDED")
        details = ADMINISTRATOR.describe_stack_set(StackSetName="taken")["StackSet"]["StackSetDriftDetectionDetails"]
        counts = {key: details[key] for key in details if key.endswith("Count") or key.endswith("Status")}
        self.assertEqual(
            counts,
            {
                "DriftStatus": "DRIFTED",
                "DriftDetectionStatus": "COMPLETED",
                "TotalStackInstancesCount": 1,
                "DriftedStackInstancesCount": 1,
                "InSyncStackInstancesCount": 0,
                "InProgressStackInstancesCount": 0,
                "FailedStackInstancesCount": 0,
            },
        )
        filters = [{"Name": "DRIFT_STATUS", "Values": "DRIFTED"}]
        drifted = ADMINISTRATOR.list_stack_instances(StackSetName="taken", Filters=filters)["Summaries"]
        self.assertEqual([row["Account"] for row in drifted], [MEMBER])
        (resource,) = ADMINISTRATOR.list_stack_instance_resource_drifts(**place, OperationId=detection)["Summaries"]
        self.assertEqual(resource["PropertyDifferences"][0]["DifferenceType"], "ADD")
        IAM.detach_role_policy(RoleName="TakenIn", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        targets = {"OrganizationalUnitIds": [UNIT]}
        gone = ADMINISTRATOR.delete_stack_instances(**chosen, DeploymentTargets=targets, Regions=["us-east-1"], RetainStacks=False)
        self.assertEqual(self.ended(gone["OperationId"]), "SUCCEEDED")
        self.refused("NoSuchEntity", IAM.get_role, RoleName="TakenIn")
        ADMINISTRATOR.delete_stack_set(StackSetName="taken")


if __name__ == "__main__":
    if not (URL or "").startswith("http"):
        sys.exit(__doc__)
    unittest.main(verbosity=2)
