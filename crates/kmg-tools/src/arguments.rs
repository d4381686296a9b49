//! Strict reading of an argument object.

use std::str::FromStr;

use kmg_core::problem::{Code, Refusal};
use serde_json::{Map, Value};

use crate::manifest;

/// The longest argument name quoted in a refusal.
const MAX_QUOTED: usize = 64;

/// The arguments of one call. Every name was checked against the tool's list.
pub(crate) struct Arguments<'a>(&'a Map<String, Value>);

impl<'a> Arguments<'a> {
    /// # Errors
    /// `unknown-argument`, naming it, when one is not in `known`.
    pub(crate) fn new(arguments: &'a Map<String, Value>, known: &[&str]) -> Result<Self, Refusal> {
        match arguments.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(Self(arguments)),
            Some(unknown) => {
                let quoted: String = unknown.chars().take(MAX_QUOTED).collect();
                let message = match known {
                    [] => format!("There is no argument {quoted:?}; this tool takes none."),
                    known => format!("There is no argument {quoted:?}; this tool takes {}.", known.join(", ")),
                };
                Err(Refusal::new(Code::UnknownArgument, message))
            }
        }
    }

    /// A text of at most `max` characters.
    pub(crate) fn optional_text(&self, name: &str, max: usize) -> Result<Option<&'a str>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.chars().count() <= max => Ok(Some(text)),
            Some(Value::String(_)) => Err(Refusal::new(Code::OutOfBounds, format!("{name} has at most {max} characters."))),
            Some(_) => Err(Refusal::new(Code::WrongType, format!("{name} must be a string."))),
        }
    }

    /// As [`Self::parsed`], but it may be absent.
    pub(crate) fn optional_parsed<T: FromStr<Err = Refusal>>(&self, name: &str) -> Result<Option<T>, Refusal> {
        if self.0.contains_key(name) { self.parsed(name).map(Some) } else { Ok(None) }
    }

    /// A truth value; `false` when absent.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.0.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Refusal::new(Code::WrongType, format!("{name} must be true or false."))),
        }
    }

    /// An object with arguments of its own, which are the `known` ones.
    pub(crate) fn optional_object(&self, name: &str, known: &[&str]) -> Result<Option<Self>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Arguments::new(object, known).map(Some),
            Some(_) => Err(Refusal::new(Code::WrongType, format!("{name} must be an object."))),
        }
    }

    /// A list of at least one and at most all of the texts in `known`, none of them twice; empty when absent.
    pub(crate) fn choices(&self, name: &str, known: &[&'static str]) -> Result<Vec<&'static str>, Refusal> {
        let wrong = |code| Refusal::new(code, format!("{name} is a list of {}, each at most once.", known.join(", ")));
        let Some(value) = self.0.get(name) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(|| wrong(Code::WrongType))?;
        let mut chosen = Vec::new();
        for item in items {
            let text = item.as_str().ok_or_else(|| wrong(Code::WrongType))?;
            let choice = known.iter().find(|choice| **choice == text).ok_or_else(|| wrong(Code::OutOfBounds))?;
            if chosen.contains(choice) {
                return Err(wrong(Code::OutOfBounds));
            }
            chosen.push(*choice);
        }
        if chosen.is_empty() { Err(wrong(Code::OutOfBounds)) } else { Ok(chosen) }
    }

    /// A text that a checked type is made of.
    pub(crate) fn parsed<T: FromStr<Err = Refusal>>(&self, name: &str) -> Result<T, Refusal> {
        let text = self.optional_text(name, 2_048)?.ok_or_else(|| missing(name))?;
        text.parse().map_err(|refusal: Refusal| Refusal::new(refusal.code, format!("{name}: {}", refusal.public)))
    }

    /// The objects of a manifest: a text of JSON or YAML, or one object as it is.
    pub(crate) fn manifests(&self, name: &str) -> Result<Vec<Value>, Refusal> {
        match self.0.get(name) {
            None => Err(missing(name)),
            Some(Value::String(text)) => manifest::parse(text),
            Some(object @ Value::Object(_)) => Ok(vec![object.clone()]),
            Some(_) => Err(Refusal::new(Code::WrongType, format!("{name} must be a text of JSON or YAML, or an object."))),
        }
    }

    /// A whole number from `min` to `max`.
    pub(crate) fn optional_number(&self, name: &str, min: u32, max: u32) -> Result<Option<u32>, Refusal> {
        let bounds = || Refusal::new(Code::OutOfBounds, format!("{name} goes from {min} to {max}."));
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) if !number.is_f64() => {
                let number = number.as_u64().and_then(|number| u32::try_from(number).ok()).ok_or_else(bounds)?;
                if (min..=max).contains(&number) { Ok(Some(number)) } else { Err(bounds()) }
            }
            Some(_) => Err(Refusal::new(Code::WrongType, format!("{name} must be a whole number."))),
        }
    }

    /// As [`Self::optional_number`], but it must be there.
    pub(crate) fn number(&self, name: &str, min: u32, max: u32) -> Result<u32, Refusal> {
        self.optional_number(name, min, max)?.ok_or_else(|| missing(name))
    }
}

pub(crate) fn missing(name: &str) -> Refusal {
    Refusal::new(Code::MissingArgument, format!("{name} is required."))
}
