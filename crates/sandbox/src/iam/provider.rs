//! Identity providers outside of AWS.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Account, IamError, TagMap, schema, tags};
use crate::world::hex;

const MAX_PROVIDERS: usize = 100;
const MAX_CLIENT_IDS: usize = 100;
const MAX_THUMBPRINTS: usize = 5;

/// An `OpenID` Connect provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OidcProvider {
    /// Host and path of its URL, without `https://`.
    pub(crate) url: String,
    /// Its client ids, also called audiences.
    pub(crate) client_ids: BTreeSet<String>,
    /// The SHA-1 digests of its servers' certificates, 40 hex digits each.
    pub(crate) thumbprints: Vec<String>,
    /// When it was created.
    pub(crate) created: Timestamp,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: TagMap,
}

/// What an `OpenID` Connect provider is created from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewOidcProvider {
    /// Its URL, which begins with `https://`.
    pub(crate) url: String,
    /// Its client ids.
    pub(crate) client_ids: Vec<String>,
    /// The digests of its servers' certificates; empty leaves it to AWS to find them.
    pub(crate) thumbprints: Vec<String>,
    /// Its tags.
    pub(crate) tags: Vec<(String, String)>,
}

/// A SAML provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SamlProvider {
    /// Its UUID, in capitals and without hyphens.
    pub(crate) uuid: String,
    /// Its metadata as XML.
    pub(crate) metadata: String,
    /// When it was created.
    pub(crate) created: Timestamp,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: TagMap,
}

impl Account {
    /// The `OpenID` Connect provider of this ARN.
    pub(crate) fn oidc_provider(&self, arn: &str) -> Result<&OidcProvider, IamError> {
        self.oidc_providers.get(arn).ok_or_else(|| no_oidc(arn))
    }

    pub(super) fn oidc_provider_mut(&mut self, arn: &str) -> Result<&mut OidcProvider, IamError> {
        self.oidc_providers.get_mut(arn).ok_or_else(|| no_oidc(arn))
    }

    /// Creates an `OpenID` Connect provider and returns its ARN.
    pub(crate) fn create_oidc_provider(&mut self, new: NewOidcProvider, now: Timestamp) -> Result<String, IamError> {
        let NewOidcProvider { url, client_ids, thumbprints, tags } = new;
        let host = url.strip_prefix("https://").map(|rest| rest.trim_end_matches('/'));
        let Some(host) = host.filter(|host| !host.is_empty() && !host.contains(['?', '#', ' '])) else {
            return Err(IamError::validation("Invalid Open ID Connect Provider URL"));
        };
        let arn = format!("arn:aws:iam::{}:oidc-provider/{host}", self.id);
        if self.oidc_providers.contains_key(&arn) {
            return Err(IamError::already_exists(format!("Provider with url {url} already exists.")));
        }
        if self.oidc_providers.len() >= MAX_PROVIDERS {
            let message = format!("Cannot exceed quota for OpenIdConnectProvidersPerAccount: {MAX_PROVIDERS}");
            return Err(IamError::limit(message));
        }
        check_client_ids(client_ids.len())?;
        let thumbprints =
            if thumbprints.is_empty() { vec![hex(&["thumbprint", host])[..40].to_owned()] } else { thumbprints };
        check_thumbprints(&thumbprints)?;
        let provider = OidcProvider {
            url: host.to_owned(),
            client_ids: client_ids.into_iter().collect(),
            thumbprints,
            created: now,
            tags: tags::new(&tags)?,
        };
        self.oidc_providers.insert(arn.clone(), provider);
        Ok(arn)
    }

    /// Deletes an `OpenID` Connect provider; trust policies that name it stay as they are.
    pub(crate) fn delete_oidc_provider(&mut self, arn: &str) -> Result<(), IamError> {
        self.oidc_providers.remove(arn).map(|_| ()).ok_or_else(|| no_oidc(arn))
    }

    /// Replaces the digests of the servers' certificates.
    pub(crate) fn set_thumbprints(&mut self, arn: &str, thumbprints: Vec<String>) -> Result<(), IamError> {
        check_thumbprints(&thumbprints)?;
        self.oidc_provider_mut(arn)?.thumbprints = thumbprints;
        Ok(())
    }

    /// Adds a client id; one that is there stays.
    pub(crate) fn add_client_id(&mut self, arn: &str, client_id: &str) -> Result<(), IamError> {
        let provider = self.oidc_provider_mut(arn)?;
        if !provider.client_ids.contains(client_id) {
            check_client_ids(provider.client_ids.len() + 1)?;
            provider.client_ids.insert(client_id.to_owned());
        }
        Ok(())
    }

    /// Removes a client id; one that is not there is ignored.
    pub(crate) fn remove_client_id(&mut self, arn: &str, client_id: &str) -> Result<(), IamError> {
        self.oidc_provider_mut(arn)?.client_ids.remove(client_id);
        Ok(())
    }

    /// The SAML provider of this ARN.
    pub(crate) fn saml_provider(&self, arn: &str) -> Result<&SamlProvider, IamError> {
        self.saml_providers.get(arn).ok_or_else(|| no_saml(arn))
    }

    pub(super) fn saml_provider_mut(&mut self, arn: &str) -> Result<&mut SamlProvider, IamError> {
        self.saml_providers.get_mut(arn).ok_or_else(|| no_saml(arn))
    }

    /// Creates a SAML provider and returns its ARN. Of the metadata only the root element is checked.
    pub(crate) fn create_saml_provider(
        &mut self,
        name: &str,
        metadata: &str,
        tags: &[(String, String)],
        now: Timestamp,
    ) -> Result<String, IamError> {
        schema::member("Name", name)?;
        check_metadata(metadata)?;
        let arn = format!("arn:aws:iam::{}:saml-provider/{name}", self.id);
        if self.saml_providers.contains_key(&arn) {
            return Err(IamError::already_exists(format!("Provider {name} already exists.")));
        }
        if self.saml_providers.len() >= MAX_PROVIDERS {
            let message = format!("Cannot exceed quota for SAMLProvidersPerAccount: {MAX_PROVIDERS}");
            return Err(IamError::limit(message));
        }
        let tags = tags::new(tags)?;
        let uuid = self.next_digits("saml")[..32].to_ascii_uppercase();
        self.saml_providers
            .insert(arn.clone(), SamlProvider { uuid, metadata: metadata.to_owned(), created: now, tags });
        Ok(arn)
    }

    /// Replaces the metadata of a SAML provider.
    pub(crate) fn set_saml_metadata(&mut self, arn: &str, metadata: &str) -> Result<(), IamError> {
        check_metadata(metadata)?;
        metadata.clone_into(&mut self.saml_provider_mut(arn)?.metadata);
        Ok(())
    }

    /// Deletes a SAML provider.
    pub(crate) fn delete_saml_provider(&mut self, arn: &str) -> Result<(), IamError> {
        self.saml_providers.remove(arn).map(|_| ()).ok_or_else(|| no_saml(arn))
    }
}

fn check_client_ids(number: usize) -> Result<(), IamError> {
    if number <= MAX_CLIENT_IDS {
        return Ok(());
    }
    Err(IamError::limit(format!("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MAX_CLIENT_IDS}")))
}

fn check_thumbprints(thumbprints: &[String]) -> Result<(), IamError> {
    if thumbprints.is_empty() {
        return Err(IamError::invalid("Thumbprint list must contain at least one entry."));
    }
    if thumbprints.len() > MAX_THUMBPRINTS {
        return Err(IamError::invalid("Thumbprint list must contain fewer than 5 entries."));
    }
    let fits = |text: &String| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match thumbprints.iter().find(|thumbprint| !fits(thumbprint)) {
        None => Ok(()),
        Some(_) => Err(IamError::invalid("Thumbprint must be 40 hexadecimal characters.")),
    }
}

fn check_metadata(metadata: &str) -> Result<(), IamError> {
    if metadata.contains("EntityDescriptor") {
        return Ok(());
    }
    Err(IamError::invalid("Could not parse metadata"))
}

fn no_oidc(arn: &str) -> IamError {
    IamError::no_such_entity(format!("OpenIDConnect Provider not found for arn {arn}"))
}

fn no_saml(arn: &str) -> IamError {
    IamError::no_such_entity(format!("Manifest not found for arn {arn}"))
}
