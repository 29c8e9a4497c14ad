//! AWS principals of a trust policy.

use super::diagnostic::code;
use super::read::At;
use super::report::{Mark, Report};
use super::scalar::{Text, is_account_id};
use super::suggest::excerpt;
use crate::ids::{AccountId, Partition};

/// What a principal must be.
const EXPECTED: &str = "an account id in quotes, or the ARN of an account's root, a role or a user";

/// Why a text is not a principal that a role may trust.
struct Refused {
    code: &'static str,
    message: String,
    hint: &'static str,
}

/// The ARN of a principal: an account id becomes its root's. `None` when it is refused; the report says why.
pub(super) fn to_arn(written: &At<Text>, partition: Partition, report: &mut Report) -> Option<String> {
    let At { at, value: Text(text) } = written;
    let text = text.trim();
    let result =
        if is_account_id(text) { Ok(format!("arn:{partition}:iam::{text}:root")) } else { check(text, partition) };
    match result {
        Ok(arn) => Some(arn),
        Err(refused) => {
            refuse(*at, refused, report);
            None
        }
    }
}

fn refuse(at: Mark, Refused { code, message, hint }: Refused, report: &mut Report) {
    let diagnostic = report.error(at, code, message).expected(EXPECTED);
    if !hint.is_empty() {
        diagnostic.hint(hint);
    }
}

fn check(text: &str, partition: Partition) -> Result<String, Refused> {
    let found = excerpt(text);
    if text.contains(['*', '?']) {
        return Err(Refused {
            code: code::WILDCARD_PRINCIPAL,
            message: format!("the principal `{found}` lets in more than one account, role or user"),
            hint: "name the vendor's account, and narrow it down by a condition such as StringLike on aws:PrincipalArn",
        });
    }
    if text.split('.').skip(1).any(|part| part == "amazonaws") {
        return Err(bad(format!("`{found}` is a service"), "roles for AWS services are not supported yet"));
    }
    let [arn, found_partition, service, region, account, resource] =
        split(text).ok_or_else(|| bad(format!("found `{found}`"), unique_id_hint(text)))?;
    if arn != "arn" {
        return Err(bad(format!("found `{found}`"), unique_id_hint(text)));
    }
    if resource.starts_with("oidc-provider/") || resource.starts_with("saml-provider/") {
        return Err(bad(format!("`{found}` is an identity provider"), "federated principals are not supported yet"));
    }
    if service == "sts" {
        return Err(bad(format!("`{found}` is a session"), "name the role that the session is of"));
    }
    if found_partition.parse::<Partition>().is_ok_and(|found| found != partition) {
        return Err(Refused {
            code: code::WRONG_PARTITION,
            message: format!("`{found}` is in another partition than `access.region`, which is in {partition}"),
            hint: "accounts of one partition cannot assume roles of another",
        });
    }
    let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
    let is_named = !name.is_empty()
        && !name.ends_with('/')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&b));
    let is_principal = resource == "root" || matches!(kind, "role" | "user") && is_named;
    if found_partition == partition.as_str()
        && service == "iam"
        && region.is_empty()
        && account.parse::<AccountId>().is_ok()
        && is_principal
    {
        return Ok(text.to_owned());
    }
    let hint = if kind == "group" { "a group cannot assume a role" } else { "" };
    Err(bad(format!("found `{found}`"), hint))
}

fn bad(message: String, hint: &'static str) -> Refused {
    Refused { code: code::BAD_PRINCIPAL, message, hint }
}

/// The six parts of an ARN.
fn split(text: &str) -> Option<[&str; 6]> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    parts.try_into().ok()
}

fn unique_id_hint(text: &str) -> &'static str {
    let is_unique_id = ["AROA", "AIDA"].iter().any(|prefix| text.starts_with(prefix));
    if is_unique_id { "this is the unique id of a role or user that was deleted; name its ARN" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(text: &str) -> Option<&'static str> {
        check(text, Partition::Aws).err().map(|refused| refused.code)
    }

    #[test]
    fn accounts_roles_and_users_are_principals() {
        for text in [
            "arn:aws:iam::232136659152:root",
            "arn:aws:iam::232136659152:role/prowler",
            "arn:aws:iam::232136659152:role/service/deep/prowler",
            "arn:aws:iam::434813966438:user/lacework@example.com",
        ] {
            assert_eq!(code_of(text), None, "{text}");
        }
    }

    #[test]
    fn nothing_else_is_one() {
        for (text, code) in [
            ("*", code::WILDCARD_PRINCIPAL),
            ("arn:aws:iam::*:root", code::WILDCARD_PRINCIPAL),
            ("arn:aws:iam::232136659152:role/prowler*", code::WILDCARD_PRINCIPAL),
            ("arn:aws-cn:iam::232136659152:root", code::WRONG_PARTITION),
            ("arn:awz:iam::232136659152:root", code::BAD_PRINCIPAL),
            ("arn:aws:iam::23213665915:root", code::BAD_PRINCIPAL),
            ("arn:aws:iam::232136659152:role/", code::BAD_PRINCIPAL),
            ("arn:aws:iam::232136659152:rooot", code::BAD_PRINCIPAL),
            ("arn:aws:iam::232136659152:root/x", code::BAD_PRINCIPAL),
            ("arn:aws:iam::232136659152:group/admins", code::BAD_PRINCIPAL),
            ("arn:aws:iam:us-east-1:232136659152:root", code::BAD_PRINCIPAL),
            ("arn:aws:sts::232136659152:assumed-role/r/s", code::BAD_PRINCIPAL),
            ("arn:aws:iam::232136659152:oidc-provider/token.actions.githubusercontent.com", code::BAD_PRINCIPAL),
            ("ec2.amazonaws.com", code::BAD_PRINCIPAL),
            ("AROAEXAMPLE", code::BAD_PRINCIPAL),
            ("prowler", code::BAD_PRINCIPAL),
        ] {
            assert_eq!(code_of(text), Some(code), "{text}");
        }
    }
}
