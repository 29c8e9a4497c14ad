"""Every operation of Organizations and Systems Manager once, by any program of programs.py."""

import json

from programs import Refused, eventually, page

SERVICE = "config.amazonaws.com"
TAGS = [{"Key": "team", "Value": "ops"}]


class Organizations:
    """The organization."""

    def __init__(self, program, test, mark):
        self.program, self.test, self.mark = program, test, mark

    def __call__(self, operation, keys=None, **params):
        return self.program.call("organizations", operation, keys, **params)

    def tree(self):
        """Units and accounts."""
        organization = self("DescribeOrganization")["Organization"]
        root = self("ListRoots")["Roots"][0]["Id"]
        unit = self("CreateOrganizationalUnit", ParentId=root, Name=f"Tour {self.mark}")["OrganizationalUnit"]["Id"]
        self("UpdateOrganizationalUnit", OrganizationalUnitId=unit, Name=f"Toured {self.mark}")
        found = self("DescribeOrganizationalUnit", OrganizationalUnitId=unit)["OrganizationalUnit"]
        self.test.assertEqual(found["Name"], f"Toured {self.mark}")
        units = self("ListOrganizationalUnitsForParent", ParentId=root)["OrganizationalUnits"]
        self.test.assertIn(unit, [row["Id"] for row in units])
        account = self.created()
        self.test.assertIn(account, [row["Id"] for row in self("ListAccounts")["Accounts"]])
        self("MoveAccount", AccountId=account, SourceParentId=root, DestinationParentId=unit)
        self.test.assertEqual(self("ListParents", ChildId=account)["Parents"][0]["Id"], unit)
        self.test.assertEqual(self("ListAccountsForParent", ParentId=unit)["Accounts"][0]["Id"], account)
        children = self("ListChildren", ParentId=unit, ChildType="ACCOUNT")["Children"]
        self.test.assertEqual(children, [{"Id": account, "Type": "ACCOUNT"}])
        self("TagResource", ResourceId=account, Tags=TAGS)
        self.test.assertEqual(self("ListTagsForResource", ResourceId=account)["Tags"], TAGS)
        self("UntagResource", ResourceId=account, TagKeys=["team"])
        self.services(account)
        self.test.assertEqual(organization["FeatureSet"], "ALL")
        self.goodbye(account, root, unit)

    def created(self):
        """A new account, once it is there."""
        email = f"tour-{self.mark}@example.com"
        request = self("CreateAccount", AccountName="tour", Email=email)["CreateAccountStatus"]["Id"]
        begun = self("ListCreateAccountStatus")["CreateAccountStatuses"]
        self.test.assertIn(request, [row["Id"] for row in begun])

        def done():
            status = self("DescribeCreateAccountStatus", CreateAccountRequestId=request)["CreateAccountStatus"]
            return status.get("AccountId") if status["State"] == "SUCCEEDED" else None

        account = eventually(done, "the account")
        self.test.assertEqual(self("DescribeAccount", AccountId=account)["Account"]["Email"], email)
        return account

    def services(self, account):
        """Trusted access and a delegated administrator."""
        delegate = {"AccountId": account, "ServicePrincipal": SERVICE}
        self("EnableAWSServiceAccess", ServicePrincipal=SERVICE)
        enabled = self("ListAWSServiceAccessForOrganization")["EnabledServicePrincipals"]
        self.test.assertIn(SERVICE, [row["ServicePrincipal"] for row in enabled])
        self("RegisterDelegatedAdministrator", **delegate)
        delegates = self("ListDelegatedAdministrators", ServicePrincipal=SERVICE)["DelegatedAdministrators"]
        self.test.assertEqual([row["Id"] for row in delegates], [account])
        of_account = self("ListDelegatedServicesForAccount", AccountId=account)["DelegatedServices"]
        self.test.assertEqual([row["ServicePrincipal"] for row in of_account], [SERVICE])
        self("DeregisterDelegatedAdministrator", **delegate)
        self("DisableAWSServiceAccess", ServicePrincipal=SERVICE)

    def goodbye(self, account, root, unit):
        """An account that was invited leaves; one that was made here is closed, and its unit emptied."""
        self("RemoveAccountFromOrganization", AccountId=self.test.INVITED.pop())
        self("MoveAccount", AccountId=account, SourceParentId=unit, DestinationParentId=root)
        self("DeleteOrganizationalUnit", OrganizationalUnitId=unit)
        self("CloseAccount", AccountId=account)
        state = self("DescribeAccount", AccountId=account)["Account"]["State"]
        self.test.assertIn(state, ("PENDING_CLOSURE", "SUSPENDED"))


    def invitations(self, leaving):
        """An account leaves and is invited back; another one is invited in vain."""
        def administrator(account):
            return {"AccessKeyId": account, "SecretAccessKey": "anything"}

        def invite(account):
            target = {"Id": account, "Type": "ACCOUNT"}
            return {"HandshakeId": self("InviteAccountToOrganization", Target=target)["Handshake"]["Id"]}

        with self.test.assertRaisesRegex(Refused, "AlreadyInOrganizationException"):
            self("CreateOrganization")
        self("LeaveOrganization", administrator(leaving))
        handshake = invite(leaving)
        self.test.assertEqual(self("DescribeHandshake", **handshake)["Handshake"]["State"], "OPEN")
        for mine in (self("ListHandshakesForOrganization"), self("ListHandshakesForAccount", administrator(leaving))):
            self.test.assertIn(handshake["HandshakeId"], [row["Id"] for row in mine["Handshakes"]])
        self("AcceptHandshake", administrator(leaving), **handshake)
        self.test.assertEqual(self("DescribeAccount", AccountId=leaving)["Account"]["JoinedMethod"], "INVITED")
        stranger = "555555555555"
        self("DeclineHandshake", administrator(stranger), **invite(stranger))
        canceled = invite(stranger)
        self.test.assertEqual(self("CancelHandshake", **canceled)["Handshake"]["State"], "CANCELED")

    def policies(self, unit):
        """Service control policies."""
        kind, root = "SERVICE_CONTROL_POLICY", self("ListRoots")["Roots"][0]["Id"]
        self("EnablePolicyType", RootId=root, PolicyType=kind)
        deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
        made = self("CreatePolicy", Name="tour", Description="", Type=kind, Content=json.dumps(deny))["Policy"]
        policy = {"PolicyId": made["PolicySummary"]["Id"]}
        self("UpdatePolicy", **policy, Name="toured")
        self.test.assertEqual(self("DescribePolicy", **policy)["Policy"]["PolicySummary"]["Name"], "toured")
        self.test.assertIn("toured", [row["Name"] for row in self("ListPolicies", Filter=kind)["Policies"]])
        self("AttachPolicy", **policy, TargetId=unit)
        of_unit = self("ListPoliciesForTarget", TargetId=unit, Filter=kind)["Policies"]
        self.test.assertIn(policy["PolicyId"], [row["Id"] for row in of_unit])
        self.test.assertEqual([row["TargetId"] for row in self("ListTargetsForPolicy", **policy)["Targets"]], [unit])
        self("DetachPolicy", **policy, TargetId=unit)
        self("DeletePolicy", **policy)
        self("DisablePolicyType", RootId=root, PolicyType=kind)


def parameters(program, test, mark):
    """Parameters of Systems Manager."""

    def ssm(operation, **params):
        return program.call("ssm", operation, **params)

    path = f"/tour/{mark}"
    ssm("PutParameter", Name=f"{path}/one", Value="1", Type="String")
    ssm("PutParameter", Name=f"{path}/two", Value="2", Type="String")
    test.assertEqual(ssm("GetParameter", Name=f"{path}/one")["Parameter"]["Value"], "1")
    test.assertEqual(len(ssm("GetParameters", Names=[f"{path}/one", f"{path}/two"])["Parameters"]), 2)
    test.assertEqual(len(ssm("GetParametersByPath", Path=path)["Parameters"]), 2)
    test.assertIn(f"{path}/one", [row["Name"] for row in ssm("DescribeParameters")["Parameters"]])
    which = {"ResourceType": "Parameter", "ResourceId": f"{path}/one"}
    ssm("AddTagsToResource", **which, Tags=TAGS)
    test.assertEqual(ssm("ListTagsForResource", **which)["TagList"], TAGS)
    ssm("RemoveTagsFromResource", **which, TagKeys=["team"])
    ssm("DeleteParameter", Name=f"{path}/one")
    test.assertEqual(ssm("DeleteParameters", Names=[f"{path}/two"])["DeletedParameters"], [f"{path}/two"])
    with test.assertRaisesRegex(Refused, "ParameterNotFound"):
        ssm("GetParameter", Name=f"{path}/one")


def events(program, test, mark):
    """The event history of CloudTrail."""
    name = f"/tour/{mark}/event"
    program.call("ssm", "PutParameter", Name=name, Value="1", Type="String")
    page(program.url, "advance?seconds=600")
    wanted = {"AttributeKey": "ResourceName", "AttributeValue": name}
    found = program.call("cloudtrail", "LookupEvents", LookupAttributes=[wanted])["Events"]
    test.assertEqual([row["EventName"] for row in found], ["PutParameter"])
    record = json.loads(found[0]["CloudTrailEvent"])
    test.assertEqual(record["requestParameters"]["value"], "HIDDEN_DUE_TO_SECURITY_REASONS")
    program.call("ssm", "DeleteParameter", Name=name)
