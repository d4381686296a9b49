//! Workloads broken for real on the real node: broken, diagnosed as the stand-alone server does with the
//! reader's credential, mended, and the finding gone. Healthy ones beside them, which nothing is said about.

#[cfg(test)]
mod admin;
#[cfg(test)]
mod case;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod diagnose;
#[cfg(test)]
mod lab;
#[cfg(test)]
mod record;
#[cfg(test)]
mod run;
#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "manifests are laid into each other")]
mod shapes;
#[cfg(test)]
mod webhook;
