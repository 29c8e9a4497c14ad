//! Maps with a pair as key, as a list: JSON has only text keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

type Pairs<T> = BTreeMap<(String, String), T>;

pub(super) fn serialize<T: Serialize, S: Serializer>(map: &Pairs<T>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map)
}

pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Pairs<T>, D::Error> {
    Ok(Vec::deserialize(deserializer)?.into_iter().collect())
}
