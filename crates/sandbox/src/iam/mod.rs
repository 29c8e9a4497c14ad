//! IAM: the identities and policies of every account.

mod account;
mod aws_managed;
mod checks;
mod credentials;
mod error;
mod group;
mod handle;
mod identity;
mod instance_profile;
mod login;
mod mfa;
mod past;
mod policy;
mod provider;
mod role;
mod schema;
mod tags;
#[cfg(test)]
mod tests;
mod trust;
mod user;

pub use account::EmptyDescription;
pub(crate) use account::{Account, Quotas};
pub(crate) use credentials::{
    AccessKey, CredentialKind, ServiceCredential, SigningCertificate, SshKey, Status, account_of_access_key,
};
pub(crate) use error::IamError;
pub(crate) use group::Group;
pub(crate) use handle::handle;
pub(crate) use identity::{Bounded, IdentityKind, Tagged};
pub(crate) use instance_profile::InstanceProfile;
pub(crate) use login::{CharacterKind, LoginProfile, PasswordPolicy, PasswordReset};
pub(crate) use mfa::VirtualMfaDevice;
pub(crate) use past::Past;
pub(crate) use policy::{InForce, ManagedPolicy, NewPolicy, PolicyUse, Version};
pub(crate) use provider::{NewOidcProvider, OidcProvider, SamlProvider};
pub(crate) use role::{NewRole, Role};
use schema::FILTERS;
pub(crate) use tags::{TagMap, new as check_tags};
pub use trust::TrustForm;
pub(crate) use trust::{Trust, is_account_id};
pub(crate) use user::{ADMINISTRATOR, NewUser, User};
