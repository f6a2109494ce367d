//! Cases of `concord::indicators`.

crate::harness::cases![];
