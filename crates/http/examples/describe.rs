//! Writes the description of the API, from the code, to standard output: `make openapi`.

#[expect(clippy::print_stdout, reason = "what it is for")]
fn main() {
    print!("{}", tapedeck_http::describe());
}
