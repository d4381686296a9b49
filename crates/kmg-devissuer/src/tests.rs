//! The issuer seen from outside: every test drives its routes.

mod bounds;
mod flows;
mod login;
mod support;
