//! Cases of `concord::assess`.

crate::harness::cases![];
