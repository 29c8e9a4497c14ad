//! Plans of tiny worlds, as text.
