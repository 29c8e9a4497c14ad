//! Who changed a role, in words.

use rolecall_core::who::{Author, Touch};

use super::clean::clean;

/// A call as a phrase: `PutRolePolicy by jane (session of role Admin) from 198.51.100.7, 2026-11-20 00:00:00 UTC`.
pub(super) fn phrase(touch: &Touch) -> String {
    let Touch { time, event, author, invoked_by, address, user_agent: _, request_id: _, event_id: _ } = touch;
    let through = match invoked_by {
        Some(service) if *author != (Author::Service { host: service.clone() }) => format!(" through {service}"),
        Some(_) | None => String::new(),
    };
    let from = if address.is_empty() || invoked_by.as_ref() == Some(address) {
        String::new()
    } else {
        format!(" from {address}")
    };
    let time = time.replace('T', " ").replace('Z', " UTC");
    let told = format!("{event} by {}{through}{from}, {time}", author_words(author));
    clean(&told).into_owned()
}

fn author_words(author: &Author) -> String {
    match author {
        Author::Root { account } => format!("the root user of {account}"),
        Author::User { arn: _, name } => format!("user {name}"),
        Author::Session { arn: _, role, session } => format!("{session} (session of role {role})"),
        Author::Service { host } => host.clone(),
        Author::Other { name } if name.is_empty() => "somebody".to_owned(),
        Author::Other { name } => name.clone(),
    }
}
