/// What is logged by this process, which can change while it runs.
pub trait LogControl: Send + Sync {
    /// The level as it is written down, such as `info,tapedeck_http=debug`; `None` when it is
    /// none. Accepts what the configuration accepts.
    fn parse(&self, level: &str) -> Option<String>;

    /// Logs by this level from now on. One that cannot be parsed changes nothing.
    fn apply(&self, level: &str);
}
