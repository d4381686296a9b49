mod bad_input;
mod eras;
mod fixture;
mod order;
mod plans;
mod stream;
