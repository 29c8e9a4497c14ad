//! What the browser may do on the page: run our script, apply our style, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The script of the page.
pub(super) const SCRIPT: &str = include_str!("assets/report.js");

/// The style of the page.
pub(super) const STYLE: &str = include_str!("assets/report.css");

/// The Content-Security-Policy of the page. Only what has these hashes runs, so that no text of others can; nothing is
/// loaded from anywhere, and nothing sent.
pub(super) fn content_security_policy() -> String {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// JSON that can stand in a `<script>` element: no character in it can end the element or open another, and U+2028 and
/// U+2029 are escaped for readers that take JSON for a script.
pub(super) fn embedded(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // In JSON these stand in strings only, where an escape means the same.
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_json_cannot_leave_its_element_and_says_the_same() {
        let text = "</script><!--<script>&\u{2028}\u{2029}";
        let safe = embedded(&serde_json::to_string(text).unwrap());
        assert!(!safe.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
    }

    /// The hash is that of `printf "" | openssl dgst -sha256 -binary | base64`.
    #[test]
    fn a_hash_is_written_as_browsers_expect_it() {
        assert_eq!(hash(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn nothing_of_ours_names_another_address() {
        for text in [SCRIPT, STYLE] {
            for word in ["http://", "https://", "//cdn", "url(", "@import", "fetch(", "XMLHttpRequest", "import("] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }
}
