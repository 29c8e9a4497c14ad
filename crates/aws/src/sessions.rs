//! Clients in any account: with the caller's credentials at home, through the member role elsewhere.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rolecall_core::ids::{AccountId, Partition, RoleName};

use crate::advice;
use crate::attempts::Attempts;
use crate::connect::Caller;
use crate::credentials::{ASSUME_ROLE, AssumedRole};
use crate::error::{CallError, Identity, Site};
use crate::keeper::Keeper;
use crate::line::{Line, SESSION_MARGIN, client};

/// Sessions of the member role, one for each account, kept in memory until they are about to end.
///
/// The SDK's own provider would assume the role again for every call, or every 64th account.
#[derive(Debug)]
pub(crate) struct Sessions {
    line: Line,
    home: Site,
    caller: String,
    partition: Partition,
    role: RoleName,
    sts: aws_sdk_sts::Client,
    members: Mutex<BTreeMap<AccountId, Arc<AssumedRole>>>,
}

/// A client in one account.
pub(crate) struct Entered<C> {
    pub(crate) client: C,
    pub(crate) site: Site,
}

/// IAM in one account.
pub(crate) type Iam = Entered<aws_sdk_iam::Client>;

/// CloudFormation in one account, in the one Region.
pub(crate) type Stacks = Entered<aws_sdk_cloudformation::Client>;

/// CloudTrail in one account.
pub(crate) type History = Entered<aws_sdk_cloudtrail::Client>;

impl Sessions {
    pub(crate) fn new(line: Line, home: Site, caller: &Caller, role: RoleName) -> Self {
        Self {
            sts: client!(aws_sdk_sts, line),
            line,
            home,
            caller: caller.arn.clone(),
            partition: caller.partition,
            role,
            members: Mutex::default(),
        }
    }

    /// IAM in an account.
    pub(crate) async fn iam(&self, account: &AccountId) -> Result<Iam, CallError> {
        let Entered { client: line, site } = self.enter(account).await?;
        Ok(Entered { client: client!(aws_sdk_iam, line), site })
    }

    /// CloudFormation in an account.
    pub(crate) async fn cloudformation(&self, account: &AccountId) -> Result<Stacks, CallError> {
        let Entered { client: line, site } = self.enter(account).await?;
        Ok(Entered { client: client!(aws_sdk_cloudformation, line), site })
    }

    /// CloudTrail in an account, in the Region in which IAM's events are kept. Nothing is tried twice.
    pub(crate) async fn history(&self, account: &AccountId) -> Result<History, CallError> {
        let Entered { client: line, site } = self.enter(account).await?;
        let region = aws_config::Region::new(global_region(self.partition));
        let attempts = Attempts { limits: line.attempts.limits.of_single_attempt(), ..line.attempts };
        let line = Line { base: line.base.into_builder().region(region).build(), attempts, ..line };
        Ok(Entered { client: client!(aws_sdk_cloudtrail, line), site })
    }

    /// What the clients of an account are made from: at home the caller's, elsewhere with a session of the member role,
    /// which is begun here so that a refusal is told as one.
    async fn enter(&self, account: &AccountId) -> Result<Entered<Line>, CallError> {
        if self.home.account.as_ref() == Some(account) {
            return Ok(Entered { client: self.line.clone(), site: self.home.clone() });
        }
        let member = self.member(account);
        member.credentials().await?;
        let site = Site {
            account: Some(account.clone()),
            identity: Identity::Member,
            endpoint: self.home.endpoint.clone(),
            credentials: Arc::clone(&member.keeper),
        };
        let line = self.line.acting_as(member);
        let attempts = Attempts { account: Some(account.clone()), ..line.attempts };
        Ok(Entered { client: Line { attempts, ..line }, site })
    }

    fn member(&self, account: &AccountId) -> Arc<AssumedRole> {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        let member = members.entry(account.clone()).or_insert_with(|| {
            // The call is the caller's, about another account.
            let site = Site { account: Some(account.clone()), ..self.home.clone() };
            Arc::new(AssumedRole {
                keeper: Keeper::new(SESSION_MARGIN),
                sts: self.sts.clone(),
                pace: self.line.attempts.paces.of(None, ASSUME_ROLE),
                arn: format!("arn:{}:iam::{account}:role/{}", self.partition, self.role),
                advice: advice::of_member_role(self.role.as_str(), &self.caller),
                site,
            })
        });
        Arc::clone(member)
    }
}

/// The Region in which the events of IAM are kept (CloudTrail User Guide, "Global service events").
fn global_region(partition: Partition) -> &'static str {
    match partition {
        Partition::Aws => "us-east-1",
        Partition::AwsCn => "cn-north-1",
        Partition::AwsUsGov => "us-gov-west-1",
        Partition::AwsEusc => "eusc-de-east-1",
        Partition::AwsIso => "us-iso-east-1",
        Partition::AwsIsoB => "us-isob-east-1",
    }
}
