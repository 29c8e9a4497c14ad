//! The exceptions of Organizations, with the texts of its API reference.

use crate::wire::WireError;

fn exception(code: &'static str, message: &str) -> WireError {
    WireError::new(400, code, message)
}

pub(super) fn account_not_found() -> WireError {
    exception("AccountNotFoundException", "You specified an account that doesn't exist.")
}

pub(super) fn parent_not_found() -> WireError {
    exception("ParentNotFoundException", "You specified a parent that doesn't exist.")
}

pub(super) fn child_not_found() -> WireError {
    exception("ChildNotFoundException", "You specified a child that doesn't exist.")
}

pub(super) fn unit_not_found() -> WireError {
    exception("OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist.")
}

pub(super) fn duplicate_unit() -> WireError {
    exception("DuplicateOrganizationalUnitException", "An OU with the same name already exists.")
}

pub(super) fn unit_not_empty() -> WireError {
    exception(
        "OrganizationalUnitNotEmptyException",
        "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, and \
         try the operation again.",
    )
}

pub(super) fn source_parent_not_found() -> WireError {
    exception("SourceParentNotFoundException", "You specified a source parent that doesn't exist.")
}

pub(super) fn destination_parent_not_found() -> WireError {
    exception("DestinationParentNotFoundException", "You specified a destination parent that doesn't exist.")
}

pub(super) fn duplicate_account() -> WireError {
    exception("DuplicateAccountException", "That account is already present in the specified destination.")
}

pub(super) fn target_not_found() -> WireError {
    exception("TargetNotFoundException", "You specified a target that doesn't exist.")
}

pub(super) fn creation_not_found() -> WireError {
    exception(
        "CreateAccountStatusNotFoundException",
        "We can't find a create account request with the CreateAccountRequestId that you specified.",
    )
}

pub(super) fn already_closed() -> WireError {
    exception("AccountAlreadyClosedException", "You attempted to close an account that is already closed.")
}

pub(super) fn management_cannot_leave() -> WireError {
    exception("MasterCannotLeaveOrganizationException", "You can't remove a management account from an organization.")
}

pub(super) fn already_registered() -> WireError {
    exception(
        "AccountAlreadyRegisteredException",
        "The specified account is already a delegated administrator for this AWS service.",
    )
}

pub(super) fn not_registered() -> WireError {
    exception(
        "AccountNotRegisteredException",
        "The specified account is not a delegated administrator for this AWS service.",
    )
}

pub(super) fn not_in_use() -> WireError {
    exception("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
}

pub(super) fn access_denied() -> WireError {
    exception("AccessDeniedException", "You don't have permissions to access this resource.")
}

pub(super) fn in_progress() -> WireError {
    exception(
        "TooManyRequestsException",
        "AWS Organizations can't complete your request because another request is already in progress. Try again later.",
    )
}

pub(super) fn already_in_organization() -> WireError {
    exception("AlreadyInOrganizationException", "The provided account is already a member of an organization.")
}

pub(super) fn root_not_found() -> WireError {
    exception("RootNotFoundException", "You specified a root that doesn't exist.")
}

pub(super) fn handshake_not_found() -> WireError {
    exception("HandshakeNotFoundException", "You specified a handshake that doesn't exist.")
}

pub(super) fn duplicate_handshake() -> WireError {
    exception("DuplicateHandshakeException", "A handshake with the same action and target already exists.")
}

pub(super) fn handshake_already_so() -> WireError {
    exception("HandshakeAlreadyInStateException", "The specified handshake is already in the requested state.")
}

pub(super) fn handshake_transition() -> WireError {
    exception(
        "InvalidHandshakeTransitionException",
        "You can't perform the operation on the handshake in its current state.",
    )
}

pub(super) fn handshake_constraint(reason: &'static str, message: impl Into<String>) -> WireError {
    WireError::with_reason("HandshakeConstraintViolationException", reason, message)
}

pub(super) fn policy_not_found() -> WireError {
    exception("PolicyNotFoundException", "You specified a policy that doesn't exist.")
}

pub(super) fn duplicate_policy() -> WireError {
    exception("DuplicatePolicyException", "A policy with the same name already exists.")
}

pub(super) fn policy_in_use() -> WireError {
    exception("PolicyInUseException", "The policy is attached to one or more entities.")
}

pub(super) fn malformed_policy() -> WireError {
    exception("MalformedPolicyDocumentException", "The provided policy document does not meet the requirements.")
}

pub(super) fn policy_not_attached() -> WireError {
    exception("PolicyNotAttachedException", "The policy isn't attached to the specified target.")
}

pub(super) fn duplicate_attachment() -> WireError {
    exception("DuplicatePolicyAttachmentException", "The selected policy is already attached to the specified target.")
}

pub(super) fn policy_type_not_enabled() -> WireError {
    exception("PolicyTypeNotEnabledException", "The specified policy type isn't enabled in this root.")
}

pub(super) fn policy_type_already_enabled() -> WireError {
    exception("PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled.")
}

pub(super) fn policy_type_not_available() -> WireError {
    exception(
        "PolicyTypeNotAvailableForOrganizationException",
        "The Rolecall sandbox simulates policies of the type SERVICE_CONTROL_POLICY only.",
    )
}

pub(super) fn invalid(reason: &'static str, message: impl Into<String>) -> WireError {
    WireError::with_reason("InvalidInputException", reason, message)
}

pub(super) fn constraint(reason: &'static str, message: impl Into<String>) -> WireError {
    WireError::with_reason("ConstraintViolationException", reason, message)
}
