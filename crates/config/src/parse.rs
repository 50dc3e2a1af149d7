//! From texts to typed settings, collecting every problem on the way.

mod access;
mod schedules;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::effective::{Effective, effective_of, shown};
use crate::layers::{Found, Sources, read};
use crate::origin::Origin;
use crate::problem::{Problem, Problems};
use crate::settings::*;
use crate::table::SETTINGS;

/// Reads all sources and returns typed settings.
///
/// # Errors
/// Every value that is not accepted and every name that is not known, in one list.
pub fn load(sources: &Sources) -> Result<Settings, Problems> {
    let layers = read(sources);
    let effective = effective_of(&layers);
    let mut parser = Parser { values: layers.values, problems: layers.problems };
    let settings = parser.settings(effective);
    match settings {
        Some(settings) if parser.problems.is_empty() => Ok(settings),
        _ => Err(Problems(parser.problems)),
    }
}

struct Parser {
    values: BTreeMap<&'static str, Found>,
    problems: Vec<Problem>,
}

impl Parser {
    /// Reads every section before it gives up, so that all problems are found.
    fn settings(&mut self, effective: Vec<Effective>) -> Option<Settings> {
        let files = self.files();
        let (rate_limit, client) = (self.rate_limit(), self.client());
        let (server, database) = (self.server(), self.database(files.as_ref()));
        let (logging, executor) = (self.logging(), self.executor());
        let (readiness, market_data) = (self.readiness(), self.market_data());
        let sandbox = self.sandbox();
        let (sweep, retention) = (self.sweep(), self.retention());
        let telemetry = self.telemetry();
        let (flags, schedules) = (self.flags(), self.schedules());
        let audit = self.audit(files.as_ref());
        Some(Settings {
            server: server?,
            rate_limit: rate_limit?,
            client: client?,
            database: database?,
            logging: logging?,
            telemetry: telemetry?,
            executor: executor?,
            sandbox: sandbox?,
            sweep: sweep?,
            readiness: readiness?,
            files: files?,
            retention: retention?,
            schedules: schedules?,
            flags: flags?,
            audit: audit?,
            market_data: market_data?,
            effective,
        })
    }

    fn server(&mut self) -> Option<ServerSettings> {
        let host = self.get("server.host", access::host);
        let port = self.get("server.port", |text| text.parse().ok());
        let cors_origins = self.get("server.cors_origins", origins);
        let max_body_bytes = self.integer("server.max_body_bytes", 1024, 1 << 30);
        let role = self.get("server.role", |text| match text {
            "all" => Some(Role::All),
            "api" => Some(Role::Api),
            "worker" => Some(Role::Worker),
            _ => None,
        });
        let request_timeout = self.millis("server.request_timeout_ms", 100, 600_000);
        let allowed_hosts = self.get("server.allowed_hosts", access::hosts);
        let trusted_proxies = self.get("server.trusted_proxies", access::networks);
        let (requests, connections, tls) = (self.requests(), self.connections(), self.tls());
        Some(ServerSettings {
            allowed_hosts: allowed_hosts?,
            trusted_proxies: trusted_proxies?,
            requests: requests?,
            connections: connections?,
            tls: tls?,
            role: role?,
            request_timeout: request_timeout?,
            host: host?,
            port: port?,
            cors_origins: cors_origins?,
            max_body_bytes: max_body_bytes? as usize,
        })
    }

    fn database(&mut self, files: Option<&FileSettings>) -> Option<DatabaseSettings> {
        let data_dir = files.map_or(Path::new("data"), |files| &files.data_dir);
        let url = self.get("database.url", |text| database_url(text, data_dir));
        let max_connections = self.integer("database.max_connections", 1, 200);
        let acquire_timeout = self.millis("database.acquire_timeout_ms", 100, 60_000);
        let statement_timeout = self.millis("database.statement_timeout_ms", 100, 600_000);
        let connect_attempts = self.integer("database.connect_attempts", 1, 100);
        let migrate_on_start = self.get("database.migrate_on_start", |text| text.parse().ok());
        Some(DatabaseSettings {
            url: url?,
            max_connections: max_connections? as usize,
            acquire_timeout: acquire_timeout?,
            statement_timeout: statement_timeout?,
            connect_attempts: connect_attempts? as u32,
            migrate_on_start: migrate_on_start?,
        })
    }

    fn logging(&mut self) -> Option<LoggingSettings> {
        let level = self.get("logging.level", log_filter);
        let format = self.get("logging.format", |text| match text {
            "auto" => Some(LogFormat::Auto),
            "json" => Some(LogFormat::Json),
            "pretty" => Some(LogFormat::Pretty),
            _ => None,
        });
        let level_is_default = self.is_default("logging.level");
        Some(LoggingSettings { level: level?, level_is_default, format: format? })
    }

    fn telemetry(&mut self) -> Option<TelemetrySettings> {
        let otlp_endpoint = self.get("telemetry.otlp_endpoint", |text| match text {
            "" => Some(None),
            text => http_url(text).filter(has_no_secrets).map(Some),
        });
        let otlp_headers = self.get("telemetry.otlp_headers", secret_headers);
        let service_name = self.get("telemetry.service_name", |text| {
            let fits =
                (1..=128).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic());
            fits.then(|| text.to_owned())
        });
        let interval = self.millis("telemetry.interval_ms", 100, 600_000);
        Some(TelemetrySettings {
            otlp_endpoint: otlp_endpoint?,
            otlp_headers: otlp_headers?,
            service_name: service_name?,
            interval: interval?,
        })
    }

    fn executor(&mut self) -> Option<ExecutorSettings> {
        let max_concurrent = self.integer("executor.max_concurrent", 1, 256);
        let timeout = self.millis("executor.timeout_ms", 10, 86_400_000);
        let memory_mb = self.integer("executor.memory_mb", 16, 1 << 20);
        let cpu_ms = self.integer("executor.cpu_ms", 10, 86_400_000);
        let bars = self.integer("executor.bars", 1, 1_000_000_000);
        let orders = self.integer("executor.orders", 1, 1_000_000_000);
        let log_lines = self.integer("executor.log_lines", 1, 1_000_000);
        let output_bytes = self.integer("executor.output_bytes", 1 << 16, 1 << 32);
        let queue_limit = self.integer("executor.queue_limit", 1, 10_000_000);
        let lease = self.millis("executor.lease_ms", 500, 3_600_000);
        let max_attempts = self.integer("executor.max_attempts", 1, 100);
        let drain = self.millis("executor.drain_ms", 0, 600_000);
        let max_running = self.unless_zero("executor.max_running", 100_000);
        let per_strategy = self.unless_zero("executor.max_running_per_strategy", 100_000);
        Some(ExecutorSettings {
            drain: drain?,
            max_running: max_running?,
            max_running_per_strategy: per_strategy?,
            max_concurrent: max_concurrent? as usize,
            timeout: timeout?,
            memory_mb: memory_mb?,
            cpu_ms: cpu_ms?,
            bars: bars?,
            orders: orders?,
            log_lines: log_lines?,
            output_bytes: output_bytes?,
            queue_limit: queue_limit?,
            lease: lease?,
            max_attempts: max_attempts? as u32,
        })
    }

    fn sandbox(&mut self) -> Option<SandboxSettings> {
        let standby = self.integer("sandbox.standby", 0, 64);
        let first_uid = self.integer("sandbox.first_uid", 1, 4_000_000_000);
        let max_module_bytes = self.integer("sandbox.max_module_bytes", 1 << 10, 1 << 26);
        let compile_timeout = self.millis("sandbox.compile_timeout_ms", 100, 600_000);
        let layers = self.layers();
        Some(SandboxSettings {
            standby: standby? as usize,
            first_uid: first_uid? as u32,
            max_module_bytes: max_module_bytes? as usize,
            compile_timeout: compile_timeout?,
            layers: layers?,
        })
    }

    fn layers(&mut self) -> Option<LayerSettings> {
        let mut need = |key| {
            self.get(key, |text| match text {
                "required" => Some(LayerNeed::Required),
                "preferred" => Some(LayerNeed::Preferred),
                _ => None,
            })
        };
        let (uid, no_new_privs) = (need("sandbox.uid"), need("sandbox.no_new_privs"));
        let (rlimits, landlock) = (need("sandbox.rlimits"), need("sandbox.landlock"));
        let (seccomp, network) = (need("sandbox.seccomp"), need("sandbox.network"));
        let cgroup = need("sandbox.cgroup");
        Some(LayerSettings {
            uid: uid?,
            no_new_privs: no_new_privs?,
            rlimits: rlimits?,
            landlock: landlock?,
            seccomp: seccomp?,
            network: network?,
            cgroup: cgroup?,
        })
    }

    fn sweep(&mut self) -> Option<SweepSettings> {
        let max_combinations = self.integer("sweep.max_combinations", 1, 1_000_000);
        let max_values = self.integer("sweep.max_values", 1, 10_000);
        Some(SweepSettings { max_combinations: max_combinations?, max_values: max_values? })
    }

    fn readiness(&mut self) -> Option<ReadinessSettings> {
        Some(ReadinessSettings { deadline: self.millis("readiness.deadline_ms", 50, 950)? })
    }

    fn files(&mut self) -> Option<FileSettings> {
        let not_empty = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
        let data_dir = self.get("files.data_dir", not_empty);
        let quota_mb = self.unless_zero("files.quota_mb", 1_000_000_000);
        let min_free_mb = self.integer("files.min_free_mb", 0, 1_000_000_000);
        let quota = quota_mb?.map(|mb| mb << 20);
        Some(FileSettings { data_dir: data_dir?, quota, min_free: min_free_mb? << 20 })
    }

    fn audit(&mut self, files: Option<&FileSettings>) -> Option<AuditSettings> {
        let data_dir = files.map_or(Path::new("data"), |files| &files.data_dir);
        let export_dir = self.get("audit.export_dir", |text| {
            Some(if text.is_empty() { data_dir.join("audit") } else { PathBuf::from(text) })
        });
        Some(AuditSettings { export_dir: export_dir? })
    }

    fn retention(&mut self) -> Option<RetentionSettings> {
        let succeeded = self.days("retention.succeeded_days");
        let failed = self.days("retention.failed_days");
        let cancelled = self.days("retention.cancelled_days");
        let timed_out = self.days("retention.timed_out_days");
        let keep_latest = self.unless_zero("retention.keep_latest", 1_000_000_000);
        let keys_hours = self.integer("retention.keys_hours", 1, 876_000);
        Some(RetentionSettings {
            succeeded: succeeded?,
            failed: failed?,
            cancelled: cancelled?,
            timed_out: timed_out?,
            keep_latest: keep_latest?,
            keys: Duration::from_secs(keys_hours? * 3600),
        })
    }

    /// A number of days of which 0 means for ever.
    fn days(&mut self, key: &'static str) -> Option<Option<Duration>> {
        let days = self.unless_zero(key, 36_500)?;
        Some(days.map(|days| Duration::from_secs(days * 86_400)))
    }

    /// A number of which 0 means none.
    fn unless_zero(&mut self, key: &'static str, max: u64) -> Option<Option<u64>> {
        self.integer(key, 0, max).map(|n| (n > 0).then_some(n))
    }

    /// Every setting of the section: a new flag needs a line in the table and none here.
    fn flags(&mut self) -> Option<FlagSettings> {
        let (mut configured, mut all) = (BTreeMap::new(), true);
        for setting in SETTINGS.iter().filter(|setting| setting.section() == "flags") {
            let value = self.get(setting.key, |text| text.parse().ok());
            let said = !self.is_default(setting.key);
            all &= value.is_some();
            if let Some(value) = value.filter(|_| said) {
                configured.insert(setting.key.trim_start_matches("flags."), value);
            }
        }
        all.then_some(FlagSettings { configured })
    }

    fn is_default(&self, key: &str) -> bool {
        self.values.get(key).is_none_or(|found| found.origin == Origin::Default)
    }

    fn integer(&mut self, key: &'static str, min: u64, max: u64) -> Option<u64> {
        self.get(key, |text| text.parse().ok().filter(|n| (min..=max).contains(n)))
    }

    fn millis(&mut self, key: &'static str, min: u64, max: u64) -> Option<Duration> {
        self.integer(key, min, max).map(Duration::from_millis)
    }

    /// The parsed value of a setting; `None` leaves a problem behind.
    fn get<T>(&mut self, key: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let found = self.values.get(key)?;
        let is_text = !found.value.contains(char::REPLACEMENT_CHARACTER);
        let parsed = if is_text { parse(found.value.trim()) } else { None };
        if parsed.is_none() {
            let setting = SETTINGS.iter().find(|setting| setting.key == key)?;
            self.problems.push(Problem {
                name: found.name.clone(),
                value: shown(setting, &found.value),
                expected: match is_text {
                    true => setting.accepts.to_owned(),
                    false => format!("{}, in UTF-8", setting.accepts),
                },
            });
        }
        parsed
    }
}

fn origins(text: &str) -> Option<Vec<String>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| http_url(part).filter(is_bare).map(|_| part.to_owned())).collect()
}

fn is_bare(url: &Url) -> bool {
    url.path() == "/"
        && url.query().is_none()
        && url.username().is_empty()
        && !url.as_str().contains('#')
}

/// It is shown, so its secrets belong into headers.
fn has_no_secrets(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none() && url.query().is_none()
}

/// `NAME=VALUE`, separated by commas.
fn secret_headers(text: &str) -> Option<SecretHeaders> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c))
    };
    let header = |part: &str| {
        let (name, value) = part.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let fits = is_name(name) && value.bytes().all(|c| c.is_ascii_graphic() || c == b' ');
        fits.then(|| (name.to_ascii_lowercase(), value.into()))
    };
    let parts = text.split(',').filter(|part| !part.trim().is_empty());
    parts.map(header).collect::<Option<_>>().map(SecretHeaders::new)
}

fn http_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

fn database_url(text: &str, data_dir: &Path) -> Option<DatabaseUrl> {
    if text.is_empty() {
        return Some(DatabaseUrl::Sqlite(data_dir.join("tapedeck.db")));
    }
    if let Some(path) = text.strip_prefix("sqlite://") {
        return (!path.is_empty()).then(|| DatabaseUrl::Sqlite(path.into()));
    }
    let url = Url::parse(text).ok()?;
    let named = url.path().len() > 1;
    (matches!(url.scheme(), "postgres" | "postgresql") && named)
        .then(|| DatabaseUrl::Postgres(PostgresUrl::new(&url)))
}

/// What is to be logged, as it is written down: `level` or `target=level`, separated by commas,
/// without spaces and with levels in lower case. `None` when the text is none of that.
pub fn log_filter(text: &str) -> Option<String> {
    let parts: Option<Vec<String>> = text.split(',').map(|part| directive(part.trim())).collect();
    parts.map(|parts| parts.join(","))
}

fn directive(part: &str) -> Option<String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let (target, level) = match part.split_once('=') {
        Some((target, level)) => (Some(target), level.to_ascii_lowercase()),
        None => (None, part.to_ascii_lowercase()),
    };
    let is_named = |target: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        !target.is_empty() && target.chars().all(known)
    };
    let is_valid = target.is_none_or(is_named) && LEVELS.contains(&level.as_str());
    is_valid.then(|| target.map_or_else(|| level.clone(), |target| format!("{target}={level}")))
}
