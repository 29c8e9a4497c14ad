//! Performing a step on a role.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::Tag;
use rolecall_core::ids::{AccountId, InlineName, PolicyArn, RoleName, TagKey, TagValue};
use rolecall_core::own_policy;
use rolecall_core::policy::PolicyDoc;
use rolecall_core::role::{Role, SessionLimit, owner};
use rolecall_core::step::RoleCall;

use super::policy;
use crate::classify::failed;
use crate::documents::Documents;
use crate::error::{CallError, CallErrorKind};
use crate::roles::{bad_answer, read_role};
use crate::sessions::Iam;

/// Makes the call. What is gone already need not be deleted, and what is there already as the step would make it need
/// not be created.
pub(crate) async fn perform(
    iam: Iam,
    documents: &Documents,
    (account, name): (&AccountId, &RoleName),
    call: &RoleCall,
) -> Result<(), CallError> {
    let role = Target { iam, name };
    match call {
        RoleCall::Create { path, description, trust, max_session, boundary, tags } => {
            let wanted = Role {
                name: name.clone(),
                path: path.clone(),
                description: description.clone(),
                trust: trust.clone(),
                max_session: *max_session,
                boundary: boundary.clone(),
                attached: BTreeSet::new(),
                managed: BTreeMap::new(),
                inline: BTreeMap::new(),
                tags: tags.clone(),
            };
            match role.create(&wanted).await {
                Err(error) if error.kind() == CallErrorKind::AlreadyExists => {
                    role.accept(documents, &wanted, error).await
                }
                done => done,
            }
        }
        RoleCall::SetTrust(trust) => role.set_trust(trust).await,
        RoleCall::Update { description, max_session } => role.update(description, *max_session).await,
        RoleCall::PutBoundary(boundary) => role.put_boundary(boundary).await,
        RoleCall::DeleteBoundary => gone(role.delete_boundary().await),
        RoleCall::Tag(tags) => role.tag(tags).await,
        RoleCall::Untag(keys) => gone(role.untag(keys).await),
        RoleCall::PutInline { name, document } => role.put_inline(name, document).await,
        RoleCall::DeleteInline(name) => gone(role.delete_inline(name).await),
        RoleCall::Attach(policy) => role.attach(policy).await,
        RoleCall::Detach(policy) => gone(role.detach(policy).await),
        RoleCall::Policy { name: own, call } => {
            let arn = own_policy::arn(documents.partition(), account, name, own)
                .map_err(|error| bad_answer(&role.iam.site, "iam:CreatePolicy", &error))?;
            policy::perform(&role.iam, documents, (name, &arn), call).await
        }
        RoleCall::Delete => gone(role.delete().await),
    }
}

/// What is not there need not be taken away.
pub(super) fn gone(result: Result<(), CallError>) -> Result<(), CallError> {
    match result {
        Err(error) if error.kind() == CallErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// One role in one account.
struct Target<'a> {
    iam: Iam,
    name: &'a RoleName,
}

impl Target<'_> {
    async fn create(&self, wanted: &Role) -> Result<(), CallError> {
        const CALL: &str = "iam:CreateRole";
        // The policies come later, by calls of their own.
        let Role { name, path, description, trust, max_session, boundary, attached: _, managed: _, inline: _, tags } =
            wanted;
        let tags = self.tags(CALL, tags)?;
        let request = self.iam.client.create_role().role_name(name.as_str()).path(path.as_str());
        request
            .set_description((!description.is_empty()).then(|| description.clone()))
            .assume_role_policy_document(trust.to_json())
            .max_session_duration(seconds(*max_session))
            .set_permissions_boundary(boundary.as_ref().map(ToString::to_string))
            .set_tags((!tags.is_empty()).then_some(tags))
            .send()
            .await
            .map(drop)
            .map_err(failed(&self.iam.site, CALL))
    }

    /// A role of the name is there. It is taken for ours if it is what the step would have made: so it is when an
    /// earlier attempt created it and the answer was lost.
    async fn accept(self, documents: &Documents, wanted: &Role, refusal: CallError) -> Result<(), CallError> {
        let Self { iam, name } = self;
        let site = iam.site.clone();
        let Some(found) = read_role(iam, documents, name).await? else { return Err(refusal) };
        let unexpected = |code, message| {
            CallError::of_answer(&site, "iam:CreateRole", CallErrorKind::Unexpected, code, message)
                .advise("make a new plan, which shows what is there".to_owned())
        };
        match found.owner() {
            None => Err(unexpected("not ours", format!("role {name} is there already, without an ownership tag"))),
            found if found != owner(&wanted.tags) => {
                let other = found.map(|owner| owner.to_string()).unwrap_or_default();
                Err(unexpected("not ours", format!("role {name} is there already and belongs to integration {other}")))
            }
            Some(_) if found.bare() == *wanted => Ok(()),
            Some(_) => {
                let message = format!("role {name} came to be after the plan was made, and differs from it");
                Err(unexpected("plan is stale", message))
            }
        }
    }

    async fn set_trust(&self, trust: &PolicyDoc) -> Result<(), CallError> {
        let request = self.iam.client.update_assume_role_policy().role_name(self.name.as_str());
        let result = request.policy_document(trust.to_json()).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:UpdateAssumeRolePolicy"))
    }

    async fn update(&self, description: &str, max_session: SessionLimit) -> Result<(), CallError> {
        let request = self.iam.client.update_role().role_name(self.name.as_str());
        let result = request.description(description).max_session_duration(seconds(max_session)).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:UpdateRole"))
    }

    async fn put_boundary(&self, boundary: &PolicyArn) -> Result<(), CallError> {
        let request = self.iam.client.put_role_permissions_boundary().role_name(self.name.as_str());
        let result = request.permissions_boundary(boundary.as_str()).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:PutRolePermissionsBoundary"))
    }

    async fn delete_boundary(&self) -> Result<(), CallError> {
        let result = self.iam.client.delete_role_permissions_boundary().role_name(self.name.as_str()).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:DeleteRolePermissionsBoundary"))
    }

    async fn tag(&self, tags: &BTreeMap<TagKey, TagValue>) -> Result<(), CallError> {
        const CALL: &str = "iam:TagRole";
        let tags = self.tags(CALL, tags)?;
        let result = self.iam.client.tag_role().role_name(self.name.as_str()).set_tags(Some(tags)).send().await;
        result.map(drop).map_err(failed(&self.iam.site, CALL))
    }

    async fn untag(&self, keys: &BTreeSet<TagKey>) -> Result<(), CallError> {
        let keys = keys.iter().map(ToString::to_string).collect();
        let result = self.iam.client.untag_role().role_name(self.name.as_str()).set_tag_keys(Some(keys)).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:UntagRole"))
    }

    async fn put_inline(&self, name: &InlineName, document: &PolicyDoc) -> Result<(), CallError> {
        let request = self.iam.client.put_role_policy().role_name(self.name.as_str()).policy_name(name.as_str());
        let result = request.policy_document(document.to_json()).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:PutRolePolicy"))
    }

    async fn delete_inline(&self, name: &InlineName) -> Result<(), CallError> {
        let request = self.iam.client.delete_role_policy().role_name(self.name.as_str());
        let result = request.policy_name(name.as_str()).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:DeleteRolePolicy"))
    }

    async fn attach(&self, policy: &PolicyArn) -> Result<(), CallError> {
        let request = self.iam.client.attach_role_policy().role_name(self.name.as_str());
        let result = request.policy_arn(policy.as_str()).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:AttachRolePolicy"))
    }

    async fn detach(&self, policy: &PolicyArn) -> Result<(), CallError> {
        let request = self.iam.client.detach_role_policy().role_name(self.name.as_str());
        let result = request.policy_arn(policy.as_str()).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:DetachRolePolicy"))
    }

    async fn delete(&self) -> Result<(), CallError> {
        let result = self.iam.client.delete_role().role_name(self.name.as_str()).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:DeleteRole"))
    }

    fn tags(&self, call: &'static str, tags: &BTreeMap<TagKey, TagValue>) -> Result<Vec<Tag>, CallError> {
        tags.iter()
            .map(|(key, value)| Tag::builder().key(key.as_str()).value(value.as_str()).build())
            .collect::<Result<_, _>>()
            .map_err(|error| {
                CallError::of_answer(&self.iam.site, call, CallErrorKind::Other, "not sent", error.to_string())
            })
    }
}

/// At most 43,200, so it always fits.
fn seconds(limit: SessionLimit) -> i32 {
    i32::try_from(limit.seconds()).unwrap_or(i32::MAX)
}
