//! The rules that come with the product.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Head, PackError};
use crate::inject::Injection;
use crate::inject::linear::Linear;
use crate::scan::scan;
use crate::secrets;

const INJECTION: &[(&str, &str)] = &[
    ("lexicon-en.toml", include_str!("../../rules/injection/lexicon-en.toml")),
    ("override.toml", include_str!("../../rules/injection/override.toml")),
    ("signs.toml", include_str!("../../rules/injection/signs.toml")),
    ("channel.toml", include_str!("../../rules/injection/channel.toml")),
    ("languages.toml", include_str!("../../rules/injection/languages.toml")),
];
const HIDDEN: &str = include_str!("../../rules/injection/hidden.toml");
const LINEAR: &str = include_str!("../../rules/injection/linear.toml");
const MODEL: &[u8] = include_bytes!("../../model/linear.bin");

/// Every rule, ready to be used.
#[derive(Debug)]
pub struct Pack {
    pub(crate) injection: Injection,
    structures: BTreeMap<String, Head>,
}

#[derive(Deserialize)]
struct StructureRule {
    #[serde(flatten)]
    head: Head,
    structure: String,
}

#[derive(Deserialize)]
struct StructureFile {
    rule: Vec<StructureRule>,
}

impl Pack {
    /// The pack that comes with the product.
    ///
    /// # Errors
    /// A file of it cannot be read, which a test rules out.
    pub fn builtin() -> Result<Self, PackError> {
        Self::with_model(MODEL)
    }

    /// The same rules with another model, as its trainer writes it: for measuring.
    ///
    /// # Errors
    /// The model is not of the form that [`crate::linear::Linear::read`] takes, or a file of the pack cannot be read.
    pub fn with_model(model: &[u8]) -> Result<Self, PackError> {
        let mut structures = BTreeMap::new();
        for (name, text) in [("hidden.toml", HIDDEN), ("linear.toml", LINEAR)] {
            let file: StructureFile = toml::from_str(text).map_err(|problem| PackError::new(name, problem.to_string()))?;
            structures.extend(file.rule.into_iter().map(|rule| (rule.structure, rule.head)));
        }
        secrets::ready()?;
        Ok(Self { injection: Injection::read(INJECTION)?.with(Linear::read(model)?), structures })
    }

    /// What a rule says of itself.
    pub fn rule(&self, id: &str) -> Option<&Head> {
        let tokens = self.injection.rules().iter().map(|rule| &rule.head);
        tokens.chain(self.structures.values()).find(|head| head.id == id).or_else(|| secrets::head(id))
    }

    /// Proves every rule on its examples: how many rules there are, and each example that one does not keep to.
    pub fn test(&self) -> (usize, Vec<String>) {
        let mut wrong = Vec::new();
        for (index, rule) in self.injection.rules().iter().enumerate() {
            rule.head.keeps_to(|text| self.injection.find(text).hits.iter().any(|hit| hit.rule == index), &mut wrong);
        }
        for head in self.structures.values() {
            head.keeps_to(|text| scan(self, text).findings.iter().any(|finding| finding.rule == head.id), &mut wrong);
        }
        let (secrets, unkept) = secrets::prove();
        wrong.extend(unkept);
        (self.injection.rules().len() + self.structures.len() + secrets, wrong)
    }

    /// The rule that speaks of this structure.
    pub(crate) fn structure(&self, name: &str) -> Option<&Head> {
        self.structures.get(name)
    }
}
