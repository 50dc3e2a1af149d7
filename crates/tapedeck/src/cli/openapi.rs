use clap::Args;
use tapedeck_http::{error_codes_markdown, openapi_json};

#[derive(Args)]
pub(super) struct What {
    /// Print the table of error codes, as Markdown.
    #[arg(long)]
    error_codes: bool,
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) fn run(what: &What) {
    print!("{}", if what.error_codes { error_codes_markdown() } else { openapi_json() });
}
