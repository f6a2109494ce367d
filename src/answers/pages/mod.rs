//! Answers as pages to read or print: one HTML file each, drawn with the parts of `report`.

mod service_report;

pub use service_report::service_report;
