# The vendor of a CI controls it; that of a service provides it.

# Each value comes as {"display_value": …, "value": …}; an empty one is "".
def raw($name): .[$name] | if type == "object" then .value else . end | if . == null or . == "" then null else tostring end;
def shown($name): .[$name] | if type == "object" then (.display_value // .value) else . end | if . == null or . == "" then null else tostring end;

# Values are UTC.
def time($name): raw($name) | if . then sub(" "; "T") + (if length > 10 then "Z" else "" end) else null end;

raw("vendor") as $vendor
| select($vendor)
| (raw("sys_class_name") // "" | test("^cmdb_ci_service|^cmdb_ci_business_service")) as $is_service
| {
    external_id: "vendor:\(raw("sys_id"))",
    updated_at: time("sys_updated_on"),
    source_version: (raw("sys_mod_count") // "0" | tonumber),
    type: (if $is_service then "provides" else "controls" end),
    from: "party/\($vendor)",
    to: "\(if $is_service then "service" else "configuration_item" end)/\(raw("sys_id"))"
  }
