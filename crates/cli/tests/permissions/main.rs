//! The policies that `rolecall iam-policy` prints are enough, and no action of them is too much.
//!
//! The program runs as a role with exactly the printed policy, and through member roles with exactly theirs. Everything
//! that it does must succeed; with any one action taken out, something must fail.

#[path = "../cases/aws.rs"]
#[expect(dead_code, reason = "the cases read answers, too")]
mod aws;
mod flow;
#[path = "../../../../tests/support/http.rs"]
mod http;
mod policies;
#[path = "../cases/process.rs"]
mod process;
#[path = "../../../../tests/support/sandbox.rs"]
mod sandbox;
mod world;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::flow::Failure;
use crate::policies::Policies;
use crate::world::CallAs;

fn main() {
    let mut arguments = Arguments::from_args();
    // They wait for each other's retries more than they compute.
    arguments.test_threads = arguments.test_threads.or(Some(6));
    let mut trials = vec![
        Trial::test("the policies for plan let plan", || {
            succeed(flow::planning(&Policies::print("plan", CallAs::Own)?))
        }),
        Trial::test("the policies for plan let snapshot and import", || {
            succeed(flow::keeping(&Policies::print("plan", CallAs::Own)?))
        }),
        Trial::test("the policies for drift let drift, and say who did it", || {
            succeed(flow::drifting(&Policies::print("drift", CallAs::Own)?))
        }),
        Trial::test("without an action of the policies for drift, drift names it", || {
            succeed(flow::drifting_with_less(&Policies::print("drift", CallAs::Own)?))
        }),
        Trial::test("the policies for apply let drift be undone, and what is missing is named", || {
            succeed(flow::healing(&Policies::print("apply", CallAs::Own)?))
        }),
        Trial::test("the policies for apply let destroy", || {
            succeed(flow::destroying(&Policies::print("apply", CallAs::Own)?))
        }),
        Trial::test("the policies for apply let an adopted stack set be kept", || succeed(flow::adopting())),
        Trial::test("the policies for doctor let doctor", || {
            succeed(flow::checking(&Policies::print("doctor", CallAs::Own)?))
        }),
    ];
    for call_as in [CallAs::Own, CallAs::DelegatedAdmin] {
        let policies = match Policies::print("apply", call_as) {
            Ok(policies) => policies,
            Err(problem) => {
                trials.push(Trial::test("the policies are printed", || Err(problem.into())));
                continue;
            }
        };
        let who = call_as.words();
        for (part, action) in policies.actions() {
            // What both may do differs for the delegated administrator in its own actions only.
            if call_as == CallAs::DelegatedAdmin && action != "organizations:ListDelegatedAdministrators" {
                continue;
            }
            let without = policies.without(part, &action);
            let name = format!("{who}: without {action} of the {} something fails", part.words());
            trials.push(Trial::test(name, move || fail(flow::applying(&without, call_as))));
        }
        let name = format!("{who}: the policies for apply let apply");
        trials.push(Trial::test(name, move || succeed(flow::applying(&policies, call_as))));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn succeed(result: Result<(), Failure>) -> Result<(), Failed> {
    result.map_err(|failure| failure.to_string().into())
}

/// The flow must fail where a permission is missing, and not because the test itself is broken.
fn fail(result: Result<(), Failure>) -> Result<(), Failed> {
    match result {
        Err(Failure::Program(_)) => Ok(()),
        Err(Failure::Test(problem)) => Err(problem.into()),
        Ok(()) => Err("everything succeeded: the action is superfluous".into()),
    }
}
