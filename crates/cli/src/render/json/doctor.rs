//! What `doctor` found out as a document.

use std::collections::BTreeSet;

use rolecall_aws::{Check, Diagnosis, Verdict};
use rolecall_core::ids::AccountId;
use serde::Serialize;

use crate::render::basis::Basis;
use crate::render::words;

/// What `doctor` found out as a JSON document (`schemas/doctor.schema.json`).
pub(crate) fn doctor_json(diagnosis: &Diagnosis) -> Result<String, serde_json::Error> {
    super::document("doctor", Basis::AWS, DoctorBody::of(diagnosis))
}

#[derive(Debug, Serialize)]
struct DoctorBody<'a> {
    caller: CallerBody<'a>,
    summary: Summary,
    checks: Vec<CheckBody<'a>>,
}

#[derive(Debug, Serialize)]
struct CallerBody<'a> {
    account: &'a AccountId,
    arn: &'a str,
}

#[derive(Debug, Serialize)]
struct Summary {
    ok: usize,
    failed: usize,
    not_checked: usize,
}

#[derive(Debug, Serialize)]
struct CheckBody<'a> {
    check: &'static str,
    result: &'static str,
    message: &'a str,
    accounts: &'a BTreeSet<AccountId>,
    actions: &'a BTreeSet<&'static str>,
    hint: Option<&'a str>,
}

impl<'a> DoctorBody<'a> {
    fn of(diagnosis: &'a Diagnosis) -> Self {
        let Diagnosis { caller, checks } = diagnosis;
        Self {
            caller: CallerBody { account: &caller.account, arn: &caller.arn },
            summary: Summary {
                ok: diagnosis.count(Verdict::Ok),
                failed: diagnosis.count(Verdict::Failed),
                not_checked: diagnosis.count(Verdict::NotChecked),
            },
            checks: checks.iter().map(CheckBody::of).collect(),
        }
    }
}

impl<'a> CheckBody<'a> {
    fn of(check: &'a Check) -> Self {
        let Check { subject, verdict, message, accounts, actions, advice } = check;
        Self {
            check: words::subject_code(*subject),
            result: match verdict {
                Verdict::Ok => "ok",
                Verdict::Failed => "failed",
                Verdict::NotChecked => "not_checked",
            },
            message,
            accounts,
            actions,
            hint: advice.as_deref(),
        }
    }
}
