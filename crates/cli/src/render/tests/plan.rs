//! The text of plans.

use insta::assert_snapshot;
use rolecall_core::plan::{Change, Edit, Why};

use super::world::*;
use crate::render::Detail;

#[test]
fn the_symbols_that_occur_are_explained_and_the_changes_counted() {
    let changes = vec![
        trusted_access(),
        member("222222222222", Why::AccountLeft, Edit::Delete(role())),
        member("333333333333", Why::Missing, Edit::Create(role())),
    ];
    let text = text(&plan(changes), Detail::Brief);
    assert_snapshot!(text.split_once("  # prowler").unwrap().0, @r"
    Actions are indicated with the following symbols:
      + create
      - destroy

    Rolecall will perform the following actions:

      # organization.trusted_access will be created
      # (it does not exist yet)
      + trusted_access for CloudFormation StackSets
    ");
    assert_snapshot!(text.rsplit_once("    }\n").unwrap().1, @r"
    Plan: 2 to add, 0 to change, 1 to destroy.
    It reaches 2 accounts.
    ");
}

#[test]
fn a_new_role_is_shown_whole() {
    let role = role_with(|role| role.boundary = Some(id("arn:aws:iam::aws:policy/PowerUserAccess")));
    let change = role_change("prowler.management_role", "111111111111", Why::Missing, Edit::Create(role.with_digest()));
    assert_snapshot!(brief(vec![change]), @r#"
      # prowler.management_role will be created
      # (it does not exist yet)
      + role "ProwlerScan" in 111111111111 (acme-management) {
          + path                 = "/"
          + description          = "Prowler Cloud scan role"
          + max_session_duration = 1h
          + permissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
          + managed_policies     = [
              + "arn:aws:iam::aws:policy/SecurityAudit"
            ]
          + tags                 = {
              + "rolecall:integration" = "prowler"
              + "service"              = "prowler"
            }
          + trust_policy         = {
              + "Version": "2012-10-17",
              + "Statement": [
              +   {
              +     "Effect": "Allow",
              +     "Principal": {
              +       "AWS": "arn:aws:iam::232136659152:root"
              +     },
              +     "Action": "sts:AssumeRole",
              +     "Condition": {
              +       "StringEquals": {
              +         "sts:ExternalId": "5f3e0f3c-9d7b"
              +       }
              +     }
              +   }
              + ]
            }
          + inline_policy "additions" = {
              + "Version": "2012-10-17",
              + "Statement": [
              +   {
              +     "Sid": "Scan",
              +     "Effect": "Allow",
              +     "Action": "ec2:GetEbsEncryptionByDefault",
              +     "Resource": "*"
              +   }
              + ]
            }
        }

    Plan: 1 to add, 0 to change, 0 to destroy.
    It reaches 1 account.
    "#);
}

#[test]
fn a_changed_role_shows_old_and_new_and_hides_the_rest() {
    let after = role_with(|role| {
        role.description = "Scan role".to_owned();
        role.max_session = 5400.try_into().unwrap();
        role.boundary = Some(id("arn:aws:iam::aws:policy/PowerUserAccess"));
        role.attached = ids(&["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/SecurityAudit"]);
        role.tags.insert(id("service"), id("scanner"));
        role.tags.insert(id("team"), id("security"));
    });
    let edit = Edit::Update { before: role(), after };
    assert_snapshot!(brief(vec![member("222222222222", Why::ConfigChanged, edit)]), @r#"
        # prowler.role["222222222222"] will be updated in-place
        # (the configuration changed)
        ~ role "ProwlerScan" in 222222222222 (payments-prod) {
            ~ description          = "Prowler Cloud scan role" -> "Scan role"
            ~ max_session_duration = 1h -> 90m
            + permissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
            ~ managed_policies     = [
                + "arn:aws:iam::aws:policy/ReadOnlyAccess"
                  # (1 unchanged element hidden)
              ]
            ~ tags                 = {
                ~ "service" = "prowler" -> "scanner"
                + "team"    = "security"
                  # (1 unchanged element hidden)
              }
              # (3 unchanged attributes hidden)
          }

      Plan: 0 to add, 1 to change, 0 to destroy.
      It reaches 1 account.
      "#);
}

#[test]
fn a_changed_policy_shows_the_lines_that_differ_and_the_statement_they_are_in() {
    let policy = |last: &str| {
        let list = ["ec2:DescribeAddresses", "ec2:DescribeHosts", "ec2:DescribeImages", "ec2:DescribeVpcs", last];
        allows(&[
            ("Buckets", &["s3:GetBucketTagging", "s3:ListBucket"]),
            ("Machines", &list),
            ("Queues", &["sqs:ListQueues"]),
        ])
    };
    let with = |last| role_with(|role| role.inline = [(id("additions"), policy(last))].into());
    let edit = Edit::Update { before: with("ec2:DescribeVolumes"), after: with("ec2:TerminateInstances") };
    assert_snapshot!(brief(vec![member("222222222222", Why::Drifted, edit)]), @r#"
      # prowler.role["222222222222"] will be updated in-place
      # (it was changed outside of Rolecall)
      ~ role "ProwlerScan" in 222222222222 (payments-prod) {
          ~ inline_policy "additions" = {
                # (15 unchanged lines hidden; in statement "Machines")
                      "ec2:DescribeAddresses",
                      "ec2:DescribeHosts",
                      "ec2:DescribeImages",
              -       "ec2:DescribeVolumes",
                      "ec2:DescribeVpcs",
              +       "ec2:TerminateInstances"
                    ],
                    "Resource": "*"
                  },
                # (7 unchanged lines hidden)
            }
            # (6 unchanged attributes hidden)
        }

    Plan: 0 to add, 1 to change, 0 to destroy.
    It reaches 1 account.
    "#);
}

#[test]
fn a_policy_added_by_hand_goes_and_a_widened_trust_policy_is_put_right() {
    let before = role_with(|role| {
        role.inline.insert(id("backdoor"), allows(&[("", &["*"])]));
        role.trust = serde_json::from_value(serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole" }],
        }))
        .unwrap();
    });
    let edit = Edit::Update { before, after: role() };
    assert_snapshot!(brief(vec![member("222222222222", Why::Drifted, edit)]), @r#"
      # prowler.role["222222222222"] will be updated in-place
      # (it was changed outside of Rolecall)
      ~ role "ProwlerScan" in 222222222222 (payments-prod) {
          ~ trust_policy = {
                # (2 unchanged lines hidden)
                  {
                    "Effect": "Allow",
                    "Principal": {
              -       "AWS": "*"
              +       "AWS": "arn:aws:iam::232136659152:root"
                    },
                    "Action": "sts:AssumeRole",
              +     "Condition": {
              +       "StringEquals": {
              +         "sts:ExternalId": "5f3e0f3c-9d7b"
              +       }
              +     }
                  }
                ]
            }
          - inline_policy "backdoor" = {
              - "Version": "2012-10-17",
              - "Statement": [
              -   {
              -     "Effect": "Allow",
              -     "Action": "*",
              -     "Resource": "*"
              -   }
              - ]
            }
            # (6 unchanged attributes hidden)
        }

    Plan: 0 to add, 1 to change, 0 to destroy.
    It reaches 1 account.
    "#);
}

#[test]
fn a_replaced_role_says_why_and_that_access_is_missing_in_between() {
    let edit = Edit::Replace { before: role(), after: role_with(|role| role.path = id("/vendors/")) };
    let change = role_change("prowler.management_role", "111111111111", Why::ConfigChanged, edit);
    assert_snapshot!(brief(vec![change]), @r#"
      # prowler.management_role must be replaced
      # (the configuration changed)
      # the role is deleted and made anew: in between, the vendor has no access
    -/+ role "ProwlerScan" in 111111111111 (acme-management) {
          ~ path = "/" -> "/vendors/" # forces replacement
            # (6 unchanged attributes hidden)
        }

    Plan: 1 to add, 0 to change, 1 to destroy.
    It reaches 1 account.
    "#);
}

#[test]
fn a_deleted_role_shows_what_goes_and_its_documents_only_when_asked() {
    let change = member("222222222222", Why::Undeclared, Edit::Delete(role()));
    assert_snapshot!(brief(vec![change.clone()]), @r#"
      # prowler.role["222222222222"] will be destroyed
      # (it is not in the configuration)
      - role "ProwlerScan" in 222222222222 (payments-prod) {
          - path                 = "/"
          - description          = "Prowler Cloud scan role"
          - max_session_duration = 1h
          - managed_policies     = [
              - "arn:aws:iam::aws:policy/SecurityAudit"
            ]
          - tags                 = {
              - "rolecall:integration" = "prowler"
              - "service"              = "prowler"
            }
          - trust_policy         = (17 lines, shown with -v)
          - inline_policy "additions" = (11 lines, shown with -v)
        }

    Plan: 0 to add, 0 to change, 1 to destroy.
    It reaches 1 account.
    "#);
    assert!(show(vec![change], Detail::Full).contains("- \"Version\": \"2012-10-17\""));
}

#[test]
fn a_change_of_nothing_but_the_digest_tag_says_so() {
    let edit = Edit::Update { before: role(), after: role().with_digest() };
    assert_snapshot!(brief(vec![member("222222222222", Why::Drifted, edit)]), @r#"
      # prowler.role["222222222222"] will be updated in-place
      # (it was changed outside of Rolecall)
      ~ role "ProwlerScan" in 222222222222 (payments-prod) {
            # (7 unchanged attributes hidden)
            # (nothing changes but Rolecall's own record of what it applied)
        }

    Plan: 0 to add, 1 to change, 0 to destroy.
    It reaches 1 account.
    "#);
}

#[test]
fn the_same_change_in_many_accounts_is_shown_once() {
    let before = role_with(|role| role.description = "changed by hand".to_owned());
    let change =
        |account: &String| member(account, Why::Drifted, Edit::Update { before: before.clone(), after: role() });
    let mut changes: Vec<Change> = accounts(37).iter().map(change).collect();
    assert_snapshot!(brief(changes.clone()), @r#"
      # prowler.role["222222222222"] and 36 more will be updated in-place
      # (it was changed outside of Rolecall)
      # in 37 accounts: 222222222222 (payments-prod), 222222222223, 222222222224, 222222222225,
      #   222222222226, 222222222227, 222222222228, 222222222229, 222222222230, 222222222231,
      #   and 27 more (-v names all)
      ~ role "ProwlerScan" in 37 accounts {
          ~ description = "changed by hand" -> "Prowler Cloud scan role"
            # (6 unchanged attributes hidden)
        }

    Plan: 0 to add, 37 to change, 0 to destroy.
    It reaches 37 accounts.
    "#);
    let all = show(changes.clone(), Detail::Full);
    assert!(accounts(37).iter().all(|account| all.contains(account)) && !all.contains("more ("), "{all}");

    changes.push(member("444444444444", Why::Deleted, Edit::Create(role())));
    let text = brief(changes);
    assert!(text.contains("# prowler.role[\"444444444444\"] will be created"), "{text}");
}

#[test]
fn accounts_that_differ_in_anything_are_not_put_together() {
    let from = |description: &str| Edit::Update {
        before: role_with(|role| role.description = description.to_owned()),
        after: role(),
    };
    let changes = vec![
        member("222222222222", Why::Drifted, from("a")),
        member("333333333333", Why::Drifted, from("b")),
        member("444444444444", Why::PrincipalOrphaned, from("a")),
    ];
    assert!(!brief(changes).contains(" more "));
}

#[test]
fn the_calls_are_shown_when_asked() {
    let after = role_with(|role| {
        role.attached = ids(&["arn:aws:iam::aws:policy/A-policy", "arn:aws:iam::aws:policy/B-policy"]);
    });
    let edit = Edit::Update { before: role(), after };
    let text = show(vec![member("222222222222", Why::ConfigChanged, edit)], Detail::Full);
    assert!(text.contains("# calls: iam:DetachRolePolicy, iam:AttachRolePolicy (2 times)\n"), "{text}");
}

#[test]
fn nothing_to_do_says_so_in_the_words_that_scripts_look_for() {
    assert_snapshot!(text(&plan(Vec::new()), Detail::Brief), @r"
    No changes. Your organization matches the configuration.

    Rolecall looked at 38 target accounts and found nothing to do.
    ");
}
