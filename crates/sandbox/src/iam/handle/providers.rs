//! Identity providers: `OpenID` Connect and SAML.

use super::{Operation, current, own, own_mut, read, shapes, write};
use crate::iam::{NewOidcProvider, OidcProvider};
use crate::wire::{Call, Reply, WireError};
use crate::world::{World, iso_time};

const OIDC: &str = "OpenIDConnectProviderArn";
const SAML: &str = "SAMLProviderArn";

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateOpenIDConnectProvider", &["Url"], create_oidc),
    read("GetOpenIDConnectProvider", &[OIDC], get_oidc),
    read("ListOpenIDConnectProviders", &[], list_oidc),
    write("DeleteOpenIDConnectProvider", &[OIDC], delete_oidc),
    write("UpdateOpenIDConnectProviderThumbprint", &[OIDC, "ThumbprintList"], update_thumbprint),
    write("AddClientIDToOpenIDConnectProvider", &[OIDC, "ClientID"], add_client_id),
    write("RemoveClientIDFromOpenIDConnectProvider", &[OIDC, "ClientID"], remove_client_id),
    write("CreateSAMLProvider", &["SAMLMetadataDocument", "Name"], create_saml),
    read("GetSAMLProvider", &[SAML], get_saml),
    read("ListSAMLProviders", &[], list_saml),
    write("UpdateSAMLProvider", &[SAML], update_saml),
    write("DeleteSAMLProvider", &[SAML], delete_saml),
];

fn texts(call: &Call, name: &str) -> Vec<String> {
    call.params.list(name).unwrap_or_default().into_iter().map(str::to_owned).collect()
}

fn create_oidc(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let new = NewOidcProvider {
        url: call.params.required("Url")?.to_owned(),
        client_ids: texts(call, "ClientIDList"),
        thumbprints: texts(call, "ThumbprintList"),
        tags: call.params.tags("Tags")?.unwrap_or_default(),
    };
    let now = world.now;
    let arn = own_mut(world, call)?.create_oidc_provider(new, now)?;
    let tags = &current(world, call)?.oidc_provider(&arn)?.tags;
    Ok(Reply::result(|xml| {
        xml.text(OIDC, &arn);
        if !tags.is_empty() {
            shapes::tags(xml, tags);
        }
    }))
}

fn get_oidc(world: &World, call: &Call) -> Result<Reply, WireError> {
    let provider = own(world, call)?.oidc_provider(call.params.required(OIDC)?)?;
    let OidcProvider { url, client_ids, thumbprints, created, tags } = provider;
    Ok(Reply::result(|xml| {
        xml.text("Url", url);
        xml.texts("ClientIDList", client_ids);
        xml.texts("ThumbprintList", thumbprints);
        xml.text("CreateDate", iso_time(*created));
        if !tags.is_empty() {
            shapes::tags(xml, tags);
        }
    }))
}

fn list_oidc(world: &World, call: &Call) -> Result<Reply, WireError> {
    let arns = own(world, call)?.oidc_providers.keys();
    Ok(Reply::result(|xml| xml.list("OpenIDConnectProviderList", arns, |xml, arn| xml.text("Arn", arn))))
}

/// Deleting a provider that does not exist succeeds, as in AWS.
fn delete_oidc(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required(OIDC)?;
    drop(own_mut(world, call)?.delete_oidc_provider(arn));
    Ok(Reply::Nothing)
}

fn update_thumbprint(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required(OIDC)?;
    own_mut(world, call)?.set_thumbprints(arn, texts(call, "ThumbprintList"))?;
    Ok(Reply::Nothing)
}

fn add_client_id(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (arn, client_id) = (call.params.required(OIDC)?, call.params.required("ClientID")?);
    own_mut(world, call)?.add_client_id(arn, client_id)?;
    Ok(Reply::Nothing)
}

fn remove_client_id(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (arn, client_id) = (call.params.required(OIDC)?, call.params.required("ClientID")?);
    own_mut(world, call)?.remove_client_id(arn, client_id)?;
    Ok(Reply::Nothing)
}

fn create_saml(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (name, metadata) = (call.params.required("Name")?, call.params.required("SAMLMetadataDocument")?);
    let tags = call.params.tags("Tags")?.unwrap_or_default();
    let now = world.now;
    let arn = own_mut(world, call)?.create_saml_provider(name, metadata, &tags, now)?;
    Ok(Reply::result(|xml| xml.text(SAML, &arn)))
}

fn get_saml(world: &World, call: &Call) -> Result<Reply, WireError> {
    let provider = own(world, call)?.saml_provider(call.params.required(SAML)?)?;
    Ok(Reply::result(|xml| {
        xml.text("SAMLProviderUUID", &provider.uuid);
        xml.text("SAMLMetadataDocument", &provider.metadata);
        xml.text("CreateDate", iso_time(provider.created));
        if !provider.tags.is_empty() {
            shapes::tags(xml, &provider.tags);
        }
    }))
}

fn list_saml(world: &World, call: &Call) -> Result<Reply, WireError> {
    let providers = &own(world, call)?.saml_providers;
    Ok(Reply::result(|xml| {
        xml.list("SAMLProviderList", providers, |xml, (arn, provider)| {
            xml.text("Arn", arn);
            xml.text("CreateDate", iso_time(provider.created));
        });
    }))
}

fn update_saml(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required(SAML)?;
    let iam = own_mut(world, call)?;
    match call.params.get("SAMLMetadataDocument") {
        Some(metadata) => iam.set_saml_metadata(arn, metadata)?,
        None => drop(iam.saml_provider(arn)?),
    }
    Ok(Reply::result(|xml| xml.text(SAML, arn)))
}

fn delete_saml(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let arn = call.params.required(SAML)?;
    own_mut(world, call)?.delete_saml_provider(arn)?;
    Ok(Reply::Nothing)
}
