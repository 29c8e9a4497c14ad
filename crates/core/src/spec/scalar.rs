//! Texts, whole numbers and truth values, and what else YAML tools may take a text for.

use serde_json::{Value, json};

use super::diagnostic::code;
use super::read::{Read, wrong_type};
use super::report::{Mark, Report};
use super::suggest::excerpt;
use super::tree::{Kind, Node, Scalar, Style};

/// What an unquoted scalar is to one YAML tool or another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plain {
    Boolean,
    Number,
    Date,
    Text,
}

impl Plain {
    /// By the rules of YAML 1.1, which most tools still follow, and those of YAML 1.2 ("Core Schema", 10.3.2).
    pub(super) fn of(text: &str) -> Self {
        if is_boolean(text) {
            Self::Boolean
        } else if is_number(text) {
            Self::Number
        } else if is_date(text) {
            Self::Date
        } else {
            Self::Text
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Boolean => "truth value",
            Self::Number => "number",
            Self::Date => "date",
            Self::Text => "text",
        }
    }
}

fn is_boolean(text: &str) -> bool {
    const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "y", "n"];
    let lower = text.to_ascii_lowercase();
    let capitalised = text.starts_with(|c: char| c.is_ascii_uppercase()) && text[1..] == lower[1..];
    WORDS.contains(&lower.as_str()) && (text == lower || capitalised || text == lower.to_ascii_uppercase())
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = unsigned.strip_prefix(prefix) {
            return !digits.is_empty() && digits.chars().all(|c| c == '_' || c.is_digit(radix));
        }
    }
    if matches!(unsigned.to_ascii_lowercase().as_str(), ".inf" | ".nan") {
        return true;
    }
    // 190:20:30, digits to the base of sixty.
    if unsigned.contains(':') {
        return unsigned
            .split(':')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    }
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    mantissa.bytes().any(|b| b.is_ascii_digit())
        && !whole.starts_with('_')
        && digits(whole)
        && digits(fraction)
        && !exponent.is_empty()
        && exponent.bytes().all(|b| b.is_ascii_digit())
}

fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (year, month, rest) = (parts.next(), parts.next(), parts.next());
    let digits = |part: Option<&str>, lengths: &[usize]| {
        part.is_some_and(|part| lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let day = rest.map(|rest| rest.split(['T', 't', ' ']).next().unwrap_or_default());
    digits(year, &[4]) && digits(month, &[1, 2]) && digits(day, &[1, 2])
}

/// Twelve digits, quoted or not.
pub(super) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// A scalar as a noun phrase.
pub(super) fn describe(node: &Node) -> String {
    let text = excerpt(node.plain_text());
    match &node.kind {
        _ if text.is_empty() => "an empty text".to_owned(),
        Kind::Scalar(Scalar { style: Style::Plain, text: whole }) => {
            format!("the {} `{text}`", Plain::of(whole).noun())
        }
        _ => format!("the text `{text}`"),
    }
}

/// Reads a text. What another tool would not take for a text must be quoted, so that all tools agree.
pub(super) fn text<'n>(node: &'n Node, expected: &str, report: &mut Report) -> Option<&'n str> {
    let Kind::Scalar(Scalar { text, style }) = &node.kind else {
        wrong_type(node, expected, report);
        return None;
    };
    if *style == Style::Quoted {
        return Some(text);
    }
    if node.is_null() {
        wrong_type(node, expected, report);
        return None;
    }
    let kind = Plain::of(text);
    if kind == Plain::Text {
        return Some(text);
    }
    unquoted(node.at, text, kind, report);
    None
}

/// Reports a scalar that should be quoted.
pub(super) fn unquoted(at: Mark, text: &str, kind: Plain, report: &mut Report) {
    let hint = format!("write \"{text}\"");
    if is_account_id(text) {
        let why = if text.starts_with('0') {
            "other YAML tools lose its leading zero, or read it as an octal number"
        } else {
            "other YAML tools read it as a number"
        };
        report
            .error(at, code::UNQUOTED_ACCOUNT_ID, format!("the account id `{text}` is not quoted: {why}"))
            .expected("an account id in quotes")
            .hint(hint);
    } else {
        let text = excerpt(text);
        report
            .error(at, code::UNQUOTED_TEXT, format!("`{text}` is not quoted: YAML tools read it as a {}", kind.noun()))
            .expected("a text")
            .hint(hint);
    }
}

/// Reads a whole number that is not negative.
pub(super) fn whole_number(node: &Node, expected: &str, report: &mut Report) -> Option<u32> {
    let Kind::Scalar(Scalar { text, style }) = &node.kind else {
        wrong_type(node, expected, report);
        return None;
    };
    let number = text.parse::<u32>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    match (number, style) {
        (Some(number), Style::Plain) if number.to_string() == *text => Some(number),
        (Some(number), Style::Quoted) => {
            wrong_type(node, expected, report).hint(format!("write {number} without quotes"));
            None
        }
        _ if Plain::of(text) == Plain::Number && *style == Style::Plain => {
            report.error(node.at, code::BAD_VALUE, format!("`{}` is out of range", excerpt(text))).expected(expected);
            None
        }
        _ => {
            wrong_type(node, expected, report);
            None
        }
    }
}

/// Any text that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(pub(super) String);

impl Read for Text {
    fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
        let text = text(node, "a text", report)?;
        if text.is_empty() {
            report.error(node.at, code::BAD_VALUE, "the text is empty").expected("a text of one letter at least");
            return None;
        }
        Some(Self(text.to_owned()))
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

impl Read for bool {
    fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
        let text = match &node.kind {
            Kind::Scalar(Scalar { text, style: Style::Plain }) => text.as_str(),
            _ => "",
        };
        match text {
            "true" => return Some(true),
            "false" => return Some(false),
            _ => {}
        }
        let diagnostic = wrong_type(node, "true or false", report);
        match node.plain_text().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => drop(diagnostic.hint("write true, without quotes")),
            "false" | "no" | "off" | "n" => drop(diagnostic.hint("write false, without quotes")),
            _ => {}
        }
        None
    }

    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_tool_takes_for_something_else_is_not_plain_text() {
        for (text, kind) in [
            ("012345678901", Plain::Number),
            ("0x1F", Plain::Number),
            ("0o17", Plain::Number),
            ("1_000", Plain::Number),
            ("12e3", Plain::Number),
            ("1.5", Plain::Number),
            ("-.inf", Plain::Number),
            ("12:30:45", Plain::Number),
            ("no", Plain::Boolean),
            ("Off", Plain::Boolean),
            ("TRUE", Plain::Boolean),
            ("tRue", Plain::Text),
            ("2012-10-17", Plain::Date),
            ("2012-10-17T10:00:00Z", Plain::Date),
            ("5f3e0f3c-9d7b-4c22-9a35-0d9d8f1f0a11", Plain::Text),
            ("1.2.3", Plain::Text),
            ("1h", Plain::Text),
            ("100%", Plain::Text),
            ("e3", Plain::Text),
            ("-", Plain::Text),
            (".", Plain::Text),
            ("a:b", Plain::Text),
            ("é", Plain::Text),
        ] {
            assert_eq!(Plain::of(text), kind, "{text}");
        }
    }
}
