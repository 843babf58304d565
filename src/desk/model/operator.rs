//! Operators, their sessions and API tokens.

use minicbor::{Decode, Encode};

use crate::desk::Role;

/// Someone who signs in.
#[derive(Clone, Default, PartialEq, Encode, Decode)]
pub struct Operator {
    /// The id.
    #[n(0)]
    pub id: u64,
    /// The e-mail address as key: the sign-in name; unique.
    #[n(1)]
    pub email: String,
    /// The name that people see.
    #[n(2)]
    pub name: String,
    /// The rights.
    #[n(3)]
    pub role: Role,
    /// argon2id, PHC string.
    #[n(4)]
    pub password: String,
    /// Cannot sign in.
    #[n(5)]
    pub disabled: bool,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator")
            .field("id", &self.id)
            .field("email", &self.email)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// A signed-in browser. Its secret is stored only as a hash, which is the key.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Session {
    /// Whose.
    #[n(0)]
    pub operator: u64,
    /// Unix milliseconds.
    #[n(1)]
    pub created_at: u64,
    /// Unix milliseconds.
    #[n(2)]
    pub expires_at: u64,
}

/// An API token. Its secret is stored only as a hash, which is the key.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct ApiToken {
    /// Whose.
    #[n(0)]
    pub operator: u64,
    /// Unix milliseconds.
    #[n(1)]
    pub created_at: u64,
    /// What it is for.
    #[n(2)]
    pub name: String,
}
