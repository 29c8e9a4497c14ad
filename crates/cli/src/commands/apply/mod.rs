//! `rolecall apply` and `rolecall destroy`: every organization is prepared, one question is asked, and then each is changed.

mod perform;
mod prepare;

use rolecall_aws::{ApplyOptions, Operations};
use rolecall_core::address::Target;
use rolecall_core::guard::Allowed;
use rolecall_core::plan::Plan;

use crate::args::{ApplyArgs, ApplyFormat, AwsArgs, ConsentArgs, DestroyArgs, FileArgs, LockArgs, Only};
use crate::configuration::{self, Configuration};
use crate::deliveries::Deliveries;
use crate::error::{CommandError, ErrorKind, Outcome};
use crate::output::Output;
use crate::plan_file::SavedPlan;
use crate::prompt::{self, Approval, Question};
use crate::runtime;
use crate::survey::Aim;

const QUESTION: Question = Question {
    command: "apply",
    text: "\nDo you want to perform these actions?\n  \
           Rolecall will perform the actions described above.\n  \
           Only 'yes' will be accepted to approve.\n\n  \
           Enter a value: ",
    refused: "Apply cancelled. Nothing was changed.",
    without_terminal: "pass --auto-approve, or save a plan with `rolecall plan -o plan.json` and run `rolecall apply \
                       plan.json`",
};

const DESTROY: Question = Question {
    command: "destroy",
    text: "\nDo you really want to destroy all of this?\n  \
           Rolecall will delete the roles and stack sets shown above. There is no undo.\n  \
           Only 'yes' will be accepted to confirm.\n\n  \
           Enter a value: ",
    refused: "Destroy cancelled. Nothing was changed.",
    without_terminal: "pass --auto-approve, or save a plan with `rolecall plan --destroy -o plan.json` and run `rolecall \
                       apply plan.json`",
};

pub(super) fn run(args: &ApplyArgs, output: &Output) -> Result<Outcome, CommandError> {
    let approval = if args.consent.auto_approve || args.plan.is_some() { Approval::Given } else { Approval::Ask };
    let operations = if args.no_wait { Operations::Submit } else { Operations::Await };
    let deliveries = Deliveries::of(&args.format)?;
    deliveries.spare(args.scope.files.paths().iter().chain(&args.plan).chain(&args.aws.sandbox))?;
    check_approval(approval, &deliveries, &QUESTION, output)?;
    let orders = if let Some(path) = &args.plan {
        let saved = SavedPlan::read(path)?;
        made_from(&saved, &args.scope.files, output)?;
        saved.into_iter().map(Order::saved).collect::<Result<_, _>>()?
    } else {
        let configurations = configuration::load(&args.scope.files, output)?;
        let aim = match args.only {
            Some(Only::Drift) => Aim::LastApplied,
            None => Aim::Configuration,
        };
        Order::all(configurations, aim, &args.scope.targets.target)
    };
    let job = Job {
        command: "rolecall apply",
        approval,
        allowed: allowed(args.consent),
        deliveries,
        options: ApplyOptions { operations, lock_timeout: args.lock.lock_timeout },
        lock: args.lock.clone(),
        aws: args.aws.clone(),
    };
    runtime::run(job.run(orders, output))
}

/// `rolecall destroy`
pub(super) fn destroy(args: &DestroyArgs, output: &Output) -> Result<Outcome, CommandError> {
    let approval = if args.consent.auto_approve { Approval::Given } else { Approval::Ask };
    let deliveries = Deliveries::of(&args.format)?;
    deliveries.spare(args.scope.files.paths().iter().chain(&args.aws.sandbox))?;
    check_approval(approval, &deliveries, &DESTROY, output)?;
    let configurations = configuration::load(&args.scope.files, output)?;
    let job = Job {
        command: "rolecall destroy",
        approval,
        allowed: allowed(args.consent),
        deliveries,
        options: ApplyOptions { operations: Operations::Await, lock_timeout: args.lock.lock_timeout },
        lock: args.lock.clone(),
        aws: args.aws.clone(),
    };
    runtime::run(job.run(Order::all(configurations, Aim::Nothing, &args.scope.targets.target), output))
}

/// How it is done, in all organizations alike.
struct Job {
    /// As the lock names it.
    command: &'static str,
    approval: Approval,
    allowed: Allowed,
    deliveries: Deliveries<ApplyFormat>,
    options: ApplyOptions,
    lock: LockArgs,
    aws: AwsArgs,
}

/// What is to be done in one organization.
struct Order {
    configuration: Configuration,
    aim: Aim,
    targets: Vec<Target>,
    /// The plan that was saved, which must still be the one to make.
    reviewed: Option<Plan>,
}

impl Order {
    fn all(configurations: Vec<Configuration>, aim: Aim, targets: &[Target]) -> Vec<Self> {
        let order = |configuration| Self { configuration, aim, targets: targets.to_vec(), reviewed: None };
        configurations.into_iter().map(order).collect()
    }

    /// What is asked before it is carried out.
    fn question(&self) -> &'static Question {
        match self.aim {
            Aim::Configuration | Aim::LastApplied => &QUESTION,
            Aim::Nothing => &DESTROY,
        }
    }

    fn saved(saved: SavedPlan) -> Result<Self, CommandError> {
        let targets = saved.targets()?;
        let configuration = Configuration::saved(saved.spec);
        Ok(Self { configuration, aim: saved.aim, targets, reviewed: Some(saved.plan) })
    }
}

fn allowed(consent: ConsentArgs) -> Allowed {
    Allowed { deletes: consent.allow_deletes, changes: consent.allow_changes }
}

/// Refuses what can only end in a question that nobody sees or answers.
fn check_approval(
    approval: Approval,
    deliveries: &Deliveries<ApplyFormat>,
    question: &Question,
    output: &Output,
) -> Result<(), CommandError> {
    if approval == Approval::Ask && deliveries.shown() != Some(ApplyFormat::Text) {
        let message = "the plan is not shown as text, so there is nothing to approve";
        let hint = "pass --auto-approve, apply a saved plan, or write other formats to files: --output json=FILE";
        return Err(CommandError::user(message).hint(hint));
    }
    prompt::check(approval, question, output)
}

/// That saved plans were made from the files that are named beside them: who can leave a plan for a pipeline is not always
/// who may change the files.
fn made_from(saved: &[SavedPlan], files: &FileArgs, output: &Output) -> Result<(), CommandError> {
    if files.file.is_empty() {
        return Ok(());
    }
    let written = configuration::load(files, output)?;
    if written.iter().map(|written| &written.spec).eq(saved.iter().map(|saved| &saved.spec)) {
        return Ok(());
    }
    let message = "the saved plan was not made from what the files say now; nothing was changed";
    Err(CommandError::new(ErrorKind::Stale, message).hint("plan again, review it, and apply the new plan"))
}
