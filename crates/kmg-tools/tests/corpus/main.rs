//! What is taken and what is refused, case by case, as data that can be read: each line is a case, `code` the refusal
//! it must meet, and every hidden character is spelled by its escape.

#[cfg(test)]
mod names;
#[cfg(test)]
mod tally;
#[cfg(test)]
mod yaml;
