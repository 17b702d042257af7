//! Reports as text, JSON and HTML, over the sample values of an evening at the shop.

mod html;
mod samples;
mod schema;
mod text;
