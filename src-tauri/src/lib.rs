//! The shell: the only crate that knows Tauri. It opens the windows, routes their requests to the
//! use cases, and is the desktop behind [`Host`](holdfast_app::Host); without arguments it is a
//! window, with a subcommand a command line.
//!
//! Deliberately not here: what a request does (that is `app`), and any type that the page shares
//! (that is `contract`).

mod chooser;
mod cli;
mod desktop;
mod drawing;
mod environment;
mod harden;
pub mod rpc;
mod system;
mod windows;

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

pub use cli::main;

/// Wipes all memory that is freed. A key goes through buffers of libraries on its way to its provider
/// (the header of a request, what a connection writes, the body of a message), which they only free.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);
