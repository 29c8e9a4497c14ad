//! The formats of one result, each written to its own place.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::args::{Delivery, Format, FormatArgs, Place, names};
use crate::error::{CommandError, ErrorKind};
use crate::load;
use crate::output::Output;
use crate::plan_file::{Readers, parent, write_whole};

/// Which formats of a result are wanted, and where each goes; at most one goes to standard output.
#[derive(Debug)]
pub(crate) struct Deliveries<F>(Vec<Delivery<F>>);

impl<F: Format> Deliveries<F> {
    /// What the arguments ask for. It is checked before anything else is done, so that no result is made that has no
    /// place to go.
    pub(crate) fn of(args: &FormatArgs<F>) -> Result<Self, CommandError> {
        let FormatArgs { format: formats, output: deliveries } = args;
        let mut unplaced: Vec<F> = Vec::new();
        for format in formats {
            if !unplaced.contains(format) && deliveries.iter().all(|delivery| delivery.format != *format) {
                unplaced.push(*format);
            }
        }
        let is_spoken_for = deliveries.iter().any(|delivery| delivery.place == Place::StandardOutput);
        if formats.is_empty() && !is_spoken_for {
            unplaced.push(F::default());
        }
        let unplaced = unplaced.into_iter().map(|format| Delivery { format, place: Place::StandardOutput });
        let this = Self(unplaced.chain(deliveries.iter().cloned()).collect());
        this.check()?;
        Ok(this)
    }

    fn check(&self) -> Result<(), CommandError> {
        let shown = self.0.iter().filter(|delivery| delivery.place == Place::StandardOutput);
        let shown = names(&shown.map(|delivery| delivery.format).collect::<Vec<F>>());
        if let [first, others @ ..] = shown.as_slice()
            && let Some(other) = others.last()
        {
            let message = format!("{first} and {} cannot both go to standard output", others.join(" and "));
            return Err(CommandError::user(message).hint(format!("give all but one a file: --output {other}=FILE")));
        }
        let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
        for file in self.0.iter().filter_map(|delivery| delivery.place.file()) {
            let directory = parent(file);
            if !directory.is_dir() {
                let message = format!("cannot write {}: {} is no directory", file.display(), directory.display());
                return Err(CommandError::user(message));
            }
            if file.is_dir() {
                return Err(CommandError::user(format!("cannot write {}: it is a directory", file.display())));
            }
            if !seen.insert(real(file)) {
                return Err(CommandError::user(format!("two formats would be written to {}", file.display())));
            }
        }
        Ok(())
    }

    /// Refuses to write a result over a file that the command reads, or writes besides. Of a directory that is read, the
    /// files are meant that are read in it.
    pub(crate) fn spare<'a>(&self, others: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), CommandError> {
        let others: BTreeSet<PathBuf> = others
            .into_iter()
            .flat_map(|other| load::expand(other, load::YAML).unwrap_or_default())
            .map(real)
            .collect();
        match self.0.iter().filter_map(|delivery| delivery.place.file()).find(|file| others.contains(&real(file))) {
            None => Ok(()),
            Some(file) => {
                let message = format!("{} is named twice: a result would be written over it", file.display());
                Err(CommandError::user(message).hint("name another file with --output"))
            }
        }
    }

    /// Whether this format is wanted, wherever it goes.
    pub(crate) fn includes(&self, format: F) -> bool {
        self.0.iter().any(|delivery| delivery.format == format)
    }

    /// The format that goes to standard output, if any does.
    pub(crate) fn shown(&self) -> Option<F> {
        self.0.iter().find(|delivery| delivery.place == Place::StandardOutput).map(|delivery| delivery.format)
    }

    /// Makes each format and writes it to its place; nothing is written to standard output where a text is empty. What
    /// goes wrong with one does not keep the others back; it is told when all are written.
    pub(crate) fn deliver(
        &self,
        output: &Output,
        render: impl Fn(F, &Place) -> Result<String, CommandError>,
    ) -> Result<(), CommandError> {
        let written = self.0.iter().map(|Delivery { format, place }| {
            let text = render(*format, place)?;
            match place {
                Place::StandardOutput if text.is_empty() => Ok(()),
                Place::StandardOutput => output.result(&text),
                Place::File(path) => {
                    let mut plain = anstream::adapter::strip_str(&text).to_string();
                    if !plain.ends_with('\n') {
                        plain.push('\n');
                    }
                    write_whole(path, Readers::Usual, plain.as_bytes())
                }
            }
        });
        let failures: Vec<CommandError> = written.filter_map(Result::err).collect();
        // Nobody is told of a reader that went away, but of everything else.
        let (gone, told): (Vec<_>, Vec<_>) =
            failures.into_iter().partition(|failure| failure.kind() == ErrorKind::BrokenPipe);
        told.into_iter().reduce(CommandError::and).or_else(|| gone.into_iter().next()).map_or(Ok(()), Err)
    }
}

/// What came of the work and of telling about it; where both failed, both are told.
pub(crate) fn both<T>(work: Result<T, CommandError>, told: Result<(), CommandError>) -> Result<T, CommandError> {
    match (work, told) {
        (work, Ok(())) => work,
        (Ok(_), Err(untold)) => Err(untold),
        (Err(error), Err(untold)) => Err(error.and(untold)),
    }
}

/// A path by which the same file is found again, whether or not it is there yet.
fn real(file: impl AsRef<Path>) -> PathBuf {
    let file = file.as_ref();
    file.canonicalize().unwrap_or_else(|_| {
        let directory = parent(file);
        let name = file.file_name().unwrap_or(file.as_os_str());
        directory.canonicalize().unwrap_or_else(|_| directory.to_owned()).join(name)
    })
}

impl Place {
    fn file(&self) -> Option<&Path> {
        match self {
            Self::StandardOutput => None,
            Self::File(path) => Some(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{OutputArgs, PlainFormat};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        formats: FormatArgs<PlainFormat>,
    }

    fn read(words: &[&str]) -> Result<Deliveries<PlainFormat>, String> {
        let line = Line::try_parse_from(std::iter::once(&"test").chain(words)).map_err(|error| error.to_string())?;
        Deliveries::of(&line.formats).map_err(|error| format!("{error:?}"))
    }

    fn quiet() -> Output {
        Output::new(&OutputArgs { no_color: true, quiet: true, verbose: 0 })
    }

    #[test]
    fn text_goes_to_standard_output_unless_something_else_does() {
        assert_eq!(read(&[]).unwrap().shown(), Some(PlainFormat::Text));
        assert_eq!(read(&["--output", "json=a.json"]).unwrap().shown(), Some(PlainFormat::Text));
        assert_eq!(read(&["--format", "json"]).unwrap().shown(), Some(PlainFormat::Json));
        assert_eq!(read(&["--output", "json=-"]).unwrap().shown(), Some(PlainFormat::Json));
        assert_eq!(read(&["--format", "json", "--output", "json=a.json"]).unwrap().shown(), None);
        let both = ["--format", "text", "--format", "json", "--output", "text=a.txt"];
        assert_eq!(read(&both).unwrap().shown(), Some(PlainFormat::Json));
        assert_eq!(read(&["--format", "json", "--format", "json"]).unwrap().shown(), Some(PlainFormat::Json));
    }

    #[test]
    fn what_has_no_place_of_its_own_is_refused_and_so_is_what_is_no_format() {
        for (words, said) in [
            (&["--format", "text", "--format", "json"][..], "give all but one a file: --output json=FILE"),
            (&["--format", "text", "--output", "json=-"], "cannot both go to standard output"),
            (&["--output", "json=a", "--output", "text=./a"], "two formats would be written to"),
            (&["--output", "json=no/such/place.json"], "no/such is no directory"),
            (&["--output", "json=."], "it is a directory"),
            (&["--output", "xml=a.xml"], "`xml` is none of text, json"),
            (&["--output", "json="], "expected FORMAT=FILE"),
            (&["--output", "a.json"], "expected FORMAT=FILE"),
        ] {
            let error = read(words).unwrap_err();
            assert!(error.contains(said), "{words:?}: {error}");
        }
    }

    #[test]
    fn no_result_is_written_over_what_is_read_or_written_besides() {
        let directory = tempfile::tempdir().unwrap();
        let (yaml, plan) = (directory.path().join("rolecall.yaml"), directory.path().join("plan.json"));
        std::fs::write(&yaml, "version: 1\n").unwrap();
        let to = |path: &Path| read(&["--output", &format!("json={}", path.display())]).unwrap();
        let refused = |path: &Path, others: &[PathBuf]| to(path).spare(others).is_err();
        assert!(refused(&yaml, std::slice::from_ref(&yaml)) && refused(&yaml, &[directory.path().to_owned()]));
        assert!(refused(&plan, &[directory.path().join("./plan.json")]));
        assert!(!refused(&plan, &[yaml.clone(), directory.path().to_owned()]));
    }

    #[test]
    fn every_format_that_can_be_written_is_whatever_becomes_of_the_others() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let (text, json) = (format!("text={}", path("a.txt").display()), format!("json={}", path("a.json").display()));
        let deliveries = read(&["--format", "json", "--output", &json, "--output", &text]).unwrap();
        let colours = "\u{1b}[31mred\u{1b}[0m".to_owned();
        let failed = deliveries.deliver(&quiet(), |format, _| match format {
            PlainFormat::Json => Err(CommandError::user("no JSON today")),
            PlainFormat::Text => Ok(colours.clone()),
        });
        assert!(format!("{:?}", failed.unwrap_err()).contains("no JSON today"));
        assert_eq!(std::fs::read_to_string(path("a.txt")).unwrap(), "red\n");
        assert!(!path("a.json").exists());
    }
}
