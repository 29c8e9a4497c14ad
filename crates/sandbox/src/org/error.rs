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

pub(super) fn invalid(reason: &'static str, message: impl Into<String>) -> WireError {
    WireError::with_reason("InvalidInputException", reason, message)
}

pub(super) fn constraint(reason: &'static str, message: impl Into<String>) -> WireError {
    WireError::with_reason("ConstraintViolationException", reason, message)
}
