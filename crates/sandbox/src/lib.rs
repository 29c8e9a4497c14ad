//! A simulated AWS Organization at the wire.
