# A CI or service whose vendor is empty: whoever controlled or provided it does so no more.

# Each value comes as {"display_value": …, "value": …}; an empty one is "".
def raw($name): .[$name] | if type == "object" then .value else . end | if . == null or . == "" then null else tostring end;

# Values are UTC.
def time($name): raw($name) | if . then sub(" "; "T") + (if length > 10 then "Z" else "" end) else null end;

select(raw("vendor") == null)
| {
    kind: "relation",
    external_id: "vendor:\(raw("sys_id"))",
    updated_at: time("sys_updated_on"),
    source_version: (raw("sys_mod_count") // "0" | tonumber)
  }
