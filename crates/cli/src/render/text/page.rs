//! Lines with a sign in front, indented as Terraform indents them.

use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};

use anstyle::{AnsiColor, Style};
use rolecall_core::plan::Action;

/// Lines as they are added.
#[derive(Debug, Default)]
pub(in crate::render) struct Page {
    lines: Vec<Line>,
    /// What was shown whole, so that it need not be shown again.
    shown: BTreeSet<String>,
}

/// A line. Its text may hold colours, as escape sequences.
#[derive(Debug)]
pub(in crate::render) enum Line {
    /// With nothing in front.
    Plain(String),
    /// Indented, with a sign in front.
    Signed {
        /// How deep it stands.
        depth: usize,
        /// What stands in front.
        sign: Sign,
        /// What it says.
        text: String,
    },
    /// Empty.
    Gap,
}

/// What stands in front of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Sign {
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
    /// The sign itself; nothing for a line that stays as it is.
    pub(in crate::render) fn symbol(self) -> &'static str {
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
    /// Adds a line with a sign in front.
    pub(super) fn line(&mut self, depth: usize, sign: Sign, text: impl Display) {
        self.lines.push(Line::Signed { depth, sign, text: text.to_string() });
    }

    /// Adds a line with nothing in front.
    pub(super) fn plain(&mut self, text: impl Display) {
        self.lines.push(Line::Plain(text.to_string()));
    }

    /// Adds an empty line, unless nothing is there to be set apart.
    pub(super) fn gap(&mut self) {
        if !matches!(self.lines.last(), None | Some(Line::Gap)) {
            self.lines.push(Line::Gap);
        }
    }

    /// Whether this is shown for the first time.
    pub(super) fn is_news(&mut self, document: String) -> bool {
        self.shown.insert(document)
    }

    /// The lines, for whoever shows them other than on a terminal.
    pub(in crate::render) fn into_lines(self) -> Vec<Line> {
        self.lines
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        let mut text = String::new();
        self.lines.iter().for_each(|line| line.write(&mut text));
        text
    }
}

impl Line {
    /// Writes the line and a newline. The sign ends two columns right of four times the depth, and the text begins two
    /// columns further.
    fn write(&self, to: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self {
            Self::Gap => writeln!(to),
            Self::Plain(text) => writeln!(to, "{text}"),
            Self::Signed { depth, sign, text } => {
                let (symbol, style) = (sign.symbol(), sign.style());
                let indent = (4 * depth + 3).saturating_sub(symbol.len());
                match sign {
                    Sign::Same => writeln!(to, "{:indent$} {text}", ""),
                    Sign::Comment => writeln!(to, "{:indent$}{style}{symbol} {text}{style:#}", ""),
                    _ => writeln!(to, "{:indent$}{style}{symbol}{style:#} {text}", ""),
                }
            }
        };
    }
}
