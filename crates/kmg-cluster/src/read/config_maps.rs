//! `ConfigMaps`: names of keys. Values are skipped by the parser and never become a string of ours.

use std::fmt;

use kmg_core::observe::ConfigMapFacts;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::facts::{clip, short};

/// The most key names of one `ConfigMap`.
const MAX_KEYS: usize = 64;
const KEY_BYTES: usize = 253;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConfigMapKeys {
    metadata: Named,
    #[serde(default)]
    data: Keys,
    #[serde(default)]
    binary_data: Keys,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

/// The keys of a JSON object; `null` has none.
#[derive(Default)]
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OnlyKeys;
        impl<'de> Visitor<'de> for OnlyKeys {
            type Value = Keys;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_unit<E>(self) -> Result<Keys, E> {
                Ok(Keys::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = access.next_entry::<String, IgnoredAny>()? {
                    keys.push(clip(&key, KEY_BYTES));
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_any(OnlyKeys)
    }
}

impl ConfigMapKeys {
    pub(super) fn facts(&self) -> ConfigMapFacts {
        let mut keys = [self.data.0.as_slice(), &self.binary_data.0].concat();
        keys.sort();
        keys.truncate(MAX_KEYS);
        ConfigMapFacts { name: short(Some(&self.metadata.name)), keys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_and_values_go() {
        let text = r#"{"metadata":{"name":"m"},"data":{"b":"hunter2","a":"x"},"binaryData":{"c":"AAEC"},"immutable":null}"#;
        let facts = serde_json::from_str::<ConfigMapKeys>(text).unwrap().facts();
        assert_eq!(facts, ConfigMapFacts { name: "m".into(), keys: vec!["a".into(), "b".into(), "c".into()] });
        let empty = serde_json::from_str::<ConfigMapKeys>(r#"{"metadata":{"name":"m"},"data":null}"#).unwrap().facts();
        assert!(empty.keys.is_empty());
    }
}
