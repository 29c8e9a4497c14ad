//! Texts of others in Markdown. GitHub looks for mentions, references to issues and commits, and addresses to link in the
//! text that Markdown leaves over, where a backslash does not protect them; it looks into no code. So whatever could be
//! anything else than a word is code.

use crate::render::clean::clean;

/// A text as code, in a paragraph or a list.
pub(super) fn code(text: &str) -> String {
    let text = clean(text);
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    // One space on each side is taken off again, so that the text may begin and end with a backtick.
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    // Code of nothing but spaces keeps them all.
    let space = if text.trim_matches(' ').is_empty() { "" } else { space };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A text as code, in a cell of a table. A bar ends a cell even in code, and the backslash that keeps it from that is
/// itself kept from it by another one: it is written as its number.
pub(super) fn cell(text: &str) -> String {
    code(&clean(text).replace('|', "\\u{7c}"))
}

/// A sentence. What stands between backticks in it is code, and so is every word that has more than letters in it.
pub(super) fn prose(text: &str) -> String {
    let text = clean(text);
    let parts: Vec<&str> = text.split('`').collect();
    // A backtick without another one behind it means itself.
    let last = parts.len() - 1;
    let mut prose = Prose::default();
    for (index, part) in parts.iter().enumerate() {
        match index % 2 {
            1 if index < last => prose.code.push_str(part),
            1 => {
                prose.code.push('`');
                prose.words(part);
            }
            _ => prose.words(part),
        }
    }
    prose.end_code();
    prose.text
}

/// A sentence in a cell of a table: a bar is written as its number.
pub(super) fn prose_cell(text: &str) -> String {
    prose(&text.replace('|', "\\u{7c}"))
}

/// A text in HTML, where Markdown is not looked for.
pub(super) fn html(text: &str) -> String {
    clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A sentence as it grows. Code that follows on code becomes one with it: their backticks would.
#[derive(Default)]
struct Prose {
    text: String,
    /// Code at the end that is not yet part of the text.
    code: String,
}

impl Prose {
    fn words(&mut self, text: &str) {
        for (index, word) in text.split(' ').enumerate() {
            if index > 0 {
                self.plain(" ");
            }
            self.word(word);
        }
    }

    /// A word as it is, or the part of it that is not one as code.
    fn word(&mut self, word: &str) {
        let begun = word.trim_start_matches('(');
        let core = begun.trim_end_matches([',', '.', ';', ':', ')']);
        let (before, behind) = (&word[..word.len() - begun.len()], &begun[core.len()..]);
        // A full stop or a bracket behind a number makes a list of it where it begins a line.
        let is_short = core.len() < SHORTEST_COMMIT && matches!(behind, "" | ",");
        let is_number = is_short && core.bytes().all(|byte| byte.is_ascii_digit());
        let joint = |c: char| c == '\'' || c == '-';
        let is_ended = !core.starts_with(joint) && !core.ends_with(joint);
        if is_number || is_ended && core.chars().all(|c| c.is_alphabetic() || joint(c)) {
            return self.plain(word);
        }
        self.plain(before);
        self.code.push_str(core);
        self.plain(behind);
    }

    fn plain(&mut self, text: &str) {
        if !text.is_empty() {
            self.end_code();
            self.text.push_str(text);
        }
    }

    fn end_code(&mut self) {
        self.text.push_str(&code(&std::mem::take(&mut self.code)));
    }
}

/// GitHub takes this many hexadecimal digits for a commit.
const SHORTEST_COMMIT: usize = 7;

/// A fence that nothing in the text can end.
pub(super) fn fence(text: &str) -> String {
    "`".repeat(longest_run(text).max(2) + 1)
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_word_is_code() {
        assert_eq!(prose("a role Prowler@Scan is there"), "a role `Prowler@Scan` is there");
        assert_eq!(prose("(see #12, GH-7 and @ops.)"), "(see `#12`, `GH-7` and `@ops`.)");
        assert_eq!(prose("52000 bytes, 0123456 and 1."), "52000 bytes, `0123456` and `1`.");
        assert_eq!(prose("*all* of [it](x) <b> www.example.com"), "`*all*` of `[it](x`) `<b>` `www.example.com`");
        assert_eq!(prose("Zürich 東京 in-place - -x"), "Zürich 東京 in-place `-` `-x`");
    }

    #[test]
    fn code_in_a_sentence_stays_code_and_a_backtick_alone_is_harmless() {
        assert_eq!(prose("say `delivery: direct`, then plan"), "say `delivery: direct`, then plan");
        assert_eq!(prose("it`s"), "it`` ` ``s");
        assert_eq!(prose("a `` b"), "a  b");
        assert_eq!(prose("x1`b`{`"), "`` x1b{` ``");
    }

    #[test]
    fn code_holds_backticks_and_spaces() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a``"), "``` `a`` ```");
        assert_eq!(code(" a "), "`  a  `");
        assert_eq!(code("\n"), "`\\n`");
    }

    #[test]
    fn no_bar_ends_a_cell() {
        assert_eq!(cell(r"a\|b|"), r"`a\\u{7c}b\u{7c}`");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fence("a"), "```");
        assert_eq!(fence("a ```` b"), "`````");
    }
}
