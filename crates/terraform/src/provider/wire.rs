//! The messages of protocols 5 and 6, as far as reading needs them.
//!
//! Source of the field numbers: Terraform, `docs/plugin-protocol/tfplugin5.8.proto` and `tfplugin6.8.proto`, which
//! agree on all of these. What is not declared here is skipped when an answer is decoded. The two protocols differ
//! in one message, `Schema.Attribute`: see [`schema_messages`].

use bytes::Bytes;

/// A value by its schema's type: one of the two fields is set.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DynamicValue {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) msgpack: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) json: Bytes,
}

/// Severity of a [`Diagnostic`] that makes a call fail.
pub(crate) const SEVERITY_ERROR: i32 = 1;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Diagnostic {
    #[prost(int32, tag = "1")]
    pub(crate) severity: i32,
    #[prost(string, tag = "2")]
    pub(crate) summary: String,
    #[prost(string, tag = "3")]
    pub(crate) detail: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Empty {}

/// One entry of a map of schemas. The schema stays as it came until it is asked for: the AWS provider has 1,500.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NamedSchema {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) schema: Bytes,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ServerCapabilities {
    #[prost(bool, tag = "2")]
    pub(crate) get_provider_schema_optional: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SchemaAnswer {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) provider: Bytes,
    #[prost(message, repeated, tag = "2")]
    pub(crate) resources: Vec<NamedSchema>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) diagnostics: Vec<Diagnostic>,
    #[prost(bytes = "bytes", tag = "5")]
    pub(crate) provider_meta: Bytes,
    #[prost(message, optional, tag = "6")]
    pub(crate) server_capabilities: Option<ServerCapabilities>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ValidateProvider {
    #[prost(message, optional, tag = "1")]
    pub(crate) config: Option<DynamicValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ValidateProviderAnswer {
    /// Protocol 5 only: the configuration with the provider's own defaults.
    #[prost(message, optional, tag = "1")]
    pub(crate) prepared_config: Option<DynamicValue>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) diagnostics: Vec<Diagnostic>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Configure {
    #[prost(string, tag = "1")]
    pub(crate) terraform_version: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) config: Option<DynamicValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ConfigureAnswer {
    #[prost(message, repeated, tag = "1")]
    pub(crate) diagnostics: Vec<Diagnostic>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RawState {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) json: Bytes,
    #[prost(btree_map = "string, string", tag = "2")]
    pub(crate) flatmap: std::collections::BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Upgrade {
    #[prost(string, tag = "1")]
    pub(crate) type_name: String,
    #[prost(int64, tag = "2")]
    pub(crate) version: i64,
    #[prost(message, optional, tag = "3")]
    pub(crate) raw_state: Option<RawState>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UpgradeAnswer {
    #[prost(message, optional, tag = "1")]
    pub(crate) upgraded_state: Option<DynamicValue>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) diagnostics: Vec<Diagnostic>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Read {
    #[prost(string, tag = "1")]
    pub(crate) type_name: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) current_state: Option<DynamicValue>,
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) private: Bytes,
    #[prost(message, optional, tag = "4")]
    pub(crate) provider_meta: Option<DynamicValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Deferred {
    #[prost(int32, tag = "1")]
    pub(crate) reason: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ReadAnswer {
    #[prost(message, optional, tag = "1")]
    pub(crate) new_state: Option<DynamicValue>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) diagnostics: Vec<Diagnostic>,
    #[prost(message, optional, tag = "4")]
    pub(crate) deferred: Option<Deferred>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StopAnswer {
    #[prost(string, tag = "1")]
    pub(crate) error: String,
}

/// What the plugin writes to its standard output and error, by go-plugin's `GRPCStdio`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StdioData {
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) data: Vec<u8>,
}

/// The schema's messages of one protocol: `Attribute` has the fields that are given beside its own.
macro_rules! schema_messages {
    ($(#[$doc:meta])* $protocol:ident { $($extra:tt)* } { $($items:tt)* }) => {
        $(#[$doc])*
        pub(crate) mod $protocol {
            #[derive(Clone, PartialEq, prost::Message)]
            pub(crate) struct Schema {
                #[prost(int64, tag = "1")]
                pub(crate) version: i64,
                #[prost(message, optional, tag = "2")]
                pub(crate) block: Option<Block>,
            }

            #[derive(Clone, PartialEq, prost::Message)]
            pub(crate) struct Block {
                #[prost(message, repeated, tag = "2")]
                pub(crate) attributes: Vec<Attribute>,
                #[prost(message, repeated, tag = "3")]
                pub(crate) block_types: Vec<NestedBlock>,
            }

            #[derive(Clone, PartialEq, prost::Message)]
            pub(crate) struct Attribute {
                #[prost(string, tag = "1")]
                pub(crate) name: String,
                #[prost(bytes = "vec", tag = "2")]
                pub(crate) r#type: Vec<u8>,
                #[prost(bool, tag = "4")]
                pub(crate) required: bool,
                #[prost(bool, tag = "5")]
                pub(crate) optional: bool,
                #[prost(bool, tag = "6")]
                pub(crate) computed: bool,
                #[prost(bool, tag = "7")]
                pub(crate) sensitive: bool,
                $($extra)*
            }

            #[derive(Clone, PartialEq, prost::Message)]
            pub(crate) struct NestedBlock {
                #[prost(string, tag = "1")]
                pub(crate) type_name: String,
                #[prost(message, optional, tag = "2")]
                pub(crate) block: Option<Block>,
                #[prost(int32, tag = "3")]
                pub(crate) nesting: i32,
            }
            $($items)*
        }
    };
}

schema_messages! {
    /// Protocol 5: tag 10 of an attribute is a flag of no matter here, and a nested type does not exist.
    v5 {} {}
}

schema_messages! {
    /// Protocol 6: tag 10 of an attribute is its nested type.
    v6 {
        #[prost(message, optional, tag = "10")]
        pub(crate) nested_type: Option<Object>,
    }
    {
        /// An attribute's object with a schema of its own.
        #[derive(Clone, PartialEq, prost::Message)]
        pub(crate) struct Object {
            #[prost(message, repeated, tag = "1")]
            pub(crate) attributes: Vec<Attribute>,
            #[prost(int32, tag = "3")]
            pub(crate) nesting: i32,
        }
    }
}

/// How blocks and nested objects are held: `NestingMode` of both messages.
pub(crate) mod nesting {
    pub(crate) const SINGLE: i32 = 1;
    pub(crate) const LIST: i32 = 2;
    pub(crate) const SET: i32 = 3;
    pub(crate) const MAP: i32 = 4;
    pub(crate) const GROUP: i32 = 5;
}
