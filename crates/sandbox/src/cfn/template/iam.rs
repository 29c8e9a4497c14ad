//! What IAM resources are called.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::error::{TemplateError, other_error};
use super::resolved::{Capability, Context};
use super::section::Declared;
use super::text::scalar;

/// An IAM resource whose name a template may choose.
struct Named {
    kind: &'static str,
    /// The property that chooses it.
    property: &'static str,
    /// How long the name may be ("IAM and AWS STS quotas").
    longest: usize,
    /// The kind in an ARN.
    arn: &'static str,
    /// What `Ref` gives.
    reference: Reference,
    /// The attribute that is the ARN.
    attribute: &'static str,
    /// The attributes that only the resource's existence tells.
    later: &'static [&'static str],
}

enum Reference {
    Name,
    Arn,
}

const NAMED: [Named; 5] = [
    Named::new("AWS::IAM::Group", "GroupName", 128, "group"),
    Named::new("AWS::IAM::InstanceProfile", "InstanceProfileName", 128, "instance-profile"),
    Named {
        reference: Reference::Arn,
        attribute: "PolicyArn",
        later: &["DefaultVersionId", "PolicyId"],
        ..Named::new("AWS::IAM::ManagedPolicy", "ManagedPolicyName", 128, "policy")
    },
    Named { later: &["RoleId"], ..Named::new("AWS::IAM::Role", "RoleName", 64, "role") },
    Named::new("AWS::IAM::User", "UserName", 64, "user"),
];

/// Inline policies that are resources, and the property that names whose they are. `Ref` gives both names.
const INLINE: [(&str, &str); 3] = [
    ("AWS::IAM::GroupPolicy", "GroupName"),
    ("AWS::IAM::RolePolicy", "RoleName"),
    ("AWS::IAM::UserPolicy", "UserName"),
];

/// Those whose name `CloudFormation` makes up, which is their `Id` too.
const GENERATED: [&str; 2] = ["AWS::IAM::Policy", "AWS::IAM::UserToGroupAddition"];

const OIDC_PROVIDER: &str = "AWS::IAM::OIDCProvider";

/// Those without a name of their own that need a capability too (`CreateStack`, parameter Capabilities).
const UNNAMED: [&str; 3] = ["AWS::IAM::AccessKey", "AWS::IAM::Policy", "AWS::IAM::UserToGroupAddition"];

/// How long the random part of a generated name is.
const RANDOM: usize = 12;

impl Named {
    const fn new(kind: &'static str, property: &'static str, longest: usize, arn: &'static str) -> Self {
        Self { kind, property, longest, arn, reference: Reference::Name, attribute: "Arn", later: &[] }
    }

    fn of(kind: &str) -> Option<&'static Self> {
        NAMED.iter().find(|named| named.kind == kind)
    }
}

/// A resource as others refer to it.
#[derive(Debug)]
pub(super) struct Identity {
    /// What `Ref` gives.
    pub(super) reference: String,
    /// The attributes that are known.
    pub(super) attributes: BTreeMap<String, String>,
}

/// What a resource needs the caller to acknowledge.
pub(super) fn capability(resource: &Declared) -> Option<Capability> {
    match Named::of(&resource.kind) {
        Some(named) if resource.properties.contains_key(named.property) => Some(Capability::NamedIam),
        Some(_) => Some(Capability::Iam),
        None => UNNAMED.contains(&resource.kind.as_str()).then_some(Capability::Iam),
    }
}

/// Whether resources of a type have an attribute. Of types that are not simulated anything is believed.
pub(super) fn has_attribute(kind: &str, attribute: &str) -> bool {
    if let Some(named) = Named::of(kind) {
        return named.attribute == attribute || named.later.contains(&attribute);
    }
    match kind {
        OIDC_PROVIDER => attribute == "Arn",
        _ if GENERATED.contains(&kind) => attribute == "Id",
        _ => !INLINE.iter().any(|(inline, _)| *inline == kind),
    }
}

/// Identifies a resource, and gives a named IAM resource a name if its properties have none.
///
/// # Errors
/// Name or path are no texts.
pub(super) fn identify(
    logical_id: &str,
    kind: &str,
    properties: &mut Map<String, Value>,
    context: &Context,
    generation: u32,
) -> Result<Identity, TemplateError> {
    let Some(named) = Named::of(kind) else {
        return identify_unnamed(logical_id, kind, properties, context, generation);
    };
    let name = if let Some(name) = text(properties, named.property)? {
        name
    } else {
        let name = generated_name(context, logical_id, generation, named.longest);
        properties.insert(named.property.to_owned(), Value::from(name.clone()));
        name
    };
    let path = text(properties, "Path")?.unwrap_or_else(|| "/".to_owned());
    let arn = format!("arn:{}:iam::{}:{}{path}{name}", context.partition, context.account, named.arn);
    let reference = match named.reference {
        Reference::Name => name,
        Reference::Arn => arn.clone(),
    };
    Ok(Identity { reference, attributes: BTreeMap::from([(named.attribute.to_owned(), arn)]) })
}

fn identify_unnamed(
    logical_id: &str,
    kind: &str,
    properties: &Map<String, Value>,
    context: &Context,
    generation: u32,
) -> Result<Identity, TemplateError> {
    if kind == OIDC_PROVIDER {
        let url = text(properties, "Url")?.unwrap_or_default();
        let host = url.strip_prefix("https://").unwrap_or(&url);
        let arn = format!("arn:{}:iam::{}:oidc-provider/{host}", context.partition, context.account);
        return Ok(Identity { reference: arn.clone(), attributes: BTreeMap::from([("Arn".to_owned(), arn)]) });
    }
    if let Some((_, owner)) = INLINE.iter().find(|(inline, _)| *inline == kind) {
        let policy = text(properties, "PolicyName")?.unwrap_or_default();
        let owner = text(properties, owner)?.unwrap_or_default();
        return Ok(Identity { reference: format!("{policy}|{owner}"), attributes: BTreeMap::new() });
    }
    let name = generated_name(context, logical_id, generation, 255);
    let attributes =
        if GENERATED.contains(&kind) { BTreeMap::from([("Id".to_owned(), name.clone())]) } else { BTreeMap::new() };
    Ok(Identity { reference: name, attributes })
}

fn text(properties: &Map<String, Value>, property: &str) -> Result<Option<String>, TemplateError> {
    let text = |value| {
        scalar(value).ok_or_else(|| other_error(format!("Value of property {property} must be of type String")))
    };
    properties.get(property).map(text).transpose()
}

/// `<stack>-<logical id>-<random>`, the random part always the same for one stack, logical id and generation. How `CloudFormation`
/// shortens a name that is too long is not documented; names seen keep an equal part of both.
fn generated_name(context: &Context, logical_id: &str, generation: u32, longest: usize) -> String {
    let room = longest - RANDOM - 2;
    let (stack, logical) = (context.stack_name.as_str(), logical_id);
    let half = room.div_ceil(2);
    let of_stack = stack.len().min(half.max(room.saturating_sub(logical.len())));
    let of_logical = logical.len().min(room - of_stack);
    let (stack, logical) = (&stack[..floor(stack, of_stack)], &logical[..floor(logical, of_logical)]);
    format!("{stack}-{logical}-{}", random(&context.stack_id, logical_id, generation))
}

fn floor(text: &str, index: usize) -> usize {
    (0..=index).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

fn random(stack_id: &str, logical_id: &str, generation: u32) -> String {
    const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let digest = Sha256::digest(format!("{stack_id}\n{logical_id}\n{generation}"));
    digest.iter().take(RANDOM).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::context;
    use super::generated_name;

    fn name(stack: &str, logical_id: &str) -> String {
        let mut context = context();
        stack.clone_into(&mut context.stack_name);
        generated_name(&context, logical_id, 0, 64)
    }

    #[test]
    fn a_short_name_is_whole_and_the_same_every_time() {
        let name = name("app", "Role");
        assert_eq!(name, self::name("app", "Role"));
        let random = name.strip_prefix("app-Role-").unwrap();
        assert_eq!(random.len(), 12);
        assert!(random.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
    }

    #[test]
    fn other_stacks_logical_ids_and_generations_have_other_names() {
        let mut other = context();
        other.stack_id.push('x');
        assert_ne!(generated_name(&context(), "Role", 0, 64), generated_name(&other, "Role", 0, 64));
        assert_ne!(generated_name(&context(), "Role", 0, 64), generated_name(&context(), "Role", 1, 64));
        let random = |name: String| name.rsplit_once('-').unwrap().1.to_owned();
        assert_ne!(random(name("app", "Role")), random(name("app", "Role2")));
    }

    #[test]
    fn a_long_name_is_shortened_on_both_sides() {
        let begins = |stack: &str, logical_id: &str, wanted: &str| {
            let name = name(stack, logical_id);
            assert_eq!((&name[..name.len() - 12], name.len() <= 64), (wanted, true));
        };
        let part = "ChineseboostAnalyticsStac-RainlyticsSummariesJobFun-";
        begins("ChineseboostAnalyticsStack", "RainlyticsSummariesJobFunctionRole", part);
        begins(&"s".repeat(90), "Role", &format!("{}-Role-", "s".repeat(46)));
        begins("app", &"L".repeat(90), &format!("app-{}-", "L".repeat(47)));
    }
}
