# A contract with a vendor.

# Each value comes as {"display_value": …, "value": …}; an empty one is "".
def raw($name): .[$name] | if type == "object" then .value else . end | if . == null or . == "" then null else tostring end;
def shown($name): .[$name] | if type == "object" then (.display_value // .value) else . end | if . == null or . == "" then null else tostring end;

# Values are UTC.
def time($name): raw($name) | if . then sub(" "; "T") + (if length > 10 then "Z" else "" end) else null end;

def link($table): "\($source.url)/nav_to.do?uri=\($table).do?sys_id=\(raw("sys_id"))";

{
  external_id: raw("sys_id"),
  url: link("ast_contract"),
  updated_at: time("sys_updated_on"),
  source_version: (raw("sys_mod_count") // "0" | tonumber),

  title: (shown("short_description") // shown("number")),
  type: "contract",
  parties: [raw("vendor") | values],
  owner: shown("contract_administrator"),
  starts_at: time("starts"),
  # The last day is part of it; what we keep is the first instant after.
  ends_at: (raw("ends") | if . then (.[:10] + "T00:00:00Z" | fromdate + 86400 | todate) else null end),

  attributes: (
    {
      number: raw("number"), state: shown("state"), substate: shown("substate"), model: shown("contract_model"),
      vendor_contract: shown("vendor_contract"), renewable: raw("renewable"), cost_center: shown("cost_center"),
      payment_amount: raw("payment_amount"), description: shown("description"), class: raw("sys_class_name")
    }
    | map_values(values)
  )
}
