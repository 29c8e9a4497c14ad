//! The command line itself: usage, streams, exit codes, and files that cannot be used. AWS is never asked.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs the binary in a directory, without the environment's AWS settings.
fn rolecall(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rolecall"))
        .args(arguments)
        .current_dir(dir)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs the binary on one file, and expects an error that holds all of these texts and nothing on standard output.
fn refused(content: &[u8], arguments: &[&str], expected: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("rolecall.yaml"), content).unwrap();
    let output = rolecall(dir.path(), arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(stdout(&output), "");
    for text in expected {
        assert!(stderr(&output).contains(text), "`{text}` is not in:\n{}", stderr(&output));
    }
}

#[test]
fn help_is_for_standard_output_and_ends_well() {
    let output = rolecall(Path::new("."), &["--help"]);
    assert_eq!(output.status.code(), Some(0));
    for command in
        ["validate", "plan", "apply", "status", "accounts", "show", "schema", "completions", "sandbox", "Exit codes"]
    {
        assert!(stdout(&output).contains(command), "{command}");
    }
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_usage_error_is_one_and_not_two_which_would_mean_changes() {
    for arguments in
        [&["plan", "--nonsense"][..], &["frobnicate"], &[], &["plan", "--format", "xml"], &["plan", "-q", "-v"]]
    {
        let output = rolecall(Path::new("."), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
        assert_ne!(stderr(&output), "", "{arguments:?}");
    }
}

#[test]
fn the_version_names_the_formats_it_reads_and_writes() {
    let output = rolecall(Path::new("."), &["--version"]);
    assert!(stdout(&output).starts_with(concat!("rolecall ", env!("CARGO_PKG_VERSION"))));
    assert!(stdout(&output).contains("1.0"));
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = rolecall(Path::new("."), &["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("rolecall"), "{shell}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [&["validate"][..], &["plan"], &["apply", "--auto-approve"], &["status"], &["accounts"]] {
        let output = rolecall(dir.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains("cannot read rolecall.yaml: there is no such file"), "{}", stderr(&output));
        assert!(stderr(&output).contains("hint: "), "{}", stderr(&output));
    }
}

#[test]
fn a_directory_without_yaml_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let output = rolecall(dir.path(), &["validate", "-f", "."]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("there is no *.yaml or *.yml file in ."), "{}", stderr(&output));
}

#[test]
fn what_is_not_text_is_refused() {
    refused(b"version: 1\n\xff\xfe", &["validate"], &["rolecall.yaml is not UTF-8 text: line 2"]);
}

#[test]
fn an_empty_file_is_refused() {
    refused(b"", &["validate"], &["rolecall.yaml", "1 error in rolecall.yaml"]);
}

#[test]
fn all_problems_are_shown_in_their_lines_and_counted() {
    let text = b"version: 1\norganization:\n  idd: o-abc123def4\nintegrations:\n  prowler: 7\n";
    refused(text, &["validate"], &["--> rolecall.yaml:3:3", "--> rolecall.yaml:5:12", "errors in rolecall.yaml"]);
    refused(text, &["plan"], &["--> rolecall.yaml:3:3", "errors in rolecall.yaml"]);
}

#[test]
fn problems_are_a_document_for_programs() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("rolecall.yaml"), "version: 2\n").unwrap();
    let output = rolecall(dir.path(), &["validate", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(document["format_version"], "1.0");
    assert_eq!(document["valid"], false);
    assert!(!document["diagnostics"].as_array().unwrap().is_empty());
}

#[test]
fn a_megabyte_of_nesting_is_refused_quickly() {
    let began = std::time::Instant::now();
    refused("[".repeat(1 << 20).as_bytes(), &["validate"], &["rolecall.yaml"]);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn nothing_prompts_without_a_terminal() {
    refused(b"version: 1\n", &["apply"], &["there is no terminal to ask on", "--auto-approve"]);
}

#[test]
fn what_is_no_saved_plan_is_not_applied() {
    refused(b"version: 1\n", &["apply", "rolecall.yaml"], &["rolecall.yaml is not a saved plan"]);
    refused(b"version: 1\n", &["show", "rolecall.yaml"], &["rolecall.yaml is not a saved plan"]);
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_is_quiet() {
    // Closed before the program begins, so that its first write fails.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    let output = command.args(["completions", "bash"]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(stderr(&output), "");
}

#[test]
fn problems_are_annotations_for_code_hosts() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("rolecall.yaml"), "version: 2\n").unwrap();
    let output = rolecall(dir.path(), &["validate", "--format", "sarif", "--output", "json=problems.json"]);
    assert_eq!(output.status.code(), Some(1));
    let log: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "rolecall.yaml");
    let written = std::fs::read_to_string(dir.path().join("problems.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!(document["valid"], false);
}

#[test]
fn a_format_that_cannot_be_written_is_told_and_the_others_are_written() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("rolecall.yaml"), "version: 2\n").unwrap();
    let output = rolecall(dir.path(), &["validate", "--output", "json=/dev/full", "--output", "sarif=a.sarif"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot write /dev/full"), "{}", stderr(&output));
    assert!(stderr(&output).contains("in rolecall.yaml"), "{}", stderr(&output));
    assert!(dir.path().join("a.sarif").exists());
}
