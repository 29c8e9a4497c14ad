//! Roles as attributes.

use rolecall_core::ids::{PolicyArn, PolicyName, PolicyVersion};
use rolecall_core::own_policy::{Attachment, OwnPolicy};
use rolecall_core::role::{DIGEST_TAG, Role};

use super::attribute::{Attributes, Key, Style, Value, compare, dim, hidden};
use super::page::{Page, Sign};
use crate::render::words::duration;

/// What a role is and what it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sides<'a> {
    pub(super) before: Option<&'a Role>,
    pub(super) after: Option<&'a Role>,
}

/// Shows how one role becomes another, or how it comes to be or goes.
pub(super) fn attributes(page: &mut Page, style: Style, sides: Sides<'_>) {
    let (old, new) = sides.attributes();
    let compared = compare(page, style, &old, &new);
    hidden(page, style.depth, compared.unchanged, "unchanged attribute");
    if compared.shown == 0 {
        page.line(style.depth, Sign::Same, dim("# (nothing changes but Rolecall's own record of what it applied)"));
    }
}

/// Shows what does not change in the same way as in a role that was shown already.
pub(super) fn exceptions(page: &mut Page, style: Style, sides: Sides<'_>, shown: Sides<'_>) {
    let (old, new) = differing(sides, shown);
    compare(page, style, &old, &new);
    page.line(style.depth, Sign::Same, dim("# (otherwise as above)"));
}

/// Whether everything that changes does so in the same way as in another role.
pub(super) fn changes_as(sides: Sides<'_>, other: Sides<'_>) -> bool {
    let (old, new) = differing(sides, other);
    old == new
}

fn differing<'a>(sides: Sides<'a>, other: Sides<'_>) -> (Attributes<'a>, Attributes<'a>) {
    let ((mut old, mut new), (other_old, other_new)) = (sides.attributes(), other.attributes());
    let keys: Vec<Key<'_>> = old.keys().chain(new.keys()).copied().collect();
    for key in keys {
        if old.get(&key) == other_old.get(&key) && new.get(&key) == other_new.get(&key) {
            old.remove(&key);
            new.remove(&key);
        }
    }
    (old, new)
}

impl<'a> Sides<'a> {
    fn attributes(self) -> (Attributes<'a>, Attributes<'a>) {
        let (mut old, mut new) = (self.before.map(of).unwrap_or_default(), self.after.map(of).unwrap_or_default());
        // The name is in the heading already, unless there are two.
        if self.before.zip(self.after).is_none_or(|(before, after)| before.name == after.name) {
            old.remove(&NAME);
            new.remove(&NAME);
        }
        (old, new)
    }
}

const NAME: Key<'static> = Key::Field(0, "name");

/// A role's attributes; those that it does not have are left out, and so is Rolecall's own record.
fn of(role: &Role) -> Attributes<'_> {
    // No `..`: a new field of a role does not compile until someone decides how it is shown.
    let Role { name, path, description, trust, max_session, boundary, attached, managed, inline, tags } = role;
    let tags = tags.iter().filter(|(key, _)| key.as_str() != DIGEST_TAG);
    let mut attributes = Attributes::from([
        (NAME, Value::Text(name.as_str())),
        (Key::Field(1, "path"), Value::Text(path.as_str())),
        (Key::Field(2, "description"), Value::Text(description)),
        (Key::Field(3, "max_session_duration"), Value::Word(duration(*max_session))),
        (Key::Field(5, "managed_policies"), Value::Set(attached.iter().map(PolicyArn::as_str).collect())),
        (Key::Field(6, "tags"), Value::Map(tags.map(|(key, value)| (key.as_str(), value.as_str())).collect())),
        (Key::Field(7, "trust_policy"), Value::Policy(trust)),
    ]);
    if let Some(boundary) = boundary {
        attributes.insert(Key::Field(4, "permissions_boundary"), Value::Text(boundary.as_str()));
    }
    attributes.extend(inline.iter().map(|(name, policy)| (Key::InlinePolicy(name.as_str()), Value::Policy(policy))));
    attributes.extend(managed.iter().flat_map(|(name, policy)| own_policy(name, policy)));
    attributes.retain(|_, value| !value.is_empty());
    attributes
}

/// A customer-managed policy that Rolecall made for the role, as attributes.
pub(super) fn own_policy<'a>(name: &'a PolicyName, policy: &'a OwnPolicy) -> Attributes<'a> {
    let OwnPolicy { document, attachment, idle_versions } = policy;
    let mut attributes = Attributes::from([(Key::OwnPolicy(name.as_str()), Value::Policy(document))]);
    if *attachment == Attachment::Detached {
        attributes.insert(Key::Detached(name.as_str()), Value::Word("true".to_owned()));
    }
    if !idle_versions.is_empty() {
        let idle = idle_versions.iter().map(PolicyVersion::as_str).collect();
        attributes.insert(Key::IdleVersions(name.as_str()), Value::Set(idle));
    }
    attributes
}
