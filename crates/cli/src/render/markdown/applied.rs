//! What came of a plan, as a comment on a pull request.

use std::fmt::Write as _;

use rolecall_aws::Applied;
use rolecall_core::plan::Plan;

use super::aside::{holds, unread};
use super::escape::{fence, prose};
use super::fold::lines;
use super::sheet::{Item, LIMIT, List, Sheet};
use super::{Purpose, marker};
use crate::render::View;
use crate::render::hold::Weight;
use crate::render::report::{Entry, entries};
use crate::render::text::{Page, done, summary, undone};

const CUT: &str = "> [!IMPORTANT]\n> This is cut to the size of a comment. The counts are of everything.\n\n";

/// The results of `apply` as Markdown: the summary first, then what was not done and why, then what was.
pub(crate) fn applied_markdown(plan: &Plan, applied: &Applied, view: &View<'_>) -> String {
    results(plan, &entries(plan, applied), view)
}

pub(in crate::render) fn results(plan: &Plan, entries: &[Entry<'_>], view: &View<'_>) -> String {
    let (heading, sentences) = summary(plan, entries);
    let mut head = marker(Purpose::Apply, &plan.organization);
    let verdict = if plan.changes.is_empty() { "nothing to do".to_owned() } else { verdict(heading) };
    // Writing to a string cannot fail.
    let _ = writeln!(head, "## Rolecall apply: {verdict}\n\nOrganization `{}`.", plan.organization);
    for sentence in sentences {
        let _ = writeln!(head, "{}", prose(&sentence));
    }
    head.push('\n');
    let mut sheet = Sheet::new(head, CUT);
    blocks(&mut sheet, "### Not done\n\n", "", |page| undone(page, view, entries));
    holds(&mut sheet, &plan.holds, Weight::Blocking, "### Held back\n\n", view.names);
    unread(&mut sheet, &plan.unknown, "### Not read, so nothing was done there\n\n", view.names);
    let fold = "<details><summary>What was done</summary>\n\n";
    blocks(&mut sheet, fold, "\n</details>\n", |page| done(page, entries));
    sheet.cut_to(LIMIT)
}

/// `complete`, of `Apply complete!`
fn verdict(heading: &str) -> String {
    heading.trim_start_matches("Apply ").trim_end_matches(['!', ':']).to_owned()
}

/// The lines of a page as one block, of which pieces between empty lines can be cut.
fn blocks(sheet: &mut Sheet, head: &str, tail: &str, write: impl Fn(&mut Page)) {
    let mut page = Page::default();
    write(&mut page);
    let text = lines(page);
    let fence = fence(&text);
    let pieces: Vec<&str> = text.split("\n\n").map(str::trim_end).filter(|piece| !piece.is_empty()).collect();
    let last = pieces.len().saturating_sub(1);
    let end = |index| if index == last { "\n" } else { "\n\n" };
    let items = pieces.iter().enumerate().map(|(index, piece)| Item::new(format!("{piece}{}", end(index)))).collect();
    sheet.add(List {
        head: format!("{head}{fence}diff\n"),
        items,
        rest: Box::new(|left| format!("# and {} more like these\n", left.len())),
        tail: format!("{fence}\n{tail}\n"),
    });
}
