//! Several organizations: a section for each, and a summary.

use super::page::{BOLD, DANGER, Page, paint};
use crate::render::chapter::{Chapter, Count, sum};
use crate::render::clean::clean;
use crate::render::words;

/// The sections under their headings, then a line for each organization and one for all.
pub(crate) fn organizations_text(chapters: &[Chapter<String>]) -> String {
    let mut page = Page::default();
    for chapter in chapters {
        page.gap();
        page.plain(heading(chapter));
        page.gap();
        match (&chapter.result, &chapter.verdict) {
            (Some(text), _) => page.plain(text.trim_matches('\n')),
            (None, Err(error)) => page.plain(format_args!("{} {}", paint(DANGER, "Failed:"), clean(error.message()))),
            (None, Ok(_)) => {}
        }
    }
    summary(&mut page, chapters);
    page.finish()
}

fn heading(chapter: &Chapter<String>) -> String {
    let files = if chapter.files.is_empty() { String::new() } else { format!(" ({})", chapter.files.join(", ")) };
    format!("{}{}", paint(BOLD, format_args!("Organization {}", chapter.organization)), clean(&files))
}

fn summary(page: &mut Page, chapters: &[Chapter<String>]) {
    page.gap();
    page.plain(paint(BOLD, format_args!("{}:", words::count(chapters.len(), "organization"))));
    let width = chapters.iter().map(|chapter| chapter.organization.as_str().len()).max().unwrap_or(0);
    for chapter in chapters {
        let failed = chapter.verdict.is_err().then(|| paint(DANGER, "failed"));
        let said = counted(&chapter.counts).into_iter().chain(failed).collect::<Vec<_>>().join("; ");
        page.plain(format_args!("  {:width$}  {said}", chapter.organization.as_str()));
    }
    let failed = chapters.iter().filter(|chapter| chapter.verdict.is_err()).count();
    let failed = (failed > 0).then(|| paint(DANGER, format_args!("{failed} of {} failed", chapters.len())));
    let said = counted(&sum(chapters)).into_iter().chain(failed).collect::<Vec<_>>().join("; ");
    page.plain(format_args!("  {:width$}  {said}", "in all"));
}

fn counted(counts: &[Count]) -> Option<String> {
    let counts: Vec<String> = counts.iter().map(|count| format!("{} {}", count.number, count.words)).collect();
    (!counts.is_empty()).then(|| counts.join(", "))
}
