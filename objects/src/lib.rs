//! Standard heap object classes.
#![forbid(unsafe_code)]
