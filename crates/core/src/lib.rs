//! The pure core of Rolecall.
