//! What the last operation of a stack set did, and in which accounts: how far a change reached.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws;

/// The operation of a stack set that began last.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operation {
    /// The stack set.
    pub(crate) stack_set: String,
    /// What it did, as AWS writes it: CREATE, UPDATE, DELETE.
    pub(crate) action: String,
    /// The accounts that it worked on, all of them.
    pub(crate) accounts: BTreeSet<String>,
}

impl Operation {
    /// Whether it did this, and nothing else.
    pub(crate) fn check(&self, url: &str, management_account: &str) -> Result<(), String> {
        let Self { stack_set, action, accounts } = self;
        let call = |operation: &str, params: &Value| {
            let answer = aws::call(url, management_account, "cloudformation", operation, params);
            answer.map(|answer| answer.body).map_err(|error| error.to_string())
        };
        let listed = call("ListStackSetOperations", &json!({ "StackSetName": stack_set }))?;
        // The last is listed first.
        let last = listed.split("</member>").next().unwrap_or_default();
        let id = texts(last, "OperationId").next().ok_or_else(|| format!("{stack_set} had no operation: {listed}"))?;
        let did: BTreeSet<&str> = texts(last, "Action").collect();
        let params = json!({ "StackSetName": stack_set, "OperationId": id, "MaxResults": 100 });
        let results = call("ListStackSetOperationResults", &params)?;
        let reached: BTreeSet<String> = texts(&results, "Account").map(str::to_owned).collect();
        if did.contains(action.as_str()) && reached == *accounts {
            return Ok(());
        }
        Err(format!("the operation {id} of {stack_set} was {did:?} in {reached:?}"))
    }
}

/// The texts of the elements of a name.
fn texts<'a>(body: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let open = format!("<{name}>");
    let parts: Vec<&str> = body.split(open.as_str()).skip(1).collect();
    parts.into_iter().filter_map(|part| part.split('<').next())
}
