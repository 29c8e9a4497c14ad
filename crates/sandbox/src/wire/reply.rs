//! Answers, without their envelope.

use crate::world::hex_digits;

use super::{Call, Service, WireError, Xml};

/// A successful answer of a Query operation, without its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The operation has no output: no `XResult` element.
    Nothing,
    /// What stands inside the `XResult` element, which is present even when this is empty.
    Result(String),
}

impl Reply {
    /// An answer whose result is what `write` appends.
    pub(crate) fn result(write: impl FnOnce(&mut Xml)) -> Self {
        let mut xml = Xml::default();
        write(&mut xml);
        Self::Result(xml.finish())
    }

    /// The whole response document.
    pub(crate) fn envelope(self, service: Service, operation: &str, request_id: &str) -> String {
        let namespace = service.namespace();
        let result = match self {
            Self::Nothing => String::new(),
            Self::Result(inner) => format!("<{operation}Result>{inner}</{operation}Result>"),
        };
        format!(
            "<{operation}Response xmlns=\"{namespace}\">{result}<ResponseMetadata><RequestId>{request_id}</RequestId>\
             </ResponseMetadata></{operation}Response>"
        )
    }
}

/// An opaque page token for a position in a list.
pub(crate) fn encode_page(position: &str) -> String {
    format!("rs1{}", hex_digits(position.as_bytes()))
}

/// The position that [`encode_page`] put in a token; `None` for a token that is not ours.
pub(crate) fn decode_page(token: &str) -> Option<String> {
    let hex = token.strip_prefix("rs1")?;
    if hex.len() % 2 != 0 || !hex.is_ascii() {
        return None;
    }
    let bytes: Result<Vec<u8>, _> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16)).collect();
    String::from_utf8(bytes.ok()?).ok()
}

impl Call {
    /// The position that the token in the parameter `name` names; `None` when there is no token.
    pub(crate) fn page(&self, name: &str) -> Result<Option<String>, WireError> {
        match self.params.get(name) {
            None | Some("") => Ok(None),
            Some(token) => decode_page(token)
                .map(Some)
                .ok_or_else(|| WireError::validation(format!("Invalid {name} provided in the request."))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_tokens_come_back_and_foreign_ones_do_not() {
        assert_eq!(decode_page(&encode_page("rôle/x")).as_deref(), Some("rôle/x"));
        assert_eq!(decode_page("rs1zz"), None);
        assert_eq!(decode_page("rs1é1"), None);
        assert_eq!(decode_page("bogus"), None);
    }

    #[test]
    fn an_operation_without_output_has_no_result_element() {
        let xml = Reply::Nothing.envelope(Service::Iam, "DeleteRole", "id");
        assert!(!xml.contains("DeleteRoleResult"));
        let xml = Reply::Result(String::new()).envelope(Service::CloudFormation, "DeleteStackSet", "id");
        assert!(xml.contains("<DeleteStackSetResult></DeleteStackSetResult>"));
    }
}
