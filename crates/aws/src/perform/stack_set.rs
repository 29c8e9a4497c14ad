//! Performing a step on a stack set.

use aws_sdk_cloudformation::types as sdk;
use rolecall_core::ids::{OperationId, StackSetName};
use rolecall_core::observed::ManagedExecution;
use rolecall_core::role::owner;
use rolecall_core::spec::{Amount, AutoDeployment};
use rolecall_core::step::{AccountFilter, DeploymentTargets, Preferences, StackSetCall, Stacks};
use rolecall_core::template::{CAPABILITY, Definition, Template};

use crate::classify::failed;
use crate::connect::Connection;
use crate::error::{CallError, CallErrorKind};
use crate::stack_sets::{call_as, describe};

/// What a call began.
#[derive(Debug)]
pub(crate) enum Begun {
    /// Nothing: the call did it, or it was done.
    Nothing,
    /// An operation.
    Operation(OperationId),
}

/// Makes the call. An operation of this id that is there already is this call's own, made by a run that was cut off.
pub(crate) async fn perform(
    connection: &Connection,
    name: &StackSetName,
    call: &StackSetCall,
    id: &OperationId,
) -> Result<Begun, CallError> {
    let set = Target { connection, name, id };
    if let StackSetCall::Create(definition) = call {
        return set.create_or_accept(definition).await.map(|()| Begun::Nothing);
    }
    let _permit = connection.permit().await;
    let begun = match call {
        StackSetCall::Create(_) => return Ok(Begun::Nothing),
        StackSetCall::Delete => return gone(set.delete().await).map(|()| Begun::Nothing),
        StackSetCall::ActivateManagedExecution => set.activate_managed_execution().await,
        StackSetCall::SetAutoDeployment(auto) => set.set_auto_deployment(*auto).await,
        StackSetCall::Update { definition, targets, preferences } => {
            set.update(definition, targets.as_ref(), preferences).await
        }
        StackSetCall::CreateInstances { targets, preferences } => set.create_instances(targets, preferences).await,
        StackSetCall::UpdateInstances { targets, preferences } => set.update_instances(targets, preferences).await,
        StackSetCall::DeleteInstances { targets, stacks, preferences } => {
            match set.delete_instances(targets, *stacks, preferences).await {
                Err(error) if error.kind() == CallErrorKind::NotFound => return Ok(Begun::Nothing),
                begun => begun,
            }
        }
    };
    match begun {
        Err(error) if error.code() == "OperationIdAlreadyExistsException" => Ok(Begun::Operation(id.clone())),
        begun => begun.map(Begun::Operation),
    }
}

/// CloudFormation `ActivateOrganizationsAccess`, which succeeds when access is active already.
pub(crate) async fn activate_trusted_access(connection: &Connection) -> Result<(), CallError> {
    let _permit = connection.permit().await;
    let result = connection.cloudformation.activate_organizations_access().send().await;
    result.map(drop).map_err(failed(&connection.site, "cloudformation:ActivateOrganizationsAccess"))
}

fn gone(result: Result<(), CallError>) -> Result<(), CallError> {
    match result {
        Err(error) if error.kind() == CallErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// One stack set, and the id of the operation that a call on it begins.
struct Target<'a> {
    connection: &'a Connection,
    name: &'a StackSetName,
    id: &'a OperationId,
}

impl Target<'_> {
    async fn create_or_accept(&self, definition: &Definition) -> Result<(), CallError> {
        match self.create(definition).await {
            Err(error) if error.kind() == CallErrorKind::AlreadyExists => self.accept(definition).await,
            done => done,
        }
    }

    /// Its request token is the SDK's, new for each attempt: one derived from the plan would come again after the
    /// stack set was deleted, and a request of that token is one that AWS takes for answered.
    async fn create(&self, definition: &Definition) -> Result<(), CallError> {
        // No `..`: a new part of a definition does not compile until someone decides how it is sent.
        let Definition { description, template, capabilities, tags: _, auto_deployment, managed_execution } =
            definition;
        let request = self.connection.cloudformation.create_stack_set().stack_set_name(self.name.as_str());
        request
            .description(description)
            .template_body(template.body())
            .set_capabilities(Some(capabilities.iter().map(|text| sdk::Capability::from(text.as_str())).collect()))
            .set_tags(Some(tags(definition)))
            .permission_model(sdk::PermissionModels::ServiceManaged)
            .auto_deployment(auto(*auto_deployment))
            .managed_execution(managed(*managed_execution))
            .call_as(call_as(self.connection))
            .send()
            .await
            .map(drop)
            .map_err(failed(&self.connection.site, "cloudformation:CreateStackSet"))
    }

    /// A stack set of the name is there. It is taken for ours if it is what the step would have made.
    async fn accept(&self, definition: &Definition) -> Result<(), CallError> {
        let found = describe(self.connection, self.name).await?;
        let unexpected = |code, message| {
            let site = &self.connection.site;
            CallError::of_answer(site, "cloudformation:CreateStackSet", CallErrorKind::Unexpected, code, message)
                .advise("make a new plan, which shows what is there".to_owned())
        };
        let name = self.name;
        if found.owner().is_none() || found.owner() != owner(&definition.tags) {
            return Err(unexpected("not ours", format!("stack set {name} is there already and is not ours")));
        }
        if Template::from(found.template) == definition.template {
            return Ok(());
        }
        let message = format!("stack set {name} came to be after the plan was made, and differs from it");
        Err(unexpected("plan is stale", message))
    }

    async fn activate_managed_execution(&self) -> Result<OperationId, CallError> {
        self.send_update(self.update_in_place().managed_execution(managed(ManagedExecution::Active))).await
    }

    async fn set_auto_deployment(&self, deployment: AutoDeployment) -> Result<OperationId, CallError> {
        self.send_update(self.update_in_place().auto_deployment(auto(deployment))).await
    }

    async fn update(
        &self,
        definition: &Definition,
        targets: Option<&DeploymentTargets>,
        preferences: &Preferences,
    ) -> Result<OperationId, CallError> {
        // Automatic deployment and managed execution have steps of their own: AWS refuses the one together with
        // targets, and wants the other before anything else.
        let Definition { description, template, capabilities, tags: _, auto_deployment: _, managed_execution: _ } =
            definition;
        let request = self
            .update_stack_set()
            .description(description)
            .template_body(template.body())
            .set_capabilities(Some(capabilities.iter().map(|text| sdk::Capability::from(text.as_str())).collect()))
            .set_tags(Some(tags(definition)))
            .operation_preferences(self.preferences(preferences))
            .set_deployment_targets(targets.map(self::targets))
            // AWS wants Regions exactly when it is given targets.
            .set_regions(targets.map(|_| self.regions()));
        self.send_update(request).await
    }

    /// An update that leaves the template and the tags as they are. Capabilities are not kept from one to the next.
    fn update_in_place(&self) -> UpdateStackSet {
        self.update_stack_set().use_previous_template(true).capabilities(sdk::Capability::from(CAPABILITY))
    }

    fn update_stack_set(&self) -> UpdateStackSet {
        let request = self.connection.cloudformation.update_stack_set().stack_set_name(self.name.as_str());
        request.operation_id(self.id.as_str()).call_as(call_as(self.connection))
    }

    async fn send_update(&self, request: UpdateStackSet) -> Result<OperationId, CallError> {
        let answer = request.send().await.map_err(failed(&self.connection.site, "cloudformation:UpdateStackSet"))?;
        Ok(self.begun(answer.operation_id))
    }

    async fn create_instances(
        &self,
        targets: &DeploymentTargets,
        preferences: &Preferences,
    ) -> Result<OperationId, CallError> {
        let request = self.connection.cloudformation.create_stack_instances().stack_set_name(self.name.as_str());
        let answer = request
            .deployment_targets(self::targets(targets))
            .set_regions(Some(self.regions()))
            .operation_preferences(self.preferences(preferences))
            .operation_id(self.id.as_str())
            .call_as(call_as(self.connection))
            .send()
            .await
            .map_err(failed(&self.connection.site, "cloudformation:CreateStackInstances"))?;
        Ok(self.begun(answer.operation_id))
    }

    async fn update_instances(
        &self,
        targets: &DeploymentTargets,
        preferences: &Preferences,
    ) -> Result<OperationId, CallError> {
        let request = self.connection.cloudformation.update_stack_instances().stack_set_name(self.name.as_str());
        let answer = request
            .deployment_targets(self::targets(targets))
            .set_regions(Some(self.regions()))
            .operation_preferences(self.preferences(preferences))
            .operation_id(self.id.as_str())
            .call_as(call_as(self.connection))
            .send()
            .await
            .map_err(failed(&self.connection.site, "cloudformation:UpdateStackInstances"))?;
        Ok(self.begun(answer.operation_id))
    }

    async fn delete_instances(
        &self,
        targets: &DeploymentTargets,
        stacks: Stacks,
        preferences: &Preferences,
    ) -> Result<OperationId, CallError> {
        let request = self.connection.cloudformation.delete_stack_instances().stack_set_name(self.name.as_str());
        let answer = request
            .deployment_targets(self::targets(targets))
            .set_regions(Some(self.regions()))
            .operation_preferences(self.preferences(preferences))
            .retain_stacks(stacks == Stacks::Retained)
            .operation_id(self.id.as_str())
            .call_as(call_as(self.connection))
            .send()
            .await
            .map_err(failed(&self.connection.site, "cloudformation:DeleteStackInstances"))?;
        Ok(self.begun(answer.operation_id))
    }

    async fn delete(&self) -> Result<(), CallError> {
        let request = self.connection.cloudformation.delete_stack_set().stack_set_name(self.name.as_str());
        let result = request.call_as(call_as(self.connection)).send().await;
        result.map(drop).map_err(failed(&self.connection.site, "cloudformation:DeleteStackSet"))
    }

    fn begun(&self, answered: Option<String>) -> OperationId {
        answered.and_then(|id| id.parse().ok()).unwrap_or_else(|| self.id.clone())
    }

    /// The one Region: IAM is global, and the same named role in two Regions would collide.
    fn regions(&self) -> Vec<String> {
        vec![self.connection.access.region.to_string()]
    }

    /// Soft failure tolerance, as the strict one lets few accounts be worked on at a time.
    fn preferences(&self, preferences: &Preferences) -> sdk::StackSetOperationPreferences {
        let Preferences { max_concurrent, failure_tolerance } = preferences;
        let builder = sdk::StackSetOperationPreferences::builder()
            .concurrency_mode(sdk::ConcurrencyMode::SoftFailureTolerance)
            .set_region_order(Some(self.regions()));
        // AWS wants at least one account at a time.
        let builder = match max_concurrent {
            Amount::Count(count) => builder.max_concurrent_count(number(*count).max(1)),
            Amount::Percent(percent) => builder.max_concurrent_percentage(number(*percent).max(1)),
        };
        match failure_tolerance {
            Amount::Count(count) => builder.failure_tolerance_count(number(*count)),
            Amount::Percent(percent) => builder.failure_tolerance_percentage(number(*percent)),
        }
        .build()
    }
}

type UpdateStackSet = aws_sdk_cloudformation::operation::update_stack_set::builders::UpdateStackSetFluentBuilder;

fn tags(definition: &Definition) -> Vec<sdk::Tag> {
    let tags = definition.tags.iter();
    tags.map(|(key, value)| sdk::Tag::builder().key(key.as_str()).value(value.as_str()).build()).collect()
}

fn auto(deployment: AutoDeployment) -> sdk::AutoDeployment {
    let builder = sdk::AutoDeployment::builder();
    match deployment {
        // Retaining may be given only where automatic deployment is on.
        AutoDeployment::Off => builder.enabled(false),
        AutoDeployment::On => builder.enabled(true).retain_stacks_on_account_removal(false),
        AutoDeployment::OnRetaining => builder.enabled(true).retain_stacks_on_account_removal(true),
    }
    .build()
}

fn managed(execution: ManagedExecution) -> sdk::ManagedExecution {
    sdk::ManagedExecution::builder().active(execution == ManagedExecution::Active).build()
}

fn targets(targets: &DeploymentTargets) -> sdk::DeploymentTargets {
    let units = targets.units.iter().map(ToString::to_string).collect();
    let builder = sdk::DeploymentTargets::builder().set_organizational_unit_ids(Some(units));
    let (filter, accounts) = match &targets.filter {
        AccountFilter::All => (sdk::AccountFilterType::None, None),
        AccountFilter::Only(accounts) => (sdk::AccountFilterType::Intersection, Some(accounts)),
        AccountFilter::Except(accounts) => (sdk::AccountFilterType::Difference, Some(accounts)),
    };
    let accounts = accounts.map(|accounts| accounts.iter().map(ToString::to_string).collect());
    builder.account_filter_type(filter).set_accounts(accounts).build()
}

fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
