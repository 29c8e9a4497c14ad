//! The wire protocols: Query (IAM, STS, CloudFormation) and JSON 1.1 (Organizations, Systems Manager, CloudTrail), as AWS's service models define them.

mod call;
mod constraint;
mod error;
mod input;
mod operations;
mod params;
mod reply;
mod xml;

pub use call::Service;
pub(crate) use call::{Call, Caller, Identity, Protocol};
pub(crate) use constraint::{Constraint, Pattern, Violations};
pub(crate) use error::{Fault, WireError};
pub(crate) use input::read_input;
pub(crate) use params::Params;
pub(crate) use reply::{Reply, decode_page, encode_page};
pub(crate) use xml::Xml;
