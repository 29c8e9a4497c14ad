//! Definitions of stack sets, and the role that their template makes.

use std::collections::BTreeSet;

use rolecall_core::ids::AccountId;
use rolecall_core::plan::{Action, Edit};
use rolecall_core::template::{Definition, Template, TemplateRoles};

use super::attribute::{Attributes, Key, Style, Value, compare, hidden};
use super::page::{Page, Sign};
use super::role::Sides;
use super::{listing, role};
use crate::render::clean::quoted;
use crate::render::group::sides;
use crate::render::{Detail, View, words};

/// How many roles of single accounts are shown before the rest is only counted.
const SPECIAL: usize = 3;

/// Shows how one definition becomes another, or how it comes to be or goes.
pub(super) fn definition(page: &mut Page, view: &View<'_>, edit: &Edit<Box<Definition>>) {
    let (before, after) = sides(edit);
    let action = edit.action();
    let style = Style { depth: 1, detail: view.detail, action };
    let (mut old, mut new) = (before.map(of).unwrap_or_default(), after.map(of).unwrap_or_default());
    let templates = (before.map(|before| &before.template), after.map(|after| &after.template));
    let roles = (templates.0.map(Template::roles), templates.1.map(Template::roles));
    match roles {
        // A template that is not one of ours is compared as a text.
        (Some(None), _) | (_, Some(None)) => {
            old.extend(templates.0.map(|template| (TEMPLATE, Value::Body(template.body()))));
            new.extend(templates.1.map(|template| (TEMPLATE, Value::Body(template.body()))));
            let compared = compare(page, style, &old, &new);
            hidden(page, 1, compared.unchanged, "unchanged attribute");
        }
        (before, after) => {
            let compared = compare(page, style, &old, &new);
            role_of_template(page, view, before.flatten(), after.flatten());
            hidden(page, 1, compared.unchanged, "unchanged attribute");
        }
    }
}

const TEMPLATE: Key<'static> = Key::Field(9, "template");

fn of(definition: &Definition) -> Attributes<'_> {
    // No `..`: a new field of a definition does not compile until someone decides how it is shown. The template is
    // shown as the role that it makes.
    let Definition { description, template: _, capabilities, tags, auto_deployment, managed_execution } = definition;
    let keys = words::AutoDeploymentKeys::from(*auto_deployment);
    let word = |yes: bool| Value::Word(yes.to_string());
    let mut attributes = Attributes::from([
        (Key::Field(0, "description"), Value::Text(description)),
        (Key::Field(1, "auto_deployment"), word(keys.auto_deployment)),
        (Key::Field(2, "retain_on_account_removal"), word(keys.retain_on_account_removal)),
        (Key::Field(3, "managed_execution"), word(words::is_active(*managed_execution))),
        (Key::Field(4, "capabilities"), Value::Set(capabilities.iter().map(String::as_str).collect())),
        (Key::Field(5, "tags"), Value::Map(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect())),
    ]);
    attributes.retain(|_, value| !value.is_empty());
    attributes
}

fn role_of_template(page: &mut Page, view: &View<'_>, before: Option<&TemplateRoles>, after: Option<&TemplateRoles>) {
    let general = Sides { before: before.map(|roles| &*roles.default), after: after.map(|roles| &*roles.default) };
    let special = special(general, before, after);
    if general.before != general.after {
        block(page, general, |page, style| role::attributes(page, style, general), view.detail);
    }
    let (alike, own): (Vec<_>, Vec<_>) = special.into_iter().partition(|(sides, _)| role::changes_as(*sides, general));
    let mut alike: Vec<&AccountId> = alike.into_iter().flat_map(|(_, accounts)| accounts).collect();
    if !alike.is_empty() {
        alike.sort_unstable();
        listing::comment(page, 1, Sign::Comment, "likewise, each keeping an external ID of its own, in", &alike, view);
    }
    let shown = match view.detail {
        Detail::Full => own.len(),
        Detail::Brief => SPECIAL,
    };
    for (sides, accounts) in own.iter().take(shown) {
        listing::comment(page, 1, Sign::Comment, "with an external ID of its own in", accounts, view);
        block(page, *sides, |page, style| role::exceptions(page, style, *sides, general), view.detail);
    }
    let rest: usize = own.iter().skip(shown).map(|(_, accounts)| accounts.len()).sum();
    if rest > 0 {
        let accounts = words::count(rest, "more account");
        page.line(1, Sign::Comment, format_args!("with external IDs of their own in {accounts} (-v shows them)"));
    }
}

/// A role as a block, whatever is shown of it.
fn block(page: &mut Page, sides: Sides<'_>, body: impl Fn(&mut Page, Style), detail: Detail) {
    let action = match (sides.before, sides.after) {
        (None, None) => return,
        (None, Some(_)) => Action::Create,
        (Some(_), None) => Action::Delete,
        (Some(before), Some(after)) if before.name != after.name => Action::Replace,
        (Some(_), Some(_)) => Action::Update,
    };
    let name = sides.after.or(sides.before).map(|role| quoted(role.name.as_str())).unwrap_or_default();
    page.line(1, Sign::from(action), format_args!("role {name} {{"));
    body(page, Style { depth: 2, detail, action });
    page.line(1, Sign::Same, "}");
}

/// The accounts whose role changes in another way than the role of all others does.
fn special<'a>(
    general: Sides<'a>,
    before: Option<&'a TemplateRoles>,
    after: Option<&'a TemplateRoles>,
) -> Vec<(Sides<'a>, Vec<&'a AccountId>)> {
    let accounts: BTreeSet<&AccountId> = before.iter().chain(&after).flat_map(|roles| roles.special.keys()).collect();
    let mut found: Vec<(Sides<'a>, Vec<&AccountId>)> = Vec::new();
    for account in accounts {
        let sides = Sides {
            before: before.map(|roles| &**roles.in_account(account)),
            after: after.map(|roles| &**roles.in_account(account)),
        };
        if sides == general || sides.before == sides.after {
            continue;
        }
        match found.iter_mut().find(|(other, _)| *other == sides) {
            Some((_, accounts)) => accounts.push(account),
            None => found.push((sides, vec![account])),
        }
    }
    found
}
