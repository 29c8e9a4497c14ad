//! Policy documents as AWS returns them, each text read once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use percent_encoding::percent_decode_str;
use rolecall_core::ids::Partition;
use rolecall_core::policy::{PolicyDoc, PolicyKind};

/// Reads policy documents and remembers them: an organization has few different ones in many accounts.
#[derive(Debug)]
pub(crate) struct Documents {
    partition: Partition,
    trust: Mutex<HashMap<String, PolicyDoc>>,
    permission: Mutex<HashMap<String, PolicyDoc>>,
}

impl Documents {
    pub(crate) fn new(partition: Partition) -> Self {
        Self { partition, trust: Mutex::default(), permission: Mutex::default() }
    }

    /// The partition of the accounts that the documents are from.
    pub(crate) fn partition(&self) -> Partition {
        self.partition
    }

    /// A document as IAM returns it: percent-encoded by RFC 3986 (IAM API Reference, `GetRole`).
    pub(crate) fn read(&self, encoded: &str, kind: PolicyKind) -> PolicyDoc {
        let text = percent_decode_str(encoded).decode_utf8_lossy();
        let known = match kind {
            PolicyKind::Trust => &self.trust,
            PolicyKind::Permission => &self.permission,
        };
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(document) = known.get(text.as_ref()) {
            return document.clone();
        }
        let document = PolicyDoc::from_live(&text, kind, self.partition);
        known.insert(text.into_owned(), document.clone());
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_decoded_and_a_plus_is_no_space() {
        let documents = Documents::new(Partition::Aws);
        let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"a+b%"}]}"#;
        let encoded = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        assert!(encoded.contains("%2B"), "{encoded}");
        let plain = PolicyDoc::from_live(text, PolicyKind::Permission, Partition::Aws);
        assert_eq!(documents.read(&encoded, PolicyKind::Permission), plain);
        assert_eq!(
            documents.read("%7B+%7D", PolicyKind::Permission),
            PolicyDoc::from_live("{+}", PolicyKind::Permission, Partition::Aws)
        );
    }
}
