//! Inputs of the operations, as the service model has them.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error;
use crate::wire::{Call, WireError};

/// Reads an operation's input. What the model does not know is ignored, as AWS does.
pub(super) fn read<T: DeserializeOwned>(call: &Call<Value>) -> Result<T, WireError> {
    T::deserialize(&call.params).map_err(|cause| {
        let text = cause.to_string();
        if text.starts_with("missing field") {
            return error::invalid("INPUT_REQUIRED", format!("You must provide a value: {text}."));
        }
        WireError::new(400, "SerializationException", text)
    })
}

/// The paging of a list, alone or inside another input.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Page {
    pub(super) next_token: Option<String>,
    pub(super) max_results: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ParentInput {
    pub(super) parent_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChildrenInput {
    pub(super) parent_id: String,
    pub(super) child_type: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChildInput {
    pub(super) child_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AccountInput {
    pub(super) account_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UnitInput {
    pub(super) organizational_unit_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateUnitInput {
    pub(super) organizational_unit_id: String,
    pub(super) name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateUnitInput {
    pub(super) parent_id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateAccountInput {
    pub(super) email: String,
    pub(super) account_name: String,
    pub(super) role_name: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreationInput {
    pub(super) create_account_request_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreationsInput {
    #[serde(default)]
    pub(super) states: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "the names of the service model")]
pub(super) struct MoveInput {
    pub(super) account_id: String,
    pub(super) source_parent_id: String,
    pub(super) destination_parent_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ServiceInput {
    pub(super) service_principal: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DelegationsInput {
    pub(super) service_principal: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DelegationInput {
    pub(super) account_id: String,
    pub(super) service_principal: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ResourceInput {
    pub(super) resource_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagInput {
    pub(super) resource_id: String,
    pub(super) tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UntagInput {
    pub(super) resource_id: String,
    pub(super) tag_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HandshakeInput {
    pub(super) handshake_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InviteInput {
    pub(super) target: Party,
    pub(super) notes: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Party {
    pub(super) id: String,
    #[serde(rename = "Type")]
    pub(super) kind: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreatePolicyInput {
    pub(super) content: String,
    pub(super) description: String,
    pub(super) name: String,
    #[serde(rename = "Type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdatePolicyInput {
    pub(super) policy_id: String,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) content: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyInput {
    pub(super) policy_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FilterInput {
    pub(super) filter: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TargetInput {
    pub(super) target_id: String,
    pub(super) filter: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttachInput {
    pub(super) policy_id: String,
    pub(super) target_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyTypeInput {
    pub(super) root_id: String,
    pub(super) policy_type: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}
