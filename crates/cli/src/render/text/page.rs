//! Lines with a sign in front, indented as Terraform indents them.

use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};

use anstyle::{AnsiColor, Style};
use rolecall_core::plan::Action;

/// Text as it grows.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
    /// What was shown whole, so that it need not be shown again.
    shown: BTreeSet<String>,
}

/// What stands in front of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Nothing: the line stays as it is.
    Same,
    /// `+`
    Add,
    /// `~`
    Change,
    /// `-`
    Remove,
    /// `-/+`
    Replace,
    /// `#`
    Comment,
    /// `!`
    Attention,
}

impl Sign {
    fn symbol(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Add => "+",
            Self::Change => "~",
            Self::Remove => "-",
            Self::Replace => "-/+",
            Self::Comment => "#",
            Self::Attention => "!",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Same => Style::new(),
            Self::Add => AnsiColor::Green.on_default(),
            Self::Change | Self::Attention => AnsiColor::Yellow.on_default(),
            Self::Remove | Self::Replace => AnsiColor::Red.on_default(),
            Self::Comment => Style::new().dimmed(),
        }
    }
}

impl From<Action> for Sign {
    fn from(action: Action) -> Self {
        match action {
            Action::Create => Self::Add,
            Action::Update => Self::Change,
            Action::Replace => Self::Replace,
            Action::Delete => Self::Remove,
        }
    }
}

/// Headings, and what a reader looks for first.
pub(super) const BOLD: Style = Style::new().bold();

/// What is lost for a while or for good.
pub(super) const DANGER: Style = AnsiColor::Red.on_default();

/// A text in a style.
pub(super) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

impl Page {
    /// Adds a line. The sign ends two columns right of four times the depth, and the text begins two columns further.
    pub(super) fn line(&mut self, depth: usize, sign: Sign, text: impl Display) {
        let (symbol, style) = (sign.symbol(), sign.style());
        let indent = (4 * depth + 3).saturating_sub(symbol.len());
        // Writing to a string cannot fail.
        let _ = match sign {
            Sign::Same => writeln!(self.text, "{:indent$} {text}", ""),
            Sign::Comment => writeln!(self.text, "{:indent$}{style}{symbol} {text}{style:#}", ""),
            _ => writeln!(self.text, "{:indent$}{style}{symbol}{style:#} {text}", ""),
        };
    }

    /// Adds a line with nothing in front.
    pub(super) fn plain(&mut self, text: impl Display) {
        let _ = writeln!(self.text, "{text}");
    }

    /// Adds an empty line, unless nothing is there to be set apart.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Whether this is shown for the first time.
    pub(super) fn is_news(&mut self, document: String) -> bool {
        self.shown.insert(document)
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}
