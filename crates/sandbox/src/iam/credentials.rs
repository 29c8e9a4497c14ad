//! What a user can prove itself with, passwords and MFA devices left out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Account, IamError, User};
use crate::world::{hex, unique_id, uuid};

const MAX_ACCESS_KEYS: usize = 2;
const MAX_SIGNING_CERTIFICATES: usize = 2;
const MAX_SSH_KEYS: usize = 5;
/// Of each service.
const MAX_SERVICE_CREDENTIALS: usize = 2;

/// The services that have passwords of their own.
const SERVICES: [&str; 4] =
    ["codecommit.amazonaws.com", "cassandra.amazonaws.com", "bedrock.amazonaws.com", "logs.amazonaws.com"];

/// Whether a credential can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    /// It can.
    Active,
    /// It cannot until it is made active again.
    Inactive,
}

impl Status {
    /// The status as requests and answers write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
        }
    }
}

/// An access key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessKey {
    /// The secret, shown once.
    pub(crate) secret: String,
    /// Whether it can be used.
    pub(crate) status: Status,
    /// When it was created.
    pub(crate) created: Timestamp,
    /// When it was last used, for which service, in which Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_used: Option<(Timestamp, String, String)>,
}

/// A signing certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SigningCertificate {
    /// The certificate as PEM.
    pub(crate) body: String,
    /// Whether it can be used.
    pub(crate) status: Status,
    /// When it was uploaded.
    pub(crate) uploaded: Timestamp,
}

/// An SSH public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SshKey {
    /// The key as uploaded.
    pub(crate) body: String,
    /// Its fingerprint: sixteen pairs of hex digits.
    pub(crate) fingerprint: String,
    /// Whether it can be used.
    pub(crate) status: Status,
    /// When it was uploaded.
    pub(crate) uploaded: Timestamp,
}

/// A user's password for one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServiceCredential {
    /// The service, for example `codecommit.amazonaws.com`.
    pub(crate) service: String,
    /// The user name that the service knows.
    pub(crate) user_name: String,
    /// The password, shown once.
    pub(crate) password: String,
    /// Whether it can be used.
    pub(crate) status: Status,
    /// When it was created.
    pub(crate) created: Timestamp,
}

/// The kinds of credentials that are switched on and off and deleted by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialKind {
    /// An access key.
    AccessKey,
    /// A signing certificate.
    SigningCertificate,
    /// An SSH public key.
    SshKey,
    /// A password for one service.
    ServiceCredential,
}

impl CredentialKind {
    fn missing(self, id: &str) -> IamError {
        IamError::no_such_entity(match self {
            Self::AccessKey => format!("The Access Key with id {id} cannot be found."),
            Self::SigningCertificate => format!("The Certificate with id {id} cannot be found."),
            Self::SshKey => format!("The Public Key with id {id} cannot be found."),
            Self::ServiceCredential => format!("The service specific credential with id {id} cannot be found."),
        })
    }
}

impl Account {
    /// Creates an access key and returns its id.
    pub(crate) fn create_access_key(&mut self, user: &str, now: Timestamp) -> Result<String, IamError> {
        check_room(&self.user(user)?.access_keys, MAX_ACCESS_KEYS, "AccessKeysPerUser")?;
        let digits = self.next_digits("access key");
        let id = access_key_id(&self.id, &digits);
        let secret = hex(&[&digits, "secret"])[..40].to_owned();
        let key = AccessKey { secret, status: Status::Active, created: now, last_used: None };
        self.user_mut(user)?.access_keys.insert(id.clone(), key);
        Ok(id)
    }

    /// The user that an access key belongs to, and the key.
    pub(crate) fn access_key(&self, id: &str) -> Option<(&User, &AccessKey)> {
        self.users.values().find_map(|user| user.access_keys.get(id).map(|key| (user, key)))
    }

    /// Notes that an access key was used; one that is not there is ignored.
    pub(crate) fn mark_key_used(&mut self, user: &str, id: &str, when_and_where: (Timestamp, String, String)) {
        if let Some(key) = self.user_mut(user).ok().and_then(|user| user.access_keys.get_mut(id)) {
            key.last_used = Some(when_and_where);
        }
    }

    /// Keeps a signing certificate and returns its id.
    pub(crate) fn upload_signing_certificate(
        &mut self,
        user: &str,
        body: &str,
        now: Timestamp,
    ) -> Result<String, IamError> {
        let present = &self.user(user)?.signing_certificates;
        let body = body.trim();
        if !(body.starts_with("-----BEGIN CERTIFICATE-----") && body.ends_with("-----END CERTIFICATE-----")) {
            return Err(IamError::new(400, "MalformedCertificate", "Certificate is malformed."));
        }
        if present.values().any(|certificate| certificate.body == body) {
            let message = "The certificate is associated with this user already.";
            return Err(IamError::new(409, "DuplicateCertificate", message));
        }
        check_room(present, MAX_SIGNING_CERTIFICATES, "SigningCertificatesPerUser")?;
        let id = self.next_digits("certificate")[..32].to_ascii_uppercase();
        let certificate = SigningCertificate { body: body.to_owned(), status: Status::Active, uploaded: now };
        self.user_mut(user)?.signing_certificates.insert(id.clone(), certificate);
        Ok(id)
    }

    /// Keeps an SSH public key and returns its id.
    pub(crate) fn upload_ssh_key(&mut self, user: &str, body: &str, now: Timestamp) -> Result<String, IamError> {
        let present = &self.user(user)?.ssh_keys;
        let body = body.trim();
        if !(body.starts_with("ssh-rsa ") || body.starts_with("-----BEGIN PUBLIC KEY-----")) {
            return Err(IamError::new(400, "InvalidPublicKey", "The public key is malformed or otherwise invalid."));
        }
        if present.values().any(|key| key.body == body) {
            let message = "The SSH public key is associated with this user already.";
            return Err(IamError::new(400, "DuplicateSSHPublicKey", message));
        }
        check_room(present, MAX_SSH_KEYS, "SSHPublicKeysPerUser")?;
        let id = self.next_id("APKA", "ssh");
        let digits = hex(&["fingerprint", body]);
        let pairs: Vec<&str> = (0..16).map(|pair| &digits[pair * 2..pair * 2 + 2]).collect();
        let (fingerprint, status) = (pairs.join(":"), Status::Active);
        let key = SshKey { body: body.to_owned(), fingerprint, status, uploaded: now };
        self.user_mut(user)?.ssh_keys.insert(id.clone(), key);
        Ok(id)
    }

    /// Makes a password for one service and returns its id.
    pub(crate) fn create_service_credential(
        &mut self,
        user: &str,
        service: &str,
        now: Timestamp,
    ) -> Result<String, IamError> {
        let present = &self.user(user)?.service_credentials;
        if !SERVICES.contains(&service) {
            let message = format!("The specified service {service} does not support service-specific credentials.");
            return Err(IamError::new(404, "NotSupportedService", message));
        }
        let of_service = present.values().filter(|credential| credential.service == service).count();
        if of_service >= MAX_SERVICE_CREDENTIALS {
            let message =
                format!("Cannot exceed quota for ServiceSpecificCredentialsPerUser: {MAX_SERVICE_CREDENTIALS}");
            return Err(IamError::limit(message));
        }
        let number = present.len() + 1;
        let name = self.user(user)?.name.clone();
        let id = self.next_id("ACCA", "service credential");
        let credential = ServiceCredential {
            service: service.to_owned(),
            user_name: format!("{name}+{number}-at-{}", self.id),
            password: password(&id, 0),
            status: Status::Active,
            created: now,
        };
        self.user_mut(user)?.service_credentials.insert(id.clone(), credential);
        Ok(id)
    }

    /// Makes another password for the same service.
    pub(crate) fn reset_service_credential(&mut self, user: &str, id: &str) -> Result<(), IamError> {
        self.serial += 1;
        let password = password(id, self.serial);
        let credentials = &mut self.user_mut(user)?.service_credentials;
        let credential = credentials.get_mut(id).ok_or_else(|| CredentialKind::ServiceCredential.missing(id))?;
        credential.password = password;
        Ok(())
    }

    /// Switches a credential on or off.
    pub(crate) fn set_credential_status(
        &mut self,
        user: &str,
        kind: CredentialKind,
        id: &str,
        status: Status,
    ) -> Result<(), IamError> {
        let user = self.user_mut(user)?;
        let present = match kind {
            CredentialKind::AccessKey => user.access_keys.get_mut(id).map(|key| &mut key.status),
            CredentialKind::SigningCertificate => user.signing_certificates.get_mut(id).map(|key| &mut key.status),
            CredentialKind::SshKey => user.ssh_keys.get_mut(id).map(|key| &mut key.status),
            CredentialKind::ServiceCredential => user.service_credentials.get_mut(id).map(|key| &mut key.status),
        };
        *present.ok_or_else(|| kind.missing(id))? = status;
        Ok(())
    }

    /// Deletes a credential.
    pub(crate) fn delete_credential(&mut self, user: &str, kind: CredentialKind, id: &str) -> Result<(), IamError> {
        let user = self.user_mut(user)?;
        let removed = match kind {
            CredentialKind::AccessKey => user.access_keys.remove(id).is_some(),
            CredentialKind::SigningCertificate => user.signing_certificates.remove(id).is_some(),
            CredentialKind::SshKey => user.ssh_keys.remove(id).is_some(),
            CredentialKind::ServiceCredential => user.service_credentials.remove(id).is_some(),
        };
        if removed { Ok(()) } else { Err(kind.missing(id)) }
    }
}

fn check_room<T>(present: &BTreeMap<String, T>, limit: usize, quota: &str) -> Result<(), IamError> {
    if present.len() < limit {
        return Ok(());
    }
    Err(IamError::limit(format!("Cannot exceed quota for {quota}: {limit}")))
}

fn password(id: &str, serial: u64) -> String {
    uuid(&hex(&[id, "password", &serial.to_string()])).replace('-', "+") + "="
}

/// The characters of access key ids, by value.
const BASE_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// What tells the access keys made here from any others, after the account.
const MARK: &str = "RLC";

/// An access key id, which holds its account as AWS's do: the eight characters after `AKIA` are 40 bits, of which the
/// last 39 are the account's number.
fn access_key_id(account: &str, digits: &str) -> String {
    let number: u64 = account.parse().unwrap_or(0);
    let account = (0..8).rev().map(|place| {
        let value = (number >> (5 * place)) & 31;
        char::from(BASE_32[usize::try_from(value).unwrap_or(0)])
    });
    let rest = unique_id("", digits);
    let key: String = account.collect();
    format!("AKIA{key}{MARK}{}", &rest[..5])
}

/// The account that an access key made here belongs to; `None` for any other text.
pub(crate) fn account_of_access_key(id: &str) -> Option<String> {
    let rest = id.strip_prefix("AKIA").filter(|rest| rest.len() == 16 && rest.is_ascii())?;
    if &rest[8..11] != MARK {
        return None;
    }
    let number = rest[..8].bytes().try_fold(0_u64, |number, byte| {
        let value = BASE_32.iter().position(|present| *present == byte)?;
        Some(number << 5 | u64::try_from(value).unwrap_or(0))
    })?;
    Some(format!("{number:012}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_key_id_holds_its_account() {
        for account in ["222222222222", "999999999999", "000000000001"] {
            let id = access_key_id(account, &hex(&["x"]));
            assert_eq!(id.len(), 20);
            assert_eq!(account_of_access_key(&id).as_deref(), Some(account), "{id}");
        }
        assert_eq!(account_of_access_key("AKIAIOSFODNN7EXAMPLE"), None);
        assert_eq!(account_of_access_key("222222222222"), None);
    }
}
