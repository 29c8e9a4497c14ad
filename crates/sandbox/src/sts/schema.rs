//! The constraints of STS's service model, by member.

use crate::wire::{Constraint, Params, Pattern, Violations, WireError};

const NAME: Pattern =
    Pattern { text: r"[\w+=,.@-]*", fits: |text| text.chars().all(|c| is_word(c) || "+=,.@-".contains(c)) };
const EXTERNAL_ID: Pattern =
    Pattern { text: r"[\w+=,.@:\/-]*", fits: |text| text.chars().all(|c| is_word(c) || "+=,.@:/-".contains(c)) };
const SERIAL: Pattern =
    Pattern { text: r"[\w+=/:,.@-]*", fits: |text| text.chars().all(|c| is_word(c) || "+=/:,.@-".contains(c)) };
const DIGITS: Pattern = Pattern { text: r"[\d]*", fits: |text| text.bytes().all(|byte| byte.is_ascii_digit()) };
const WORD: Pattern = Pattern { text: r"[\w]*", fits: |text| text.chars().all(is_word) };
const DOCUMENT: Pattern = Pattern {
    text: r"[\u0009\u000A\u000D\u0020-\u00FF]+",
    fits: |text| text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')),
};

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

const fn of(least: usize, most: usize, pattern: Pattern) -> Constraint {
    Constraint::Text { least, most, pattern: Some(pattern) }
}

fn constraint(operation: &str, member: &str) -> Option<Constraint> {
    Some(match member {
        "RoleArn" => Constraint::Text { least: 20, most: 2048, pattern: None },
        "RoleSessionName" => of(2, 64, NAME),
        "ExternalId" => of(2, 1224, EXTERNAL_ID),
        // The model says 64; the service takes 256.
        "SourceIdentity" => of(2, 256, NAME),
        "Name" => of(2, 32, NAME),
        "Policy" => of(1, 2048, DOCUMENT),
        "SerialNumber" => of(9, 256, SERIAL),
        "TokenCode" => of(6, 6, DIGITS),
        "AccessKeyId" => of(16, 128, WORD),
        "EncodedMessage" => Constraint::Text { least: 1, most: 10_240, pattern: None },
        "DurationSeconds" if operation == "AssumeRole" => Constraint::Number(900, 43_200),
        "DurationSeconds" => Constraint::Number(900, 129_600),
        _ => return None,
    })
}

/// Checks the input of an operation: that the required members are there, and that every scalar keeps to its constraint.
pub(super) fn request(operation: &str, required: &[&str], params: &Params) -> Result<(), WireError> {
    Violations::of_request(params, required, |member| constraint(operation, member)).result()
}
