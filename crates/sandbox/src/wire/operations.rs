//! The operations that AWS's service models name, whether they are simulated or not.

use super::Service;

impl Service {
    /// The names of all operations that AWS's model of the service has.
    pub(crate) fn operations(self) -> impl Iterator<Item = &'static str> {
        let names = match self {
            Self::Iam => include_str!("operations/iam.txt"),
            Self::Sts => include_str!("operations/sts.txt"),
            Self::CloudFormation => include_str!("operations/cloudformation.txt"),
            Self::Organizations => include_str!("operations/organizations.txt"),
            Self::Ssm => include_str!("operations/ssm.txt"),
            Self::CloudTrail => include_str!("operations/cloudtrail.txt"),
        };
        names.split_whitespace()
    }
}
