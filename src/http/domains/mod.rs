//! `/domains`: the desk's domains, their DKIM keys, and what the world sees of them.

pub(super) mod check;
pub(super) mod dkim;
pub(super) mod list;
mod pace;

pub(super) use pace::CheckPace;
