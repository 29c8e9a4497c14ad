//! Reading the roles of one account.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

use aws_sdk_iam::types as sdk;
use rolecall_core::ids::{AccountId, InlineName, InvalidId, PolicyArn, RoleName, RolePath, TagKey, TagValue};
use rolecall_core::observed::{LiveRole, LiveRoles};
use rolecall_core::policy::{PolicyDoc, PolicyKind};
use rolecall_core::role::{OWNER_TAG, Role, SessionLimit};

use crate::classify::failed;
use crate::connect::Connection;
use crate::documents::Documents;
use crate::error::{CallError, CallErrorKind, Site};
use crate::policies::{Policies, are_missed};
use crate::sessions::Iam;

/// Reads the roles of an account that have a wanted name, in whatever case, or an ownership tag.
///
/// In an ordinary account that is three calls: `AssumeRole`, `ListRoles` and one page of
/// `GetAccountAuthorizationDetails`. Only the latter shows the tags of all roles, and so finds roles of ours that no file
/// names any more; `ListRoles` is needed besides, as the details lack description and session limit. Where policies of ours
/// are wanted, the same page shows them; where a role turns out to have some, a fourth call does.
pub(crate) async fn read_roles(
    connection: &Connection,
    account: &AccountId,
    names: &Names,
) -> Result<AccountRoles, CallError> {
    let _permit = connection.permit().await;
    let iam = connection.sessions.iam(account).await?;
    let reader = Reader { iam, documents: &connection.documents, names, interest: Interest::Ours };
    let listed = reader.list().await?;
    reader.read_account(&listed).await
}

/// The names of what matters in an account, in lower case: IAM takes names that differ in case only for the same.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Roles.
    pub(crate) roles: BTreeSet<String>,
    /// Customer-managed policies, and the role that each is for.
    pub(crate) policies: BTreeMap<String, RoleName>,
}

/// What was read of an account.
#[derive(Debug)]
pub(crate) struct AccountRoles {
    /// The roles that matter.
    pub(crate) roles: LiveRoles,
    /// The customer-managed policies that have a name of ours, and are not ours.
    pub(crate) foreign_policies: BTreeSet<PolicyArn>,
}

/// The roles of an account, the interesting ones whole.
pub(crate) struct AllRoles {
    /// Those of a wanted name, those with an ownership tag, and those that ask for an external ID.
    pub(crate) whole: LiveRoles,
    /// The names of the others, without those under paths that AWS keeps for itself.
    pub(crate) others: BTreeSet<RoleName>,
}

/// Reads all roles of an account: `AssumeRole`, `ListRoles`, and the pages of `GetAccountAuthorizationDetails`.
pub(crate) async fn read_all_roles(
    connection: &Connection,
    account: &AccountId,
    names: &Names,
) -> Result<AllRoles, CallError> {
    let _permit = connection.permit().await;
    let iam = connection.sessions.iam(account).await?;
    let reader = Reader { iam, documents: &connection.documents, names, interest: Interest::Vendors };
    let listed = reader.list().await?;
    let AccountRoles { roles: whole, foreign_policies: _ } = reader.read_account(&listed).await?;
    let others = listed.names.into_iter().filter(|name| !whole.contains_key(name)).collect();
    Ok(AllRoles { whole, others })
}

/// Reads one role as it is now; `None` when it is not there.
pub(crate) async fn read_role(
    iam: Iam,
    documents: &Documents,
    name: &RoleName,
) -> Result<Option<Arc<Role>>, CallError> {
    let names = Names::default();
    let reader = Reader { iam, documents, names: &names, interest: Interest::Ours };
    let mut roles = LiveRoles::new();
    reader.read_role(name, &mut roles).await?;
    Ok(roles.into_values().next().map(|live| live.role))
}

/// What `ListRoles` tells.
struct Listing {
    /// The names of all roles, without those under paths that AWS keeps for itself.
    names: Vec<RoleName>,
    /// What only `ListRoles` tells of each role, by role id.
    extras: BTreeMap<String, Extras>,
}

struct Extras {
    description: String,
    max_session: i32,
}

struct Reader<'a> {
    iam: Iam,
    documents: &'a Documents,
    names: &'a Names,
    interest: Interest,
}

/// Which roles besides those of wanted names are read whole, when all are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interest {
    /// Those with an ownership tag.
    Ours,
    /// Those, and all that ask for an external ID.
    Vendors,
}

impl Reader<'_> {
    fn is_wanted(&self, name: &str) -> bool {
        self.names.roles.contains(&name.to_lowercase())
    }

    fn is_interesting(&self, detail: &sdk::RoleDetail) -> bool {
        let is_owned = || detail.tags().iter().any(|tag| tag.key() == OWNER_TAG);
        let asks = || mentions_external_id(detail.assume_role_policy_document().unwrap_or_default());
        self.is_wanted(detail.role_name().unwrap_or_default())
            || is_owned()
            || (self.interest == Interest::Vendors && asks())
    }

    async fn list(&self) -> Result<Listing, CallError> {
        let mut listing = Listing { names: Vec::new(), extras: BTreeMap::new() };
        let mut pages = self.iam.client.list_roles().into_paginator().page_size(1000).send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(failed(&self.iam.site, "iam:ListRoles"))?;
            for role in page.roles {
                if !AWS_PATHS.iter().any(|path| role.path.starts_with(path)) {
                    listing.names.extend(role.role_name.parse());
                }
                let extras = Extras {
                    description: role.description.unwrap_or_default(),
                    max_session: role.max_session_duration.unwrap_or(DEFAULT_SESSION),
                };
                listing.extras.insert(role.role_id, extras);
            }
        }
        Ok(listing)
    }

    async fn read_account(&self, listing: &Listing) -> Result<AccountRoles, CallError> {
        let mut roles = LiveRoles::new();
        let mut policies = Policies::new(self.documents, &self.names.policies);
        let mut filter = vec![sdk::EntityType::Role];
        filter.extend((!self.names.policies.is_empty()).then_some(sdk::EntityType::LocalManagedPolicy));
        let are_read = filter.len() > 1;
        self.read_details(filter, listing, &mut roles, &mut policies).await?;
        if !are_read && are_missed(&roles) {
            let filter = vec![sdk::EntityType::LocalManagedPolicy];
            self.read_details(filter, listing, &mut roles, &mut policies).await?;
        }
        policies.assign(&mut roles);
        Ok(AccountRoles { roles, foreign_policies: policies.foreign })
    }

    async fn read_details(
        &self,
        filter: Vec<sdk::EntityType>,
        listing: &Listing,
        roles: &mut LiveRoles,
        policies: &mut Policies<'_>,
    ) -> Result<(), CallError> {
        const CALL: &str = "iam:GetAccountAuthorizationDetails";
        let request = self.iam.client.get_account_authorization_details().set_filter(Some(filter));
        let mut pages = request.into_paginator().page_size(1000).send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(failed(&self.iam.site, CALL))?;
            for detail in page.role_detail_list() {
                if !self.is_interesting(detail) {
                    continue;
                }
                let name = detail.role_name().unwrap_or_default();
                match listing.extras.get(detail.role_id().unwrap_or_default()) {
                    Some(extras) => {
                        let raw = RawRole::of_detail(detail, extras);
                        self.keep(raw, CALL, roles)?;
                    }
                    // It was made, or made anew, after the roles were listed.
                    None => self.read_role(&self.parse(name, CALL)?, roles).await?,
                }
            }
            for detail in page.policies() {
                policies.keep(detail).map_err(|error| bad_answer(&self.iam.site, CALL, &error))?;
            }
        }
        Ok(())
    }

    /// Reads one role; a role that is gone, or goes in between, is not there.
    async fn read_role(&self, name: &RoleName, roles: &mut LiveRoles) -> Result<(), CallError> {
        match self.get_role(name).await {
            Ok(raw) => self.keep(raw, "iam:GetRole", roles),
            Err(error) if error.kind() == CallErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn get_role(&self, name: &RoleName) -> Result<RawRole, CallError> {
        let Iam { client, site } = &self.iam;
        let answer = client.get_role().role_name(name.as_str()).send().await.map_err(failed(site, "iam:GetRole"))?;
        let mut raw = answer.role.map(RawRole::of_role).unwrap_or_default();
        let mut pages = client.list_role_policies().role_name(name.as_str()).into_paginator().items().send();
        while let Some(policy) = pages.next().await {
            let policy = policy.map_err(failed(site, "iam:ListRolePolicies"))?;
            let request = client.get_role_policy().role_name(name.as_str()).policy_name(&policy);
            let answer = request.send().await.map_err(failed(site, "iam:GetRolePolicy"))?;
            raw.inline.push((policy, answer.policy_document));
        }
        let mut pages = client.list_attached_role_policies().role_name(name.as_str()).into_paginator().items().send();
        while let Some(policy) = pages.next().await {
            let policy = policy.map_err(failed(site, "iam:ListAttachedRolePolicies"))?;
            raw.attached.extend(policy.policy_arn);
        }
        Ok(raw)
    }

    fn keep(&self, raw: RawRole, call: &'static str, roles: &mut LiveRoles) -> Result<(), CallError> {
        let live = raw.read(self.documents).map_err(|error| bad_answer(&self.iam.site, call, &error))?;
        roles.insert(live.role.name.clone(), live);
        Ok(())
    }

    fn parse<T: FromStr<Err = InvalidId>>(&self, text: &str, call: &'static str) -> Result<T, CallError> {
        text.parse().map_err(|error| bad_answer(&self.iam.site, call, &error))
    }
}

/// The paths of roles that only AWS makes: service-linked ones, and those of IAM Identity Center.
const AWS_PATHS: [&str; 2] = ["/aws-service-role/", "/aws-reserved/"];

/// Whether a text, percent-encoded or not, names the condition key of the external ID.
pub(crate) fn mentions_external_id(text: &str) -> bool {
    text.to_ascii_lowercase().contains("externalid")
}

/// How long a session lasts when nothing else is said, in seconds.
const DEFAULT_SESSION: i32 = 3600;

pub(crate) fn bad_answer(site: &Site, call: &'static str, error: &InvalidId) -> CallError {
    CallError::of_answer(site, call, CallErrorKind::BadAnswer, "unexpected answer", error.to_string())
}

/// A role as IAM writes it, from whatever call.
#[derive(Debug, Default)]
struct RawRole {
    id: String,
    name: String,
    path: String,
    description: String,
    trust: String,
    max_session: i32,
    boundary: Option<String>,
    attached: Vec<String>,
    inline: Vec<(String, String)>,
    tags: Vec<sdk::Tag>,
}

impl RawRole {
    fn of_role(role: sdk::Role) -> Self {
        Self {
            id: role.role_id,
            name: role.role_name,
            path: role.path,
            description: role.description.unwrap_or_default(),
            trust: role.assume_role_policy_document.unwrap_or_default(),
            max_session: role.max_session_duration.unwrap_or(DEFAULT_SESSION),
            boundary: role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
            attached: Vec::new(),
            inline: Vec::new(),
            tags: role.tags.unwrap_or_default(),
        }
    }

    fn of_detail(detail: &sdk::RoleDetail, extras: &Extras) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let boundary = detail.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
        Self {
            id: text(detail.role_id()),
            name: text(detail.role_name()),
            path: text(detail.path()),
            description: extras.description.clone(),
            trust: text(detail.assume_role_policy_document()),
            max_session: extras.max_session,
            boundary: boundary.map(str::to_owned),
            attached: detail.attached_managed_policies().iter().map(|policy| text(policy.policy_arn())).collect(),
            inline: detail
                .role_policy_list()
                .iter()
                .map(|policy| (text(policy.policy_name()), text(policy.policy_document())))
                .collect(),
            tags: detail.tags().to_vec(),
        }
    }

    fn read(self, documents: &Documents) -> Result<LiveRole, InvalidId> {
        // No `..`: what IAM tells of a role is either part of it or dropped on purpose.
        let Self { id, name, path, description, trust, max_session, boundary, attached, inline, tags } = self;
        let inline = inline.into_iter().map(|(name, document)| {
            Ok((name.parse::<InlineName>()?, documents.read(&document, PolicyKind::Permission)))
        });
        let role = Role {
            name: name.parse()?,
            path: path.parse::<RolePath>()?,
            description,
            trust: documents.read(&trust, PolicyKind::Trust),
            max_session: SessionLimit::try_from(u32::try_from(max_session).unwrap_or_default())?,
            boundary: boundary.map(|arn| arn.parse::<PolicyArn>()).transpose()?,
            attached: attached.iter().map(|arn| arn.parse()).collect::<Result<_, _>>()?,
            // They are told from the others when the policies are read.
            managed: BTreeMap::new(),
            inline: inline.collect::<Result<BTreeMap<InlineName, PolicyDoc>, InvalidId>>()?,
            tags: read_tags(&tags)?,
        };
        Ok(LiveRole { id: id.parse()?, role: Arc::new(role) })
    }
}

/// The tags without those that AWS keeps for itself.
fn read_tags(tags: &[sdk::Tag]) -> Result<BTreeMap<TagKey, TagValue>, InvalidId> {
    let mut read = BTreeMap::new();
    for tag in tags {
        let key: TagKey = tag.key().parse()?;
        if !key.is_reserved() {
            read.insert(key, tag.value().parse()?);
        }
    }
    Ok(read)
}
