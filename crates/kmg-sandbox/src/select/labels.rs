//! `labelSelector`: requirements that all must hold, as `k8s.io/apimachinery/pkg/labels` reads them.

use std::iter::Peekable;

use serde_json::{Map, Value};

use crate::names::{key_faults, value_faults};
use crate::status::Status;

/// Requirements on labels; none admit everything.
#[derive(Debug, Default)]
pub(crate) struct LabelSelector(Vec<Requirement>);

#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    rule: Rule,
}

#[derive(Debug, PartialEq, Eq)]
enum Rule {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl LabelSelector {
    /// # Errors
    /// 400 with the real parser's words.
    pub(crate) fn parse(text: &str) -> Result<Self, Status> {
        let mut parser = Parser { tokens: tokens(text).into_iter().peekable() };
        let mut all = Vec::new();
        loop {
            match parser.tokens.peek() {
                None => return Ok(Self(all)),
                Some(Token::Word(_) | Token::Not) => {}
                Some(other) => {
                    return Err(Status::bad_request(format!("found '{}', expected: !, identifier, or 'end of string'", other.text())));
                }
            }
            all.push(parser.requirement().map_err(|why| Status::bad_request(format!("unable to parse requirement: {why}")))?);
            match parser.tokens.next() {
                None => return Ok(Self(all)),
                Some(Token::Comma) => match parser.tokens.peek() {
                    Some(Token::Word(_) | Token::Not) => {}
                    other => return Err(Status::bad_request(format!("found '{}', expected: identifier after ','", shown(other)))),
                },
                Some(other) => return Err(Status::bad_request(format!("found '{}', expected: ',' or 'end of string'", other.text()))),
            }
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        let labels = object.pointer("/metadata/labels").and_then(Value::as_object);
        self.0.iter().all(|requirement| requirement.holds(labels))
    }
}

impl Requirement {
    fn holds(&self, labels: Option<&Map<String, Value>>) -> bool {
        let value = labels.and_then(|labels| labels.get(&self.key)).and_then(Value::as_str);
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.rule {
            Rule::Exists => value.is_some(),
            Rule::Absent => value.is_none(),
            Rule::In(values) => value.is_some_and(|value| values.iter().any(|one| one == value)),
            Rule::NotIn(values) => !value.is_some_and(|value| values.iter().any(|one| one == value)),
            Rule::Greater(bound) => number().is_some_and(|number| number > *bound),
            Rule::Less(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Comma,
    Open,
    Close,
    Not,
    Operator(&'static str),
    Word(String),
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Comma => ",",
            Self::Open => "(",
            Self::Close => ")",
            Self::Not => "!",
            Self::Operator(text) => text,
            Self::Word(text) => text,
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    const SIGNS: [&str; 9] = ["==", "!=", "=", ">", "<", "!", ",", "(", ")"];
    let mut rest = text.trim_start();
    let mut out = Vec::new();
    while !rest.is_empty() {
        if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            out.push(match sign {
                "," => Token::Comma,
                "(" => Token::Open,
                ")" => Token::Close,
                "!" => Token::Not,
                operator => Token::Operator(operator),
            });
            rest = &rest[sign.len()..];
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || "=!<>,()".contains(c)).unwrap_or(rest.len());
            out.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    out
}

struct Parser {
    tokens: Peekable<std::vec::IntoIter<Token>>,
}

impl Parser {
    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = self.tokens.next_if_eq(&Token::Not).is_some();
        let key = match self.tokens.next() {
            Some(Token::Word(key)) => key,
            other => return Err(format!("found '{}', expected: identifier", shown(other.as_ref()))),
        };
        if let Some(why) = key_faults(&key).first() {
            return Err(format!("<nil>: Invalid value: \"{key}\": {why}"));
        }
        if absent {
            return Ok(Requirement { key, rule: Rule::Absent });
        }
        let operator = match self.tokens.peek() {
            None | Some(Token::Comma) => return Ok(Requirement { key, rule: Rule::Exists }),
            Some(Token::Operator(operator)) => *operator,
            Some(Token::Word(word)) if word == "in" => "in",
            Some(Token::Word(word)) if word == "notin" => "notin",
            other => return Err(format!("found '{}', expected: in, notin, =, ==, !=, gt, lt", shown(other))),
        };
        self.tokens.next();
        let rule = match operator {
            "in" => Rule::In(self.values()?),
            "notin" => Rule::NotIn(self.values()?),
            "!=" => Rule::NotIn(vec![self.value()?]),
            ">" => Rule::Greater(self.number()?),
            "<" => Rule::Less(self.number()?),
            _ => Rule::In(vec![self.value()?]),
        };
        if let Rule::In(values) | Rule::NotIn(values) = &rule {
            for (index, value) in values.iter().enumerate() {
                if let Some(why) = value_faults(value).first() {
                    return Err(format!("values[{index}][{key}]: Invalid value: \"{value}\": {why}"));
                }
            }
        }
        Ok(Requirement { key, rule })
    }

    /// The value behind `=`; nothing is the empty value.
    fn value(&mut self) -> Result<String, String> {
        match self.tokens.peek() {
            None | Some(Token::Comma) => Ok(String::new()),
            _ => match self.tokens.next() {
                Some(Token::Word(word)) => Ok(word),
                other => Err(format!("found '{}', expected: identifier", shown(other.as_ref()))),
            },
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let text = self.value()?;
        text.parse().map_err(|_| format!("values[0]: Invalid value: \"{text}\": for 'Gt', 'Lt' operators, the value must be an integer"))
    }

    /// `(a, b)`; nothing between two commas, or between the brackets, is the empty value.
    fn values(&mut self) -> Result<Vec<String>, String> {
        match self.tokens.next() {
            Some(Token::Open) => {}
            other => return Err(format!("found '{}' expected: '('", shown(other.as_ref()))),
        }
        let mut values = vec![String::new()];
        loop {
            match self.tokens.next() {
                Some(Token::Close) => return Ok(values),
                Some(Token::Comma) => values.push(String::new()),
                Some(Token::Word(word)) if values.last().is_some_and(String::is_empty) => {
                    values.pop();
                    values.push(word);
                }
                Some(other) => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
                None => return Err("found '', expected: ',', or identifier".to_owned()),
            }
        }
    }
}

fn shown(token: Option<&Token>) -> &str {
    token.map_or("", Token::text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_requirement_holds_when_it_should() {
        let object = json!({"metadata": {"labels": {"app": "web", "tier": "front", "n": "5", "empty": ""}}});
        for (selector, expected) in [
            ("", true),
            ("app=web", true),
            ("app==web,tier=front", true),
            ("app=web,tier=back", false),
            ("app!=web", false),
            ("other!=web", true),
            ("app in (a, web)", true),
            ("app notin (a,b)", true),
            ("other in (a)", false),
            ("other notin (a)", true),
            ("app", true),
            ("!app", false),
            ("!other", true),
            ("n>4", true),
            ("n<5", false),
            ("empty=", true),
            ("empty in ()", true),
            ("app in (a,,b)", false),
            ("empty in (a,,b)", true),
            ("x.io/y=z", false),
        ] {
            assert_eq!(LabelSelector::parse(selector).unwrap().matches(&object), expected, "{selector}");
        }
    }

    #[test]
    fn a_broken_selector_is_refused_with_the_real_parsers_words() {
        for (selector, message) in [
            ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
            ("=web", "found '=', expected: !, identifier, or 'end of string'"),
            ("app=not a value", "found 'a', expected: ',' or 'end of string'"),
            ("a===b", "unable to parse requirement: found '=', expected: identifier"),
            ("a in b", "unable to parse requirement: found 'b' expected: '('"),
            ("a,", "found '', expected: identifier after ','"),
        ] {
            let status = LabelSelector::parse(selector).unwrap_err();
            assert_eq!((status.code, status.message.as_str()), (400, message), "{selector}");
        }
    }
}
