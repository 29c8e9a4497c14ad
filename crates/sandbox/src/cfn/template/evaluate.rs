//! Values without functions.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::error::{TemplateError, function_error, not_simulated, other_error, unresolved};
use super::function::{Attribute, Function, NO_VALUE, Test, wrong_arguments};
use super::iam::Identity;
use super::resolved::Context;
use super::sub::Piece;
use super::text::scalar;

/// How long a text may become, in bytes: longer than a template. Nested functions could double it at every level.
const LONGEST: usize = 1 << 16;

/// What stands for an attribute that a resource has only once it exists, as the contexts of change sets show it.
pub(super) const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// What values are computed from.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) context: &'a Context,
    pub(super) mappings: &'a BTreeMap<String, Map<String, Value>>,
    pub(super) parameters: BTreeMap<String, Value>,
    pub(super) conditions: BTreeMap<&'a str, bool>,
    /// The resources so far.
    pub(super) resources: BTreeMap<&'a str, Identity>,
    /// The names of the exports that were imported so far.
    pub(super) imported: RefCell<BTreeSet<String>>,
    /// The block that values are computed for.
    pub(super) block: &'static str,
}

impl Scope<'_> {
    /// A value without functions; `None` when it is taken away by `AWS::NoValue`.
    pub(super) fn value(&self, value: &Value) -> Result<Option<Value>, TemplateError> {
        if let Some(function) = Function::of(value)? {
            return self.call(&function);
        }
        Ok(Some(match value {
            Value::Array(elements) => Value::Array(self.elements(elements)?),
            Value::Object(members) => Value::Object(self.members(members)?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }))
    }

    fn elements(&self, elements: &[Value]) -> Result<Vec<Value>, TemplateError> {
        elements.iter().filter_map(|element| self.value(element).transpose()).collect()
    }

    /// The members of an object, without those that are taken away.
    pub(super) fn members(&self, members: &Map<String, Value>) -> Result<Map<String, Value>, TemplateError> {
        members
            .iter()
            .filter_map(|(key, member)| {
                self.value(member).map(|member| member.map(|member| (key.clone(), member))).transpose()
            })
            .collect()
    }

    /// Whether a condition holds.
    pub(super) fn test(&self, value: &Value) -> Result<bool, TemplateError> {
        match Test::of(value)? {
            Test::Equals(left, right) => Ok(self.text(left, "Fn::Equals")? == self.text(right, "Fn::Equals")?),
            Test::And(tests) => tests.iter().try_fold(true, |all, test| Ok(self.test(test)? && all)),
            Test::Or(tests) => tests.iter().try_fold(false, |any, test| Ok(self.test(test)? || any)),
            Test::Not(test) => Ok(!self.test(test)?),
            Test::Condition(name) => self.condition(name, "Condition"),
            Test::Contains(list, text) => {
                Ok(self.texts(list, "Fn::Contains")?.contains(&self.text(text, "Fn::Contains")?))
            }
            Test::EachMemberEquals(list, text) => {
                let wanted = self.text(text, "Fn::EachMemberEquals")?;
                Ok(self.texts(list, "Fn::EachMemberEquals")?.iter().all(|text| *text == wanted))
            }
            Test::EachMemberIn(list, all) => {
                let all = self.texts(all, "Fn::EachMemberIn")?;
                Ok(self.texts(list, "Fn::EachMemberIn")?.iter().all(|text| all.contains(text)))
            }
        }
    }

    fn condition(&self, name: &str, function: &str) -> Result<bool, TemplateError> {
        let known = self.conditions.get(name).copied();
        known.ok_or_else(|| function_error(format!("unresolved condition dependency {name} in {function}")))
    }

    fn call(&self, function: &Function<'_>) -> Result<Option<Value>, TemplateError> {
        match function {
            Function::Ref(NO_VALUE) => Ok(None),
            Function::Ref(name) => self.reference(name).map(Some),
            Function::GetAtt(owner, Attribute::Named(attribute)) => self.attribute(owner, attribute).map(Some),
            Function::GetAtt(owner, Attribute::Computed(attribute)) => {
                self.attribute(owner, &self.text(attribute, "Fn::GetAtt")?).map(Some)
            }
            Function::Sub(pieces, own) => self.sub(pieces, *own).map(Some),
            Function::Join(delimiter, list) => self.join(delimiter, list).map(Some),
            Function::Select(index, list) => self.select(index, list),
            Function::Split(delimiter, text) => {
                let text = self.text(text, "Fn::Split")?;
                Ok(Some(text.split(delimiter).collect()))
            }
            Function::FindInMap(keys) => self.find(keys).map(Some),
            Function::If(condition, then, otherwise) => {
                self.value(if self.condition(condition, "Fn::If")? { then } else { otherwise })
            }
            Function::Base64(text) => {
                let mut encoded = String::new();
                push(&mut encoded, &base64(self.text(text, "Fn::Base64")?.as_bytes()))?;
                Ok(Some(Value::from(encoded)))
            }
            Function::ImportValue(name) => {
                let name = self.text(name, "Fn::ImportValue")?;
                let exported = self.context.exports.get(&name).cloned();
                let value = exported.ok_or_else(|| other_error(format!("No export named {name} found")))?;
                self.imported.borrow_mut().insert(name);
                Ok(Some(Value::from(value)))
            }
            Function::NotSimulated(name, _) => Err(not_simulated(*name)),
        }
    }

    fn reference(&self, name: &str) -> Result<Value, TemplateError> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        if let Some(identity) = self.resources.get(name) {
            return Ok(Value::from(identity.reference.clone()));
        }
        let Context {
            account,
            region,
            partition,
            stack_name,
            stack_id,
            notifications,
            parameters: _,
            exports: _,
            known: _,
            generation: _,
        } = self.context;
        Ok(match name {
            "AWS::AccountId" => Value::from(account.as_str()),
            "AWS::NotificationARNs" => Value::from(notifications.clone()),
            "AWS::Partition" => Value::from(partition.as_str()),
            "AWS::Region" => Value::from(region.as_str()),
            "AWS::StackId" => Value::from(stack_id.as_str()),
            "AWS::StackName" => Value::from(stack_name.as_str()),
            "AWS::URLSuffix" if partition == "aws-cn" => Value::from("amazonaws.com.cn"),
            "AWS::URLSuffix" => Value::from("amazonaws.com"),
            _ => return Err(unresolved([name], self.block)),
        })
    }

    fn attribute(&self, owner: &str, attribute: &str) -> Result<Value, TemplateError> {
        let identity = self.resources.get(owner).ok_or_else(|| unresolved([owner], self.block))?;
        // That the type has the attribute was checked when the template was read.
        Ok(Value::from(identity.attributes.get(attribute).map_or(KNOWN_AFTER_APPLY, String::as_str)))
    }

    fn sub(&self, pieces: &[Piece<'_>], own: Option<&Map<String, Value>>) -> Result<Value, TemplateError> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(piece) => push(&mut text, piece)?,
                Piece::Variable(name) => push(&mut text, &self.variable(name, own)?)?,
            }
        }
        Ok(Value::from(text))
    }

    fn variable(&self, name: &str, own: Option<&Map<String, Value>>) -> Result<String, TemplateError> {
        if let Some(value) = own.and_then(|own| own.get(name)) {
            return self.value(value)?.as_ref().and_then(scalar).ok_or_else(not_substitutable);
        }
        let value = match name.split_once('.') {
            Some((owner, attribute)) => self.attribute(owner, attribute)?,
            None => self.reference(name)?,
        };
        scalar(&value).ok_or_else(not_substitutable)
    }

    fn join(&self, delimiter: &str, list: &Value) -> Result<Value, TemplateError> {
        let Some(Value::Array(elements)) = self.value(list)? else { return Err(wrong_arguments("Fn::Join")) };
        let mut text = String::new();
        for (index, element) in elements.iter().enumerate() {
            if index > 0 {
                push(&mut text, delimiter)?;
            }
            push(&mut text, &scalar(element).ok_or_else(|| wrong_arguments("Fn::Join"))?)?;
        }
        Ok(Value::from(text))
    }

    fn select(&self, index: &Value, list: &Value) -> Result<Option<Value>, TemplateError> {
        let index: usize = self.text(index, "Fn::Select")?.parse().map_err(|_| wrong_arguments("Fn::Select"))?;
        let Some(Value::Array(elements)) = self.value(list)? else { return Err(wrong_arguments("Fn::Select")) };
        let chosen = elements.into_iter().nth(index);
        let missing = || function_error(format!("Fn::Select cannot select nonexistent value at index {index}"));
        chosen.map(Some).ok_or_else(missing)
    }

    fn find(&self, keys: &[&Value; 3]) -> Result<Value, TemplateError> {
        let [mapping, first, second] = keys.map(|key| self.text(key, "Fn::FindInMap"));
        let (mapping, first, second) = (mapping?, first?, second?);
        let found = self.mappings.get(&mapping).and_then(|mapping| mapping.get(&first)?.get(&second));
        let missing = || function_error(format!("Unable to get mapping for {mapping}::{first}::{second}"));
        found.cloned().ok_or_else(missing)
    }

    /// The list of texts that an argument of a function is.
    fn texts(&self, value: &Value, function: &str) -> Result<Vec<String>, TemplateError> {
        let value = self.value(value)?;
        let texts = value.as_ref().and_then(Value::as_array).and_then(|list| list.iter().map(scalar).collect());
        texts.ok_or_else(|| wrong_arguments(function))
    }

    /// The text that an argument of a function is.
    fn text(&self, value: &Value, function: &str) -> Result<String, TemplateError> {
        self.value(value)?.as_ref().and_then(scalar).ok_or_else(|| wrong_arguments(function))
    }
}

fn not_substitutable() -> TemplateError {
    function_error(
        "every value of the context object of every Fn::Sub object must be a string or a function that returns a string",
    )
}

fn push(text: &mut String, piece: &str) -> Result<(), TemplateError> {
    if text.len() + piece.len() > LONGEST {
        return Err(not_simulated(format!("texts of more than {LONGEST} bytes")));
    }
    text.push_str(piece);
    Ok(())
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().enumerate().fold(0_u32, |group, (at, byte)| group | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            let digit = (group >> (18 - 6 * at)) as usize & 63;
            text.push(if at <= chunk.len() { char::from(ALPHABET[digit]) } else { '=' });
        }
    }
    text
}
