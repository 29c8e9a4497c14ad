"""Where a moto server answers otherwise than the sandbox, and the fact of AWS that decides it, with its source.

API, user and CLI mean AWS's API references, user guides and CLI reference; the model is botocore's.
"""

# Members that differ wherever they are, and are not compared.
MEMBERS = {
    "Paths": "an account has them since March 2026: Organizations API, Account",
    "PackedPolicySize": "there is none without a session policy or tags: STS API, AssumeRole",
    "PermissionsBoundaryType": "AWS answers with `Policy`: CLI, examples of get-role",
    "PermissionsBoundaryUsageCount": "a policy has it: IAM API, Policy",
    "PolicyId": "begins with ANPA: IAM user guide, IAM identifiers",
}

VERSION_WITHOUT_DOCUMENT = "only GetPolicyVersion and GetAccountAuthorizationDetails show it: IAM API, PolicyVersion"
PATTERN = "the model: a name has no spaces"
NO_POLICY = "there is no such policy: IAM API, errors of the operation, NoSuchEntity"
SAME_ANSWER = "AccessDenied, whether the role is not there or may not be taken: IAM user guide, troubleshooting roles"

# By the label of the call.
KNOWN = {
    "unit of a name that is taken": "Organizations API, CreateOrganizationalUnit: DuplicateOrganizationalUnitException",
    "unit below nothing": "Organizations API, CreateOrganizationalUnit: ParentNotFoundException",
    "unit read": "a unit has a Path since March 2026: Organizations API, OrganizationalUnit",
    "unit that holds another": "Organizations API, DeleteOrganizationalUnit: OrganizationalUnitNotEmptyException",
    "account begun": "creation takes its time and begins IN_PROGRESS: Organizations API, CreateAccount",
    "creation looked at": "the management account was not created by a request: Organizations API, ListCreateAccountStatus",
    "creation that is not there": "Organizations API, DescribeCreateAccountStatus: CreateAccountStatusNotFoundException",
    "parent of nothing": "Organizations API, ListParents: ChildNotFoundException",
    "account moved from where it is not": "Organizations API, MoveAccount: SourceParentNotFoundException",
    "account moved to nothing": "Organizations API, MoveAccount: DestinationParentNotFoundException",
    "one account of a page": "the management account was there before and joined as INVITED: Organizations user guide",
    "page of a made-up token": "Organizations API, InvalidInputException, INVALID_PAGINATION_TOKEN",
    "page too large": "the model: MaxResults is 1 to 20",
    "delegated before the service": "trusted access comes first: Organizations API, RegisterDelegatedAdministrator",
    "delegated": "moto let it in before",
    "who calls": "whose the keys are is each server's own choice; AWS has no user without an id of AIDA",
    "member entered for a minute": "the model: DurationSeconds is at least 900",
    "member entered for longer than the role allows": "STS API, AssumeRole, DurationSeconds: not above the role's maximum",
    "member entered without a name": "the model: RoleSessionName is required",
    "member entered under a wrong name": PATTERN,
    "role entered that is not there": SAME_ANSWER,
    "role entered that is no role": SAME_ANSWER,
    "member entered with tags": "the trust policy must allow sts:TagSession: IAM user guide, session tags",
    "role after the changes": "an account's id becomes the ARN of its root: IAM user guide, Principal",
    "role without boundary": "an account's id becomes the ARN of its root: IAM user guide, Principal",
    "two inline policies of a page": "IAM API, ListRolePolicies: MaxItems bounds the page",
    "everything of the roles": "the role that AWS makes in an account has AdministratorAccess: Organizations user guide",
    "instance profiles": "IsTruncated is part of every page: IAM API, ListInstanceProfilesForRole",
    "role made in another case": "names are unique regardless of case: IAM API, CreateRole",
    "role made without a name": "the model: RoleName is required",
    "role made with a wrong name": PATTERN,
    "role made with a long name": "the model: a role's name has at most 64 characters",
    "role made with no JSON": "IAM API, CreateRole: MalformedPolicyDocument",
    "role made that nobody may take": "a trust policy has principals and no resources: IAM user guide, policy elements",
    "role made for a ghost": "a principal must exist: IAM user guide, troubleshooting policies, invalid principal",
    "role made for half a day and more": "the model: MaxSessionDuration is at most 43200",
    "role made with a boundary that is not there": NO_POLICY,
    "role changed for too long": "the model: MaxSessionDuration is at most 43200",
    "trust changed to a text too long": "IAM user guide, quotas: length of a role's trust policy",
    "role tagged as AWS": "keys that begin with aws: are AWS's: IAM user guide, rules for tagging",
    "boundary put that is not there": NO_POLICY,
    "inline policy too long": "IAM user guide, quotas: 10,240 characters for all inline policies of a role",
    "policy attached by no ARN": "the model: an ARN has at least 20 characters",
    "everything of no kind": "the model: Filter is one of five words",
    "policy of AWS read": "the sandbox has one version of each of AWS's policies, and nothing is attached to by itself",
    "second version": VERSION_WITHOUT_DOCUMENT,
    "third version, the default": VERSION_WITHOUT_DOCUMENT,
    "fourth version": VERSION_WITHOUT_DOCUMENT,
    "fifth version": VERSION_WITHOUT_DOCUMENT,
    "versions": VERSION_WITHOUT_DOCUMENT,
    "who has a policy that is not there": NO_POLICY,
    "attached policy deleted": "IAM API, DeletePolicy: DeleteConflict",
    "policy of AWS deleted": "AWS's policies are read only: IAM user guide, AWS managed policies",
    "policy made with a wrong name": PATTERN,
    "policy made too long": "IAM user guide, quotas: 6,144 characters for a managed policy",
    "policies of no kind": "the model: Scope is one of three words",
}
