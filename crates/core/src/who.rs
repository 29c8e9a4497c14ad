//! Who last changed a role, as CloudTrail tells it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{AccountId, RoleName};

/// A role in an account.
pub type Place = (AccountId, RoleName);

/// What CloudTrail told of roles. It is additional: nothing depends on it, and any of it may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The last writing calls that touched a role, the newest first; a role that nothing touched in 90 days has none.
    #[serde(with = "listed")]
    pub touches: BTreeMap<Place, Vec<Touch>>,
    /// The accounts in which CloudTrail may not be looked at.
    pub denied: BTreeSet<AccountId>,
    /// The roles that were not looked up for another reason: too many, no time left, or a call that failed.
    pub left_out: BTreeSet<Place>,
}

/// What is known of one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told<'a> {
    /// The last writing calls that touched it, the newest first; none where CloudTrail shows none.
    Calls(&'a [Touch]),
    /// CloudTrail may not be looked at in the account.
    Denied,
    /// It was not looked up.
    LeftOut,
}

/// A map by places as a list, as keys of JSON objects are texts.
mod listed {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Place, Touch};

    pub(super) fn serialize<S: Serializer>(
        touches: &BTreeMap<Place, Vec<Touch>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(touches)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<Place, Vec<Touch>>, D::Error> {
        Ok(Vec::<(Place, Vec<Touch>)>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl Who {
    /// What was found out about some roles and about others.
    #[must_use]
    pub fn and(mut self, mut others: Self) -> Self {
        self.touches.append(&mut others.touches);
        self.denied.append(&mut others.denied);
        self.left_out.append(&mut others.left_out);
        self
    }

    /// What is known of a role that drifted.
    pub fn told(&self, account: &AccountId, role: &RoleName) -> Told<'_> {
        match self.touches.get(&(account.clone(), role.clone())) {
            Some(touches) => Told::Calls(touches),
            None if self.denied.contains(account) => Told::Denied,
            None => Told::LeftOut,
        }
    }
}

/// A writing call that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// When, RFC 3339 in UTC.
    pub time: String,
    /// The call, like `PutRolePolicy`.
    pub event: String,
    /// Who made it.
    pub author: Author,
    /// The service that made it for its author, like `cloudformation.amazonaws.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<String>,
    /// The IP address it came from, or the host name of an AWS service.
    pub address: String,
    /// The program that made it, as it names itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user_agent: String,
    /// AWS's id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// CloudTrail's id of the event.
    pub event_id: String,
}

/// Who made a call (`userIdentity`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Author {
    /// The root user of an account.
    Root {
        /// The account's id.
        account: String,
    },
    /// A user.
    User {
        /// Its ARN.
        arn: String,
        /// Its name.
        name: String,
    },
    /// A session of a role.
    Session {
        /// The ARN of the session.
        arn: String,
        /// The name of the role.
        role: String,
        /// The name of the session.
        session: String,
    },
    /// An AWS service.
    Service {
        /// Its host name.
        host: String,
    },
    /// Anybody else: a federated user, an account, a user of a directory.
    Other {
        /// The ARN, or what else names it.
        name: String,
    },
}

impl Touch {
    /// Reads a record of CloudTrail (`CloudTrailEvent`). Nothing of one that only reads or was refused: it changed nothing;
    /// nor of one that is no record.
    pub fn from_record(record: &str) -> Option<Self> {
        let record: Value = serde_json::from_str(record).ok()?;
        let text = |key: &str| record.get(key).and_then(Value::as_str).map(str::to_owned);
        let is_read = record.get("readOnly").and_then(Value::as_bool).unwrap_or(false);
        if is_read || text("errorCode").is_some() {
            return None;
        }
        let identity = record.get("userIdentity")?;
        Some(Self {
            time: text("eventTime")?,
            event: text("eventName")?,
            author: Author::of(identity),
            invoked_by: identity.get("invokedBy").and_then(Value::as_str).map(str::to_owned),
            address: text("sourceIPAddress").unwrap_or_default(),
            user_agent: text("userAgent").unwrap_or_default(),
            request_id: text("requestID"),
            event_id: text("eventID")?,
        })
    }
}

impl Author {
    fn of(identity: &Value) -> Self {
        let text = |key: &str| identity.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let arn = text("arn");
        match identity.get("type").and_then(Value::as_str).unwrap_or_default() {
            "Root" => Self::Root { account: text("accountId") },
            "IAMUser" => Self::User { name: text("userName"), arn },
            "AssumedRole" => {
                let issuer = identity.pointer("/sessionContext/sessionIssuer/userName").and_then(Value::as_str);
                // arn:aws:sts::222222222222:assumed-role/ROLE/SESSION
                let mut parts = arn.splitn(3, '/').skip(1);
                let role = parts.next().unwrap_or_default();
                let session = parts.next().unwrap_or_default().to_owned();
                Self::Session { role: issuer.unwrap_or(role).to_owned(), session, arn }
            }
            "AWSService" => Self::Service { host: text("invokedBy") },
            _ => {
                let names = ["arn", "principalId", "userName", "accountId", "type"].map(text);
                Self::Other { name: names.into_iter().find(|name| !name.is_empty()).unwrap_or_default() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(identity: &Value, more: &Value) -> String {
        let mut record = json!({
            "eventTime": "2026-11-20T00:00:00Z",
            "eventName": "PutRolePolicy",
            "userIdentity": identity,
            "sourceIPAddress": "198.51.100.7",
            "userAgent": "aws-cli/2.31",
            "requestID": "r",
            "eventID": "e",
            "readOnly": false,
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            record[key] = value.clone();
        }
        record.to_string()
    }

    fn author(identity: &Value) -> Author {
        Touch::from_record(&record(identity, &json!({}))).unwrap().author
    }

    #[test]
    fn a_session_is_told_with_its_role() {
        let arn = "arn:aws:sts::222222222222:assumed-role/Admin/jane@acme.example";
        let session = author(&json!({
            "type": "AssumedRole",
            "arn": arn,
            "sessionContext": { "sessionIssuer": { "type": "Role", "userName": "Admin" } },
        }));
        let is =
            Author::Session { arn: arn.to_owned(), role: "Admin".to_owned(), session: "jane@acme.example".to_owned() };
        assert_eq!(session, is);
        assert_eq!(author(&json!({ "type": "AssumedRole", "arn": arn })), is, "the ARN names the role, too");
    }

    #[test]
    fn every_kind_of_identity_has_a_name() {
        let arn = "arn:aws:iam::222222222222:user/jane";
        let user = Author::User { arn: arn.to_owned(), name: "jane".to_owned() };
        assert_eq!(author(&json!({ "type": "IAMUser", "arn": arn, "userName": "jane" })), user);
        let root = author(&json!({ "type": "Root", "accountId": "222222222222" }));
        assert_eq!(root, Author::Root { account: "222222222222".to_owned() });
        let service = author(&json!({ "type": "AWSService", "invokedBy": "sso.amazonaws.com" }));
        assert_eq!(service, Author::Service { host: "sso.amazonaws.com".to_owned() });
        let other = author(&json!({ "type": "AWSAccount", "principalId": "AIDAX", "accountId": "333333333333" }));
        assert_eq!(other, Author::Other { name: "AIDAX".to_owned() });
        assert_eq!(author(&json!({})), Author::Other { name: String::new() });
    }

    #[test]
    fn where_it_came_from_is_told() {
        let identity = json!({ "type": "IAMUser", "userName": "jane", "invokedBy": "cloudformation.amazonaws.com" });
        let touch = Touch::from_record(&record(&identity, &json!({}))).unwrap();
        assert_eq!(touch.invoked_by.as_deref(), Some("cloudformation.amazonaws.com"));
        assert_eq!((touch.address.as_str(), touch.user_agent.as_str()), ("198.51.100.7", "aws-cli/2.31"));
        assert_eq!((touch.time.as_str(), touch.request_id.as_deref()), ("2026-11-20T00:00:00Z", Some("r")));
    }

    #[test]
    fn what_changed_nothing_is_not_told() {
        let identity = json!({ "type": "IAMUser", "userName": "jane" });
        assert_eq!(Touch::from_record(&record(&identity, &json!({ "errorCode": "AccessDenied" }))), None);
        assert_eq!(Touch::from_record(&record(&identity, &json!({ "readOnly": true }))), None);
        assert_eq!(Touch::from_record("no record"), None);
        assert_eq!(Touch::from_record("{}"), None);
    }
}
