//! The YAML file: what was written, the table of checks, and what it means.
//!
//! A file goes through three stages, and every problem of every stage is reported in one run: a tree that remembers places
//! (`tree`), types that say what was written (`written`), and the [`Spec`], complete with defaults (`lower`). The checks
//! look at the last two together.

mod checks;
mod diagnostic;
mod load;
mod lower;
mod model;
mod principal;
mod read;
mod report;
mod scalar;
mod suggest;
#[cfg(test)]
mod tests;
mod tree;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

pub use diagnostic::{Diagnostic, Diagnostics, Severity, code};
pub use model::*;

use crate::ids::{IntegrationName, OrgId, Partition};
use load::Loader;
use read::{At, Block, Read};
use report::{Mark, Report};

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The file as the user named it.
    pub name: String,
    /// All of its text.
    pub text: String,
}

/// What the files refer to. An error is a reason, as in `cannot read x: {reason}`.
pub trait Lookup {
    /// The text of a file whose path, if it is relative, begins at the directory of the file that names it.
    fn file(&self, base_file: &str, path: &str) -> Result<String, String>;

    /// The value of an environment variable.
    fn environment(&self, name: &str) -> Result<String, String>;
}

/// Files without an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// What they say, by organization; never empty.
    pub organizations: BTreeMap<OrgId, OrganizationFiles>,
    /// What is doubtful about them.
    pub warnings: Diagnostics,
}

/// The files of one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationFiles {
    /// Their names, as the user named them.
    pub files: Vec<String>,
    /// What they say together.
    pub spec: Spec,
}

impl Parsed {
    /// What the files say, if they are all of one organization.
    pub fn only(self) -> Option<Spec> {
        let mut organizations = self.organizations.into_values();
        let first = organizations.next()?;
        organizations.next().is_none().then_some(first.spec)
    }
}

/// Reads and checks files. Those that name the same organization are one configuration. All problems are reported, not
/// the first.
pub fn parse(files: &[SourceFile], lookup: &dyn Lookup) -> Result<Parsed, Diagnostics> {
    let mut report = Report::default();
    let organizations = read_all(files, lookup, &mut report);
    if report.errors() == 0 && organizations.is_empty() {
        report.error_nowhere(code::UNREADABLE_FILE, "there is no file to read");
    }
    if report.errors() > 0 {
        return Err(report.finish());
    }
    Ok(Parsed { organizations, warnings: report.finish() })
}

/// The JSON Schema (draft 7) of a file, for editors.
pub fn schema() -> Value {
    let mut schema = written::File::schema();
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("Rolecall");
    schema
}

/// How AWS is reached when no file says so. `None` never: the defaults are a role name and a Region.
pub fn usual_access() -> Option<Access> {
    lower::access(None)
}

/// An integration with the name it has in the file.
type Named = (At<IntegrationName>, Block<written::Integration>);

/// A file with the name that the user gave it.
struct NamedFile {
    name: String,
    written: written::File,
}

fn read_all(files: &[SourceFile], lookup: &dyn Lookup, report: &mut Report) -> BTreeMap<OrgId, OrganizationFiles> {
    let mut read = Vec::new();
    for file in files {
        let id = report.add_source(file.clone());
        let Some(node) = tree::parse(id, "a mapping that begins with `version: 1`", report) else { continue };
        let written = written::File::read(&node, node.at, report);
        read.extend(written.map(|written| NamedFile { name: file.name.clone(), written }));
    }
    let mut organizations = BTreeMap::new();
    for files in by_organization(read) {
        let names = files.iter().map(|file| file.name.clone()).collect();
        let written = files.into_iter().map(|file| file.written).collect();
        if let Some(spec) = read_organization(written, lookup, report) {
            organizations.insert(spec.organization.id.clone(), OrganizationFiles { files: names, spec });
        }
    }
    organizations
}

/// The files of each organization together. Where the id cannot be read, which was reported, a file is taken for one of
/// the organization that all others name, so that what it has to do with them is reported too.
fn by_organization(files: Vec<NamedFile>) -> Vec<Vec<NamedFile>> {
    let id = |file: &NamedFile| Some(file.written.organization.as_ref()?.id.as_ref()?.value.clone());
    let ids: BTreeSet<OrgId> = files.iter().filter_map(id).collect();
    let only = if ids.len() == 1 { ids.first() } else { None };
    let mut organizations: BTreeMap<Option<OrgId>, Vec<NamedFile>> = BTreeMap::new();
    for file in files {
        organizations.entry(id(&file).or_else(|| only.cloned())).or_default().push(file);
    }
    organizations.into_values().collect()
}

fn read_organization(files: Vec<written::File>, lookup: &dyn Lookup, report: &mut Report) -> Option<Spec> {
    let merged = merge(files, report);
    let access = lower::access(merged.access.as_ref().map(|access| &access.value));
    let partition = access.as_ref().map(|access| Partition::of(&access.region)).unwrap_or_default();
    let mut loader = Loader::new(lookup, partition);
    let mut integrations = BTreeMap::new();
    for named in merged.integrations.values() {
        let (name, written) = named;
        let lowered = lower::integration(&written.value, &mut loader, report);
        checks::integration(&checks::Case::new(named, &lowered, partition), report);
        if let Some(integration) = lowered.finish(&written.value, report) {
            integrations.insert(name.value.clone(), integration);
        }
    }
    checks::all(&merged.integrations, &merged.released, report);
    let written::Version = merged.version?;
    Some(Spec {
        organization: lower::organization(merged.organization.as_ref()?)?,
        access: access?,
        limits: lower::limits(merged.limits.as_ref().map(|limits| &limits.value)),
        ignores: lower::ignores(&merged.ignores, &integrations, report),
        integrations,
        released: merged.released.into_keys().collect(),
    })
}

/// All files of an organization as one.
#[derive(Default)]
struct Merged {
    version: Option<written::Version>,
    organization: Option<written::Organization>,
    access: Option<Block<written::Access>>,
    limits: Option<Block<written::Limits>>,
    /// Each file may have some, beside the integrations that they are about.
    ignores: Vec<written::Ignore>,
    integrations: BTreeMap<IntegrationName, Named>,
    released: BTreeMap<IntegrationName, Mark>,
}

fn merge(files: Vec<written::File>, report: &mut Report) -> Merged {
    let mut merged = Merged::default();
    for file in files {
        let written::File { version, organization, access, limits, drift, integrations } = file;
        let ignores = drift.and_then(|drift| drift.value.ignore);
        merged.ignores.extend(ignores.into_iter().flat_map(|list| list.items));
        merged.version = merged.version.or(version);
        if let Some(organization) = organization {
            same_management_account(merged.organization.as_ref(), &organization, report);
            merged.organization.get_or_insert(organization);
        }
        only_once("access", merged.access.as_ref().map(|a| a.owner), access.as_ref().map(|a| a.owner), report);
        merged.access = merged.access.or(access);
        only_once("limits", merged.limits.as_ref().map(|l| l.owner), limits.as_ref().map(|l| l.owner), report);
        merged.limits = merged.limits.or(limits);
        for (name, integration) in integrations.into_iter().flat_map(|integrations| integrations.entries) {
            let taken = merged.integrations.get(&name.value).map(|(first, _)| first.at);
            if let Some(first) = taken.or_else(|| merged.released.get(&name.value).copied()) {
                let first = report.location(first);
                let message = format!("the integration `{}` stands twice", name.value);
                report.error(name.at, code::DUPLICATE_INTEGRATION, message).related(first, "it stands here first");
                continue;
            }
            match integration {
                written::Entry::Kept(kept) => {
                    merged.integrations.insert(name.value.clone(), (name, *kept));
                }
                written::Entry::Released => {
                    merged.released.insert(name.value, name.at);
                }
            }
        }
    }
    merged
}

fn same_management_account(first: Option<&written::Organization>, second: &written::Organization, report: &mut Report) {
    let first = first.and_then(|organization| organization.management_account.as_ref());
    if let (Some(first), Some(second)) = (first, second.management_account.as_ref())
        && first.value != second.value
    {
        let place = report.location(first.at);
        report
            .error(second.at, code::FILES_DISAGREE, "the files name two management accounts of one organization")
            .expected(format!("`{}`", first.value))
            .related(place, "the other one stands here");
    }
}

fn only_once(key: &str, first: Option<Mark>, second: Option<Mark>, report: &mut Report) {
    if let (Some(first), Some(second)) = (first, second) {
        let first = report.location(first);
        report
            .error(second, code::FILES_DISAGREE, format!("`{key}` stands in two files"))
            .expected("it in one file only")
            .related(first, "it stands here first");
    }
}
