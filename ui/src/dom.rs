//! Small steps on elements that Leptos has no words for.

use leptos::logging::warn;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement};

/// Notes a refusal of the browser engine, which leaves the page usable, in its log.
pub(crate) fn note<T>(result: Result<T, JsValue>) {
    if let Err(error) = result {
        warn!("{error:?}");
    }
}

/// Puts the focus on the first element that fits.
pub(crate) fn focus(selector: &str) {
    if let Ok(Some(element)) = document().query_selector(selector) {
        focus_element(&element);
    }
}

pub(crate) fn focus_element(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        note(element.focus());
    }
}

/// Moves the focus among the elements of `root` that fit, from the one that has it.
pub(crate) fn move_focus(root: &Element, selector: &str, step: i32) {
    let Ok(found) = root.query_selector_all(selector) else { return };
    let active = document().active_element();
    let elements: Vec<Element> =
        (0..found.length()).filter_map(|index| found.get(index)).filter_map(|node| node.dyn_into().ok()).collect();
    let here = elements.iter().position(|element| Some(element) == active.as_ref());
    let next = match here {
        Some(index) => index.saturating_add_signed(step as isize).min(elements.len().saturating_sub(1)),
        None => 0,
    };
    if let Some(element) = elements.get(next) {
        focus_element(element);
    }
}

/// Gives an element of the top layer a place, kept inside the window.
pub(crate) fn place(element: &HtmlElement, left: f64, top: f64) {
    let (width, height) = window_size();
    let size = element.get_bounding_client_rect();
    set_pixels(element, "left", left.min(width - size.width() - EDGE).max(EDGE));
    set_pixels(element, "top", top.min(height - size.height() - EDGE).max(EDGE));
}

/// Lets an element of the top layer stand above another one, and grow upwards.
pub(crate) fn place_above(element: &HtmlElement, anchor: &HtmlElement) {
    let (width, height) = window_size();
    let (size, below) = (element.get_bounding_client_rect(), anchor.get_bounding_client_rect());
    set_pixels(element, "left", below.left().min(width - size.width() - EDGE).max(EDGE));
    set_pixels(element, "bottom", height - below.top() + EDGE);
}

/// Room kept free around what is placed.
const EDGE: f64 = 8.0;

fn window_size() -> (f64, f64) {
    let number = |value: Result<JsValue, JsValue>| value.ok().and_then(|value| value.as_f64()).unwrap_or_default();
    (number(window().inner_width()), number(window().inner_height()))
}

fn set_pixels(element: &HtmlElement, property: &str, pixels: f64) {
    note(element.style().set_property(property, &format!("{pixels}px")));
}
