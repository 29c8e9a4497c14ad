//! Lists of parameters, page by page.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::error;
use super::handle::place;
use super::input::{self, DescribeInput, Filter, PathInput};
use super::model::{Parameter, Parameters};
use crate::wire::{Call, WireError, decode_page, encode_page};
use crate::world::World;

/// `GetParametersByPath`: what is directly below a path, or anywhere below it.
pub(super) fn by_path(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let PathInput { path, recursive, parameter_filters, max_results, next_token } = input::read(call)?;
    if !path.starts_with('/') {
        return Err(error::validation(
            "The parameter doesn't meet the parameter name requirements. The path must begin with a forward slash \"/\".",
        ));
    }
    if let Some(filter) = parameter_filters.first() {
        return Err(error::invalid_filter_key(&filter.key));
    }
    let prefix = format!("{}/", path.trim_end_matches('/'));
    let page = Page { after: position(next_token)?, size: size(max_results, 1..=10, 10)? };
    let is_wanted = |name: &str| name.strip_prefix(&prefix).is_some_and(|rest| recursive || !rest.contains('/'));
    Ok(page.of(world.ssm.of(place(call)), |name, _| is_wanted(name), |name, found| found.shape(name, place(call))))
}

/// `DescribeParameters`, filtered by `Name` or `Type`.
pub(super) fn describe(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let DescribeInput { filters, parameter_filters, max_results, next_token } = input::read(call)?;
    if let Some(filter) = filters.first() {
        return Err(error::invalid_filter_key(&filter.key));
    }
    parameter_filters.iter().try_for_each(check)?;
    let page = Page { after: position(next_token)?, size: size(max_results, 1..=50, 50)? };
    let is_wanted = |name: &str, found: &Parameter| parameter_filters.iter().all(|filter| passes(filter, name, found));
    Ok(page.of(world.ssm.of(place(call)), is_wanted, |name, found| found.metadata(name, place(call))))
}

fn check(filter: &Filter) -> Result<(), WireError> {
    match (filter.key.as_str(), filter.option.as_deref()) {
        ("Name", None | Some("Equals" | "BeginsWith" | "Contains")) | ("Type", None | Some("Equals")) => Ok(()),
        ("Name" | "Type", Some(option)) => Err(error::invalid_filter_option(option)),
        (key, _) => Err(error::invalid_filter_key(key)),
    }
}

fn passes(filter: &Filter, name: &str, found: &Parameter) -> bool {
    let text = if filter.key == "Type" { found.kind.name() } else { name };
    filter.values.iter().any(|value| match filter.option.as_deref() {
        Some("BeginsWith") => text.starts_with(value.as_str()),
        Some("Contains") => text.contains(value.as_str()),
        _ => text == value,
    })
}

struct Page {
    after: Option<String>,
    size: usize,
}

impl Page {
    fn of(
        self,
        parameters: Option<&Parameters>,
        is_wanted: impl Fn(&str, &Parameter) -> bool,
        shape: impl Fn(&str, &Parameter) -> Value,
    ) -> Value {
        let mut rows = parameters
            .into_iter()
            .flatten()
            .filter(|(name, _)| self.after.as_ref().is_none_or(|after| *name > after))
            .filter(|(name, found)| is_wanted(name, found));
        let taken: Vec<_> = rows.by_ref().take(self.size).collect();
        let mut answer = Map::new();
        answer.insert("Parameters".to_owned(), taken.iter().map(|(name, found)| shape(name, found)).collect());
        if let (Some((last, _)), Some(_)) = (taken.last(), rows.next()) {
            answer.insert("NextToken".to_owned(), Value::String(encode_page(last)));
        }
        Value::Object(answer)
    }
}

fn position(token: Option<String>) -> Result<Option<String>, WireError> {
    token
        .filter(|token| !token.is_empty())
        .map(|token| decode_page(&token).ok_or_else(error::invalid_token))
        .transpose()
}

fn size(asked: Option<i64>, range: RangeInclusive<i64>, usual: usize) -> Result<usize, WireError> {
    let Some(asked) = asked else { return Ok(usual) };
    if !range.contains(&asked) {
        let (bound, than) = if asked < 1 { (range.start(), "greater") } else { (range.end(), "less") };
        return Err(error::validation(format!(
            "1 validation error detected: Value '{asked}' at 'maxResults' failed to satisfy constraint: Member must have \
             value {than} than or equal to {bound}"
        )));
    }
    Ok(usize::try_from(asked).unwrap_or(usual))
}
