//! kmg-cluster against a stub that counts requests, and against a real API server.

#[cfg(test)]
mod events;
#[cfg(test)]
mod fence;
#[cfg(test)]
mod fence_all;
#[cfg(test)]
mod floods;
#[cfg(test)]
mod lab;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod many;
#[cfg(test)]
mod once;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod specimens;
#[cfg(test)]
mod stub;
#[cfg(test)]
mod views;
#[cfg(test)]
mod writes;
