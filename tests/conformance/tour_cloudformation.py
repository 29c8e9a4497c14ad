"""Every operation of CloudFormation once, by any program of programs.py."""

import json

from programs import Refused, eventually
from tour_iam import trust

REGION = "us-east-1"
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
        body = template(f"TourStack{self.mark}", "111111111111")
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
        self.test.assertTrue(self("DescribeStackEvents", **name)["StackEvents"])
        self.test.assertIn(name["StackName"], [row["StackName"] for row in self("ListStacks")["StackSummaries"]])
        self("UpdateStack", **name, TemplateBody=template(f"TourStack{self.mark}", "111111111111", 7200), **NAMED)
        self.program.wait("cloudformation", "StackUpdateComplete", **name)
        self("DeleteStack", **name)
        self.program.wait("cloudformation", "StackDeleteComplete", **name)
        with self.test.assertRaisesRegex(Refused, "does not exist"):
            self("DescribeStacks", **name)

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
        self("CreateStackSet", **name, TemplateBody=template(role, "111111111111"), PermissionModel="SERVICE_MANAGED",
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
        change = {"TemplateBody": template(role, "111111111111", 7200)} | NAMED
        slow = {"OperationPreferences": {"MaxConcurrentCount": 1}}
        stopped = self("UpdateStackSet", **name, **change, **slow)["OperationId"]
        self("StopStackSetOperation", **name, OperationId=stopped)
        self.test.assertEqual(self.ended(stopped), "STOPPED")
        again = self("UpdateStackSet", **name, **change, OperationPreferences=FAST)["OperationId"]
        self.test.assertEqual(self.ended(again), "SUCCEEDED")
        self.test.assertEqual(self("DescribeStackSet", **name)["StackSet"]["Status"], "ACTIVE")
        self.drift(one)
        gone = self("DeleteStackInstances", **name, **where, RetainStacks=False)["OperationId"]
        self.test.assertEqual(self.ended(gone), "SUCCEEDED")
        self("DeleteStackSet", **name)
        live = self("ListStackSets", Status="ACTIVE")["Summaries"]
        self.test.assertNotIn(name["StackSetName"], [row["StackSetName"] for row in live])
        self("DeactivateOrganizationsAccess")

    def drift(self, one):
        """Nothing yet."""
