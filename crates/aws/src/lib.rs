//! The thin edge to AWS.
