//! Cases of `concord::standards`.

crate::harness::cases![];
