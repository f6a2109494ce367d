# An entry of NetBox's change log that says that an object was deleted; objects of other types are not kept here.

def kinds: {
  "dcim.device": ["configuration_item"],
  "virtualization.virtualmachine": ["configuration_item"],
  "circuits.circuit": ["configuration_item", "relation"],
  "circuits.provider": ["party"],
  "dcim.cable": ["relation"]
};

select((.action.value? // .action) == "delete")
| . as $change
| kinds[.changed_object_type][]?
| {
    kind: .,
    external_id: "\($change.changed_object_type):\($change.changed_object_id)",
    updated_at: $change.time
  }
