//! What the runs over the parts of an organization saw, kept in their documents, and joined.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use rolecall_core::address::Target;
use rolecall_core::ids::OrgId;
use rolecall_core::observed::Observed;
use rolecall_core::parts::join;
use rolecall_core::portion::{Portion, Shard};
use rolecall_core::spec::Spec;
use rolecall_core::who::Who;
use serde::{Deserialize, Serialize};

use crate::configuration::Configuration;
use crate::error::CommandError;
use crate::load;
use crate::render::Facts;
use crate::survey::Survey;

/// A document of 10,000 accounts is far below this.
const MAX_SIZE: u64 = 2 << 30;

/// What a run over one part of the accounts saw: all that is needed to make the report again, together with the other parts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    shard: Shard,
    #[serde(flatten)]
    whole: Whole,
    /// When it was read, RFC 3339.
    read_at: Timestamp,
    /// What was seen, with the accounts of this part alone.
    observed: Observed,
    /// None when it was not looked up.
    who: Option<Who>,
}

/// What parts are parts of; it is the same for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Whole {
    /// The accounts that are shared out.
    portion: Portion,
    /// What `--target` named.
    targets: Vec<String>,
    /// What the files said, checked.
    spec: Spec,
}

impl Part {
    /// What a survey saw of its part of these accounts.
    pub(crate) fn of(
        (shard, portion): (Shard, &Portion),
        targets: &[Target],
        configuration: &Configuration,
        (survey, who): (&Survey, Option<&Who>),
    ) -> Self {
        let mut observed = survey.observed.clone();
        observed.roles.retain(|account, _| survey.portion.contains(account));
        let portion = Portion { shard: None, ..portion.clone() };
        let targets = targets.iter().map(Target::to_string).collect();
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
        let read_at = survey.facts.as_ref().map_or(now, Facts::taken_at);
        let whole = Whole { portion, targets, spec: configuration.spec.clone() };
        Self { shard, whole, read_at, observed, who: who.cloned() }
    }
}

/// What all parts of the accounts of an organization saw together.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) configuration: Configuration,
    pub(crate) portion: Portion,
    pub(crate) targets: Vec<Target>,
    pub(crate) observed: Observed,
    pub(crate) who: Option<Who>,
    pub(crate) facts: Facts,
}

/// A part and the file it was in.
struct Named {
    file: String,
    part: Part,
}

/// What a document is read for. One of several organizations holds one of each.
#[derive(Deserialize)]
struct Document {
    kind: String,
    rolecall_version: String,
    part: Option<Part>,
    #[serde(default)]
    organizations: Vec<Chapter>,
}

/// What a document of several organizations says of one.
#[derive(Deserialize)]
struct Chapter {
    document: Option<Document>,
}

/// Reads the documents of all parts and joins those of each organization.
pub(crate) fn read(paths: &[impl AsRef<Path>]) -> Result<Vec<Joined>, CommandError> {
    let mut organizations: BTreeMap<OrgId, Vec<Named>> = BTreeMap::new();
    for path in paths {
        let path = path.as_ref();
        for part in read_one(path)? {
            let organization = part.whole.spec.organization.id.clone();
            let file = path.display().to_string();
            organizations.entry(organization).or_default().push(Named { file, part });
        }
    }
    organizations.into_iter().map(|(organization, parts)| joined(&organization, parts)).collect()
}

fn read_one(path: &Path) -> Result<Vec<Part>, CommandError> {
    let shown = path.display();
    let again = "`rolecall drift --shard 1/3 --format json` writes one";
    let text = load::read_text(path, MAX_SIZE).map_err(|error| load::cannot_read(path, &error))?;
    let document: Document = serde_json::from_str(&text).map_err(|error| {
        CommandError::user(format!("{shown} is not the document of a part")).because(&error).hint(again)
    })?;
    let version = document.rolecall_version.clone();
    if version != env!("CARGO_PKG_VERSION") {
        let ours = env!("CARGO_PKG_VERSION");
        let message = format!("{shown} was written by Rolecall {version}, and this is Rolecall {ours}");
        return Err(CommandError::user(message).hint("run all parts and `report merge` with the same one"));
    }
    let of_several = document.organizations.into_iter().filter_map(|chapter| chapter.document?.part);
    let parts: Vec<Part> = document.part.into_iter().chain(of_several).collect();
    if parts.is_empty() {
        let message = format!("{shown} is not the document of a part: it is `{}` of all accounts", document.kind);
        return Err(CommandError::user(message).hint(again));
    }
    Ok(parts)
}

/// Joins all parts of one organization; at least one is there.
fn joined(organization: &OrgId, mut parts: Vec<Named>) -> Result<Joined, CommandError> {
    parts.sort_by_key(|named| named.part.shard);
    check(organization, &parts)?;
    parts.sort_by_key(|named| named.part.read_at);
    let mut parts = parts.into_iter().map(|named| named.part);
    let Some(Part { shard: _, whole, read_at, observed, mut who }) = parts.next() else {
        return Err(CommandError::user("there is no document to join"));
    };
    let mut later = Vec::new();
    for Part { shard: _, whole: _, read_at: _, observed, who: other } in parts {
        later.push(observed);
        who = match (who, other) {
            (Some(who), Some(other)) => Some(who.and(other)),
            (one, other) => one.or(other),
        };
    }
    let Whole { portion, targets, spec } = whole;
    let targets = targets.iter().map(|text| text.parse()).collect::<Result<_, _>>();
    Ok(Joined {
        configuration: Configuration::saved(spec),
        portion,
        targets: targets.map_err(|error| CommandError::user("the documents are damaged").because(&error))?,
        observed: join(observed, later),
        who,
        // The report is as old as what is oldest in it.
        facts: Facts::of_parts(read_at, Timestamp::now()),
    })
}

/// Refuses parts that are not exactly the parts of one whole.
fn check(organization: &OrgId, parts: &[Named]) -> Result<(), CommandError> {
    for (one, other) in parts.iter().zip(parts.iter().skip(1)) {
        if let Some(how) = foreign(&one.part, &other.part) {
            let message = format!("{} and {} do not belong together: {how}", one.file, other.file);
            return Err(CommandError::user(message).hint("run all parts alike, at about the same time"));
        }
        if one.part.shard == other.part.shard {
            let message = format!("part {} is there twice: {} and {}", one.part.shard, one.file, other.file);
            return Err(CommandError::user(message));
        }
    }
    let Some(of) = parts.first().map(|named| named.part.shard.of()) else { return Ok(()) };
    let is_there = |number: &u32| parts.iter().any(|named| named.part.shard.number() == *number);
    let missing: Vec<String> =
        (1..=of).filter(|number| !is_there(number)).map(|number| format!("{number}/{of}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("the documents of these parts of {organization} are missing: {}", missing.join(", "));
    Err(CommandError::user(message).hint("nothing is known of the accounts in them: run them again, and join then"))
}

/// How one part is of another whole than another, if it is.
fn foreign(one: &Part, other: &Part) -> Option<&'static str> {
    let (ours, theirs) = (&one.whole, &other.whole);
    [
        (one.shard.of() != other.shard.of(), "they are of different numbers of parts"),
        (ours.portion != theirs.portion, "--accounts was another"),
        (ours.targets != theirs.targets, "--target was another"),
        (ours.spec != theirs.spec, "the configuration was another"),
    ]
    .into_iter()
    .find_map(|(differs, how)| differs.then_some(how))
}
