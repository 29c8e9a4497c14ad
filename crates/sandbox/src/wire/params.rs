//! The flat parameters of a Query request.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use percent_encoding::percent_decode;
use serde_json::Value;

use super::WireError;

/// The models' limit on the tags of one call.
const MOST_TAGS: usize = 50;

/// Parameters of a Query request, or of one structure inside it.
///
/// Names are as on the wire without the structure's prefix: `Tags.member.1.Key`. The first of duplicate scalars wins,
/// and what an operation does not know is ignored, as AWS does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Params {
    values: BTreeMap<String, String>,
}

impl Params {
    /// Reads an `application/x-www-form-urlencoded` body; `None` when it is not UTF-8 after decoding.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let mut values = BTreeMap::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let split = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = split.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
            values.entry(decode(name)?).or_insert(decode(value)?);
        }
        Some(Self { values })
    }

    /// The parameters of an input written as JSON, as the API reference has it: lists become `Name.member.1`, and
    /// documents may be objects.
    pub(crate) fn from_json(input: &Value) -> Self {
        let mut values = BTreeMap::new();
        flatten("", input, &mut values);
        Self { values }
    }

    /// Parameters from pairs of name and value.
    #[cfg(test)]
    pub(crate) fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self { values: pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect() }
    }

    /// All of them, sorted by name.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The scalar of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The scalars by name, those inside of lists and structures left out.
    pub(crate) fn scalars(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        all.filter(|(name, _)| !name.contains('.'))
    }

    /// Whether anything of this name was sent: a scalar, a list or a structure.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.under(&format!("{name}.")).next().is_some()
    }

    /// The scalar of this name, or AWS's `Member must not be null`.
    pub(crate) fn required(&self, name: &str) -> Result<&str, WireError> {
        self.get(name).ok_or_else(|| WireError::constraint(None, name, "not be null"))
    }

    /// A boolean; `None` when absent.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, WireError> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(malformed(name)),
        }
    }

    /// An integer inside `range`; `None` when absent.
    pub(crate) fn integer(&self, name: &str, range: RangeInclusive<u32>) -> Result<Option<u32>, WireError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number: i64 = text.parse().map_err(|_| malformed(name))?;
        if number < i64::from(*range.start()) {
            let must = format!("have value greater than or equal to {}", range.start());
            return Err(WireError::constraint(Some(text), name, &must));
        }
        match u32::try_from(number) {
            Ok(number) if number <= *range.end() => Ok(Some(number)),
            _ => {
                let must = format!("have value less than or equal to {}", range.end());
                Err(WireError::constraint(Some(text), name, &must))
            }
        }
    }

    /// A list of scalars. Absent is `None`; the empty list, sent as `Name=`, is `Some` of nothing.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<&str>> {
        let prefix = format!("{name}.member.");
        let mut members: Vec<(u32, &str)> =
            self.under(&prefix).filter_map(|(rest, value)| rest.parse().ok().map(|number| (number, value))).collect();
        members.sort_unstable();
        if members.is_empty() && !self.values.contains_key(name) {
            return None;
        }
        Some(members.into_iter().map(|(_, value)| value).collect())
    }

    /// A list of structures. Absent is `None`; the empty list, sent as `Name=`, is `Some` of nothing.
    pub(crate) fn structs(&self, name: &str) -> Option<Vec<Params>> {
        let prefix = format!("{name}.member.");
        let mut members: BTreeMap<u32, Params> = BTreeMap::new();
        for (rest, value) in self.under(&prefix) {
            let Some((number, member)) = rest.split_once('.') else { continue };
            let Ok(number) = number.parse() else { continue };
            members.entry(number).or_default().values.insert(member.to_owned(), value.to_owned());
        }
        if members.is_empty() && !self.values.contains_key(name) {
            return None;
        }
        Some(members.into_values().collect())
    }

    /// The structure of this name; `None` when no member of it was sent.
    pub(crate) fn structure(&self, name: &str) -> Option<Params> {
        let prefix = format!("{name}.");
        let values: BTreeMap<String, String> =
            self.under(&prefix).map(|(rest, value)| (rest.to_owned(), value.to_owned())).collect();
        (!values.is_empty()).then_some(Self { values })
    }

    /// `Tags` (or another list of `Key` and `Value`) in the order sent; `None` when absent. One call takes at most 50.
    pub(crate) fn tags(&self, name: &str) -> Result<Option<Vec<(String, String)>>, WireError> {
        let Some(members) = self.structs(name) else { return Ok(None) };
        if members.len() > MOST_TAGS {
            let must = format!("have length less than or equal to {MOST_TAGS}");
            return Err(WireError::constraint(Some("[..]"), name, &must));
        }
        let mut tags = Vec::with_capacity(members.len());
        for member in &members {
            tags.push((member.required("Key")?.to_owned(), member.required("Value")?.to_owned()));
        }
        Ok(Some(tags))
    }

    fn under<'a>(&'a self, prefix: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let prefix = prefix.to_owned();
        self.values
            .range(prefix.clone()..)
            .map_while(move |(name, value)| name.strip_prefix(&prefix).map(|rest| (rest, value.as_str())))
    }
}

fn flatten(name: &str, value: &Value, values: &mut BTreeMap<String, String>) {
    match value {
        Value::Null => {}
        Value::Object(_) if name.ends_with("Document") || name.ends_with("TemplateBody") => {
            values.insert(name.to_owned(), value.to_string());
        }
        Value::Object(members) => {
            for (key, value) in members {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, values);
            }
        }
        Value::Array(items) if items.is_empty() => {
            values.insert(name.to_owned(), String::new());
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{name}.member.{}", index + 1), item, values);
            }
        }
        Value::String(text) => {
            values.insert(name.to_owned(), text.clone());
        }
        Value::Bool(_) | Value::Number(_) => {
            values.insert(name.to_owned(), value.to_string());
        }
    }
}

fn malformed(name: &str) -> WireError {
    WireError::new(400, "MalformedInput", format!("Unable to parse the value of {name}."))
}

fn decode(text: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_is_not_an_absent_one() {
        let params = Params::parse(b"Tags=&Names.member.2=b&Names.member.10=c&Names.member.1=a+%2B").unwrap();
        assert_eq!(params.structs("Tags"), Some(Vec::new()));
        assert_eq!(params.structs("Other"), None);
        assert_eq!(params.list("Names"), Some(vec!["a +", "b", "c"]));
    }

    #[test]
    fn an_input_in_json_is_the_same_as_on_the_wire() {
        let input = serde_json::json!({
            "RoleName": "R", "Tags": [{ "Key": "k", "Value": "v" }], "Empty": [], "MaxSessionDuration": 7200,
            "PolicyDocument": { "Statement": [] }, "AutoDeployment": { "Enabled": true }, "Nothing": null,
        });
        let wire = b"RoleName=R&Tags.member.1.Key=k&Tags.member.1.Value=v&Empty=&MaxSessionDuration=7200&\
                     PolicyDocument={\"Statement\":[]}&AutoDeployment.Enabled=true";
        assert_eq!(Params::from_json(&input), Params::parse(wire).unwrap());
    }

    #[test]
    fn the_first_of_duplicates_wins() {
        let params = Params::parse(b"A=1&A=2").unwrap();
        assert_eq!(params.get("A"), Some("1"));
    }

    #[test]
    fn one_call_takes_fifty_tags() {
        let of = |count: usize| {
            let pairs = (1..=count).map(|n| format!("Tags.member.{n}.Key=k{n}&Tags.member.{n}.Value=v"));
            Params::parse(pairs.collect::<Vec<_>>().join("&").as_bytes()).unwrap().tags("Tags")
        };
        assert_eq!(of(50).unwrap().map(|tags| tags.len()), Some(50));
        assert_eq!(of(51).unwrap_err().code, "ValidationError");
    }

    #[test]
    fn structures_lose_their_prefix() {
        let params = Params::parse(b"AutoDeployment.Enabled=true&L.member.1.Key=k&L.member.1.Value=").unwrap();
        let auto = params.structure("AutoDeployment").unwrap();
        assert_eq!(auto.boolean("Enabled").unwrap(), Some(true));
        assert_eq!(params.tags("L").unwrap(), Some(vec![("k".to_owned(), String::new())]));
    }

    #[test]
    fn integers_are_checked_in_aws_words() {
        let params = Params::parse(b"MaxItems=0&Other=x").unwrap();
        let error = params.integer("MaxItems", 1..=1000).unwrap_err();
        assert_eq!(
            error.message,
            "1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint: \
             Member must have value greater than or equal to 1"
        );
        assert_eq!(params.integer("Other", 1..=2).unwrap_err().code, "MalformedInput");
    }
}
