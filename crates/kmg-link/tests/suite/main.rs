//! Both ends of the link, in memory and with a real child.

#[cfg(test)]
mod link;
#[cfg(test)]
mod supervisor;
