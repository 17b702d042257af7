//! Reports in each of their formats, over the sample values of an evening at the shop.

mod drills;
mod html;
mod junit;
mod markdown;
mod samples;
mod sarif;
mod schema;
mod scorecard;
mod silenced;
mod simulations;
mod size;
mod tabletops;
mod text;
