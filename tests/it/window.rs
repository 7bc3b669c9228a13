//! The real window, driven as a user would: mouse and keyboard in, what is on the page out.

mod driver;
mod journey;
mod memory;
mod trust;
