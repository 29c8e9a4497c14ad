//! What a checker asks of a document.

use std::collections::BTreeSet;

use super::condition::{Absent, Comparison, Condition, Quantifier};
use super::principal::{PrincipalType, Principals};
use super::read::Element;
use super::statement::{Effect, Statement};
use super::{Content, PolicyDoc};

/// The condition key that holds the external ID of an `AssumeRole` call.
const EXTERNAL_ID: &str = "sts:ExternalId";

/// What a trust policy may allow that does not hand out a session by itself.
const SESSION_DETAILS: [&str; 3] = ["sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"];

impl PolicyDoc {
    /// The statements, in canonical order; none when the document could not be understood.
    pub fn statements(&self) -> &[Statement] {
        match &self.0.content {
            Content::Understood(document) => &document.statements,
            Content::Opaque(_) => &[],
        }
    }

    /// Whether this is a live document that could not be understood; it is equal only to the very same document.
    pub fn is_opaque(&self) -> bool {
        matches!(self.0.content, Content::Opaque(_))
    }

    /// The AWS principals that any statement names, sorted: account root ARNs, role and user ARNs, unique ids, `*`.
    pub fn aws_principals(&self) -> Vec<&str> {
        let named: BTreeSet<_> = self.statements().iter().flat_map(Statement::aws_principals).collect();
        named.into_iter().collect()
    }

    /// The unique ids (`AROA...`, `AIDA...`) that stand where an ARN was: IAM shows them once the role or user is
    /// deleted, and making one of the same name again does not bring the trust back (IAM User Guide, "AWS JSON policy
    /// elements: Principal").
    pub fn orphaned_principals(&self) -> Vec<&str> {
        let orphaned = |principal: &&str| principal.starts_with("AROA") || principal.starts_with("AIDA");
        self.aws_principals().into_iter().filter(orphaned).collect()
    }

    /// Whether some statement allows everyone: `*` among its principals, or everyone but those it names.
    pub fn has_wildcard_principal(&self) -> bool {
        self.statements().iter().any(Statement::allows_everyone)
    }

    /// The statements that let AWS principals assume the role without an external ID of the vendor's.
    pub fn statements_without_external_id(&self) -> Vec<&Statement> {
        let unguarded = |statement: &&Statement| statement.lets_assume() && statement.external_ids().is_none();
        self.statements().iter().filter(unguarded).collect()
    }

    /// The external IDs that some statement demands, sorted.
    pub fn external_ids(&self) -> Vec<&str> {
        let ids: BTreeSet<_> = self.statements().iter().filter_map(Statement::external_ids).flatten().collect();
        ids.into_iter().collect()
    }
}

impl Statement {
    fn aws_principals(&self) -> impl Iterator<Item = &str> {
        let listed: &[String] = match self.principal.as_ref().map(Element::list) {
            Some(Principals::Everyone) => return vec!["*"].into_iter(),
            Some(principals) => principals.of(PrincipalType::Aws),
            None => &[],
        };
        listed.iter().map(String::as_str).collect::<Vec<_>>().into_iter()
    }

    fn allows_everyone(&self) -> bool {
        self.effect == Effect::Allow
            && match &self.principal {
                None => false,
                Some(Element::AllBut(_) | Element::Listed(Principals::Everyone)) => true,
                Some(Element::Listed(Principals::ByType(lists))) => {
                    lists.values().flatten().any(|principal| principal == "*")
                }
            }
    }

    /// Whether the statement lets accounts, roles or users of AWS have a session of the role, as far as its conditions hold.
    pub fn lets_assume(&self) -> bool {
        let to_aws = match &self.principal {
            None => false,
            Some(Element::AllBut(_) | Element::Listed(Principals::Everyone)) => true,
            Some(Element::Listed(principals)) => !principals.of(PrincipalType::Aws).is_empty(),
        };
        let detail = |action: &String| SESSION_DETAILS.iter().any(|known| known.eq_ignore_ascii_case(action));
        let only_details = matches!(&self.action, Element::Listed(actions) if actions.iter().all(detail));
        self.effect == Effect::Allow && to_aws && !only_details
    }

    /// The external IDs of which a caller must present one, sorted; `None` when the statement does not enforce any.
    ///
    /// Only `StringEquals` and `StringLike` enforce: `ForAllValues:` and `IfExists` hold when the caller sends no
    /// external ID (IAM User Guide, "Condition operators"). A pattern of wildcards only, or a policy variable, which may
    /// stand for whatever was sent, enforces nothing.
    pub fn external_ids(&self) -> Option<Vec<&str>> {
        let ids: BTreeSet<_> = self.condition.iter().filter_map(enforced_external_ids).flatten().collect();
        (!ids.is_empty()).then(|| ids.into_iter().map(String::as_str).collect())
    }
}

fn enforced_external_ids(test: &Condition) -> Option<&[String]> {
    let Condition { operator, key, values } = test;
    let any_id = |value: &String| match operator.comparison {
        Comparison::StringLike => value.contains("${") || value.bytes().all(|b| b == b'*' || b == b'?'),
        _ => value.contains("${"),
    };
    let enforces = key.eq_ignore_ascii_case(EXTERNAL_ID)
        && operator.quantifier == Quantifier::Single
        && operator.absent == Absent::Tested
        && matches!(operator.comparison, Comparison::StringEquals | Comparison::StringLike)
        && !values.iter().any(any_id);
    enforces.then_some(values)
}
