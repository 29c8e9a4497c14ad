//! Who last changed a role: CloudTrail's history of the account, where it may be looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use futures_util::{StreamExt as _, stream};
use rolecall_core::ids::{AccountId, RoleName};
use rolecall_core::who::{Place, Touch, Who};
use tokio::time::sleep;

use crate::classify::failed;
use crate::connect::Connection;
use crate::error::{CallError, CallErrorKind};
use crate::pace::Pace;
use crate::sessions::History;

/// How much is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhoLimits {
    /// How many roles.
    pub roles: usize,
    /// How many calls are told of each.
    pub touches: usize,
    /// How long it may take altogether.
    pub time: Duration,
}

impl WhoLimits {
    /// What a run of `drift` spends on it.
    pub const USUAL: Self = Self { roles: 50, touches: 3, time: Duration::from_secs(10) };
}

/// The pages of a role's history that are looked through for calls that write: scanners read roles often.
const PAGES: usize = 2;

/// Looks up who last changed the roles (CloudTrail `LookupEvents`, in each account as the member role, at home as the
/// caller).
///
/// It is never an error: an account whose history may not be looked at is `denied` in the result, and what there was no
/// time for, or failed, is `left_out`. It may be dropped at any point.
pub async fn who(connection: &Connection, roles: &BTreeSet<Place>, limits: WhoLimits) -> Who {
    let mut wanted: BTreeMap<&AccountId, Vec<&RoleName>> = BTreeMap::new();
    for (account, role) in roles.iter().take(limits.roles) {
        wanted.entry(account).or_default().push(role);
    }
    let found = Mutex::new(Who { left_out: roles.clone(), ..Who::default() });
    let looking = stream::iter(wanted).for_each_concurrent(connection.parallelism.get(), |(account, roles)| {
        let search = Search { connection, account, touches: limits.touches, found: &found };
        async move { search.account(&roles).await }
    });
    tokio::select! {
        () = looking => {}
        () = sleep(limits.time) => {}
    }
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

const CALL: &str = "cloudtrail:LookupEvents";

/// A look at the history of one account.
struct Search<'a> {
    connection: &'a Connection,
    account: &'a AccountId,
    touches: usize,
    found: &'a Mutex<Who>,
}

impl Search<'_> {
    /// Looks up the roles one after the other, as AWS takes two calls a second, until a call fails.
    async fn account(&self, roles: &[&RoleName]) {
        match self.roles(roles).await {
            Ok(()) => {}
            Err(error) => {
                tracing::debug!(%error, "the history of an account cannot be looked at");
                if matches!(error.kind(), CallErrorKind::Denied | CallErrorKind::DeniedByOrganization) {
                    self.note(|who| {
                        who.denied.insert(self.account.clone());
                        who.left_out.retain(|(account, _)| account != self.account);
                    });
                }
            }
        }
    }

    async fn roles(&self, roles: &[&RoleName]) -> Result<(), CallError> {
        let _permit = self.connection.permit().await;
        let history = self.connection.sessions.history(self.account).await?;
        let pace = self.connection.paces.of(Some(self.account), CALL);
        for role in roles {
            let touches = self.role(&history, &pace, role).await?;
            let spot = (self.account.clone(), (*role).clone());
            self.note(|who| {
                who.left_out.remove(&spot);
                who.touches.insert(spot, touches);
            });
        }
        Ok(())
    }

    /// The last calls that changed a role.
    async fn role(&self, history: &History, pace: &Pace, role: &RoleName) -> Result<Vec<Touch>, CallError> {
        let name =
            LookupAttribute::builder().attribute_key(LookupAttributeKey::ResourceName).attribute_value(role.as_str());
        // Both members are set.
        let Ok(name) = name.build() else { return Ok(Vec::new()) };
        let (mut touches, mut token) = (Vec::new(), None);
        for _ in 0..PAGES {
            pace.turn().await;
            let request = history.client.lookup_events().lookup_attributes(name.clone()).max_results(50);
            let answer = request.set_next_token(token).send().await;
            let answer = answer.map_err(failed(&history.site, CALL))?;
            let records = answer.events().iter().filter_map(|event| event.cloud_trail_event());
            touches.extend(records.filter_map(Touch::from_record));
            token = answer.next_token;
            if touches.len() >= self.touches || token.is_none() {
                break;
            }
        }
        touches.truncate(self.touches);
        Ok(touches)
    }

    fn note(&self, change: impl FnOnce(&mut Who)) {
        change(&mut self.found.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
