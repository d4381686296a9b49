//! kmg-client against the development issuer, and against issuers and servers that do not do as they must.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod world;
