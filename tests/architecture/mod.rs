//! x
crate::harness::cases![];
