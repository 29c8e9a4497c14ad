//! What is asked of a stack is done at once, or later when stacks take time.

use jiff::{SignedDuration, Timestamp};

use super::work::Work;
use super::{create, delete, rollback, update};
use crate::cfn::model::{Pending, Stack, StackTask};
use crate::world::World;

/// Begins a task; with the switch `stack_seconds` at zero it is done when this returns.
pub(in crate::cfn) fn start(world: &mut World, stack: Stack, task: StackTask, token: Option<String>) {
    let (at, seconds) = (world.now, world.switches.stack_seconds);
    let mut work = Work::on(world, stack, at, token.clone());
    work.begin(&task);
    if seconds == 0 {
        run(&mut work, task);
    } else {
        let due = at + SignedDuration::from_secs(i64::from(seconds));
        work.world.cfn.busy.insert((due, work.account.clone(), work.stack.id.clone()));
        work.stack.pending = Some(Pending { due, task, token });
    }
    work.put_back();
}

/// Does what is due by the world's present.
pub(in crate::cfn) fn tick(world: &mut World) {
    while let Some(first) = world.cfn.busy.first().filter(|(due, ..)| *due <= world.now).cloned() {
        world.cfn.busy.remove(&first);
        let (due, account, id) = first;
        finish(world, &account, &id, due);
    }
}

fn finish(world: &mut World, account: &str, id: &str, due: Timestamp) {
    let Some(mut stack) = world.cfn.stack(account, id).cloned() else { return };
    // Another request may have come in between.
    let Some(Pending { due, task, token }) = stack.pending.take_if(|pending| pending.due == due) else { return };
    let mut work = Work::on(world, stack, due, token);
    run(&mut work, task);
    work.put_back();
}

/// How it went is told by the stack's status and events.
fn run(work: &mut Work<'_>, task: StackTask) {
    match task {
        StackTask::Create => drop(create::perform(work)),
        StackTask::Update(definition) => drop(update::perform(work, *definition)),
        StackTask::Delete { retain, mode } => drop(delete::perform(work, &retain, mode)),
        StackTask::Rollback { skip: _ } if work.stack.failed_update.is_none() => create::roll_back(work),
        StackTask::Rollback { skip } => rollback::perform(work, &skip),
    }
}
