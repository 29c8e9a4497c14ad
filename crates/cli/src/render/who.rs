//! Who changed a role, in words.

use rolecall_core::ids::{AccountId, RoleName};
use rolecall_core::who::{Author, Told, Touch, Who};

use super::clean::clean;
use super::words;

/// What is known of one role, a sentence for each call; safe to show. One sentence where there is no call to tell.
pub(super) fn sentences(who: &Who, account: &AccountId, role: &RoleName) -> Vec<String> {
    match who.told(account, role) {
        Told::Calls([]) => vec![
            "CloudTrail shows no call that changed it; it shows calls some minutes late, and for 90 days.".to_owned(),
        ],
        Told::Calls([last, before @ ..]) => {
            let before = before.iter().map(|touch| format!("Before that: {}.", phrase(touch)));
            [format!("Last changed: {}.", phrase(last))].into_iter().chain(before).collect()
        }
        Told::Denied => {
            vec!["Who changed it is not told: cloudtrail:LookupEvents is not allowed in the account.".to_owned()]
        }
        Told::LeftOut => vec!["Who changed it was not looked up.".to_owned()],
    }
}

/// That CloudTrail may not be looked at in some accounts; `None` when it may in all.
pub(super) fn denied(who: &Who) -> Option<String> {
    let accounts = words::count(who.denied.len(), "account");
    let told =
        || format!("Who changed a role is not told for {accounts}: cloudtrail:LookupEvents is not allowed there.");
    (!who.denied.is_empty()).then(told)
}

/// That some roles were not looked up; `None` when all were.
pub(super) fn left_out(who: &Who) -> Option<String> {
    let roles = words::count(who.left_out.len(), "role");
    (!who.left_out.is_empty()).then(|| format!("Who changed it was not looked up for {roles}."))
}

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
