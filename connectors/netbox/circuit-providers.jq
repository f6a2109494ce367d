# The provider of a circuit controls it.
select(.provider.id)
| {
    external_id: "circuits.circuit:\(.id)",
    updated_at: .last_updated,
    type: "controls",
    from: "party/circuits.provider:\(.provider.id)",
    to: "configuration_item/circuits.circuit:\(.id)"
  }
