# A service a contract covers.

# Each value comes as {"display_value": …, "value": …}; an empty one is "".
def raw($name): .[$name] | if type == "object" then .value else . end | if . == null or . == "" then null else tostring end;
def shown($name): .[$name] | if type == "object" then (.display_value // .value) else . end | if . == null or . == "" then null else tostring end;

# Values are UTC.
def time($name): raw($name) | if . then sub(" "; "T") + (if length > 10 then "Z" else "" end) else null end;

# Contracts cover CIs, too; we keep which services they cover.
select(raw("contract") and (raw("ci_item.sys_class_name") // "" | test("^cmdb_ci_service|^cmdb_ci_business_service")))
| {
    external_id: raw("sys_id"),
    updated_at: time("sys_updated_on"),
    source_version: (raw("sys_mod_count") // "0" | tonumber),
    type: "covers",
    from: "agreement/\(raw("contract"))",
    to: "service/\(raw("ci_item"))"
  }
