//! Performing steps: one write call each, and what its refusal means when its effect is already there.

mod policy;
pub(crate) mod role;
pub(crate) mod stack;
pub(crate) mod stack_set;
