//! What was read of a block, by the names of the table.

use crate::value::Value;
use indexmap::IndexMap;
use pilotlight_findings::Region;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// A value by its type.
#[derive(Debug)]
pub(crate) enum Content {
    Text(String),
    Region(Region),
    Duration(Duration),
    Integer(i64),
    Integers(Vec<(i64, Range<usize>)>),
    Flag(bool),
    Texts(Vec<(String, Range<usize>)>),
    TextMap(IndexMap<String, String>),
    Map(IndexMap<String, Json>),
    Value(Value),
    Values(Vec<(Value, Range<usize>)>),
    ValueMap(IndexMap<String, Value>),
    Object(Fields),
}

/// The attributes of a block or object that have a value, by the names of the table. Where one is not
/// there although it is required or has a default, its error has been noted.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    contents: BTreeMap<&'static str, (Content, Range<usize>)>,
    /// Attributes that the table does not name, of a block that takes any.
    pub(crate) others: IndexMap<String, Json>,
}

/// One getter for each type: the content of that name, where it is there and has that type.
macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $variant:ident -> $type:ty;)+) => {
        $(
            $(#[$doc])*
            pub(crate) fn $name(&mut self, name: &str) -> Option<$type> {
                match self.contents.remove(name)?.0 {
                    Content::$variant(content) => Some(content),
                    _ => None,
                }
            }
        )+
    };
}

impl Fields {
    pub(crate) fn insert(&mut self, name: &'static str, content: Content, range: Range<usize>) {
        self.contents.insert(name, (content, range));
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.contents.contains_key(name)
    }

    /// Where the value stands; the block's head where it is a default.
    pub(crate) fn range(&self, name: &str) -> Range<usize> {
        self.contents.get(name).map(|(_, range)| range.clone()).unwrap_or_default()
    }

    getters! {
        text: Text -> String;
        region: Region -> Region;
        duration: Duration -> Duration;
        integer: Integer -> i64;
        integers: Integers -> Vec<(i64, Range<usize>)>;
        flag: Flag -> bool;
        texts: Texts -> Vec<(String, Range<usize>)>;
        text_map: TextMap -> IndexMap<String, String>;
        map: Map -> IndexMap<String, Json>;
        value: Value -> Value;
        values: Values -> Vec<(Value, Range<usize>)>;
        value_map: ValueMap -> IndexMap<String, Value>;
        object: Object -> Fields;
    }
}
