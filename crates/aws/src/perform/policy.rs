//! Performing a step on a customer-managed policy of a role.

use rolecall_core::ids::{PolicyArn, RoleName};
use rolecall_core::own_policy::path;
use rolecall_core::policy::{PolicyDoc, PolicyKind};
use rolecall_core::step::PolicyCall;

use super::role::gone;
use crate::classify::failed;
use crate::documents::Documents;
use crate::error::{CallError, CallErrorKind};
use crate::sessions::Iam;

/// Makes the call. What is gone already need not be deleted, and a policy that is there already is made what it should be.
pub(crate) async fn perform(
    iam: &Iam,
    documents: &Documents,
    (role, arn): (&RoleName, &PolicyArn),
    call: &PolicyCall,
) -> Result<(), CallError> {
    let policy = Target { iam, role, arn };
    match call {
        PolicyCall::Create(document) => match policy.create(document).await {
            Err(error) if error.kind() == CallErrorKind::AlreadyExists => {
                policy.take_over(documents, document, error).await
            }
            done => done,
        },
        PolicyCall::AddVersion(document) => policy.add_version(document).await,
        PolicyCall::DeleteIdleVersions => gone(policy.delete_idle_versions().await.map(drop)),
        PolicyCall::Attach => policy.attach().await,
        PolicyCall::Detach => gone(policy.detach().await),
        PolicyCall::Delete => gone(policy.delete().await),
    }
}

/// One policy, and the role that it is for.
struct Target<'a> {
    iam: &'a Iam,
    role: &'a RoleName,
    arn: &'a PolicyArn,
}

impl Target<'_> {
    async fn create(&self, document: &PolicyDoc) -> Result<(), CallError> {
        let request = self.iam.client.create_policy().policy_name(self.arn.name()).path(path(self.role));
        let result = request.policy_document(document.to_json()).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:CreatePolicy"))
    }

    /// A policy of the name is there. Under the path of the role it is Rolecall's: an earlier attempt made it and the answer
    /// was lost, or somebody deleted the role and left its policies.
    async fn take_over(
        &self,
        documents: &Documents,
        document: &PolicyDoc,
        refusal: CallError,
    ) -> Result<(), CallError> {
        let in_force = match self.delete_idle_versions().await {
            Err(error) if error.kind() == CallErrorKind::NotFound => {
                return Err(
                    refusal.advise("rename the inline policy in the file, or the policy that is there".to_owned())
                );
            }
            in_force => in_force?,
        };
        let Self { iam, role: _, arn } = self;
        let request = iam.client.get_policy_version().policy_arn(arn.as_str()).set_version_id(in_force);
        let answer = request.send().await.map_err(failed(&iam.site, "iam:GetPolicyVersion"))?;
        let found = answer.policy_version.and_then(|version| version.document).unwrap_or_default();
        if documents.read(&found, PolicyKind::Permission) != *document {
            self.add_version(document).await?;
            self.delete_idle_versions().await?;
        }
        Ok(())
    }

    async fn add_version(&self, document: &PolicyDoc) -> Result<(), CallError> {
        let request = self.iam.client.create_policy_version().policy_arn(self.arn.as_str()).set_as_default(true);
        let result = request.policy_document(document.to_json()).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:CreatePolicyVersion"))
    }

    /// Deletes the versions that are not in force, and tells the one that is.
    async fn delete_idle_versions(&self) -> Result<Option<String>, CallError> {
        let Self { iam, role: _, arn } = self;
        let mut in_force = None;
        let mut versions = iam.client.list_policy_versions().policy_arn(arn.as_str()).into_paginator().items().send();
        while let Some(version) = versions.next().await {
            let version = version.map_err(failed(&iam.site, "iam:ListPolicyVersions"))?;
            if version.is_default_version {
                in_force = version.version_id;
                continue;
            }
            let Some(id) = version.version_id else { continue };
            let request = iam.client.delete_policy_version().policy_arn(arn.as_str()).version_id(id);
            gone(request.send().await.map(drop).map_err(failed(&iam.site, "iam:DeletePolicyVersion")))?;
        }
        Ok(in_force)
    }

    async fn attach(&self) -> Result<(), CallError> {
        let request = self.iam.client.attach_role_policy().role_name(self.role.as_str());
        let result = request.policy_arn(self.arn.as_str()).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:AttachRolePolicy"))
    }

    async fn detach(&self) -> Result<(), CallError> {
        let request = self.iam.client.detach_role_policy().role_name(self.role.as_str());
        let result = request.policy_arn(self.arn.as_str()).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:DetachRolePolicy"))
    }

    async fn delete(&self) -> Result<(), CallError> {
        let result = self.iam.client.delete_policy().policy_arn(self.arn.as_str()).send().await;
        result.map(drop).map_err(failed(&self.iam.site, "iam:DeletePolicy"))
    }
}
