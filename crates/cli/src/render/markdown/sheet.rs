//! Cutting to size. GitHub takes 65,536 characters (Unicode scalar values) in the text of a pull request, and in a comment
//! 262,144 bytes, which that many characters never exceed. What is cut is items of lists, never what counts them.

use std::fmt;

/// The largest size, in characters. The rest up to 65,536 is for what a pipeline adds.
pub(super) const LIMIT: usize = 65_000;

/// What a list may say more than is reserved for it: a plural that is longer than a singular.
const SLACK: usize = 16;

/// A document that is cut to size.
#[derive(Debug)]
pub(super) struct Sheet {
    /// What stands first, cut or not.
    head: String,
    /// What is said below it where something is cut.
    cut: &'static str,
    lists: Vec<List>,
}

/// A list of things, of which some can be left out. Those before it in the sheet have the first choice.
pub(super) struct List {
    /// What stands before the items.
    pub(super) head: String,
    /// The items.
    pub(super) items: Vec<Item>,
    /// What is said of the items that are left out, by their indices; it must not become longer when there are fewer.
    pub(super) rest: Rest,
    /// What stands behind the items and the rest.
    pub(super) tail: String,
}

/// What is said of items that are left out, by their indices.
pub(super) type Rest = Box<dyn Fn(&[usize]) -> String>;

/// An item, the longest form of it first; each says all that counts.
#[derive(Debug)]
pub(super) struct Item(Vec<String>);

impl Item {
    /// An item with one form.
    pub(super) fn new(text: String) -> Self {
        Self(vec![text])
    }

    /// An item with forms to choose from, the longest first. Forms that are the same are one.
    pub(super) fn of(forms: impl IntoIterator<Item = String>) -> Self {
        let mut forms: Vec<String> = forms.into_iter().collect();
        forms.dedup();
        Self(forms)
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("head", &self.head).field("items", &self.items.len()).finish_non_exhaustive()
    }
}

impl Sheet {
    /// A document with this at its beginning, and what is said below it where something is cut.
    pub(super) fn new(head: String, cut: &'static str) -> Self {
        Self { head, cut, lists: Vec::new() }
    }

    /// Adds a list; an empty one is nothing.
    pub(super) fn add(&mut self, list: List) {
        if !list.items.is_empty() {
            self.lists.push(list);
        }
    }

    /// The document in at most so many characters, as long as its head and its counts are shorter.
    pub(super) fn cut_to(self, limit: usize) -> String {
        let fixed: usize = self.lists.iter().map(List::reserved).sum();
        let mut room = limit.saturating_sub(size(&self.head) + size(self.cut) + fixed);
        let mut choices: Vec<Choice> = self.lists.iter().map(Choice::of).collect();
        // First no list takes more than half of what is left, so that all have something; then each what is left.
        for choice in &mut choices {
            let mut share = room / 2;
            let before = share;
            choice.take(&mut share);
            room -= before - share;
        }
        for choice in &mut choices {
            choice.take(&mut room);
        }
        for choice in &mut choices {
            choice.lengthen(&mut room);
        }
        let mut text = self.head;
        if choices.iter().any(Choice::is_cut) {
            text.push_str(self.cut);
        }
        for (list, choice) in self.lists.iter().zip(&choices) {
            list.write(choice, &mut text);
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

impl List {
    fn reserved(&self) -> usize {
        let all: Vec<usize> = (0..self.items.len()).collect();
        size(&self.head) + size(&self.tail) + size(&(self.rest)(&all)) + SLACK
    }

    fn write(&self, choice: &Choice, text: &mut String) {
        text.push_str(&self.head);
        let mut left = Vec::new();
        for (index, (Item(forms), chosen)) in self.items.iter().zip(&choice.chosen).enumerate() {
            match chosen.and_then(|form| forms.get(form)) {
                Some(form) => text.push_str(form),
                None => left.push(index),
            }
        }
        if !left.is_empty() {
            text.push_str(&(self.rest)(&left));
        }
        text.push_str(&self.tail);
    }
}

/// Which form of each item is shown, if any.
struct Choice {
    sizes: Vec<Vec<usize>>,
    chosen: Vec<Option<usize>>,
}

impl Choice {
    fn of(list: &List) -> Self {
        let sizes: Vec<Vec<usize>> =
            list.items.iter().map(|Item(forms)| forms.iter().map(|form| size(form)).collect()).collect();
        Self { chosen: vec![None; sizes.len()], sizes }
    }

    /// Takes the last form of every item that there is room for.
    fn take(&mut self, room: &mut usize) {
        for (sizes, chosen) in self.sizes.iter().zip(&mut self.chosen) {
            if let (None, Some(size)) = (*chosen, sizes.last().filter(|size| **size <= *room)) {
                *chosen = Some(sizes.len() - 1);
                *room -= size;
            }
        }
    }

    /// Takes a longer form of the items that are shown where there is room for it.
    fn lengthen(&mut self, room: &mut usize) {
        for (sizes, chosen) in self.sizes.iter().zip(&mut self.chosen) {
            let Some(now) = chosen.and_then(|form| sizes.get(form)).copied() else { continue };
            if let Some(form) = sizes.iter().position(|size| *size <= now + *room) {
                *room = (*room + now).saturating_sub(sizes[form]);
                *chosen = Some(form);
            }
        }
    }

    fn is_cut(&self) -> bool {
        self.chosen.iter().any(|chosen| *chosen != Some(0))
    }
}

/// The size as GitHub counts it.
fn size(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(name: &str, items: impl IntoIterator<Item = Item>) -> List {
        List {
            head: format!("{name}:\n"),
            items: items.into_iter().collect(),
            rest: Box::new(|left| format!("and {} more\n", left.len())),
            tail: String::new(),
        }
    }

    fn sheet(lists: impl IntoIterator<Item = List>) -> Sheet {
        let mut sheet = Sheet::new("title\n".to_owned(), "(cut)\n");
        lists.into_iter().for_each(|list| sheet.add(list));
        sheet
    }

    fn items(number: usize, text: &str) -> Vec<Item> {
        (0..number).map(|_| Item::new(text.to_owned())).collect()
    }

    #[test]
    fn what_fits_is_shown_whole_and_not_called_cut() {
        let text = sheet([list("a", items(2, "x\n")), list("none", [])]).cut_to(1000);
        assert_eq!(text, "title\na:\nx\nx\n");
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let lists = [list("a", items(1000, "0123456789\n")), list("b", items(1000, "0123456789\n"))];
        let text = sheet(lists).cut_to(1000);
        assert!(text.chars().count() <= 1000, "{text}");
        assert!(text.starts_with("title\n(cut)\na:\n0123456789\n"), "{text}");
        let left: Vec<usize> =
            text.split("and ").skip(1).map(|rest| rest.split(' ').next().unwrap().parse().unwrap()).collect();
        assert_eq!(left.iter().sum::<usize>() + text.matches("0123456789\n").count(), 2000);
        assert!(left.iter().all(|left| *left < 1000), "no list is left out whole: {text}");
    }

    #[test]
    fn an_item_is_shorter_before_another_is_left_out() {
        let forms = || Item::of(["long".repeat(100), "short".to_owned()]);
        let text = sheet([list("a", [forms(), forms()])]).cut_to(500);
        assert_eq!(text, format!("title\n(cut)\na:\n{}short\n", "long".repeat(100)));
    }

    #[test]
    fn the_size_is_in_characters_not_bytes() {
        let text = sheet([list("a", items(50, "\u{1f308}\u{1f308}\n"))]).cut_to(220);
        assert_eq!(text.matches('\n').count(), 52, "{text}");
    }
}
