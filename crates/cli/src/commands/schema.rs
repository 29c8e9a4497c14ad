//! `rolecall schema`

use rolecall_core::spec;

use crate::error::{CommandError, ErrorKind, Outcome};
use crate::output::Output;

pub(super) fn run(output: &Output) -> Result<Outcome, CommandError> {
    let text = serde_json::to_string_pretty(&spec::schema())
        .map_err(|error| CommandError::new(ErrorKind::Internal, "the schema cannot be written").because(&error))?;
    output.result(&text)?;
    Ok(Outcome::Done)
}
