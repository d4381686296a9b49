mod convergence;
mod endpoints;
mod events;
mod image_pull;
mod lifecycle;
mod rollout;
mod store;
