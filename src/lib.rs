//! Joint conformity with ISO/IEC 27001 and ISO/IEC 20000-1, from the records of an organisation's own tools.

pub mod assess;
pub mod connectors;
pub mod embedded;
pub mod error;
pub mod indicators;
pub mod model;
pub mod standards;
