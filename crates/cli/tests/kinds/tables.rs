//! What the README and the documentation say of it.

use std::fmt::Write as _;
use std::fs;

use crate::kinds::{File, Kind, Teller};
use crate::root;

const BEGIN: &str = "<!-- kinds of drift: measured -->\n";
const END: &str = "<!-- end -->";

/// Holds both against the file; with `BLESS=1` writes them.
pub(crate) fn check(file: &File) -> Result<(), String> {
    for (path, table) in [("README.md", counts(file)), ("docs/drift.md", listing(file))] {
        let place = root().join(path);
        let text = fs::read_to_string(&place).map_err(|error| format!("{path}: {error}"))?;
        let (before, rest) = text.split_once(BEGIN).ok_or_else(|| format!("{path} has no table of the kinds"))?;
        let (is, after) = rest.split_once(END).ok_or_else(|| format!("{path}: the table has no end"))?;
        if is == table {
            continue;
        }
        if std::env::var_os("BLESS").is_none() {
            return Err(format!("{path} says\n{is}\nand measured is\n{table}\nBLESS=1 writes it"));
        }
        fs::write(place, format!("{before}{BEGIN}{table}{END}{after}")).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

fn title(teller: Teller) -> &'static str {
    match teller {
        Teller::Rolecall => "`rolecall drift`",
        Teller::CloudFormation => "CloudFormation's drift detection",
        Teller::Terraform => "`terraform plan`",
    }
}

fn told(kinds: &[Kind], teller: Teller) -> usize {
    kinds.iter().filter(|kind| kind.is_told(teller)).count()
}

fn counts(file: &File) -> String {
    let mut table = String::from("| | kinds of drift found | false alarms |\n|---|---|---|\n");
    for teller in Teller::ALL {
        let (found, false_alarms) = (told(&file.kinds, teller), told(&file.harmless, teller));
        let (kinds, harmless) = (file.kinds.len(), file.harmless.len());
        // Writing to a string cannot fail.
        let _ = writeln!(table, "| {} | {found} of {kinds} | {false_alarms} of {harmless} |", title(teller));
    }
    table
}

fn listing(file: &File) -> String {
    let mut table =
        String::from("| what somebody did | Rolecall says | CloudFormation | Terraform |\n|---|---|---|---|\n");
    let mark = |kind: &Kind, teller| if kind.is_told(teller) { "found" } else { "-" };
    for kind in &file.kinds {
        let says = if kind.is_told(Teller::Rolecall) { format!("`{}`", kind.rolecall) } else { "-".to_owned() };
        let (cloudformation, terraform) = (mark(kind, Teller::CloudFormation), mark(kind, Teller::Terraform));
        let _ = writeln!(table, "| {} | {says} | {cloudformation} | {terraform} |", kind.name);
    }
    table += "\n| harmless | Rolecall | CloudFormation | Terraform |\n|---|---|---|---|\n";
    let alarm = |kind: &Kind, teller| if kind.is_told(teller) { "false alarm" } else { "-" };
    for kind in &file.harmless {
        let [rolecall, cloudformation, terraform] = Teller::ALL.map(|teller| alarm(kind, teller));
        let _ = writeln!(table, "| {} | {rolecall} | {cloudformation} | {terraform} |", kind.name);
    }
    table
}
