use clap::Args;
use tapedeck_http::{OPENAPI, error_codes_markdown, ws_protocol};

#[derive(Args)]
pub(super) struct What {
    /// Print the table of error codes, as Markdown.
    #[arg(long)]
    error_codes: bool,
    /// Print the messages of the playback channel, as Markdown.
    #[arg(long, conflicts_with = "error_codes")]
    playback: bool,
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) fn run(what: &What) {
    let text = match what {
        What { error_codes: true, .. } => error_codes_markdown(),
        What { playback: true, .. } => ws_protocol(),
        What { .. } => OPENAPI.to_owned(),
    };
    print!("{text}");
}
