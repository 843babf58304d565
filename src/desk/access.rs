//! Who acts, and what they may do. Deny by default.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::DeskError;

/// A permission set. (Scopes and field masks come with the full desk.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Role {
    /// Everything, and the desk's set-up.
    #[n(0)]
    Admin,
    /// Tickets of every mailbox; no set-up.
    #[default]
    #[n(1)]
    Operator,
}

/// Who runs a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in operator or an API token of one.
    Operator {
        /// Whose.
        id: u64,
        /// With which rights.
        role: Role,
    },
    /// The administrator at the command line of the machine.
    CommandLine,
    /// mxdesk itself: rules, timers, the queue.
    System,
}

impl Actor {
    /// The operator's id, where there is one.
    pub fn operator(&self) -> Option<u64> {
        match self {
            Actor::Operator { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// Passes those who may read tickets and work on them. (Scopes by mailbox and group are asked here.)
    pub fn may_work_on_tickets(&self) -> Result<(), DeskError> {
        match self {
            Actor::Operator { role: Role::Admin | Role::Operator, .. } | Actor::CommandLine | Actor::System => Ok(()),
        }
    }

    /// Passes those who may change the desk's set-up.
    pub fn may_set_up(&self) -> Result<(), DeskError> {
        match self {
            Actor::Operator { role: Role::Admin, .. } | Actor::CommandLine | Actor::System => Ok(()),
            Actor::Operator { .. } => Err(DeskError::Forbidden),
        }
    }
}
