//! Every setting there is, declared once: the loader, `.env.example` and `config print` read it.

/// How the names of settings begin in the environment.
pub(crate) const PREFIX: &str = "TAPEDECK__";

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its place in the file: `section.key`.
    pub key: &'static str,
    /// A short name in the environment, beside `TAPEDECK__SECTION__KEY`.
    pub short: Option<&'static str>,
    /// What holds when nothing is said.
    pub default: &'static str,
    /// Which values are accepted.
    pub accepts: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Whether its value must never be shown.
    pub secret: bool,
}

impl Setting {
    /// Its name in the environment.
    pub fn env_name(&self) -> String {
        self.short.map_or_else(|| self.long_name(), str::to_owned)
    }

    /// Its name of the form `TAPEDECK__SECTION__KEY`.
    pub fn long_name(&self) -> String {
        format!("{PREFIX}{}", self.key.replace('.', "__").to_uppercase())
    }

    /// The section of the file that it is in.
    pub fn section(&self) -> &'static str {
        self.key.split('.').next().unwrap_or(self.key)
    }

    /// Its names in the environment, the one that wins first.
    pub fn env_names(&self) -> Vec<String> {
        self.short.map(str::to_owned).into_iter().chain([self.long_name()]).collect()
    }

    /// Variables that name a file which holds it; of secrets alone.
    pub fn file_names(&self) -> Vec<String> {
        let names = self.env_names().into_iter().filter(|_| self.secret);
        names.map(|name| format!("{name}_FILE")).collect()
    }

    /// The names that begin like those of no other program.
    pub(crate) fn long_names(&self) -> Vec<String> {
        let names = self.env_names().into_iter().chain(self.file_names());
        names.filter(|name| name.starts_with(PREFIX)).collect()
    }
}

const fn setting(
    key: &'static str,
    default: &'static str,
    accepts: &'static str,
    about: &'static str,
) -> Setting {
    Setting { key, short: None, default, accepts, about, secret: false }
}

impl Setting {
    const fn short(mut self, name: &'static str) -> Self {
        self.short = Some(name);
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

/// The table, in the order in which it is shown.
pub const SETTINGS: &[Setting] = &[
    setting("server.host", "127.0.0.1", "an IP address or a host name", "Address to listen on. Others than those of loopback are refused until there is an access key: tapedeck keys create.")
        .short("BACKEND_HOST"),
    setting("server.port", "8000", "an integer from 0 to 65535; 0 takes a free port", "Port to listen on.")
        .short("BACKEND_PORT"),
    setting("server.cors_origins", "http://localhost:3000", "origins such as http://localhost:3000, separated by commas, or nothing", "Web origins that may call the API and open sockets.")
        .short("CORS_ORIGINS"),
    setting("server.max_body_bytes", "1048576", "an integer from 1024 to 1073741824", "Largest request body, in bytes."),
    setting("server.role", "all", "all, api or worker", "What this process does: answer requests, run backtests, or both. Several processes share one Postgres and one data directory.")
        .short("TAPEDECK_ROLE"),
    setting("server.request_timeout_ms", "10000", "an integer from 100 to 600000", "How long a request may take before it is answered with 503; waiting and streaming apart."),
    setting("server.allowed_hosts", "", "host names, with or without a port, separated by commas, or nothing", "Names by which clients may call the server. On loopback, those of loopback always may; elsewhere, nothing means any."),
    setting("server.trusted_proxies", "", "addresses or networks such as 10.0.0.0/8, separated by commas, or nothing", "Proxies whose X-Forwarded-For says who the client is. Nobody else's is looked at."),
    setting("server.max_url_bytes", "8192", "an integer from 256 to 65536", "Longest path and query, in bytes."),
    setting("server.max_headers", "64", "an integer from 8 to 96", "Most headers of a request."),
    setting("server.max_header_bytes", "16384", "an integer from 1024 to 131072", "All headers of a request together, in bytes."),
    setting("server.header_timeout_ms", "10000", "an integer from 100 to 600000", "How long the headers of a request may take to arrive."),
    setting("server.body_timeout_ms", "60000", "an integer from 100 to 3600000", "How long the body of a request may take to arrive."),
    setting("server.keep_alive_ms", "15000", "an integer from 1000 to 600000", "How long a connection is kept open between two requests."),
    setting("server.max_connections", "20000", "an integer from 1 to 1000000", "Connections at the same time; those beyond wait until others are closed."),
    setting("server.max_sockets_per_address", "2000", "an integer from 1 to 1000000", "Sockets and event streams that one client address may have open."),
    setting("server.tls_cert_file", "", "a path to certificates in PEM form, or nothing", "The certificate of the server, and those that vouch for it. With it connections are encrypted."),
    setting("server.tls_key_file", "", "a path to a private key in PEM form, or nothing", "The private key of the certificate."),
    setting("rate_limit.key_per_minute", "6000", "an integer from 0 to 1000000; 0 means no limit", "Requests in a minute with one access key."),
    setting("rate_limit.address_per_minute", "3000", "an integer from 0 to 1000000; 0 means no limit", "Requests in a minute from one client address."),
    setting("rate_limit.failures_per_minute", "60", "an integer from 0 to 1000000; 0 means no limit", "Requests in a minute without a valid key from one client address, beyond which it is told nothing more."),
    setting("rate_limit.loopback", "false", "true or false", "Whether the limits go for clients of this machine, too, such as a proxy."),
    setting("client.key", "", "an access key of the server, or nothing", "What commands that talk to a server say who they are with.")
        .short("TAPEDECK_KEY")
        .secret(),
    setting("database.url", "", "sqlite://PATH or postgres://USER:PASSWORD@HOST:PORT/NAME; nothing means tapedeck.db in the data directory", "Where jobs are kept. The scheme chooses the database.")
        .short("DATABASE_URL")
        .secret(),
    setting("database.max_connections", "8", "an integer from 1 to 200", "Size of the connection pool."),
    setting("database.acquire_timeout_ms", "5000", "an integer from 100 to 60000", "How long a call may wait for a connection."),
    setting("database.statement_timeout_ms", "10000", "an integer from 100 to 600000", "How long one statement may take."),
    setting("database.connect_attempts", "5", "an integer from 1 to 100", "How often start-up tries to reach the database, with growing pauses."),
    setting("database.migrate_on_start", "true", "true or false", "Whether start-up applies pending migrations."),
    setting("logging.level", "info,actix_server=warn", "error, warn, info, debug, trace, or off; per target as in info,tapedeck_http=debug", "What is logged.")
        .short("LOG_LEVEL"),
    setting("logging.format", "auto", "auto, json or pretty; auto is pretty on a terminal", "How a log line looks.")
        .short("LOG_FORMAT"),
    setting("telemetry.otlp_endpoint", "", "an http or https URL without a password or a query, or nothing", "A collector of traces and metrics, by OTLP over HTTP, such as http://127.0.0.1:4318. Nothing is exported without one."),
    setting("telemetry.otlp_headers", "", "NAME=VALUE, separated by commas, or nothing", "Headers that the collector asks for, such as its key.")
        .secret(),
    setting("telemetry.service_name", "tapedeck", "1 to 128 visible ASCII characters", "What traces and metrics are listed under."),
    setting("telemetry.interval_ms", "10000", "an integer from 100 to 600000", "How often traces and metrics are exported."),
    setting("executor.max_concurrent", "2", "an integer from 1 to 256", "Backtests that run at the same time."),
    setting("executor.timeout_ms", "300000", "an integer from 10 to 86400000", "Longest run time of a backtest; a request may only lower it."),
    setting("executor.memory_mb", "2048", "an integer from 16 to 1048576", "Memory limit of a backtest; a request may only lower it."),
    setting("executor.cpu_ms", "300000", "an integer from 10 to 86400000", "Processor time of a backtest; a request may only lower it."),
    setting("executor.bars", "50000000", "an integer from 1 to 1000000000", "Bars of a backtest; a request may only lower it."),
    setting("executor.orders", "5000000", "an integer from 1 to 1000000000", "Orders of a backtest; a request may only lower it."),
    setting("executor.log_lines", "10000", "an integer from 1 to 1000000", "Lines that a guest strategy may log; a request may only lower it."),
    setting("executor.output_bytes", "1073741824", "an integer from 65536 to 4294967296", "Size of the report of a backtest, before it is packed; a request may only lower it."),
    setting("executor.queue_limit", "10000", "an integer from 1 to 10000000", "Queued backtests beyond which new ones are refused."),
    setting("executor.lease_ms", "20000", "an integer from 500 to 3600000", "How long a running backtest may go without a sign of its worker."),
    setting("executor.max_attempts", "5", "an integer from 1 to 100", "How often a backtest is started before it is given up as worker_lost."),
    setting("executor.drain_ms", "10000", "an integer from 0 to 600000", "How long running backtests may go on after SIGTERM before they are handed back to the queue."),
    setting("executor.max_running", "0", "an integer from 0 to 100000; 0 means no limit", "Backtests that run at the same time in all processes together."),
    setting("executor.max_running_per_strategy", "0", "an integer from 0 to 100000; 0 means no limit", "Backtests of one strategy that run at the same time in all processes together."),
    setting("sandbox.standby", "2", "an integer from 0 to 64", "Processes that wait for a run, so that it need not wait for one."),
    setting("sandbox.first_uid", "1900000000", "an integer from 1 to 4000000000", "When the server is root, runs become users from this one on, of 65536."),
    setting("sandbox.max_module_bytes", "4194304", "an integer from 1024 to 67108864", "Largest module of a guest strategy."),
    setting("sandbox.compile_timeout_ms", "10000", "an integer from 100 to 600000", "How long the compilation of a module may take."),
    setting("sandbox.uid", "preferred", "required or preferred", "That runs are not root, when the server is. Where that cannot be had and is required, no run starts."),
    setting("sandbox.no_new_privs", "required", "required or preferred", "That runs can gain no rights. Where that cannot be had and is required, no run starts."),
    setting("sandbox.rlimits", "required", "required or preferred", "That the kernel bounds memory, processor time, processes and files of runs. Where that cannot be had and is required, no run starts."),
    setting("sandbox.landlock", "preferred", "required or preferred", "That runs can open no file and no TCP connection. Where that cannot be had and is required, no run starts."),
    setting("sandbox.seccomp", "required", "required or preferred", "That runs can make few system calls. Where that cannot be had and is required, no run starts."),
    setting("sandbox.network", "preferred", "required or preferred", "That runs have an empty network of their own. Where that cannot be had and is required, no run starts."),
    setting("sandbox.cgroup", "preferred", "required or preferred", "That a control group bounds memory and processes of runs. Where that cannot be had and is required, no run starts."),
    setting("sweep.max_combinations", "10000", "an integer from 1 to 1000000", "Combinations of parameters that one sweep may run."),
    setting("sweep.max_values", "1000", "an integer from 1 to 10000", "Values of one parameter that one sweep may try."),
    setting("readiness.deadline_ms", "800", "an integer from 50 to 950", "How long one readiness check may take."),
    setting("files.data_dir", "data", "a path to a directory that can be written", "Where datasets, artifacts and the embedded database live.")
        .short("TAPEDECK_DATA_DIR"),
    setting("files.quota_mb", "0", "an integer from 0 to 1000000000; 0 means no quota", "How much the data directory may hold. Beyond it nothing new is accepted."),
    setting("files.min_free_mb", "64", "an integer from 0 to 1000000000", "Free space of the data directory's file system below which nothing new is accepted."),
    setting("retention.succeeded_days", "0", "an integer from 0 to 36500; 0 keeps them", "Days after which backtests that succeeded are removed."),
    setting("retention.failed_days", "0", "an integer from 0 to 36500; 0 keeps them", "Days after which backtests that failed are removed."),
    setting("retention.cancelled_days", "0", "an integer from 0 to 36500; 0 keeps them", "Days after which cancelled backtests are removed."),
    setting("retention.timed_out_days", "0", "an integer from 0 to 36500; 0 keeps them", "Days after which backtests whose time was up are removed."),
    setting("retention.keep_latest", "0", "an integer from 0 to 1000000000; 0 keeps all", "Backtests of each final state that are kept, the latest ones."),
    setting("retention.keys_hours", "168", "an integer from 1 to 876000", "Hours after which idempotency keys are forgotten."),
    setting("audit.export_dir", "", "a path to a directory that can be written, or nothing: audit in the data directory", "Where heads of the audit trail's chain and its archive are kept, outside of the database. Best on another disk."),
    setting("flags.ai_assistant", "false", "true or false", "Whether the endpoint for assistants is served; can be changed at run time."),
    setting("flags.execution_envelope", "true", "true or false", "Whether results show how they would be under other assumptions about the way of prices inside bars; can be changed at run time."),
    setting("flags.tight_limits", "false", "true or false", "Whether new runs get at most a quarter of what the limits of the executor allow; can be changed at run time."),
    setting("schedules.timezone", "UTC", "a time zone of the IANA database, such as UTC or Europe/Berlin", "Time zone of the schedules' expressions."),
    setting("schedules.jitter_ms", "30000", "an integer from 0 to 3600000", "How much later than its time a scheduled run begins at most, so that not all come at once; never more than half of the way to the next one."),
    setting("schedules.audit_export", "15 0 * * *", "a cron expression such as 0 3 * * * (six fields with seconds first), or off", "When new entries of the audit trail are written to files."),
    setting("schedules.database_maintenance", "30 3 * * *", "a cron expression such as 0 3 * * * (six fields with seconds first), or off", "When the database's statistics are brought up to date and it is checked."),
    setting("schedules.market_data_refresh", "0 6 * * *", "a cron expression such as 0 3 * * * (six fields with seconds first), or off", "When new bars are fetched for market_data.datasets; needs market_data.url."),
    setting("schedules.reap_lost_jobs", "*/5 * * * *", "a cron expression such as 0 3 * * * (six fields with seconds first), or off", "When all running backtests are looked over for lost workers, beside what every worker does all the time."),
    setting("schedules.retention", "0 * * * *", "a cron expression such as 0 3 * * * (six fields with seconds first), or off", "When what has expired is removed."),
    setting("schedules.verify_sample", "0 4 * * *", "a cron expression such as 0 3 * * * (six fields with seconds first), or off", "When a finished backtest, chosen at random, is repeated and compared."),
    setting("market_data.url", "", "an http or https URL, or nothing", "A market-data service, asked for candles at URL/candles; probed for readiness."),
    setting("market_data.token", "", "visible ASCII characters, or nothing", "Sent to the market-data service as a bearer token.")
        .secret(),
    setting("market_data.datasets", "", "names of datasets such as aapl-1d, separated by commas, or nothing", "Datasets that get new bars of the market-data service."),
];
