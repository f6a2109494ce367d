# A cable between a circuit and a device: the device depends on the circuit. Other cables say nothing of direction.

def ends: [.a_terminations[]?, .b_terminations[]?];
def circuits: [ends[] | select(.object_type == "circuits.circuittermination") | .object.circuit.id | values];
def devices: [ends[] | .object.device.id? | values];

circuits[0] as $circuit
| devices[0] as $device
| select($circuit and $device)
| {
    external_id: "dcim.cable:\(.id)",
    updated_at: .last_updated,
    type: "depends_on",
    from: "configuration_item/dcim.device:\($device)",
    to: "configuration_item/circuits.circuit:\($circuit)",
    attributes: ({label: .label, status: (.status.value? // null)} | map_values(values | select(. != "")))
  }
