//! What an operation is about and how it goes about it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::names::wire_enum;

/// Which accounts an operation is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Targets {
    /// The ids of units, the root's among them.
    pub(crate) units: BTreeSet<String>,
    /// Which of their accounts.
    pub(crate) filter: Filter,
}

/// Which accounts of the units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Filter {
    /// All.
    None,
    /// Only these.
    Intersection(BTreeSet<String>),
    /// All but these.
    Difference(BTreeSet<String>),
    /// All and these, wherever they are.
    Union(BTreeSet<String>),
}

wire_enum! {
    /// How a caller names a filter.
    pub(crate) enum FilterType {
        None => "NONE",
        Intersection => "INTERSECTION",
        Difference => "DIFFERENCE",
        Union => "UNION",
    }
}

/// How fast an operation may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Preferences {
    /// How many accounts of a Region at the same time.
    pub(crate) concurrent: Amount,
    /// How many of a Region may fail.
    pub(crate) tolerance: Amount,
    /// Whether failures slow it down.
    pub(crate) mode: ConcurrencyMode,
    /// Whether Regions wait for each other.
    pub(crate) regions: RegionConcurrency,
    /// The Regions that come first, in this order.
    pub(crate) region_order: Vec<String>,
}

/// So many, or so many in a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Amount {
    Count(u32),
    Percent(u32),
}

wire_enum! {
    /// Whether failures slow an operation down.
    pub(crate) enum ConcurrencyMode {
        StrictFailureTolerance => "STRICT_FAILURE_TOLERANCE",
        SoftFailureTolerance => "SOFT_FAILURE_TOLERANCE",
    }
}

wire_enum! {
    /// Whether Regions wait for each other.
    pub(crate) enum RegionConcurrency {
        Sequential => "SEQUENTIAL",
        Parallel => "PARALLEL",
    }
}

impl Amount {
    /// The number it means among so many; percentages round down.
    pub(crate) fn of(self, total: usize) -> usize {
        match self {
            Self::Count(count) => count as usize,
            Self::Percent(percent) => total * percent as usize / 100,
        }
    }
}

impl Preferences {
    /// What holds where a caller says nothing, and for automatic deployments, to which preferences do not apply.
    pub(crate) const DEFAULT: Self = Self {
        concurrent: Amount::Count(1),
        tolerance: Amount::Count(0),
        mode: ConcurrencyMode::StrictFailureTolerance,
        regions: RegionConcurrency::Sequential,
        region_order: Vec::new(),
    };
}

impl Filter {
    /// Its `AccountFilterType`.
    pub(crate) fn kind(&self) -> FilterType {
        match self {
            Self::None => FilterType::None,
            Self::Intersection(_) => FilterType::Intersection,
            Self::Difference(_) => FilterType::Difference,
            Self::Union(_) => FilterType::Union,
        }
    }

    /// The accounts it names.
    pub(crate) fn accounts(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::None => None,
            Self::Intersection(accounts) | Self::Difference(accounts) | Self::Union(accounts) => Some(accounts),
        }
    }

    /// Whether it lets an account of the units pass.
    pub(crate) fn passes(&self, account: &str) -> bool {
        match self {
            Self::None | Self::Union(_) => true,
            Self::Intersection(accounts) => accounts.contains(account),
            Self::Difference(accounts) => !accounts.contains(account),
        }
    }
}
