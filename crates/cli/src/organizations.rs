//! Several organizations in one run: what became of each, one summary, one exit code.

use crate::configuration::Configuration;
use crate::error::{CommandError, ErrorKind, Outcome};
use crate::output::Output;
use crate::render::{Chapter, Count, organizations_json, organizations_text};

/// What a command found out about, or did in, one organization.
pub(crate) trait Report {
    /// The command, which is also the kind of its document.
    const COMMAND: &'static str;

    /// What is added up over the organizations, in the order in which it is shown.
    fn counts(&self) -> Vec<Count>;

    /// How the command ends when there is nothing else to say.
    fn verdict(&self) -> Result<Outcome, CommandError>;
}

/// Whether an organization is the only one of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Company {
    Alone,
    Several,
}

impl Company {
    /// That of the members of a list.
    pub(crate) fn of<T>(list: &[T]) -> Self {
        if list.len() > 1 { Self::Several } else { Self::Alone }
    }
}

/// What became of one organization.
#[derive(Debug)]
pub(crate) struct Section<T> {
    pub(crate) configuration: Configuration,
    pub(crate) result: Result<T, CommandError>,
}

/// What became of each organization, in the order of their ids. Where there is only one, it succeeded: an error of the
/// only one is the error of the command.
#[derive(Debug)]
pub(crate) struct Sections<T> {
    sections: Vec<Section<T>>,
    company: Company,
}

impl<T> Sections<T> {
    /// Nothing yet, of so many organizations.
    pub(crate) fn begin<O>(organizations: &[O]) -> Self {
        Self { sections: Vec::new(), company: Company::of(organizations) }
    }

    /// Works on each organization.
    pub(crate) fn of(
        configurations: Vec<Configuration>,
        mut work: impl FnMut(&Configuration) -> Result<T, CommandError>,
    ) -> Result<Self, CommandError> {
        let mut sections = Self::begin(&configurations);
        for configuration in configurations {
            let result = work(&configuration);
            sections.add(configuration, result)?;
        }
        Ok(sections)
    }

    /// What is there already; where there is only one, it must have succeeded.
    pub(crate) fn made(results: Vec<(Configuration, Result<T, CommandError>)>) -> Self {
        let company = Company::of(&results);
        let section = |(configuration, result)| Section { configuration, result };
        Self { sections: results.into_iter().map(section).collect(), company }
    }

    /// Whether there are several organizations.
    pub(crate) fn company(&self) -> Company {
        self.company
    }

    /// Says whose turn it is, where there are several.
    pub(crate) fn announce(&self, configuration: &Configuration, output: &Output) {
        if self.company == Company::Several {
            output.note(&format!("{configuration}:"));
        }
    }

    /// Adds what became of an organization. An error ends the run if there is nothing else in it, or nothing else is
    /// wanted any more.
    pub(crate) fn add(
        &mut self,
        configuration: Configuration,
        result: Result<T, CommandError>,
    ) -> Result<(), CommandError> {
        match result {
            Err(error) if self.company == Company::Alone => Err(error),
            Err(error) if is_interruption(&error) => Err(error),
            result => {
                self.sections.push(Section { configuration, result });
                Ok(())
            }
        }
    }

    /// The organizations and what became of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Section<T>> {
        self.sections.iter()
    }

    /// The same, to be taken apart.
    pub(crate) fn into_vec(self) -> Vec<Section<T>> {
        self.sections
    }

    /// Makes something else of what became of each.
    pub(crate) fn map<U>(self, make: impl Fn(&Configuration, T) -> U) -> Sections<U> {
        let Self { sections, company } = self;
        let section = |Section { configuration, result }| {
            let result = result.map(|value| make(&configuration, value));
            Section { configuration, result }
        };
        Sections { sections: sections.into_iter().map(section).collect(), company }
    }
}

impl<T: Report> Sections<T> {
    /// The result for people: that of the one organization as it is, or a section for each and a summary.
    pub(crate) fn text(&self, one: impl Fn(&Configuration, &T) -> String) -> String {
        match self.single() {
            Some((configuration, report)) => one(configuration, report),
            None => organizations_text(&self.chapters(one)),
        }
    }

    /// The result for programs: the document of the one organization as it is, or one that holds one for each.
    pub(crate) fn json(
        &self,
        one: impl Fn(&Configuration, &T) -> Result<String, serde_json::Error>,
    ) -> Result<String, CommandError> {
        let text = match self.single() {
            Some((configuration, report)) => one(configuration, report),
            None => self.documents(one),
        };
        text.map_err(|error| CommandError::new(ErrorKind::Internal, "the result cannot be written").because(&error))
    }

    /// The result as a page, which shows one organization.
    pub(crate) fn page(&self, one: impl Fn(&T) -> Result<String, serde_json::Error>) -> Result<String, CommandError> {
        let (_, report) = self.single().ok_or_else(|| several_pages(self.sections.len()))?;
        one(report).map_err(|error| CommandError::new(ErrorKind::Internal, "the page cannot be made").because(&error))
    }

    /// The result in a format that is about one organization.
    pub(crate) fn alone(&self, one: impl Fn(&Configuration, &T) -> String) -> Result<String, CommandError> {
        let (configuration, report) = self.single().ok_or_else(|| several_pages(self.sections.len()))?;
        Ok(one(configuration, report))
    }

    fn documents(
        &self,
        one: impl Fn(&Configuration, &T) -> Result<String, serde_json::Error>,
    ) -> Result<String, serde_json::Error> {
        let documents = self.chapters(one).into_iter().map(Chapter::transpose).collect::<Result<Vec<_>, _>>()?;
        organizations_json(T::COMMAND, &documents)
    }

    fn single(&self) -> Option<(&Configuration, &T)> {
        match self.sections.as_slice() {
            [Section { configuration, result: Ok(report) }] if self.company == Company::Alone => {
                Some((configuration, report))
            }
            _ => None,
        }
    }

    fn chapters<D>(&self, one: impl Fn(&Configuration, &T) -> D) -> Vec<Chapter<D>> {
        let chapter = |Section { configuration, result }: &Section<T>| Chapter {
            organization: configuration.organization().clone(),
            files: configuration.files.clone(),
            counts: result.as_ref().map(T::counts).unwrap_or_default(),
            verdict: match result {
                Ok(report) => report.verdict(),
                Err(error) => Err(error.clone()),
            },
            result: result.as_ref().ok().map(|report| one(configuration, report)),
        };
        self.sections.iter().map(chapter).collect()
    }

    /// Tells what went wrong where, and how the run ends: with an error if anything did, else with what says most.
    pub(crate) fn end(&self, output: &Output) -> Result<Outcome, CommandError> {
        if let Some((_, report)) = self.single() {
            return report.verdict();
        }
        let chapters = self.chapters(|_, _| ());
        let errors: Vec<(&Chapter<()>, &CommandError)> =
            chapters.iter().filter_map(|chapter| Some((chapter, chapter.verdict.as_ref().err()?))).collect();
        for (chapter, error) in &errors {
            (*error).clone().of_one(&chapter.organization).tell(output);
        }
        let failed: Vec<&str> = errors.iter().map(|(chapter, _)| chapter.organization.as_str()).collect();
        if failed.is_empty() {
            return Ok(chapters
                .iter()
                .filter_map(|chapter| chapter.verdict.as_ref().ok())
                .fold(Outcome::Done, |worst, next| worst.or(*next)));
        }
        let message = format!("{} of {} organizations failed: {}", failed.len(), chapters.len(), failed.join(", "));
        Err(CommandError::new(ErrorKind::Partial, message))
    }
}

/// Refuses to make a page, or anything else that is about one organization, of several, before they are read.
pub(crate) fn check_one_page<T>(organizations: &[T]) -> Result<(), CommandError> {
    match organizations.len() {
        0 | 1 => Ok(()),
        several => Err(several_pages(several)),
    }
}

fn several_pages(organizations: usize) -> CommandError {
    CommandError::user(format!(
        "html, markdown and junit show one organization each, and the files are of {organizations}"
    ))
    .hint("name the files of one with -f, and run it for each")
}

/// Whether the user wants nothing else any more.
pub(crate) fn is_interruption(error: &CommandError) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::Abandoned)
}
