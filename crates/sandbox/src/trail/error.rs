//! The exceptions of CloudTrail.

use crate::wire::WireError;

fn exception(code: &'static str, message: &str) -> WireError {
    WireError::new(400, code, message)
}

pub(super) fn invalid_attributes(message: &str) -> WireError {
    exception("InvalidLookupAttributesException", message)
}

pub(super) fn invalid_time_range() -> WireError {
    exception("InvalidTimeRangeException", "The start time must not be after the end time.")
}

pub(super) fn invalid_max_results() -> WireError {
    exception("InvalidMaxResultsException", "MaxResults must be between 1 and 50.")
}

pub(super) fn invalid_token() -> WireError {
    exception("InvalidNextTokenException", "The NextToken is not valid.")
}

pub(super) fn invalid_category() -> WireError {
    exception("InvalidEventCategoryException", "The event category must be insight, or left out.")
}
