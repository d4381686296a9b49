mod convergence;
mod endpoints;
mod events;
mod image_pull;
mod junk;
mod lifecycle;
mod rollout;
mod store;
