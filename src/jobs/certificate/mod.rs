//! The certificate in use: taken from changed files, and its age as a figure.

pub mod age;
pub mod files;
