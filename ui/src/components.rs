//! The parts pages are made of.

mod add_key;
mod add_provider;
mod announcer;
mod button;
mod code_block;
mod composer;
mod confirm;
mod dialog;
mod empty_state;
mod failure_box;
mod icon;
mod link_dialog;
mod log;
mod markdown;
mod menu;
mod message;
mod model_picker;
mod notice_list;
mod rail;
mod segmented;
mod server_dialog;

pub(crate) use announcer::Announcer;
pub(crate) use button::{Button, ButtonKind};
pub(crate) use composer::Composer;
pub(crate) use dialog::DialogHost;
pub(crate) use empty_state::{Command, EmptyState};
pub(crate) use failure_box::{ActionButton, FailureBox};
pub(crate) use icon::Icon;
pub(crate) use log::Log;
pub(crate) use menu::{Menu, MenuItem};
pub(crate) use notice_list::NoticeList;
pub(crate) use rail::Rail;
pub(crate) use segmented::Segmented;
