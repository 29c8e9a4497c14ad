//! What a misspelt key most likely stands for.

use super::diagnostic::code;
use super::report::{Mark, Report};

/// Keys that people try, and what to write in their place.
const HINTS: &[(&str, &str)] = &[
    ("regions", "IAM is global and a named role can be made by one stack only: give one Region in `access.region`"),
    ("accounts", "targets are organizational units; leave accounts out with `exclude_accounts`"),
    ("account_ids", "targets are organizational units; leave accounts out with `exclude_accounts`"),
    ("policies", "`managed_policies` lists managed policies, `inline_policies` holds documents by name"),
    ("principal", "`principals` is a list"),
    ("role_name", "the role's name is `role.name`"),
    (
        "assume_role_policy",
        "say who may assume the role in `trust.principals`; the rest of the document is made from it",
    ),
    (
        "assume_role_policy_document",
        "say who may assume the role in `trust.principals`; the rest of the document is made from it",
    ),
];

/// Reports a key that is not among those known, and gives back the one that was most likely meant.
pub(super) fn unknown_key(name: &str, at: Mark, known: &[&'static str], report: &mut Report) -> Option<&'static str> {
    let meant = closest(name, known);
    let diagnostic = report.error(at, code::UNKNOWN_KEY, format!("`{}` is not a key of this mapping", excerpt(name)));
    diagnostic.expected(format!("one of {}", known.join(", ")));
    if let Some((_, hint)) = HINTS.iter().find(|(key, _)| *key == snake_case(name)) {
        diagnostic.hint(*hint);
    } else if let Some(meant) = meant {
        diagnostic.hint(format!("did you mean `{meant}`?"));
    }
    meant
}

/// The candidate that a text is a misspelling of, if one is near enough.
pub(super) fn closest<'c>(text: &str, candidates: &[&'c str]) -> Option<&'c str> {
    /// Longer texts are not misspelt words.
    const LONGEST: usize = 40;
    let text = snake_case(&text.chars().take(LONGEST).collect::<String>());
    let near = |candidate: &&str| distance(&text, &snake_case(candidate));
    let allowed = (text.chars().count() / 3).max(1);
    candidates.iter().copied().min_by_key(near).filter(|candidate| near(candidate) <= allowed)
}

/// `externalId` and `External-ID` as `external_id`.
fn snake_case(text: &str) -> String {
    let mut snake = String::with_capacity(text.len() + 4);
    let mut after_lower = false;
    for c in text.chars() {
        if c.is_ascii_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = c.is_ascii_lowercase();
        snake.push(if c == '-' || c == ' ' { '_' } else { c.to_ascii_lowercase() });
    }
    snake
}

/// How many letters to insert, delete, replace or swap with their neighbour to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

/// A text cut to a length that fits a message.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None if line.len() < text.trim_end().len() => format!("{line}..."),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_is_recognised_and_another_word_is_not() {
        let known = ["external_id", "external_id_overrides", "role", "targets", "rollout"];
        for (text, meant) in [
            ("externalId", Some("external_id")),
            ("External-ID", Some("external_id")),
            ("extrenal_id", Some("external_id")),
            ("target", Some("targets")),
            ("roll_out", Some("rollout")),
            ("vendor", None),
            ("", None),
        ] {
            assert_eq!(closest(text, &known), meant, "{text}");
        }
    }

    #[test]
    fn a_swap_of_neighbours_is_one_mistake() {
        assert_eq!(distance("rloe", "role"), 1);
        assert_eq!(distance("role", "role"), 0);
        assert_eq!(distance("", "role"), 4);
    }
}
