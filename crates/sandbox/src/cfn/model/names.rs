//! Enums that have a name on the wire.

/// A value with a name on the wire, which is also the name it is saved by.
pub(crate) trait WireName: Copy + PartialEq + 'static {
    /// Every value and its name, in the order in which AWS's messages list them.
    const NAMES: &'static [(Self, &'static str)];

    /// Its name.
    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(value, _)| *value == self).map_or("", |(_, name)| name)
    }

    /// The value of a name.
    fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, other)| *other == name).map(|(value, _)| *value)
    }
}

/// Defines an enum with its names on the wire.
macro_rules! wire_enum {
    ($(#[$outer:meta])* $visibility:vis enum $enum:ident {
        $($(#[$inner:meta])* $variant:ident => $name:literal,)*
    }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        $visibility enum $enum {
            $($(#[$inner])* #[serde(rename = $name)] $variant,)*
        }

        impl $crate::cfn::model::WireName for $enum {
            const NAMES: &'static [(Self, &'static str)] = &[$((Self::$variant, $name),)*];
        }
    };
}

pub(super) use wire_enum;
