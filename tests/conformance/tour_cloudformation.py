"""Every operation of CloudFormation once, by any program of programs.py."""

import json

from programs import Refused, eventually, page
from tour_iam import trust

REGION, MANAGEMENT = "us-east-1", "111111111111"
NAMED = {"Capabilities": ["CAPABILITY_NAMED_IAM"]}
ENDED = ("SUCCEEDED", "FAILED", "STOPPED")
FAST = {"MaxConcurrentPercentage": 100, "FailureTolerancePercentage": 0, "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE"}


def template(role, account, session=3600):
    """A template of one role and a parameter that it may ignore."""
    properties = {"RoleName": role, "AssumeRolePolicyDocument": json.loads(trust(account)), "MaxSessionDuration": session}
    return json.dumps({
        "Parameters": {"Note": {"Type": "String", "Default": "none"}},
        "Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}, "Export": {"Name": f"{role}-arn"}}},
    })


class CloudFormation:
    """CloudFormation of the management account."""

    def __init__(self, program, test, mark):
        self.program, self.test, self.mark = program, test, mark

    def __call__(self, operation, **params):
        return self.program.call("cloudformation", operation, **params)

    def stacks(self):
        """A stack's whole life, with the waiters."""
        name = {"StackName": f"tour-{self.mark}"}
        body = template(f"TourStack{self.mark}", MANAGEMENT)
        self("ValidateTemplate", TemplateBody=body)
        self.test.assertEqual(self("GetTemplateSummary", TemplateBody=body)["Parameters"][0]["ParameterKey"], "Note")
        self("CreateStack", **name, TemplateBody=body, **NAMED)
        self.program.wait("cloudformation", "StackExists", **name)
        self.program.wait("cloudformation", "StackCreateComplete", **name)
        stack = self("DescribeStacks", **name)["Stacks"][0]
        self.test.assertEqual(stack["StackStatus"], "CREATE_COMPLETE")
        self.test.assertEqual(self("GetTemplate", **name)["TemplateBody"], json.loads(body))
        self("DescribeStackResources", **name)
        self.test.assertEqual(len(self("ListStackResources", **name)["StackResourceSummaries"]), 1)
        self("DescribeStackResource", **name, LogicalResourceId="Role")
        self.test.assertTrue(self("DescribeStackEvents", **name)["StackEvents"])
        self.test.assertIn(name["StackName"], [row["StackName"] for row in self("ListStacks")["StackSummaries"]])
        self("UpdateStack", **name, TemplateBody=template(f"TourStack{self.mark}", MANAGEMENT, 7200), **NAMED)
        self.program.wait("cloudformation", "StackUpdateComplete", **name)
        self.exports()
        self.stack_drift(name)
        self.change_sets(name)
        self("UpdateTerminationProtection", **name, EnableTerminationProtection=True)
        with self.test.assertRaisesRegex(Refused, "TerminationProtection is enabled"):
            self("DeleteStack", **name)
        self("UpdateTerminationProtection", **name, EnableTerminationProtection=False)
        self("DeleteStack", **name)
        self.program.wait("cloudformation", "StackDeleteComplete", **name)
        with self.test.assertRaisesRegex(Refused, "does not exist"):
            self("DescribeStacks", **name)

    def exports(self):
        """What one stack has, another imports."""
        export = f"TourStack{self.mark}-arn"
        self.test.assertIn(export, [row["Name"] for row in self("ListExports")["Exports"]])
        name = {"StackName": f"tour-importing-{self.mark}"}
        body = json.loads(template(f"TourImporting{self.mark}", MANAGEMENT))
        body["Resources"]["Role"]["Properties"]["Description"] = {"Fn::ImportValue": export}
        del body["Outputs"]
        self("CreateStack", **name, TemplateBody=json.dumps(body), **NAMED)
        self.program.wait("cloudformation", "StackCreateComplete", **name)
        self.test.assertEqual(self("ListImports", ExportName=export)["Imports"], [name["StackName"]])
        self("DeleteStack", **name)
        self.program.wait("cloudformation", "StackDeleteComplete", **name)

    def stack_drift(self, name):
        """A role that someone changed."""
        self.program.call("iam", "UpdateRole", RoleName=f"TourStack{self.mark}", MaxSessionDuration=43200)
        detection = {"StackDriftDetectionId": self("DetectStackDrift", **name)["StackDriftDetectionId"]}
        status = lambda: self("DescribeStackDriftDetectionStatus", **detection)
        eventually(lambda: status()["DetectionStatus"] == "DETECTION_COMPLETE", "the drift detection")
        self.test.assertEqual(status()["StackDriftStatus"], "DRIFTED")
        drifts = self("DescribeStackResourceDrifts", **name)["StackResourceDrifts"]
        self.test.assertEqual([row["StackResourceDriftStatus"] for row in drifts], ["MODIFIED"])
        one = self("DetectStackResourceDrift", **name, LogicalResourceId="Role")["StackResourceDrift"]
        self.test.assertEqual(one["StackResourceDriftStatus"], "MODIFIED")

    def change_sets(self, name):
        """A change that is looked at before it is made, and one that is not made."""
        body = template(f"TourStack{self.mark}", MANAGEMENT, 10800)
        for change in ("wanted", "unwanted"):
            self("CreateChangeSet", **name, ChangeSetName=change, TemplateBody=body, **NAMED)
            self.program.wait("cloudformation", "ChangeSetCreateComplete", **name, ChangeSetName=change)
        self.test.assertEqual(len(self("ListChangeSets", **name)["Summaries"]), 2)
        changes = self("DescribeChangeSet", **name, ChangeSetName="wanted")["Changes"]
        self.test.assertEqual(changes[0]["ResourceChange"]["Action"], "Modify")
        self("DeleteChangeSet", **name, ChangeSetName="unwanted")
        self("ExecuteChangeSet", **name, ChangeSetName="wanted")
        self.program.wait("cloudformation", "StackUpdateComplete", **name)

    def status(self, name):
        """The status of a stack that is not under way."""
        def settled():
            status = self("DescribeStacks", **name)["Stacks"][0]["StackStatus"]
            return None if status.endswith("IN_PROGRESS") else status

        return eventually(settled, f"end of {name}")

    def rollbacks(self):
        """Stacks that fail, and what is done about it."""
        def iam(operation, **params):
            self.program.call("iam", operation, **params)

        taken, friend = f"TourTaken{self.mark}", f"TourFriend{self.mark}"
        for role in (taken, friend):
            iam("CreateRole", RoleName=role, AssumeRolePolicyDocument=trust(MANAGEMENT))
        name = {"StackName": f"tour-failing-{self.mark}"}
        self("CreateStack", **name, TemplateBody=template(taken, MANAGEMENT), DisableRollback=True, **NAMED)
        self.test.assertEqual(self.status(name), "CREATE_FAILED")
        self("RollbackStack", **name)
        self.test.assertEqual(self.status(name), "ROLLBACK_COMPLETE")
        self("DeleteStack", **name)
        iam("DeleteRole", RoleName=taken)
        name = {"StackName": f"tour-stuck-{self.mark}"}
        before = template(taken, MANAGEMENT).replace(f"{MANAGEMENT}:root", f"{MANAGEMENT}:role/{friend}")
        self("CreateStack", **name, TemplateBody=before, **NAMED)
        self.test.assertEqual(self.status(name), "CREATE_COMPLETE")
        iam("DeleteRole", RoleName=friend)
        impossible = json.loads(template(taken, MANAGEMENT))
        other = json.loads(template(f"TourOther{self.mark}", MANAGEMENT))["Resources"]["Role"]
        other["Properties"]["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/NobodyMadeThis"]
        impossible["Resources"]["Other"] = other | {"DependsOn": "Role"}
        self("UpdateStack", **name, TemplateBody=json.dumps(impossible), **NAMED)
        self.test.assertEqual(self.status(name), "UPDATE_ROLLBACK_FAILED")
        self("ContinueUpdateRollback", **name, ResourcesToSkip=["Role"])
        self.program.wait("cloudformation", "StackRollbackComplete", **name)
        # Stacks that take their time, so that an update can be cancelled.
        page(self.program.url, "faults", json.dumps([{"effect": {"switches": {"stack_seconds": 3000}}}]).encode())
        self("UpdateStack", **name, TemplateBody=template(taken, MANAGEMENT, 7200), **NAMED)
        self("CancelUpdateStack", **name)
        page(self.program.url, "faults", json.dumps([{"effect": {"switches": {"stack_seconds": 0}}}]).encode())
        page(self.program.url, "advance?seconds=3000")
        self.test.assertEqual(self.status(name), "UPDATE_ROLLBACK_COMPLETE")
        page(self.program.url, "faults", b"[]")
        self("DeleteStack", **name)

    def ended(self, identifier):
        """Waits for an operation of the stack set."""
        def over():
            operation = self("DescribeStackSetOperation", **self.name, OperationId=identifier)["StackSetOperation"]
            return operation["Status"] in ENDED and operation["Status"]

        return eventually(over, f"end of {identifier}")

    def stack_sets(self, unit, accounts):
        """A stack set's whole life over a unit."""
        self.name = {"StackSetName": f"tour-{self.mark}"}
        name, targets = self.name, {"DeploymentTargets": {"OrganizationalUnitIds": [unit]}}
        self("ActivateOrganizationsAccess")
        self.test.assertEqual(self("DescribeOrganizationsAccess")["Status"], "ENABLED")
        role = f"TourSet{self.mark}"
        self("CreateStackSet", **name, TemplateBody=template(role, MANAGEMENT), PermissionModel="SERVICE_MANAGED",
             AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False}, **NAMED)
        where = targets | {"Regions": [REGION], "OperationPreferences": FAST}
        made = self("CreateStackInstances", **name, **where)["OperationId"]
        self.test.assertEqual(self.ended(made), "SUCCEEDED")
        rows = self("ListStackInstances", **name)["Summaries"]
        self.test.assertEqual(sorted(row["Account"] for row in rows), accounts)
        one = {"StackInstanceAccount": accounts[0], "StackInstanceRegion": REGION}
        self.test.assertEqual(self("DescribeStackInstance", **name, **one)["StackInstance"]["Status"], "CURRENT")
        # These two lists lag behind.
        eventually(lambda: made in [row["OperationId"] for row in self("ListStackSetOperations", **name)["Summaries"]],
                   "the operation in the list")
        results = lambda: self("ListStackSetOperationResults", **name, OperationId=made)["Summaries"]
        eventually(lambda: len(results()) == len(accounts), "the results of the operation")
        targeted = self("ListStackSetAutoDeploymentTargets", **name)["Summaries"]
        self.test.assertEqual([row["OrganizationalUnitId"] for row in targeted], [unit])
        note = {"ParameterOverrides": [{"ParameterKey": "Note", "ParameterValue": "toured"}]}
        self.test.assertEqual(self.ended(self("UpdateStackInstances", **name, **where, **note)["OperationId"]), "SUCCEEDED")
        change = {"TemplateBody": template(role, MANAGEMENT, 7200)} | NAMED
        slow = {"OperationPreferences": {"MaxConcurrentCount": 1}}
        stopped = self("UpdateStackSet", **name, **change, **slow)["OperationId"]
        self("StopStackSetOperation", **name, OperationId=stopped)
        self.test.assertEqual(self.ended(stopped), "STOPPED")
        again = self("UpdateStackSet", **name, **change, OperationPreferences=FAST)["OperationId"]
        self.test.assertEqual(self.ended(again), "SUCCEEDED")
        self.test.assertEqual(self("DescribeStackSet", **name)["StackSet"]["Status"], "ACTIVE")
        self.drift(one)
        self.imported(one, unit)
        gone = self("DeleteStackInstances", **name, **where, RetainStacks=False)["OperationId"]
        self.test.assertEqual(self.ended(gone), "SUCCEEDED")
        self("DeleteStackSet", **name)
        live = self("ListStackSets", Status="ACTIVE")["Summaries"]
        self.test.assertNotIn(name["StackSetName"], [row["StackSetName"] for row in live])
        self("DeactivateOrganizationsAccess")

    def drift(self, one):
        """Drift detection over the instances, one of which someone changed."""
        keys = {"AccessKeyId": one["StackInstanceAccount"], "SecretAccessKey": "anything"}
        self.program.call("iam", "UpdateRole", keys, RoleName=f"TourSet{self.mark}", MaxSessionDuration=43200)
        detected = self("DetectStackSetDrift", **self.name)["OperationId"]
        self.test.assertEqual(self.ended(detected), "SUCCEEDED")
        drifts = self("ListStackInstanceResourceDrifts", **self.name, **one, OperationId=detected)["Summaries"]
        self.test.assertEqual([row["StackResourceDriftStatus"] for row in drifts], ["MODIFIED"])
        details = self("DescribeStackSet", **self.name)["StackSet"]["StackSetDriftDetectionDetails"]
        self.test.assertEqual(details["DriftedStackInstancesCount"], 1)

    def imported(self, one, unit):
        """A stack that was left in its account becomes an instance again."""
        stack = self("DescribeStackInstance", **self.name, **one)["StackInstance"]["StackId"]
        account = {"Accounts": [one["StackInstanceAccount"]], "AccountFilterType": "INTERSECTION"}
        gone = self("DeleteStackInstances", **self.name, Regions=[REGION], RetainStacks=True,
                    DeploymentTargets=account | {"OrganizationalUnitIds": [unit]})["OperationId"]
        self.test.assertEqual(self.ended(gone), "SUCCEEDED")
        back = self("ImportStacksToStackSet", **self.name, StackIds=[stack], OrganizationalUnitIds=[unit])["OperationId"]
        self.test.assertEqual(self.ended(back), "SUCCEEDED")
