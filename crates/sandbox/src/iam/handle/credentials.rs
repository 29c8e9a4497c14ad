//! Signing certificates, SSH public keys and passwords for single services.

use super::access_keys::status;
use super::page::{after, page};
use super::permit::user_name;
use super::{Operation, current, own, own_mut, read, write};
use crate::iam::{CredentialKind, IamError, ServiceCredential, SigningCertificate, SshKey, User};
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::{World, iso_time};

pub(super) const OPERATIONS: &[Operation] = &[
    write("UploadSigningCertificate", &["CertificateBody"], upload_certificate),
    read("ListSigningCertificates", &[], list_certificates),
    write("UpdateSigningCertificate", &["CertificateId", "Status"], update),
    write("DeleteSigningCertificate", &["CertificateId"], delete),
    write("UploadSSHPublicKey", &["UserName", "SSHPublicKeyBody"], upload_ssh_key),
    read("GetSSHPublicKey", &["UserName", "SSHPublicKeyId", "Encoding"], get_ssh_key),
    read("ListSSHPublicKeys", &[], list_ssh_keys),
    write("UpdateSSHPublicKey", &["UserName", "SSHPublicKeyId", "Status"], update),
    write("DeleteSSHPublicKey", &["UserName", "SSHPublicKeyId"], delete),
    write("CreateServiceSpecificCredential", &["UserName", "ServiceName"], create_service_credential),
    read("ListServiceSpecificCredentials", &[], list_service_credentials),
    write("UpdateServiceSpecificCredential", &["ServiceSpecificCredentialId", "Status"], update),
    write("ResetServiceSpecificCredential", &["ServiceSpecificCredentialId"], reset_service_credential),
    write("DeleteServiceSpecificCredential", &["ServiceSpecificCredentialId"], delete),
];

/// The credential that a call names.
fn named(call: &Call) -> Result<(CredentialKind, &str), WireError> {
    let params = &call.params;
    if let Some(id) = params.get("CertificateId") {
        return Ok((CredentialKind::SigningCertificate, id));
    }
    if let Some(id) = params.get("SSHPublicKeyId") {
        return Ok((CredentialKind::SshKey, id));
    }
    Ok((CredentialKind::ServiceCredential, params.required("ServiceSpecificCredentialId")?))
}

fn update(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (kind, id) = named(call)?;
    let status = status(call)?;
    own_mut(world, call)?.set_credential_status(user_name(call)?, kind, id, status)?;
    Ok(Reply::Nothing)
}

fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (kind, id) = named(call)?;
    own_mut(world, call)?.delete_credential(user_name(call)?, kind, id)?;
    Ok(Reply::Nothing)
}

fn upload_certificate(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (body, now) = (call.params.required("CertificateBody")?, world.now);
    let name = user_name(call)?;
    let id = own_mut(world, call)?.upload_signing_certificate(name, body, now)?;
    let user = current(world, call)?.user(name)?;
    Ok(Reply::result(|xml| {
        if let Some(certificate) = user.signing_certificates.get(&id) {
            xml.element("Certificate", |xml| show_certificate(xml, user, &id, certificate));
        }
    }))
}

fn show_certificate(xml: &mut Xml, user: &User, id: &str, certificate: &SigningCertificate) {
    xml.text("UserName", &user.name);
    xml.text("CertificateId", id);
    xml.text("CertificateBody", &certificate.body);
    xml.text("Status", certificate.status.name());
    xml.text("UploadDate", iso_time(certificate.uploaded));
}

fn list_certificates(world: &World, call: &Call) -> Result<Reply, WireError> {
    let user = own(world, call)?.user(user_name(call)?)?;
    let page = page(world, call, |position| after(&user.signing_certificates, position).map(|row| (row.0, row)))?;
    Ok(Reply::result(|xml| {
        xml.list("Certificates", &page.rows, |xml, (id, certificate)| show_certificate(xml, user, id, certificate));
        page.end(xml);
    }))
}

fn upload_ssh_key(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (body, now) = (call.params.required("SSHPublicKeyBody")?, world.now);
    let name = user_name(call)?;
    let id = own_mut(world, call)?.upload_ssh_key(name, body, now)?;
    show_ssh_key(current(world, call)?.user(name)?, &id)
}

/// The key in the encoding it was uploaded in; the other one is not made.
fn get_ssh_key(world: &World, call: &Call) -> Result<Reply, WireError> {
    let user = own(world, call)?.user(call.params.required("UserName")?)?;
    show_ssh_key(user, call.params.required("SSHPublicKeyId")?)
}

fn show_ssh_key(user: &User, id: &str) -> Result<Reply, WireError> {
    let Some(key) = user.ssh_keys.get(id) else {
        return Err(IamError::no_such_entity(format!("The Public Key with id {id} cannot be found.")).into());
    };
    Ok(Reply::result(|xml| {
        xml.element("SSHPublicKey", |xml| {
            ssh_key(xml, user, id, key);
            xml.text("Fingerprint", &key.fingerprint);
            xml.text("SSHPublicKeyBody", &key.body);
        });
    }))
}

fn ssh_key(xml: &mut Xml, user: &User, id: &str, key: &SshKey) {
    xml.text("UserName", &user.name);
    xml.text("SSHPublicKeyId", id);
    xml.text("Status", key.status.name());
    xml.text("UploadDate", iso_time(key.uploaded));
}

fn list_ssh_keys(world: &World, call: &Call) -> Result<Reply, WireError> {
    let user = own(world, call)?.user(user_name(call)?)?;
    let page = page(world, call, |position| after(&user.ssh_keys, position).map(|row| (row.0, row)))?;
    Ok(Reply::result(|xml| {
        xml.list("SSHPublicKeys", &page.rows, |xml, (id, key)| ssh_key(xml, user, id, key));
        page.end(xml);
    }))
}

fn create_service_credential(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (name, service) = (call.params.required("UserName")?, call.params.required("ServiceName")?);
    let now = world.now;
    let id = own_mut(world, call)?.create_service_credential(name, service, now)?;
    Ok(show_service_credential(current(world, call)?.user(name)?, &id))
}

fn reset_service_credential(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (name, id) = (user_name(call)?, call.params.required("ServiceSpecificCredentialId")?);
    own_mut(world, call)?.reset_service_credential(name, id)?;
    Ok(show_service_credential(current(world, call)?.user(name)?, id))
}

/// With the password, which is shown only when it is made.
fn show_service_credential(user: &User, id: &str) -> Reply {
    Reply::result(|xml| {
        if let Some(credential) = user.service_credentials.get(id) {
            xml.element("ServiceSpecificCredential", |xml| {
                service_credential(xml, user, id, credential);
                xml.text("ServicePassword", &credential.password);
            });
        }
    })
}

fn service_credential(xml: &mut Xml, user: &User, id: &str, credential: &ServiceCredential) {
    xml.text("UserName", &user.name);
    xml.text("Status", credential.status.name());
    xml.text("ServiceUserName", &credential.user_name);
    xml.text("CreateDate", iso_time(credential.created));
    xml.text("ServiceSpecificCredentialId", id);
    xml.text("ServiceName", &credential.service);
}

fn list_service_credentials(world: &World, call: &Call) -> Result<Reply, WireError> {
    let user = own(world, call)?.user(user_name(call)?)?;
    let service = call.params.get("ServiceName");
    let wanted = |credential: &ServiceCredential| service.is_none_or(|service| credential.service == service);
    Ok(Reply::result(|xml| {
        let rows = user.service_credentials.iter().filter(|(_, credential)| wanted(credential));
        xml.list("ServiceSpecificCredentials", rows, |xml, (id, row)| service_credential(xml, user, id, row));
    }))
}
