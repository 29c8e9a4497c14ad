//! The account itself, and the one user it has.

use super::own;
use super::page::page;
use crate::iam::IamError;
use crate::wire::{Call, Identity, Reply, WireError};
use crate::world::World;

/// `ListAccountAliases`.
pub(super) fn list_aliases(world: &World, call: &Call) -> Result<Reply, WireError> {
    let alias = own(world, call)?.alias.as_ref();
    let page = page(call, |position| alias.filter(|_| position.is_none()).map(|alias| (alias, alias)).into_iter())?;
    Ok(Reply::result(|xml| {
        xml.texts("AccountAliases", &page.rows);
        page.end(xml);
    }))
}

/// `GetUser`: the simulated administrator is the only user there is.
pub(super) fn get_user(call: &Call) -> Result<Reply, WireError> {
    const NAME: &str = "Administrator";
    let asked = call.params.get("UserName");
    if let Identity::Session { .. } = call.caller.identity
        && asked.is_none()
    {
        return Err(WireError::validation("Must specify userName when calling with non-User credentials"));
    }
    let administrator = crate::sts::administrator(&call.caller.account);
    match asked {
        Some(name) if name != NAME => {
            Err(IamError::no_such_entity(format!("The user with name {name} cannot be found.")).into())
        }
        _ => Ok(Reply::result(|xml| {
            xml.element("User", |xml| {
                xml.text("Path", "/");
                xml.text("UserName", NAME);
                xml.text("UserId", &administrator.user_id);
                xml.text("Arn", &administrator.arn);
                // The administrator is not part of the state; it is as old as the organization could be.
                xml.text("CreateDate", "2017-02-27T00:00:00Z");
            });
        })),
    }
}
