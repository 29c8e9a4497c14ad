//! The table that the benchmark prints.

/// One line: what was measured and, column by column, the result.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: String,
    /// One for each of [`COLUMNS`]; empty where it does not apply.
    pub(crate) cells: [String; COLUMNS.len()],
    /// What the numbers are held against, and whether they keep to it; or why there are none.
    pub(crate) remark: String,
}

/// The columns between the name and the remark.
pub(crate) const COLUMNS: [&str; 8] =
    ["wall s", "floor s", "wall/floor", "CPU s", "peak MB", "calls", "calls/account", "connections"];

impl Row {
    /// A line that says only why nothing was measured.
    pub(crate) fn without_numbers(what: &str, remark: &str) -> Self {
        Self { what: what.to_owned(), cells: Default::default(), remark: remark.to_owned() }
    }
}

/// Prints the table, columns aligned.
pub(crate) fn print(title: &str, rows: &[Row]) {
    let widest = rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS.len())
        .map(|column| rows.iter().map(|row| row.cells[column].len()).chain([COLUMNS[column].len()]).max().unwrap_or(0))
        .collect();
    println!("\n{title}\n");
    println!("{:widest$}  {}  held against", "what", line(&COLUMNS, &widths));
    for row in rows {
        let cells: Vec<&str> = row.cells.iter().map(String::as_str).collect();
        println!("{:widest$}  {}  {}", row.what, line(&cells, &widths), row.remark);
    }
}

fn line(cells: &[&str], widths: &[usize]) -> String {
    let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:>width$}"));
    padded.collect::<Vec<_>>().join("  ")
}
