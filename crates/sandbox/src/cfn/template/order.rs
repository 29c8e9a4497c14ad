//! Dependencies first.

use std::collections::{BTreeMap, BTreeSet};

/// Orders names so that each comes after those it needs, and by name where that leaves a choice. Names that are needed
/// but have no entry do not count.
///
/// # Errors
/// The names that need each other in a circle, with those that wait for them.
pub(super) fn order(needs: &BTreeMap<String, BTreeSet<String>>) -> Result<Vec<String>, Vec<String>> {
    let mut waiting: BTreeMap<&str, BTreeSet<&str>> = needs
        .iter()
        .map(|(name, needed)| {
            (name.as_str(), needed.iter().map(String::as_str).filter(|other| needs.contains_key(*other)).collect())
        })
        .collect();
    let mut dependents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, needed) in &waiting {
        for other in needed {
            dependents.entry(other).or_default().push(name);
        }
    }
    let mut ready: BTreeSet<&str> =
        waiting.iter().filter(|(_, needed)| needed.is_empty()).map(|(name, _)| *name).collect();
    let mut ordered = Vec::with_capacity(needs.len());
    while let Some(name) = ready.pop_first() {
        waiting.remove(name);
        ordered.push(name.to_owned());
        for dependent in dependents.get(name).into_iter().flatten() {
            if let Some(needed) = waiting.get_mut(dependent) {
                needed.remove(name);
                if needed.is_empty() {
                    ready.insert(dependent);
                }
            }
        }
    }
    if waiting.is_empty() { Ok(ordered) } else { Err(waiting.into_keys().map(str::to_owned).collect()) }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::order;

    fn needs(pairs: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
        pairs.iter().map(|(name, needed)| ((*name).into(), needed.iter().map(|n| (*n).into()).collect())).collect()
    }

    #[test]
    fn what_is_needed_comes_first_and_names_break_ties() {
        let needs = needs(&[("A", &["C", "P"]), ("B", &[]), ("C", &["D"]), ("D", &[])]);
        assert_eq!(order(&needs).unwrap(), ["B", "D", "C", "A"]);
    }

    #[test]
    fn a_circle_is_named() {
        let needs = needs(&[("A", &["B"]), ("B", &["A"]), ("C", &[]), ("S", &["S"])]);
        assert_eq!(order(&needs).unwrap_err(), ["A", "B", "S"]);
    }

    #[test]
    fn a_long_chain_is_no_deep_recursion() {
        let chain = (0..20_000).map(|n| (format!("N{n:05}"), BTreeSet::from([format!("N{:05}", n + 1)]))).collect();
        assert_eq!(order(&chain).unwrap().len(), 20_000);
    }
}
