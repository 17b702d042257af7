//! Reading addresses: the cursor that resource and provider addresses share.

use crate::address::{AddressError, IndexKey, Mode, ModuleStep, ResourceAddress};
use crate::quoted::unquote;
use std::str::FromStr;

/// A place in an address. Errors are a reason and a byte offset.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    offset: usize,
}

pub(crate) type At = (String, usize);

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }

    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.offset..]
    }

    pub(crate) fn fail<T>(&self, reason: impl Into<String>) -> Result<T, At> {
        Err((reason.into(), self.offset))
    }

    /// Steps over `text` if it is next.
    pub(crate) fn accept(&mut self, text: &str) -> bool {
        let next = self.rest().starts_with(text);
        if next {
            self.offset += text.len();
        }
        next
    }

    pub(crate) fn expect(&mut self, text: &str) -> Result<(), At> {
        if self.accept(text) { Ok(()) } else { self.fail(format!("{text:?} is wanted")) }
    }

    /// A name as HCL has it: a letter or `_`, then letters, digits, `_` and `-`.
    pub(crate) fn name(&mut self, what: &str) -> Result<String, At> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() || name.starts_with('-') || name.starts_with(|c: char| c.is_ascii_digit()) {
            return self.fail(format!("{what} is wanted"));
        }
        self.offset += end;
        Ok(name.to_owned())
    }

    /// `["a"]` or `[0]`, if one is next.
    pub(crate) fn key(&mut self) -> Result<Option<IndexKey>, At> {
        if !self.accept("[") {
            return Ok(None);
        }
        let key = if self.rest().starts_with('"') {
            IndexKey::Str(self.string()?)
        } else {
            let rest = self.rest();
            let end = rest.find(']').unwrap_or(rest.len());
            let Ok(index) = rest[..end].parse::<i64>() else {
                return self.fail("a whole number or a quoted string is wanted in the brackets");
            };
            self.offset += end;
            IndexKey::Int(index)
        };
        self.expect("]")?;
        Ok(Some(key))
    }

    /// A quoted string.
    pub(crate) fn string(&mut self) -> Result<String, At> {
        match unquote(self.rest()) {
            Ok((text, length)) => {
                self.offset += length;
                Ok(text)
            }
            Err(reason) => self.fail(reason),
        }
    }

    /// `module.a.module.b[0].`, the last dot included, as far as it goes.
    pub(crate) fn modules(&mut self) -> Result<Vec<ModuleStep>, At> {
        let mut modules = Vec::new();
        while self.accept("module.") {
            let name = self.name("a module's name")?;
            let key = self.key()?;
            self.expect(".")?;
            modules.push(ModuleStep { name, key });
        }
        Ok(modules)
    }

    pub(crate) fn end(&self) -> Result<(), At> {
        if self.rest().is_empty() { Ok(()) } else { self.fail("nothing more is wanted") }
    }
}

fn resource(text: &str) -> Result<ResourceAddress, At> {
    let mut cursor = Cursor::new(text);
    let module = cursor.modules()?;
    let mode = if cursor.accept("data.") {
        Mode::Data
    } else if cursor.accept("ephemeral.") {
        Mode::Ephemeral
    } else {
        Mode::Managed
    };
    let resource_type = cursor.name("a resource type")?;
    cursor.expect(".")?;
    let name = cursor.name("a resource's name")?;
    let key = cursor.key()?;
    cursor.end()?;
    Ok(ResourceAddress { module, mode, resource_type, name, key })
}

impl FromStr for ResourceAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        resource(text).map_err(|(reason, offset)| AddressError {
            text: text.to_owned(),
            reason,
            position: text[..offset].chars().count() + 1,
        })
    }
}

/// A module path alone, as the state has it: `module.a.module.b["x"]`.
pub(crate) fn modules(text: &str) -> Result<Vec<ModuleStep>, String> {
    let mut cursor = Cursor::new(text);
    let mut modules = Vec::new();
    loop {
        let step = (|| {
            cursor.expect("module.")?;
            let name = cursor.name("a module's name")?;
            let key = cursor.key()?;
            Ok(ModuleStep { name, key })
        })();
        modules.push(step.map_err(|(reason, _): At| reason)?);
        if cursor.rest().is_empty() {
            return Ok(modules);
        }
        cursor.expect(".").map_err(|(reason, _)| reason)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_read_as_terraform_writes_them() {
        let address: ResourceAddress =
            r#"module.web["a.b"].module.x[2].data.aws_ami.y["k\"[0]"]"#.parse().expect("valid");
        assert_eq!(address.module.len(), 2);
        assert_eq!(address.module[0].key, Some(IndexKey::Str("a.b".into())));
        assert_eq!(address.module[1].key, Some(IndexKey::Int(2)));
        assert_eq!((address.mode, address.resource_type.as_str(), address.name.as_str()), (Mode::Data, "aws_ami", "y"));
        assert_eq!(address.key, Some(IndexKey::Str("k\"[0]".into())));
        assert_eq!(address.config().to_string(), "module.web.module.x.data.aws_ami.y");
    }

    #[test]
    fn what_is_no_address_says_where() {
        for (text, reason, position) in [
            ("", "a resource type is wanted", 1),
            ("aws_vpc", "\".\" is wanted", 8),
            ("aws_vpc.", "a resource's name is wanted", 9),
            ("aws_vpc.a[", "a whole number or a quoted string is wanted in the brackets", 11),
            ("aws_vpc.é[x]", "a whole number or a quoted string is wanted in the brackets", 11),
            ("aws_vpc.a[\"x]", "the quotes are not closed", 11),
            ("aws_vpc.a[0].b", "nothing more is wanted", 13),
            ("module.a", "\".\" is wanted", 9),
        ] {
            let error = text.parse::<ResourceAddress>().expect_err(text);
            assert_eq!((error.reason.as_str(), error.position), (reason, position), "{text}");
        }
    }

    fn key() -> impl Strategy<Value = Option<IndexKey>> {
        prop_oneof![
            Just(None),
            any::<i64>().prop_map(|index| Some(IndexKey::Int(index))),
            ".*".prop_map(|key| Some(IndexKey::Str(key))),
            r#"[$%{}"\\\[\]. \n]{0,8}"#.prop_map(|key| Some(IndexKey::Str(key))),
        ]
    }

    fn name() -> impl Strategy<Value = String> {
        "[a-zA-Z_][a-zA-Z0-9_-]{0,8}"
    }

    proptest! {
        #[test]
        fn an_address_survives_its_text(
            module in prop::collection::vec((name(), key()), 0..3),
            mode in prop_oneof![Just(Mode::Managed), Just(Mode::Data), Just(Mode::Ephemeral)],
            provider in "[a-z]{1,5}", kind in name(), name in name(), key in key(),
        ) {
            let module = module.into_iter().map(|(name, key)| ModuleStep { name, key }).collect();
            let address = ResourceAddress { module, mode, resource_type: format!("{provider}_{kind}"), name, key };
            prop_assert_eq!(address.to_string().parse::<ResourceAddress>().expect("own text"), address);
        }
    }
}
