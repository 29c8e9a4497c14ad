//! What a request says about itself.

use std::collections::BTreeMap;

use crate::iam::Tagged;
use crate::wire::{Caller, Identity};
use crate::world::{World, iso_time};

/// Condition keys in lower case, and their values.
pub(crate) type Context = BTreeMap<String, Vec<String>>;

/// The condition keys of any request of a caller. The address is that of the machine the sandbox runs on.
pub(crate) fn request_context(world: &World, caller: &Caller) -> Context {
    let mut context = Context::new();
    let mut set = |key: &str, value: &str| drop(context.insert(key.to_owned(), vec![value.to_owned()]));
    set("aws:principalarn", caller.principal_arn());
    set("aws:principalaccount", &caller.account);
    set("aws:userid", &caller.user_id);
    set("aws:securetransport", "true");
    set("aws:sourceip", "127.0.0.1");
    set("aws:currenttime", &iso_time(world.wall));
    set("aws:epochtime", &world.wall.as_second().to_string());
    set("aws:principalisawsservice", "false");
    set("aws:viaawsservice", "false");
    if world.org.accounts.contains_key(&caller.account) {
        set("aws:principalorgid", &world.org.id);
    }
    let principal = match &caller.identity {
        Identity::Administrator => {
            set("aws:principaltype", "User");
            set("aws:username", crate::iam::ADMINISTRATOR);
            None
        }
        Identity::User { name } => {
            set("aws:principaltype", "User");
            set("aws:username", name);
            Some(Tagged::User(name))
        }
        Identity::Session { role_name, role_arn: _ } => {
            set("aws:principaltype", "AssumedRole");
            Some(Tagged::Role(role_name))
        }
    };
    let session = caller.session(world);
    if let Some(session) = session {
        set("aws:tokenissuetime", &iso_time(session.issued));
        set("aws:multifactorauthpresent", &session.with_mfa.to_string());
        if let Some(identity) = &session.source_identity {
            set("aws:sourceidentity", identity);
        }
    }
    let iam = world.iam(&caller.account).ok();
    let own = principal.and_then(|principal| iam?.tags_of(principal).ok());
    // A session's tag stands before the role's of the same key.
    for (key, value) in own.into_iter().chain(session.map(|session| &session.tags)).flatten() {
        set(&format!("aws:principaltag/{}", key.to_ascii_lowercase()), value);
    }
    context
}
