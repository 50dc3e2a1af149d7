//! Ports: what the product needs from outside, in its own words.
//!
//! One call is one transaction, opened and closed inside the adapter. No connection, no lock
//! and no driver type appears in a signature.

mod clock;
mod health;
mod ids;
mod migrations;

pub use clock::Clock;
pub use health::{HealthProbe, Probe, ProbeStatus};
pub use ids::Ids;
pub use migrations::{MigrationError, MigrationStatus, Migrations};
