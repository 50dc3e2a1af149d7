//! From settings to what is removed when.

use tapedeck_application::{Retain, Retention, RetentionPolicy, RetentionPorts};
use tapedeck_config::RetentionSettings;
use tapedeck_domain::job::Status;

use crate::components::Components;

impl Components {
    /// What removes what was kept long enough.
    pub(crate) fn retention(&self, settings: &RetentionSettings) -> Retention {
        let adapters = self.adapters.clone();
        let ports = RetentionPorts {
            jobs: adapters.jobs,
            expiry: adapters.retention,
            audit: adapters.audit,
            artifacts: adapters.artifacts,
            clock: adapters.clock,
        };
        Retention::new(ports, policy(settings))
    }
}

fn policy(settings: &RetentionSettings) -> RetentionPolicy {
    let ages = [
        (Status::Succeeded, settings.succeeded),
        (Status::Failed, settings.failed),
        (Status::Cancelled, settings.cancelled),
        (Status::TimedOut, settings.timed_out),
    ];
    RetentionPolicy {
        jobs: ages.map(|(status, age)| Retain { status, age }).into(),
        keep_latest: settings.keep_latest,
        keys: settings.keys,
    }
}
