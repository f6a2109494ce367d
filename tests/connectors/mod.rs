//! Cases of `concord::connectors`.

crate::harness::cases![];
