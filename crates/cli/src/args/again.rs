//! What a command that is proposed must be given again, so that it means the same files and the same organization.

use std::fmt;
use std::path::Path;

use super::{AwsArgs, DEFAULT_FILE, FileArgs, TargetArgs};

/// Options, ready to be put behind a command: nothing, or ` -f prod.yaml --sandbox organization.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Again(String);

impl Again {
    /// The files and the simulated organization.
    pub(crate) fn of(files: &FileArgs, aws: &AwsArgs) -> Self {
        Self(options("-f", &files.file) + &options("--sandbox", &aws.sandbox))
    }

    /// The files of one organization among several, and the simulated organization.
    pub(crate) fn of_one(files: &[String], aws: &AwsArgs) -> Self {
        let files = if files == [DEFAULT_FILE] { &[] } else { files };
        Self(options("-f", files) + &options("--sandbox", &aws.sandbox))
    }

    /// The simulated organization, for a command that names its files otherwise.
    pub(crate) fn of_sandbox(aws: &AwsArgs) -> Self {
        Self(options("--sandbox", &aws.sandbox))
    }

    /// The part that is meant, too.
    pub(crate) fn with_targets(self, targets: &TargetArgs) -> Self {
        let targets = targets.target.iter().map(|target| format!(" --target {}", word(&target.to_string())));
        Self(targets.fold(self.0, |options, target| options + &target))
    }
}

impl fmt::Display for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn options(name: &str, paths: &[impl AsRef<Path>]) -> String {
    let named = paths.iter().map(|path| format!(" {name} {}", word(&path.as_ref().to_string_lossy())));
    named.collect::<Vec<String>>().concat()
}

/// A text as one word of a POSIX shell.
pub(crate) fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:=@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Arguments, Command};

    #[test]
    fn the_same_files_organization_and_part_are_named_again() {
        let line = [
            "rolecall",
            "plan",
            "-f",
            "my files/a.yaml",
            "--sandbox",
            "org.yaml",
            "--target",
            "prowler.role[\"222222222222\"]",
        ];
        let Command::Plan(args) = Arguments::try_parse_from(line).unwrap().command else { unreachable!() };
        let again = Again::of(&args.scope.files, &args.aws).with_targets(&args.scope.targets).to_string();
        let one = Again::of_one(&["rolecall.yaml".to_owned()], &args.aws).to_string();
        assert_eq!(one, " --sandbox org.yaml");
        assert_eq!(again, " -f 'my files/a.yaml' --sandbox org.yaml --target 'prowler.role[\"222222222222\"]'");
    }

    #[test]
    fn a_word_is_read_by_a_shell_as_it_was_written() {
        assert_eq!(word("orgs/prod.yaml"), "orgs/prod.yaml");
        assert_eq!(word("it's"), r"'it'\''s'");
        assert_eq!(word(""), "''");
        assert_eq!(word("$HOME;"), "'$HOME;'");
    }
}
