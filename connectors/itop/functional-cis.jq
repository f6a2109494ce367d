# A functional CI of any class; iTop does not say when it changed.

# Values are texts, mostly; an external key that is not set is 0.
def text($name): .fields[$name] | if . == null or . == "" or . == "0" or . == 0 then null else tostring end;

# Times are of the server's zone and say no offset.
def time($name):
  text($name)
  | if . == null or startswith("0000") then null
    elif length == 10 then .
    else to_utc("%Y-%m-%d %H:%M:%S"; $source.time_zone)
    end;

def link: "\($source.url)/pages/UI.php?operation=details&class=\(.class)&id=\(.key)";

# high, medium, low against our 1 (little) to 4 (vital).
def criticality: {"high": 4, "medium": 3, "low": 1}[text("business_criticity") // ""];

{
  external_id: .key,
  url: link,

  name: (text("name") // text("friendlyname")),
  class: (text("finalclass") // .class),
  status: text("status"),
  unit: (text("organization_name") // text("org_name")),
  site: text("location_name"),
  criticality: criticality,
  labels: ["ci"],

  relations: {
    # What it runs on, is powered by or is reached through.
    depends_on: (
      [
        text("system_id"), text("virtualhost_id"), text("powerA_id"), text("powerB_id"), text("webserver_id"),
        text("dbserver_id"), text("middleware_id"), text("pcsoftware_id"), text("networkdevice_id"),
        (.fields.networkdevice_list[]? | .networkdevice_id)
      ]
      | map(values | tostring | select(. != "0" and . != "")) | unique | map("configuration_item/\(.)")
    ),
    part_of: ([text("rack_id"), text("enclosure_id"), text("farm_id")] | map(values) | unique | map("configuration_item/\(.)")),
    supports: ([.fields.services_list[]? | .service_id | values | tostring | select(. != "0")] | unique | map("service/\(.)"))
  },
  attributes: (
    {
      serial_number: text("serialnumber"), brand: text("brand_name"), model: text("model_name"),
      asset_number: text("asset_number"), os_family: text("osfamily_name"), os_version: text("osversion_name"),
      move_to_production: text("move2production"), end_of_warranty: text("end_of_warranty"),
      purchase_date: text("purchase_date"), management_ip: text("managementip"), description: text("description"),
      contacts: [.fields.contacts_list[]? | .contact_id_friendlyname // .contact_name],
      provider_contracts: [.fields.providercontracts_list[]? | .providercontract_id | tostring]
    }
    | map_values(values | select(. != []))
  )
}
# A CI is owned by whom it names as such; iTop has no owner of its own, only contacts.
+ (if .fields | has("owner_name") then {owner: text("owner_name")} else {} end)
+ (if .fields | has("softwareversion") then {version: text("softwareversion")} elif .fields | has("osversion_name") then {version: text("osversion_name")} else {} end)
