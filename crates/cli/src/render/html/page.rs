//! The page itself. What is in it without the script: the answer, the counts, a table of all accounts, the reasons and the
//! changes. The script adds the map, search, filters and the details of an account.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rolecall_core::ids::AccountId;

use super::HtmlView;
use super::changes::{Entry, Kind};
use super::content::{Content, Finding};
use super::data::{AccountData, Data, mark};
use super::digits::{count, digits};
use super::policy::{SCRIPT, STYLE, content_security_policy, embedded};
use crate::render::state::State;

/// A report before it is written.
#[derive(Debug)]
pub(super) struct Page {
    /// What kind of report it is.
    pub(super) kind: &'static str,
    /// The answer.
    pub(super) headline: String,
    /// How the answer is meant.
    pub(super) tone: Tone,
    /// What the answer leaves open.
    pub(super) remarks: Vec<String>,
}

/// How an answer is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// All is well.
    Good,
    /// Someone should look.
    Attention,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "answer good",
            Self::Attention => "answer attention",
        }
    }
}

impl Page {
    /// The report as one file.
    pub(super) fn render(&self, content: &Content<'_>, view: &HtmlView<'_>) -> Result<String, serde_json::Error> {
        let data = Data::of(view.org, content);
        let json = serde_json::to_string(&data)?;
        let title = format!("{} of {}", self.kind, view.org.id);
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(content_security_policy());
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    title { (title) " \u{2013} Rolecall" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#accounts" { "Skip to the accounts" }
                    header { h1 { (title) } (basis(view)) }
                    main {
                        (self.answer())
                        (counts(content))
                        (accounts(&data))
                        (all_findings(&content.findings, view))
                        (differences(&content.entries, Kind::Drift, view))
                        (differences(&content.entries, Kind::Change, view))
                        (legend())
                    }
                    aside #details hidden aria-labelledby="details-heading" {}
                    footer { p { "Written by Rolecall " (env!("CARGO_PKG_VERSION")) " " (time(view.now)) ". This file loads nothing and sends nothing." } }
                    script type="application/json" id="data" { (PreEscaped(embedded(&json))) }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        Ok(page.into_string())
    }

    fn answer(&self) -> Markup {
        html! {
            section aria-label="Summary" class=(self.tone.class()) {
                p.headline { (self.headline) }
                @for remark in &self.remarks { p { (remark) } }
            }
        }
    }
}

/// What the report rests on.
fn basis(view: &HtmlView<'_>) -> Markup {
    html! {
        @match view.basis.facts {
            None => p { "AWS as it was " (time(view.now)) },
            Some(facts) => {
                p { (facts.sentence()) }
                @if let Some(warning) = facts.warning() { p.warning { "Warning: " (warning) "." } }
            },
        }
        @if let Some(looked_at) = view.basis.looked_at { p { (looked_at.sentence()) } }
    }
}

fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) { (at.strftime("%Y-%m-%d %H:%M UTC")) } }
}

/// The counts by integration and state. The script makes filters of them.
fn counts(content: &Content<'_>) -> Markup {
    html! {
        section aria-labelledby="counts-heading" {
            h2 #counts-heading { "Integrations" }
            @if content.integrations.is_empty() {
                p { "There is no integration in the configuration, and none in the organization." }
            }
            div.integrations {
                @for (place, integration) in content.integrations.iter().enumerate() {
                    @let counts = Counts::of(content, place);
                    div.integration role="group" aria-label=(integration) {
                        h3 { (integration) }
                        (counts.bar())
                        @for (state, number) in &counts.0 {
                            button.chip type="button" disabled aria-pressed="false"
                                data-integration=(place) data-state=(state.place()) title=(state.meaning()) {
                                (badge(*state)) (digits(*number)) " " (state.word())
                            }
                        }
                        @if counts.0.is_empty() { span { "no targets" } }
                    }
                }
            }
        }
    }
}

/// How many accounts stand how; accounts that are no targets are not counted.
struct Counts(Vec<(State, usize)>);

impl Counts {
    fn of(content: &Content<'_>, integration: usize) -> Self {
        let of_state = |wanted: State| {
            let states = content.states().filter_map(|mut states| states.nth(integration));
            (wanted, states.filter(|state| *state == wanted).count())
        };
        let states = State::ALL.into_iter().filter(|state| *state != State::NotTarget).map(of_state);
        Self(states.filter(|(_, number)| *number > 0).collect())
    }

    /// The counts as one bar; the numbers beside it say the same.
    fn bar(&self) -> Markup {
        let total: usize = self.0.iter().map(|(_, number)| number).sum();
        let mut at = 0;
        let parts = self.0.iter().map(|(state, number)| {
            let start = at;
            at += number;
            (*state, start, *number)
        });
        html! {
            svg.bar viewBox={ "0 0 " (total.max(1)) " 1" } preserveAspectRatio="none" aria-hidden="true" {
                @for (state, start, number) in parts {
                    rect class={ "s-" (state.code()) } x=(start) y="0" width=(number) height="1" {}
                }
            }
        }
    }
}

fn badge(state: State) -> Markup {
    html! { span class={ "mark s-" (state.code()) } aria-hidden="true" { (mark(state)) } }
}

/// All accounts: a table, and the place where the script draws the map.
fn accounts(data: &Data<'_>) -> Markup {
    html! {
        section #accounts aria-labelledby="accounts-heading" tabindex="-1" {
            h2 #accounts-heading { "Accounts" }
            form #tools role="search" hidden {
                label { span { "Search" } input #search type="search" autocomplete="off" spellcheck="false" placeholder="name, id or unit"; }
                label {
                    span { "Integration" }
                    select #only {
                        option value="" { "all" }
                        @for (place, integration) in data.integrations.iter().enumerate() { option value=(place) { (integration) } }
                    }
                }
                fieldset {
                    legend { "Show" }
                    label { input type="checkbox" #look; span { "only what needs a look" } }
                }
                fieldset {
                    legend { "View" }
                    label { input type="radio" name="view" value="map" checked; span { "Map" } }
                    label { input type="radio" name="view" value="table"; span { "Table" } }
                }
                button #reset type="reset" { "Show all" }
            }
            p #shown role="status" {}
            p #map-hint.hint hidden { "Arrow keys go from account to account, Enter shows one." }
            div #map role="group" aria-label="Map of the organization" aria-describedby="map-hint" {}
            div #table { (table(data)) }
        }
    }
}

fn table(data: &Data<'_>) -> Markup {
    html! {
        table {
            caption { "Accounts by integration" }
            thead {
                tr {
                    @for head in ["Account", "Id", "Unit"] { th scope="col" { (head) } }
                    @for integration in data.integrations { th scope="col" { (integration) } }
                }
            }
            tbody { @for account in &data.accounts { (row(data, account)) } }
        }
    }
}

fn row(data: &Data<'_>, account: &AccountData<'_>) -> Markup {
    html! {
        tr {
            th scope="row" { (account.name) }
            td.id { (account.id) }
            td { @if let Some(unit) = data.units.get(account.unit) { (unit.path) } }
            @for cell in account.cells { td { (badge(cell.state)) " " (cell.state.word()) } }
        }
    }
}

fn all_findings(findings: &[Finding<'_>], view: &HtmlView<'_>) -> Markup {
    let (look, notes): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding.state.is_some());
    html! {
        @for (heading, findings) in [("What needs a look", look), ("Worth knowing", notes)] {
            @if !findings.is_empty() {
                section.findings {
                    h2 { (heading) }
                    ul { @for finding in findings { li { (show(finding, view)) } } }
                }
            }
        }
    }
}

fn show(finding: &Finding<'_>, view: &HtmlView<'_>) -> Markup {
    html! {
        p {
            @if let Some(state) = finding.state { (badge(state)) " " }
            strong { (finding.subject) } ": " (finding.message)
        }
        @if let Some(advice) = finding.advice { p.advice { "What to do: " (advice) } }
        @if let Some(id) = finding.request_id { p.advice { "Request id: " (id) } }
        (named(&finding.accounts, view))
    }
}

/// Accounts by name; several are folded away.
fn named(accounts: &[&AccountId], view: &HtmlView<'_>) -> Markup {
    html! {
        @match accounts {
            [] => {},
            [only] => p.in { "in " (view.names.account(only)) },
            many => details.in {
                summary { "in " (count(many.len(), "account")) }
                ul { @for account in many { li { (view.names.account(account)) } } }
            },
        }
    }
}

/// The differences of one kind. Their places are those among all, by which the script finds them.
fn differences(entries: &[Entry<'_>], kind: Kind, view: &HtmlView<'_>) -> Markup {
    let (heading, hint) = match kind {
        Kind::Drift => ("Drift", "From what was last applied to what is there."),
        Kind::Change => ("Changes", "What an apply would do, from what is there to what the configuration says."),
    };
    html! {
        @if entries.iter().any(|entry| entry.kind == kind) {
            section.changes {
                h2 { (heading) }
                p.hint { (hint) " The same in many accounts stands here once." }
                @for (place, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.kind == kind) {
                    (change(place, entry, view))
                }
            }
        }
    }
}

fn change(place: usize, entry: &Entry<'_>, view: &HtmlView<'_>) -> Markup {
    html! {
        details.change id={ "change-" (place) } {
            summary {
                code.sign { (entry.symbol) } " " span.what { (entry.heading) }
                @if let Some(why) = &entry.why { " " span.why { "(" (why) ")" } }
            }
            @if let Some(warning) = entry.warning { p.warning { (warning) } }
            (named(&entry.accounts, view))
            @if !entry.text.is_empty() { pre tabindex="0" aria-label="What differs" { (entry.text) } }
            @if !entry.who.is_empty() {
                ul.who aria-label="Who did it" {
                    @for (account, told) in &entry.who { li { (view.names.account(account)) ": " (told) } }
                }
            }
        }
    }
}

/// What the marks mean.
fn legend() -> Markup {
    html! {
        section aria-labelledby="legend-heading" {
            h2 #legend-heading { "What the marks mean" }
            dl.legend {
                @for state in State::ALL {
                    div { dt { (badge(state)) " " (state.word()) } dd { (state.meaning()) } }
                }
            }
        }
    }
}
