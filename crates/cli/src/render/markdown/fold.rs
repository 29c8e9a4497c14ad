//! Lists of accounts, and what is shown on a click.

use std::fmt::Write as _;

use rolecall_core::ids::AccountId;

use super::escape::{code, fence};
use crate::render::names::Names;
use crate::render::text::{Line, Page, Sign};
use crate::render::words;

/// How many accounts are named where all would be too many.
pub(super) const NAMED: usize = 10;

/// How many accounts are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// All of them.
    All,
    /// The first ones.
    First(usize),
}

/// From all accounts to none that is named.
pub(super) const NAMINGS: [Naming; 3] = [Naming::All, Naming::First(NAMED), Naming::First(0)];

/// `in 3 accounts: ...`, or `in` the only one.
pub(super) fn places(accounts: &[&AccountId], names: &Names, naming: Naming) -> String {
    let shown = match naming {
        Naming::All => accounts.len(),
        Naming::First(number) => number.min(accounts.len()),
    };
    let listed: Vec<String> = accounts.iter().take(shown).map(|account| code(&names.account(account))).collect();
    let count = words::count(accounts.len(), "account");
    match (accounts.len(), accounts.len() - shown) {
        (1, 0) => format!("in {}", listed.join("")),
        (_, 0) => format!("in {count}: {}", listed.join(", ")),
        (_, _) if shown == 0 => format!("in {count}"),
        (_, hidden) => format!("in {count}: {} and {hidden} more", listed.join(", ")),
    }
}

/// A block that is shown on a click. The summary is HTML, the body Markdown.
pub(super) fn details(summary: &str, body: &str) -> String {
    format!("<details><summary>{summary}</summary>\n\n{}\n\n</details>\n\n", body.trim())
}

/// A block in which code hosts colour the lines by their first characters.
pub(super) fn diff(text: &str) -> String {
    let fence = fence(text);
    format!("{fence}diff\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// The lines of a page as a diff has them: their signs are in the first column, where viewers of diffs look for them.
/// What is changed in place has `!` there.
pub(in crate::render) fn lines(page: Page) -> String {
    let mut text = String::new();
    for line in page.into_lines() {
        // Writing to a string cannot fail.
        let _ = match line {
            Line::Gap => writeln!(text),
            Line::Plain(plain) => writeln!(text, "{plain}"),
            Line::Signed { depth, sign, text: said } => {
                let symbol = match sign {
                    Sign::Same => " ",
                    Sign::Replace => "-",
                    Sign::Change => "!",
                    Sign::Add | Sign::Remove | Sign::Comment | Sign::Attention => sign.symbol(),
                };
                writeln!(text, "{symbol}{:indent$}{said}", "", indent = 2 * depth + 1)
            }
        };
    }
    anstream::adapter::strip_str(&text).to_string()
}
