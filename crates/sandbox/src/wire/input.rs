//! Inputs of the JSON protocol.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Call, WireError};

/// Reads an operation's input. What the model does not know is ignored, as AWS does.
pub(crate) fn read_input<T: DeserializeOwned>(call: &Call<Value>) -> Result<T, WireError> {
    T::deserialize(&call.params).map_err(|cause| {
        let text = cause.to_string();
        if text.starts_with("missing field") {
            let message = format!("1 validation error detected: {text}: Member must not be null");
            return WireError::new(400, "ValidationException", message);
        }
        WireError::new(400, "SerializationException", text)
    })
}
