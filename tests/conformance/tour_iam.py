"""Every operation of IAM and STS once, by any program of programs.py."""

import json

from programs import Refused

AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"
TAGS = [{"Key": "team", "Value": "ops"}]
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}]}
)
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUTourOfIam\n-----END CERTIFICATE-----"
SSH_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7tour tour@example.com"
METADATA = (
    '<?xml version="1.0"?><EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="tour">'
    f"<!-- {'x' * 1000} --></EntityDescriptor>"
)


def trust(account):
    """A trust policy for everybody in an account."""
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Iam:
    """IAM of one account."""

    def __init__(self, program, test, account):
        self.program, self.test, self.account = program, test, account
        self.keys = {"AccessKeyId": account, "SecretAccessKey": "anything"}

    def __call__(self, operation, **params):
        return self.program.call("iam", operation, self.keys, **params)

    def tagged(self, kind, **which):
        """Tags something, and takes the tag off again."""
        self(f"Tag{kind}", **which, Tags=TAGS)
        self.test.assertEqual(self(f"List{kind}Tags", **which)["Tags"], TAGS)
        self(f"Untag{kind}", **which, TagKeys=["team"])
        self.test.assertEqual(self(f"List{kind}Tags", **which)["Tags"], [])

    def with_policies(self, kind, **which):
        """Gives somebody an inline and an attached policy, looks at them, and takes them off again."""
        self(f"Put{kind}Policy", **which, PolicyName="tour", PolicyDocument=POLICY)
        self.test.assertEqual(self(f"Get{kind}Policy", **which, PolicyName="tour")["PolicyDocument"], json.loads(POLICY))
        self.test.assertEqual(self(f"List{kind}Policies", **which)["PolicyNames"], ["tour"])
        self(f"Delete{kind}Policy", **which, PolicyName="tour")
        self(f"Attach{kind}Policy", **which, PolicyArn=AUDIT)
        attached = self(f"ListAttached{kind}Policies", **which)["AttachedPolicies"]
        self.test.assertEqual([row["PolicyArn"] for row in attached], [AUDIT])
        self(f"Detach{kind}Policy", **which, PolicyArn=AUDIT)

    def roles(self):
        """Roles, instance profiles and service-linked roles."""
        role = {"RoleName": "TourRole"}
        self("CreateRole", **role, AssumeRolePolicyDocument=trust(self.account))
        self.program.wait("iam", "RoleExists", self.keys, **role)
        self("UpdateRole", **role, Description="changed", MaxSessionDuration=7200)
        described = self("UpdateRoleDescription", **role, Description="described")["Role"]
        self.test.assertEqual((described["Description"], described["MaxSessionDuration"]), ("described", 7200))
        self("UpdateAssumeRolePolicy", **role, PolicyDocument=trust(self.account))
        self("PutRolePermissionsBoundary", **role, PermissionsBoundary=AUDIT)
        self("DeleteRolePermissionsBoundary", **role)
        self.tagged("Role", **role)
        self.with_policies("Role", **role)
        self.test.assertIn("TourRole", [row["RoleName"] for row in self("ListRoles")["Roles"]])
        profile = {"InstanceProfileName": "TourProfile"}
        self("CreateInstanceProfile", **profile)
        self.program.wait("iam", "InstanceProfileExists", self.keys, **profile)
        self("AddRoleToInstanceProfile", **profile, **role)
        of_role = self("ListInstanceProfilesForRole", **role)["InstanceProfiles"]
        self.test.assertEqual([row["InstanceProfileName"] for row in of_role], ["TourProfile"])
        self.test.assertEqual(len(self("ListInstanceProfiles")["InstanceProfiles"]), 1)
        self("GetInstanceProfile", **profile)
        self.tagged("InstanceProfile", **profile)
        self("RemoveRoleFromInstanceProfile", **profile, **role)
        self("DeleteInstanceProfile", **profile)
        self("DeleteRole", **role)
        with self.test.assertRaisesRegex(Refused, "NoSuchEntity"):
            self("GetRole", **role)
        linked = self("CreateServiceLinkedRole", AWSServiceName="autoscaling.amazonaws.com")["Role"]["RoleName"]
        self("GetRole", RoleName=linked)
        task = self("DeleteServiceLinkedRole", RoleName=linked)["DeletionTaskId"]
        self("GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)

    def users(self):
        """Users, groups and everything that a user signs in with."""
        user, group = {"UserName": "tour"}, {"GroupName": "Tour"}
        self("CreateUser", **user)
        self.program.wait("iam", "UserExists", self.keys, **user)
        self("UpdateUser", **user, NewPath="/tour/")
        self("PutUserPermissionsBoundary", **user, PermissionsBoundary=AUDIT)
        self("DeleteUserPermissionsBoundary", **user)
        self.tagged("User", **user)
        self.with_policies("User", **user)
        self.test.assertIn("tour", [row["UserName"] for row in self("ListUsers", PathPrefix="/tour/")["Users"]])
        self("CreateGroup", **group)
        self("UpdateGroup", **group, NewPath="/tour/")
        self.with_policies("Group", **group)
        self("AddUserToGroup", **user, **group)
        self.test.assertEqual(self("ListGroupsForUser", **user)["Groups"][0]["GroupName"], "Tour")
        self.test.assertEqual(self("GetGroup", **group)["Users"][0]["UserName"], "tour")
        self.test.assertIn("Tour", [row["GroupName"] for row in self("ListGroups")["Groups"]])
        self.keys_of(user)
        self.passwords_of(user)
        self.devices_of(user)
        with self.test.assertRaisesRegex(Refused, "DeleteConflict"):
            self("DeleteUser", **user)
        self("RemoveUserFromGroup", **user, **group)
        self("DeleteGroup", **group)
        self("DeleteUser", **user)
        with self.test.assertRaisesRegex(Refused, "NoSuchEntity"):
            self("GetUser", **user)

    def keys_of(self, user):
        """Access keys, certificates, SSH keys and credentials of services."""
        made = self("CreateAccessKey", **user)["AccessKey"]
        key = {"AccessKeyId": made["AccessKeyId"]}
        caller = self.program.call("sts", "GetCallerIdentity", made)
        self.test.assertEqual(caller["Arn"], f"arn:aws:iam::{self.account}:user/tour/tour")
        self.test.assertEqual(self("GetAccessKeyLastUsed", **key)["UserName"], "tour")
        self("UpdateAccessKey", **user, **key, Status="Inactive")
        self.test.assertEqual(self("ListAccessKeys", **user)["AccessKeyMetadata"][0]["Status"], "Inactive")
        self("DeleteAccessKey", **user, **key)
        body = self("UploadSigningCertificate", **user, CertificateBody=CERTIFICATE)["Certificate"]
        certificate = {"CertificateId": body["CertificateId"]}
        self("UpdateSigningCertificate", **user, **certificate, Status="Inactive")
        self.test.assertEqual(len(self("ListSigningCertificates", **user)["Certificates"]), 1)
        self("DeleteSigningCertificate", **user, **certificate)
        uploaded = self("UploadSSHPublicKey", **user, SSHPublicKeyBody=SSH_KEY)["SSHPublicKey"]
        ssh = {"SSHPublicKeyId": uploaded["SSHPublicKeyId"]}
        self("GetSSHPublicKey", **user, **ssh, Encoding="SSH")
        self("UpdateSSHPublicKey", **user, **ssh, Status="Inactive")
        self.test.assertEqual(self("ListSSHPublicKeys", **user)["SSHPublicKeys"][0]["Status"], "Inactive")
        self("DeleteSSHPublicKey", **user, **ssh)
        service = {"ServiceName": "codecommit.amazonaws.com"}
        made = self("CreateServiceSpecificCredential", **user, **service)["ServiceSpecificCredential"]
        credential = {"ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
        self("UpdateServiceSpecificCredential", **user, **credential, Status="Inactive")
        self("ResetServiceSpecificCredential", **user, **credential)
        self.test.assertEqual(len(self("ListServiceSpecificCredentials", **user)["ServiceSpecificCredentials"]), 1)
        self("DeleteServiceSpecificCredential", **user, **credential)

    def passwords_of(self, user):
        """A password, and the rules for it."""
        self("UpdateAccountPasswordPolicy", MinimumPasswordLength=12, AllowUsersToChangePassword=True)
        self.test.assertEqual(self("GetAccountPasswordPolicy")["PasswordPolicy"]["MinimumPasswordLength"], 12)
        self("CreateLoginProfile", **user, Password="First-Pass-word-1")
        self.test.assertEqual(self("GetLoginProfile", **user)["LoginProfile"]["UserName"], "tour")
        self("UpdateLoginProfile", **user, Password="Second-Pass-word-2")
        allowed = POLICY.replace("s3:List*", "iam:ChangePassword")
        self("PutUserPolicy", **user, PolicyName="password", PolicyDocument=allowed)
        made = self("CreateAccessKey", **user)["AccessKey"]
        self.program.call("iam", "ChangePassword", made, OldPassword="Second-Pass-word-2", NewPassword="Third-Pass-word-3")
        self("DeleteAccessKey", **user, AccessKeyId=made["AccessKeyId"])
        self("DeleteUserPolicy", **user, PolicyName="password")
        self("DeleteLoginProfile", **user)
        self("DeleteAccountPasswordPolicy")

    def devices_of(self, user):
        """Virtual MFA devices."""
        self("CreateVirtualMFADevice", VirtualMFADeviceName="tour")
        serial = {"SerialNumber": f"arn:aws:iam::{self.account}:mfa/tour"}
        codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
        self("EnableMFADevice", **user, **serial, **codes)
        self("ResyncMFADevice", **user, **serial, **codes)
        self.test.assertEqual(self("GetMFADevice", **serial)["UserName"], "tour")
        self.test.assertEqual(len(self("ListMFADevices", **user)["MFADevices"]), 1)
        self.tagged("MFADevice", **serial)
        self("DeactivateMFADevice", **user, **serial)
        unassigned = self("ListVirtualMFADevices", AssignmentStatus="Unassigned")["VirtualMFADevices"]
        self.test.assertEqual([row["SerialNumber"] for row in unassigned], [serial["SerialNumber"]])
        self("DeleteVirtualMFADevice", **serial)

    def policies(self):
        """Managed policies and their versions."""
        arn = {"PolicyArn": self("CreatePolicy", PolicyName="Tour", PolicyDocument=POLICY)["Policy"]["Arn"]}
        self.program.wait("iam", "PolicyExists", self.keys, **arn)
        self("CreatePolicyVersion", **arn, PolicyDocument=POLICY)
        self("SetDefaultPolicyVersion", **arn, VersionId="v2")
        self.test.assertEqual(self("GetPolicyVersion", **arn, VersionId="v2")["PolicyVersion"]["IsDefaultVersion"], True)
        self("DeletePolicyVersion", **arn, VersionId="v1")
        self.test.assertEqual(len(self("ListPolicyVersions", **arn)["Versions"]), 1)
        self.tagged("Policy", **arn)
        self.test.assertEqual(len(self("ListPolicies", Scope="Local")["Policies"]), 1)
        self.test.assertEqual(self("ListEntitiesForPolicy", **arn)["PolicyRoles"], [])
        self("GetPolicy", **arn)
        self("DeletePolicy", **arn)

    def providers(self):
        """Identity providers."""
        made = self("CreateOpenIDConnectProvider", Url="https://tour.example.com", ThumbprintList=["a" * 40])
        arn = {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}
        self("AddClientIDToOpenIDConnectProvider", **arn, ClientID="tour")
        self.test.assertEqual(self("GetOpenIDConnectProvider", **arn)["ClientIDList"], ["tour"])
        self("RemoveClientIDFromOpenIDConnectProvider", **arn, ClientID="tour")
        self("UpdateOpenIDConnectProviderThumbprint", **arn, ThumbprintList=["b" * 40])
        self.tagged("OpenIDConnectProvider", **arn)
        self.test.assertEqual(len(self("ListOpenIDConnectProviders")["OpenIDConnectProviderList"]), 1)
        self("DeleteOpenIDConnectProvider", **arn)
        made = self("CreateSAMLProvider", Name="tour", SAMLMetadataDocument=METADATA)
        arn = {"SAMLProviderArn": made["SAMLProviderArn"]}
        self.test.assertEqual(self("GetSAMLProvider", **arn)["SAMLMetadataDocument"], METADATA)
        self("UpdateSAMLProvider", **arn, SAMLMetadataDocument=METADATA)
        self.tagged("SAMLProvider", **arn)
        self.test.assertEqual(len(self("ListSAMLProviders")["SAMLProviderList"]), 1)
        self("DeleteSAMLProvider", **arn)

    def account_itself(self):
        """What is known of an account as a whole."""
        self("CreateAccountAlias", AccountAlias="tour-of-acme")
        self.test.assertEqual(self("ListAccountAliases")["AccountAliases"], ["tour-of-acme"])
        self("DeleteAccountAlias", AccountAlias="tour-of-acme")
        self.test.assertEqual(self("GetAccountSummary")["SummaryMap"]["AccessKeysPerUserQuota"], 2)
        details = self("GetAccountAuthorizationDetails", Filter=["Role"])
        self.test.assertTrue(details["RoleDetailList"])
        self.test.assertEqual(self("GetUser")["User"]["UserName"], "Administrator")

    def sessions(self):
        """STS."""
        role = f"arn:aws:iam::{self.account}:role/OrganizationAccountAccessRole"
        entered = self.program.call("sts", "AssumeRole", RoleArn=role, RoleSessionName="tour")
        caller = self.program.call("sts", "GetCallerIdentity", entered["Credentials"])
        self.test.assertEqual(caller["Arn"], entered["AssumedRoleUser"]["Arn"])
        self.program.call("sts", "GetSessionToken", self.keys)
        federated = self.program.call("sts", "GetFederationToken", self.keys, Name="tour", Policy=POLICY)
        self.test.assertEqual(federated["FederatedUser"]["Arn"], f"arn:aws:sts::{self.account}:federated-user/tour")
        known = self.program.call("sts", "GetAccessKeyInfo", AccessKeyId=entered["Credentials"]["AccessKeyId"])
        self.test.assertEqual(known["Account"], self.account)
        with self.test.assertRaisesRegex(Refused, "InvalidAuthorizationMessageException"):
            self.program.call("sts", "DecodeAuthorizationMessage", EncodedMessage="nothing")

    def simulator(self):
        """The policy simulator."""
        role = f"arn:aws:iam::{self.account}:role/OrganizationAccountAccessRole"
        asked = {"ActionNames": ["s3:ListBucket"]}
        found = self("SimulatePrincipalPolicy", PolicySourceArn=role, **asked)["EvaluationResults"]
        self.test.assertEqual([row["EvalDecision"] for row in found], ["allowed"])
        found = self("SimulateCustomPolicy", PolicyInputList=[POLICY], ActionNames=["s3:GetObject"])["EvaluationResults"]
        self.test.assertEqual([row["EvalDecision"] for row in found], ["implicitDeny"])
        self.test.assertEqual(self("GetContextKeysForPrincipalPolicy", PolicySourceArn=role)["ContextKeyNames"], [])
        self.test.assertEqual(self("GetContextKeysForCustomPolicy", PolicyInputList=[POLICY])["ContextKeyNames"], [])
