//! The one macro behind every section: struct, defaults and the lines of the example file from one list.

/// A key of a section, as the example file shows it.
#[derive(Clone, Debug)]
pub struct KeyDoc {
    /// The key.
    pub name: &'static str,
    /// Its doc comment, one line each.
    pub doc: &'static [&'static str],
    /// Its default as a TOML value; `None` where it is unset by default.
    pub default: Option<toml::Value>,
}

macro_rules! section {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $key_doc:literal])* $key:ident: $type:ty = $default:expr;)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name { $($(#[doc = $key_doc])* pub $key: $type,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }

        impl $name {
            /// What the section is for, one line each.
            pub const DOC: &'static [&'static str] = &[$($doc),*];

            /// Its keys with their documentation and defaults.
            pub fn keys() -> Vec<crate::config::section::KeyDoc> {
                let defaults = Self::default();
                vec![$(crate::config::section::KeyDoc {
                    name: stringify!($key),
                    doc: &[$($key_doc),*],
                    default: toml::Value::try_from(&defaults.$key).ok(),
                },)*]
            }
        }
    };
}

pub(super) use section;
