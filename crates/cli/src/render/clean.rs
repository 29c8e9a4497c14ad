//! Text of others, made safe to show: nothing in it may steer a terminal or hide what it says.

use std::borrow::Cow;

/// The text with control and invisible characters as escapes: `\u{1b}`, `\n`.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) {
            // `escape_default` would also escape every letter that is not ASCII.
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// The text in quotation marks, with those in it escaped.
pub(super) fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("\"{}\"", clean(&escaped));
    }
    format!("\"{}\"", clean(text))
}

/// Control characters, and characters that are not seen but change how others are seen (Unicode `Cf`, line separators).
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_not_obeyed() {
        assert_eq!(clean("red \u{1b}[31m\u{7}"), "red \\u{1b}[31m\\u{7}");
        assert_eq!(clean("two\nlines\r\t"), "two\\nlines\\r\\t");
        assert_eq!(clean("one-byte CSI \u{9b}2J"), "one-byte CSI \\u{9b}2J");
    }

    #[test]
    fn what_hides_or_reorders_text_is_shown() {
        assert_eq!(clean("Admin\u{200b}istrator \u{202e}txet"), "Admin\\u{200b}istrator \\u{202e}txet");
    }

    #[test]
    fn letters_of_any_script_are_left_alone() {
        assert!(matches!(clean("Zürich 東京"), Cow::Borrowed("Zürich 東京")));
    }

    #[test]
    fn quotation_marks_cannot_end_a_quotation() {
        assert_eq!(quoted(r#"a" -> "b\"#), r#""a\" -> \"b\\""#);
    }
}
