//! One statement of a policy document.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use crate::ids::Partition;

use super::condition::{self, Condition};
use super::error::{At, Problems, Reported, describe};
use super::principal::{Principals, Star};
use super::read::{Element, OneOrMany, object, only_keys, some_texts, text};

/// One statement. Lists are sorted and hold no duplicates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The statement's name, which has no effect; an empty one is none.
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Whom it is about; required in a trust policy, impossible in a permission policy.
    pub principal: Option<Element<Principals>>,
    /// The actions as written; their case has no meaning.
    pub action: Element<Vec<String>>,
    /// The resources; required in a permission policy, impossible in a trust policy.
    pub resource: Option<Element<Vec<String>>>,
    /// The tests that must all hold.
    pub condition: Vec<Condition>,
}

/// What a statement does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

impl Effect {
    fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

pub(super) const SID: &str = "Sid";
const EFFECT: &str = "Effect";
pub(super) const PRINCIPAL: [&str; 2] = ["Principal", "NotPrincipal"];
pub(super) const ACTION: [&str; 2] = ["Action", "NotAction"];
pub(super) const RESOURCE: [&str; 2] = ["Resource", "NotResource"];
pub(super) const CONDITION: &str = "Condition";
const KEYS: [&str; 9] =
    [SID, EFFECT, PRINCIPAL[0], PRINCIPAL[1], ACTION[0], ACTION[1], RESOURCE[0], RESOURCE[1], CONDITION];

impl Statement {
    pub(super) fn read(
        value: &Value,
        at: &At<'_>,
        partition: Partition,
        problems: &mut Problems,
    ) -> Result<Self, Reported> {
        let fields = object(value, at, problems)?;
        let keys = only_keys(fields, &KEYS, at, problems);
        let sid = fields.get(SID).map(|sid| text(sid, &at.key(SID), problems)).transpose();
        let effect = read_effect(fields.get(EFFECT), at, problems);
        let principal = Element::read(fields, PRINCIPAL, at, problems, |value, at, problems| {
            Principals::read(value, at, partition, problems)
        });
        let action = Element::read(fields, ACTION, at, problems, some_texts);
        let resource = Element::read(fields, RESOURCE, at, problems, some_texts);
        let condition = match fields.get(CONDITION) {
            None => Ok(Vec::new()),
            Some(value) => condition::read(value, &at.key(CONDITION), problems),
        };
        if let Ok(None) = action {
            return Err(problems.report(at, "no Action", "Action or NotAction"));
        }
        keys?;
        let Some(action) = action? else { return Err(Reported) };
        Ok(Self {
            sid: sid?.filter(|sid| !sid.is_empty()),
            effect: effect?,
            principal: principal?,
            action: sort_actions(action),
            resource: resource?,
            condition: condition?,
        })
    }

    /// The statement in canonical form: equal for statements that cannot be told apart by any request.
    pub(super) fn meaning(&self) -> String {
        let Self { sid: _, effect, principal, action, resource, condition } = self;
        let principal = principal.as_ref().map(|element| {
            let star = match (effect, element) {
                (Effect::Allow, Element::Listed(_)) => Star::AnyAws,
                (Effect::Deny, _) | (_, Element::AllBut(_)) => Star::Everyone,
            };
            json!([element.form(), element.list().meaning(star)])
        });
        let actions: Vec<_> = action.list().iter().map(|action| action.to_ascii_lowercase()).collect();
        let resource = resource.as_ref().map(|element| json!([element.form(), element.list()]));
        let mut tests: Vec<_> = condition.iter().map(|test| test.meaning().to_string()).collect();
        tests.sort();
        tests.dedup();
        json!([effect.as_str(), principal, [json!(action.form()), json!(actions)], resource, tests]).to_string()
    }
}

fn read_effect(value: Option<&Value>, at: &At<'_>, problems: &mut Problems) -> Result<Effect, Reported> {
    const EXPECTED: &str = "Allow or Deny, in exactly this case";
    match value {
        None => Err(problems.report(at, "no Effect", EXPECTED)),
        Some(Value::String(text)) if text == Effect::Allow.as_str() => Ok(Effect::Allow),
        Some(Value::String(text)) if text == Effect::Deny.as_str() => Ok(Effect::Deny),
        Some(other) => Err(problems.report(&at.key(EFFECT), describe(other), EXPECTED)),
    }
}

/// Sorts actions by what they mean; of two that differ only in case one stays, always the same one.
fn sort_actions(element: Element<Vec<String>>) -> Element<Vec<String>> {
    let sort = |mut actions: Vec<String>| {
        actions.sort_by_cached_key(|action| (action.to_ascii_lowercase(), action.clone()));
        actions.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        actions
    };
    match element {
        Element::Listed(actions) => Element::Listed(sort(actions)),
        Element::AllBut(actions) => Element::AllBut(sort(actions)),
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { sid, effect, principal, action, resource, condition } = self;
        let mut map = serializer.serialize_map(None)?;
        if let Some(sid) = sid {
            map.serialize_entry(SID, sid)?;
        }
        map.serialize_entry(EFFECT, effect.as_str())?;
        if let Some(principal) = principal {
            map.serialize_entry(principal.key(PRINCIPAL), principal.list())?;
        }
        map.serialize_entry(action.key(ACTION), &OneOrMany(action.list()))?;
        if let Some(resource) = resource {
            map.serialize_entry(resource.key(RESOURCE), &OneOrMany(resource.list()))?;
        }
        if !condition.is_empty() {
            map.serialize_entry(CONDITION, &condition::as_written(condition))?;
        }
        map.end()
    }
}
