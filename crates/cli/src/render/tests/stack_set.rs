//! The text of changes of stack sets and their instances.

use insta::assert_snapshot;
use rolecall_core::plan::{Edit, InstanceAction, Why};

use super::world::*;
use crate::render::Detail;

#[test]
fn a_new_stack_set_shows_its_role_and_the_accounts_that_differ() {
    let definition = definition(&role(), &[("legacy-2019-id", &["333333333333"])]);
    assert_snapshot!(brief(vec![stack_set(Why::Missing, Edit::Create(definition), &[])]), @r#"
      # prowler.stack_set will be created
      # (it does not exist yet)
      + stack_set "rolecall-prowler" {
          + description               = "ProwlerScan for prowler, kept by Rolecall"
          + auto_deployment           = true
          + retain_on_account_removal = false
          + managed_execution         = true
          + capabilities              = [
              + "CAPABILITY_NAMED_IAM"
            ]
          + tags                      = {
              + "rolecall:integration" = "prowler"
            }
          + role "ProwlerScan" {
              + path                 = "/"
              + description          = "Prowler Cloud scan role"
              + max_session_duration = 1h
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
          # with an external ID of its own in 333333333333 (payments-dev)
          + role "ProwlerScan" {
              + trust_policy = {
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
                  +         "sts:ExternalId": "legacy-2019-id"
                  +       }
                  +     }
                  +   }
                  + ]
                }
                # (otherwise as above)
            }
        }

    Plan: 1 to add, 0 to change, 0 to destroy.
    "#);
}

#[test]
fn new_instances_name_the_units_and_some_of_the_accounts() {
    let accounts = accounts(12);
    let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
    let create = instances(InstanceAction::Create, Why::Missing, &accounts, &["ou-ab12-workload1"]);
    assert_snapshot!(brief(vec![create.clone()]), @r#"
      # prowler.instances will be created
      # (it does not exist yet)
      + stack_instances of "rolecall-prowler" {
          + organizational_units = [
              + ou-ab12-workload1 (Root/Workloads)
            ]
          + accounts = [
              + 222222222222 (payments-prod)
              + 222222222223
              + 222222222224
              + 222222222225
              + 222222222226
              + 222222222227
              + 222222222228
              + 222222222229
              + 222222222230
              + 222222222231
                # (and 2 more, -v names all)
            ]
        }

    Plan: 12 to add, 0 to change, 0 to destroy.
    It reaches 12 accounts.
    "#);
    let all = show(vec![create], Detail::Full);
    assert!(accounts.iter().all(|account| all.contains(account)), "{all}");
}

#[test]
fn a_changed_stack_set_shows_what_changes_of_its_role_and_whom_it_reaches() {
    let overrides: &[(&str, &[&str])] = &[("legacy-2019-id", &["333333333333"])];
    let after = role_with(|role| role.attached.clear());
    let edit = Edit::Update { before: definition(&role(), overrides), after: definition(&after, overrides) };
    let change = stack_set(Why::ConfigChanged, edit, &["222222222222", "333333333333"]);
    assert_snapshot!(brief(vec![change]), @r#"
      # prowler.stack_set will be updated in-place
      # (the configuration changed)
      # reaches 2 accounts: 222222222222 (payments-prod), 333333333333 (payments-dev)
      ~ stack_set "rolecall-prowler" {
          ~ role "ProwlerScan" {
              - managed_policies = [
                  - "arn:aws:iam::aws:policy/SecurityAudit"
                ]
                # (6 unchanged attributes hidden)
            }
          # likewise, each keeping an external ID of its own, in 333333333333 (payments-dev)
            # (6 unchanged attributes hidden)
        }

    Plan: 0 to add, 1 to change, 0 to destroy.
    It reaches 2 accounts.
    "#);
}

#[test]
fn an_account_that_gets_another_external_id_is_shown_apart() {
    let edit = Edit::Update {
        before: definition(&role(), &[("legacy-2019-id", &["333333333333"])]),
        after: definition(&role(), &[("new-2025-id", &["333333333333"])]),
    };
    let change = stack_set(Why::ConfigChanged, edit, &["333333333333"]);
    assert_snapshot!(brief(vec![change]), @r#"
      # prowler.stack_set will be updated in-place
      # (the configuration changed)
      # reaches 333333333333 (payments-dev)
      ~ stack_set "rolecall-prowler" {
          # with an external ID of its own in 333333333333 (payments-dev)
          ~ role "ProwlerScan" {
              ~ trust_policy = {
                    # (7 unchanged lines hidden)
                        "Action": "sts:AssumeRole",
                        "Condition": {
                          "StringEquals": {
                  -         "sts:ExternalId": "legacy-2019-id"
                  +         "sts:ExternalId": "new-2025-id"
                          }
                        }
                      }
                    ]
                }
                # (otherwise as above)
            }
            # (6 unchanged attributes hidden)
        }

    Plan: 0 to add, 1 to change, 0 to destroy.
    It reaches 1 account.
    "#);
}

#[test]
fn many_external_ids_of_their_own_are_counted() {
    let accounts = accounts(8);
    let ids: Vec<String> = accounts.iter().map(|account| format!("own-{account}")).collect();
    let lists: Vec<[&str; 1]> = accounts.iter().map(|account| [account.as_str()]).collect();
    let overrides: Vec<(&str, &[&str])> = ids.iter().zip(&lists).map(|(id, list)| (id.as_str(), &list[..])).collect();
    let create = || vec![stack_set(Why::Missing, Edit::Create(definition(&role(), &overrides)), &[])];
    let text = brief(create());
    assert!(text.contains("# with external IDs of their own in 5 more accounts (-v shows them)"), "{text}");
    assert!(ids.iter().all(|id| show(create(), Detail::Full).contains(id)));
}

#[test]
fn a_renamed_role_of_a_stack_set_is_a_replacement() {
    let after = role_with(|role| role.name = id("ProwlerScanV2"));
    let edit = Edit::Replace { before: definition(&role(), &[]), after: definition(&after, &[]) };
    assert_snapshot!(brief(vec![stack_set(Why::ConfigChanged, edit, &["222222222222"])]), @r#"
      # prowler.stack_set must be replaced
      # (the configuration changed)
      # the role is made under its new name and the old one deleted: the vendor must use the new name
      # reaches 222222222222 (payments-prod)
    -/+ stack_set "rolecall-prowler" {
        -/+ role "ProwlerScanV2" {
              ~ name = "ProwlerScan" -> "ProwlerScanV2" # forces replacement
                # (7 unchanged attributes hidden)
            }
            # (6 unchanged attributes hidden)
        }

    Plan: 1 to add, 0 to change, 1 to destroy.
    It reaches 1 account.
    "#);
}

#[test]
fn a_template_that_is_not_ours_is_compared_as_text() {
    let mut before = definition(&role(), &[]);
    before.template = "{\"Resources\":{\"Bucket\":{\"Type\":\"AWS::S3::Bucket\"}}}".to_owned().into();
    let edit = Edit::Update { before, after: definition(&role(), &[]) };
    let text = brief(vec![stack_set(Why::ConfigChanged, edit, &["222222222222"])]);
    assert!(text.contains("~ template = {"), "{text}");
    assert!(text.contains("-     \"Type\": \"AWS::S3::Bucket\""), "{text}");
    assert!(text.contains("+     \"Type\": \"AWS::IAM::Role\""), "{text}");
}

#[test]
fn instances_are_deleted_with_their_roles() {
    let delete = instances(InstanceAction::Delete, Why::AccountLeft, &["444444444444"], &[]);
    let retry = instances(InstanceAction::Retry, Why::InstanceFailed, &["222222222222"], &[]);
    assert_snapshot!(brief(vec![retry, delete]), @r#"
      # prowler.instances will be tried again
      # (the last operation did not succeed there)
      ~ stack_instances of "rolecall-prowler" {
          ~ accounts = [
              ~ 222222222222 (payments-prod)
            ]
        }

      # prowler.instances will be destroyed
      # (the account is not a target)
      # the role in these accounts is deleted with them
      - stack_instances of "rolecall-prowler" {
          - accounts = [
              - 444444444444 (legacy-app)
            ]
        }

    Plan: 0 to add, 1 to change, 1 to destroy.
    It reaches 2 accounts.
    "#);
}

#[test]
fn a_document_that_was_shown_whole_is_not_shown_again() {
    let changes = || {
        let management = Edit::Create(role_with(|role| role.trust = trust("another-id")).with_digest());
        vec![
            role_change("prowler.management_role", "111111111111", Why::Missing, management),
            stack_set(Why::Missing, Edit::Create(definition(&role(), &[])), &[]),
        ]
    };
    let text = brief(changes());
    assert!(text.contains("+ inline_policy \"additions\" = (11 lines, the same as above)\n"), "{text}");
    assert_eq!(text.matches("+ trust_policy         = {").count(), 2, "{text}");
    assert!(!show(changes(), Detail::Full).contains("the same as above"));
}
