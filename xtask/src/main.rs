//! Developer commands of Rolecall: `cargo xtask test`, `cargo xtask bench`, `cargo xtask schema`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for a developer at a terminal")]

mod bench;
mod conformance;
#[path = "../../tests/support/http.rs"]
mod http;
mod outcome;
mod python;
mod run;
#[path = "../../tests/support/sandbox.rs"]
mod sandbox;
mod schema;
mod terraform;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
Developer commands of Rolecall.

cargo xtask test [--only PART]...
    Checks everything and says at the end what passed, failed and was left out.
    Parts: format, clippy, tests, schema, conformance, deny. All of them without --only.
cargo xtask bench [--accounts N] [--only PART]...
    Measures on a simulated organization of N accounts (1,000), and prints one table.
    Parts: rolecall, boto3, terraform, planning, help, sandbox, drift. All of them without --only.
cargo xtask schema
    Writes the schema of the configuration file to schemas/rolecall.schema.json.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["test", options @ ..] => test::main(options),
        ["bench", options @ ..] => bench::main(options),
        ["measure", command @ ..] => bench::measure_child(command),
        ["schema"] => schema::write(),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("not a command: {words:?}\n\n{USAGE}").into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
