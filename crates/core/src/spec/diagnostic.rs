//! What is wrong with the files, and where.

use std::fmt;

use serde::Serialize;

use super::SourceFile;
use super::model::Location;

/// One thing wrong, or doubtful, in the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of thing it is: one of [`code::ALL`], never renamed.
    pub code: &'static str,
    /// Where it is; absent when no file is to blame.
    pub location: Option<Location>,
    /// What was found.
    pub message: String,
    /// What would have been accepted, as a noun phrase.
    pub expected: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Other places that matter, and why.
    pub related: Vec<(Location, String)>,
}

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is planned from these files.
    Error,
    /// The files can be used, but hardly mean what they say.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

impl Diagnostic {
    pub(super) fn expected(&mut self, expected: impl Into<String>) -> &mut Self {
        self.expected = Some(expected.into());
        self
    }

    pub(super) fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn related(&mut self, at: Location, why: impl Into<String>) -> &mut Self {
        self.related.push((at, why.into()));
        self
    }
}

/// On one line: `file:line:column: error[code]: message | expected ... | hint ... | related file:line:column: ...`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, code, location, message, expected, hint, related } = self;
        if let Some(at) = location {
            write!(f, "{at}: ")?;
        }
        write!(f, "{severity}[{code}]: {message}")?;
        if let Some(expected) = expected {
            write!(f, " | expected {expected}")?;
        }
        if let Some(hint) = hint {
            write!(f, " | hint {hint}")?;
        }
        for (at, why) in related {
            write!(f, " | related {at}: {why}")?;
        }
        Ok(())
    }
}

/// Everything that is wrong with the files, by file and place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// What is wrong.
    pub list: Vec<Diagnostic>,
    /// The texts that the places are in, policy files included.
    pub sources: Vec<SourceFile>,
}

impl Diagnostics {
    /// The number of errors.
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// The number of warnings.
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    /// The text of a file that a [`Location`] names.
    pub fn source(&self, file: &str) -> Option<&str> {
        self.sources.iter().find(|source| source.name == file).map(|source| source.text.as_str())
    }

    fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }
}

/// One diagnostic a line.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.iter().try_for_each(|diagnostic| writeln!(f, "{diagnostic}"))
    }
}

impl std::error::Error for Diagnostics {}

/// The kinds of diagnostics. Scripts match on them: a code is never renamed.
pub mod code {
    macro_rules! codes {
        ($(#[doc = $meaning:literal] $name:ident = $text:literal;)*) => {
            $(#[doc = $meaning] pub const $name: &str = $text;)*
            /// Every code.
            pub const ALL: &[&str] = &[$($text),*];
            /// What each code of [`ALL`] means, as a sentence that begins with a space.
            pub const MEANINGS: &[&str] = &[$($meaning),*];
        };
    }

    codes! {
        /// The text is not YAML, or a policy file is not JSON.
        SYNTAX = "syntax";
        /// Lists and mappings are nested too deeply, or there are too many of them.
        TOO_LARGE = "too-large";
        /// The file has no content.
        EMPTY_FILE = "empty-file";
        /// A file cannot be read.
        UNREADABLE_FILE = "unreadable-file";
        /// YAML that has no meaning here: tags, several documents, keys that are not text.
        UNSUPPORTED_YAML = "unsupported-yaml";
        /// A key that is not known in this place.
        UNKNOWN_KEY = "unknown-key";
        /// A key that must be there is not.
        MISSING_KEY = "missing-key";
        /// A key stands twice in one mapping.
        DUPLICATE_KEY = "duplicate-key";
        /// A key has no value.
        NO_VALUE = "no-value";
        /// A list where a text belongs, and the like.
        WRONG_TYPE = "wrong-type";
        /// A text that other YAML tools read as a number, a date or a truth value.
        UNQUOTED_TEXT = "unquoted-text";
        /// An account id that is not quoted.
        UNQUOTED_ACCOUNT_ID = "unquoted-account-id";
        /// A value of the right type that is not allowed.
        BAD_VALUE = "bad-value";
        /// A role, named by IAM, in more than one Region.
        SEVERAL_REGIONS = "several-regions";
        /// Two files say something that only one may say, or disagree.
        FILES_DISAGREE = "files-disagree";
        /// An integration of the same name stands elsewhere.
        DUPLICATE_INTEGRATION = "duplicate-integration";
        /// A role of the same name stands elsewhere.
        DUPLICATE_ROLE = "duplicate-role";
        /// An external ID that cannot be had, or is not one.
        BAD_EXTERNAL_ID = "bad-external-id";
        /// `sts:ExternalId` among the conditions.
        EXTERNAL_ID_CONDITION = "external-id-condition";
        /// A principal that lets in anybody.
        WILDCARD_PRINCIPAL = "wildcard-principal";
        /// A principal that is not an account, a role or a user.
        BAD_PRINCIPAL = "bad-principal";
        /// An ARN of another partition than the Region's.
        WRONG_PARTITION = "wrong-partition";
        /// A policy document, or a trust condition, that IAM would refuse.
        BAD_POLICY = "bad-policy";
        /// A policy above its size limit.
        POLICY_TOO_LARGE = "policy-too-large";
        /// More of something than IAM allows.
        TOO_MANY = "too-many";
        /// A tag key that is not the user's to set, or stands twice.
        BAD_TAG = "bad-tag";
        /// No account can have the role.
        NO_TARGETS = "no-targets";
        /// Keys that have no effect together.
        NO_EFFECT = "no-effect";
        /// Keys that contradict each other.
        CONTRADICTION = "contradiction";
        /// An integration that no file has.
        UNKNOWN_INTEGRATION = "unknown-integration";
    }
}
