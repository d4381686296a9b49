//! What keeps data: how much, never which.

use std::fmt;

use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kmg_core::observe::{ClaimShape, ConfigMapShape, KeySize};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::read::facts::{MAX_PARTS, clip, short};

/// The most keys of one `ConfigMap`.
const MAX_KEYS: usize = 64;
const KEY_BYTES: usize = 253;

/// A `ConfigMap` whose values are measured and dropped by the parser.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sizes {
    #[serde(default)]
    immutable: Option<bool>,
    #[serde(default)]
    data: Measured<false>,
    #[serde(default)]
    binary_data: Measured<true>,
}

/// Keys with the sizes of their values; of base64 the size of what it stands for.
#[derive(Default)]
struct Measured<const BASE64: bool>(Vec<(String, u64)>);

struct Length<const BASE64: bool>(u64);

impl<'de, const BASE64: bool> Deserialize<'de> for Length<BASE64> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OnlyLength<const BASE64: bool>;
        impl<const BASE64: bool> Visitor<'_> for OnlyLength<BASE64> {
            type Value = u64;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E>(self, text: &str) -> Result<u64, E> {
                let length = if BASE64 { text.trim_end_matches('=').len() * 3 / 4 } else { text.len() };
                Ok(u64::try_from(length).unwrap_or(u64::MAX))
            }
        }
        deserializer.deserialize_str(OnlyLength::<BASE64>).map(Self)
    }
}

impl<'de, const BASE64: bool> Deserialize<'de> for Measured<BASE64> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<const BASE64: bool>;
        impl<'de, const BASE64: bool> Visitor<'de> for Pairs<BASE64> {
            type Value = Measured<BASE64>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Measured::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some((key, Length::<BASE64>(length))) = access.next_entry::<String, _>()? {
                    all.push((clip(&key, KEY_BYTES), length));
                }
                Ok(Measured(all))
            }
        }
        deserializer.deserialize_any(Pairs::<BASE64>)
    }
}

impl Sizes {
    pub(super) fn shape(&self) -> ConfigMapShape {
        let all = || self.data.0.iter().chain(&self.binary_data.0);
        let mut keys: Vec<KeySize> = all().map(|(name, bytes)| KeySize { name: name.clone(), bytes: *bytes }).collect();
        keys.sort_by(|one, other| one.name.cmp(&other.name));
        keys.truncate(MAX_KEYS);
        ConfigMapShape {
            immutable: self.immutable.unwrap_or_default(),
            key_count: u64::try_from(all().count()).unwrap_or(u64::MAX),
            bytes: all().map(|(_, length)| length).sum(),
            keys,
        }
    }
}

pub(super) fn claim(object: &PersistentVolumeClaim) -> ClaimShape {
    let (spec, status) = (object.spec.as_ref(), object.status.as_ref());
    let text = |text: &String| short(Some(text));
    let requests = spec.and_then(|spec| spec.resources.as_ref()).and_then(|all| all.requests.as_ref());
    let capacity = status.and_then(|status| status.capacity.as_ref());
    ClaimShape {
        phase: short(status.and_then(|status| status.phase.as_deref())),
        storage_class: spec.and_then(|spec| spec.storage_class_name.as_ref()).map(text),
        volume: spec.and_then(|spec| spec.volume_name.as_ref()).map(text),
        access_modes: spec.iter().flat_map(|spec| spec.access_modes.iter().flatten()).take(MAX_PARTS).map(text).collect(),
        requested: requests.and_then(|all| all.get("storage")).map(|size| text(&size.0)),
        capacity: capacity.and_then(|all| all.get("storage")).map(|size| text(&size.0)),
    }
}
