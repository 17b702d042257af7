//! AWS's XML answers as a tree: they are small, and a tree is the shortest way to read them.

use quick_xml::Reader;
use quick_xml::events::Event;

/// An element without its attributes, which AWS's answers don't use.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

/// The bytes are no XML document.
#[derive(Debug, thiserror::Error)]
#[error("read an XML answer: {0}")]
pub(crate) struct XmlError(String);

impl Element {
    /// Reads a document: its root element.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, XmlError> {
        let mut reader = Reader::from_reader(bytes);
        let mut open = vec![Self::default()];
        let mut buffer = Vec::new();
        loop {
            let event = reader.read_event_into(&mut buffer).map_err(|error| XmlError(error.to_string()))?;
            match event {
                Event::Start(start) => open.push(Self::named(start.local_name().as_ref())),
                Event::Empty(start) => {
                    let element = Self::named(start.local_name().as_ref());
                    Self::innermost(&mut open)?.children.push(element);
                }
                Event::End(_) => {
                    let element = open.pop().ok_or_else(|| XmlError("it closes what it never opened".into()))?;
                    Self::innermost(&mut open)?.children.push(element);
                }
                Event::Text(text) => {
                    let text = text.decode().map_err(|error| XmlError(error.to_string()))?;
                    Self::innermost(&mut open)?.text.push_str(&text);
                }
                Event::CData(text) => {
                    let text = text.decode().map_err(|error| XmlError(error.to_string()))?;
                    Self::innermost(&mut open)?.text.push_str(&text);
                }
                Event::GeneralRef(reference) => {
                    let name = reference.decode().map_err(|error| XmlError(error.to_string()))?;
                    let text = quick_xml::escape::unescape(&format!("&{name};"))
                        .map_err(|error| XmlError(error.to_string()))?
                        .into_owned();
                    Self::innermost(&mut open)?.text.push_str(&text);
                }
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
            buffer.clear();
        }
        match (open.pop(), open.is_empty()) {
            (Some(mut document), true) if document.children.len() == 1 => Ok(document.children.remove(0)),
            _ => Err(XmlError("it has no single, closed root element".into())),
        }
    }

    /// The first child with this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of the child with this name: how AWS writes a list.
    pub(crate) fn list(&self, name: &str) -> &[Self] {
        self.child(name).map_or(&[], |list| &list.children)
    }

    /// The text of the child with this name.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    fn named(name: &[u8]) -> Self {
        Self { name: String::from_utf8_lossy(name).into_owned(), ..Self::default() }
    }

    fn innermost(open: &mut [Self]) -> Result<&mut Self, XmlError> {
        open.last_mut().ok_or_else(|| XmlError("it closes what it never opened".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_texts_and_entities_are_read() {
        let root = Element::parse(
            b"<?xml version=\"1.0\"?><R xmlns=\"x\"><L><I><V>&quot;a&quot; &amp; b</V></I><I/></L><E></E></R>",
        )
        .expect("document");
        assert_eq!(root.name, "R");
        assert_eq!(root.list("L").len(), 2);
        assert_eq!(root.list("L")[0].text_of("V"), Some("\"a\" & b"));
        assert_eq!(root.text_of("E"), Some(""));
        assert_eq!(root.child("none"), None);
    }

    #[test]
    fn what_is_no_document_is_an_error() {
        for bytes in [&b"<a><b></a>"[..], b"<a>", b"", b"plain", b"<a/><b/>"] {
            assert!(Element::parse(bytes).is_err(), "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
