//! Joint conformity with ISO/IEC 27001 and ISO/IEC 20000-1, from the records of an organisation's own tools.
//!
//! Data flows one way. A source is reached by [`connectors`], which map its rows to versions of records; [`ingest`]
//! takes these in batches through [`evaluate`], the one way the [`store`] changes: it keeps what is new, judges records
//! by [`indicators`], and concludes by [`assess`] upon the requirements of [`standards`]. [`answers`] reads what was
//! concluded, and [`api`] serves it; [`cli`] puts the parts together. Two need no records: [`terminology`] reviews the
//! words of a text, [`planning`] makes a plan of what an organisation says of itself. [`model`] is the vocabulary all of
//! them share.

pub mod answers;
pub mod api;
pub mod assess;
pub mod cli;
pub mod config;
pub mod connectors;
pub mod embedded;
pub mod error;
pub mod evaluate;
pub mod indicators;
pub mod ingest;
pub mod model;
pub mod planning;
pub mod report;
pub mod schedule;
pub mod search;
pub mod standards;
pub mod store;
pub mod terminology;
pub mod tokens;

/// Mapping and judging make and drop many small values, which this does in about two thirds of the system's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
