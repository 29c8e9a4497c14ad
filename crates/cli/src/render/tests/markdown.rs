//! Markdown for pull requests, as a parser of `CommonMark` reads it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use insta::assert_snapshot;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use rolecall_core::guard::Refusal;
use rolecall_core::ids::AccountId;
use rolecall_core::org::AccountState;
use rolecall_core::plan::{Change, Edit, HoldReason, Plan, Tally, Why};
use rolecall_core::status::Cell;

use super::applied::{changes, denied_call, ended, operation};
use super::laws::{hostile, plan_that_says};
use super::status::{every_cell, matrix, row};
use super::world::*;
use crate::render::markdown::results;
use crate::render::report::End;
use crate::render::{Basis, Detail, Names, View, plan_markdown, status_markdown};
use crate::survey::Aim;

/// The largest comment that GitHub takes.
pub(super) const GITHUB: usize = 65_536;

pub(super) fn view(names: &Names) -> View<'_> {
    View { names, detail: Detail::Brief, aim: Aim::Configuration, checked: Some(38), basis: Basis::AWS }
}

fn markdown(plan: &Plan, refusals: &[Refusal]) -> String {
    plan_markdown(plan, &view(&names()), refusals)
}

/// A comment as a reader of it sees it.
#[derive(Debug, Default)]
pub(super) struct Comment {
    /// The blocks, one after the other, with their kinds.
    pub(super) blocks: Vec<String>,
    /// What GitHub looks into for mentions, references and addresses.
    text: String,
    /// The tags of HTML.
    tags: Vec<String>,
    /// The rows of tables, by cells, with their code.
    pub(super) rows: Vec<Vec<String>>,
    /// What is not folded.
    pub(super) unfolded: String,
}

impl Comment {
    pub(super) fn read(markdown: &str) -> Self {
        let options = Options::ENABLE_TABLES | Options::ENABLE_GFM | Options::ENABLE_STRIKETHROUGH;
        let mut comment = Self::default();
        let (mut is_code, mut folds, mut cell) = (false, 0, None);
        for event in Parser::new_ext(markdown, options) {
            match event {
                Event::Start(tag) => {
                    is_code |= matches!(tag, Tag::CodeBlock(_));
                    match &tag {
                        Tag::TableRow | Tag::TableHead => comment.rows.push(Vec::new()),
                        Tag::TableCell => cell = Some(String::new()),
                        _ => {}
                    }
                    if !matches!(tag, Tag::Strong | Tag::Emphasis) {
                        comment.blocks.push(format!("{tag:?}").split([' ', '(']).next().unwrap().to_owned());
                    }
                }
                Event::End(TagEnd::CodeBlock) => is_code = false,
                Event::End(TagEnd::TableCell) => {
                    comment.rows.last_mut().unwrap().extend(cell.take());
                    comment.text.push('\n');
                }
                Event::Text(text) => {
                    if !is_code {
                        comment.text.push_str(&text);
                    }
                    cell = cell.map(|cell| cell + &text);
                    comment.show(&text, folds);
                }
                Event::Code(code) => {
                    cell = cell.map(|cell| cell + &code);
                    comment.show(&code, folds);
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    folds += html.matches("<details>").count();
                    comment.show(&html, folds);
                    folds -= html.matches("</details>").count();
                    comment.html(&html);
                }
                Event::SoftBreak | Event::HardBreak | Event::End(_) => comment.text.push('\n'),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(folds, 0, "every fold is closed");
        comment
    }

    fn show(&mut self, text: &str, folds: usize) {
        if folds == 0 {
            self.unfolded.push_str(text);
        }
    }

    fn html(&mut self, html: &str) {
        let (mut rest, mut is_code) = (html, false);
        while let Some(begin) = rest.find('<') {
            if !is_code {
                self.text.push_str(&rest[..begin]);
            }
            let end = rest[begin..].find('>').expect("a tag ends");
            let tag = &rest[begin..=begin + end];
            is_code = tag == "<code>" || is_code && tag != "</code>";
            self.tags.push(tag.to_owned());
            rest = &rest[begin + end + 1..];
        }
    }

    /// Nothing in it is a mention, a reference, an address or a tag that is not ours.
    pub(super) fn check(&self) -> Result<(), TestCaseError> {
        for tag in &self.tags {
            let ours = ["details", "summary", "code", "br"]
                .iter()
                .any(|name| *tag == format!("<{name}>") || *tag == format!("</{name}>"));
            prop_assert!(ours || tag.starts_with("<!-- rolecall:"), "{tag}");
        }
        for text in ["@", "#", "://", "www.", "<", ">", "&", "[", "~", "*", "_", "\u{1b}", "GH-"] {
            prop_assert!(!self.text.contains(text), "{text:?} is in {:?}", self.text);
        }
        let digits = self
            .text
            .split(|c: char| !c.is_ascii_hexdigit())
            .find(|run| run.len() >= 7 && run.bytes().any(|b| b.is_ascii_digit()));
        prop_assert!(digits.is_none(), "{digits:?} may be a commit");
        Ok(())
    }
}

proptest! {
    #[test]
    fn no_text_of_others_is_markup_or_a_mention_in_a_plan(text in hostile_to_markdown()) {
        let (plan, names) = plan_that_says(&text);
        let comment = Comment::read(&plan_markdown(&plan, &view(&names), &[]));
        comment.check()?;
        prop_assert_eq!(&comment.blocks, &*HARMLESS);
    }

    #[test]
    fn no_text_of_others_is_markup_or_a_mention_in_a_status(text in hostile_to_markdown()) {
        let read = |text: &str| {
            let (plan, names) = plan_that_says(text);
            let cells = [Cell::Held(plan.holds[1].reason.clone()), Cell::Unknown(plan.unknown[&id("333333333333")].clone())];
            let matrix = matrix(vec![("222222222222".to_owned(), row(text, text, cells))]);
            Comment::read(&status_markdown(&matrix, &id("o-acme123456"), &view(&names)))
        };
        let comment = read(&text);
        comment.check()?;
        prop_assert_eq!(comment.blocks, read("harmless").blocks);
    }
}

/// The blocks of a plan in which others say nothing that means anything.
static HARMLESS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let (plan, names) = plan_that_says("harmless");
    Comment::read(&plan_markdown(&plan, &view(&names), &[])).blocks
});

/// What means something to Markdown, to HTML or to GitHub, among anything else.
pub(super) fn hostile_to_markdown() -> impl Strategy<Value = String> {
    let pieces = [
        "@everyone",
        "#1",
        "GH-12",
        "acme/app#3",
        "deadbeefcafe",
        "https://example.com",
        "www.example.com",
        "a@b.example",
        "|",
        "\\|",
        "`",
        "```",
        "~~~",
        "*",
        "__",
        "[x](y)",
        "![x](y)",
        "<img src=x>",
        "</details>",
        "-->",
        "&lt;",
        ":tada:",
        "\n",
        "\n\n# h\n",
        "- ",
        "1. ",
        "> ",
        "    ",
        "\t",
        "\\",
        "$x$",
        "[^1]",
        "==",
        "---",
        "a",
        " ",
        "{{x}}",
        "%",
    ];
    let soup = prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..8).prop_map(|pieces| pieces.concat());
    prop_oneof![hostile(), soup]
}

/// Something of everything, small enough to read.
fn mixed() -> Plan {
    let drifted = role_with(|role| role.description = "changed by hand".to_owned());
    let repaired =
        |account: &str| member(account, Why::Drifted, Edit::Update { before: drifted.clone(), after: role() });
    let replaced = role_with(|role| role.path = id("/vendors/"));
    let held = HoldReason::RoleNotOurs { account: id("444444444444"), role: id("ProwlerScan"), owner: None };
    let noted =
        HoldReason::ExclusionNotHonoured { accounts: ids(&["444444444444"]), units: ids(&["ou-ab12-workload1"]) };
    Plan {
        holds: vec![hold("prowler.role[\"444444444444\"]", held), hold("prowler.instances", noted)],
        unknown: BTreeMap::from([(id("333333333333"), denied("333333333333"))]),
        inactive: BTreeMap::from([(id("555555555555"), AccountState::Suspended)]),
        ..plan(vec![
            role_change(
                "prowler.management_role",
                "111111111111",
                Why::ConfigChanged,
                Edit::Replace { before: role(), after: replaced },
            ),
            repaired("222222222222"),
            repaired("222222222223"),
        ])
    }
}

#[test]
fn a_plan_begins_with_counts_and_folds_what_is_long() {
    let refusal = Refusal::TooManyDeletes { scope: rolecall_core::guard::Scope::All, count: 7, limit: 5, all: 7 };
    assert_snapshot!(markdown(&mixed(), &[refusal]), @r#"
    <!-- rolecall:plan:o-acme123456 -->
    ## Rolecall plan: 1 to add, 2 to change, 1 to destroy

    Organization `o-acme123456`. It reaches 3 accounts. **1 thing is held back.** **1 account could not be read.**

    > [!CAUTION]
    > `rolecall apply` will refuse this unless it is told the number:
    > - the plan deletes 7 roles, and `limits.max_deletes` is 5: pass `--allow-deletes 7`

    ### Held back

    - **`prowler`**: a role ProwlerScan is there that is not Rolecall's, in `444444444444 (legacy-app)`<br>What to do: take it over with `adopt.accounts`, rename the role in the file, delete the role that is there, or exclude the account.

    ### Not read, so nothing is planned there

    - `sts:AssumeRole` failed with `AccessDenied` in `333333333333 (payments-dev)`<br>`not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::333333333333:role/Reader`<br>What to do: see that the role Reader is in the account and trusts the caller.

    ### Changes

    | | What | Why | Accounts |
    |---|---|---|---:|
    | `-/+` | `prowler.management_role` in `111111111111 (acme-management)` must be replaced<br>**the role is deleted and made anew: in between, the vendor has no access** | the configuration changed | 1 |
    | `~` | `prowler.role` will be updated in-place | it was changed outside of Rolecall | 2 |

    ### Details

    <details><summary><code>-/+</code> <code>prowler.management_role</code> must be replaced</summary>

    In `111111111111 (acme-management)`

    ```diff
    - role "ProwlerScan" in 111111111111 (acme-management) {
    !   path = "/" -> "/vendors/" # forces replacement
        # (6 unchanged attributes hidden)
      }
    ```

    </details>

    <details><summary><code>~</code> <code>prowler.role</code> in 2 accounts will be updated in-place</summary>

    In 2 accounts: `222222222222 (payments-prod)`, `222222222223`

    ```diff
    ! role "ProwlerScan" in 2 accounts {
    !   description = "changed by hand" -> "Prowler Cloud scan role"
        # (6 unchanged attributes hidden)
      }
    ```

    </details>


    ### Worth knowing

    - **`prowler`**: no target of the file, but automatic deployment knows no exceptions: an account that moves into `ou-ab12-workload1` (`Root/Workloads`) gets the role, and the next apply takes it away, in `444444444444 (legacy-app)`<br>What to do: keep such accounts in a unit of their own that is no target, or say `auto_deployment: false`.

    <details><summary>1 account not in use: <code>SUSPENDED</code></summary>

    In `555555555555`; left alone.

    </details>
    "#);
}

#[test]
fn a_plan_without_changes_is_short() {
    assert_snapshot!(markdown(&plan(Vec::new()), &[]), @r#"
    <!-- rolecall:plan:o-acme123456 -->
    ## Rolecall plan: no changes

    Organization `o-acme123456`. Rolecall looked at 38 target accounts and found nothing to do.
    "#);
}

#[test]
fn a_status_is_a_table_with_reasons() {
    assert_snapshot!(status_markdown(&every_cell(), &id("o-acme123456"), &view(&names())), @r#"
    <!-- rolecall:status:o-acme123456 -->
    ## Rolecall status: 1 of 8 roles in sync

    Organization `o-acme123456`: 6 accounts, 2 integrations.

    | Integration | drifted | failed | held | in sync | inactive | leaving | missing | pending | unknown |
    |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
    | `prowler` | 1 | 0 | 1 | 1 | 1 | 1 | 0 | 0 | 1 |
    | `spot` | 0 | 1 | 0 | 0 | 0 | 0 | 1 | 1 | 1 |

    ### Reasons

    - **`prowler` drifted**: it was changed outside of Rolecall, in `222222222222 (payments-prod)`
    - **`prowler` held**: a role ProwlerScan is there that is not Rolecall's, in `444444444444 (legacy-app)`<br>What to do: take it over with `adopt.accounts`, rename the role in the file, delete the role that is there, or exclude the account.
    - **`prowler` unknown**: `sts:AssumeRole` failed with AccessDenied, in `333333333333 (payments-dev)`<br>What to do: see that the role Reader is in the account and trusts the caller.
    - **`spot` unknown**: `sts:AssumeRole` failed with AccessDenied, in `333333333333 (payments-dev)`<br>What to do: see that the role Reader is in the account and trusts the caller.

    ### Accounts that need a look

    2 other accounts, in sync, not targeted or not in use, are not listed.

    | Account | Unit | State |
    |---|---|---|
    | `222222222222 (payments-prod)` | `Root/Workloads` | `prowler` drifted, `spot` pending |
    | `333333333333 (payments-dev)` | `Root/Workloads` | `prowler` unknown, `spot` unknown |
    | `444444444444 (legacy-app)` | `Root/Workloads` | `prowler` held, `spot` missing |
    | `666666666666 (left\u{1b}[2J)` | `Root/Workloads` | `prowler` leaving, `spot` failed |
    "#);
}

#[test]
fn what_failed_is_not_folded_and_what_was_done_is() {
    let plan = changes();
    let operations = [operation()];
    let address = id("prowler.stack_set");
    let ends = vec![
        End::Done,
        End::CallFailed { steps: 1, failure: denied_call() },
        End::Skipped { because: &address },
        End::Done,
        End::OperationsFailed(&operations),
    ];
    assert_snapshot!(results(&plan, &ended(&plan, ends), &view(&names())), @r#"
    <!-- rolecall:apply:o-acme123456 -->
    ## Rolecall apply: incomplete

    Organization `o-acme123456`.
    3 added, 0 changed, 0 destroyed. Of 5 changes: 2 failed, 1 skipped.
    Run `rolecall apply` again to do the rest; what is done already is not done twice.

    ### Not done

    ```diff
    ! prowler.role failed in 1 account
      in 222222222222 (payments-prod)
      iam:PutRolePolicy failed with LimitExceeded
      Maximum policy size of 10240 bytes exceeded for role ProwlerScan
      Request id: 6f1d0c1e-0000
      What to do: shorten the inline policies

    ! prowler.instances did not succeed everywhere
      operation rolecall-0123456789abcdef failed
    !   cancelled in 444444444444 (legacy-app)
        Cancelled since failure tolerance has exceeded
    !   failed in 333333333333 (payments-dev)
        Resource handler returned message: Role with name ProwlerScan already exists

    ! skipped, as prowler.stack_set failed: prowler.role["333333333333"]
    ```

    <details><summary>What was done</summary>

    ```diff
    + organization.trusted_access: created
    + prowler.stack_set: created
    ```

    </details>
    "#);
}

/// Every account with a change of its own, held back, and not read, in many integrations, with long names.
fn enormous() -> (Plan, Names) {
    let accounts = accounts(5_000);
    let own = |account: &String| {
        let role = role_with(|role| role.trust = trust(account));
        let integration = format!("vendor-{}", account.trim_start_matches("2222222").parse::<usize>().unwrap() % 400);
        let address = format!("{integration}.role[\"{account}\"]");
        role_change(&address, account, Why::Missing, Edit::Create(role))
    };
    let held = |account: &String| {
        let reason = HoldReason::InstanceInoperable { account: id(account), reason: format!("reason of {account}") };
        hold("prowler.instances", reason)
    };
    let mut failing: BTreeMap<AccountId, _> = accounts.iter().map(|account| (id(account), denied(account))).collect();
    for (index, failure) in failing.values_mut().enumerate() {
        failure.code = format!("Code{index}");
    }
    let plan = Plan {
        holds: accounts.iter().map(held).collect(),
        unknown: failing,
        inactive: accounts
            .iter()
            .map(|account| (id(account), AccountState::Other(format!("STATE{account}"))))
            .collect(),
        ..plan(accounts.iter().map(own).collect::<Vec<Change>>())
    };
    let names = accounts.iter().map(|account| (id(account), "\u{6771}\u{4eac}".repeat(25))).collect();
    (plan, Names { accounts: names, units: BTreeMap::new() })
}

#[test]
fn whatever_there_is_fits_and_every_count_is_kept() {
    let (plan, names) = enormous();
    let text = plan_markdown(&plan, &view(&names), &[]);
    assert!(text.chars().count() < GITHUB, "{}", text.chars().count());
    assert!(text.chars().count() > GITHUB * 9 / 10, "what there is room for is shown: {}", text.chars().count());
    let comment = Comment::read(&text);
    comment.check().unwrap();
    let said = &comment.unfolded;
    let Tally { add, change, destroy } = plan.tally();
    assert!(said.contains(&format!("{add} to add, {change} to change, {destroy} to destroy")), "{said}");
    assert!(said.contains("5000 things are held back") && said.contains("5000 accounts could not be read"), "{said}");
    assert!(said.contains("This is cut to the size of a comment"), "{said}");

    // What is shown and what is counted make the whole, in each part.
    let tables: Vec<&Vec<String>> = comment.rows.iter().collect();
    let counts: usize = tables.iter().filter(|row| row.len() == 6).filter_map(|row| row[1].parse::<usize>().ok()).sum();
    assert_eq!(counts, 5_000, "to add, by integration");
    let rows: usize = tables.iter().filter(|row| row.len() == 4).filter_map(|row| row[3].parse::<usize>().ok()).sum();
    assert_eq!(rows, 5_000, "accounts of changes");
    let more = |before: &str, behind: &str| -> usize {
        let rest = said.split_once(before).unwrap_or_else(|| panic!("{before:?} is not in {said}")).1;
        rest.split_once(behind).unwrap().0.parse().unwrap()
    };
    assert_eq!(said.matches("the stack instance is").count() + more("of this kind, about ", " accounts"), 5_000);
    assert_eq!(said.matches(" failed with ").count() + more("other failures in ", " accounts"), 5_000);
    let details = said.matches("The details of ").count();
    assert_eq!(details, 1);
    assert_eq!(text.matches("```diff").count() + more("The details of ", " more changes"), 5_000);
}

#[test]
fn the_same_change_in_5000_accounts_is_one_entry_with_its_accounts_as_far_as_they_fit() {
    let drifted = role_with(|role| role.description = "changed by hand".to_owned());
    let change =
        |account: &String| member(account, Why::Drifted, Edit::Update { before: drifted.clone(), after: role() });
    for (number, is_whole) in [(412, true), (5_000, false)] {
        let plan = plan(accounts(number).iter().map(change).collect());
        let text = markdown(&plan, &[]);
        assert!(text.chars().count() < GITHUB);
        let comment = Comment::read(&text);
        assert_eq!(comment.rows.len(), 2, "a head and a row: {:?}", comment.rows);
        assert_eq!(comment.rows[1][3], number.to_string());
        assert_eq!(text.matches("<details>").count(), 1);
        let named = accounts(number).iter().filter(|account| text.contains(*account)).count();
        assert_eq!(named == accounts(number).len(), is_whole, "{named}");
        assert_eq!(text.contains("and 4990 more"), !is_whole);
        assert!(!comment.unfolded.contains("222222222230"), "accounts are folded");
    }
}

#[test]
fn what_is_held_back_or_not_read_is_never_folded() {
    let held = |account: &String| {
        hold("prowler.instances", HoldReason::InstanceElsewhere { account: id(account), region: id("eu-west-1") })
    };
    let plan = Plan {
        holds: accounts(100).iter().map(held).collect(),
        unknown: accounts(200).iter().map(|account| (id(account), denied(account))).collect(),
        ..plan(Vec::new())
    };
    let comment = Comment::read(&markdown(&plan, &[]));
    assert!(accounts(200).iter().all(|account| comment.unfolded.contains(account)));
    assert!(comment.unfolded.contains("in 100 accounts") && comment.unfolded.contains("in 200 accounts"));
}

#[test]
fn a_status_of_5000_accounts_fits_and_keeps_its_counts() {
    let rows = accounts(5_000).into_iter().map(|account| {
        let reason = HoldReason::InstanceInoperable { account: id(&account), reason: format!("reason of {account}") };
        (account.clone(), row(&"n".repeat(50), "Root/Workloads", [Cell::Held(reason), Cell::Unknown(denied(&account))]))
    });
    let text = status_markdown(&matrix(rows.collect()), &id("o-acme123456"), &view(&Names::default()));
    assert!(text.chars().count() < GITHUB);
    let comment = Comment::read(&text);
    assert!(comment.unfolded.contains("0 of 10000 roles in sync"));
    assert!(
        comment.rows.contains(&vec!["prowler".to_owned(), "5000".to_owned(), "0".to_owned()]),
        "{:?}",
        comment.rows
    );
    let shown = comment.rows.iter().filter(|row| row[0].contains("nnn")).count();
    assert!(shown > 50 && comment.unfolded.contains(&format!("and {} more accounts", 5_000 - shown)), "{shown}");
}
