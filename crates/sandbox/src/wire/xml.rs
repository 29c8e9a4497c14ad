//! A writer for the XML of the Query protocol.

use std::fmt::{Display, Write};

/// XML under construction: elements are appended in the order of the calls.
#[derive(Debug, Default)]
pub(crate) struct Xml {
    out: String,
}

impl Xml {
    /// Appends `<name>value</name>`, the value escaped.
    pub(crate) fn text(&mut self, name: &str, value: impl Display) {
        self.open(name);
        // Writing to a String cannot fail.
        let _ = write!(Escape(&mut self.out), "{value}");
        self.close(name);
    }

    /// Appends `<name>value</name>` when there is a value; an absent member is an absent element.
    pub(crate) fn maybe(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Appends `<name>..</name>` around what `inner` appends.
    pub(crate) fn element(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        self.open(name);
        inner(self);
        self.close(name);
    }

    /// Appends `<name><member>..</member>..</name>`, one `member` for each item; an empty list is an empty element.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.element(name, |xml| {
            for item in items {
                xml.element("member", |xml| each(xml, item));
            }
        });
    }

    /// Appends `<name><member>value</member>..</name>`.
    pub(crate) fn texts<T: Display>(&mut self, name: &str, items: impl IntoIterator<Item = T>) {
        self.element(name, |xml| {
            for item in items {
                xml.text("member", item);
            }
        });
    }

    /// The XML written so far.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    fn open(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }
}

struct Escape<'a>(&'a mut String);

impl Write for Escape<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&apos;"),
                // XML parsers turn a bare carriage return into a line feed.
                '\r' => self.0.push_str("&#xD;"),
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_lists_are_members() {
        let mut xml = Xml::default();
        xml.text("A", "<&\"'>\r");
        xml.texts("L", ["x", "y"]);
        xml.list("E", std::iter::empty::<u8>(), |_, _| {});
        xml.maybe("M", None::<u8>);
        assert_eq!(
            xml.finish(),
            "<A>&lt;&amp;&quot;&apos;&gt;&#xD;</A><L><member>x</member><member>y</member></L><E></E>"
        );
    }
}
